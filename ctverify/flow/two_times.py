"""The exact flow map of two times Phi_{t->s}, s in any order to t, and its average velocity

    u(x, t, s) = (x - Phi_{t->s}(x))/(t - s),        u(x, t, t) = v(x, t) = E[a' X_0 + b' Z | x]

(Geng et al., Mean Flows, arXiv 2505.13447, Eqs. (3) and (6); Kim et al., CTM, arXiv 2310.02279;
Boffi et al., arXiv 2505.18825), in any convention x_t = a(t) X_0 + b(t) Z. All are one flow: in
flow_map.py's coordinates

    x_t = a(t) mu + rho(t) w,    dw/dtheta = V(w, theta) = E[-sin(theta) X_0 + s_0 cos(theta) Z | w]

with X_0 centred. From w at theta(t) the mean velocity y = int_0^1 V dr over the angles theta(t) + r
delta, delta = theta(s) - theta(t), solves

    dy/dr = V(w + delta y, theta(t) + delta r),     y(0) = 0,

which is regular at delta = 0: there y(1) = V(w, theta). With divided differences f[t, s]
(pair_scales.py) nothing is divided by t - s:

    Phi_{t->s}(x) = a(s) mu + rho(s) (w + delta y),
    u(x, t, s)    = a[t, s] mu + rho[t, s] w + rho(s) theta[t, s] y.

Derivatives in x, t and s are carried along with y by the variational equation. A normal law is
known in closed form: along an eigenvector with the deviation r(t) = sqrt(a(t)^2 lam + b(t)^2),

    Phi_{t->s}(x) = a(s) mu + (r(s)/r(t)) (x - a(t) mu),
    u(x, t, s)    = a[t, s] mu + (r[t, s]/r(t)) (x - a(t) mu).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch.autograd.functional import jvp

from .flow_map import stride
from .laws import Law, Normal
from .ode import Velocity, integrate

TOLERANCE = 1e-12  # local, per step and row: u and its derivatives are then met to 1e-9
SMALL_SINE = 0.05  # below it asin is summed to its 13th power: 4e-18 is left


@dataclass(frozen=True, eq=False)
class Pair:
    """What is known of n pairs of times: scales (6, n) of pair_scales.py, and t - s, (n,)."""

    scales: Float[torch.Tensor, "6 n"]
    gap: Float[torch.Tensor, "n"]


Values = tuple[Float[torch.Tensor, "n d"], Float[torch.Tensor, "n d"]]


def map_and_velocity(law: Law, x: Float[torch.Tensor, "n d"], pair: Pair) -> Values:
    """Phi_{t->s}(x) and u(x, t, s), (n, d) each."""
    form = law.normal_form()
    if form is not None:
        return _normal(form, law.mean, x, pair.scales)
    w, theta, delta = _turned(law, x, pair.scales, pair.gap)
    y = _blocks(law, _mean_velocity, w, theta, delta)
    return _landed(law, x, pair.scales, pair.gap, y)


def tangent(
    law: Law,
    x: Float[torch.Tensor, "n d"],
    pair: Pair,
    dx: Float[torch.Tensor, "n d"],
    change: Pair,
) -> tuple[Values, Values]:
    """Phi_{t->s}(x) and u(x, t, s), and their derivatives along dx and `change`, (n, d) each."""
    form = law.normal_form()
    if form is not None:
        return jvp(
            lambda x, scales: _normal(form, law.mean, x, scales),
            (x, pair.scales),
            (dx, change.scales),
        )
    place = (x, pair.scales, pair.gap)
    direction = (dx, change.scales, change.gap)
    turned, dturned = jvp(lambda *at: _turned(law, *at), place, direction)
    both = _blocks(law, _mean_velocity_and_tangent, *turned, *dturned)
    y, dy = both.chunk(2, -1)
    return jvp(lambda *at: _landed(law, *at), (*place, y), (*direction, dy))


def _normal(
    form: Normal,
    mean: Float[torch.Tensor, "d"],
    x: Float[torch.Tensor, "n d"],
    scales: Float[torch.Tensor, "6 n"],
) -> Values:
    """The closed form of a normal law."""
    a_t, b_t, a_s, b_s, a_slope, b_slope = scales[..., None]
    lam = form.eigenvalues
    r_t = _deviation(lam, a_t, b_t)
    r_s = _deviation(lam, a_s, b_s)
    tiny = torch.finfo(x.dtype).tiny
    rise = lam * (a_t + a_s) * a_slope + (b_t + b_s) * b_slope
    r_slope = rise / (r_t + r_s).clamp_min(tiny)
    centred = (x - a_t * mean) @ form.basis / r_t.clamp_min(tiny)
    landed = a_s * mean + (r_s * centred) @ form.basis.T
    velocity = a_slope * mean + (r_slope * centred) @ form.basis.T
    return landed, velocity


def _deviation(lam: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """sqrt(a^2 lam + b^2), which at lam = 0 has a derivative at b = 0 too."""
    held = torch.where(lam > 0, b, 1.0)
    return torch.where(lam > 0, torch.hypot(a * lam.sqrt(), held), b)


def _turned(
    law: Law,
    x: Float[torch.Tensor, "n d"],
    scales: Float[torch.Tensor, "6 n"],
    gap: Float[torch.Tensor, "n"],
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """w (n, d) at t, theta(t) and delta (n,)."""
    unit = 1 / law.spread
    a_t, b_t = scales[:2]
    w = (x - a_t[:, None] * law.mean) / torch.hypot(a_t, unit * b_t)[:, None]
    return w, torch.atan2(unit * b_t, a_t), -gap * _angle_slope(unit, scales, gap)


def _angle_slope(
    unit: float, scales: Float[torch.Tensor, "6 n"], gap: Float[torch.Tensor, "n"]
) -> Float[torch.Tensor, "n"]:
    """theta[t, s]: sin(theta(t) - theta(s)) is (t - s) times what is free of cancellation."""
    a_t, b_t, a_s, b_s, a_slope, b_slope = scales
    size = torch.hypot(a_t, unit * b_t) * torch.hypot(a_s, unit * b_s)
    sine_slope = unit * (b_slope * a_s - b_s * a_slope) / size
    sine = gap * sine_slope
    cosine = (a_t * a_s + unit * unit * b_t * b_s) / size
    square = sine * sine
    series = torch.ones_like(sine)
    for numerator, denominator in ((81, 110), (49, 72), (25, 42), (9, 20), (1, 6)):
        series = 1 + numerator / denominator * square * series
    small = (sine.abs() < SMALL_SINE) & (cosine > 0)
    ratio = torch.atan2(sine, cosine) / torch.where(small, torch.ones_like(sine), sine)
    return sine_slope * torch.where(small, series, ratio)


def _landed(
    law: Law,
    x: Float[torch.Tensor, "n d"],
    scales: Float[torch.Tensor, "6 n"],
    gap: Float[torch.Tensor, "n"],
    y: Float[torch.Tensor, "n d"],
) -> Values:
    """Phi_{t->s}(x) and u(x, t, s) from the mean velocity y in the angle."""
    unit = 1 / law.spread
    a_t, b_t, a_s, b_s, a_slope, b_slope = scales
    rho_t = torch.hypot(a_t, unit * b_t)
    rho_s = torch.hypot(a_s, unit * b_s)
    rise = (a_t + a_s) * a_slope + unit * unit * (b_t + b_s) * b_slope
    rho_slope = (rise / (rho_t + rho_s))[:, None]
    w = (x - a_t[:, None] * law.mean) / rho_t[:, None]
    swept = _angle_slope(unit, scales, gap)
    carried = w - (gap * swept)[:, None] * y
    landed = a_s[:, None] * law.mean + rho_s[:, None] * carried
    turning = (rho_s * swept)[:, None] * y
    return landed, a_slope[:, None] * law.mean + rho_slope * w + turning


def _mean_velocity(
    law: Law, w: torch.Tensor, theta: torch.Tensor, delta: torch.Tensor
) -> torch.Tensor:
    """y(1), (n, d)."""

    def velocity(r: float, y: torch.Tensor) -> torch.Tensor:
        scales = _on_circle(law, theta + r * delta)
        return law.conditional_mean(w + delta[:, None] * y, *scales)

    return _solved(law, velocity, torch.zeros_like(w), delta)


def _mean_velocity_and_tangent(
    law: Law,
    w: torch.Tensor,
    theta: torch.Tensor,
    delta: torch.Tensor,
    dw: torch.Tensor,
    dtheta: torch.Tensor,
    ddelta: torch.Tensor,
) -> torch.Tensor:
    """y(1) and its derivative along (dw, dtheta, ddelta), (n, 2 d)."""
    # the tangent in the size of w, which the solver's tolerance is measured in
    size = law.spread * math.sqrt(law.dim)
    length = torch.linalg.vector_norm(dw, dim=-1) + size * (dtheta.abs() + ddelta.abs())
    factor = torch.where(length > 0, length / size, torch.ones_like(length))
    dw = dw / factor[:, None]
    dtheta = dtheta / factor
    ddelta = ddelta / factor

    def velocity(r: float, both: torch.Tensor) -> torch.Tensor:
        y, dy = both.chunk(2, -1)
        moved = dw + ddelta[:, None] * y + delta[:, None] * dy
        scales = _on_circle(law, theta + r * delta)
        turn = dtheta + r * ddelta
        at = w + delta[:, None] * y
        return torch.cat(law.conditional_mean_slope(at, *scales, moved, turn), -1)

    both = _solved(law, velocity, torch.cat([torch.zeros_like(w)] * 2, -1), delta)
    y, dy = both.chunk(2, -1)
    return torch.cat([y, factor[:, None] * dy], -1)


def _on_circle(
    law: Law, theta: Float[torch.Tensor, "n"]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """(a, b, alpha, beta) for which the conditional mean at w is V(w, theta)."""
    s0 = law.spread
    sine = theta.sin()
    cosine = theta.cos()
    return cosine, s0 * sine, -sine, s0 * cosine


def _solved(law: Law, velocity: Velocity, state: torch.Tensor, delta: torch.Tensor) -> torch.Tensor:
    """The state at r = 1."""
    fastest = max(float(delta.abs().max()), 1e-300)
    size = law.spread * math.sqrt(law.dim)
    return integrate(velocity, state, TOLERANCE, size, stride(TOLERANCE) / fastest)


def _blocks(law: Law, solve: Callable[..., torch.Tensor], *arrays: torch.Tensor) -> torch.Tensor:
    """`solve` of the arrays, a block of rows at a time."""
    parts = [array.split(max(1, law.block_rows)) for array in arrays]
    return torch.cat([solve(law, *block) for block in zip(*parts, strict=True)])
