"""Times: the levels that the sampler visits, T = t_1 > ... > t_n >= e, and the curriculum N(k).

The law of training times is in training_times.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..cases import shares, steps
from ..laws import CosineRamp, Curriculum, KarrasRamp, LinearRamp, LogUniformRamp, Ramp
from ..oracle.probe import NotFinite, Probe, SubjectError
from ..protocol import at_most
from .check import EPS, ROUNDINGS, Replay, check, require

ALGORITHM = "Song et al. (arXiv 2303.01469), Algorithm 1"
STEPS_SHOWN = 24  # training steps about which N(k) is asked in one example


def _times(probe: Probe, n: int) -> tuple[list[float], int, Replay]:
    n = at_most(probe.subject, n)
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
    n = at_most(probe.subject, n)
    try:
        probe.times(n)
    except NotFinite as found:
        require(str(found), math.nan, 0.0, Replay("times", {"n": n}))


@check(
    "times.count",
    "an n-step sampler visits n times",
    ALGORITHM,
    "times",
    rests_on=("times.finite",),
    n=steps,
)
def count(probe: Probe, n: int) -> None:
    """One evaluation of f a step."""
    times, n, replay = _times(probe, n)
    cause = " (levels, with both ends, for steps?)" if len(times) == n + 1 else ""
    cause = " (intervals for times?)" if len(times) == n - 1 else cause
    require(
        f"times({n}) are {len(times)} numbers where {n} are right{cause}",
        abs(len(times) - n),
        0,
        replay,
    )


@check(
    "times.monotone",
    "times fall strictly from the noise end (rise, where `ascending` is declared)",
    ALGORITHM,
    "times",
    rests_on=("times.finite",),
    n=steps,
)
def monotone(probe: Probe, n: int) -> None:
    """Every step lowers the noise."""
    times, n, replay = _times(probe, n)
    rises = [i for i in range(len(times) - 1) if not times[i + 1] < times[i]]
    if not rises:
        return
    shown = f"{times[rises[0]]:.9g} is followed by {times[rises[0] + 1]:.9g}"
    cause = ""
    if len(rises) == len(times) - 1:
        declared = "ascending=True" if not probe.convention.ascending else "ascending=False"
        cause = f"; all are the other way round: is {declared} the convention?"
    require(f"times({n}) do not fall strictly: {shown}{cause}", len(rises), 0, replay)


@check(
    "times.ends",
    "the first time is the noise end t_max, the last is not below the boundary e",
    ALGORITHM,
    "times",
    rests_on=("times.finite",),
    n=steps,
)
def ends(probe: Probe, n: int) -> None:
    """Whatever the direction, the largest time is t_max. A last time may be a difference of numbers
    as large as t_max, each known to a rounding.
    """
    times, n, replay = _times(probe, n)
    top, low = probe.convention.t_max, probe.convention.boundary
    if not times:
        return
    require(
        f"the largest of times({n}) is {max(times):.9g} where t_max = {top:.9g} is right:"
        " relative difference",
        abs(max(times) / top - 1),
        ROUNDINGS * EPS,
        replay,
    )
    require(
        f"the smallest of times({n}) is {min(times):.9g}, below the boundary e = {low:.9g}, by",
        low - min(times),
        4 * EPS * top + ROUNDINGS * EPS * low,
        replay,
    )


@check(
    "times.ramp",
    "between their ends the times lie on the declared ramp",
    "Karras et al. (arXiv 2206.00364), Eq. (5), or what is declared",
    "times",
    "ramp_law",
    rests_on=("times.finite", "times.count", "times.monotone", "times.ends"),
    n=steps,
)
def ramp(probe: Probe, n: int) -> None:
    """To the roundings of the ramp's own parts: roots, logarithms, differences."""
    law: Ramp = probe.subject.ramp_law
    times, n, replay = _times(probe, n)
    gap, allowed, right = _off_ramp(probe, law, times)
    wrong = [i for i in range(len(gap)) if not gap[i] <= allowed[i]]
    if not wrong:
        return
    i = max(wrong, key=lambda i: gap[i] / allowed[i])
    many = probe.times(at_most(probe.subject, 17))  # two times lie on many ramps
    like = [other for other in (*_relatives(law), *_others()) if _fits(probe, other, many)]
    cause = f"; all lie on {like[0]!r}" if like else ""
    require(
        f"time {i + 1} of {n} is {times[i]:.9g} where {right[i]:.9g} is right by {law!r}{cause};"
        " difference",
        gap[i],
        allowed[i],
        replay,
    )


def _off_ramp(
    probe: Probe, law: Ramp, times: Sequence[float]
) -> tuple[list[float], list[float], list[float]]:
    """How far each time is from the ramp, how far it may be, and where the ramp is."""
    c, share = probe.convention, law.shares(len(times))
    right = law.at(share, c.boundary, c.t_max)
    allowed = ROUNDINGS * EPS * law.size(share, c.boundary, c.t_max)
    return abs(np.asarray(times) - right).tolist(), allowed.tolist(), right.tolist()


def _fits(probe: Probe, law: Ramp, times: Sequence[float]) -> bool:
    if isinstance(law, LogUniformRamp) and not probe.convention.boundary > 0:
        return False
    gap, allowed, _ = _off_ramp(probe, law, times)
    return len(times) > 2 and all(off <= most for off, most in zip(gap, allowed, strict=True))


def _relatives(law: Ramp) -> list[Ramp]:
    """The same ramp with its last time at, or short of, the boundary."""
    if isinstance(law, (KarrasRamp, LinearRamp, CosineRamp, LogUniformRamp)):
        return [replace(law, to_boundary=not law.to_boundary)]
    return []


def _others() -> list[Ramp]:
    """The ramps that are built in, with usual parameters."""
    ramps: list[Ramp] = []
    for closed in (False, True):
        ramps += [KarrasRamp(rho, closed) for rho in (7.0, 1 / 7, 3.0, 2.0, 0.5)]
        ramps += [LinearRamp(closed), CosineRamp(closed), LogUniformRamp(closed)]
    return ramps


@check(
    "times.curriculum",
    "N(k), the number of noise levels at training step k, is that of the declared curriculum, at"
    " its ends and at every change",
    "Song and Dhariwal (arXiv 2310.14189), Section 3.4; Song et al. (arXiv 2303.01469), Appendix C",
    "curriculum",
    "curriculum_law",
    share=shares,
)
def curriculum(probe: Probe, share: float) -> None:
    """At a random k, at both ends, and about the changes nearest to k. Where the last bits of a
    logarithm or a root decide, one more or less is allowed.
    """
    law: Curriculum = probe.subject.curriculum_law
    k = round(share * (law.K - 1))
    near = sorted(law.turns(), key=lambda turn: abs(turn - k))[: STEPS_SHOWN // 2]
    about = {turn + i for turn in near for i in (-1, 0)}
    for step in sorted({0, k, law.K - 1, *about}):
        seen, allowed = _levels(probe, step, law.K), law.allowed(step)
        if seen in allowed:
            continue
        right = law.levels(step)
        require(
            f"N({step}) of K = {law.K} is {seen:g} where {right} is right by {law!r}"
            f"{_misread(probe, law, step, seen)}",
            abs(seen - right),
            0,
            Replay("curriculum", {"k": step, "K": law.K}),
        )


def _levels(probe: Probe, k: int, K: int) -> float:
    """N(k) as a number, whole or not."""
    answer = probe.call("curriculum", k, K)
    try:
        return float(answer)
    except (TypeError, ValueError):
        raise SubjectError(f"curriculum({k}, {K}) returned {answer!r:.60}, not a number") from None


def _misread(probe: Probe, law: Curriculum, k: int, seen: float) -> str:
    """The likely cause."""
    everywhere = {_levels(probe, j, law.K) - law.levels(j) for j in (0, k, law.K - 1)}
    if everywhere == {-1.0} and not law.intervals:
        return ": intervals for levels?"
    if everywhere == {1.0} and law.intervals:
        return ": levels for intervals?"
    steps = [j for j in (k - 1, k + 1) if 0 <= j < law.K and seen == law.levels(j)]
    return f": that is N({steps[0]})" if steps else ""
