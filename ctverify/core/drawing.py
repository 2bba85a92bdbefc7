"""How records draw themselves, without importing what draws them.

Imports run one way: figures are drawn by the package report, which lies above the records. It is
`ctverify/__init__.py`, above both, that says here who draws; a record only asks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol


class Figures(Protocol):
    """Figures that show themselves in a notebook and can be saved."""

    def _repr_html_(self) -> str:
        """HTML that needs nothing else."""

    def save(self, path: str | Path) -> None:
        """Write them to an .html or an .svg."""


_drawer: list[Callable[[Any], Figures]] = []


def register(draw: Callable[[Any], Figures]) -> None:
    """Say who draws.

    Arguments:
        draw: makes the figures of a record; called when they are asked for.
    """
    _drawer[:] = [draw]


def figures(record: Any) -> Figures:
    """The figures of a record.

    Arguments:
        record: a certificate.

    Returns:
        Its figures, by whoever is registered.
    """
    return _drawer[0](record)
