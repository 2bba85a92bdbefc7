"""The conditional chain's defects and their sum, the instance certificate: valid for ANY
deterministic f_1..f_T and any target with a second moment.

Norms in L2(law of X_t), for t = 2..T, under the shared-noise coupling:

    eps_t = | f_t(X_t) - E[f_{t-1}(X_{t-1}) | X_t] |        the model's defect,
    D_t   = | E[Phi_{t-1}(X_{t-1}) | X_t] - Phi_t(X_t) |    the discretisation's defect: target and
                                                            schedule only,
    W_1(f_T(Z), X_1) <= |f_1 - id| + |f_T(Z) - f_T(a_T X_0 + b_T Z)| + sum_t (eps_t + D_t)
                     =   initial   +          start              + the two sums.

Proof: xi_t = f_t - Phi_t satisfies |xi_t| <= |xi_{t-1}| + eps_t + D_t (add and subtract; a
conditional expectation contracts L2).

Squares are estimated without bias from two independent draws Y, Y' of X_{t-1} | X_t: for any matrix
J = J(X_t)

    A = f_t(X_t) - f_{t-1}(Y) + J (Y - E[Y | X_t]),     E <A, A'> = eps_t^2,

and J near the derivative removes nearly all of the noise. X_t = Phi_{T->t}(X_T) has exactly the law
of X_t, so that one path serves every level and Phi_t(X_t) is its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float

from ..core.confidence import root_bias, standard_error, sum_of_roots_limit
from ..core.schemas import NonNegative, Number, Positive
from ..core.streams import normal, stream
from ..flow.flow_map import angle
from ..flow.jacobian import (
    MEMORY,
    STEEPEST,
    STOPS,
    Tangents,
    clip,
    forward_difference,
    neighbours,
    tangents,
)
from ..model.schedule import Schedule
from ..targets import Target
from .checked_model import Centred
from .posterior import difference_width, posterior_draws


@dataclass(frozen=True)
class ChainDefects:
    """The terms of the certificate; lists have T - 1 entries, t = 2..T. Squares are unbiased
    estimates and may be negative.

    `total` sums max(square, 0)^(1/2) and is off by at most `root_bias` in expectation;
    `total_upper` is the limit, and `concentration` says how far one draw moves the mean behind it
    (core/confidence.py).
    """

    t: list[int]
    sigma: list[Positive]
    model_defect: list[NonNegative]
    discretisation_defect: list[NonNegative]
    model_defect_squared: list[Number]
    model_defect_squared_error: list[NonNegative]
    discretisation_defect_squared: list[Number]
    discretisation_defect_squared_error: list[NonNegative]
    initial: NonNegative
    start: NonNegative
    total: NonNegative
    total_upper: NonNegative
    root_bias: NonNegative
    concentration: NonNegative
    method: str

    @property
    def eps_sum(self) -> float:
        """The sum of eps_t: the model's share."""
        return sum(self.model_defect)


def assemble(
    schedule: Schedule,
    squares: Float[torch.Tensor, "terms"],
    errors: Float[torch.Tensor, "terms"],
    total_upper: float,
    concentration: float,
    method: str,
) -> ChainDefects:
    """The record of the squares (2T,) of initial, start, eps_2..eps_T, D_2..D_T and their standard
    errors.
    """
    T = schedule.T
    root = squares.clamp_min(0.0).sqrt().tolist()
    value = squares.tolist()
    error = errors.tolist()
    model = slice(2, T + 1)
    discretisation = slice(T + 1, 2 * T)
    return ChainDefects(
        t=list(range(2, T + 1)),
        sigma=schedule.sigma[2:].tolist(),
        model_defect=root[model],
        discretisation_defect=root[discretisation],
        model_defect_squared=value[model],
        model_defect_squared_error=error[model],
        discretisation_defect_squared=value[discretisation],
        discretisation_defect_squared_error=error[discretisation],
        initial=root[0],
        start=root[1],
        total=sum(root),
        total_upper=total_upper,
        root_bias=root_bias(squares, errors),
        concentration=concentration,
        method=method,
    )


def sampled_defects(
    f: Centred, samples: int, alpha: float, seed: int, progress: Callable[..., Any] = lambda: None
) -> ChainDefects:
    """The budget from `samples` paths; total_upper holds with probability 1 - alpha."""
    target = f.target
    schedule = f.schedule
    T = schedule.T
    d = target.dim
    rows = max(2, min(samples, MEMORY // max(T * d, STOPS * d**2)))
    parts = [
        _block(f, min(rows, samples - first), seed, number, progress)
        for number, first in enumerate(range(0, samples, rows))
    ]
    draws = torch.cat(parts, 1)
    solver = T * tolerance(schedule) * target.spread * d**0.5
    limit, concentration = sum_of_roots_limit(draws, alpha, target.spread)
    return assemble(
        schedule, draws.mean(1), standard_error(draws), limit + solver, concentration, "sampled"
    )


def tolerance(schedule: Schedule) -> float:
    """The flow's local tolerance: D_t is of order T^-2 of the spread, and this a hundredth of
    it.
    """
    return float(min(1e-6, max(1e-10, 1e-2 / schedule.T**2)))


def _block(
    f: Centred, n: int, seed: int, number: int, progress: Callable[..., Any]
) -> torch.Tensor:
    """Draws (2T, n) of the squares: initial, start, eps_2..eps_T, D_2..D_T."""
    target = f.target
    schedule = f.schedule
    T = schedule.T
    d = target.dim
    generator = stream("certificate/budget", seed, number)
    a, b = schedule.scales(T)
    x0 = target.sample(n, generator) - target.mean
    z = normal((n, d), generator, x0)
    x = a * x0 + b * z
    bundle = tangents(target, schedule, x)
    to_first = bundle.to_first()
    path = _path(target, schedule, x)
    draws = torch.zeros(2 * T, n, dtype=x.dtype, device=x.device)
    draws[0] = (f(path[0], 1) - path[0]).square().sum(1)
    # the model starts at N(0, I), which is Z + (a_T mean) - (a_T mean) in centred coordinates
    draws[1] = (f(f.start_std * z - a * target.mean, T) - f(x, T)).square().sum(1)
    width = max(1, target.block_rows // (2 * n))
    for low in range(2, T + 1, width):
        levels = range(low, min(T + 1, low + width))
        steps = [posterior_draws(target, schedule, t, path[t - 1], generator) for t in levels]
        means, draw = zip(*steps, strict=True)
        carried = target.centred_flow(
            schedule, torch.stack(draw), [t - 1 for t in levels], 1, tolerance(schedule)
        )
        for t, mean, y, phi in zip(levels, means, draw, carried, strict=True):
            slope_of_flow = _interpolated(bundle, to_first, schedule, t - 1, target.spread)
            draws[T - 1 + t] = _product(path[0], phi, slope_of_flow, y, mean)
            value = f(path[t - 1], t)
            stepped = f(y, t - 1)
            draws[t] = _product(value, stepped, _derivative(f, t, mean), y, mean)
            progress()
    return draws


def _interpolated(
    bundle: Tangents, to_first: torch.Tensor, schedule: Schedule, t: int, s0: float
) -> torch.Tensor:
    """D Phi_{t->1} along the paths, (n, d, d)."""
    i, u = bundle.weights(schedule, t, s0)
    return torch.lerp(to_first[i], to_first[i + 1], u)


def _path(target: Target, schedule: Schedule, x: torch.Tensor) -> torch.Tensor:
    """Phi_{T->t}(x) for t = 1..T, (T, n, d)."""
    path = [x]
    fine = 1e-2 * tolerance(schedule)
    for t in range(schedule.T, 1, -1):
        path.append(target.centred_flow(schedule, path[-1][None], [t], t - 1, fine)[0])
    return torch.stack(path[::-1])


def _product(
    value: torch.Tensor,
    stepped: torch.Tensor,
    derivative: torch.Tensor,
    y: torch.Tensor,
    mean: torch.Tensor,
) -> torch.Tensor:
    """<A, A'>, (n,), with A = value - stepped + J (y - mean) on each of the two draws stacked in
    stepped and y.
    """
    n = len(value)
    noise = y.unflatten(0, (2, n)) - mean
    control = torch.einsum("nij,knj->kni", derivative, noise)
    a = value - stepped.unflatten(0, (2, n)) + control
    return (a[0] * a[1]).sum(1)


def _derivative(f: Centred, t: int, x: torch.Tensor) -> torch.Tensor:
    """A forward difference of f_{t-1} at x (n, d), over a tenth of the posterior's width; (n, d,
    d). Depends on x alone.
    """
    s0 = f.target.spread
    delta = difference_width(f.target, f.schedule, t)
    values = f(neighbours(x, delta), t - 1)
    slope = angle(f.schedule, 1, s0)[1] / angle(f.schedule, t - 1, s0)[1]
    return clip(forward_difference(values, delta), STEEPEST * x.shape[1] ** 0.5 * slope)
