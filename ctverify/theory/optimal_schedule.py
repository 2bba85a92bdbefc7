"""Schedules that are optimal for a target: D_t (budget.py) is quadratic in the step in any smooth
clock,

    D_t ~ g(psi) dpsi^2,   tan(psi) = sigma/s_0,   g > 0 smooth,

(a DDIM step's error against the flow, and half the flow's second derivative times Cov(X_{t-1} |
X_t), are both of that order) so that for fixed end points equal shares of int sqrt(g) dpsi minimise
the certificate's sum of D_t, whose least value is (int sqrt(g) dpsi)^2/(T - 1) to first order. For
an isotropic Gaussian g is constant: equal angles, the proved optimum.

Where narrow modes lie far apart, D_t is not yet quadratic at usual T (rare paths between the modes
carry it): W_1 still falls on this schedule, the sum of D_t need not.

A pilot schedule measures sqrt(D_t) = sqrt(g) dpsi, step by step: exactly for Gaussians, by
quadrature in d = 1, else by the two-draw estimate of D_t^2, which is averaged over neighbouring
steps before its root is taken. The first pilot is even in psi, a second one is the schedule that
the first finds: its steps are short where g changes fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import uniform_filter1d

from ..certificate.budget import Centred, paths, sampled_budget
from ..certificate.budget_1d import line_budget, on_quadrature
from ..core import arguments
from ..core.confidence import root_bias
from ..model.schedule import Array, Schedule
from ..targets import Gaussian, Product, Target
from . import gaussian_law

SCHEMA = "ctverify/schedule/1"
PILOT, ROUNDS = 256, 2  # levels of a pilot where D_t is exact or by quadrature, and how many pilots
SAMPLED, WINDOW = (
    64,
    5,
)  # levels of the one pilot where it is sampled, and how many neighbours are averaged
# share of the clock that stays even in psi: no stretch is left out where D_t is lost in rounding or
# noise
EVEN = 1e-2


def optimal_schedule(
    target: Target,
    T: int,
    *,
    alpha_bar_1: float | None = None,
    alpha_bar_T: float | None = None,
    seed: int = 0,
) -> Schedule:
    """T levels between two ends (default: those of li_huang_wei(T), for T > 8), in equal shares of
    int sqrt(g) dpsi.

    alpha_bar_1 > alpha_bar_T in (0, 1). The seed is that of the paths in d > 1; Gaussians and d = 1
    need none.
    """
    T, seed = arguments.whole("T", T, 2), arguments.whole("seed", seed, 0)
    if T <= 8 and None in (alpha_bar_1, alpha_bar_T):
        raise arguments.InputError(
            f"alpha_bar_1 and alpha_bar_T must be given for T <= 8, where li_huang_wei has no default ends, got T = {T}"
        )
    ends = Schedule.cosine(T, alpha_bar_1=alpha_bar_1, alpha_bar_T=alpha_bar_T)
    target = target.to("cpu")
    pilots = [PILOT] * ROUNDS if exact(target) else [SAMPLED]
    ends_at = angles(ends, target)[[0, -1]]
    psi = np.linspace(ends_at[0], ends_at[1], pilots[0])
    for levels in [*pilots[1:], T]:
        psi = even(shares(target, _schedule(ends, psi, target), seed), psi, levels)
    return _schedule(ends, psi, target)


def rivals(schedule: Schedule) -> dict[str, Schedule]:
    """Named schedules with the same T and ends: equal angles, Karras's ramp, and (23) where it ends
    there too.
    """
    ends = {
        "alpha_bar_1": float(schedule.alpha_bar[1]),
        "alpha_bar_T": float(schedule.alpha_bar[-1]),
    }
    found = {"cosine": Schedule.cosine(schedule.T, **ends)}
    found["karras"] = Schedule.karras(
        schedule.T, float(schedule.sigma[1]), float(schedule.sigma[-1])
    )
    if schedule.T > 8:
        own = Schedule.li_huang_wei(schedule.T)
        if np.allclose(own.log_alpha_bar[[1, -1]], schedule.log_alpha_bar[[1, -1]]):
            found["li_huang_wei"] = own
    return found


@dataclass(frozen=True)
class Defects:
    """D_t, t = 2..T, unbiased estimates of D_t^2, and a bound on the expected error of sum_t D_t
    (limits.root_bias).
    """

    root: Array
    square: Array
    error: float

    @property
    def total(self) -> float:
        """sum_t D_t: what exact training is certified at, from X_T ~ p_T (claim
        certificate.distance).
        """
        return float(self.root.sum())


def defects(target: Target, schedule: Schedule, seed: int, samples: int | None = None) -> Defects:
    """Closed form for Gaussians, quadrature in d = 1, else `samples` paths (default: by the
    target's cost).

    D_t^2 of a product is the sum of its factors'.
    """
    if isinstance(target, Gaussian):
        found = gaussian_law.defects(schedule, target.components.eigenvalues[0].cpu().numpy())
        return Defects(found, found**2, 0.0)
    if isinstance(target, Product) and exact(target):
        total = np.sum(
            [len(at) * defects(factor, schedule, seed).square for factor, at in target.groups],
            axis=0,
        )
        return Defects(np.sqrt(np.maximum(total, 0.0)), total, 0.0)
    model = Centred(lambda x, t: x, target, schedule)  # D_t does not depend on the model
    with torch.no_grad():
        if on_quadrature(target):
            budget = line_budget(model)
        else:
            budget = sampled_budget(
                model, paths(target) if samples is None else samples, 1e-6, seed
            )
    square, error = budget.discretisation_defect_squared, budget.discretisation_defect_squared_error
    bound = root_bias(
        torch.tensor(square, dtype=torch.float64), torch.tensor(error, dtype=torch.float64)
    )
    return Defects(np.array(budget.discretisation_defect), np.array(square), bound)


def to_dict(
    schedule: Schedule, target: Target, found: dict[str, Defects], seed: int
) -> dict[str, Any]:
    """The schema ctverify/schedule/1: alpha_bar and sigma for t = 1..T, and the sums of D_t by
    schedule.
    """
    sums = {name: {"value": one.total, "error": one.error} for name, one in found.items()}
    levels = {"alpha_bar": schedule.alpha_bar[1:].tolist(), "sigma": schedule.sigma[1:].tolist()}
    return {
        "schema": SCHEMA,
        "target": target.name,
        "T": schedule.T,
        "seed": seed,
        "defect_sum": sums,
        **levels,
    }


def angles(schedule: Schedule, target: Target) -> Array:
    """psi_t, t = 1..T."""
    return np.arctan(np.exp(schedule.log_sigma[1:]) / target.spread)


def exact(target: Target) -> bool:
    """Whether D_t comes without sampling."""
    if isinstance(target, Product):
        return all(exact(factor) for factor, _ in target.groups)
    return isinstance(target, Gaussian) or on_quadrature(target)


def shares(target: Target, pilot: Schedule, seed: int) -> Array:
    """sqrt(D_t), t = 2..T, of the pilot; sampled ones from averaged D_t^2."""
    found = defects(target, pilot, seed)
    if exact(target):
        return np.sqrt(found.root)
    step = np.diff(angles(pilot, target))
    density = uniform_filter1d(found.square / step**4, WINDOW, mode="nearest")
    return step * np.maximum(density, 0.0) ** 0.25


def even(share: Array, psi: Array, levels: int) -> Array:
    """`levels` angles in equal parts of the clock whose steps between the angles psi are `share`."""
    even_share = np.diff(psi) / (psi[-1] - psi[0])
    steps = (1 - EVEN) * share / share.sum() + EVEN * even_share if share.sum() > 0 else even_share
    clock = np.concatenate([[0.0], np.cumsum(steps)])
    return PchipInterpolator(clock / clock[-1], psi)(np.linspace(0, 1, levels))


def _schedule(ends: Schedule, psi: Array, target: Target) -> Schedule:
    """sigma_t = s_0 tan(psi_t), t = 1..T, with the ends as given."""
    alpha_bar = 1 / (1 + (target.spread * np.tan(psi)) ** 2)
    alpha_bar[[0, -1]] = ends.alpha_bar[[1, -1]]
    return Schedule.from_alpha_bar(alpha_bar)
