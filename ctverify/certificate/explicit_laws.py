"""Explicit bounds on W_2(f*_T(X_T), X_1), X_T ~ p_T, by what is known of the target; for a trained
f_T add E (explicit_bounds.py). None asks for L but D.

    A2   p_0 alpha-strongly log-concave                       of order sqrt(r)
    B    X_0 = U + s Z, |U - c| <= R: a smoothed data set     of order r
    D    any target with a flow of bounded derivatives        of order r

Throughout s = sigma_t, s' = sigma_{t-1}, h_t = 1 - s'/s. A2 bounds the spread form by V <= sum_t
Lip(f*_{t-1})^2 E tr Cov(X_{t-1} | X_t) with Lip from the contraction of a strongly log-concave
posterior. B and D bound sum_t D_t, the discretisation defects: an Euler step's error times the
Lipschitz constant of the remaining flow, plus half its second derivative times Cov(X_{t-1} | X_t).
"""

from __future__ import annotations

import math

import numpy as np

from ..core import arguments
from ..model.schedule import Array, Schedule
from .explicit_bounds import kappa
from .explicit_forms import at_least_0

NODES = 24  # Gauss-Legendre, of a piece of an integral over log sigma
PIECE = 0.5  # the longest piece
LARGEST_LOG = 700.0  # of a float64's exponential: what lies beyond is vacuous, and infinite
THIRD = 4 / (9 * math.sqrt(3))  # a third of the largest third moment 4 R^3/(3 sqrt 3)


def contractions(schedule: Schedule, concavity: float) -> Array:
    """Lambda_t = prod_{2 <= k <= t} (1 - h_k alpha sigma_k^2/(1 + alpha sigma_k^2)), Lambda_1 = 1.

    Arguments:
        schedule: the noise levels.
        concavity: alpha of the target, above 0.

    Returns:
        Lambda_t, t = 1..T, (T,): f*_t is sqrt(abar_1) Lambda_t-Lipschitz in y = x/sqrt(abar_t).

    Raises:
        InputError: alpha is not above 0.

    Example:
        >>> from ctverify import Schedule
        >>> contractions(Schedule.from_alpha_bar([0.8, 0.2]), 1.0).round(4).tolist()
        [1.0, 0.4]
    """
    concavity = arguments.real("concavity", concavity, 0)
    square = concavity * schedule.sigma[2:] ** 2
    factor = 1 - _h(schedule) * square / (1 + square)
    return np.cumprod(np.append(1.0, factor))


def log_concave_lipschitz(schedule: Schedule, concavity: float) -> float:
    """L of f*_1..f*_T in VP coordinates for an alpha-strongly log-concave target.

    Arguments:
        schedule: the noise levels.
        concavity: alpha of the target, above 0.

    Returns:
        max_t sqrt(abar_1/abar_t) Lambda_t, at least 1.

    Raises:
        InputError: alpha is not above 0.

    Example:
        >>> from ctverify import Schedule
        >>> round(log_concave_lipschitz(Schedule.li_huang_wei(64), 0.04), 2)  # as N(0, 25)
        4.8
    """
    log = schedule.log_alpha_bar[1:]
    return float((np.exp((log[0] - log) / 2) * contractions(schedule, concavity)).max())


def log_concave(schedule: Schedule, concavity: float, dim: int, *, short: bool = False) -> float:
    """Theorem A2: no L and no T in it.

        W_2^2 <= tr Cov X_1 - tr Cov f*_T
              <= abar_1 sum_{t>=2} Lambda_{t-1}^2 h_t^2 d sigma_t^2/(1 + alpha sigma_t^2)
              <= kappa abar_1 d/alpha

    Arguments:
        schedule: the noise levels.
        concavity: alpha, above 0: -log p_0 - alpha |x|^2/2 is convex, also on a convex support
            or in a subspace. 1 over the largest eigenvalue for a Gaussian.
        dim: d, at least 1.
        short: the last form.

    Returns:
        The bound on W_2(f*_T(X_T), X_1), in the data's unit.

    Raises:
        InputError: an argument outside its range.

    Example:
        >>> from ctverify import Schedule
        >>> schedule = Schedule.li_huang_wei(64)
        >>> [round(log_concave(schedule, 1.0, 1, short=short), 3) for short in (False, True)]
        [0.278, 0.327]
    """
    concavity = arguments.real("concavity", concavity, 0)
    dim = arguments.whole("dim", dim)
    first = math.exp(schedule.log_alpha_bar[1])
    if short:
        return math.sqrt(kappa(schedule) * first * dim / concavity)
    square = schedule.sigma[2:] ** 2
    spread = _h(schedule) ** 2 * dim * square / (1 + concavity * square)
    before = contractions(schedule, concavity)[:-1]
    return math.sqrt(first * float((before**2 * spread).sum()))


def smoothed_data(schedule: Schedule, radius: float, scale: float, dim: int) -> float:
    """Theorem B: X_0 = U + s Z with |U - c| <= R for some c, as every smoothed data set is. With
    rho_t^2 = s^2 + sigma_t^2,

        W_2 <= sqrt(abar_1) sum_{t>=2} (Lam_{t-1} e_t + M_{t-1} h_t^2 tau_t/2),
        Lam_k = (rho_1/rho_k) exp(R^2 (rho_1^-2 - rho_k^-2)/2),
        M_k = 4/(9 sqrt 3) R^3/(rho_1^2 rho_k^2) exp(R^2 (rho_1^-2 - rho_k^-2))
              (1 - (rho_1/rho_k)^3),
        tau_t = d s^2 sigma_t^2/rho_t^2 + R^2 sigma_t^4/rho_t^4,
        e_t = int_{sigma_{t-1}}^{sigma_t} eta(sigma) (1 - sigma_{t-1}/sigma) dsigma,
        eta = (sigma/rho^3) (s^2 + sigma^2 R^2/rho^2) sqrt(d) + R^3 sigma^3/rho^6.

    Arguments:
        schedule: the noise levels.
        radius: R, at least 0.
        scale: s, the bandwidth, at least 0.
        dim: d, at least 1.

    Returns:
        The bound on W_2(f*_T(X_T), X_1), in the data's unit: within 3.3 of the truth for R/rho_1 <=
        1 where U fills its ball, vacuous (at last infinite) beyond about 3.

    Raises:
        InputError: an argument outside its range.

    Example:
        >>> from ctverify import Schedule
        >>> round(smoothed_data(Schedule.li_huang_wei(64), 1.0, 1.0, 1), 2)
        0.12
    """
    radius = at_least_0("radius", radius)
    scale = at_least_0("scale", scale)
    dim = arguments.whole("dim", dim)
    sigma = schedule.sigma[1:]
    rho = np.hypot(scale, sigma)
    inverse = rho[0] ** -2 - rho[:-1] ** -2
    if radius**2 * float(inverse.max(initial=0.0)) > LARGEST_LOG:
        return math.inf
    growth = np.exp(radius**2 * inverse / 2)
    ratio = rho[0] / rho[:-1]
    slope = ratio * growth
    # divided one after the other, so that no square overflows
    curvature = THIRD * radius * (radius / rho[0]) ** 2 / rho[:-1] ** 2 * growth**2
    curvature *= 1 - ratio**3
    keep = sigma[1:] / rho[1:]
    tau = dim * scale**2 * keep**2 + radius**2 * keep**4
    second = curvature * _h(schedule) ** 2 * tau / 2
    euler = np.array([_euler(low, high, radius, scale, dim) for low, high in _pairs(sigma)])
    first = math.exp(schedule.log_alpha_bar[1] / 2)
    return first * float((slope * euler + second).sum())


def smooth_flow(schedule: Schedule, lipschitz: float, second: float, dim: int) -> float:
    """Theorem D: any target whose flow has bounded derivatives; of order (L d^(3/2) + M d) log^2
    T/T under schedule (23).

        W_2 <= kappa (L gamma_d (asinh sigma_T - asinh sigma_1)/(1 - h)
                      + (M/2) sqrt(d (d + 2)) log(abar_1/abar_T)/(1 - r)),
        gamma_d = (3 sqrt(3)/4) sqrt(d (d + 2) (d + 4)),   h = max_t h_t,   r = max_{t>=2} beta_t

    Arguments:
        schedule: the noise levels.
        lipschitz: L, of every Phi_{t->1} in VP coordinates, at least 1: Phi_{1->1} is the identity.
        second: M, |D^2 Phi_{t->1}[v, v]| <= M |v|^2, at least 0.
        dim: d, at least 1.

    Returns:
        The bound on W_2(f*_T(X_T), X_1), in the data's unit.

    Raises:
        InputError: an argument outside its range.

    Example:
        >>> from ctverify import Schedule
        >>> round(smooth_flow(Schedule.li_huang_wei(1024), 1.0, 0.0, 1), 3)
        0.448
    """
    if not lipschitz >= 1:
        raise arguments.InputError(
            f"lipschitz must be at least 1 (Phi_(1->1) is the identity), got {lipschitz!r}"
        )
    second = at_least_0("second", second)
    dim = arguments.whole("dim", dim)
    gamma = 0.75 * math.sqrt(3 * dim * (dim + 2) * (dim + 4))
    sigma = schedule.sigma
    way = float(np.arcsinh(sigma[-1]) - np.arcsinh(sigma[1]))
    kept = 1 - float(_h(schedule).max(initial=0.0))
    beta = float(schedule.beta[2:].max(initial=0.0))
    log = float(schedule.log_alpha_bar[1] - schedule.log_alpha_bar[-1])
    bend = second / 2 * math.sqrt(dim * (dim + 2)) * log / (1 - beta)
    return kappa(schedule) * (lipschitz * gamma * way / kept + bend)


def _h(schedule: Schedule) -> Array:
    """h_t, t = 2..T."""
    return -np.expm1(-np.diff(schedule.log_sigma[1:]))


def _pairs(sigma: Array) -> list[tuple[float, float]]:
    """sigma_{t-1} and sigma_t, t = 2..T."""
    return list(zip(sigma[:-1].tolist(), sigma[1:].tolist(), strict=True))


def _euler(low: float, high: float, radius: float, scale: float, dim: int) -> float:
    """e_t, by Gauss-Legendre over log sigma, piece by piece."""
    node, mass = np.polynomial.legendre.leggauss(NODES)
    pieces = max(1, math.ceil(math.log(high / low) / PIECE))
    edges = np.linspace(math.log(low), math.log(high), pieces + 1)
    half = np.diff(edges)[:, None] / 2
    sigma = np.exp(edges[:-1, None] + half * (1 + node))
    rho = np.hypot(scale, sigma)
    keep = sigma / rho
    eta = keep / rho**2 * (scale**2 + keep**2 * radius**2) * math.sqrt(dim)
    eta += (radius / rho * keep) ** 3
    return float((half * mass * eta * (sigma - low)).sum())
