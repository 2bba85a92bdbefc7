"""The training pair in use: what the loss shows the network of it, one dropout mask, and the
residual between levels.

Song et al. (arXiv 2303.01469) Section 5 and Appendix C.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch

from ..cases import line_gaussians, seeds
from ..oracle.exact import Exact, factors
from ..oracle.network import Call, Recorder
from ..oracle.probe import NotApplicable, Probe
from .check import EPS, ROUNDINGS, Replay, check, generator, require
from .deviation import Deviation, Values, apart
from .granted import EXACT, READ, TIMES
from .pair import ALGORITHM, data, rounded, zero


@check(
    "pair.inputs",
    "in training the network is shown (c_in x_t, embedding of t) and (c_in x_s, embedding of s),"
    " scaled as in sampling",
    ALGORITHM,
    "training_pair",
    "loss",
    "network",
    rests_on=(*READ, "scalings.semigroup", "pair.finite", "loss.finite"),
    examples=25,
    seed=seeds,
)
def inputs(probe: Probe, seed: int) -> None:
    """Every call of the loss is at one of the pair's points, and one is at x_t."""
    x0, seen = data(probe, 8, 1, seed), Recorder(zero)
    x_t, t, x_s, s = probe.pair(x0, zero, seed)
    probe.loss(x0, seen, seed)
    replay = Replay("loss", {"x0": x0, "seed": seed}, tuple(seen.calls))
    if not seen.calls:
        return
    at_t, at_s = (
        [_Point(probe, x0, *at, call) for call in seen.calls] for at in ((x_t, t), (x_s, s))
    )
    names = "(c_in x_t, embedding of t)", "(c_in x_s, embedding of s)"
    nearest = min(at_t, key=_Point.roundings)
    nearest.require(f"no call of {len(at_t)} of the loss is at {names[0]}: the nearest has", replay)
    for k, points in enumerate(zip(at_t, at_s, strict=True)):
        i = int(points[1].roundings() < points[0].roundings())
        shown = f"call {k + 1} of {len(at_t)} of the loss is at neither point of the pair"
        points[i].require(f"{shown}: nearest to {names[i]}, it has", replay)


class _Point:
    """What the network was shown in a call, against what it is shown at (x, t)."""

    def __init__(
        self, probe: Probe, x0: torch.Tensor, x: torch.Tensor, t: torch.Tensor, call: Call
    ) -> None:
        scales = [probe.scales(float(v)) for v in t]
        sizes = [probe.sizes(float(v)) for v in t]
        c_in = torch.tensor([s.scale_in for s in scales], dtype=torch.float64)[:, None]
        c_in_size = torch.tensor([s.scale_in for s in sizes], dtype=torch.float64)[:, None]
        embedding = torch.tensor([s.embedding for s in scales], dtype=torch.float64)
        embedding_size = torch.tensor([s.embedding for s in sizes], dtype=torch.float64)
        a, b = factors(probe.convention, t)
        size = rounded(probe.convention, x0.double(), x, a, b)
        x_in = c_in * x
        self.parts = {
            "input": Values(
                call.x_in.double(),
                x_in,
                ROUNDINGS * (probe.eps * (c_in.abs() * size + c_in_size * x.abs()))
                + ROUNDINGS * probe.body_eps * x_in.abs(),
            ),
            "embedding": Values(
                call.embedding,
                embedding,
                ROUNDINGS * (probe.eps * embedding_size + probe.body_eps * embedding.abs()),
            ),
        }

    def roundings(self) -> float:
        """The largest difference, in units of what is allowed."""
        return max(map(_excess, self.parts.values()))

    def require(self, detail: str, replay: Replay) -> None:
        """Deviation where a part is off: the first that is."""
        for name, part in self.parts.items():
            if not _excess(part) <= 1:
                ratio = ((part.seen - part.right).abs() / part.allowed).nan_to_num(math.inf)
                worst = int(ratio.argmax())
                seen, right, allowed = (
                    float(v.reshape(-1)[worst]) for v in (part.seen, part.right, part.allowed)
                )
                said = f"{detail} the {name} {apart(seen, right, allowed)}"
                raise Deviation(said, abs(seen - right), allowed, replay, part)


def _excess(part: Values) -> float:
    gap = (part.seen - part.right).abs() / part.allowed.clamp_min(1e-300)
    return float(gap.nan_to_num(math.inf).max())


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
    rests_on=(*EXACT, *TIMES, "pair.add_noise"),
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
