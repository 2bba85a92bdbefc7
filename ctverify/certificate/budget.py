"""The error budget: the instance certificate, valid for ANY deterministic f_1..f_T and any target
with a second moment.

Norms in L2(law of X_t), for t = 2..T, under the shared-noise coupling:

    eps_t = | f_t(X_t) - E[f_{t-1}(X_{t-1}) | X_t] |        the model's defect,
    D_t   = | E[Phi_{t-1}(X_{t-1}) | X_t] - Phi_t(X_t) |    the discretisation's defect: target and schedule only,
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

from ..core.arguments import InputError
from ..core.confidence import root_bias, standard_error, sum_of_roots_limit
from ..core.schemas import NonNegative, Number, Positive
from ..core.streams import normal, stream
from ..flow.flow_map import angle, block_rows, centred_flow
from ..flow.jacobian import STOPS, clip, tangents
from ..model.protocols import Model
from ..model.schedule import Schedule
from ..targets import Dataset, Product, Target
from ..targets.mixture import ComponentTarget

MEMORY = 2**24  # numbers held of the paths at once: 128 MiB
CALL = 2**12  # rows handed to f at once
# cut of the control variate's derivative: root-mean-square singular value over the isotropic
# Gaussian's slope
MOST = 5.0


class NotFinite(ArithmeticError):
    """f returned NaN or infinity."""


@dataclass(frozen=True)
class Centred:
    """f in centred coordinates, checked: x - a_t mean -> f_t(x) - a_1 mean, float64, counted in
    blocks of rows.
    """

    f: Model
    target: Target
    schedule: Schedule

    def __call__(self, x: torch.Tensor, t: int) -> torch.Tensor:
        """f at level t for centred x (..., d)."""
        shift, first = (
            self.schedule.scales(t)[0] * self.target.mean,
            self.schedule.scales(1)[0] * self.target.mean,
        )
        parts = [self._checked(part + shift, t) for part in x.reshape(-1, x.shape[-1]).split(CALL)]
        return (torch.cat(parts) - first).reshape(x.shape)

    def _checked(self, x: torch.Tensor, t: int) -> torch.Tensor:
        try:
            y = self.f(x, t)
        except Exception as error:  # a user's f may raise anything
            raise InputError(
                f"f(x, t) must accept x of shape {tuple(x.shape)} at t = {t}, got {type(error).__name__}: {error}"
            ) from error
        if not isinstance(y, torch.Tensor) or y.shape != x.shape or not y.is_floating_point():
            got = (
                f"{tuple(y.shape)} of {y.dtype}"
                if isinstance(y, torch.Tensor)
                else type(y).__name__
            )
            raise InputError(
                f"f must return a float tensor of shape {tuple(x.shape)} at t = {t}, got {got}"
            )
        y = y.detach().to(x)
        bad = ~y.isfinite().all(1)
        if bool(bad.any()):
            raise NotFinite(f"f(x, {t}) is not finite at x = {x[bad][0].tolist()}")
        return y


@dataclass(frozen=True)
class Budget:
    """The terms of the certificate; lists have T - 1 entries, t = 2..T. Squares are unbiased
    estimates and may be negative.

    `total` sums max(square, 0)^(1/2) and is off by at most `root_bias` in expectation;
    `total_upper` is the limit, and `concentration` says how far one draw moves the mean behind it
    (limits.py).
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
    squares: torch.Tensor,
    errors: torch.Tensor,
    total_upper: float,
    concentration: float,
    method: str,
) -> Budget:
    """A Budget from the squares (2T,) of initial, start, eps_2..eps_T, D_2..D_T and their standard
    errors.
    """
    T = schedule.T
    root, value, error = squares.clamp_min(0.0).sqrt().tolist(), squares.tolist(), errors.tolist()
    model, discretisation = slice(2, T + 1), slice(T + 1, 2 * T)
    return Budget(
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


def sampled_budget(
    f: Centred, samples: int, level: float, seed: int, tick: Callable[..., Any] = lambda: None
) -> Budget:
    """The budget from `samples` paths; total_upper holds with probability 1 - level."""
    target, schedule = f.target, f.schedule
    rows = max(2, min(samples, MEMORY // max(schedule.T * target.dim, STOPS * target.dim**2)))
    parts = [
        _block(f, min(rows, samples - first), seed, number, tick)
        for number, first in enumerate(range(0, samples, rows))
    ]
    draws = torch.cat(parts, 1)
    solver = schedule.T * tolerance(schedule) * target.spread * target.dim**0.5
    limit, concentration = sum_of_roots_limit(draws, level, target.spread)
    return assemble(
        schedule, draws.mean(1), standard_error(draws), limit + solver, concentration, "sampled"
    )


def paths(target: Target) -> int:
    """How many paths keep a budget of 64 levels near ten seconds on 2 cores."""
    return min(4096, max(128, 2**15 // cost(target)))


def cost(target: Target) -> int:
    """An evaluation of the denoiser, in units of about 4 ns: one a component and dimension, 1/32 a
    data point and dimension.
    """
    if isinstance(target, ComponentTarget):
        return target.components.eigenvalues.numel()
    if isinstance(target, Product):
        return sum(cost(factor) for factor in target.factors)
    return max(1, len(target.points) * target.dim // 32) if isinstance(target, Dataset) else 1


def tolerance(schedule: Schedule) -> float:
    """The flow's local tolerance: D_t is of order T^-2 of the spread, and this a hundredth of it."""
    return float(min(1e-6, max(1e-10, 1e-2 / schedule.T**2)))


def _block(f: Centred, n: int, seed: int, number: int, tick: Callable[..., Any]) -> torch.Tensor:
    """Draws (2T, n) of the squares: initial, start, eps_2..eps_T, D_2..D_T."""
    target, schedule = f.target, f.schedule
    T, d = schedule.T, target.dim
    generator = stream("certificate/budget", seed, number)
    (a, b), x0 = schedule.scales(T), target.sample(n, generator) - target.mean
    z = normal((n, d), generator, x0)
    x = a * x0 + b * z
    bundle = tangents(target, schedule, x)
    to_first = bundle.to_first(MOST * d**0.5)
    path = _path(target, schedule, x)
    draws = torch.zeros(2 * T, n, dtype=x.dtype, device=x.device)
    draws[0] = (f(path[0], 1) - path[0]).square().sum(1)
    # the model starts at N(0, I), which is Z + (a_T mean) - (a_T mean) in centred coordinates
    draws[1] = (f(z - a * target.mean, T) - f(x, T)).square().sum(1)
    width = max(1, block_rows(target) // (2 * n))
    for low in range(2, T + 1, width):
        levels = range(low, min(T + 1, low + width))
        means, draw = zip(
            *(_posterior(target, schedule, t, path[t - 1], generator) for t in levels), strict=True
        )
        carried = centred_flow(
            target, schedule, torch.stack(draw), [t - 1 for t in levels], 1, tolerance(schedule)
        )
        for t, mean, y, phi in zip(levels, means, draw, carried, strict=True):
            i, u = bundle.weights(schedule, t - 1, target.spread)
            derivative = torch.lerp(to_first[i], to_first[i + 1], u)
            draws[T - 1 + t] = _product(path[0], phi, derivative, y, mean)
            draws[t] = _product(f(path[t - 1], t), f(y, t - 1), _derivative(f, t, mean), y, mean)
            tick()
    return draws


def _path(target: Target, schedule: Schedule, x: torch.Tensor) -> torch.Tensor:
    """Phi_{T->t}(x) for t = 1..T, (T, n, d)."""
    path = [x]
    for t in range(schedule.T, 1, -1):
        path.append(
            centred_flow(target, schedule, path[-1][None], [t], t - 1, 1e-2 * tolerance(schedule))[
                0
            ]
        )
    return torch.stack(path[::-1])


def _posterior(
    target: Target, schedule: Schedule, t: int, x: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """E[X_{t-1} | X_t = x] (n, d), the DDIM step, and two draws of X_{t-1} | X_t = x, (2n, d)."""
    (a, b), (a1, b1) = schedule.scales(t), schedule.scales(t - 1)
    twice = x.repeat(2, 1)
    x0 = target.conditional_draw(twice, a, b, generator)
    return target.conditional_mean(x, a, b, a1, b1), b1 / b * twice + (a1 - b1 * a / b) * x0


def _product(
    here: torch.Tensor,
    there: torch.Tensor,
    derivative: torch.Tensor,
    y: torch.Tensor,
    mean: torch.Tensor,
) -> torch.Tensor:
    """<A, A'>, (n,), with A = here - there + J (y - mean) on each of the two draws stacked in there
    and y.
    """
    n = len(here)
    a = (
        here
        - there.unflatten(0, (2, n))
        + torch.einsum("nij,knj->kni", derivative, y.unflatten(0, (2, n)) - mean)
    )
    return (a[0] * a[1]).sum(1)


def _derivative(f: Centred, t: int, x: torch.Tensor) -> torch.Tensor:
    """A forward difference of f_{t-1} at x (n, d), over a tenth of the posterior's width; (n, d,
    d). Depends on x alone.
    """
    (a, b), (a1, b1) = f.schedule.scales(t), f.schedule.scales(t - 1)
    width = min(f.target.spread, b / a) if a > 0 else f.target.spread
    delta = 0.1 * abs(a1 - b1 * a / b) * width
    d = x.shape[1]
    shifts = torch.cat(
        [torch.zeros_like(x[:1]), delta * torch.eye(d, dtype=x.dtype, device=x.device)]
    )
    values = f(x[:, None] + shifts, t - 1)
    slope = angle(f.schedule, 1, f.target.spread)[1] / angle(f.schedule, t - 1, f.target.spread)[1]
    return clip(((values[:, 1:] - values[:, :1]) / delta).mT, MOST * d**0.5 * slope)
