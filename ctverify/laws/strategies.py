"""Hypothesis strategies for targets, schedules and points on them.

A draw is a handful of parameters and a seed, never a tensor, so that a failure shrinks and prints
as a call that rebuilds it:

    gaussian(dim=2, log_variance=1.0, ...)
        eigenvalues lam from 10^log_variance down to 10^(log_variance - log_condition), in a random
        basis
    mixture(dim=1, components=3, ...)
        weights 10^(-tilt j/(K - 1)), means separation * sqrt(lam_max) * N(0, I)
    dataset(dim=2, points=5, ...)
        points 10^log_spread * N(0, I), bandwidth in units of that spread
    product(dim=2, components=2, turned=True, ...)
        independent coordinates, each a mixture in d = 1, in a random orthogonal basis

Everything shrinks to N(0, 1) in d = 1, one component, one point, the smallest T. Bounds keep every
draw within float64; laws that solve ODEs narrow them. Options are keyword-only; a pair is (least,
most). What is drawn is told to Hypothesis as events, which --hypothesis-show-statistics shows, and
to the suite's own summary (coverage.py). Hypothesis: `pip install 'ctverify[properties]'`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jaxtyping import Float
from numpy.typing import NDArray

from ..core.arguments import InputError, choice, level, real, whole
from ..core.signatures import checked
from ..core.streams import derive, normal, stream
from ..model.schedule import KINDS, Schedule
from ..targets import Dataset, Gaussian, Mixture, Product, Target
from .coverage import drew

FAMILIES = ("gaussian", "mixture", "dataset", "product")
Array = NDArray[np.float64]
Range = tuple[float, float]
Counts = tuple[int, int]
Law = TypeVar("Law", bound=Target)

seeds = st.integers(0, 2**32 - 1)


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


@checked
def gaussians(
    *,
    dims: Counts = (1, 16),
    variances: Range = (1e-4, 1e4),
    condition: float = 1e6,
    offset: float = 20.0,
) -> SearchStrategy[Gaussian]:
    """Gaussian targets.

    Arguments:
        dims: (least, most) dimension, at least 1.
        variances: (least, most) eigenvalue of the covariance, above 0.
        condition: the largest condition number, at least 1.
        offset: the largest |m| in units of the square root of the largest eigenvalue, at least 0.

    Returns:
        A strategy that draws `gaussian(...)` and shrinks to N(0, 1).

    Raises:
        InputError: an option is outside its range, or a pair is out of order.

    Example:
        >>> from hypothesis import find
        >>> find(gaussians(dims=(3, 3)), lambda _: True).dim
        3
    """
    return _spectra(dims, variances, condition, offset).flatmap(
        lambda spectrum: st.builds(_told(gaussian), **spectrum)
    )


@checked
def mixtures(
    *,
    dims: Counts = (1, 16),
    components: Counts = (1, 8),
    variances: Range = (1e-4, 1e4),
    condition: float = 1e6,
    separation: float = 20.0,
    smallest_weight: float = 1e-12,
    offset: float = 20.0,
) -> SearchStrategy[Mixture]:
    """Mixtures of Gaussians, with centres from coincident to far apart.

    Arguments:
        dims: (least, most) dimension, at least 1.
        components: (least, most) number of components, at least 1.
        variances: (least, most) eigenvalue of all covariances, above 0.
        condition: the largest ratio of two eigenvalues, at least 1.
        separation: the largest standard deviation of the centres in each coordinate, in units of
            the square root of the largest eigenvalue, at least 0.
        smallest_weight: the least weight of a component beside the commonest one's, in (0, 1].
        offset: how far all centres are moved at most, in the same unit, at least 0.

    Returns:
        A strategy that draws `mixture(...)` and shrinks to N(0, 1).

    Raises:
        InputError: an option is outside its range, or a pair is out of order.

    Example:
        >>> from hypothesis import find
        >>> len(find(mixtures(components=(2, 4)), lambda _: True).weights)
        2
    """
    more = _modes(components, separation, smallest_weight)
    return _spectra(dims, variances, condition, offset).flatmap(
        lambda spectrum: st.builds(_told(mixture), **spectrum, **more)
    )


@checked
def datasets(
    *,
    dims: Counts = (1, 16),
    points: Counts = (1, 64),
    spreads: Range = (1e-2, 1e2),
    bandwidths: Range = (0.05, 2.0),
    offset: float = 20.0,
) -> SearchStrategy[Dataset]:
    """Smoothed point sets.

    Arguments:
        dims: (least, most) dimension, at least 1.
        points: (least, most) number of points, at least 1.
        spreads: (least, most) standard deviation that the points are drawn with, above 0.
        bandwidths: (least, most) width of the smoothing kernel in units of the spread, above 0.
        offset: the largest distance of the centre from 0 in units of the spread, at least 0.

    Returns:
        A strategy that draws `dataset(...)` and shrinks to one point in d = 1.

    Raises:
        InputError: an option is outside its range, or a pair is out of order.

    Example:
        >>> from hypothesis import find
        >>> len(find(datasets(points=(5, 9)), lambda _: True).points)
        5
    """
    return st.builds(
        _told(dataset),
        dim=st.integers(*_counts("dims", dims)),
        points=st.integers(*_counts("points", points)),
        log_spread=_exponents("spreads", spreads),
        bandwidth=st.floats(*_range("bandwidths", bandwidths)),
        offset=st.floats(0, _least_zero("offset", offset)),
        seed=seeds,
    )


@checked
def products(
    *,
    dims: Counts = (1, 16),
    components: Counts = (1, 3),
    variances: Range = (1e-4, 1e4),
    condition: float = 1e6,
    separation: float = 20.0,
    smallest_weight: float = 1e-12,
    offset: float = 20.0,
) -> SearchStrategy[Product]:
    """Products of laws in d = 1, in the coordinates' basis or turned.

    Arguments:
        dims: (least, most) dimension, at least 1.
        components: (least, most) number of components of each factor, at least 1.
        variances: (least, most) variance of all components, above 0.
        condition: the largest ratio of two of these variances, at least 1.
        separation: the largest standard deviation of the centres, in units of the square root of
            the largest variance, at least 0.
        smallest_weight: the least weight of a component beside the commonest one's, in (0, 1].
        offset: how far all is moved at most, in the same unit, at least 0.

    Returns:
        A strategy that draws `product(...)` and shrinks to N(0, 1).

    Raises:
        InputError: an option is outside its range, or a pair is out of order.

    Example:
        >>> from hypothesis import find
        >>> len(find(products(dims=(2, 4)), lambda _: True).factors)
        2
    """
    more = _modes(components, separation, smallest_weight)
    return _spectra(dims, variances, condition, offset).flatmap(
        lambda spectrum: st.builds(_told(product), **spectrum, **more, turned=st.booleans())
    )


@checked
def targets(
    *, families: Sequence[str] = FAMILIES, dims: Counts = (1, 16), offset: float = 20.0
) -> SearchStrategy[Target]:
    """Any target of these families, otherwise in the families' own ranges.

    For narrower ones take `one_of(gaussians(...), mixtures(...))`.

    Arguments:
        families: at least one of FAMILIES.
        dims: (least, most) dimension, at least 1.
        offset: the largest distance of the mean from 0, in the family's own unit, at least 0.

    Returns:
        A strategy that shrinks to the first family's simplest target.

    Raises:
        InputError: a family is unknown, there is none, or another option is outside its range.

    Example:
        >>> from hypothesis import find
        >>> find(targets(families=("mixture", "dataset")), lambda law: law.dim == 1).dim
        1
    """
    known: dict[str, SearchStrategy[Any]] = {
        "gaussian": gaussians(dims=dims, offset=offset),
        "mixture": mixtures(dims=dims, offset=offset),
        "dataset": datasets(dims=dims, offset=offset),
        "product": products(dims=dims, offset=offset),
    }
    chosen = [known[choice("families", family, known)] for family in families]
    if not chosen:
        raise InputError(f"families must name at least one of {', '.join(FAMILIES)}, got none")
    return st.one_of(*chosen)


@checked
def schedules(
    *, steps: Counts = (2, 4096), families: Sequence[str] = KINDS
) -> SearchStrategy[Schedule]:
    """Schedules of these families.

    Arguments:
        steps: (least, most) T, at least 2.
        families: at least one of ctverify.model.schedule.KINDS; ddpm, which needs 21 levels, is
            drawn only where `steps` reaches beyond 20.

    Returns:
        A strategy that draws `schedule(...)` and shrinks to the smallest T.

    Raises:
        InputError: a family is unknown, none exists for these T, or `steps` is out of order.

    Example:
        >>> from hypothesis import find
        >>> find(schedules(steps=(50, 50)), lambda _: True).T
        50
    """
    low, high = _counts("steps", steps, 2)
    named = [family for family in families if family != "ddpm" or high > 20]
    kept = [choice("families", family, KINDS) for family in named]
    if not kept:
        raise InputError(
            f"families must name one that exists for T in {low}..{high}, "
            f"got {', '.join(families) or 'none'}"
        )
    # one builder for all, with as many choices for each, so that Hypothesis takes none for simpler
    # than the first
    return st.builds(
        _told_schedule,
        kind=st.sampled_from(kept),
        T=st.integers(low, high),
        near=st.floats(0, 1),
        far=st.floats(0, 1),
        seed=seeds,
    )


@checked
def points(
    target: Target, schedule: Schedule, *, rows: int = 8, stretch: float = 4.0
) -> SearchStrategy[Points]:
    """Points of one level t in 1..T, from the mean to beyond the law's own width.

    Arguments:
        target: the law of X_0.
        schedule: of the levels.
        rows: the most points of one draw, at least 1.
        stretch: how many times the law's own width the points reach, above 0.

    Returns:
        A strategy that draws `points_at(...)` and shrinks to one row at the mean of level 1.

    Raises:
        InputError: rows or stretch is outside its range.

    Example:
        >>> from hypothesis import find
        >>> levels = schedule(kind="karras", T=9)
        >>> find(points(gaussian(), levels), lambda drawn: drawn.rows == 1).rows
        1
    """
    return st.builds(
        points_at,
        st.just(target),
        st.just(schedule),
        t=st.integers(1, schedule.T),
        rows=st.integers(1, whole("rows", rows)),
        stretch=st.floats(0, real("stretch", stretch, 0)),
        seed=seeds,
    )


def _told(build: Callable[..., Law]) -> Callable[..., Law]:
    """A builder of targets that tells what it is asked for; failures show it by its own name."""

    @functools.wraps(build)
    def told(**parameters: Any) -> Law:
        dim = parameters["dim"]
        drew("target", build.__name__)
        drew("d", dim)
        components = parameters.get("components", 1)
        if "log_condition" in parameters:
            condition = 10 ** parameters["log_condition"]
            drew("condition", condition if dim * components > 1 else 1.0)
        if components > 1:
            drew("separation", parameters["separation"])
        if "bandwidth" in parameters:
            drew("bandwidth", parameters["bandwidth"])
        return build(**parameters)

    return told


@functools.wraps(schedule)
def _told_schedule(**parameters: Any) -> Schedule:
    """`schedule`, which tells what it is asked for."""
    drew("schedule", parameters["kind"])
    drew("T", parameters["T"])
    return schedule(**parameters)


def _modes(
    components: Counts, separation: float, smallest_weight: float
) -> dict[str, SearchStrategy[Any]]:
    """Components, separation and tilt as strategies."""
    low, high = _counts("components", components)
    apart = _least_zero("separation", separation)
    tilt = -math.log10(real("smallest_weight", smallest_weight, 0, 1 + 1e-12))
    # nearly coincident centres have probability 0 under a uniform draw, hence a branch of their own
    coincident = st.floats(0, min(apart, 1e-3))
    return {
        "components": st.integers(low, high),
        "separation": st.floats(0, apart) | coincident,
        "tilt": st.floats(0, max(0.0, tilt)),
    }


def _spectra(
    dims: Counts, variances: Range, condition: float, offset: float
) -> SearchStrategy[dict[str, Any]]:
    """dim, largest variance, condition number, offset and seed as strategies that keep every
    eigenvalue within `variances`.
    """
    low, _ = _range("variances", variances)
    log_least = math.log10(low)
    log_most_condition = math.log10(real("condition", condition, 1 - 1e-12))
    dim = st.integers(*_counts("dims", dims))
    length = st.floats(0, _least_zero("offset", offset))

    def rest(log_variance: float) -> dict[str, Any]:
        room = min(log_most_condition, log_variance - log_least)
        most = max(0.0, room)
        return {
            "dim": dim,
            "log_variance": st.just(log_variance),
            "log_condition": st.floats(0, most) | st.just(most),
            "offset": length,
            "seed": seeds,
        }

    return _exponents("variances", variances).map(rest)


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


def _counts(name: str, pair: Counts, least: int = 1) -> Counts:
    """A checked pair of whole numbers in order."""
    low = whole(f"{name}[0]", pair[0], least)
    high = whole(f"{name}[1]", pair[1], least)
    if low > high:
        raise InputError(f"{name} must be (least, most) in that order, got {pair}")
    return low, high


def _range(name: str, pair: Range) -> Range:
    """A checked pair of positive numbers in order."""
    low = real(f"{name}[0]", pair[0], 0)
    high = real(f"{name}[1]", pair[1], 0)
    if low > high:
        raise InputError(f"{name} must be (least, most) in that order, got {pair}")
    return low, high


def _exponents(name: str, pair: Range) -> SearchStrategy[float]:
    """log10 of a number within the pair."""
    low, high = _range(name, pair)
    return st.floats(math.log10(low), math.log10(high))


def _finite(**numbers: float) -> None:
    """InputError where one of them is no finite number."""
    for name, number in numbers.items():
        real(name, number)


def _least_zero(name: str, value: float) -> float:
    """A checked number of at least 0."""
    # `real` excludes its bound: the largest float below 0 lets 0 in
    return real(name, value, -math.ulp(0.0))
