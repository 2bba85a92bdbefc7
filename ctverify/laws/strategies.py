"""Hypothesis strategies for targets, schedules and points on them (builders.py).

A draw is a handful of parameters and a seed, never a tensor, so that a failure shrinks and prints
as a call that rebuilds it. Everything shrinks to N(0, 1) in d = 1, one component, one point, the
smallest T. Bounds keep every draw within float64; laws that solve ODEs narrow them. Options are
keyword-only; a pair is (least, most). What is drawn is told to Hypothesis as events, which
--hypothesis-show-statistics shows, and to the suite's own summary (coverage.py). Hypothesis: `pip
install 'ctverify[properties]'`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from ..core.arguments import InputError, choice, real, whole
from ..core.signatures import checked
from ..model.schedule import KINDS, Schedule
from ..targets import Dataset, Gaussian, Mixture, Product, Target
from .builders import Points as Points
from .builders import dataset as dataset
from .builders import gaussian as gaussian
from .builders import mixture as mixture
from .builders import points_at as points_at
from .builders import product as product
from .builders import schedule as schedule
from .coverage import drew

FAMILIES = ("gaussian", "mixture", "dataset", "product")
Array = NDArray[np.float64]
Range = tuple[float, float]
Counts = tuple[int, int]
Law = TypeVar("Law", bound=Target)

seeds = st.integers(0, 2**32 - 1)


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


def _least_zero(name: str, value: float) -> float:
    """A checked number of at least 0."""
    # `real` excludes its bound: the largest float below 0 lets 0 in
    return real(name, value, -math.ulp(0.0))
