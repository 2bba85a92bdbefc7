"""Schedules that are optimal for a target: D_t (certificate/chain_defects.py) is quadratic in the
step in any smooth clock,

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

from typing import Any

import numpy as np
import torch
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import uniform_filter1d

from ..certificate.chain_defects import sampled_defects
from ..certificate.checked_model import Centred
from ..certificate.counts import paths
from ..core import arguments
from ..core.confidence import root_bias
from ..core.signatures import checked
from ..flow.defects import Defects
from ..model.schedule import MOST_LEVELS, Array, Schedule
from ..targets import Target, handed_in

SCHEMA = "ctverify/schedule/1"
# where D_t is exact or by quadrature: levels of a pilot, and how many pilots
PILOT = 256
ROUNDS = 2
# where D_t is sampled: levels of the one pilot, and how many neighbours are averaged
SAMPLED = 64
WINDOW = 5
# share of the clock that stays even in psi: no stretch is left out where D_t is lost in rounding or
# noise
EVEN = 1e-2
ALPHA = 1e-6  # failure probability of a limit that is not read here


@checked
def optimal_schedule(
    target: Target,
    T: int,
    *,
    alpha_bar_1: float | None = None,
    alpha_bar_T: float | None = None,
    seed: int = 0,
) -> Schedule:
    """The schedule whose sum of D_t is least for a target: equal shares of int sqrt(g) dpsi (this
    file's head).

    Arguments:
        target: any target.
        T: the number of levels, at least 2.
        alpha_bar_1, alpha_bar_T: the two ends, 1 > alpha_bar_1 > alpha_bar_T > 0; by default those
            of li_huang_wei(T), for T > 8.
        seed: of the paths where D_t is sampled; Gaussians and one-dimensional forms need none.

    Returns:
        The schedule.

    Raises:
        InputError: T < 2, ends that are not in order, T <= 8 without ends, seed < 0.

    Example:
        >>> from ctverify import Gaussian, optimal_schedule
        >>> optimal_schedule(Gaussian(0.0, 1.0), 16).T
        16
    """
    target = handed_in(target).to("cpu")
    T = arguments.whole("T", T, 2, MOST_LEVELS)
    seed = arguments.whole("seed", seed, 0)
    if T <= 8 and None in (alpha_bar_1, alpha_bar_T):
        raise arguments.InputError(
            "alpha_bar_1 and alpha_bar_T must be given for T <= 8, "
            f"where li_huang_wei has no default ends, got T = {T}"
        )
    ends = Schedule.cosine(T, alpha_bar_1=alpha_bar_1, alpha_bar_T=alpha_bar_T)
    pilots = [PILOT] * ROUNDS if target.has_exact_defects else [SAMPLED]
    first, last = angles(ends, target)[[0, -1]]
    psi = np.linspace(first, last, pilots[0])
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
    near = float(schedule.sigma[1])
    far = float(schedule.sigma[-1])
    others = {
        "cosine": Schedule.cosine(schedule.T, **ends),
        "karras": Schedule.karras(schedule.T, near, far),
    }
    if schedule.T > 8:
        own = Schedule.li_huang_wei(schedule.T)
        if np.allclose(own.log_alpha_bar[[1, -1]], schedule.log_alpha_bar[[1, -1]]):
            others["li_huang_wei"] = own
    return others


def defects(target: Target, schedule: Schedule, seed: int, samples: int | None = None) -> Defects:
    """The target's own D_t where it knows them, else from `samples` paths (default: by the target's
    cost).
    """
    known = target.defects(schedule)
    if known is not None:
        return known
    identity = Centred(lambda x, t: x, target, schedule)  # D_t does not depend on the model
    count = paths(target) if samples is None else samples
    with torch.no_grad():
        budget = sampled_defects(identity, count, ALPHA, seed)
    square = torch.tensor(budget.discretisation_defect_squared, dtype=torch.float64)
    error = torch.tensor(budget.discretisation_defect_squared_error, dtype=torch.float64)
    return Defects(
        root=np.array(budget.discretisation_defect),
        square=square.numpy(),
        error=root_bias(square, error),
    )


def to_dict(
    schedule: Schedule, target: Target, measured: dict[str, Defects], seed: int
) -> dict[str, Any]:
    """The schema ctverify/schedule/1: alpha_bar and sigma for t = 1..T, and the sums of D_t by
    schedule.
    """
    sums = {name: {"value": one.total, "error": one.error} for name, one in measured.items()}
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


def shares(target: Target, pilot: Schedule, seed: int) -> Array:
    """sqrt(D_t), t = 2..T, of the pilot; sampled ones from averaged D_t^2."""
    measured = defects(target, pilot, seed)
    if target.has_exact_defects:
        return np.sqrt(measured.root)
    step = np.diff(angles(pilot, target))
    density = uniform_filter1d(measured.square / step**4, WINDOW, mode="nearest")
    return step * np.maximum(density, 0.0) ** 0.25


def even(share: Array, psi: Array, levels: int) -> Array:
    """`levels` angles in equal parts of the clock whose steps between the angles psi are
    `share`.
    """
    steps = np.diff(psi) / (psi[-1] - psi[0])
    total = share.sum()
    if total > 0:
        steps = (1 - EVEN) * share / total + EVEN * steps
    clock = np.concatenate([[0.0], np.cumsum(steps)])
    return PchipInterpolator(clock / clock[-1], psi)(np.linspace(0, 1, levels))


def _schedule(ends: Schedule, psi: Array, target: Target) -> Schedule:
    """sigma_t = s_0 tan(psi_t), t = 1..T, with the ends as given."""
    alpha_bar = 1 / (1 + (target.spread * np.tan(psi)) ** 2)
    alpha_bar[[0, -1]] = ends.alpha_bar[[1, -1]]
    return Schedule.from_alpha_bar(alpha_bar)
