"""What holds of a flow map's derivatives, and of two steps for one.

Derivatives are torch's, through the subject's own formulas, so that what is detached, clamped or
held apart in them shows.
"""

from __future__ import annotations

from typing import Any

import torch

from ..cases import Case, seeds
from ..oracle.map_network import MapRecorder
from ..oracle.map_rates import Direction, rates
from ..oracle.probe import NotApplicable, Probe, SubjectError
from ..oracle.two_times import TwoTimes
from .check import EPS, ROUNDINGS, check, require_equal
from .maps import APART, FLOW_MAPS, case, normals, stretch, where

Grown = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


@check(
    "map.lagrangian",
    "around the exact network dF(x, t, s)/ds = v(F(x, t, s), s), by torch's derivative",
    FLOW_MAPS,
    "flow_map",
    rests_on=("map.finite", "map.rows", "map.noop", "map.semigroup", "map.exact"),
    examples=20,
    target=normals,
    seed=seeds,
)
def lagrangian(probe: Probe, target: Case, seed: int) -> None:
    """The landing point moves along the flow."""
    two, exact, x, t, s = case(probe, target, seed, APART)
    _, _, _, by_s = _grown(two, x, t, s, two.oracle(exact))
    landed = exact.map(x, t, s)
    still = Direction(torch.zeros_like(x), torch.zeros_like(t), torch.ones_like(s))
    require_equal(
        f"dF/ds, against v(F, s), {where(t, s)}",
        by_s,
        two.direction * exact.instant(landed, s),
        rates(two, two.oracle(exact), x, t, s, still, exact.target.spread).allowed
        / (ROUNDINGS * EPS),
    )


@check(
    "map.eulerian",
    "around the exact network d_t F + (grad F) v(x, t) = 0, by torch's derivatives",
    FLOW_MAPS,
    "flow_map",
    rests_on=("map.finite", "map.rows", "map.noop", "map.semigroup", "map.exact", "map.lagrangian"),
    examples=20,
    target=normals,
    seed=seeds,
)
def eulerian(probe: Probe, target: Case, seed: int) -> None:
    """A point that moves along the flow lands where it did."""
    two, exact, x, t, s = case(probe, target, seed, APART)
    velocity = two.direction * exact.instant(x, t)
    _, by_x, by_t, _ = _grown(two, x, t, s, two.oracle(exact))
    total = by_t + torch.einsum("nkj,nj->nk", by_x, velocity)
    along = Direction(two.direction * velocity, torch.ones_like(t), torch.zeros_like(s))
    require_equal(
        f"d_t F + (grad F) v {where(t, s)}",
        total,
        torch.zeros_like(total),
        rates(two, two.oracle(exact), x, t, s, along, exact.target.spread).allowed
        / (ROUNDINGS * EPS),
    )


def _grown(two: TwoTimes, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor, network: Any) -> Grown:
    """F (n, d), and its derivatives by x (n, d, d), t and s (n, d), float64, in the subject's own
    time.
    """
    dtype = two.probe.dtype
    given = (x, two.given(t), two.given(s))
    place = [part.detach().clone().to(dtype).requires_grad_() for part in given]
    with torch.enable_grad():
        try:
            found = two.probe.call("flow_map", *place, MapRecorder(network))
        except SubjectError as error:  # of arrays, which gradients do not reach
            raise NotApplicable(f"torch cannot differentiate flow_map: {error}") from None
        if not found.requires_grad:
            raise NotApplicable("torch cannot differentiate flow_map")
        slopes = [
            torch.autograd.grad(
                found[:, k].sum(),
                place,
                retain_graph=True,
                allow_unused=True,
                materialize_grads=True,
            )
            for k in range(x.shape[1])
        ]
    by_x, by_t, by_s = (torch.stack(parts, 1).double() for parts in zip(*slopes, strict=True))
    return found.detach().double(), by_x, by_t, by_s


@check(
    "map.halves",
    "two steps of half the length say what the exact network is: (u(x, t, m) + u(x_m, m, s))/2 ="
    " u(x, t, s), x_m = F(x, t, m), m in the middle",
    "Frans et al. (arXiv 2410.12557), Eq. (4)",
    "flow_map",
    "half_steps",
    rests_on=("map.finite", "map.noop", "map.semigroup", "map.exact"),
    target=normals,
    seed=seeds,
)
def halves(probe: Probe, target: Case, seed: int) -> None:
    """To the roundings of three maps, over B."""
    two, exact, x, t, s = case(probe, target, seed, APART)
    found = two.ask("half_steps", x, two.given(t), two.given(s), two.oracle(exact))
    m = (t + s) / 2
    middle = exact.map(x, t, m)
    first = two.allowed(exact, x, t, m).norm(dim=1, keepdim=True)
    allowed = two.allowed(exact, x, t, s) + two.allowed(exact, middle, m, s)
    allowed = allowed + stretch(exact, m, s) * first
    _, out = two.factors(t, s)
    require_equal(
        f"what two half steps say of the network {where(t, s)}",
        found,
        two.oracle(exact).at(x, t, s),
        allowed / out.abs() / (ROUNDINGS * EPS),
    )
