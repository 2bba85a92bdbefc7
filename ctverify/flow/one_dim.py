"""The line, d = 1, where no ODE is needed: the law of X_t is sum_j w_j N(c_j, s_j^2), and every
flow map is

    Phi_{t->k} = Q_k o F_t     (the quantile function of X_k after the distribution function of X_t).

Ranks are kept as the logarithm of the SMALLER tail and its side (+1: F, -1: 1 - F), so that both
tails keep full relative accuracy. The quantile of a mixture lies between the least and the largest
quantile of its components.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicHermiteSpline, CubicSpline
from scipy.optimize import elementwise
from scipy.special import log_ndtr, logsumexp, ndtri_exp

from ..model.schedule import Schedule
from ..targets import Dataset, Gaussian, Mixture, Target

Array = NDArray[np.float64]
LineMap = Callable[[Array], Array]
EDGE = 8.5  # |score| beyond which a normal law has 2e-17 of its mass
BLOCK = 2**20  # entries of a (points x components) block


@dataclass(frozen=True, eq=False)
class LineMixture:
    """sum_j weight_j N(centre_j, scale_j^2) with weight > 0, scale > 0; arrays of shape (K,)."""

    weight: Array
    centre: Array
    scale: Array

    def log_tail(self, x: Array, side: Array | float) -> Array:
        """log P(X <= x) where side = +1, log P(X > x) where side = -1."""
        z = np.asarray(side)[..., None] * (x[..., None] - self.centre) / self.scale
        return logsumexp(log_ndtr(z), axis=-1, b=self.weight)

    def log_density(self, x: Array) -> Array:
        """log of the density at x."""
        z = (x[..., None] - self.centre) / self.scale
        return logsumexp(-0.5 * z * z - np.log(self.scale), axis=-1, b=self.weight) - 0.5 * np.log(
            2 * np.pi
        )

    def rank(self, x: Array) -> tuple[Array, Array]:
        """(log of the smaller tail at x, its side)."""
        low, high = (
            self._blocks(lambda v: self.log_tail(v, 1.0), x),
            self._blocks(lambda v: self.log_tail(v, -1.0), x),
        )
        return np.minimum(low, high), np.where(low <= high, 1.0, -1.0)

    def quantile(self, log_p: Array, side: Array) -> Array:
        """The x whose tail on `side` has the logarithm log_p (Chandrupatla's method inside the
        components' quantiles).
        """
        return self._blocks(self._quantile, log_p, side)

    def at_scores(self, score: Array) -> Array:
        """Q(N(score)), N the standard normal distribution function: increasing, and exact in both
        tails.
        """
        return self.quantile(log_ndtr(-np.abs(score)), np.where(score < 0, 1.0, -1.0))

    def score(self, x: Array) -> Array:
        """The normal score z of x: N(z) = F(x)."""
        log_p, side = self.rank(x)
        return side * ndtri_exp(log_p)

    def grid(self, n: int) -> Array:
        """n points close to even in s = (1/2 + z/17 + (x - x_0)/width)/2 over the scores |z| <=
        8.5.

        Even in probability within the modes and even in x across the gaps between them, where z
        alone would pass in one stride.
        """
        score, level = np.linspace(-EDGE, EDGE, n), np.linspace(0.0, 1.0, n)
        x = self.at_scores(score)
        return np.interp(level, 0.5 * (level + (x - x[0]) / (x[-1] - x[0])), x)

    def nodes(self, n: int) -> tuple[Array, Array, Array]:
        """Quadrature for E h: scores z, points x = Q(N(z)) and weights that sum to 1, all (n,).

        The trapezoidal rule in the grid's s, made even to rounding by Newton steps: spectrally
        accurate for smooth h.
        """
        level, x = np.linspace(0.0, 1.0, n), self.grid(n)
        low, high = x[0], x[-1]
        for _ in range(5):
            z, density = self.score(x), np.exp(self._blocks(self.log_density, x))
            slope = 0.5 * (
                density * np.exp(0.5 * z * z + 0.5 * np.log(2 * np.pi)) / (2 * EDGE)
                + 1 / (high - low)
            )
            share = 0.5 * (0.5 + z / (2 * EDGE) + (x - low) / (high - low))
            x = np.clip(x - (share - level) / slope, low, high)
        weight = density / slope
        return self.score(x), x, weight / weight.sum()

    def _quantile(self, log_p: Array, side: Array) -> Array:
        own = self.centre + self.scale * (side * ndtri_exp(log_p))[:, None]
        slack = 1e-12 * (np.abs(own).max(1) + self.scale.max())
        low, high = own.min(1) - slack, own.max(1) + slack
        found = elementwise.find_root(
            lambda x, p, s: s * (self.log_tail(x, s) - p),
            (low, high),
            args=(log_p, side),
            tolerances={"xrtol": 1e-15, "xatol": 0.0},
        )
        return np.where(found.success, found.x, np.clip(0.5 * (low + high), own.min(1), own.max(1)))

    def _blocks(self, function, *arrays: Array) -> Array:  # type: ignore[no-untyped-def]
        pieces = max(1, -(-len(arrays[0]) * len(self.weight) // BLOCK))
        split = [np.array_split(a, pieces) for a in arrays]
        return np.concatenate([function(*parts) for parts in zip(*split, strict=True)])


def clean(target: Target) -> LineMixture:
    """The law of X_0 - mean of a target in d = 1, as a mixture whose scales may be 0."""
    if isinstance(target, Dataset):
        n = len(target.points)
        centre, scale, weight = target.keys[:, 0], np.full(n, target.bandwidth), np.full(n, 1 / n)
        return LineMixture(weight, centre.cpu().numpy().astype(float), scale)
    assert isinstance(target, Gaussian | Mixture)
    c = target.components
    kept = c.log_weights.isfinite()
    parts = c.log_weights.exp(), c.means[:, 0], c.eigenvalues[:, 0].sqrt()
    return LineMixture(*(v[kept].cpu().numpy().astype(float) for v in parts))


def law(target: Target, schedule: Schedule, t: int) -> LineMixture:
    """The law of X_t - sqrt(alpha_bar_t) mean."""
    (a, b), start = schedule.scales(t), clean(target)
    return LineMixture(start.weight, a * start.centre, np.hypot(a * start.scale, b))


def line_flow(target: Target, schedule: Schedule, x: Array, start: int, stop: int) -> Array:
    """Phi_{start->stop} at x (n,), both centred: Q_stop o F_start."""
    return law(target, schedule, stop).quantile(*law(target, schedule, start).rank(x))


def monotone(grid: Array, values: Array) -> LineMap:
    """Cubic interpolation of values that increase over `grid`, continued linearly beyond the grid.

    Slopes are the cubic spline's, cut to three times the smaller secant: monotone where the values
    are (Fritsch and Carlson, SIAM J. Numer. Anal. 17, 1980) and of fourth order where the function
    is smooth.
    """
    apart = np.diff(np.maximum.accumulate(grid), prepend=-np.inf) > 1e-14 * (grid[-1] - grid[0])
    grid, values = (
        grid[apart],
        values[apart],
    )  # across a gap without mass whole stretches of a flow start at one point
    secant = np.diff(values) / np.diff(grid)
    least = 3 * np.minimum(np.append(secant, np.inf), np.insert(secant, 0, np.inf))
    inside = CubicHermiteSpline(
        grid, values, np.clip(CubicSpline(grid, values)(grid, 1), 0.0, np.maximum(least, 0.0))
    )
    ends, slopes = grid[[0, -1]], inside(grid[[0, -1]], 1)

    def f(x: Array) -> Array:
        held = np.clip(x, *ends)
        return inside(held) + (x - held) * np.where(x < ends[0], slopes[0], slopes[1])

    return f
