"""Starts of d = 1 from strata: one uniform draw in each of n cells of equal probability.

    u_i uniform on ((i - 1)/n, i/n), independent;   z_i = N^-1(u_i);   X_T = Q_T(u_i)

N the standard normal distribution function, Q_t the quantile function of X_t: z_i is a draw of
N(0, 1) and X_T beside it one of p_T at the same score, the closest coupling of the two. Errors
between fixed nodes, or between those of a grid that is shifted as a whole, would be invisible at
any size; n stratified draws meet a set of probability p with probability 1 - (1 - p)^n at least, as
independent draws do.

v = N(score of an exact point) is uniform on (0, 1). A curve c of v that is constant on cells and
fitted to other draws has a mean that is known:

    E h = mean of c + E [h - c(v)],

and draws are needed for the second term only, which varies less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri_exp

from ..core.confidence import upper_limit
from ..flow.one_dim import Array, NormalMixture1D
from .checked_model import Centred
from .starts import Starts

LARGEST_TAIL = 1 - 2**-53  # below 1, where a score would be infinite


def stratified_scores(n: int, generator: torch.Generator) -> Float64[Array, "{n}"]:
    """Normal scores, one a cell of probability 1/n.

    Arguments:
        n: how many, at least 1.
        generator: of all draws.

    Returns:
        z_1 <= ... <= z_n, independent, N(z_i) uniform on ((i - 1)/n, i/n).

    Example:
        >>> z = stratified_scores(4, torch.Generator().manual_seed(0))
        >>> [int(4 * u) for u in ndtr(z)]
        [0, 1, 2, 3]
    """
    drawn = torch.rand(n, generator=generator, dtype=torch.float64).numpy()
    within = 1 - drawn  # in (0, 1]: no logarithm of 0
    below = np.arange(n)
    # counted from the nearer end, in logarithms: full relative accuracy in both tails
    nearer = np.minimum(below, n - 1 - below)
    side = np.where(2 * below < n, 1.0, -1.0)
    tail = np.minimum((nearer + within) / n, LARGEST_TAIL)
    return side * ndtri_exp(np.log(tail))


def stratified_starts(
    f: Centred, form: NormalMixture1D, n: int, generator: torch.Generator
) -> Starts:
    """n starts at stratified z, each beside the point of X_T at the same score.

    Arguments:
        f: the model, whose target and schedule count; d = 1.
        form: the law of X_0 - mean.
        n: how many, at least 1.
        generator: of all draws.

    Returns:
        Starts at level T, in increasing order.
    """
    schedule = f.schedule
    like = f.target.mean
    a, b = schedule.scales(schedule.T)
    score = stratified_scores(n, generator)
    exact = form.noised(a, b).at_scores(score)
    z = torch.from_numpy(score[:, None]).to(like)
    return Starts(
        level=schedule.T,
        z=z,
        model=f.start_std * z - a * like,
        exact=torch.from_numpy(exact[:, None]).to(like),
    )


def exact_scores(
    f: Centred, form: NormalMixture1D, level: int, exact: Float[torch.Tensor, "n 1"]
) -> Float64[Array, "n"]:
    """The normal scores of exact points, which the flow keeps: X_t = Q_t(N(score)).

    Arguments:
        f: the model, whose schedule counts; d = 1.
        form: the law of X_0 - mean.
        level: where the points are.
        exact: centred, of the law of X at that level.

    Returns:
        (n,), of the law N(0, 1).
    """
    law = form.noised(*f.schedule.scales(level))
    return law.score(exact[:, 0].cpu().numpy())


@dataclass(frozen=True, eq=False)
class StepCurve:
    """c: a constant on each cell of equal probability of scores; `height` (cells,)."""

    height: Float64[Array, "cells"]

    @classmethod
    def fitted(
        cls, values: Float64[Array, "n"], score: Float64[Array, "n"], cells: int
    ) -> StepCurve:
        """The mean of the values in each cell; of all values where a cell has none."""
        cell = _cell(score, cells)
        count = np.bincount(cell, minlength=cells)
        total = np.bincount(cell, values, cells)
        mean = total / np.maximum(count, 1)
        return cls(np.where(count > 0, mean, values.mean()))

    def flattened(
        self, values: Float64[Array, "n"], score: Float64[Array, "n"]
    ) -> Float64[Array, "n"]:
        """h - c(v) + mean of c: draws of the same mean as h, which vary less where c is near h."""
        cell = _cell(score, len(self.height))
        return values - self.height[cell] + self.height.mean()


def crossed_upper_limit(
    values: Float64[Array, "n"], score: Float64[Array, "n"], cells: int, alpha: float
) -> float:
    """The upper limit of a mean of independent rows, about curves that these rows fit themselves.

    Each half's limit, about the curve of the other half, holds with probability 1 - alpha/2: so
    both do with 1 - alpha, and then their mean does.

    Arguments:
        values: (n,), independent, n >= 4.
        score: the rows' normal scores, (n,).
        cells: of each curve.
        alpha: the failure probability, in (0, 1).

    Returns:
        A number that the mean exceeds with probability `alpha` at most.
    """
    half = len(values) // 2
    first = slice(half)
    second = slice(half, None)
    limits = []
    for fitted, held in ((first, second), (second, first)):
        curve = StepCurve.fitted(values[fitted], score[fitted], cells)
        draws = curve.flattened(values[held], score[held])
        limits.append(upper_limit(torch.from_numpy(draws), alpha / 2))
    return sum(limits) / 2


def _cell(score: Float64[Array, "n"], cells: int) -> Int64[NDArray[np.int64], "n"]:
    """Which of the cells of equal probability, 0..cells - 1."""
    cell = (ndtr(score) * cells).astype(int)
    return np.minimum(cell, cells - 1)
