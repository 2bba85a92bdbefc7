"""The law of training times: the grid's ends, each level's frequency, the whole, the tails.

Kolmogorov's test alone has no power for a level that never comes: one of probability 1/52 moves the
distribution function by 0.019, and 4,096 draws allow 0.05. So each level has an exact binomial test
of its own, and so has each tail beyond a quantile 2^-j. A level of probability p that never comes
is told from bad luck by n draws where (1 - p)^n < RATE: n p > 21.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import binom

from ..cases import seeds
from ..oracle.probe import NotApplicable, Probe
from .check import EPS, RATE, Replay, check, require, require_uniform
from .drawn import NEAR, Floats, Grid, Line, drawn

LAW = "Song and Dhariwal (arXiv 2310.14189), Section 3.5; Lu and Song (arXiv 2410.11081), Section 4"


@check(
    "times.grid",
    "training times are levels of the declared grid, which goes from the boundary e (the smallest"
    " s) to the noise end t_max (the largest t)",
    "Song et al. (arXiv 2303.01469), Section 5: t_1 = e, t_N = T",
    "training_pair",
    "time_law",
    "network",
    statistical=True,
    examples=20,
    seed=seeds,
)
def grid(probe: Probe, seed: int) -> None:
    """An end is judged where the declared probability of its level makes it come."""
    seen, c = drawn(probe, seed), probe.convention
    law = seen.law
    if isinstance(law, Line):
        raise NotApplicable("training times have no grid")
    top = float(law.levels[-1])
    shown = f"the declared training times end at {top:.9g} where t_max = {c.t_max:.9g} is right"
    require(f"{shown}: relative difference", abs(top / c.t_max - 1), NEAR, seen.replay)
    nearest = law.levels[law.index(seen.t)]
    off = abs(seen.t - nearest) / np.maximum(abs(nearest), 1e-300)
    worst = int(off.argmax())
    require(
        f"training time {seen.t[worst]:.9g} is no level of the declared grid, whose nearest is"
        f" {nearest[worst]:.9g}: relative difference",
        off[worst],
        NEAR,
        seen.replay,
    )
    n, chance = len(seen.t), _surely(law, -1, len(seen.t))
    counts = np.bincount(law.index(seen.t), minlength=len(law.levels))
    cause = _frequencies(counts, law.probabilities)
    if chance:
        shown = f"the largest of {n} training times is {seen.t.max():.9g}, never t_max = {top:.9g}"
        require(f"{shown} {chance}{cause}", top - seen.t.max(), NEAR * top, seen.replay)
    chance = _surely(law, 0, n)
    if chance and (seen.s != seen.t).any():
        low, lowest = float(law.levels[0]), float(seen.s.min())
        shown = f"the smallest s of {n} pairs is {lowest:.9g}, not the boundary e = {c.boundary:g}"
        require(f"{shown} {chance}{cause}", abs(lowest - c.boundary), NEAR * low, seen.replay)


def _surely(law: Grid, level: int, n: int) -> str:
    """The level's probability in words, where n draws miss it at a rate of RATE at most."""
    p = float(law.probabilities[level])
    return (
        f"(of probability {p:.3g})" if n * math.log1p(-min(p, 1 - 1e-16)) < math.log(RATE) else ""
    )


@check(
    "times.atoms",
    "each level of a discrete law of training times comes as often as declared, and no value of a"
    " continuous one again and again",
    LAW,
    "training_pair",
    "time_law",
    "network",
    statistical=True,
    examples=20,
    rests_on=("times.grid",),
    seed=seeds,
)
def atoms(probe: Probe, seed: int) -> None:
    """The exact binomial test of each level (Bonferroni's bound over all), or of each value that
    comes twice, whose probability is that of its roundings.
    """
    seen = drawn(probe, seed)
    law, n = seen.law, len(seen.t)
    if isinstance(law, Grid):
        counts = np.bincount(law.index(seen.t), minlength=len(law.levels))
        probability = binomial(counts, n, law.probabilities)
        worst = int(probability.argmin())
        shown = (
            f"of {n} training times {counts[worst]} are the level {law.levels[worst]:.6g}, number"
            f" {worst + 1} of {len(law.levels)}, where {n * law.probabilities[worst]:.1f} are right"
            f"{_frequencies(counts, law.probabilities)}"
        )
        require_likely(shown, probability[worst], 2 * len(counts), seen.replay)
        return
    values, counts = np.unique(seen.t, return_counts=True)
    worst = int(counts.argmax())
    width = 64 * max(EPS, torch.finfo(probe.dtype).eps) * abs(values[worst])
    below, above = (float(law.cdf(values[worst] + side)) for side in (-width, width))
    chance = binom.sf(counts[worst] - 1, n, min(max(above - below, 0.0), 1.0))
    shown = f"{counts[worst]} of {n} training times of a continuous law are {values[worst]:.9g}"
    require_likely(f"{shown} (are they clipped?)", chance, n, seen.replay)


def binomial(counts: Any, n: int, p: Any) -> Floats:
    """The smaller tail of the binomial law at each count."""
    return np.minimum(binom.cdf(counts, n, p), binom.sf(np.asarray(counts) - 1, n, p))


def require_likely(shown: str, probability: Any, tests: int, replay: Replay) -> None:
    """Deviation where the smallest of so many probabilities is below its share of RATE."""
    rarity = -math.log10(max(float(probability), 1e-300))
    require(f"{shown}; -log10 of its probability", rarity, math.log10(tests / RATE), replay)


def _frequencies(counts: NDArray[Any], p: Floats) -> str:
    """The likely cause, where another law fits the counts."""
    n, m = int(counts.sum()), len(p)
    others = {
        "all levels come alike": np.full(m, 1 / m),
        "each comes as often as the next should": np.append(p[1:], 0.0) / max(p[1:].sum(), 1e-300),
        "each comes as often as the one before should": np.append(0.0, p[:-1])
        / max(p[:-1].sum(), 1e-300),
        "the frequencies are in reverse": p[::-1],
        "the frequencies are as the probabilities' squares": p**2 / (p**2).sum(),
        "the frequencies are as the probabilities' roots": np.sqrt(p) / np.sqrt(p).sum(),
    }
    fits = [name for name, q in others.items() if binomial(counts, n, q).min() > RATE / (2 * m)]
    return f": {fits[0]}" if fits and m > 2 else ""


@check(
    "times.law",
    "training times have the declared law",
    LAW,
    "training_pair",
    "time_law",
    "network",
    statistical=True,
    examples=20,
    rests_on=("times.grid", "times.atoms"),
    seed=seeds,
)
def law(probe: Probe, seed: int) -> None:
    """Ranks of the times, split at random within levels, are uniform: Kolmogorov's test."""
    seen = drawn(probe, seed)
    ranks = seen.law.ranks(seen.t, seed)
    require_uniform("ranks of training times in their declared law", ranks, seen.replay)


@check(
    "times.tails",
    "beyond each quantile 2^-j of their declared law training times come as often as declared",
    LAW,
    "training_pair",
    "time_law",
    "network",
    statistical=True,
    examples=20,
    rests_on=("times.grid", "times.atoms", "times.law"),
    seed=seeds,
)
def tails(probe: Probe, seed: int) -> None:
    """The exact binomial tests of both tails; ranks of levels are split at random."""
    seen = drawn(probe, seed)
    ranks, n = seen.law.ranks(seen.t, seed), len(seen.t)
    depth = int(math.log2(n)) - 2
    for name, extreme, rank in (
        ("low", seen.t.min(), ranks),
        ("high", seen.t.max(), 1 - ranks),
    ):
        for j in range(1, depth + 1):
            count = int((rank < 2.0**-j).sum())
            shown = (
                f"{count} of {n} training times are in the {name} tail of probability 2^-{j} where"
                f" {n * 2.0**-j:.1f} are right; the last one is {extreme:.6g}"
            )
            require_likely(shown, binomial(count, n, 2.0**-j), 4 * depth, seen.replay)
