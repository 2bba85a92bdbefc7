"""A check: a law of consistency models, the methods it needs, and the cases that Hypothesis draws
for it.

A check's function gets a configured subject (probe.py) and one case; it raises Deviation where the
law is broken. Exact laws allow ROUNDINGS roundings of float32, in which an implementation may
compute its times and scalings whatever the dtype of x. Statistical laws have a null law that is
exact at every sample size, and a false-alarm rate of RATE an example.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from hypothesis.strategies import SearchStrategy

from ...core.streams import stream
from ..oracle.probe import Probe
from .deviation import EPS as EPS
from .deviation import RATE as RATE
from .deviation import ROUNDINGS as ROUNDINGS
from .deviation import Deviation as Deviation
from .deviation import Replay as Replay
from .deviation import require as require
from .deviation import require_centred as require_centred
from .deviation import require_equal as require_equal
from .deviation import require_uncorrelated as require_uncorrelated
from .deviation import require_uniform as require_uniform
from .deviation import require_variance as require_variance
from .granted import causes

ROWS = 8192  # of a statistical example
GROUPS = (
    "interface",
    "times",
    "scalings",
    "map",
    "pair",
    "tangent",
    "loss",
    "sampler",
    "guidance",
)


@dataclass(frozen=True)
class Check:
    """One check. `statistical` ones have a false-alarm rate, exact ones none.

    rests_on: checks whose failure makes this one fail too; where one of them failed, a failure of
    this one is folded under the first of them and is no defect of its own.
    """

    id: str
    statement: str
    reference: str
    needs: tuple[str, ...]
    cases: Mapping[str, SearchStrategy[Any]]
    examples: int
    statistical: bool
    run: Callable[..., None] = field(repr=False)
    rests_on: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The cause, one of GROUPS."""
        return self.id.partition(".")[0]


CHECKS: dict[str, Check] = {}


def check(
    id: str,
    statement: str,
    reference: str,
    *needs: str,
    examples: int = 50,
    statistical: bool = False,
    rests_on: tuple[str, ...] = (),
    **cases: SearchStrategy[Any],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function of (probe, **case) as the check `id`; what it needs is to be finite
    (granted.py), whatever else it rests on.
    """

    def register(run: Callable[..., None]) -> Callable[..., None]:
        CHECKS[id] = Check(
            id=id,
            statement=statement,
            reference=reference,
            needs=needs,
            cases=cases,
            examples=examples,
            statistical=statistical,
            run=run,
            rests_on=causes(id, needs, rests_on),
        )
        return run

    return register


def generator(seed: int) -> torch.Generator:
    """A generator for the check's own draws, other than what the subject makes of the same seed."""
    return stream("conformance/check", seed)


def randn(probe: Probe, n: int, d: int, seed: int) -> torch.Tensor:
    """Standard normal numbers in the probe's dtype."""
    return torch.randn(n, d, generator=generator(seed), dtype=torch.float64).to(probe.dtype)
