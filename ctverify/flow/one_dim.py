"""In d = 1 no ODE is needed: where the law of X_t is sum_j w_j N(c_j, s_j^2), every flow map is

    Phi_{t->k} = Q_k o F_t   (the quantile function of X_k after the distribution function of X_t).

Ranks are kept as the logarithm of the SMALLER tail and its side (+1: F, -1: 1 - F), so that both
tails keep full relative accuracy. The quantile of a mixture lies between the least and the largest
quantile of its components.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64
from numpy.typing import NDArray
from scipy.interpolate import CubicHermiteSpline, CubicSpline
from scipy.special import log_ndtr, logsumexp, ndtri_exp

from .laws import Clock

Array = NDArray[np.float64]
Map1D = Callable[[Array], Array]
EDGE = 8.5  # |score| beyond which a normal law has 2e-17 of its mass
BLOCK = 2**20  # entries of a (points x components) block
EPS = 2.0**-52
STEPS = 200  # of which a half would do, were all of them halves of what is left


@dataclass(frozen=True, eq=False)
class NormalMixture1D:
    """sum_j weight_j N(centre_j, scale_j^2) with weight > 0, scale >= 0; arrays of shape (K,).

    All that asks for densities, ranks or quantiles needs scale > 0: the form of X_0 may lack it,
    that of X_t = a X_0 + b Z (`noised`) has it.
    """

    weight: Float64[Array, "K"]
    centre: Float64[Array, "K"]
    scale: Float64[Array, "K"]

    def noised(self, a: float, b: float) -> NormalMixture1D:
        """The law of a X + b Z for X of this law, Z ~ N(0, 1) independent."""
        return NormalMixture1D(self.weight, a * self.centre, np.hypot(a * self.scale, b))

    def log_tail(
        self, x: Float64[Array, "*n"], side: Float64[Array, "*n"] | float
    ) -> Float64[Array, "*n"]:
        """log P(X <= x) where side = +1, log P(X > x) where side = -1."""
        z = np.asarray(side)[..., None] * (x[..., None] - self.centre) / self.scale
        return logsumexp(log_ndtr(z), axis=-1, b=self.weight)

    def log_density(self, x: Float64[Array, "*n"]) -> Float64[Array, "*n"]:
        """log of the density at x."""
        z = (x[..., None] - self.centre) / self.scale
        summed = logsumexp(-0.5 * z * z - np.log(self.scale), axis=-1, b=self.weight)
        return summed - 0.5 * np.log(2 * np.pi)

    def rank(self, x: Float64[Array, "n"]) -> tuple[Float64[Array, "n"], Float64[Array, "n"]]:
        """(log of the smaller tail at x, its side)."""
        low = self._blocks(lambda v: self.log_tail(v, 1.0), x)
        high = self._blocks(lambda v: self.log_tail(v, -1.0), x)
        return np.minimum(low, high), np.where(low <= high, 1.0, -1.0)

    def quantile(
        self, log_p: Float64[Array, "n"], side: Float64[Array, "n"]
    ) -> Float64[Array, "n"]:
        """The x whose tail on `side` has the logarithm log_p."""
        return self._blocks(self._quantile, log_p, side)

    def at_scores(self, score: Float64[Array, "n"]) -> Float64[Array, "n"]:
        """Q(N(score)), N the standard normal distribution function: increasing, and exact in both
        tails.
        """
        return self.quantile(log_ndtr(-np.abs(score)), np.where(score < 0, 1.0, -1.0))

    def score(self, x: Float64[Array, "n"]) -> Float64[Array, "n"]:
        """The normal score z of x: N(z) = F(x)."""
        log_p, side = self.rank(x)
        return side * ndtri_exp(log_p)

    def grid(self, n: int) -> Float64[Array, "{n}"]:
        """n points close to even in s = (1/2 + z/17 + (x - x_0)/width)/2 over the scores |z| <=
        8.5.

        Even in probability within the modes and even in x across the gaps between them, where z
        alone would pass in one stride.
        """
        score = np.linspace(-EDGE, EDGE, n)
        share = np.linspace(0.0, 1.0, n)
        x = self.at_scores(score)
        along = (x - x[0]) / (x[-1] - x[0])
        return np.interp(share, 0.5 * (share + along), x)

    def nodes(
        self, n: int
    ) -> tuple[Float64[Array, "{n}"], Float64[Array, "{n}"], Float64[Array, "{n}"]]:
        """Quadrature for E h: scores z, points x = Q(N(z)) and weights that sum to 1, all (n,).

        The trapezoidal rule in the grid's s, made even to rounding by Newton steps: spectrally
        accurate for smooth h.
        """
        wanted = np.linspace(0.0, 1.0, n)
        x = self.grid(n)
        low = x[0]
        high = x[-1]
        for _ in range(5):
            z = self.score(x)
            density = np.exp(self._blocks(self.log_density, x))
            # dz/dx is the density over the normal one at z
            over_normal = np.exp(0.5 * z * z + 0.5 * np.log(2 * np.pi))
            of_score = density * over_normal / (2 * EDGE)
            slope = 0.5 * (of_score + 1 / (high - low))
            share = 0.5 * (0.5 + z / (2 * EDGE) + (x - low) / (high - low))
            x = np.clip(x - (share - wanted) / slope, low, high)
        weight = density / slope
        return self.score(x), x, weight / weight.sum()

    def _quantile(self, log_p: Array, side: Array) -> Array:
        """Newton's method for side (log_tail(x, side) - log_p) = 0, which rises in x, inside the
        components' quantiles; a half of what is left where its step is no good (Numerical Recipes,
        "rtsafe").
        """
        own = self.centre + self.scale * (side * ndtri_exp(log_p))[:, None]
        least = own.min(1)
        largest = own.max(1)
        slack = 1e-12 * (np.abs(own).max(1) + self.scale.max())
        low = least - slack
        high = largest + slack
        x = 0.5 * (low + high)
        before = high - low
        result = x.copy()
        left = np.arange(len(x))
        for _ in range(STEPS):
            gap, slope = self._gap(x, log_p, side)
            low = np.where(gap <= 0, x, low)
            high = np.where(gap >= 0, x, high)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                newton = x - gap / slope  # no number in a gap without mass
            good = (newton >= low) & (newton <= high) & (np.abs(newton - x) <= 0.5 * before)
            following = np.where(good, newton, 0.5 * (low + high))
            before = np.abs(following - x)
            rounded = np.abs(gap) <= 4 * EPS * np.abs(log_p)
            following = np.where(rounded & ~good, x, following)
            result[left] = following
            more = ~rounded & (before > 2 * EPS * np.abs(following))
            if not more.any():
                break
            left = left[more]
            x, low, high, before = following[more], low[more], high[more], before[more]
            log_p, side = log_p[more], side[more]
        return np.clip(result, least, largest)

    def _gap(self, x: Array, log_p: Array, side: Array) -> tuple[Array, Array]:
        """side (log_tail - log_p) at x, and its derivative, the density over the tail."""
        z = (x[:, None] - self.centre) / self.scale
        tails = log_ndtr(side[:, None] * z) + np.log(self.weight)
        largest = tails.max(1, keepdims=True)
        tail = largest[:, 0] + np.log(np.exp(tails - largest).sum(1))
        heights = np.log(self.weight / self.scale) - 0.5 * np.log(2 * np.pi) - 0.5 * z * z
        with np.errstate(under="ignore"):
            slope = np.exp(heights - tail[:, None]).sum(1)
        return side * (tail - log_p), slope

    def _blocks(self, function: Callable[..., Array], *arrays: Array) -> Array:
        """`function` of the arrays, a block of points at a time."""
        pieces = max(1, -(-len(arrays[0]) * len(self.weight) // BLOCK))
        split = [np.array_split(a, pieces) for a in arrays]
        return np.concatenate([function(*parts) for parts in zip(*split, strict=True)])


def quantile_flow(
    form: NormalMixture1D,
    clock: Clock,
    x: Float[torch.Tensor, "L m 1"],
    starts: Sequence[int],
    stop: int,
) -> Float[torch.Tensor, "L m 1"]:
    """Phi_{starts[l]->stop}(x[l]) = Q_stop o F_start for CENTRED x (L, m, 1) and X_0 - mean of law
    `form`; (L, m, 1).
    """
    last = form.noised(*clock.scales(stop))
    rows = []
    for row, start in zip(x, starts, strict=True):
        first = form.noised(*clock.scales(start))
        rows.append(last.quantile(*first.rank(row[:, 0].cpu().numpy())))
    return torch.from_numpy(np.stack(rows)[..., None]).to(x)


def monotone(grid: Float64[Array, "n"], values: Float64[Array, "n"]) -> Map1D:
    """Cubic interpolation of values that increase over `grid`, continued linearly beyond the grid.

    Slopes are the cubic spline's, cut to three times the smaller secant: monotone where the values
    are (Fritsch and Carlson, SIAM J. Numer. Anal. 17, 1980) and of fourth order where the function
    is smooth.
    """
    # across a gap without mass whole stretches of a flow start at one point
    steps = np.diff(np.maximum.accumulate(grid), prepend=-np.inf)
    apart = steps > 1e-14 * (grid[-1] - grid[0])
    grid = grid[apart]
    values = values[apart]
    secant = np.diff(values) / np.diff(grid)
    smaller = np.minimum(np.append(secant, np.inf), np.insert(secant, 0, np.inf))
    steepest = np.maximum(3 * smaller, 0.0)
    slope = np.clip(CubicSpline(grid, values)(grid, 1), 0.0, steepest)
    inside = CubicHermiteSpline(grid, values, slope)
    ends = grid[[0, -1]]
    slopes = inside(ends, 1)

    def f(x: Array) -> Array:
        held = np.clip(x, *ends)
        slope_there = np.where(x < ends[0], slopes[0], slopes[1])
        return inside(held) + (x - held) * slope_there

    return f
