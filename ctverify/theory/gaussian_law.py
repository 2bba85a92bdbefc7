"""The sharp Gaussian law in numbers, per eigenvalue lam (theory: the ledger's claims gaussian.*,
explicit.*):

    psi_t = atan(sigma_t/sqrt(lam)),   v_t = abar_t lam + 1 - abar_t,
    R = prod_{t=2..T} cos(psi_t - psi_{t-1}),
    from X_T ~ p_T:   standard deviation of f*_T is R sqrt(v_1);
                      1 - R >= 1 - cos(Delta/(T-1))^(T-1),   Delta = psi_T - psi_1,
    from N(0, I):     W_2^2 = sum over directions of
                      (A sqrt(abar_T) mu)^2 + v_1 (1 - R/sqrt(v_T))^2,   A = R sqrt(v_1/v_T).

D_t of a Gaussian is Gaussian.defects.
"""

from __future__ import annotations

import math

import numpy as np

from ..model.schedule import Array, Schedule


def angles(schedule: Schedule, lam: float) -> Array:
    """psi_t for t = 1..T; (T,)."""
    return np.arctan(np.exp(schedule.log_sigma[1:] - 0.5 * math.log(lam)))


def shrinkage(schedule: Schedule, lam: float) -> float:
    """1 - R, without cancellation."""
    steps = np.diff(angles(schedule, lam))
    return -math.expm1(float(np.log(np.cos(steps)).sum()))


def floor(schedule: Schedule, lam: float) -> float:
    """The least 1 - R of any schedule with these ends and this T (claim gaussian.floor)."""
    psi = angles(schedule, lam)
    steps = schedule.T - 1
    even = float(psi[-1] - psi[0]) / steps
    return -math.expm1(steps * math.log(math.cos(even)))


def variance(schedule: Schedule, lam: float, t: int) -> float:
    """v_t."""
    a, b = schedule.scales(t)
    return a * a * lam + b * b


def start_distance(schedule: Schedule, lam: float, mu: float = 0.0) -> float:
    """W_2 of one direction from N(0, I) (claim gaussian.start)."""
    slope = 1 - shrinkage(schedule, lam)
    first = variance(schedule, lam, 1)
    last = variance(schedule, lam, schedule.T)
    a = schedule.scales(schedule.T)[0]
    shift = slope * math.sqrt(first / last) * a * mu
    return math.hypot(shift, math.sqrt(first) * (1 - slope / math.sqrt(last)))
