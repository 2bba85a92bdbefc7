"""Times: the levels that the sampler visits, T = t_1 > ... > t_n >= e, the curriculum N(k), and the
law of training times.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..cases import line_gaussians, seeds, shares, steps
from ..probe import NotFinite, Probe
from ..protocol import Doubling, at_most
from .check import EPS, ROUNDINGS, Replay, check, generator, require, require_uniform

ALGORITHM = "Song et al. (arXiv 2303.01469), Algorithm 1"


def _steps(probe: Probe, n: int) -> int:
    return at_most(probe.subject, n)


def _times(probe: Probe, n: int) -> tuple[list[float], int, Replay]:
    n = _steps(probe, n)
    return probe.times(n), n, Replay("times", {"n": n})


@check(
    "times.finite",
    "every time of an n-step sampler is a finite number",
    ALGORITHM,
    "times",
    n=steps,
)
def finite_times(probe: Probe, n: int) -> None:
    """n = 1, 2, 3 and many."""
    n = _steps(probe, n)
    try:
        probe.times(n)
    except NotFinite as found:
        require(str(found), math.nan, 0.0, Replay("times", {"n": n}))


@check("times.count", "an n-step sampler visits n times", ALGORITHM, "times", n=steps)
def count(probe: Probe, n: int) -> None:
    """One evaluation of f a step."""
    times, n, replay = _times(probe, n)
    require(f"times({n}) are {len(times)} numbers", abs(len(times) - n), 0, replay)


@check(
    "times.monotone",
    "times fall strictly from the noise end (rise, where `ascending` is declared)",
    ALGORITHM,
    "times",
    n=steps,
)
def monotone(probe: Probe, n: int) -> None:
    """Every step lowers the noise."""
    times, n, replay = _times(probe, n)
    rises = [i for i in range(len(times) - 1) if not times[i + 1] < times[i]]
    shown = f": {times[rises[0]]:.9g} is followed by {times[rises[0] + 1]:.9g}" if rises else ""
    require(f"times({n}) do not fall strictly{shown}", len(rises), 0, replay)


@check(
    "times.ends",
    "the first time is the noise end t_max, the last is not below the boundary e",
    ALGORITHM,
    "times",
    n=steps,
)
def ends(probe: Probe, n: int) -> None:
    """Whatever the direction, the largest time is t_max."""
    times, n, replay = _times(probe, n)
    top, low, slack = probe.convention.t_max, probe.convention.boundary, ROUNDINGS * EPS
    require(
        f"times({n}) start at {max(times):.9g}, not at t_max = {top:.9g}",
        abs(max(times) / top - 1),
        slack,
        replay,
    )
    require(
        f"times({n}) end at {min(times):.9g}, below e = {low:.9g}",
        low - min(times),
        slack * top,
        replay,
    )


@check(
    "times.curriculum",
    "N(k) = min(s0 2^floor(k/K'), s1) + 1, K' = floor(K/(log2 floor(s1/s0) + 1)), from s0 + 1 to"
    " s1 + 1",
    "Song and Dhariwal (arXiv 2310.14189), Section 3.4",
    "curriculum",
    "curriculum_law",
    share=shares,
)
def curriculum(probe: Probe, share: float) -> None:
    """At a random k and about every doubling. Where a logarithm's rounding decides K', one more or
    less is allowed.
    """
    law: Doubling = probe.subject.curriculum_law
    period = law.K / (math.log2(law.s1 // law.s0) + 1)
    doublings = {
        j * math.floor(period) + i for j in range(int(law.K / period) + 1) for i in (-1, 0)
    }
    for k in sorted(k for k in {round(share * (law.K - 1)), *doublings} if 0 <= k < law.K):
        seen = int(probe.call("curriculum", k, law.K))
        right = {
            _levels(law, k, p)
            for p in {math.floor(period), math.floor(period - 1e-4), math.floor(period + 1e-4)}
        }
        nearest = min(right, key=lambda value: abs(value - seen))
        shown = f"N({k}) of K = {law.K} is {seen}, not {nearest}"
        require(shown, abs(seen - nearest), 0, Replay("curriculum", {"k": k, "K": law.K}))


def _levels(law: Doubling, k: int, period: int) -> int:
    doubled = law.s0 * 2 ** min(k // max(period, 1), 60)
    return min(doubled, law.s1) + (0 if law.intervals else 1)


@check(
    "times.law",
    "training times have the declared law",
    "Song and Dhariwal (arXiv 2310.14189), Section 3.5; Lu and Song (arXiv 2410.11081), Section 4",
    "training_pair",
    "time_law",
    "network",
    statistical=True,
    examples=20,
    target=line_gaussians,
    seed=seeds,
)
def law(probe: Probe, target: Any, seed: int) -> None:
    """Ranks of the times, split at random within atoms, are uniform: Kolmogorov's test."""
    exact = target.exact(probe.convention)
    x0 = exact.target.sample(4096, generator(seed))
    _, t, _, _ = probe.pair(x0, lambda x, _: torch.zeros_like(x), seed)
    declared = probe.call("time_law")
    replay = Replay("training_pair", {"x0": x0, "seed": seed})
    require_uniform(
        "training times against their law", _ranks(declared, t.numpy(), seed, replay), replay
    )


def _ranks(declared: Any, t: NDArray[np.float64], seed: int, replay: Replay) -> NDArray[np.float64]:
    if hasattr(declared, "cdf"):
        return np.asarray(declared.cdf(t))
    support, probabilities = (np.asarray(v, dtype=float) for v in declared)
    order = np.argsort(support)
    support, probabilities = support[order], probabilities[order] / probabilities.sum()
    nearest = abs(t[:, None] - support).argmin(1)
    off = abs(t - support[nearest]) / np.maximum(abs(support[nearest]), 1e-300)
    require(
        f"training time {t[off.argmax()]:.9g} is not in the declared support",
        off.max(),
        1e3 * EPS,
        replay,
    )
    below = np.concatenate([[0.0], np.cumsum(probabilities)])
    split = np.random.default_rng(seed).uniform(size=len(t))
    return below[nearest] + split * probabilities[nearest]
