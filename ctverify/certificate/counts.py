"""How many draws a certificate takes where the user does not say."""

from __future__ import annotations

from ..targets import Target
from .setting import Counts

MAX_PATHS = 4096
FEWEST_PATHS = 128
MAX_PAIRS = 20_000
FEWEST_PAIRS = 4096


def counts(target: Target, samples: int | None, pairs: int | None = None) -> Counts:
    """Numbers of draws that keep a certificate near 20 seconds on 2 cores.

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
        pairs = min(MAX_PAIRS, max(FEWEST_PAIRS, 2**24 // target.cost))
    return {"samples": samples, "pairs": pairs}


def paths(target: Target) -> int:
    """How many paths keep a budget of 64 levels near ten seconds on 2 cores."""
    return min(MAX_PATHS, max(FEWEST_PATHS, 2**15 // target.cost))
