"""The training pair of a flow map: x_t = a_t x_0 + b_t z, the velocity of its own path a'_t x_0 +
b'_t z, one x_0 and one z; t and s.

Geng et al. (arXiv 2505.13447), Algorithm 1.
"""

from __future__ import annotations

import torch
from scipy.special import ndtr

from ..cases import dims, seeds
from ..oracle.exact_maps import scales
from ..oracle.probe import NotApplicable, NotFinite, Probe
from ..oracle.two_times import TwoTimes
from .check import (
    EPS,
    ROWS,
    Replay,
    check,
    require,
    require_equal,
    require_uncorrelated,
    require_uniform,
)
from .pair import data, rounded

ALGORITHM = "Geng et al. (arXiv 2505.13447), Algorithm 1"


@check(
    "pair.again",
    "x_t, t, s and the velocity of a flow map's pair are finite; one seed gives them again, another"
    " seed others",
    "the protocol: the loss and its pair are made of one seed",
    "flow_map",
    "flow_pair",
    examples=15,
    seed=seeds,
    d=dims,
)
def again(probe: Probe, seed: int, d: int) -> None:
    """Bit for bit."""
    two, x0 = TwoTimes(probe), data(probe, 256, d, seed)
    replay = Replay("flow_pair", {"x0": x0, "seed": seed})
    try:
        one, same, other = (two.pair(x0, number) for number in (seed, seed, seed + 1))
    except NotFinite as found:
        require(str(found), float("nan"), 0, replay)
        return
    for name, first, second in zip(("x_t", "t", "s", "the velocity"), one, same, strict=True):
        if first is not None and second is not None:
            gap = float((first - second).abs().max())
            require(f"{name} of one seed, asked for twice, differs by {gap:.4g}", gap, 0, replay)
    alike = bool((one[0] == other[0]).all())
    require(f"x_t of the seeds {seed} and {seed + 1} is the same", alike, 0, replay)


@check(
    "pair.path",
    "(x_t - a_t x_0)/b_t of a flow map's pair is normal with standard deviation z_std, independent"
    " over rows and coordinates, and of the data",
    ALGORITHM,
    "flow_map",
    "flow_pair",
    statistical=True,
    examples=10,
    rests_on=("pair.again",),
    seed=seeds,
)
def path(probe: Probe, seed: int) -> None:
    """Kolmogorov's test of all coordinates at once; Student's of the correlations."""
    two, x0 = TwoTimes(probe), data(probe, ROWS // 2, 2, seed)
    x_t, t, _, _ = two.pair(x0, seed)
    a, b = scales(probe.convention, t, t).value[:2]
    z = (x_t - a * x0.double()) / b
    replay = Replay("flow_pair", {"x0": x0, "seed": seed})
    one, other = z.T
    half = len(z) // 2
    for name, first, second in (
        ("one coordinate of the noise with the other", one, other),
        ("the noise of one row with that of another", one[:half], one[half:]),
        ("the noise with the data point", one, x0[:, 0]),
    ):
        require_uncorrelated(f"{name}, over {len(first)} rows", first, second, replay)
    shown = f"noise of the pair, of standard deviation {float(z.std()):.5g} times z_std where 1"
    require_uniform(
        f"{shown} is right{_backwards(probe, two, x0, x_t, t)}", ndtr(z.numpy()), replay
    )


def _backwards(
    probe: Probe, two: TwoTimes, x0: torch.Tensor, x_t: torch.Tensor, t: torch.Tensor
) -> str:
    """Whether the straight line is run through the other way."""
    if probe.convention.kind != "linear":
        return ""
    spread = float(((x_t - t[:, None] * x0.double()) / (1 - t)[:, None]).std())
    other = 1 - int(two.direction < 0)
    return f" (data at time {other}?)" if abs(spread - 1) < 0.05 else ""


@check(
    "pair.velocity",
    "the velocity of a flow map's pair is that of its own path, a'_t x_0 + b'_t z, in the subject's"
    " time, with the data and the noise of x_t",
    ALGORITHM,
    "flow_map",
    "flow_pair",
    examples=20,
    rests_on=("pair.again", "pair.path"),
    seed=seeds,
    d=dims,
)
def velocity(probe: Probe, seed: int, d: int) -> None:
    """z is that of x_t, to whose roundings over b_t it is known."""
    two, x0 = TwoTimes(probe), data(probe, 32, d, seed)
    x_t, t, _, rate = two.pair(x0, seed)
    if rate is None:
        raise NotApplicable("the subject's loss uses no velocity")
    point = x0.double()
    a, b, _, _, da, db = scales(probe.convention, t, t).value
    z = (x_t - a * point) / b
    size = (
        (da * point).abs()
        + (db * z).abs()
        + db.abs() * rounded(probe.convention, point, x_t, a, b) / b
    )
    right = da * point + db * z
    others = {
        "minus the right one: that of the other direction of time": -right,
        "the noise alone": z,
        "made of another row's data": right + da * (point.roll(1, 0) - point),
        "made of another row's noise": right + db * (z.roll(1, 0) - z),
        "x_t - x_0": x_t - point,
    }
    near = 0.05 * right.abs().mean()
    named = [name for name, value in others.items() if (rate - value).abs().mean() < near]
    require_equal(
        f"the velocity of x_t's path{f' ({named[0]})' if named else ''}",
        rate,
        right,
        size * probe.eps / EPS,
        Replay("flow_pair", {"x0": x0, "seed": seed}),
    )
