"""The training pair: x_t = a_t x_0 + b_t z and x_s = a_s x_0 + b_s z, one x_0 and one z, s the next
time below t.

Song et al. (arXiv 2303.01469) Section 5 and Algorithm 3. Continuous-time training has s = t.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from ..cases import line_gaussians, seeds, shares
from ..exact import Exact, factors
from ..network import Recorder
from ..probe import NotApplicable, Probe, finite
from .check import (
    EPS,
    ROUNDINGS,
    Replay,
    check,
    generator,
    randn,
    require,
    require_equal,
    require_uniform,
)

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


@check(
    "pair.noise",
    "(x_t - a_t x_0)/b_t is normal with standard deviation z_std, independent over rows and"
    " coordinates",
    ALGORITHM,
    "training_pair",
    "network",
    statistical=True,
    examples=20,
    seed=seeds,
)
def noise(probe: Probe, seed: int) -> None:
    """Kolmogorov's test of all coordinates at once."""
    from scipy.special import ndtr

    x0 = data(probe, 4096, 2, seed)
    x_t, t, _, _ = probe.pair(x0, zero, seed)
    a, b = factors(probe.convention, t)
    z = (x_t - a * x0.double()) / b
    replay = Replay("training_pair", {"x0": x0, "seed": seed})
    require_uniform(
        f"noise of the pair, of standard deviation {float(z.std()):.5g}", ndtr(z.numpy()), replay
    )


@check(
    "pair.shared",
    "x_t and x_s share their data point and their noise",
    ALGORITHM,
    "training_pair",
    "network",
    seed=seeds,
)
def shared(probe: Probe, seed: int) -> None:
    """x_s is what x_0 and the noise of x_t make of it."""
    x0 = data(probe, 16, 2, seed)
    x_t, t, x_s, s = probe.pair(x0, zero, seed)
    (a_t, b_t), (a_s, b_s) = factors(probe.convention, t), factors(probe.convention, s)
    right = a_s * x0.double() + b_s / b_t * (x_t - a_t * x0.double())
    size = x0.double().abs() + x_t.abs() * (b_s / b_t) + x_s.abs()
    require_equal(
        "x_s against the data and the noise of x_t",
        x_s,
        right,
        size,
        Replay("training_pair", {"x0": x0, "seed": seed}),
    )


@check(
    "pair.adjacent",
    "s is the next level below t of the training grid",
    ALGORITHM,
    "training_pair",
    "time_law",
    "network",
    seed=seeds,
)
def adjacent(probe: Probe, seed: int) -> None:
    """The grid is the support of the law of t, with the boundary below it."""
    x0 = data(probe, 64, 1, seed)
    _, t, _, s = probe.pair(x0, zero, seed)
    discrete(t, s)
    declared = probe.call("time_law")
    if hasattr(declared, "cdf"):
        raise NotApplicable("training times have no grid")
    grid = np.unique(np.append(np.asarray(declared[0], dtype=float), probe.convention.boundary))
    below = torch.from_numpy(grid[np.maximum(abs(t.numpy()[:, None] - grid).argmin(1) - 1, 0)])
    require_equal(
        "s, below its t", s, below, 16 * t, Replay("training_pair", {"x0": x0, "seed": seed})
    )


@check(
    "pair.add_noise",
    "add_noise(x_0, t) = a_t x_0 + b_t z with z normal of standard deviation z_std, the same for a"
    " seed at every t",
    ALGORITHM,
    "add_noise",
    statistical=True,
    examples=20,
    share=shares,
    seed=seeds,
)
def add_noise(probe: Probe, share: float, seed: int) -> None:
    """Where b_t is too small to tell the noise from rounding, x_t is x_0."""
    from scipy.special import ndtr

    x0, t, c = data(probe, 4096, 1, seed), probe.pick(share), probe.convention
    replay = Replay("add_noise", {"x0": x0, "t": t, "seed": seed})
    x_t = finite("add_noise", probe.call("add_noise", x0, t, seed)).double()
    z = (x_t - c.a(t) * x0.double()) / max(c.b(t) * c.z_std, 1e-300)
    if c.b(t) * c.z_std < 1e3 * EPS * c.sigma_data:
        require_equal("x_t, nearly x_0,", x_t, x0, 1e4 * c.sigma_data, replay)
        return
    require_uniform(
        f"noise at t = {t:.6g}, of standard deviation {float(z.std()):.5g}", ndtr(z.numpy()), replay
    )
    top = probe.pick(1.0)
    x_top = finite("add_noise", probe.call("add_noise", x0, top, seed)).double()
    same, size = (
        c.a(top) * x0.double() + c.b(top) * c.z_std * z,
        x_top.abs() + x_t.abs() * c.b(top) / c.b(t),
    )
    require_equal(
        f"x at t = {top:.6g} against the noise that the seed gave at {t:.6g}",
        x_top,
        same,
        size,
        replay,
    )


@check(
    "pair.inputs",
    "in training the network is shown (c_in x_t, embedding of t) and (c_in x_s, embedding of s),"
    " scaled as in sampling",
    ALGORITHM,
    "training_pair",
    "loss",
    "network",
    seed=seeds,
)
def inputs(probe: Probe, seed: int) -> None:
    """Every call of the loss is at one of the pair's points, and one is at x_t."""
    x0, seen = data(probe, 8, 1, seed), Recorder(zero)
    x_t, t, x_s, s = probe.pair(x0, zero, seed)
    probe.loss(x0, seen, seed)
    replay = Replay("loss", {"x0": x0, "seed": seed}, tuple(seen.calls))
    at = [_distance(probe, call.x_in, call.embedding, x_t, t) for call in seen.calls]
    if at:
        require(
            f"the closest call to (c_in x_t, t) of {len(at)}, in roundings",
            min(at),
            ROUNDINGS,
            replay,
        )
    for call, gap in zip(seen.calls, at, strict=True):
        other = _distance(probe, call.x_in, call.embedding, x_s, s)
        require(
            "a call of the loss, from both points of the pair, in roundings",
            min(gap, other),
            ROUNDINGS,
            replay,
        )


def _distance(
    probe: Probe, x_in: torch.Tensor, embedding: torch.Tensor, x: torch.Tensor, t: torch.Tensor
) -> float:
    """How many roundings (c_in x, t) is from what the network was shown."""
    time = (probe.time_of(embedding) - t).abs() / (16 * EPS * t.abs().clamp_min(1e-300))
    right = probe.scales_at(t)[2][:, None] * x
    shown = (x_in.double() - right).abs() / (EPS * right.abs().clamp_min(1e-6))
    return max(float(time.max()), float(shown.max()))


@check(
    "pair.dropout",
    "student and teacher see the same dropout mask",
    "Song et al. (arXiv 2303.01469), Appendix C; Song and Dhariwal (arXiv 2310.14189), Section 3.1",
    "loss",
    "network",
    "shares_dropout",
    seed=seeds,
)
def dropout(probe: Probe, seed: int) -> None:
    """A network that answers with random numbers answers alike."""
    x0, seen = data(probe, 4, 1, seed), Recorder(lambda x, _: torch.rand_like(x))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        probe.loss(x0, seen, seed)
    if len(seen.calls) < 2:
        raise NotApplicable("the network is called once")
    gap = max(float((call.raw - seen.calls[0].raw).abs().max()) for call in seen.calls)
    require(
        "masks of student and teacher differ",
        gap,
        0,
        Replay("loss", {"x0": x0, "seed": seed}, tuple(seen.calls)),
    )


@check(
    "pair.residual",
    "with the exact oracle the residual f(x_t, t) - f(x_s, s) over the sampler's grid is of order"
    " 1/n: it halves where n doubles",
    "Song et al. (arXiv 2303.01469), Theorem 1",
    "times",
    "add_noise",
    "network",
    examples=5,
    target=line_gaussians.filter(lambda case: case.spread in (0.5, 1.0, 2.0) and case.offset <= 3),
    seed=seeds,
)
def residual(probe: Probe, target: Any, seed: int) -> None:
    """The largest residual over the levels, once no interval is wider than 0.3 rad in
    arctan(sigma/spread).

    Where 512 steps do not get there, the intervals of twice as many within the widest one have at
    least to be narrower.
    """
    if probe.offers("max_steps"):
        raise NotApplicable("a grid of finitely many levels does not refine evenly")
    exact, n = target.exact(probe.convention), 16
    while _widest(probe, exact, n)[0] > 0.3 and n < 512:
        n *= 2
    angle, (high, low) = _widest(probe, exact, n)
    if angle > 0.3:
        inside = [t - s for t, s in pairwise(probe.times(2 * n)) if s < high and t > low]
        shown = f"the widest interval at n = {2 * n} over that at n = {n}"
        require(shown, max(inside) / (high - low), 0.8, Replay("times", {"n": 2 * n}))
        return
    end = min(probe.times(n)) * (
        1 - ROUNDINGS * EPS
    )  # finer grids may reach further down: there they are not judged
    coarse, fine = (
        _largest_residual(probe, exact, [t for t in probe.times(m) if t >= end], seed)
        for m in (n, 2 * n)
    )
    shown = f"residual at n = {2 * n} over that at n = {n}: {fine:.4g} over {coarse:.4g}"
    require(shown, fine / coarse, 0.8, Replay("times", {"n": 2 * n}))


def _widest(probe: Probe, exact: Exact, n: int) -> tuple[float, tuple[float, float]]:
    """The largest step of arctan(sigma/spread) over times(n), and the interval."""
    times, c = probe.times(n), probe.convention
    angles = [math.atan2(c.b(t) * c.z_std, c.a(t) * exact.target.spread) for t in times]
    return max(
        (abs(a - b), interval)
        for (a, b), interval in zip(pairwise(angles), pairwise(times), strict=True)
    )


def _largest_residual(probe: Probe, exact: Exact, times: list[float], seed: int) -> float:
    network = Recorder(probe.oracle(exact))
    x0 = exact.target.sample(16, generator(seed)).to(probe.dtype)
    f = [
        probe.consistency(probe.call("add_noise", x0, t, seed), t, network).double() for t in times
    ]
    return max(float((one - other).square().mean().sqrt()) for one, other in pairwise(f))
