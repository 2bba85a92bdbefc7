"""A continuous-time loss against its declared law, row by row: direction, scale and weight.

Around a network that is known, f(x_t, t) along the path x_t = a x_0 + b z is a known function of
time, and so is r = df/dt. The gradient in the network's output is then

    c_out lim_{e -> 0} weight(t, t - e) grad distance(e r)      Metric, Squared, PseudoHuber
    2 sign(c_out) weight/d g/(|g| + c),   g = a(t) r            NormalizedTangent

Song et al. (arXiv 2303.01469), Theorem 6; Lu and Song (arXiv 2410.11081), Section 4.1.
"""

from __future__ import annotations

from typing import Any

import torch

from ..cases import dims, seeds
from ..laws.loss_laws import NormalizedTangent, gradient_of
from ..oracle.exact import factors
from ..oracle.probe import Probe
from .check import Replay, check, require_equal
from .continuous import continuous
from .gradients import gradients, of_student
from .pair import data, zero

STEP = 2.0**-6  # of the derivative in time, relative to t and to the distance from both ends
STENCIL = {-2: 1 / 12, -1: -8 / 12, 1: 8 / 12, 2: -1 / 12}  # exact up to degree 4
NEAR = 1e-3  # rows whose step is below this share of t are not judged
SHRUNK = 2.0**-30  # e, relative to t


@check(
    "loss.tangent",
    "the gradient of a continuous-time loss is that of its declared law, row by row; so is the"
    " value, where the tangent is normalised",
    "Song et al. (arXiv 2303.01469), Theorem 6; Lu and Song (arXiv 2410.11081), Section 4.1",
    "loss",
    "training_pair",
    "loss_law",
    "network",
    examples=15,
    rests_on=(
        "loss.finite",
        "loss.gradient",
        "pair.noise",
        "pair.inputs",
        "loss.rows",
        "loss.stationary",
        "loss.restoring",
    ),
    seed=seeds,
    d=dims,
)
def tangent(probe: Probe, seed: int, d: int) -> None:
    """Around F = tanh(x_in) + e/e_max, e the embedding. Five points in time leave h^4/30 of the
    fifth derivative, 2e-8 at h = 1/64, and 2 roundings of f over h.
    """
    continuous(probe, seed)
    x0, law = data(probe, 16, d, seed), probe.subject.loss_law
    x_t, t, _, _ = probe.pair(x0, zero, seed)
    top = abs(probe.scales(probe.pick(1.0)).embedding)

    def network(x_in: torch.Tensor, embedding: Any) -> torch.Tensor:
        return torch.tanh(x_in) + torch.as_tensor(embedding).reshape(-1, 1) / top

    low, high = probe.convention.boundary, probe.convention.t_max
    step = torch.stack([t, (t - low) / 3, (high - t) / 3]).min(0).values * STEP
    rows = step > NEAR * STEP * t
    x0, x_t, t, step = x0.double()[rows], x_t[rows], t[rows], step[rows][:, None]
    rate, size = _rate(probe, x0, x_t, t, step, network)
    right, rounding = _gradient(probe, law, t, rate, size)
    everything = data(probe, 16, d, seed)
    seen, loss = gradients(probe, everything, network, seed)
    replay = Replay("loss", {"x0": everything, "seed": seed}, tuple(seen.calls))
    require_equal(
        "the gradient in the network's output, row by row, by the declared law",
        of_student(seen)[rows],
        right,
        rounding,
        replay,
    )
    if isinstance(law, NormalizedTangent) and (loss.ndim or bool(rows.all())):
        value, slack = _value(law, t, right, rounding)
        seen_value, value, slack = (
            (loss.reshape(-1)[rows], value, slack)
            if loss.ndim
            else (loss, value.mean(), slack.mean())
        )
        learned = " less log weight" if law.learned else ""
        require_equal(
            f"the loss, weight/d |g/(|g| + c)|^2{learned} by the declared law",
            seen_value,
            value,
            slack,
            replay,
        )


def _rate(
    probe: Probe,
    x0: torch.Tensor,
    x_t: torch.Tensor,
    t: torch.Tensor,
    step: torch.Tensor,
    network: Any,
) -> tuple[torch.Tensor, torch.Tensor]:
    """df/dt along each row's path (n, d), and the size to which its roundings are relative."""
    a, b = factors(probe.convention, t)
    noise = (x_t - a * x0) / b
    rate, size = torch.zeros_like(x_t), torch.zeros_like(x_t)
    for place, share in STENCIL.items():
        time = t + place * step[:, 0]
        a, b = factors(probe.convention, time)
        x = a * x0 + b * noise
        f, parts = _f(probe, x, time, network)
        rate, size = rate + share * f / step, size + abs(share) * parts / step
    return rate, size


def _f(
    probe: Probe, x: torch.Tensor, t: torch.Tensor, network: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    """f by the subject's own scalings (n, d), and the size of what is added up."""
    scales = [probe.scales(time) for time in t.tolist()]
    skip, out, scale_in, embedding = (
        torch.tensor([getattr(s, name) for s in scales], dtype=torch.float64)[:, None]
        for name in ("skip", "out", "scale_in", "embedding")
    )
    raw = network(scale_in * x, embedding[:, 0])
    return skip * x + out * raw, (skip * x).abs() + out.abs() * (
        raw.abs() + scale_in.abs() * x.abs()
    )


def _gradient(
    probe: Probe, law: Any, t: torch.Tensor, rate: torch.Tensor, size: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The law's gradient in the network's output (n, d), and the size of its roundings."""
    _, out, _ = (v[:, None] for v in probe.scales_at(t))
    if isinstance(law, NormalizedTangent):
        a, _ = factors(probe.convention, t)
        scale = 2 * torch.sign(out) * law.weight(t, t).double()[:, None] / rate.shape[1]
        g, moved = a * rate, (a * size).norm(dim=1, keepdim=True)
        # |d g/(|g| + c)| <= 2 |dg|/(|g| + c)
        rounding = 2 * moved / (g.norm(dim=1, keepdim=True) + law.c).clamp_min(1e-300)
        return scale * law.normalized(g), scale.abs() * rounding.clamp_max(1 / 1e-9)
    gap = SHRUNK * t[:, None]
    weight = law.weight(t, t - gap[:, 0]).double()[:, None]
    slope = gradient_of(law, gap * rate)
    scale = (weight * out).abs()
    near = gradient_of(law, gap * (rate + 1e-6 * size)) - slope
    return weight * out * slope, scale * (1e6 * near.abs() + slope.abs())


def _value(
    law: NormalizedTangent, t: torch.Tensor, gradient: torch.Tensor, rounding: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows' losses (n,) and the size of their roundings, by their gradients 2 weight/d g/(|g| +
    c).
    """
    weight, d = law.weight(t, t).double(), gradient.shape[1]
    log = weight.log() if law.learned else torch.zeros_like(weight)
    square = d / (4 * weight) * gradient.square().sum(1)
    moved = d / (2 * weight) * (gradient.abs() * rounding).sum(1)
    return square - log, moved + square + log.abs() + weight
