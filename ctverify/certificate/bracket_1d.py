"""The two-sided bracket on W_1 in d = 1, from stratified starts or those of a sampler.

Rows: model = f_tau(U), exact = Q_1(N(z)) for z the score of U*, whose law is that of X_1. First a
pilot, whose rows count for nothing else; then the rows that are reported.

UPPER  the mean of |model - exact|, which bounds W_1: of stratified starts it is W_1 for a model
       that increases. Or batches of rows, sorted: the mean distance of sorted model and sorted
       exact of the SAME rows has an expectation of at least W_1 too, is 0 for the exact map, and is
       no lower limit of anything. Rows are sorted where that limit, on the pilot, lies well below
       the plain mean.
LOWER  the mean of g(model) - g(exact), at most W_1 for every 1-Lipschitz g: of slope sign(F - G), F
       and G the distribution functions of the pilot's exact and model.
W_2    the squares of the upper end's distances.

A mean of independent rows gets Student's limit, about a curve that the pilot fitted (strata.py).
Sorted rows depend on each other, and so may those of a sampler that has paired them anew: they get
Student's limit of whole batches. Quantiles are exact to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from scipy.special import ndtr, stdtrit

from ..core.confidence import concentration, lower_limit, upper_limit
from ..core.streams import stream
from ..flow.one_dim import Array, NormalMixture1D
from .bracket import Bracket
from .checked_model import Centred
from .starts import DrawStarts
from .strata import StepCurve, exact_scores

BATCH = 500  # rows that are sorted together
FEWEST_BATCHES = 30  # behind Student's limit of batches
PILOT_BATCHES = 8
WORTHWHILE = 0.98  # of the plain mean: a limit of sorted batches that is not below it gains nothing
EPS = float(np.finfo(float).eps)
ROUNDINGS = 16  # of the largest number: what a quantile and f's shift may be off


def bracket_1d(
    f: Centred,
    form: NormalMixture1D,
    draw_starts: DrawStarts,
    pairs: int,
    alpha: float,
    seed: int,
    repair_batch: int | None = None,
) -> Bracket:
    """The bracket in d = 1; each of its three limits holds with probability 1 - alpha.

    Arguments:
        f: the model.
        form: the law of X_0 - mean.
        draw_starts: n starts from a generator. Those at level T are independent of each other, one
            a stratum or all of one law; of others only different calls are.
        pairs: rows that are reported, at least 30; what is left of whole batches is not drawn.
        alpha: the failure probability of each limit, in (0, 1).
        seed: of all draws.
        repair_batch: rows that are sorted together, at most pairs/30; None for min(500, pairs/30).

    Returns:
        The bracket on W_1 between f_tau(U) and X_1.
    """
    size = repair_batch or min(BATCH, pairs // FEWEST_BATCHES)
    count = pairs // size
    generator = stream("certificate/pilot", seed)
    pilot = _rows(f, form, draw_starts, (PILOT_BATCHES, size), generator)
    few_steps = pilot.level < f.schedule.T
    sorting = few_steps or _sorting_pays(pilot, count, alpha)
    batches = (count, size) if sorting else (1, count * size)
    generator = stream("certificate/pairs", seed)
    rows = _rows(f, form, draw_starts, batches, generator)
    potential = Potential1D.fitted(pilot.model.ravel(), pilot.exact.ravel())

    def distances(part: Rows) -> Array:
        return part.distance(sorting)

    def squares(part: Rows) -> Array:
        return part.distance(sorting) ** 2

    gain = _draws(pilot, rows, potential.gain, few_steps)
    distance = _draws(pilot, rows, distances, sorting)
    square = _draws(pilot, rows, squares, sorting)
    farthest = float(np.abs(rows.exact).max())
    largest = farthest + abs(float(f.target.mean))
    rounding = ROUNDINGS * EPS * largest
    pairing = f"sorted in {count} batches of {size}" if sorting else "row by row"
    scale = constant_model_distance(form.noised(*f.schedule.scales(1)))
    return Bracket(
        lower=max(0.0, lower_limit(gain, alpha) - rounding),
        upper=upper_limit(distance, alpha) + rounding,
        lower_estimate=float(gain.mean()),
        upper_estimate=float(distance.mean()),
        w2_upper=max(0.0, upper_limit(square, alpha)) ** 0.5 + rounding,
        concentration=max(map(concentration, (gain, distance, square))),
        method=f"coupled {pairing}; potential and curve fitted on a pilot; Student limits",
        scale=scale,
        scale_upper=scale + rounding,
        draws=rows.model.size,
    )


def constant_model_distance(law: NormalMixture1D) -> float:
    """min_c E|X - c|, which is W_1 of the best constant: c is the median.

    Arguments:
        law: of X, with positive scales.

    Returns:
        The mean distance from the median, in closed form.

    Example:
        >>> standard = NormalMixture1D(np.ones(1), np.zeros(1), np.ones(1))
        >>> round(constant_model_distance(standard), 6)  # sqrt(2/pi)
        0.797885
    """
    median = law.at_scores(np.zeros(1))
    apart = law.centre - median
    z = apart / law.scale
    bell = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    # E|N(apart, scale^2)|
    folded = 2 * law.scale * bell + apart * (2 * ndtr(z) - 1)
    return float(law.weight @ folded / law.weight.sum())


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows:
    """Batches of coupled numbers, centred at X_1's mean; all (count, size).

    `level` is where the last step started, `score` that of the exact points.
    """

    level: int
    score: Float64[Array, "count size"]
    model: Float64[Array, "count size"]
    exact: Float64[Array, "count size"]

    def distance(self, sorting: bool) -> Float64[Array, "count size"]:
        """Row by row, or between the sorted rows of each batch."""
        if sorting:
            return np.abs(np.sort(self.model) - np.sort(self.exact))
        return np.abs(self.model - self.exact)


def _rows(
    f: Centred,
    form: NormalMixture1D,
    draw_starts: DrawStarts,
    shape: tuple[int, int],
    generator: torch.Generator,
) -> Rows:
    """Batches of starts, the model's last step from each, and the exact flow."""
    count, size = shape
    batches = [draw_starts(size, generator) for _ in range(count)]
    level = batches[0].level
    model = f(torch.cat([starts.model for starts in batches]), level)
    score = exact_scores(f, form, level, torch.cat([starts.exact for starts in batches]))
    exact = form.noised(*f.schedule.scales(1)).at_scores(score)
    return Rows(
        level=level,
        score=score.reshape(shape),
        model=model.cpu().numpy().reshape(shape),
        exact=exact.reshape(shape),
    )


def _sorting_pays(pilot: Rows, count: int, alpha: float) -> bool:
    """Whether the pilot foretells a limit of sorted batches that is well below its plain mean."""
    means = torch.from_numpy(pilot.distance(sorting=True).mean(1))
    error = float(means.std()) / count**0.5
    foretold = float(means.mean()) - stdtrit(count - 1, alpha) * error
    plain = float(pilot.distance(sorting=False).mean())
    return foretold < WORTHWHILE * plain


def _draws(
    pilot: Rows, rows: Rows, of: Callable[[Rows], Array], dependent: bool
) -> Float64[torch.Tensor, "draws"]:
    """Independent draws of the mean of values `of` rows: the means of batches where rows depend on
    each other, else the rows about the pilot's curve, whose cells are the pilot's strata.
    """
    values = of(rows)
    if dependent:
        return torch.from_numpy(values.mean(1))
    cells = pilot.score.shape[1]
    curve = StepCurve.fitted(of(pilot).ravel(), pilot.score.ravel(), cells)
    return torch.from_numpy(curve.flattened(values.ravel(), rows.score.ravel()))


@dataclass(frozen=True, eq=False)
class Potential1D:
    """A function g of slopes +1 and -1, which change at the knots (k,): `slope` is (k + 1,).

    It is 1-Lipschitz whatever it was fitted to.
    """

    knot: Float64[Array, "k"]
    slope: Float64[Array, "k+1"]

    @classmethod
    def fitted(cls, model: Float64[Array, "n"], exact: Float64[Array, "n"]) -> Potential1D:
        """The slope is sign(F - G), F and G the distribution functions of `exact` and `model`;
        where they agree, that of the nearest place where they do not.
        """
        points = np.sort(np.concatenate([model, exact]))
        left = points[:-1]
        right = points[1:]
        of_exact = np.searchsorted(np.sort(exact), left, "right")
        of_model = np.searchsorted(np.sort(model), left, "right")
        apart = (of_exact != of_model) & (left < right)
        sign = np.sign(of_exact - of_model)[apart].astype(float)
        turn = np.flatnonzero(np.diff(sign))
        if not len(turn):
            steady = sign[0] if len(sign) else 1.0
            return cls(np.zeros(1), np.full(2, steady))
        # half way between the last place of one sign and the first of the other
        last = right[apart][turn]
        first = left[apart][turn + 1]
        knot = 0.5 * (last + first)
        return cls(knot, np.append(sign[turn], sign[-1]))

    def __call__(self, x: Float64[Array, "*n"]) -> Float64[Array, "*n"]:
        """g(x), 0 at the first knot."""
        rise = self.slope[1:-1] * np.diff(self.knot)
        height = np.append(0.0, np.cumsum(rise))
        after = np.searchsorted(self.knot, x)
        nearest = np.maximum(after - 1, 0)
        beyond = x - self.knot[nearest]
        return height[nearest] + self.slope[after] * beyond

    def gain(self, rows: Rows) -> Float64[Array, "count size"]:
        """g(model) - g(exact), row by row."""
        return self(rows.model) - self(rows.exact)
