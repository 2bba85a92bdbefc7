"""The probability-flow map Phi_{t->k}, LHW (arXiv 2402.07802) Section 2; Song et al. (arXiv
2011.13456) Eq. (13).

In VE coordinates dy/dsigma = (y - D(y, sigma))/sigma. With X_0 centred, s_0 the target's spread and
tan(theta) = sigma/s_0, w = cos(theta) X_0 + s_0 sin(theta) Z follows the same flow, without a
singularity at either end:

    dw/dtheta = E[-sin(theta) X_0 + s_0 cos(theta) Z | w],   X_t = sqrt(alpha_bar_t) E X_0 + rho_t w,
    rho_t^2 = alpha_bar_t + (1 - alpha_bar_t)/s_0^2.

On an isotropic Gaussian the velocity is 0. Closed form for a Gaussian, quantiles for mixtures in d
= 1 (line.py), the solver of ode.py otherwise: T is not its resolution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from ..core import arguments
from ..model.schedule import Schedule
from ..targets import Gaussian, Product, Target
from ..targets.mixture import ComponentTarget
from .ode import integrate
from .one_dim import line_flow

TOLERANCE = 1e-10  # local, per step and row: the golden values are then met to 1e-9
BLOCK = 2**15  # numbers of a denoiser's widest array for which a batch stays in cache


def flow_map(
    target: Target, schedule: Schedule, x: torch.Tensor, start: int, stop: int
) -> torch.Tensor:
    """Phi_{start->stop}(x): x (n, d) in the paper's coordinates, start and stop in 1..T in either
    direction; (n, d) float64.
    """
    start, stop = (
        arguments.level("start", start, schedule.T),
        arguments.level("stop", stop, schedule.T),
    )
    x = arguments.batch("x", x, target.dim).to(target.mean)
    if start == stop:
        return x.clone()
    (a, _), (a_stop, _) = schedule.scales(start), schedule.scales(stop)
    return (
        a_stop * target.mean
        + centred_flow(target, schedule, (x - a * target.mean)[None], [start], stop, TOLERANCE)[0]
    )


def centred_flow(
    target: Target,
    schedule: Schedule,
    x: torch.Tensor,
    starts: Sequence[int],
    stop: int,
    tolerance: float,
) -> torch.Tensor:
    """Phi_{starts[l]->stop}(x[l]) for CENTRED x (L, m, d), x[l] at level starts[l], in lockstep;
    (L, m, d), centred.
    """
    if isinstance(target, Gaussian):
        return _gaussian(target, schedule, x, starts, stop)
    if target.dim == 1:
        rows = [
            line_flow(target, schedule, row[:, 0].cpu().numpy(), t, stop)
            for row, t in zip(x, starts, strict=True)
        ]
        return torch.from_numpy(np.stack(rows)[..., None]).to(x)
    return _solve(target, schedule, x, starts, stop, tolerance)


def block_rows(target: Target) -> int:
    """How many rows to integrate at once."""
    if isinstance(target, Product):
        return max(256, min(map(block_rows, target.factors)) // target.dim)
    return (
        2048
        if not isinstance(target, ComponentTarget)
        else max(256, BLOCK // target.components.eigenvalues.numel())
    )


def _gaussian(
    target: Gaussian, schedule: Schedule, x: torch.Tensor, starts: Sequence[int], stop: int
) -> torch.Tensor:
    """Per eigenvalue lam: sqrt(v_k/v_t), v_t = alpha_bar_t lam + 1 - alpha_bar_t."""
    basis, eigenvalues = target.components.basis, target.components.eigenvalues
    variance = torch.cat(
        [a * a * eigenvalues + b * b for a, b in map(schedule.scales, [*starts, stop])]
    )
    ratio = (variance[-1] / variance[:-1]).sqrt()
    return (x @ basis * ratio[:, None]) @ basis.T


def _solve(
    target: Target,
    schedule: Schedule,
    x: torch.Tensor,
    starts: Sequence[int],
    stop: int,
    tolerance: float,
) -> torch.Tensor:
    """Each level on its own clock theta = (1 - tau) theta_start + tau theta_stop, in blocks of
    rows.
    """
    s0 = target.spread
    theta, rho = zip(*(angle(schedule, t, s0) for t in (*starts, stop)), strict=True)
    begin = torch.tensor(theta[:-1], dtype=x.dtype, device=x.device)[:, None]
    speed = theta[-1] - begin
    scale = torch.tensor(rho, dtype=x.dtype, device=x.device)[:, None, None]

    def velocity(tau: float, w: torch.Tensor) -> torch.Tensor:
        at = begin + tau * speed
        sine, cosine = at.sin(), at.cos()
        return target.conditional_mean(w, cosine, s0 * sine, -speed * sine, s0 * speed * cosine)

    rows = max(1, block_rows(target) // len(starts))
    parts = (x / scale[:-1]).split(rows, dim=1)
    size, longest = (
        s0 * math.sqrt(target.dim),
        stride(tolerance) / max(float(speed.abs().max()), 1e-300),
    )
    return scale[-1] * torch.cat(
        [integrate(velocity, part, tolerance, size, longest) for part in parts], 1
    )


def stride(tolerance: float) -> float:
    """The longest step in theta: estimates of the error mean nothing beyond it. 0.2 at TOLERANCE,
    and the solver's order is 8.
    """
    return 0.2 * (tolerance / TOLERANCE) ** 0.125


def angle(schedule: Schedule, t: int, s0: float) -> tuple[float, float]:
    """(theta_t, rho_t): sqrt(alpha_bar_t) = rho_t cos(theta_t), sqrt(1 - alpha_bar_t) = rho_t s_0
    sin(theta_t).
    """
    a, b = schedule.scales(t)
    return math.atan2(b / s0, a), math.hypot(a, b / s0)
