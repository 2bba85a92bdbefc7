"""A sampler of a flow map, seen through what it shows its network: around the exact network each
call's answer, and so where each step lands, is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from .oracle.exact_maps import ExactMaps
from .oracle.map_network import MapCall, MapRecorder
from .oracle.probe import NotApplicable
from .oracle.refusals import Refusal
from .oracle.two_times import TwoTimes
from .protocol import setting


class Misstep(Refusal):
    """The network was not asked once for each step, from its time to where it has to land."""

    cause = "sampler.steps"


@dataclass(frozen=True, eq=False)
class Step:
    """One call: from x at t to s, the convention's times."""

    x: torch.Tensor
    t: float
    s: float


@dataclass(frozen=True, eq=False)
class MapRun:
    """The steps of one run, the times that it was to visit, and what it returned."""

    steps: tuple[Step, ...]
    times: tuple[float, ...]
    out: torch.Tensor


def run_map(
    two: TwoTimes,
    z: torch.Tensor,
    times: list[float] | None,
    n: int,
    network: Any,
    seed: int,
    *,
    counted: bool = True,
) -> MapRun:
    """n steps of `sample`, or those of `sample_at` at the convention's times given; Misstep unless
    the network is called once a step, each nearer to the data, if that is asked for.
    """
    probe = two.probe
    if not setting(probe.subject, "one_call"):
        raise NotApplicable("the sampler asks its network more than once a step")
    seen = MapRecorder(network)
    z = z.to(probe.dtype)
    with torch.no_grad():
        if times is None:
            out = probe.call("sample", z, n, seen, seed)
        else:
            own = [float(two.own(torch.tensor(t, dtype=torch.float64))) for t in times]
            out = probe.call("sample_at", z, own, seen, seed)
    visited = probe.times(n) if times is None else times
    steps = tuple(_step(two, call) for call in seen.calls)
    if counted and (len(steps) != len(visited) or any(step.s >= step.t for step in steps)):
        raise Misstep(f"{len(visited)} steps are not what the network is shown: see sampler.steps")
    return MapRun(steps, tuple(visited), out.double())


def _step(two: TwoTimes, call: Any) -> Step:
    assert isinstance(call, MapCall)
    assert call.second is not None
    t, s = two.unembed(call.embedding[:1], call.second[:1])
    return Step(call.x_in.double(), float(t), float(s))


def landed(exact: ExactMaps, step: Step, s: float | None = None) -> torch.Tensor:
    """Where a step from its x and t lands, at its own s or another; (n, d)."""
    times = torch.full((2, len(step.x)), step.t, dtype=torch.float64)
    times[1] = step.s if s is None else s
    return exact.map(step.x, *times)


def landing(two: TwoTimes, end: float) -> float | None:
    """Where a step that is to end at this time has to land, by the declared gamma; None where that
    is not declared.
    """
    gamma, c = setting(two.probe.subject, "gamma"), two.probe.convention
    if gamma is None or end <= c.boundary:
        return None if gamma is None else c.boundary
    if gamma == 0:
        return end
    if gamma == 1:
        return c.boundary
    if c.kind == "vp":
        raise NotApplicable("gamma between 0 and 1 is not judged in the vp convention")
    return max(c.time(math.sqrt(1 - gamma**2) * c.sigma(end)), c.boundary)


def added_noise(two: TwoTimes, s: float, end: float) -> tuple[float, float]:
    """(a_end/a_s, the standard deviation of the noise) that take x_s to the law of x_end."""
    c = two.probe.convention
    ratio = c.a(end) / c.a(s)
    variance = c.b(end) ** 2 - (ratio * c.b(s)) ** 2
    return ratio, math.sqrt(max(variance, 0.0)) * c.z_std
