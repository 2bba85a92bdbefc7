"""The trajectory budget (budget.py) and the exact shares (shares.py) in d = 1.

X_t = Q_t(N(z)) along the flow, z the score of a start's exact point: no solver, exact to rounding,
so that nothing is added to a limit. The conditional mean

    g_t(x) = E[f_{t-1}(X_{t-1}) | X_t = x]

is integrated by Gauss-Hermite nodes (flow/reverse_1d.py) in place of a draw of X_{t-1}: the shares

    <f_t(X_t) - g_t(X_t), u>   model,      <g_t(X_t) - f_{t-1}(X_{t-1}), u>   schedule

have the means of those with a draw, sum to the same distance draw by draw, and vary less; eps_t^2
is a mean of squares. g_t is evaluated on part of the paths, one drawn of so many neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64, Int64
from numpy.typing import NDArray

from ..core.confidence import concentration, standard_error, upper_limit
from ..core.streams import stream
from ..flow.one_dim import Array, NormalMixture1D
from ..flow.reverse_1d import expect
from .budget import Budget
from .checked_model import Centred
from .explicit import Terms, measured_terms
from .precision import rounding
from .shares import Shares
from .starts import DrawStarts
from .strata import crossed_upper_limit, exact_scores

HALVES = 2  # of independent rows: each is limited about a curve of the other
BATCHES = 32  # of rows that may depend on each other: their means are the draws of a limit
ROWS_OF_CELL = 8  # of one half that fit its curve
INTEGRATED = 1024  # paths, at least, on which conditional means are integrated
SMALLEST = 100  # roundings of the largest number, below which a distance has no shares


def measure_trajectory_1d(
    f: Centred,
    form: NormalMixture1D,
    draw_starts: DrawStarts,
    samples: int,
    alpha: float,
    seed: int,
    progress: Callable[..., Any] = lambda: None,
) -> tuple[Budget, Shares | None, Terms]:
    """The budget, the shares and what explicit bounds are made of in d = 1; each limit holds with
    probability 1 - alpha.

    Arguments:
        f: the model.
        form: the law of X_0 - mean, of few components (Target.quadrature_form).
        draw_starts: n starts from a generator. Those at level T are independent of each other, one
            a stratum or all of one law; of others only different calls are.
        samples: paths, at least 16; what is left of whole batches is not drawn.
        alpha: the failure probability of each limit, in (0, 1).
        seed: of all draws.
        progress: called after each level.

    Returns:
        The budget; the shares, None where the distance is as small as rounding; the terms of the
        explicit bounds, which are of one step only. For starts at a level below T the entries of
        the levels above it are 0.
    """
    generator = stream("certificate/trajectory", seed)
    level = draw_starts(1, stream("certificate/level", seed)).level
    count = HALVES if level == f.schedule.T else min(BATCHES, samples)
    paths = _paths(f, form, draw_starts, (count, samples // count), generator)
    length = np.abs(paths.start) + np.abs(paths.initial)
    steps = []
    for step in _steps(f, form, paths):
        length += np.abs(step.moved)
        steps.append(step)
        progress()
    terms = _terms(f, paths, steps, alpha, seed)
    return _budget(f, paths, steps, length, alpha), _shares(f, paths, steps), terms


@dataclass(frozen=True, eq=False, kw_only=True)
class Paths:
    """Paths of the exact flow from a level to 1, batch after batch; (n,), centred.

    Attributes:
        level: where they start.
        batches: how many.
        score: of every path, at all its levels.
        exact: X at `level`.
        end: X_1.
        landed: f_1 of `end`.
        carried: f at `level` of `exact`; like `landed` called once, so that all parts telescope.
        arrival: f at `level` of the model's own starts.
        chosen: the paths on which conditional means are integrated, equally many a batch; (k,).
    """

    level: int
    batches: int
    score: Float64[Array, "n"]
    exact: Float64[Array, "n"]
    end: Float64[Array, "n"]
    landed: Float64[Array, "n"]
    carried: Float64[Array, "n"]
    arrival: Float64[Array, "n"]
    chosen: Int64[NDArray[np.int64], "k"]

    @property
    def start(self) -> Float64[Array, "n"]:
        """f(U) - f(U*) at `level`."""
        return self.arrival - self.carried

    @property
    def initial(self) -> Float64[Array, "n"]:
        """f_1(X_1) - X_1."""
        return self.landed - self.end

    def draws(
        self, values: Float64[Array, "*levels n"], dependent: bool
    ) -> Float64[torch.Tensor, "*levels draws"]:
        """Independent draws of the mean of values: the rows, or where they depend on each other the
        means of batches.
        """
        if not dependent:
            return torch.from_numpy(values)
        batches = values.reshape(*values.shape[:-1], self.batches, -1)
        return torch.from_numpy(batches.mean(-1))

    def limit(self, values: Float64[Array, "n"], dependent: bool, alpha: float) -> float:
        """Student's upper limit of the mean; that of independent rows about curves."""
        if dependent:
            return upper_limit(self.draws(values, dependent), alpha)
        cells = max(1, len(values) // (HALVES * ROWS_OF_CELL))
        return crossed_upper_limit(values, self.score, cells, alpha)


@dataclass(frozen=True, eq=False, kw_only=True)
class Step:
    """What happens at level t: `moved` is d_t on all paths; on the chosen ones `defect` is f_t -
    g_t, `discretised` g_t(X_t) - f_{t-1}(X_{t-1}) and `spread` f_{t-1}(X_{t-1})^2 - g_t(X_t)^2.
    """

    moved: Float64[Array, "n"]
    defect: Float64[Array, "k"]
    discretised: Float64[Array, "k"]
    spread: Float64[Array, "k"]


def _paths(
    f: Centred,
    form: NormalMixture1D,
    draw_starts: DrawStarts,
    shape: tuple[int, int],
    generator: torch.Generator,
) -> Paths:
    """Batches of starts, `shape` (batches, rows of each), with what f makes of them."""
    count, size = shape
    stride = max(1, count * size // INTEGRATED)
    size -= size % stride
    batches = [draw_starts(size, generator) for _ in range(count)]
    level = batches[0].level
    exact = torch.cat([starts.exact for starts in batches])
    model = torch.cat([starts.model for starts in batches])
    score = exact_scores(f, form, level, exact)
    end = form.noised(*f.schedule.scales(1)).at_scores(score)
    # one of each `stride` neighbours: for stratified rows that is a draw of the wider stratum
    offsets = torch.randint(stride, (count * size // stride,), generator=generator).numpy()
    return Paths(
        level=level,
        batches=count,
        score=score,
        exact=exact[:, 0].cpu().numpy(),
        end=end,
        landed=f.in_one_dimension(1)(end),
        carried=f(exact, level)[:, 0].cpu().numpy(),
        arrival=f(model, level)[:, 0].cpu().numpy(),
        chosen=offsets + stride * np.arange(len(offsets)),
    )


def _steps(f: Centred, form: NormalMixture1D, paths: Paths) -> Iterator[Step]:
    """Levels t = 2..T in order; 0 above the level where the paths start."""
    schedule = f.schedule
    before = f.in_one_dimension(1)
    previous = paths.landed
    for t in range(2, paths.level + 1):
        model = f.in_one_dimension(t)
        if t == paths.level:
            x = paths.exact
            values = paths.carried
        else:
            x = form.noised(*schedule.scales(t)).at_scores(paths.score)
            values = model(x)
        chosen = paths.chosen
        wanted = expect(form, schedule, t, x[chosen], before)
        yield Step(
            moved=values - previous,
            defect=values[chosen] - wanted,
            discretised=wanted - previous[chosen],
            spread=previous[chosen] ** 2 - wanted**2,
        )
        previous = values
        before = model
    for _ in range(paths.level + 1, schedule.T + 1):
        nothing = np.zeros(len(paths.chosen))
        still = np.zeros(len(paths.score))
        yield Step(moved=still, defect=nothing, discretised=nothing, spread=nothing)


def _budget(
    f: Centred, paths: Paths, steps: Sequence[Step], length: Float64[Array, "n"], alpha: float
) -> Budget:
    """The budget; `length` is |start| + |initial| + the sum of |d_t| on each path."""
    dependent = paths.level < f.schedule.T
    squares = length**2
    behind = [paths.draws(values, dependent) for values in (length, squares)]
    step = [float(np.abs(step.moved).mean()) for step in steps]
    step_l2 = [float(np.sqrt((step.moved**2).mean())) for step in steps]
    defects = np.stack([step.defect**2 for step in steps])
    defect_draws = paths.draws(defects, dependent)
    defect_squared = defect_draws.mean(1)
    return Budget(
        t=list(range(2, f.schedule.T + 1)),
        sigma=f.schedule.sigma[2:].tolist(),
        step=step,
        step_l2=step_l2,
        model_defect=defect_squared.sqrt().tolist(),
        model_defect_squared=defect_squared.tolist(),
        model_defect_squared_error=standard_error(defect_draws).tolist(),
        initial=float(np.abs(paths.initial).mean()),
        start=float(np.abs(paths.start).mean()),
        total=float(length.mean()),
        total_upper=paths.limit(length, dependent, alpha),
        w2_total_upper=paths.limit(squares, dependent, alpha) ** 0.5,
        concentration=max(map(concentration, behind)),
        method="paths by quantiles; conditional means by Gauss-Hermite; Student limits",
    )


def _terms(f: Centred, paths: Paths, steps: Sequence[Step], alpha: float, seed: int) -> Terms:
    """What the explicit bounds are made of; nothing is solved for."""
    chosen = paths.chosen
    own = [paths.start[chosen] ** 2, paths.initial[chosen] ** 2]
    squares = np.stack(own + [step.defect**2 for step in steps])
    lost = paths.end**2 - paths.carried**2
    return measured_terms(
        torch.from_numpy(squares),
        torch.from_numpy(sum(step.spread for step in steps)),
        torch.from_numpy(lost),
        torch.from_numpy(paths.carried - paths.end)[:, None],
        unit=math.hypot(f.schedule.scales(1)[0] * f.target.spread, f.schedule.scales(1)[1]),
        solver=0.0,
        alpha=alpha,
        seed=seed,
    )


def _shares(f: Centred, paths: Paths, steps: Sequence[Step]) -> Shares | None:
    """The shares on the chosen paths, or None where rounding is their size."""
    chosen = paths.chosen
    error = (paths.arrival - paths.end)[chosen]
    total = float(np.abs(error).mean())
    largest = np.abs(paths.end).max() + abs(float(f.target.mean))
    if total < SMALLEST * rounding(f.f, f.dtype) * largest:
        return None
    u = np.sign(error)
    dependent = paths.level < f.schedule.T
    defects = np.stack([step.defect for step in steps])
    discretised = np.stack([step.discretised for step in steps])
    model = paths.draws(u * defects, dependent)
    schedule = paths.draws(u * discretised, dependent)
    model_sum = model.sum(0)
    schedule_sum = schedule.sum(0)
    return Shares(
        t=list(range(2, f.schedule.T + 1)),
        model=model.mean(1).tolist(),
        schedule=schedule.mean(1).tolist(),
        model_error=standard_error(model).tolist(),
        schedule_error=standard_error(schedule).tolist(),
        initial=float((u * paths.initial[chosen]).mean()),
        start=float((u * paths.start[chosen]).mean()),
        model_total=float(model_sum.mean()),
        schedule_total=float(schedule_sum.mean()),
        model_total_error=float(standard_error(model_sum)),
        schedule_total_error=float(standard_error(schedule_sum)),
        total=total,
    )
