"""The loss of a flow map: a gradient for the student alone, towards the declared identity,
stationary at the exact network.

With dF/dt along the path of x_t = a_t x_0 + b_t z at (x_t, t, s), s fixed, the residual is

    sign(B) dF/dt = sign(B) (dA x + A v + dB N + B dN/dt),   v = a'_t x_0 + b'_t z,

MeanFlow's u - (v - (t - s) du/dt). At the exact network it is +-(grad F)(v - E[v | x_t]), so that
E[residual h(x_t, t, s)] = 0 for every h; for a normal law it is symmetric given x_t, whatever
weight depends on its size. A constant error of the network moves it by |dB/dt| times the error
where B dB/dt > 0: a step against the gradient takes the error back.
"""

from __future__ import annotations

import math

import torch
from hypothesis import strategies as st

from ..cases import Case, dims, line_gaussians, seeds
from ..oracle.exact_maps import scales
from ..oracle.map_gradients import map_gradients
from ..oracle.map_network import Direct
from ..oracle.map_rates import Direction, Plain, coefficient_rates, rates
from ..oracle.probe import NotApplicable, Probe
from ..oracle.two_times import TwoTimes, smooth
from ..protocol import setting
from .check import (
    EPS,
    RATE,
    ROUNDINGS,
    Replay,
    check,
    generator,
    require,
    require_centred,
    require_equal,
)
from .maps import exact_of
from .pair import data

ORTHOGONAL = "Geng et al. (arXiv 2505.13447), Eqs. (6) to (11)"
TANGENT = ("tangent.jvp", "tangent.identity")
GRADIENTS = ("map.finite", "map.exact", "loss.finite", "loss.student", *TANGENT)
PAIR = ("pair.again", "pair.path", "pair.velocity", "times.order")

plain_gaussians = line_gaussians.filter(lambda case: case.spread <= 4 and case.offset <= 3)


@check(
    "loss.student",
    "the gradient of a flow map's loss reaches the network where the pair of its seed is, and"
    " nowhere else; it is finite, and zero in few rows",
    ORTHOGONAL,
    "flow_map",
    "flow_pair",
    "loss",
    rests_on=("map.finite", "loss.finite", "pair.again"),
    examples=15,
    seed=seeds,
    d=dims,
)
def student(probe: Probe, seed: int, d: int) -> None:
    """At (x_t, t, s), or at (x_t, t, t) as well."""
    two, x0 = TwoTimes(probe), data(probe, 64, d, seed)
    x_t, t, s, _ = two.pair(x0, seed)
    found = map_gradients(two, x0, smooth, seed)
    replay = Replay("loss", {"x0": x0, "seed": seed})
    count = len(found.reached)
    cause = ": is the student under no_grad, or detached?" if not count else ""
    require(f"the gradient reaches no call of the network of {found.calls}{cause}", count == 0, 0)
    close = 16 * ROUNDINGS * probe.body_eps
    for call in found.reached:
        same = len(call.x) == len(x_t) and _near(call.x, x_t, close)
        at = (
            same
            and _near(call.t, t, close)
            and (_near(call.s, s, close) or _near(call.s, t, close))
        )
        require(
            "the gradient reaches a call of the network that is not at the pair's (x_t, t, s): what"
            " the student is compared with is not detached, or the loss draws another pair",
            not at,
            0,
            replay,
        )
        bad = int((~call.gradient.isfinite()).sum())
        require(f"the gradient has {bad} numbers that are not finite", bad, 0, replay)
    if not any(_near(call.s, s, close) for call in found.reached):
        require("the gradient reaches no call at the pair's s", 1, 0, replay)
    none = int((found.total == 0).all(1).sum())
    require(f"the gradient is zero in {none} of 64 rows", none, 6, replay)


def _near(one: torch.Tensor, other: torch.Tensor, close: float) -> bool:
    scale = 1 + other.abs()
    return bool(((one - other).abs() <= close * scale).all())


@check(
    "loss.stopped",
    "no gradient goes through what a flow map's loss compares its student with, where that is"
    " declared detached",
    ORTHOGONAL,
    "flow_map",
    "flow_pair",
    "loss",
    rests_on=GRADIENTS,
    examples=15,
    seed=seeds,
)
def stopped(probe: Probe, seed: int) -> None:
    """Around N + theta h the loss's derivative by theta is the sum of the student's gradients times
    h: the derivatives of h, which the target holds, add nothing.
    """
    two, x0 = TwoTimes(probe), data(probe, 32, 2, seed)
    if not setting(probe.subject, "detached"):
        raise NotApplicable("the subject's target is declared to have gradients")
    found = map_gradients(two, x0, smooth, seed)
    theta = torch.zeros((), dtype=torch.float64, requires_grad=True)

    def network(x: torch.Tensor, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        moved = _other(x, first, second)
        return smooth(x, first, second) + theta.to(moved) * moved

    with torch.enable_grad():
        loss = probe.loss(x0, Direct(network), seed)
        (loss.mean() * len(x0)).backward()
    seen = torch.zeros(()) if theta.grad is None else theta.grad
    parts = [
        (call.gradient * _other(call.x, *two.embed(call.t, call.s))).flatten()
        for call in found.reached
    ]
    right = torch.cat(parts)
    require_equal(
        "the loss's derivative by a parameter of the network, against that through the student"
        " alone",
        seen,
        right.sum(),
        # derivatives of the network are known to 1e-7 of its size
        float(right.abs().sum()) * max(probe.body_eps / EPS, 1.0),
        Replay("loss", {"x0": x0, "seed": seed}),
    )


def _other(x: torch.Tensor, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """A direction in which the network may move, no constant."""
    return torch.cos(x + 2 * first.reshape(-1, 1)) + torch.sin(second.reshape(-1, 1))


@check(
    "loss.descent",
    "the gradient of a flow map's loss pushes a constant error of the exact network back",
    ORTHOGONAL,
    "flow_map",
    "flow_pair",
    "loss",
    "identity",
    statistical=True,
    rests_on=(*GRADIENTS, *PAIR),
    examples=4,
    target=plain_gaussians,
    delta=st.sampled_from([2.0, 8.0]),
    seed=seeds,
)
def descent(probe: Probe, target: Case, delta: float, seed: int) -> None:
    """For a normal law, row by row: the sign of the gradient is at least as often the error's as
    not, given its size: sum G/|G| is stochastically at least a sum of independent signs
    (Hoeffding).
    """
    two, exact = TwoTimes(probe), exact_of(target, probe)
    x0 = exact.target.sample(1024, generator(seed)).to(probe.dtype)
    _, t, s, _ = two.pair(x0, seed)
    _, dout = coefficient_rates(two, t, s, torch.ones_like(t), torch.zeros_like(s))
    felt = (_sign(two) * dout)[:, 0] > 0
    if not bool(felt.any()):
        raise NotApplicable("a constant error of the network does not change dF/dt")
    oracle = two.oracle(exact)
    up, down = (
        map_gradients(two, x0, lambda *at, by=by: oracle(*at) + by, seed).total[:, 0][felt]
        for by in (delta, -delta)
    )
    replay = Replay("loss", {"x0": x0, "seed": seed})
    same = bool(((up - down).abs() <= ROUNDINGS * probe.body_eps * (up.abs() + down.abs())).all())
    require(
        f"N + {delta:g} and N - {delta:g} have the same gradient: the loss does not feel a constant"
        " error of the network",
        same,
        0,
        replay,
    )
    for gradient, error in ((up, delta), (down, -delta)):
        pushed = math.copysign(1, error) * torch.sign(gradient)
        share = float(pushed.sum()) / math.sqrt(len(pushed))
        require(
            f"the gradient pushes an error of {error:+g} in the network's output on, not back, in"
            f" {int((pushed < 0).sum())} of {len(pushed)} rows: is its sign reversed? Minus the sum"
            " of its signs, over its root",
            -share,
            math.sqrt(2 * math.log(2 / RATE)),
            replay,
        )


def _sign(two: TwoTimes) -> float:
    """The sign of B."""
    return -two.direction if two.wraps in ("velocity", "angle") else 1.0


@check(
    "loss.residual",
    "the gradient of a flow map's loss is a positive multiple of the residual of its identity, row"
    " by row",
    ORTHOGONAL,
    "flow_map",
    "flow_pair",
    "loss",
    "identity",
    rests_on=(*GRADIENTS, *PAIR, "loss.descent"),
    examples=20,
    seed=seeds,
    d=st.integers(2, 3),
)
def residual(probe: Probe, seed: int, d: int) -> None:
    """Around a network that is known: sign(B) dF/dt along the pair's path; directions are
    compared.
    """
    two, x0 = TwoTimes(probe), data(probe, 32, d, seed)
    x_t, t, s, _ = two.pair(x0, seed)
    found = map_gradients(two, x0, smooth, seed)
    along = Direction(path_velocity(probe, x0, x_t, t), torch.ones_like(t), torch.zeros_like(s))
    size = probe.convention.sigma_data
    right = rates(two, Plain(two, smooth), x_t, t, s, along, size)
    value = _sign(two) * right.value
    length = value.norm(dim=1, keepdim=True)
    clear = length[:, 0] > 100 * right.allowed.norm(dim=1)
    gradient = found.total
    unit = gradient / gradient.norm(dim=1, keepdim=True).clamp_min(1e-300)
    cosine = (unit * value / length).sum(1)
    wrong = int((cosine[clear] < 0).sum())
    told = f"; {wrong} of {int(clear.sum())} point the other way" if wrong else ""
    require_equal(
        f"directions of the gradient, against those of the identity's residual{told}",
        unit[clear],
        (value / length)[clear],
        (2 * right.allowed / length)[clear] / (ROUNDINGS * EPS),
        Replay("loss", {"x0": x0, "seed": seed}),
    )


def path_velocity(
    probe: Probe, x0: torch.Tensor, x_t: torch.Tensor, t: torch.Tensor
) -> torch.Tensor:
    """a' x_0 + b' z, z the noise of x_t."""
    a, b, _, _, da, db = scales(probe.convention, t, t).value
    point = x0.double()
    return da * point + db * (x_t - a * point) / b


@check(
    "loss.orthogonal",
    "at the exact network for a normal law the expected gradient of a flow map's loss vanishes:"
    " E[G h(x_t, t, s)] = 0",
    ORTHOGONAL,
    "flow_map",
    "flow_pair",
    "loss",
    statistical=True,
    rests_on=(*GRADIENTS, *PAIR, "loss.descent", "loss.residual"),
    examples=6,
    target=plain_gaussians,
    seed=seeds,
)
def orthogonal(probe: Probe, target: Case, seed: int) -> None:
    """h: 1, the sides of the mean of x_t and of the medians of t and s, and products; Efron's bound
    for sums that are symmetric given (x_t, t, s).
    """
    two, exact = TwoTimes(probe), exact_of(target, probe)
    x0 = exact.target.sample(4096, generator(seed)).to(probe.dtype)
    x_t, t, s, _ = two.pair(x0, seed)
    oracle = two.oracle(exact)
    gradient = map_gradients(two, x0, oracle, seed).total[:, 0]
    moved = map_gradients(two, x0, lambda *at: oracle(*at) + 1, seed).total[:, 0]
    # a loss of the map against itself has nothing but roundings here
    told = gradient.abs() > ROUNDINGS * probe.body_eps * moved.abs()
    gradient = torch.where(told, gradient, 0.0)
    a = scales(probe.convention, t, t).value[0]
    side = torch.sign(x_t - a * exact.target.mean)[:, 0]
    late, near = torch.sign(t - t.median()), torch.sign(s - s.median())
    replay = Replay("loss", {"x0": x0, "seed": seed})
    for name, h in {
        "1": torch.ones_like(side),
        "sign(x_t - mean)": side,
        "sign(t - median)": late,
        "sign(s - median)": near,
        "sign(x_t - mean) sign(t - median)": side * late,
        "sign(x_t - mean) sign(s - median)": side * near,
    }.items():
        require_centred(f"E[G h] at the exact network with h = {name}", gradient * h, replay)
