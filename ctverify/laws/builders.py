"""Targets, schedules and points on them from a handful of numbers and a seed, so that a failure
prints as a call that rebuilds what was drawn (strategies.py):

    gaussian(dim=2, log_variance=1.0, ...)
        eigenvalues lam from 10^log_variance down to 10^(log_variance - log_condition), in a random
        basis
    mixture(dim=1, components=3, ...)
        weights 10^(-tilt j/(K - 1)), means separation * sqrt(lam_max) * N(0, I)
    dataset(dim=2, points=5, ...)
        points 10^log_spread * N(0, I), bandwidth in units of that spread
    product(dim=2, components=2, turned=True, ...)
        independent coordinates, each a mixture in d = 1, in a random orthogonal basis

The same bits for the same arguments; by default N(0, 1) in d = 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray

from ..core.arguments import level, real, whole
from ..core.signatures import checked
from ..core.streams import derive, normal, stream
from ..model.schedule import Schedule
from ..targets import Dataset, Gaussian, Mixture, Product, Target

Array = NDArray[np.float64]


@checked
def gaussian(
    *,
    dim: int = 1,
    log_variance: float = 0.0,
    log_condition: float = 0.0,
    offset: float = 0.0,
    seed: int = 0,
) -> Gaussian:
    """N(m, S) of a given size, condition and distance from 0.

    Arguments:
        dim: d, at least 1.
        log_variance: log10 of the largest eigenvalue of S.
        log_condition: log10 of the condition number of S, at least 0; of no effect in d = 1.
        offset: |m| in units of the square root of the largest eigenvalue, at least 0.
        seed: of the basis of S, its inner eigenvalues and the direction of m.

    Returns:
        The target; the same bits for the same arguments.

    Example:
        >>> target = gaussian(dim=2, log_variance=1.0)
        >>> round(float(target.covariance.trace()), 6)
        20.0
    """
    whole("dim", dim)
    _finite(log_variance=log_variance, log_condition=log_condition, offset=offset)
    rng = _rng("gaussian", seed)
    covariance = _covariances(rng, 1, dim, log_variance, log_condition)[0]
    length = offset * 10 ** (log_variance / 2)
    return Gaussian(_shift(rng, dim, length), covariance)


@checked
def mixture(
    *,
    dim: int = 1,
    components: int = 1,
    log_variance: float = 0.0,
    log_condition: float = 0.0,
    separation: float = 0.0,
    tilt: float = 0.0,
    offset: float = 0.0,
    seed: int = 0,
) -> Mixture:
    """sum_j w_j N(m_j, C_j), every C_j in a basis of its own and all eigenvalues in one range.

    Arguments:
        dim: d, at least 1.
        components: K, at least 1.
        log_variance: log10 of the largest eigenvalue lam_max of all C_j.
        log_condition: log10 of lam_max over the smallest eigenvalue, at least 0.
        separation: the means are separation * sqrt(lam_max) * N(0, I), at least 0.
        tilt: the rarest component has 10^-tilt of the commonest one's weight, at least 0.
        offset: how far all means are moved together, in units of sqrt(lam_max), at least 0.
        seed: of bases, inner eigenvalues and means.

    Returns:
        The target; the same bits for the same arguments.

    Example:
        >>> mixture(components=2, tilt=1.0).weights.round(decimals=3).tolist()
        [0.909, 0.091]
    """
    whole("dim", dim)
    whole("components", components)
    _finite(log_variance=log_variance, log_condition=log_condition, offset=offset)
    _finite(separation=separation, tilt=tilt)
    rng = _rng("mixture", seed)
    covariances = _covariances(rng, components, dim, log_variance, log_condition)
    unit = 10 ** (log_variance / 2)
    centred = separation * unit * rng.normal(size=(components, dim))
    means = centred + _shift(rng, dim, offset * unit)
    return Mixture(_weights(components, tilt), means, covariances)


@checked
def dataset(
    *,
    dim: int = 1,
    points: int = 1,
    log_spread: float = 0.0,
    bandwidth: float = 1.0,
    offset: float = 0.0,
    seed: int = 0,
) -> Dataset:
    """Points m + 10^log_spread * N(0, I), one alone at m, smoothed.

    Arguments:
        dim: d, at least 1.
        points: n, at least 1.
        log_spread: log10 of the standard deviation that the points are drawn with.
        bandwidth: the smoothing kernel's standard deviation in units of 10^log_spread, above 0.
        offset: |m| in units of 10^log_spread, at least 0.
        seed: of the points and the direction of m.

    Returns:
        The target; the same bits for the same arguments.

    Example:
        >>> target = dataset(dim=2, points=5, bandwidth=0.5)
        >>> tuple(target.points.shape), target.bandwidth
        ((5, 2), 0.5)
    """
    whole("dim", dim)
    whole("points", points)
    _finite(log_spread=log_spread, bandwidth=bandwidth, offset=offset)
    rng = _rng("dataset", seed)
    unit = 10**log_spread
    centred = np.zeros((1, dim))
    if points > 1:
        centred = rng.normal(size=(points, dim))
    shift = _shift(rng, dim, offset * unit)
    return Dataset(unit * centred + shift, bandwidth * unit)


@checked
def product(
    *,
    dim: int = 1,
    components: int = 1,
    log_variance: float = 0.0,
    log_condition: float = 0.0,
    separation: float = 0.0,
    tilt: float = 0.0,
    offset: float = 0.0,
    turned: bool = False,
    seed: int = 0,
) -> Product:
    """Q (Y_1, ..., Y_d), independent Y_i, each a mixture in d = 1 as `mixture` makes it.

    Arguments:
        dim: d, at least 1.
        components: of each Y_i, at least 1.
        log_variance: log10 of the largest variance lam_max of all components of all Y_i.
        log_condition: log10 of lam_max over the smallest variance, at least 0.
        separation: the components' means are separation * sqrt(lam_max) * N(0, 1), at least 0.
        tilt: the rarest component has 10^-tilt of the commonest one's weight, at least 0.
        offset: |m| of a shift of all in units of sqrt(lam_max), at least 0.
        turned: whether Q is a random orthogonal matrix; else it is the identity.
        seed: of variances, means and Q.

    Returns:
        The target; the same bits for the same arguments.

    Example:
        >>> target = product(dim=3, components=2, separation=1.0)
        >>> len(target.factors), target.rotation
        (3, None)
    """
    whole("dim", dim)
    whole("components", components)
    _finite(log_variance=log_variance, log_condition=log_condition, offset=offset)
    _finite(separation=separation, tilt=tilt)
    rng = _rng("product", seed)
    variances = _covariances(rng, dim * components, 1, log_variance, log_condition)
    variances = variances.reshape(dim, components, 1, 1)
    unit = 10 ** (log_variance / 2)
    means = separation * unit * rng.normal(size=(dim, components, 1))
    means += _shift(rng, dim, offset * unit)[:, None, None]
    weights = _weights(components, tilt)
    factors = [Mixture(weights, means[i], variances[i]) for i in range(dim)]
    basis = None
    if turned:
        basis, _ = np.linalg.qr(rng.normal(size=(dim, dim)))
    return Product(factors, basis)


@checked
def schedule(*, kind: str, T: int, near: float = 0.0, far: float = 0.0, seed: int = 0) -> Schedule:
    """A schedule of that kind whose ends can be moved.

    What the ends move: li_huang_wei has c0 in 0.25..3, r <= 0.95 and c1 <= 8; cosine its angles;
    karras sigma_min in 1e-3..0.5, sigma_max in 2..1e3 and, by the seed, rho in 1..10;
    from_alpha_bar log sigma_1 in -5..-0.5 and log sigma_T in 0.5..5, and by the seed the levels
    between them. ddpm has neither end nor seed.

    Arguments:
        kind: one of ctverify.model.schedule.KINDS.
        T: the number of levels, at least 2; ddpm takes at least 21 and makes 21 of less.
        near: 0..1, moves the end at t = 1.
        far: 0..1, moves the end at t = T.
        seed: of what else the kind has.

    Returns:
        The schedule; the same bits for the same arguments.

    Example:
        >>> schedule(kind="karras", T=9).T
        9
    """
    whole("T", T, 2)
    _finite(near=near, far=far)
    rng = _rng("schedule", seed)
    if kind == "li_huang_wei":
        # r = c1 log T / T must be below 1
        largest_c1 = min(8.0, 0.95 * T / math.log(T))
        return Schedule.li_huang_wei(T, 0.25 + 2.75 * near, (0.05 + 0.95 * far) * largest_c1)
    if kind == "cosine":
        alpha_bar_1 = 1 - 10 ** (5.7 * near - 6)
        alpha_bar_T = 10 ** (-0.4 - 7.6 * far)
        return Schedule.cosine(T, alpha_bar_1=alpha_bar_1, alpha_bar_T=alpha_bar_T)
    if kind == "karras":
        sigma_min = 10 ** (2.7 * near - 3)
        sigma_max = 2 * 10 ** (2.7 * far)
        return Schedule.karras(T, sigma_min, sigma_max, rng.uniform(1, 10))
    if kind == "ddpm":
        return Schedule.ddpm(max(T, 21))
    low = 4.5 * near - 5
    high = 4.5 * far + 0.5
    between = np.sort(rng.uniform(low, high, T - 2))
    log_sigma = np.concatenate([[low], between, [high]])
    return Schedule.from_alpha_bar(1 / (1 + np.exp(2 * log_sigma)))


@checked
@dataclass(frozen=True, eq=False)
class Points:
    """Rows of one level, with the call's numbers that rebuild them.

    Arguments:
        t: the level, 1..T.
        rows: n.
        stretch: how far beyond the law's own width the rows reach.
        seed: of the draws.
        x: (n, d) float64, a_t m + stretch (a_t (X_0 - m) + b_t Z), so that stretch > 1 reaches into
            the tails; not shown in failures, since the other numbers rebuild it.
    """

    t: int
    rows: int
    stretch: float
    seed: int
    x: Float[torch.Tensor, "n d"] = field(repr=False)


@checked
def points_at(
    target: Target, schedule: Schedule, *, t: int, rows: int, stretch: float, seed: int
) -> Points:
    """Points of the law of X_t, stretched about its mean.

    Arguments:
        target: the law of X_0.
        schedule: of the levels.
        t: the level, 1..T.
        rows: how many points, at least 1.
        stretch: 0 is the mean, 1 the law of X_t, more reaches into its tails.
        seed: of the draws.

    Returns:
        The points; the same bits for the same arguments.

    Example:
        >>> levels = schedule(kind="karras", T=9)
        >>> points_at(gaussian(), levels, t=3, rows=2, stretch=0.0, seed=0).x.tolist()
        [[0.0], [0.0]]
    """
    t = level("t", t, schedule.T)
    rows = whole("rows", rows)
    _finite(stretch=stretch)
    a, b = schedule.scales(t)
    generator = stream("strategies/points", seed)
    offset = target.sample(rows, generator) - target.mean
    noise = normal((rows, target.dim), generator, offset)
    x = a * target.mean + stretch * (a * offset + b * noise)
    return Points(t=t, rows=rows, stretch=stretch, seed=seed, x=x)


def _covariances(
    rng: np.random.Generator, count: int, dim: int, log_variance: float, log_condition: float
) -> Array:
    """(count, d, d): eigenvalues uniform in the logarithm, both ends of the range attained where
    there are two or more.
    """
    share = rng.uniform(size=count * dim)
    share[-1] = 1.0
    share[0] = 0.0  # last, so that a single eigenvalue is the largest
    exponents = log_condition * share.reshape(count, 1, dim)
    eigenvalues = 10 ** (log_variance - exponents)
    bases, _ = np.linalg.qr(rng.normal(size=(count, dim, dim)))
    covariances: Array = (bases * eigenvalues) @ bases.swapaxes(1, 2)
    return (covariances + covariances.swapaxes(1, 2)) / 2


def _weights(components: int, tilt: float) -> Array:
    """Weights in geometric progression, the last 10^-tilt of the first, summing to 1."""
    share = np.arange(components)
    weights: Array = 10 ** (-tilt * share / max(1, components - 1))
    return weights / weights.sum()


def _shift(rng: np.random.Generator, dim: int, length: float) -> Array:
    """A vector of that length in a random direction, (d,)."""
    direction = rng.normal(size=dim)
    shift: Array = length * direction / np.linalg.norm(direction)
    return shift


def _rng(purpose: str, seed: int) -> np.random.Generator:
    """The generator of this purpose and seed."""
    return np.random.default_rng(derive(f"strategies/{purpose}", seed))


def _finite(**numbers: float) -> None:
    """InputError where one of them is no finite number."""
    for name, number in numbers.items():
        real(name, number)
