"""Theorem A: an explicit bound on W_2(f_T(X_T), X_1), X_T ~ p_T, for every target with a second
moment, no constant unspecified, any schedule with beta_t < 1.

    E = |f_1 - id| + sum_t eps_t                      the model's own defect, L2 norms
    kappa = max_{t >= 2} (sigma_t - sigma_{t-1})/(sigma_t + sigma_{t-1})

    W_2 <= E + L sqrt(kappa (abar_1 - abar_T) sum_i M(lam_i))     f_1..f_{T-1} L-Lipschitz

lam_i are the eigenvalues of Cov X_0. M(lam) = max(1, lam), or less (linear_spread). L is that of x
in VP coordinates, x = sqrt(abar) y: a constant l_t in y is L_t = l_t/sqrt(abar_t). It may be that
of the population model f*_1..f*_{T-1} in place of f's own, for |f_T - f*_T| <= E in L2(p_T).

Proof of A. Along the reverse chain X~ of X_t's conditional laws, with g_t(x) = E[f_{t-1}(X_{t-1}) |
X_t = x], X~_1 - f_T(X~_T) telescopes into defects of total norm at most E and f_{t-1}(X~_{t-1}) -
g_t(X~_t), which are orthogonal; their squares sum to V = sum_t E tr Cov(f_{t-1}(X_{t-1}) | X_t) <=
L^2 sum_t E tr Cov(X_{t-1} | X_t), and direction by direction, by the best linear estimator,

    Var(X_{t-1} | X_t) <= (sigma_t - sigma_{t-1})/(sigma_t + sigma_{t-1}) (abar_{t-1} - abar_t)
                          lam/(abar_t lam + 1 - abar_t).

Without L: explicit_forms.py. What a distribution allows beyond that (log-concave, smoothed data,
smooth flow): explicit_laws.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..core import arguments
from ..core.arguments import InputError
from ..model.schedule import Array, Schedule
from .explicit_forms import at_least_0
from .theorem1 import step_size

UNIFORM = 0.6  # kappa <= 0.6 r under (23), r <= 1/2
LARGEST_R = 0.5
LARGEST_BETA = 0.5  # up to which m(lam) serves eigenvalues above 1, times WIDE
WIDE = 1.5  # at least 1/log 2, what a left Riemann sum of steps a'/a <= 2 is of its integral
SMALL = 1e-6  # of v(high)/v(low) - 1, within which its logarithm is taken by the series

Form = Literal["sum", "kappa", "m", "r"]


def kappa(schedule: Schedule) -> float:
    """max over t >= 2 of (sigma_t - sigma_{t-1})/(sigma_t + sigma_{t-1}).

    Arguments:
        schedule: any; T = 1 has no steps.

    Returns:
        A number in [0, 1), 0 for T = 1: tanh of half the largest step of log sigma.

    Example:
        >>> from ctverify import Schedule
        >>> round(kappa(Schedule.li_huang_wei(64)), 4)
        0.1069
    """
    return float(np.tanh(np.diff(schedule.log_sigma[1:]) / 2).max(initial=0.0))


def kappa_by_r(schedule: Schedule) -> float:
    """0.6 r, r = c1 log(T)/T: at least kappa under schedule (23).

    Arguments:
        schedule: of the kind li_huang_wei, with r <= 1/2.

    Returns:
        0.6 r. The best uniform constant is .573; kappa/r tends to .3955 as T grows at c1 = 4.

    Raises:
        InputError: another schedule, or r above 1/2.

    Example:
        >>> from ctverify import Schedule
        >>> round(kappa_by_r(Schedule.li_huang_wei(64)), 4)
        0.156
    """
    if schedule.spec["kind"] != "li_huang_wei":
        raise InputError(
            "schedule must be li_huang_wei, which has an r, got " + schedule.spec["kind"]
        )
    r = step_size(schedule)
    if r > LARGEST_R:
        raise InputError(f"schedule must have r = c1 log(T)/T <= 1/2, got r = {r:g}")
    return UNIFORM * r


def log_mean(lam: float, low: float = 0.0, high: float = 1.0) -> float:
    """m(lam), the integral of lam/(a lam + 1 - a) over a in (low, high).

    Arguments:
        lam: an eigenvalue, at least 0.
        low, high: 0 <= low <= high <= 1.

    Returns:
        lam log(v(high)/v(low))/(lam - 1), v(a) = a lam + 1 - a. Over (0, 1) it is lam log(lam)/(lam
        - 1), with m(0) = 0 and m(1) = 1.

    Example:
        >>> log_mean(0.0), log_mean(1.0), round(log_mean(4.0), 4)
        (0.0, 1.0, 1.8484)
    """
    if lam == 0:
        return 0.0
    # v(high)/v(low) - 1 = (lam - 1) x
    x = (high - low) / (low * lam + 1 - low)
    excess = (lam - 1) * x
    if abs(excess) < SMALL:
        return lam * x * (1 - excess / 2)
    return lam * math.log1p(excess) / (lam - 1)


def size(eigenvalues: Sequence[float] | Array) -> float:
    """S = sum_i max(1, lam_i).

    Arguments:
        eigenvalues: of Cov X_0, (d,), at least 0.

    Returns:
        S, at least d.

    Raises:
        InputError: eigenvalues that are negative, not finite, or none.

    Example:
        >>> size([4.0, 0.25])
        5.0
    """
    return float(np.maximum(1.0, checked_eigenvalues(eigenvalues)).sum())


def linear_spread(
    schedule: Schedule, eigenvalues: Sequence[float] | Array, form: Form = "sum"
) -> float:
    """At least sum_t E tr Cov(X_{t-1} | X_t): Theorem A without L, squared.

        sum     sum_t (sigma_t - sigma_{t-1})/(sigma_t + sigma_{t-1}) (abar_{t-1} - abar_t)
                sum_i lam_i/v_t(lam_i),   v_t(lam) = abar_t lam + 1 - abar_t; equal for Gaussians
        kappa   kappa (abar_1 - abar_T) S
        m       kappa sum_i M(lam_i), M(lam) = m(lam) over (abar_T, abar_1) for lam <= 1: data of
                few dimensions do not cost d; above 1 min((abar_1 - abar_T) lam, 1.5 m(lam)) where
                max beta_t <= 1/2, else the former
        r       0.6 r S, under schedule (23)

    Arguments:
        schedule: the noise levels.
        eigenvalues: of Cov X_0, (d,), at least 0.
        form: which; "sum" is the least.

    Returns:
        The number, in the data's unit squared.

    Raises:
        InputError: eigenvalues that are negative, not finite, or none; the form r and a schedule
            without it.

    Example:
        >>> from ctverify import Schedule
        >>> schedule = Schedule.li_huang_wei(64)
        >>> [round(linear_spread(schedule, [0.01], form), 4) for form in ("sum", "m", "kappa", "r")]
        [0.0029, 0.0049, 0.1069, 0.156]
    """
    lam = checked_eigenvalues(eigenvalues)
    if form == "r":
        return kappa_by_r(schedule) * size(lam)
    a = np.exp(schedule.log_alpha_bar[1:])
    fall = _fall(schedule)
    if form == "kappa":
        return kappa(schedule) * fall * size(lam)
    if form == "m":
        large = float(schedule.beta[2:].max(initial=0.0)) > LARGEST_BETA
        total = 0.0
        for one in lam.tolist():
            mean = log_mean(one, float(a[-1]), float(a[0]))
            if one > 1:
                mean = one * fall if large else min(one * fall, WIDE * mean)
            total += mean
        return kappa(schedule) * total
    if form != "sum":
        raise InputError(f"form must be sum, kappa, m or r, got {form!r}")
    step = np.tanh(np.diff(schedule.log_sigma[1:]) / 2)
    rest = schedule.one_minus_alpha_bar[2:]
    parts = lam[:, None] / (a[1:] * lam[:, None] + rest)
    return float((step * (a[:-1] - a[1:]) * parts).sum())


def theorem_a(
    schedule: Schedule,
    lipschitz: float,
    eigenvalues: Sequence[float] | Array,
    form: Form = "sum",
) -> float:
    """Theorem A without E: L sqrt(kappa (abar_1 - abar_T) S), or sharper.

    Bounds W_2(f_T(X_T), X_1) - E for any f_1..f_T of which f_1..f_{T-1}, or the population models
    f*_1..f*_{T-1}, are L-Lipschitz. Attained by N(0, I), T = 2, sigma_1 -> 0, sigma_2 -> oo.

    Arguments:
        schedule: the noise levels.
        lipschitz: L, in VP coordinates, above 0.
        eigenvalues: of Cov X_0, (d,), at least 0.
        form: of `linear_spread`.

    Returns:
        The bound, in the data's unit.

    Raises:
        InputError: an argument outside its range; the form r and a schedule without it.

    Example:
        >>> from ctverify import Schedule
        >>> schedule = Schedule.li_huang_wei(64)
        >>> round(theorem_a(schedule, 1.0, [1.0], "r"), 3)
        0.395
        >>> round(theorem_a(schedule, 1.0, [1.0], "m"), 3)
        0.327
        >>> round(theorem_a(schedule, 1.0, [1.0]), 3)
        0.283
    """
    lipschitz = arguments.real("lipschitz", lipschitz, 0)
    return lipschitz * math.sqrt(linear_spread(schedule, eigenvalues, form))


def start(
    schedule: Schedule, lipschitz: float, second_moment: float, dim: int, *, short: bool = False
) -> float:
    """What is added for a start at N(0, I) where f_T is L-Lipschitz too.

        L sqrt(abar_T E|X_0|^2 + (1 - sqrt(1 - abar_T))^2 d)
            <= L (sqrt(abar_T E|X_0|^2) + abar_T sqrt(d))

    Arguments:
        schedule: the noise levels.
        lipschitz: L, in VP coordinates, above 0.
        second_moment: E |X_0|^2, at least 0; not the variance.
        dim: d, at least 1.
        short: the second form.

    Returns:
        The term, in the data's unit.

    Raises:
        InputError: an argument outside its range.

    Example:
        >>> from ctverify import Schedule
        >>> round(start(Schedule.li_huang_wei(64), 1.0, 1.0, 1), 5)
        0.00747
    """
    lipschitz = arguments.real("lipschitz", lipschitz, 0)
    second_moment = at_least_0("second_moment", second_moment)
    dim = arguments.whole("dim", dim)
    a, b = schedule.scales(schedule.T)
    data = a * math.sqrt(second_moment)
    if short:
        return lipschitz * (data + a * a * math.sqrt(dim))
    lost = a * a / (1 + b)  # 1 - b, without cancellation
    return lipschitz * math.hypot(data, lost * math.sqrt(dim))


def smooth_observable(
    schedule: Schedule,
    lipschitz: float,
    eigenvalues: Sequence[float] | Array,
    form: Form = "sum",
) -> float:
    """Theorem A1: |E g(X_1) - E g(f*_T(X_T))| <= L^2 kappa (abar_1 - abar_T) S/2, or sharper, for
    every g with |D^2 g|_op <= 1: of order r, where A is of order sqrt(r).

    Arguments:
        schedule: the noise levels.
        lipschitz: L of f*_1..f*_{T-1}, in VP coordinates, above 0.
        eigenvalues: of Cov X_0, (d,), at least 0.
        form: of `linear_spread`.

    Returns:
        The bound, in the data's unit squared.

    Raises:
        InputError: an argument outside its range.

    Example:
        >>> from ctverify import Schedule
        >>> round(smooth_observable(Schedule.li_huang_wei(64), 1.0, [1.0]), 3)
        0.04
    """
    return theorem_a(schedule, lipschitz, eigenvalues, form) ** 2 / 2


def steps(error: float, lipschitz: float, size: float, c1: float) -> int:
    """A number of steps T with L sqrt(0.6 r S) <= error under schedule (23), so that W_2 <= E +
    error from X_T ~ p_T.

        T >= 2 A log A,   A = 0.6 c1 L^2 S/error^2 > 1,   T >= 3

    Arguments:
        error: the distance to reach beside E, above 0.
        lipschitz: L, in VP coordinates, above 0.
        size: `size` of the eigenvalues of Cov X_0, above 0.
        c1: of the schedule, above 0.

    Returns:
        The least whole T of that formula with r = c1 log(T)/T <= 1/2; not the least of all T that
        serve.

    Raises:
        InputError: an argument outside its range.

    Example:
        >>> steps(0.1, 1.0, 1.0, 4.0)
        2631
    """
    error = arguments.real("error", error, 0)
    lipschitz = arguments.real("lipschitz", lipschitz, 0)
    size = arguments.real("size", size, 0)
    c1 = arguments.real("c1", c1, 0)
    # r <= 1/2 is the same inequality: log(T)/T <= 1/A with A = 2 c1
    need = max(UNIFORM * c1 * lipschitz**2 * size / error**2, c1 / LARGEST_R)
    if need <= math.e:  # log(T)/T <= 1/e at every T
        return 3
    return max(3, math.ceil(2 * need * math.log(need)))


def _fall(schedule: Schedule) -> float:
    """abar_1 - abar_T."""
    log = schedule.log_alpha_bar
    return -math.exp(log[1]) * math.expm1(log[-1] - log[1])


def checked_eigenvalues(values: Sequence[float] | Array) -> Array:
    """Eigenvalues of a covariance, (d,), refused where they are none."""
    lam = np.asarray(values, dtype=float).reshape(-1)
    if not len(lam) or not np.isfinite(lam).all() or (lam < 0).any():
        raise InputError(f"eigenvalues must be finite numbers >= 0, got {values!r}")
    return lam
