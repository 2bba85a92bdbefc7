"""The two training times of a flow map: their order, how often they are equal, their law.

Given their declared law (pair_laws.py) the rank of t, and that of s among those below t, are
uniform and independent (Rosenblatt, 1952). Geng et al. (arXiv 2505.13447), Section 4.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtri

from ..cases import seeds
from ..laws.pair_laws import PairLaw
from ..oracle.probe import NotApplicable, Probe
from ..oracle.two_times import TwoTimes
from .check import EPS, ROUNDINGS, Replay, check, require, require_uncorrelated, require_uniform
from .pair import data
from .training_times import binomial, require_likely

LAW = "Geng et al. (arXiv 2505.13447), Section 4.3"
BATCHES, DRAWN = 16, 512
MANY = 64  # batches of 4 rows, where it is decided by the batch whether s = t

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Drawn:
    """t and s, (batches, rows), the convention's, and what shows the first batch again."""

    t: Floats
    s: Floats
    replay: Replay


def drawn(probe: Probe, seed: int, batches: int, rows: int) -> Drawn:
    """Training times of batches of their own seeds."""
    two, x0 = TwoTimes(probe), data(probe, rows, 1, seed)
    pairs = [two.pair(x0, seed + number)[1:3] for number in range(batches)]
    t, s = (torch.stack(part).numpy() for part in zip(*pairs, strict=True))
    return Drawn(t, s, Replay("flow_pair", {"x0": x0, "seed": seed}))


def law_of(probe: Probe) -> PairLaw:
    """The declared law of (t, s)."""
    law = probe.call("time_law")
    if not isinstance(law, PairLaw):
        raise NotApplicable("the declared law of training times is one of t alone")
    return law


@check(
    "times.order",
    "training times t and s of a flow map lie between the boundary and the noise end, s nearer to"
    " the data",
    LAW,
    "flow_map",
    "flow_pair",
    examples=10,
    rests_on=("pair.again",),
    seed=seeds,
)
def order(probe: Probe, seed: int) -> None:
    """To rounding."""
    c, seen = probe.convention, drawn(probe, seed, 2, 1024)
    slack = ROUNDINGS * EPS * c.t_max
    wrong = seen.s > seen.t + slack
    share = f"{int(wrong.sum())} of {wrong.size} pairs"
    cause = ": is it t or s first, or data at the other end?" if wrong.mean() > 0.4 else ""
    at = int((seen.s - seen.t).argmax())
    shown = f"s = {seen.s.flat[at]:.6g} is farther from the data than t = {seen.t.flat[at]:.6g}"
    require(f"{shown} in {share}{cause}", wrong.sum(), 0, seen.replay)
    for name, off in (
        (f"the smallest s is {seen.s.min():.6g}, below the boundary", c.boundary - seen.s.min()),
        (f"the largest t is {seen.t.max():.6g}, above the noise end", seen.t.max() - c.t_max),
    ):
        require(f"{name}, by", off, slack, seen.replay)


@check(
    "times.equal",
    "training times t and s of a flow map are equal as often as declared",
    LAW,
    "flow_map",
    "flow_pair",
    "time_law",
    statistical=True,
    examples=4,
    rests_on=("pair.again", "times.order"),
    seed=seeds,
)
def equal(probe: Probe, seed: int) -> None:
    """The exact binomial test of rows, or of batches where it is they that decide."""
    law = law_of(probe)
    seen = drawn(probe, seed, MANY, 4) if law.by_batch else drawn(probe, seed, BATCHES, DRAWN)
    same = seen.t == seen.s
    if law.by_batch:
        mixed = int((same.any(1) != same.all(1)).sum())
        require(
            f"t = s in some rows of {mixed} of {len(same)} batches, which are declared to decide"
            " as a whole",
            mixed,
            0,
            seen.replay,
        )
        same = same.all(1)
    count, n = int(same.sum()), same.size
    what = "batches" if law.by_batch else "pairs"
    shown = f"t = s in {count} of {n} {what} where {law.equal * n:.1f} are right"
    other = n * (1 - law.equal)
    if abs(count - other) < 4 * math.sqrt(n) / 2 < abs(count - n * law.equal):
        shown += " (the share of those that differ?)"
    require_likely(shown, binomial(count, n, law.equal), 2, seen.replay)


@check(
    "times.pairs",
    "training times (t, s) of a flow map have the declared law, and reach its ends",
    LAW,
    "flow_map",
    "flow_pair",
    "time_law",
    statistical=True,
    examples=5,
    rests_on=("pair.again", "times.order", "times.equal"),
    seed=seeds,
)
def pairs(probe: Probe, seed: int) -> None:
    """Kolmogorov's tests of both ranks, Student's of their correlation, and the exact binomial
    tests of both tails of each.
    """
    law, c = law_of(probe), probe.convention
    seen = drawn(probe, seed, BATCHES, DRAWN)
    differ = seen.t != seen.s
    ranks = {}
    if law.equal < 1 and differ.any():
        late, early = law.ranks(seen.t[differ], seen.s[differ], c)
        ranks = {"t, where s is below it": late, "s among times below t": early}
    if (~differ).any():
        ranks["t, where s = t"] = law.ranks_of_equal(seen.t[~differ], c)
    for name, rank in ranks.items():
        require_uniform(f"ranks of {name}, in the declared law", rank, seen.replay)
        _tails(name, rank, seen.replay)
    if law.equal < 1 and differ.sum() > 2:
        first, second = (torch.from_numpy(_scores(rank)) for rank in (late, early))
        shown = "the rank of t with that of s among times below t"
        require_uncorrelated(shown, first, second, seen.replay)


def _scores(rank: Floats) -> Floats:
    """Normal scores of uniform ranks."""
    scores: Floats = ndtri(np.clip(rank, 1e-12, 1 - 1e-12))
    return scores


def _tails(name: str, rank: Floats, replay: Replay) -> None:
    """Beyond each quantile 2^-j."""
    n = len(rank)
    depth = max(int(math.log2(n)) - 2, 1)
    for side, low in (("low", rank), ("high", 1 - rank)):
        for j in range(1, depth + 1):
            count = int((low < 2.0**-j).sum())
            shown = (
                f"{count} of {n} ranks of {name} are in the {side} tail of probability 2^-{j} where"
                f" {n * 2.0**-j:.1f} are right"
            )
            require_likely(shown, binomial(count, n, 2.0**-j), 12 * depth, replay)
