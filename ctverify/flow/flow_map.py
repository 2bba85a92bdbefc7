"""The probability-flow map Phi_{t->k}, LHW (arXiv 2402.07802) Section 2; Song et al. (arXiv
2011.13456) Eq. (13).

In VE coordinates dy/dsigma = (y - D(y, sigma))/sigma. With X_0 centred, s_0 the target's spread and
tan(theta) = sigma/s_0, w = cos(theta) X_0 + s_0 sin(theta) Z follows the same flow, without a
singularity at either end:

    dw/dtheta = E[-sin(theta) X_0 + s_0 cos(theta) Z | w],
    X_t = sqrt(alpha_bar_t) E X_0 + rho_t w,
    rho_t^2 = alpha_bar_t + (1 - alpha_bar_t)/s_0^2.

On an isotropic Gaussian the velocity is 0. Each target answers for its own flow (`centred_flow`):
in closed form for a Gaussian, by quantiles in d = 1 (one_dim.py), by the solver of ode.py
otherwise: T is not its resolution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float

from ..core import arguments
from ..core.signatures import checked
from ..model.schedule import Schedule
from .laws import Clock, Law
from .ode import integrate

TOLERANCE = 1e-10  # local, per step and row: the golden values are then met to 1e-9


@checked
def flow_map(
    target: Law, schedule: Schedule, x: Float[torch.Tensor, "n d"], start: int, stop: int
) -> Float[torch.Tensor, "n d"]:
    """The probability-flow map Phi_{start->stop}(x), LHW (arXiv 2402.07802) Section 2.

    Arguments:
        target: the law of X_0.
        schedule: the noise levels 1..T.
        x: points of X_start, (n, d), in the paper's coordinates.
        start, stop: levels in 1..T, in either order.

    Returns:
        The points of X_stop that lie on the same paths, (n, d), in the target's dtype (float64).

    Raises:
        InputError: x of another shape, not finite, or too far out to be followed in float64;
            levels outside 1..T.

    Example:
        >>> import torch
        >>> from ctverify import Gaussian, Schedule, flow_map
        >>> x = torch.tensor([[1.0], [-2.0]], dtype=torch.float64)
        >>> flow_map(Gaussian(0.0, 1.0), Schedule.li_huang_wei(32), x, 32, 1).tolist()
        [[1.0], [-2.0]]
    """
    start = arguments.level("start", start, schedule.T)
    stop = arguments.level("stop", stop, schedule.T)
    x = arguments.batch("x", x, target.dim).to(target.mean)
    if start == stop:
        return x.clone()
    a_start = schedule.scales(start)[0]
    a_stop = schedule.scales(stop)[0]
    centred = x - a_start * target.mean
    carried = target.centred_flow(schedule, centred[None], [start], stop, TOLERANCE)[0]
    return a_stop * target.mean + carried


def solved_flow(
    law: Law,
    clock: Clock,
    x: Float[torch.Tensor, "L m d"],
    starts: Sequence[int],
    stop: int,
    tolerance: float,
) -> Float[torch.Tensor, "L m d"]:
    """Phi_{starts[l]->stop}(x[l]) by the solver, for CENTRED x (L, m, d); (L, m, d).

    Each level runs on its own clock theta = (1 - tau) theta_start + tau theta_stop, in blocks of
    rows; the local error of a step is at most `tolerance` for every row.
    """
    s0 = law.spread
    theta, rho = zip(*(angle(clock, t, s0) for t in (*starts, stop)), strict=True)
    begin = torch.tensor(theta[:-1], dtype=x.dtype, device=x.device)[:, None]
    speed = theta[-1] - begin
    scale = torch.tensor(rho, dtype=x.dtype, device=x.device)[:, None, None]

    def velocity(tau: float, w: torch.Tensor) -> torch.Tensor:
        at = begin + tau * speed
        sine = at.sin()
        cosine = at.cos()
        return law.conditional_mean(w, cosine, s0 * sine, -speed * sine, s0 * speed * cosine)

    rows = max(1, law.block_rows // len(starts))
    parts = (x / scale[:-1]).split(rows, dim=1)
    size = s0 * math.sqrt(law.dim)
    fastest = max(float(speed.abs().max()), 1e-300)
    longest = stride(tolerance) / fastest
    carried = [integrate(velocity, part, tolerance, size, longest) for part in parts]
    return scale[-1] * torch.cat(carried, 1)


def stride(tolerance: float) -> float:
    """The longest step in theta: estimates of the error mean nothing beyond it.

    It is 0.2 at TOLERANCE, and the solver's order is 8.
    """
    return 0.2 * (tolerance / TOLERANCE) ** 0.125


def angle(clock: Clock, t: int, s0: float) -> tuple[float, float]:
    """(theta_t, rho_t): sqrt(alpha_bar_t) = rho_t cos(theta_t), sqrt(1 - alpha_bar_t) = rho_t s_0
    sin(theta_t).
    """
    a, b = clock.scales(t)
    return math.atan2(b / s0, a), math.hypot(a, b / s0)
