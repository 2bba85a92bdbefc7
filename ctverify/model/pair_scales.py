"""The scales of two times at once, x_t = a(t) X_0 + b(t) Z with Z ~ N(0, I), and their divided
differences

    a[t, s] = (a(t) - a(s))/(t - s) = int_0^1 a'(s + r (t - s)) dr,      a[t, t] = a'(t),

with the derivatives of all of them in t and in s. Where the two points (a, b) are seen from 0 at
less than NEAR, the integral is taken by Gauss and Legendre's rule (Davis and Rabinowitz, Methods of
Numerical Integration, 2.7), so that nothing is lost as s tends to t; elsewhere the difference is
divided as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numpy.polynomial import chebyshev, legendre
from numpy.typing import NDArray

Array = NDArray[np.float64]
Curve = Callable[[Array], "Motion"]

NEAR = 0.1  # an angle at which 8 points leave 1e-19, and a divided difference 1e-13 of its slope
POINTS, WEIGHTS = legendre.leggauss(8)
DEGREE = 16  # of the polynomial through which a function known by values alone is differentiated
WINDOW = 0.05  # half the width of its interval, over the whole range


@dataclass(frozen=True, eq=False)
class Motion:
    """Functions of t with two derivatives each, (k, n): k functions at n times."""

    value: Float64[Array, "k n"]
    rate: Float64[Array, "k n"]
    bend: Float64[Array, "k n"]


@dataclass(frozen=True, eq=False)
class PairScales:
    """a(t), b(t), a(s), b(s), a[t, s], b[t, s] in this order, (6, n), and their derivatives.

    b is the noise's standard deviation, z_std times the convention's own b.
    """

    value: Float64[Array, "6 n"]
    by_t: Float64[Array, "6 n"]
    by_s: Float64[Array, "6 n"]


def pair_scales(curve: Curve, t: Float64[Array, "n"], s: Float64[Array, "n"]) -> PairScales:
    """The scales at times t and s of a curve t -> (a, b).

    Arguments:
        curve: the two functions with their derivatives, for times (n,).
        t, s: times, (n,) each; they may be equal.

    Returns:
        The scales, finite also where t = s.
    """
    later = curve(t)
    earlier = curve(s)
    near = _angle(later.value, earlier.value) <= NEAR
    return _stacked(later, earlier, *divided(curve, t, s, near))


def divided(
    curve: Curve, t: Float64[Array, "n"], s: Float64[Array, "n"], near: NDArray[np.bool_]
) -> tuple[Float64[Array, "k n"], Float64[Array, "k n"], Float64[Array, "k n"]]:
    """f[t, s] of each of a curve's functions, and its derivatives in t and in s; (k, n) each.

    Arguments:
        curve: the functions with their derivatives.
        t, s: times, (n,) each.
        near: (n,), whether to integrate the slope; elsewhere t and s must differ.
    """
    later = curve(t)
    earlier = curve(s)
    gap = np.where(near, 1.0, t - s)
    slope = (later.value - earlier.value) / gap
    by_t = (later.rate - slope) / gap
    by_s = (slope - earlier.rate) / gap
    share = 0.5 * (POINTS + 1)[:, None]
    weight = 0.5 * WEIGHTS[:, None]
    inside = s[near] + share * (t - s)[near]
    between = curve(inside.ravel())
    rate = between.rate.reshape(len(slope), *inside.shape)
    bend = between.bend.reshape(len(slope), *inside.shape)
    slope[:, near] = (weight * rate).sum(1)
    by_t[:, near] = (weight * share * bend).sum(1)
    by_s[:, near] = (weight * (1 - share) * bend).sum(1)
    return slope, by_t, by_s


def pair_of_squares(curve: Curve, t: Float64[Array, "n"], s: Float64[Array, "n"]) -> PairScales:
    """The scales of a = sqrt(A), b = sqrt(1 - A) from A alone, k = 1, whose square roots may be
    steep at the data end: a[t, s] = A[t, s]/(a(t) + a(s)), b[t, s] = -A[t, s]/(b(t) + b(s)).
    """
    later = curve(t)
    earlier = curve(s)
    near = _angle(_roots(later).value, _roots(earlier).value) <= NEAR
    slope, by_t, by_s = divided(curve, t, s, near)
    sign = np.array([[1.0], [-1.0]])
    roots_t = _roots(later)
    roots_s = _roots(earlier)
    total = roots_t.value + roots_s.value
    each = sign * slope / total
    each_by_t = (sign * by_t - each * roots_t.rate) / total
    each_by_s = (sign * by_s - each * roots_s.rate) / total
    return _stacked(roots_t, roots_s, each, each_by_t, each_by_s)


def motion_of_values(
    function: Callable[[float], float], t: Float64[Array, "n"], low: float, high: float
) -> Motion:
    """A function of which only values are known, differentiated through the polynomial of degree
    DEGREE at Chebyshev's points about each time, inside low..high; k = 1.

    Rounding costs about 1e-13 of the function over the range in the first derivative, 1e-10 in the
    second.
    """
    half = WINDOW * (high - low)
    middle = np.clip(t, low + half, high - half)
    nodes = chebyshev.chebpts1(DEGREE + 1)
    known = np.array([[float(function(at)) for at in middle + half * node] for node in nodes])
    polynomial = chebyshev.chebfit(nodes, known, DEGREE)
    place = (t - middle) / half
    slopes = [
        chebyshev.chebval(place, chebyshev.chebder(polynomial, order), tensor=False) / half**order
        for order in (1, 2)
    ]
    rate, bend = np.array(slopes, dtype=np.float64)
    value = np.array([float(function(at)) for at in t])
    return Motion(value[None], rate[None], bend[None])


def _roots(square: Motion) -> Motion:
    """sqrt(A) and sqrt(1 - A) with their first derivatives, from A; k = 2."""
    value = np.sqrt(np.concatenate([square.value, 1 - square.value]))
    rate = np.concatenate([square.rate, -square.rate]) / (2 * value)
    return Motion(value, rate, np.full_like(value, np.nan))


def _angle(one: Float64[Array, "2 n"], other: Float64[Array, "2 n"]) -> Float64[Array, "n"]:
    """The angle between two points seen from 0."""
    cross = one[0] * other[1] - one[1] * other[0]
    return np.abs(np.arctan2(cross, (one * other).sum(0)))


def _stacked(later: Motion, earlier: Motion, slope: Array, by_t: Array, by_s: Array) -> PairScales:
    """The six rows of PairScales."""
    none = np.zeros_like(slope)
    return PairScales(
        value=np.concatenate([later.value, earlier.value, slope]),
        by_t=np.concatenate([later.rate, none, by_t]),
        by_s=np.concatenate([none, earlier.rate, by_s]),
    )
