"""How many draws a certificate rests on where nobody says."""

from __future__ import annotations

from typing import TypedDict

from ..core.schemas import Natural
from ..targets import Target
from .chain_defects import paths

MOST_PAIRS = 20_000
FEWEST_PAIRS = 4096


class Counts(TypedDict):
    """How many draws a certificate rests on."""

    samples: Natural
    pairs: Natural


def counts(target: Target, samples: int | None, pairs: int | None = None) -> Counts:
    """Draws that keep a certificate near 20 seconds on 2 cores.

    Arguments:
        target: what the model was trained on.
        samples: paths of the error budget, at least 16; None for a number that fits.
        pairs: coupled pairs of the bracket, at least 32; None for a number that fits.

    Returns:
        The numbers of `samples` and `pairs`, as `certify` takes them.

    Example:
        >>> from ctverify.targets import load
        >>> counts(load("mild"), None)
        {'samples': 4096, 'pairs': 20000}
    """
    if samples is None:
        samples = paths(target)
    if pairs is None:
        pairs = min(MOST_PAIRS, max(FEWEST_PAIRS, 2**24 // target.cost))
    return {"samples": samples, "pairs": pairs}
