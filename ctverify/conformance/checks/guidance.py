"""Guidance of a flow map: scale w moves along w v_c + (1 - w) v_u, the velocities with the class
and without. Where both laws are normal the guided velocity is affine, and its flow is known.

Ho and Salimans (arXiv 2207.12598), Eq. (6), whose weight is w - 1; Geng et al. (arXiv 2505.13447),
Section 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from hypothesis import strategies as st

from ..cases import Case, seeds
from ..oracle.exact_maps import ExactMaps
from ..oracle.map_rates import Direction, rates
from ..oracle.probe import Probe
from ..oracle.two_times import Oracle, TwoTimes
from .check import EPS, ROUNDINGS, check, require_equal
from .maps import APART, exact_of, pairs_of_times, points, rounded, where

GUIDANCE = "Ho and Salimans (arXiv 2207.12598), Eq. (6)"
RANGE = (0.7, 0.4)  # shares of the range of times between which the flow is followed
COARSE = 8  # steps; twice and four times as many besides
FINE = 96  # Runge and Kutta's steps of fourth order, which leave 1e-9

classes = st.builds(
    Case, spread=st.sampled_from([1.0, 0.5]), offset=st.sampled_from([1.0, 0.0, 3.0]), seed=seeds
)
alls = st.builds(
    Case, spread=st.sampled_from([1.0, 2.0]), offset=st.sampled_from([0.0, 1.0]), seed=seeds
)


@dataclass(frozen=True, eq=False)
class Labelled:
    """The exact network with the class, label 1, and without, 0."""

    one: Oracle
    free: Oracle

    def __call__(
        self, x: torch.Tensor, first: torch.Tensor, second: torch.Tensor, label: Any = 1
    ) -> torch.Tensor:
        """N, (n, d) float64."""
        return self._of(label)(x, first, second)

    def derivative(self, *place: torch.Tensor, label: Any = 1) -> torch.Tensor:
        """Its derivative along a direction."""
        return self._of(label).derivative(*place)

    def _of(self, label: Any) -> Oracle:
        return self.one if label == 1 else self.free


@dataclass(frozen=True, eq=False)
class Guided:
    """A subject, and the exact maps of the class and of all data."""

    two: TwoTimes
    one: ExactMaps
    free: ExactMaps

    @property
    def network(self) -> Labelled:
        """Both exact networks."""
        return Labelled(self.two.oracle(self.one), self.two.oracle(self.free))

    def velocity(self, x: torch.Tensor, t: torch.Tensor, scale: float) -> torch.Tensor:
        """The guided one, in the convention's time."""
        return scale * self.one.instant(x, t) + (1 - scale) * self.free.instant(x, t)

    def flow(self, x: torch.Tensor, times: list[float], scale: float) -> torch.Tensor:
        """Along the guided velocity, affine in d = 1, through these times and those between."""
        middles = [(t + s) / 2 for t, s in pairwise(times)]
        every = torch.tensor([*times, *middles], dtype=torch.float64)
        none = torch.zeros(len(every), 1, dtype=torch.float64)
        shift = self.velocity(none, every, scale)
        slope = self.velocity(none + 1, every, scale) - shift
        at = list(zip(slope[:, 0].tolist(), shift[:, 0].tolist(), strict=True))
        for k, (t, s) in enumerate(pairwise(times)):
            h, ((a0, b0), (a1, b1), (a2, b2)) = s - t, (at[k], at[len(times) + k], at[k + 1])
            k1 = a0 * x + b0
            k2 = a1 * (x + h / 2 * k1) + b1
            k3 = a1 * (x + h / 2 * k2) + b1
            k4 = a2 * (x + h * k3) + b2
            x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return x


def _guided(probe: Probe, target: Case, free: Case) -> Guided:
    return Guided(TwoTimes(probe), exact_of(target, probe), exact_of(free, probe))


@check(
    "guidance.velocity",
    "around the exact networks training with guidance of scale w aims at w v_c + (1 - w) v_u",
    GUIDANCE,
    "flow_map",
    "guided_velocity",
    rests_on=("map.finite", "map.exact"),
    examples=25,
    scale=st.sampled_from([2.0, 1.0, 0.0, 4.5]),
    target=classes,
    free=alls,
    seed=seeds,
)
def velocity(probe: Probe, scale: float, target: Case, free: Case, seed: int) -> None:
    """Point by point; v_c is handed in, v_u is the network's."""
    guided = _guided(probe, target, free)
    two = guided.two
    t, _ = pairs_of_times(two, 8, seed, APART)
    (x,) = rounded(probe, points(guided.one, t, seed))
    own = two.direction * guided.one.instant(x, t)
    given = (two.given(t), own.to(probe.dtype), guided.network, scale)
    found = two.ask("guided_velocity", x, *given)
    right = two.direction * guided.velocity(x, t, scale)
    still = Direction(torch.zeros_like(x), torch.zeros_like(t), torch.ones_like(t))
    free_rates = rates(two, two.oracle(guided.free), x, t, t, still, guided.free.target.spread)
    allowed = abs(1 - scale) * free_rates.allowed + ROUNDINGS * probe.eps * scale * own.abs()
    require_equal(
        f"the velocity at guidance {scale:g}{_other_scale(guided, x, t, scale, found)},"
        f" {where(t, t)}",
        found,
        right,
        allowed / (ROUNDINGS * EPS),
    )


def _other_scale(
    guided: Guided, x: torch.Tensor, t: torch.Tensor, scale: float, found: torch.Tensor
) -> str:
    """The scale that it is right for, where there is one."""
    one, free = guided.one.instant(x, t), guided.free.instant(x, t)
    seen = guided.two.direction * found
    gap = one - free
    if float(gap.abs().max()) < 1e-6 or not bool(seen.isfinite().all()):
        return ""
    other = float(((seen - free) * gap).sum() / gap.square().sum())
    fits = float((seen - free - other * gap).abs().max()) < 1e-4 * float(one.abs().max() + 1)
    return f" (it is that of {other:.4g})" if fits and abs(other - scale) > 1e-3 else ""


@check(
    "guidance.flow",
    "around the exact networks many small steps with guidance of scale w follow the flow of w v_c +"
    " (1 - w) v_u",
    GUIDANCE,
    "flow_map",
    "guided_map",
    rests_on=("map.finite", "map.exact", "guidance.velocity"),
    examples=5,
    scale=st.sampled_from([2.0, 1.0, 0.0, 3.0]),
    target=classes,
    free=alls,
    seed=seeds,
)
def flow(probe: Probe, scale: float, target: Case, free: Case, seed: int) -> None:
    """Steps mix two maps, with an error of first order, whose leading term two numbers of steps
    take out; that of what is left is below the change from one such pair to the next.
    """
    guided = _guided(probe, target, free)
    top = torch.full((4,), probe.pick(RANGE[0]), dtype=torch.float64)
    (x,) = rounded(probe, points(guided.one, top, seed))
    ends = [_steps(guided, x, COARSE * many, scale) for many in (1, 2, 4)]
    before, last = (2 * fine - coarse for coarse, fine in pairwise(ends))
    right = guided.flow(x, _times(probe, FINE), scale)
    size = x.abs() + right.abs() + guided.one.target.spread + guided.free.target.spread
    # each of the steps rounds, and the mixture multiplies by at most |w| + |1 - w|
    roundings = 4 * COARSE * (scale + abs(1 - scale)) * size * max(probe.body_eps / EPS, 1.0)
    require_equal(
        f"the guided flow at scale {scale:g}",
        last,
        right,
        roundings + (last - before).abs() / (ROUNDINGS * EPS),
    )


def _times(probe: Probe, n: int) -> list[float]:
    """n steps, even on the convention's clock."""
    high, low = RANGE
    return [probe.pick(high + (low - high) * i / n) for i in range(n + 1)]


def _steps(guided: Guided, x: torch.Tensor, n: int, scale: float) -> torch.Tensor:
    """n steps of the subject's."""
    two, times = guided.two, _times(guided.two.probe, n)
    for pair in pairwise(times):
        t, s = (torch.full((len(x),), time, dtype=torch.float64) for time in pair)
        given = (two.given(t), two.given(s), guided.network, scale)
        x = two.ask("guided_map", x, *given)
    return x
