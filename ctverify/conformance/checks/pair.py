"""The training pair: x_t = a_t x_0 + b_t z and x_s = a_s x_0 + b_s z, one x_0 and one z, s the next
time below t.

Song et al. (arXiv 2303.01469) Section 5 and Algorithm 3. Continuous-time training has s = t.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.special import ndtr
from scipy.stats import kstest

from ...model.convention import Convention
from ..cases import seeds, shares
from ..oracle.exact import factors
from ..oracle.probe import NotApplicable, Probe, finite
from .check import (
    EPS,
    ROUNDINGS,
    ROWS,
    Replay,
    check,
    randn,
    require,
    require_equal,
    require_uncorrelated,
    require_uniform,
)
from .deviation import Deviation
from .drawn import NEAR, Grid, declared

ALGORITHM = "Song et al. (arXiv 2303.01469), Algorithm 3"


def zero(x: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    """The network F = 0."""
    return torch.zeros_like(x)


def data(probe: Probe, n: int, d: int, seed: int) -> torch.Tensor:
    """n points of N(sigma_data, sigma_data^2)."""
    return probe.convention.sigma_data * (1 + randn(probe, n, d, seed))


def discrete(t: torch.Tensor, s: torch.Tensor) -> None:
    """NotApplicable for continuous-time training, whose pair has s = t."""
    if bool((t == s).all()):
        raise NotApplicable("training is in continuous time")


def rounded(
    c: Convention, x0: torch.Tensor, x: torch.Tensor, a: torch.Tensor, b: torch.Tensor
) -> torch.Tensor:
    """What roundings of x = a x_0 + b z are relative to.

    Times are rounded, which moves a by t |da/dt| <= 2 b/z_std and b by t |db/dt| <= b (TrigFlow's
    and the straight line's; VE's a is 1); in VP alpha_bar = a^2 is, which moves b = sqrt(1 -
    alpha_bar) by 1/(2 b).
    """
    noise = (x - a * x0).abs()
    b_unit = b / c.z_std
    by_a = a if c.kind == "ve" else a + 2 * b_unit
    by_b = 2 + (a / b_unit.clamp_min(2.0**-12)) ** 2 if c.kind == "vp" else 2.0
    return by_a * x0.abs() + by_b * noise + x.abs()


@check(
    "pair.finite",
    "x_t, t, x_s and s of the training pair are finite numbers",
    ALGORITHM,
    "training_pair",
    "network",
    seed=seeds,
)
def finite_pair(probe: Probe, seed: int) -> None:
    """In 1,024 rows, among which rare times may come."""
    x0 = data(probe, 1024, 1, seed)
    with torch.enable_grad():
        pair = probe.call("training_pair", x0, zero, seed)
    replay = Replay("training_pair", {"x0": x0, "seed": seed})
    for name, part in zip(("x_t", "t", "x_s", "s"), pair, strict=True):
        values = torch.as_tensor(part, dtype=torch.float64).detach().reshape(-1)
        bad = values[~values.isfinite()]
        if len(bad):
            shown = f"{len(bad)} of {len(values)} numbers of {name} are not finite, {float(bad[0])}"
            require(f"{shown} among them", len(bad), 0, replay)


@check(
    "pair.seed",
    "the same seed gives the same training pair, and another seed another one",
    "the protocol: the loss and its pair are made of one seed",
    "training_pair",
    "network",
    rests_on=("pair.finite",),
    examples=20,
    seed=seeds,
)
def seed_of_pair(probe: Probe, seed: int) -> None:
    """Bit for bit."""
    x0 = data(probe, 16, 2, seed)
    one, again, other = (probe.pair(x0, zero, s) for s in (seed, seed, seed + 1))
    replay = Replay("training_pair", {"x0": x0, "seed": seed})
    for name, first, second in zip(("x_t", "t", "x_s", "s"), one, again, strict=True):
        gap = float((first - second).abs().max())
        require(f"{name} of one seed, asked for twice, differs by {gap:.4g}", gap, 0, replay)
    same = bool((one[0] == other[0]).all())
    require(f"x_t of the seeds {seed} and {seed + 1} is the same", same, 0, replay)


@check(
    "pair.noise",
    "(x_t - a_t x_0)/b_t is normal with standard deviation z_std, independent over rows and"
    " coordinates, of the data and of the times",
    ALGORITHM,
    "training_pair",
    "network",
    statistical=True,
    examples=20,
    rests_on=("pair.finite", "pair.seed"),
    seed=seeds,
)
def noise(probe: Probe, seed: int) -> None:
    """Kolmogorov's test of all coordinates at once; Student's of the correlations."""
    c, x0 = probe.convention, data(probe, ROWS // 2, 2, seed)
    z, _, added, b = _noise(probe, x0, seed)
    replay = Replay("training_pair", {"x0": x0, "seed": seed})
    one, other = z.T
    half = len(z) // 2
    pairs = {
        "one coordinate of the noise with the other": (one, other),
        "the noise of one row with that of another": (one[:half], one[half:]),
        "the noise with the data point": (one, x0[:, 0]),
    }
    for name, (first, second) in pairs.items():
        require_uncorrelated(f"{name}, over {len(first)} rows", first, second, replay)
    shown = f"noise of the pair, z of standard deviation {float(z.std()) * c.z_std:.5g}"
    _require_normal(f"{shown} where {c.z_std:g} is right", c, added, b, replay)
    x0 = x0[:, :1].contiguous()  # with one number a row for each the two may be the same numbers
    z, t, _, _ = _noise(probe, x0, seed)
    if len(t.unique()) > 2:
        replay = Replay("training_pair", {"x0": x0, "seed": seed})
        rank = t.argsort().argsort()
        require_uncorrelated(f"the noise with the rank of its time, {len(t)} rows", z, rank, replay)


def _noise(
    probe: Probe, x0: torch.Tensor, seed: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """(x_t - a x_0)/(b z_std), the times, x_t - a x_0, and b z_std."""
    x_t, t, _, _ = probe.pair(x0, zero, seed)
    a, b = factors(probe.convention, t)
    noise = x_t - a * x0.double()
    return noise / b, t, noise, b


def _require_normal(
    detail: str, c: Convention, noise: torch.Tensor, b: torch.Tensor, replay: Replay
) -> None:
    """Kolmogorov's test that noise/b is normal; a failure says of what other b it would be."""
    ranks = ndtr((noise / b).numpy())
    try:
        require_uniform(detail, ranks, replay)
    except Deviation:
        require_uniform(f"{detail}{_other_noise(c, noise, b)}", ranks, replay)


def _other_noise(c: Convention, noise: torch.Tensor, b: torch.Tensor) -> str:
    """The wrong standard deviation, in words, that makes the noise normal."""
    unit, end = b / c.z_std, c.b(c.boundary)
    others = {
        "b_t - b_e": (unit - end) * c.z_std,
        "sqrt(b_t^2 - b_e^2)": (unit.square() - end**2).clamp_min(0).sqrt() * c.z_std,
        "b_t^2": unit.square() * c.z_std,
        "sqrt(b_t)": unit.sqrt() * c.z_std,
        "b_t without z_std": unit,
        "b_t z_std^2": unit * c.z_std**2,
        "1": torch.ones_like(b),
    }
    for name, std in others.items():
        ranks = ndtr((noise / std.clamp_min(1e-300)).numpy()).ravel()
        if float(kstest(ranks, "uniform").pvalue) > 1e-3 and not torch.allclose(std, b, rtol=0.05):
            return f" (it is {name} times a normal number where b_t z_std is right)"
    return ""


@check(
    "pair.shared",
    "x_t and x_s share their data point and their noise",
    ALGORITHM,
    "training_pair",
    "network",
    rests_on=("pair.finite", "pair.noise"),
    seed=seeds,
)
def shared(probe: Probe, seed: int) -> None:
    """x_s is what x_0 and the noise of x_t make of it."""
    x0, c = data(probe, 16, 2, seed), probe.convention
    x_t, t, x_s, s = probe.pair(x0, zero, seed)
    (a_t, b_t), (a_s, b_s) = factors(c, t), factors(c, s)
    point = x0.double()
    right = a_s * point + b_s / b_t * (x_t - a_t * point)
    size = rounded(c, point, x_s, a_s, b_s) + b_s / b_t * rounded(c, point, x_t, a_t, b_t)
    others = {
        "the noise of another row": a_s * point + b_s / b_t * (x_t - a_t * point).roll(1, 0),
        "another data point": right + a_s * (point.roll(1, 0) - point),
        "x_t itself": x_t,
        "the data": point,
    }
    allowed = ROUNDINGS * probe.eps * size
    made = [f"made of {n}" for n, v in others.items() if ((x_s - v).abs() <= allowed).all()]
    noises = [(x - a * point).flatten() / b.max() for x, a, b in ((x_t, a_t, b_t), (x_s, a_s, b_s))]
    r = float(torch.corrcoef(torch.stack(noises))[0, 1])
    made = made or [f"its noise has correlation {r:.2f} with that of x_t"] * (abs(r) < 0.9)
    require_equal(
        "x_s, by its data and the noise of x_t" + (f" ({made[0]})" if made else ""),
        x_s,
        right,
        size * probe.eps / EPS,
        Replay("training_pair", {"x0": x0, "seed": seed}),
    )


@check(
    "pair.adjacent",
    "s is below t, and the next level below it where the training grid is declared",
    ALGORITHM,
    "training_pair",
    "network",
    rests_on=("pair.finite", "times.grid"),
    examples=20,
    seed=seeds,
)
def adjacent(probe: Probe, seed: int) -> None:
    """The grid is the support of the law of t, with the boundary below it. Every level that comes
    is judged.
    """
    x0, e = data(probe, 4096, 1, seed), probe.convention.boundary
    _, t, _, s = probe.pair(x0, zero, seed)
    discrete(t, s)
    replay = Replay("training_pair", {"x0": x0, "seed": seed})
    worst = int((s - t).argmax())
    seen = f"s = {float(s[worst]):.9g} is not below t = {float(t[worst]):.9g}"
    require(f"{seen} in {int((s >= t).sum())} of {len(t)} pairs", (s >= t).sum(), 0, replay)
    law = declared(probe) if probe.offers("time_law") else None
    if not isinstance(law, Grid):
        return
    below = np.append(e, law.levels[:-1])
    right = torch.from_numpy(below[law.index(t.numpy())])
    off = (s - right).abs() / torch.maximum(t.abs(), right.abs())  # whole times may be 0
    worst = int(off.argmax())
    at, level = int(law.index(t.numpy())[worst]), float(s[worst])
    grid = np.append(e, law.levels)
    nearest = int(abs(grid - level).argmin())
    apart_by = (
        f", {at + 1 - nearest} levels below"
        if abs(grid[nearest] - level) < NEAR * abs(level)
        else ""
    )
    require(
        f"s is {level:.9g}{apart_by} where t = {float(t[worst]):.9g} has {float(right[worst]):.9g}"
        f" below it, in {int((off > NEAR).sum())} of {len(t)} pairs; difference over t",
        off[worst],
        NEAR,
        replay,
    )


@check(
    "pair.add_noise",
    "add_noise(x_0, t) = a_t x_0 + b_t z with z normal of standard deviation z_std, the same for a"
    " seed at every t, another for another seed",
    ALGORITHM,
    "add_noise",
    statistical=True,
    examples=20,
    share=shares,
    seed=seeds,
)
def add_noise(probe: Probe, share: float, seed: int) -> None:
    """Where b_t is too small to tell the noise from rounding, x_t is x_0 but for that noise."""
    x0, t, c = data(probe, 4096, 1, seed), probe.pick(share), probe.convention
    replay = Replay("add_noise", {"x0": x0, "t": t, "seed": seed})
    x_t = finite("add_noise", probe.call("add_noise", x0, t, seed)).double()
    std = c.b(t) * c.z_std
    if std < 1e3 * probe.eps * c.sigma_data:
        noise = 7 * std / (ROUNDINGS * EPS)  # no draw of 4,096 is beyond 7 deviations
        size = (x0.double().abs() + x_t.abs()) * probe.eps / EPS + noise
        require_equal(f"x at t = {t:.6g}, the data but for rounding", x_t, x0, size, replay)
        return
    z = (x_t - c.a(t) * x0.double()) / std
    cause = _other_noise(c, x_t - c.a(t) * x0.double(), torch.full_like(z, std))
    shown = (
        f"noise at t = {t:.6g}, of standard deviation {float(z.std()) * std:.5g} where {std:.5g}"
    )
    require_uniform(f"{shown} is right{cause}", ndtr(z.numpy()), replay)
    half = len(z) // 2
    require_uncorrelated(
        f"the noise of one row at t = {t:.6g} with that of another", z[:half], z[half:], replay
    )
    require_uncorrelated(f"the noise at t = {t:.6g} with the data point", z, x0, replay)
    x_other = finite("add_noise", probe.call("add_noise", x0, t, seed + 1)).double()
    same = bool((x_other == x_t).all())
    require(f"noise of the seeds {seed} and {seed + 1} is the same", same, 0, replay)
    top = probe.pick(1.0)
    x_top = finite("add_noise", probe.call("add_noise", x0, top, seed)).double()
    (a, b), (a_top, b_top) = (factors(c, torch.tensor([v], dtype=torch.float64)) for v in (t, top))
    size = rounded(c, x0.double(), x_top, a_top, b_top)
    size = size + b_top / b * rounded(c, x0.double(), x_t, a, b)
    require_equal(
        f"x at t = {top:.6g}, by the noise that the seed gave at {t:.6g}",
        x_top,
        c.a(top) * x0.double() + c.b(top) * c.z_std * z,
        size * probe.eps / EPS,
        replay,
    )
