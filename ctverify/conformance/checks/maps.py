"""Flow maps F(x, t, s), from x at time t to x_s, s nearer to the data.

    F(x, t, t) = x,   F_{s->r} o F_{t->s} = F_{t->r},
    d/ds F(x, t, s) = v(F(x, t, s), s),   d_t F + (grad F) v = 0,   v(x, t) = E[dx_t/dt | x_t = x]

Boffi et al. (arXiv 2505.18825), Propositions 2.2 to 2.4; Kim et al. (arXiv 2310.02279), Section
3.1; Geng et al. (arXiv 2505.13447), Section 4.1; Frans et al. (arXiv 2410.12557), Eq. (4).
"""

from __future__ import annotations

from typing import Any

import torch

from ..cases import Case, dims, line_gaussians, line_mixtures, plane_gaussians, seeds
from ..oracle.exact_maps import ExactMaps, scales
from ..oracle.map_rates import Direction, rates
from ..oracle.probe import Probe
from ..oracle.two_times import TwoTimes, smooth
from .check import (
    EPS,
    ROUNDINGS,
    check,
    generator,
    require,
    require_equal,
)

FLOW_MAPS = "Boffi et al. (arXiv 2505.18825), Section 2"
ROWS = 8
APART = 0.05  # of the range: t and s of what is divided by t - s

normals = line_gaussians | plane_gaussians


def pairs_of_times(
    two: TwoTimes, n: int, seed: int, least: float = 0.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """t and s of n rows, the convention's: anywhere, the whole way, s = t, and s near t; or, with
    `least`, s at least that share of the range below t and above the boundary.
    """
    drawn = torch.rand(2, n, generator=generator(seed), dtype=torch.float64)
    if least:
        later = 2 * least + (1 - 2 * least) * drawn[0]
        return two.times(later), two.times(least + (later - 2 * least) * drawn[1])
    later = drawn[0].clamp_min(1e-9)  # a share of 0 is the boundary itself
    earlier = later * drawn[1]
    special = ((1.0, 0.0), (0.7, 0.7), (0.5, 0.4999))[: n - 1]
    for row, pair in enumerate(special):
        later[row], earlier[row] = pair
    return two.times(later), two.times(earlier)


def exact_of(target: Case, probe: Probe) -> ExactMaps:
    """The exact maps of a case."""
    return ExactMaps(target.target(probe.convention), probe.convention)


def points(exact: ExactMaps, t: torch.Tensor, seed: int) -> torch.Tensor:
    """x_t, a row for each time, (n, d) float64."""
    a, b = scales(exact.convention, t, t).value[:2]
    x0 = exact.target.sample(len(t), generator(seed + 1))
    z = torch.randn(x0.shape, generator=generator(seed + 2), dtype=torch.float64)
    return a * x0 + b * z


def rounded(probe: Probe, *values: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Numbers as the subject is given them."""
    return tuple(value.to(probe.dtype).double() for value in values)


def case(
    probe: Probe, target: Case, seed: int, least: float = 0.0
) -> tuple[TwoTimes, ExactMaps, torch.Tensor, torch.Tensor, torch.Tensor]:
    """The subject, the exact maps, points x_t, t and s."""
    two, exact = TwoTimes(probe), exact_of(target, probe)
    t, s = pairs_of_times(two, ROWS, seed, least)
    (x,) = rounded(probe, points(exact, t, seed))
    return two, exact, x, t, s


def where(t: torch.Tensor, s: torch.Tensor) -> str:
    """Pairs of times in words."""
    return f"at t from {float(t.min()):.4g} to {float(t.max()):.4g}, s down to {float(s.min()):.4g}"


@check(
    "map.finite",
    "F(x, t, s) is a finite number for every t and s, also where they are equal or ends of the"
    " range",
    FLOW_MAPS,
    "flow_map",
    examples=30,
    seed=seeds,
    d=dims,
)
def finite_map(probe: Probe, seed: int, d: int) -> None:
    """Around a bounded network."""
    two = TwoTimes(probe)
    x = torch.randn(ROWS, d, generator=generator(seed), dtype=torch.float64)
    t, s = pairs_of_times(two, ROWS, seed)
    found = two.map(x, t, s, smooth)
    bad = ~found.isfinite().all(1)
    shown = ""
    if bool(bad.any()):
        row = int(bad.int().argmax())
        shown = f": {found[row].tolist()} at t = {float(t[row]):.6g}, s = {float(s[row]):.6g}"
    count = int(bad.sum())
    require(f"{count} of {ROWS} rows of F(x, t, s) are not finite{shown}", count, 0)


@check(
    "map.rows",
    "each row of F(x, t, s) is made of its own x, t and s",
    "F acts on each row by itself",
    "flow_map",
    rests_on=("map.finite",),
    examples=25,
    seed=seeds,
    d=dims,
)
def rows(probe: Probe, seed: int, d: int) -> None:
    """As many rows as there are coordinates among them, where a missing axis broadcasts."""
    two = TwoTimes(probe)
    x = torch.randn(d + 1, d, generator=generator(seed), dtype=torch.float64)
    t, s = (time[:d] for time in pairs_of_times(two, d + 1, seed, APART))
    x = x[:d]
    whole = two.map(x, t, s, smooth)
    alone = torch.cat([two.map(x[i : i + 1], t[i : i + 1], s[i : i + 1], smooth) for i in range(d)])
    skip, out = two.factors(t, s)
    size = (skip * x).abs() + 3 * out.abs() + alone.abs()
    require_equal("F of a batch, against F of its rows", whole, alone, size * probe.eps / EPS)


@check(
    "map.noop",
    "F(x, t, t) = x",
    FLOW_MAPS,
    "flow_map",
    rests_on=("map.finite", "map.rows"),
    examples=25,
    target=normals,
    seed=seeds,
)
def noop(probe: Probe, target: Case, seed: int) -> None:
    """Whatever the network says, where it is not the map itself."""
    two, exact, x, t, _ = case(probe, target, seed)
    network = two.oracle(exact) if two.wraps == "map" else smooth
    found = two.map(x, t, t, network)
    size = x.abs() * probe.eps + 2 * (1 + t[:, None]) * probe.eps
    if two.wraps == "map":
        size = size + two.allowed(exact, x, t, t) / ROUNDINGS
    require_equal(f"F(x, t, t) {where(t, t)}", found, x, size / EPS)


@check(
    "map.semigroup",
    "around the exact network F(F(x, t, m), m, s) = F(x, t, s)",
    FLOW_MAPS,
    "flow_map",
    rests_on=("map.finite", "map.rows", "map.noop"),
    examples=25,
    target=normals,
    seed=seeds,
)
def semigroup(probe: Probe, target: Case, seed: int) -> None:
    """For normal laws, whose flow stretches by r_s/r_m."""
    two, exact, x, t, s = case(probe, target, seed)
    part = torch.rand(len(t), generator=generator(seed + 3), dtype=torch.float64)
    m = s + part * (t - s)
    oracle = two.oracle(exact)
    half = two.map(x, t, m, oracle)
    twice, once = two.map(half, m, s, oracle), two.map(x, t, s, oracle)
    allowed = two.allowed(exact, x, t, s) + two.allowed(exact, half, m, s)
    allowed = allowed + stretch(exact, m, s) * two.allowed(exact, x, t, m).norm(dim=1, keepdim=True)
    require_equal(
        f"F(F(x, t, m), m, s), against F(x, t, s), {where(t, s)}",
        twice,
        once,
        allowed / (ROUNDINGS * EPS),
    )


def stretch(exact: ExactMaps, t: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
    """How much a normal law's flow from t to s stretches at most, (n, 1)."""
    form: Any = exact.target.normal_form()
    a_t, b_t, a_s, b_s, _, _ = scales(exact.convention, t, s).value
    lam = form.eigenvalues
    ratio = (lam * a_s**2 + b_s**2) / (lam * a_t**2 + b_t**2)
    return ratio.sqrt().amax(1, keepdim=True)


@check(
    "map.exact",
    "around the exact network, by what it is said to stand for and to be shown, F(x, t, s) is the"
    " exact flow from t to s",
    FLOW_MAPS,
    "flow_map",
    rests_on=("map.finite", "map.rows", "map.noop", "map.semigroup"),
    examples=30,
    target=normals | line_mixtures,
    seed=seeds,
)
def exactly(probe: Probe, target: Case, seed: int) -> None:
    """Normal laws row by row; mixtures at one pair of times, clear of each other."""
    two, exact = TwoTimes(probe), exact_of(target, probe)
    if exact.normal:
        _, _, x, t, s = case(probe, target, seed)
        allowed = two.allowed(exact, x, t, s)
    else:
        t, s = (time[:1].expand(4) for time in pairs_of_times(two, 2, seed, APART))
        (x,) = rounded(probe, points(exact, t, seed))
        allowed = _allowed_by_differences(two, exact, x, t, s)
    require_equal(
        f"F(x, t, s), against the exact flow, {where(t, s)}",
        two.map(x, t, s, two.oracle(exact)),
        exact.map(x, t, s),
        allowed / (ROUNDINGS * EPS),
    )


def _allowed_by_differences(
    two: TwoTimes, exact: ExactMaps, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor
) -> torch.Tensor:
    """TwoTimes.allowed where no derivative is known; 1e-8 of the flow's own error besides."""
    oracle, late = two.oracle(exact), two.late(t, s)
    skip, out = two.factors(t, s)
    raw, landed = oracle.at(x, t, s), exact.map(x, t, s)
    share = ROUNDINGS * two.probe.eps
    parts = share * ((skip * x).abs() + landed.abs()) + 1e-8 * (x.abs() + landed.abs())
    parts = parts + ROUNDINGS * two.probe.body_eps * (out * raw).abs()
    for by_t, by_s in ((-late[0], 0 * s), (0 * t, late[1])):
        up = two.factors(t + by_t, s + by_s)
        parts = parts + (out * (oracle.at(x, t + by_t, s + by_s) - raw)).abs()
        parts = parts + ((up[0] - skip) * x).abs() + ((up[1] - out) * raw).abs()
    return parts


@check(
    "map.diagonal",
    "the velocity that the network gives at equal times is v(x, t)",
    "Geng et al. (arXiv 2505.13447), Section 4.1: u(x, t, t) = v(x, t)",
    "flow_map",
    "velocity",
    rests_on=("map.finite", "map.noop", "map.exact"),
    examples=25,
    target=normals,
    seed=seeds,
)
def diagonal(probe: Probe, target: Case, seed: int) -> None:
    """v = d/ds F(x, t, s) at s = t is dA x + dB N; in the subject's own time."""
    two, exact, x, t, _ = case(probe, target, seed, APART)
    found = two.ask("velocity", x, two.given(t), two.oracle(exact))
    right = two.direction * exact.instant(x, t)
    still = Direction(torch.zeros_like(x), torch.zeros_like(t), torch.ones_like(t))
    allowed = rates(two, two.oracle(exact), x, t, t, still, exact.target.spread).allowed
    require_equal(f"v(x, t) {where(t, t)}", found, right, allowed / (ROUNDINGS * EPS))
