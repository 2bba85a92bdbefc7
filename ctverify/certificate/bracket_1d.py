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
from .bracket import Bracket, batch_size
from .checked_model import Centred
from .potentials import polyline
from .starts import DrawStarts
from .strata import StepCurve, exact_scores

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
    size = batch_size(pairs, repair_batch)
    count = pairs // size
    generator = stream("certificate/pilot", seed)
    pilot = _rows(f, form, draw_starts, (PILOT_BATCHES, size), generator)
    few_steps = pilot.level < f.schedule.T
    sorting = few_steps or _sorting_pays(pilot, count, alpha)
    batches = (count, size) if sorting else (1, count * size)
    generator = stream("certificate/pairs", seed)
    rows = _rows(f, form, draw_starts, batches, generator)
    potential = polyline(_column(pilot.model), _column(pilot.exact))

    def gains(part: Rows) -> Array:
        values = potential.gain(_column(part.model), _column(part.exact))
        return values.numpy().reshape(part.model.shape)

    def distances(part: Rows) -> Array:
        return part.distance(sorting)

    def squares(part: Rows) -> Array:
        return part.distance(sorting) ** 2

    gain = _draws(pilot, rows, gains, few_steps)
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


def _column(values: Float64[Array, "count size"]) -> Float64[torch.Tensor, "n 1"]:
    """Batches of numbers as points in d = 1."""
    return torch.from_numpy(values.reshape(-1, 1))


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
