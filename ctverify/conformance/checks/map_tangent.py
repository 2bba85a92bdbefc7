"""What the loss of a flow map compares its network with, and the derivatives that this is made of.

With the average velocity u of the flow and its velocity v

    u = v - (t - s)(d_t u + (v . grad) u)

and in general the target around the exact network is what that network says. Geng et al. (arXiv
2505.13447), Eq. (6); Lu and Song (arXiv 2410.11081), Section 4.1, of embeddings that lose digits.
"""

from __future__ import annotations

from typing import Any

import torch

from ..cases import Case, dims, seeds
from ..oracle.map_network import MapRecorder
from ..oracle.map_rates import Direction, Plain, coefficient_rates, rates
from ..oracle.probe import Probe
from ..oracle.rounding import SHORT
from ..oracle.two_times import TwoTimes, smooth
from .check import EPS, ROUNDINGS, check, generator, require, require_equal
from .maps import APART, case, normals, pairs_of_times, where

IDENTITY = "Geng et al. (arXiv 2505.13447), Eq. (6)"
POINTS = 257  # times at which an embedding is asked for


@check(
    "tangent.jvp",
    "the subject's derivative of its network along (dx/dt, 1, 0) is right over the whole range of"
    " times, in each dtype",
    IDENTITY,
    "flow_map",
    "derivative",
    examples=25,
    seed=seeds,
    d=dims,
)
def jvp(probe: Probe, seed: int, d: int) -> None:
    """Of a network that is known, by five points in float64."""
    two, n = TwoTimes(probe), 16
    t, s = pairs_of_times(two, n, seed)
    x, velocity = torch.randn(2, n, d, generator=generator(seed), dtype=torch.float64)
    for dtype in probe.dtypes:
        if dtype in SHORT:
            continue
        given = [part.to(dtype) for part in (x, two.own(t), two.own(s), velocity)]
        with torch.enable_grad():
            found = probe.call("derivative", *given, MapRecorder(smooth)).detach().double()
        at, rate = given[0].double(), given[3].double()
        late, early = (two.own(part.double()) for part in given[1:3])
        plain, none = Plain(two, smooth), torch.zeros_like(t)
        by_x = plain.rate(at, late, early, rate, none, none)
        by_t = plain.rate(at, late, early, torch.zeros_like(at), none + two.direction, none)
        # the network's second derivatives are below 1, and so are the roundings of what it is shown
        size = by_x.abs() + by_t.abs() + (1 + rate.abs()) * (2 + at.abs())
        require_equal(
            f"the derivative of the network along its path in {dtype}, {where(t, s)}",
            found,
            by_x + by_t,
            size * max(probe.body_eps / EPS, 1.0),
        )


@check(
    "tangent.identity",
    "around the exact network, and with the velocity v(x, t) of the flow, the loss's target is what"
    " that network says",
    IDENTITY,
    "flow_map",
    "target",
    rests_on=("map.finite", "map.rows", "map.exact", "tangent.jvp"),
    examples=25,
    target=normals,
    seed=seeds,
)
def identity(probe: Probe, target: Case, seed: int) -> None:
    """The residual is dF/dt along the flow, which is 0, over the factor of N in it."""
    two, exact, x, t, s = case(probe, target, seed, APART)
    oracle = two.oracle(exact)
    velocity = exact.instant(x, t)
    own = (two.direction * velocity).to(probe.dtype)
    found = two.ask("target", x, two.given(t), two.given(s), own, oracle)
    along = Direction(velocity, torch.ones_like(t), torch.zeros_like(s))
    found_rates = rates(two, oracle, x, t, s, along, exact.target.spread)
    right = oracle.at(x, t, s)
    allowed = factor(two, t, s) * found_rates.allowed + ROUNDINGS * probe.body_eps * right.abs()
    require_equal(
        f"the target around the exact network {where(t, s)}",
        found,
        right,
        allowed / (ROUNDINGS * EPS),
    )


def factor(two: TwoTimes, t: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
    """What dF/dt is multiplied by so that it is a residual of N, (n, 1): 1/max(|dB/dt|, |B|/t)."""
    _, dout = coefficient_rates(two, t, s, torch.ones_like(t), torch.zeros_like(s))
    _, out = two.factors(t, s)
    return 1 / torch.maximum(dout.abs(), out.abs() / t[:, None])


@check(
    "tangent.embedding",
    "over the whole range of times the derivative of the embedding of time keeps half of the digits"
    " of its dtype",
    "Lu and Song (arXiv 2410.11081), Section 4.1",
    "flow_map",
    "embedding",
    examples=10,
    seed=seeds,
)
def embedding(probe: Probe, seed: int) -> None:
    """Each feature's derivative in the dtype, against that in float64; relative to its largest."""
    two = TwoTimes(probe)
    share = torch.rand(POINTS, generator=generator(seed), dtype=torch.float64).clamp_min(1e-9)
    share[0] = 1.0
    t = two.times(share)
    for dtype in probe.dtypes:
        if dtype in SHORT or dtype == torch.float64:
            continue
        times = two.own(t).to(dtype)
        seen, right = (_slopes(probe, times.to(kind)) for kind in (dtype, torch.float64))
        size = right.abs().amax(0).clamp_min(1e-300)
        off = ((seen - right).abs() / size).amax(0)
        worst = int(off.argmax())
        at = int((seen - right).abs()[:, worst].argmax())
        require(
            f"the derivative of feature {worst + 1} of {len(off)} of the time embedding in {dtype}"
            f" is {float(seen[at, worst]):.6g} at t = {float(t[at]):.6g}, where in float64 it is"
            f" {float(right[at, worst]):.6g}: error over its largest value",
            float(off[worst]),
            torch.finfo(dtype).eps ** 0.5,
        )


def _slopes(probe: Probe, t: torch.Tensor) -> torch.Tensor:
    """The derivative of each feature (n, k), by torch."""
    place: Any = t.detach().clone().requires_grad_()
    with torch.enable_grad():
        features = probe.call("embedding", place)
        slopes = [
            torch.autograd.grad(column.sum(), place, retain_graph=True, materialize_grads=True)[0]
            for column in features.unbind(1)
        ]
    return torch.stack(slopes, 1).detach().double()
