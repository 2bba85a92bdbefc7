"""The trajectory certificate (budget.py) and the exact shares (shares.py), from sampled paths.

A path is X_tau ~ p_tau carried by the flow to X_1, so that X_t ~ p_t at every level; tau is T for
one step. On it

    d_t = f_t(X_t) - f_{t-1}(X_{t-1}),   xi = f_tau(start) - X_1,   u = xi/|xi|,

and from two independent draws Y, Y' of X_{t-1} | X_t (shared noise, posterior.py)

    A = f_t(X_t) - f_{t-1}(Y) + J (Y - E[Y | X_t]),
    eps_t^2 = E <A, A'>,   model = <(A + A')/2, u>,   schedule = <d_t, u> - model.

J is a function of the path alone: near the derivative of f_{t-1} at X_{t-1} it removes nearly all
of the draws' noise, and every J leaves the means of the three terms as they are. A J that looked at
Y would not, and the shares would sum to the coupled distance all the same.

That sum is over points of any law as long as the first has the law p_tau and the last is X_1: the
solver's error enters once, as E|X^_1 - X_1|, not at every level. So it does in the shares, where
u is that of the computed X^_1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import torch
from jaxtyping import Float

from ..core.confidence import concentration, standard_error, upper_limit
from ..core.streams import stream
from ..flow.flow_map import angle
from ..flow.jacobian import MEMORY, STEEPEST, clip, forward_difference, neighbours
from ..flow.path import GAP, angles_to, flow_path, lagrange, spread_nodes
from .budget import Budget
from .checked_model import Centred
from .explicit import Terms, measured_terms
from .posterior import difference_width, posterior_draws
from .precision import rounding
from .shares import Shares
from .starts import DrawStarts, Starts

TOLERANCE = 1e-8  # of the path, a step and row
# in theta, between the levels at which f's derivative is taken, times d^(1/4): each costs d calls
SLOPE_GAP = 0.15
RESOLVED = 100  # times its numerical error, below which the coupled distance has no shares


@dataclass(frozen=True, eq=False, kw_only=True)
class _Paths:
    """What is kept of n paths; lists of levels have T - 1 entries, t = 2..T.

    Attributes:
        apart: |xi|.
        start, initial, step: the budget's terms.
        defect: <A, A'>.
        start_share, initial_share, model, schedule: the signed parts of |xi|.
        spread: half |f_{t-1}(Y) - f_{t-1}(Y')|^2, summed over the levels.
        lost, gap: |X_1|^2 - |f_tau(X_tau)|^2, and f_tau(X_tau) - X_1, a column a path.
    """

    apart: Float[torch.Tensor, "n"]
    start: Float[torch.Tensor, "n"]
    initial: Float[torch.Tensor, "n"]
    step: Float[torch.Tensor, "levels n"]
    defect: Float[torch.Tensor, "levels n"]
    start_share: Float[torch.Tensor, "n"]
    initial_share: Float[torch.Tensor, "n"]
    model: Float[torch.Tensor, "levels n"]
    schedule: Float[torch.Tensor, "levels n"]
    spread: Float[torch.Tensor, "n"]
    lost: Float[torch.Tensor, "n"]
    gap: Float[torch.Tensor, "d n"]


def measure_trajectory(
    f: Centred,
    draw_starts: DrawStarts,
    samples: int,
    alpha: float,
    seed: int,
    progress: Callable[..., Any] = lambda: None,
) -> tuple[Budget, Shares | None, Terms]:
    """The profile of the error along the flow, the shares of model and schedule in it, and what
    explicit bounds are made of.

    Arguments:
        f: the model, with its target and schedule.
        draw_starts: where the last step starts, beside points of the exact law; rows are taken to
            be independent.
        samples: paths, at least 2.
        alpha: the failure probability of each of the limits, two and three, in (0, 1).
        seed: of all random streams.
        progress: called after each level.

    Returns:
        The budget; the shares, None where the coupled distance is below 100 times the solver's
        error and rounding, so that its direction means nothing; the terms of the explicit bounds,
        which are of one step only. Entries of levels above the one where the last step starts are
        0.

    Raises:
        NotFinite: f returned NaN or infinity, or has diverged.
        InputError: f cannot be called so.

    Example:
        >>> from functools import partial
        >>> from ctverify import Gaussian, Schedule, population_model
        >>> from ctverify.certificate.starts import noise_starts
        >>> target, schedule = Gaussian([0.0, 0.0], torch.eye(2)), Schedule.li_huang_wei(16)
        >>> f = Centred(population_model(target, schedule), target, schedule)
        >>> budget, shares, _ = measure_trajectory(f, partial(noise_starts, f), 200, 1e-6, seed=0)
        >>> abs(shares.model_total) < 1e-3 * shares.total  # exactly trained
        True
    """
    rows = max(2, min(samples, MEMORY // _numbers(f)))
    blocks = []
    for number, first in enumerate(range(0, samples, rows)):
        generator = stream("certificate/trajectory", seed, number)
        starts = draw_starts(min(rows, samples - first), generator)
        blocks.append(_walk(f, starts, generator, progress))
    paths = _joined(blocks)
    solver = solver_error(f)
    budget = _budget(f, paths, solver, alpha)
    a, _ = f.schedule.scales(1)
    largest = a * float(f.target.mean.norm()) + _size(f)
    numerical = solver + rounding(f.f, f.dtype) * largest
    terms = _terms(f, paths, solver, alpha, seed)
    if float(paths.apart.mean()) < RESOLVED * numerical:
        return budget, None, terms
    return budget, _shares(f, paths), terms


def solver_error(f: Centred) -> float:
    """A bound on E|X^_1 - X_1| of a path: legs * TOLERANCE * 2 sqrt(d) s_0 rho_1.

    A step errs by TOLERANCE (sqrt(d) s_0 + |w|) at most, row by row, and E|w|^2 = d s_0^2 at every
    angle (flow_map.py). Legs are shorter than the solver's own stride, and take one step where the
    flow is smooth; that errors are not multiplied on the way to X_1, in the mean, is assumed. Seen:
    at most a thousandth of it, on targets whose components are 100 times narrower than they are
    apart.
    """
    nodes = spread_nodes(f.schedule, f.schedule.T, f.target.spread, GAP)
    return (len(nodes) - 1) * TOLERANCE * 2 * _size(f)


def _size(f: Centred) -> float:
    """sqrt(d) s_0 rho_1, the size of X_1."""
    s0 = f.target.spread
    rho = angle(f.schedule, 1, s0)[1]
    return math.sqrt(f.target.dim) * s0 * rho


def _numbers(f: Centred) -> int:
    """About how many numbers a path holds: points, values and terms a level, and derivatives."""
    d = f.target.dim
    T = f.schedule.T
    derivatives = len(_slope_levels(f, T)) * d**2
    return T * (2 * d + 4) + derivatives


def _slope_levels(f: Centred, last: int) -> list[int]:
    """The levels of 1..last at which f's derivative is taken."""
    gap = SLOPE_GAP * f.target.dim**0.25
    return spread_nodes(f.schedule, last, f.target.spread, gap)


def _walk(
    f: Centred, starts: Starts, generator: torch.Generator, progress: Callable[..., Any]
) -> _Paths:
    """The terms of coupled starts, level by level."""
    target = f.target
    schedule = f.schedule
    tau = starts.level
    path = flow_path(target, schedule, starts.exact, tau, TOLERANCE)
    values, slopes = _along(f, path)
    reached = f(starts.model, tau)
    error = reached - path[0]
    apart = torch.linalg.vector_norm(error, dim=1)
    smallest = torch.finfo(apart.dtype).tiny  # u = 0 where the error is
    u = error / apart.clamp_min(smallest)[:, None]
    moved = reached - values[tau - 1]
    left = values[0] - path[0]
    shape = (schedule.T - 1, len(apart))
    step = torch.zeros(shape, dtype=apart.dtype, device=apart.device)
    defect = torch.zeros_like(step)
    model = torch.zeros_like(step)
    remainder = torch.zeros_like(step)
    spread = torch.zeros_like(apart)
    for t in range(2, tau + 1):
        mean, draws = posterior_draws(target, schedule, t, path[t - 1], generator)
        stepped = f(draws, t - 1)
        pair = stepped.reshape(2, *mean.shape)
        spread += (pair[0] - pair[1]).square().sum(1) / 2
        own, other = _defects(values[t - 1], stepped, slopes.at(t - 1), draws, mean)
        change = values[t - 1] - values[t - 2]
        step[t - 2] = torch.linalg.vector_norm(change, dim=1)
        defect[t - 2] = (own * other).sum(1)
        along = (change * u).sum(1)
        model[t - 2] = ((own + other) / 2 * u).sum(1)
        remainder[t - 2] = along - model[t - 2]
        progress()
    return _Paths(
        apart=apart,
        start=torch.linalg.vector_norm(moved, dim=1),
        initial=torch.linalg.vector_norm(left, dim=1),
        step=step,
        defect=defect,
        start_share=(moved * u).sum(1),
        initial_share=(left * u).sum(1),
        model=model,
        schedule=remainder,
        spread=spread,
        lost=path[0].square().sum(1) - values[tau - 1].square().sum(1),
        gap=(values[tau - 1] - path[0]).T,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Slopes:
    """f's derivative along the paths: at a few levels in increasing order, between them a cubic in
    the angle, in units of the population model of the Gaussian with the target's covariance. So a
    wide step between narrow ones makes no kink, and what is trained exactly on a Gaussian has no
    noise at all.
    """

    levels: list[int]
    theta: list[float]  # of t = 1..tau
    unit: Float[torch.Tensor, "L d"]  # that model's slopes at t = 1..tau
    basis: Float[torch.Tensor, "d d"]  # along these directions
    kept: list[Float[torch.Tensor, "n d d"]]

    def at(self, t: int) -> Float[torch.Tensor, "n d d"]:
        """The derivative of f_t at X_t."""
        nodes = [self.theta[level - 1] for level in self.levels]
        first, weights, _ = lagrange(nodes, self.theta[t - 1])
        used = torch.stack(self.kept[first : first + len(weights)])
        mix = torch.from_numpy(weights).to(used)
        relative = torch.einsum("l,lnij->nij", mix, used)
        return (relative * self.unit[t - 1]) @ self.basis.T


def _along(
    f: Centred, path: Float[torch.Tensor, "L n d"]
) -> tuple[Float[torch.Tensor, "L n d"], _Slopes]:
    """f_t(X_t) at every level, each asked for once, and f's derivatives for t below the last."""
    last = len(path)
    levels = _slope_levels(f, last - 1) if last > 1 else []
    theta, _ = angles_to(f.schedule, last, f.target.spread)
    unit, basis = _gaussian_slopes(f, last)
    steepest = STEEPEST * f.target.dim**0.5
    values = torch.empty_like(path)
    kept = []
    for t, x in enumerate(path, 1):
        if t not in levels:
            values[t - 1] = f(x, t)
            continue
        width = difference_width(f.target, f.schedule, t + 1)
        beside = f(neighbours(x, width), t)
        values[t - 1] = beside[:, 0]
        slope = forward_difference(beside, width) @ basis
        kept.append(clip(slope / unit[t - 1], steepest))
    return values, _Slopes(levels=levels, theta=theta, unit=unit, basis=basis, kept=kept)


def _gaussian_slopes(
    f: Centred, last: int
) -> tuple[Float[torch.Tensor, "L d"], Float[torch.Tensor, "d d"]]:
    """The slopes of f*_t, t = 1..last, of the Gaussian with the target's covariance
    (targets/mixture.py), and the directions that they are along.
    """
    symmetric = (f.target.covariance + f.target.covariance.T) / 2
    eigenvalues, basis = torch.linalg.eigh(symmetric)
    lam = eigenvalues.clamp_min(0.0)
    pairs = [f.schedule.scales(t) for t in range(1, last + 1)]
    scales = torch.tensor(pairs, dtype=lam.dtype, device=lam.device)
    a, b = scales.T[..., None]
    covariance = a[:-1] * a[1:] * lam + b[:-1] * b[1:]
    variance = a[1:] ** 2 * lam + b[1:] ** 2
    ratios = torch.cat([torch.ones_like(lam)[None], covariance / variance])
    return torch.cumprod(ratios, 0), basis


def _defects(
    value: torch.Tensor,
    stepped: torch.Tensor,
    slope: torch.Tensor,
    draws: torch.Tensor,
    mean: torch.Tensor,
) -> torch.Tensor:
    """A and A', (2, n, d), of two draws (2n, d) and f_{t-1} at them."""
    shape = (2, *value.shape)
    noise = draws.reshape(shape) - mean
    control = torch.einsum("nij,knj->kni", slope, noise)
    return value - stepped.reshape(shape) + control


def _joined(blocks: list[_Paths]) -> _Paths:
    """All paths as one."""
    names = [field.name for field in fields(_Paths)]
    columns = {name: torch.cat([getattr(block, name) for block in blocks], -1) for name in names}
    return _Paths(**columns)


def _budget(f: Centred, paths: _Paths, solver: float, alpha: float) -> Budget:
    """The record of the budget."""
    schedule = f.schedule
    sums = paths.start + paths.initial + paths.step.sum(0)
    squares = sums.square()
    defect = paths.defect.mean(1)
    return Budget(
        t=list(range(2, schedule.T + 1)),
        sigma=schedule.sigma[2:].tolist(),
        step=paths.step.mean(1).tolist(),
        step_l2=paths.step.square().mean(1).sqrt().tolist(),
        model_defect=defect.clamp_min(0.0).sqrt().tolist(),
        model_defect_squared=defect.tolist(),
        model_defect_squared_error=standard_error(paths.defect).tolist(),
        initial=float(paths.initial.mean()),
        start=float(paths.start.mean()),
        total=float(sums.mean()),
        total_upper=upper_limit(sums, alpha) + solver,
        w2_total_upper=upper_limit(squares, alpha) ** 0.5 + solver,
        concentration=max(concentration(sums), concentration(squares)),
        method="sampled paths, two draws a level; Student limits",
    )


def _terms(f: Centred, paths: _Paths, solver: float, alpha: float, seed: int) -> Terms:
    """What the explicit bounds are made of."""
    own = torch.stack([paths.start, paths.initial]).square()
    return measured_terms(
        torch.cat([own, paths.defect]),
        paths.spread,
        paths.lost,
        paths.gap.T,
        unit=_size(f),
        solver=solver,
        alpha=alpha,
        seed=seed,
    )


def _shares(f: Centred, paths: _Paths) -> Shares:
    """The record of the shares."""
    model = paths.model.sum(0)
    schedule = paths.schedule.sum(0)
    return Shares(
        t=list(range(2, f.schedule.T + 1)),
        model=paths.model.mean(1).tolist(),
        schedule=paths.schedule.mean(1).tolist(),
        model_error=standard_error(paths.model).tolist(),
        schedule_error=standard_error(paths.schedule).tolist(),
        initial=float(paths.initial_share.mean()),
        start=float(paths.start_share.mean()),
        model_total=float(model.mean()),
        schedule_total=float(schedule.mean()),
        model_total_error=float(standard_error(model)),
        schedule_total_error=float(standard_error(schedule)),
        total=float(paths.apart.mean()),
    )
