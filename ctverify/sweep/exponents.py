"""Measured exponents: how the error of a sweep's cases grows in r = c1 log T/T, in d and in L_f,
family by family.

    log error = a + b log x + noise    over the cases of a sweep that differ in x (and in the seed)

Beside b stand Theorem 1's exponents, C_1 L_f^3 d^(5/2) log^5(T)/T (LHW, arXiv 2402.07802, Eq.
(24)), which are (1, 5/2, 3) up to logarithms, and those of the proved Gaussian law, W_2 = K r
sqrt(d) (1 + o(1)) from X_T ~ p_T (claims gaussian.*): (1, 1/2), and those of the explicit Theorem
A, L sqrt(kappa S), kappa <= 0.6 r, S of order d (certificate/explicit_bounds.py): (1/2, 1/2, 1).

The error is the mean distance of coupled samples, |f_T(Z) - Phi_T(sqrt(abar_T) X_0 + sqrt(1 -
abar_T) Z)|: an upper bound of W_1, and W_1 itself in d = 1. Seeds are averaged (geometric means);
the interval is Student's, with the points' distance from the line as the noise: it covers bends as
well as chance. W_1's own exponent is confined by the brackets: least squares is linear in log W_1,
so that its extremes over all W_1 inside them are sums over their ends.

What cannot carry a fit is refused, with the reason. In T itself the slope under (23) is -1 + 1/log
T at best, a true theorem notwithstanding: hence r. Narrow modes far apart are not in the linear
regime at usual T: local exponents say so.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import stdtrit

from ..core.arguments import InputError
from ..core.schemas import builtins
from ..model.schedule import Array
from .store import Record

SCHEMA = "ctverify/exponents/1"
AXES = ("r", "d", "L_f")
LHW = "li_huang_wei"  # (23); other schedules have no r, and 1/T stands for it
VARIES = {"r": "steps", "d": "dim", "L_f": "contrast"}  # the case's setting behind each axis
THEOREM = {"r": 1.0, "d": 2.5, "L_f": 3.0}
GAUSSIAN = {"r": 1.0, "d": 0.5, "L_f": None}
EXPLICIT = {"r": 0.5, "d": 0.5, "L_f": 1.0}  # Theorem A
OTHERS = ("initial", "start")  # of the population model's defects: what is not the schedule's
FIXED = (  # settings that are told
    "dim",
    "contrast",
    "steps",
    "bandwidth",
    "c0",
    "c1",
    "train_samples",
    "paths",
    "pairs",
)
CONFIDENCE = 0.95
VALUES = 3  # of x, at least; two always lie on a straight line
RANGE = 1.5  # the least ratio of the largest x to the smallest
WIDEST = 0.5  # half an interval beyond which an exponent says nothing
NEAR = 0.1  # of 1: linear in r
SAME = 1e-6  # relative difference below which two x are one
LARGEST = 0.5  # r of the schedule lemma (27)
SHARE = 0.5  # of the error that is the schedule's, at least
VARIED = 1.1  # ratio of two L_f that is told of


@dataclass(frozen=True, kw_only=True)
class Point:
    """The cases at one x: means over seeds (geometric, of error, lower and upper), and what else
    varies.

    Attributes:
        x: r (1/T under other schedules than (23)), d or L_f.
        error: the mean distance of coupled samples.
        lower, upper: the ends of the bracket on W_1.
        T, d, lipschitz: the number of steps, the dimension, L_f.
        seeds: how many cases there are.
        steps: the share of the error that is the schedule's, the rest being the model's own and
            its start's; None where no case knows it.
        looseness: the sum of D_t over the error; None where it is not known.
    """

    x: float
    error: float
    lower: float
    upper: float
    T: int
    d: int
    lipschitz: float
    seeds: int
    steps: float | None
    looseness: float | None


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One exponent, or why there is none.

    Attributes:
        target, model, schedule: the family.
        axis: r, d or L_f.
        at: what is held fixed, by setting.
        points: by x.
        exponent: b, None where it is refused.
        low, high: its interval, at 95 %.
        w1_low, w1_high: the interval of W_1's own exponent by the brackets.
        local: the exponents between the first two points and between the last two.
        refused: why there is no exponent.
    """

    target: str
    model: str
    schedule: str
    axis: str
    at: dict[str, Any]
    points: tuple[Point, ...]
    exponent: float | None = None
    low: float | None = None
    high: float | None = None
    w1_low: float | None = None
    w1_high: float | None = None
    local: tuple[float, float] | None = None
    refused: str | None = None

    @property
    def regime(self) -> str:
        """In words: where the family stands, as far as this fit tells."""
        if self.refused is not None or self.exponent is None or self.local is None:
            return f"no fit: {self.refused}"
        return _in_r(self) if self.axis == "r" else _against(self)


def fits(records: Iterable[Record]) -> list[Fit]:
    """Every exponent that a sweep's cases can be asked for.

    Arguments:
        records: cases; failed ones, and those without a bracket, are left out.

    Returns:
        The fits by target, model, schedule and axis, refused ones among them.

    Raises:
        InputError: no case is left.
    """
    done = [record for record in records if _is_measured(record)]
    if not done:
        raise InputError("exponents needs at least one finished case of a sweep, got none")
    every = [fit for axis in AXES for fit in _on(axis, done)]
    return sorted(every, key=_order)


def _is_measured(record: Record) -> bool:
    return record.result is not None and bool(record.result.get("w1"))


def _order(fit: Fit) -> tuple[Any, ...]:
    axis = AXES.index(fit.axis)
    return (fit.target, fit.model, fit.schedule, axis, *fit.at.values())


def _on(axis: str, records: Sequence[Record]) -> list[Fit]:
    """The fits along one axis: a slice holds everything but the axis and the seed."""
    slices: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        fixed = dict(record.case)
        for key in ("seed", VARIES[axis]):
            fixed.pop(key, None)
        slices[json.dumps(fixed, sort_keys=True)].append(record)
    several = []
    families = {}
    for own in slices.values():
        case = own[0].case
        families[_family(case)] = case
        points = _points(axis, own)
        if len(points) > 1:
            several.append(_fit(axis, case, points))
    tried = {(fit.target, fit.model, fit.schedule) for fit in several}
    alone = [case for family, case in families.items() if family not in tried]
    words = f"its {VARIES[axis]} does not vary"
    return several + [_refused(axis, case, {}, (), words) for case in alone]


def _family(case: dict[str, Any]) -> tuple[str, str, str]:
    return str(case["target"]), str(case["model"]), str(case["schedule"])


def _refused(
    axis: str, case: dict[str, Any], at: dict[str, Any], points: tuple[Point, ...], words: str
) -> Fit:
    target, model, schedule = _family(case)
    return Fit(
        target=target,
        model=model,
        schedule=schedule,
        axis=axis,
        at=at,
        points=points,
        refused=words,
    )


def _points(axis: str, records: Sequence[Record]) -> list[Point]:
    """By x, the cases of different seeds as one point."""
    by_setting: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        assert record.result is not None
        if record.result["w1"]["upper_estimate"] > 0:
            by_setting[record.case.get(VARIES[axis])].append(record.result)
    points = [_point(axis, results) for results in by_setting.values()]
    return sorted(points, key=lambda point: point.x)


def _point(axis: str, results: Sequence[dict[str, Any]]) -> Point:
    """The results of one setting, one for each seed."""
    first = results[0]
    brackets = [result["w1"] for result in results]
    budgets = [result["budget"] for result in results]
    error = _geometric([w1["upper_estimate"] for w1 in brackets])
    lipschitz = _geometric([result["theorem"]["lipschitz"] for result in results])
    defect_sum = _mean([budget["defect_sum"] for budget in budgets])
    x = {"r": first["r"] or 1 / first["T"], "d": first["dim"], "L_f": lipschitz}
    return Point(
        x=float(x[axis]),
        error=error,
        lower=_geometric([w1["lower"] for w1 in brackets]),
        upper=_geometric([w1["upper"] for w1 in brackets]),
        T=first["T"],
        d=first["dim"],
        lipschitz=lipschitz,
        seeds=len(results),
        steps=_schedules_share(results, defect_sum),
        looseness=None if defect_sum is None else defect_sum / error,
    )


def _schedules_share(results: Sequence[dict[str, Any]], defect_sum: float | None) -> float | None:
    """The schedule's part of the coupled distance. The population model has no error of its own:
    where its cases have no shares, its start's part of all defects is what is not the schedule's.
    """
    shares = [result["shares"] for result in results if result.get("shares")]
    if len(shares) == len(results):
        schedule = sum(share["schedule_total"] for share in shares)
        return float(schedule / sum(share["total"] for share in shares))
    budgets = [result["budget"] for result in results]
    if defect_sum is None or any(budget["eps_sum"] for budget in budgets):
        return None
    rest = float(np.mean([_rest(budget) for budget in budgets]))
    return defect_sum / (defect_sum + rest) if defect_sum + rest > 0 else 0.0


def _mean(values: Sequence[float | None]) -> float | None:
    """The mean, None where one of them is."""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    return float(np.mean(known))


def _rest(budget: dict[str, Any]) -> float:
    """The defects that are not the schedule's; of chains some are not known."""
    return sum(budget[name] or 0.0 for name in OTHERS)


def _geometric(values: Sequence[float]) -> float:
    """The geometric mean, 0 where one of them is."""
    if min(values) <= 0:
        return 0.0
    return float(np.exp(np.mean(np.log(values))))


def _fit(axis: str, case: dict[str, Any], points: Sequence[Point]) -> Fit:
    """The fit over `points`, those with r > 1/2 left out."""
    bounded = axis == "r" and case["schedule"] == LHW
    inside = tuple(point for point in points if not bounded or point.x <= LARGEST)
    told = [key for key in FIXED if key != VARIES[axis]]
    at = {key: case[key] for key in told if isinstance(case.get(key), int | float)}
    words = _refusal(axis, inside)
    if words is not None:
        return _refused(axis, case, at, inside, words)
    x = np.log([point.x for point in inside])
    y = np.log([point.error for point in inside])
    weight = (x - x.mean()) / ((x - x.mean()) ** 2).sum()  # of least squares
    slope = float(weight @ y)
    half = _half_width(x, y, weight)
    local = (_slope(x[:2], y[:2]), _slope(x[-2:], y[-2:]))
    if half > WIDEST:
        words = (
            f"{slope:.2f} ± {half:.2f} says nothing: local exponents run from "
            f"{local[0]:.2f} to {local[1]:.2f} over {len(inside)} points"
        )
        return _refused(axis, case, at, inside, words)
    w1_low, w1_high = _confined(weight, inside)
    target, model, schedule = _family(case)
    return Fit(
        target=target,
        model=model,
        schedule=schedule,
        axis=axis,
        at=at,
        points=inside,
        exponent=slope,
        low=slope - half,
        high=slope + half,
        w1_low=w1_low,
        w1_high=w1_high,
        local=local,
    )


def _refusal(axis: str, points: Sequence[Point]) -> str | None:
    """Why these points cannot carry a fit, or None."""
    if len(points) < VALUES:
        range_of_r = " up to 1/2" if axis == "r" else ""
        return f"{len(points)} values of {axis}{range_of_r}, where a fit needs {VALUES}"
    if any(after.x <= before.x * (1 + SAME) for before, after in pairwise(points)):
        return f"different settings have the same {axis}"
    ratio = points[-1].x / points[0].x
    if ratio < RANGE:
        return f"{axis} varies by a factor of {ratio:.3g} only, where a fit needs {RANGE:g}"
    shares = [point.steps for point in points if point.steps is not None]
    if not shares:
        return "no shares say whose the error is, the model's or the schedule's"
    share = float(np.median(shares))
    if share < SHARE:
        return (
            f"{1 - share:.0%} of the error is the model's own or its start's: "
            "the schedule's part cannot be seen"
        )
    return None


def _half_width(x: Array, y: Array, weight: Array) -> float:
    """Half of Student's interval: residuals of n points have n - 2 degrees of freedom."""
    freedom = len(x) - 2
    residual = y - y.mean() - (weight @ y) * (x - x.mean())
    variance = float(residual @ residual) / freedom
    deviation = math.sqrt(variance * float(weight @ weight))
    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * deviation


def _confined(weight: Array, points: Sequence[Point]) -> tuple[float | None, float | None]:
    """The least and the largest exponent of W_1 inside its brackets; None where a lower limit is
    0.
    """
    if min(point.lower for point in points) <= 0:
        return None, None
    low = np.log([point.lower for point in points])
    high = np.log([point.upper for point in points])
    rising = weight > 0
    least = weight @ np.where(rising, low, high)
    largest = weight @ np.where(rising, high, low)
    return float(least), float(largest)


def _slope(x: Array, y: Array) -> float:
    """The exponent between two points."""
    return float((y[1] - y[0]) / (x[1] - x[0]))


def _in_r(fit: Fit) -> str:
    """Linear, or not yet: the exponent at the finest steps, which come first."""
    assert fit.local is not None and fit.low is not None and fit.high is not None
    fine, coarse = fit.local
    finest = fit.points[0]
    coarsest = fit.points[-1]
    step = "r" if fit.schedule == LHW else "1/T"
    seen = f"(local exponent {fine:.2f} at T = {finest.T:,})"
    if abs(fine - 1) <= NEAR:
        return f"linear in {step} {seen}"
    if fit.low <= 1 <= fit.high:
        return f"not told from linear in {step} {seen}"
    if fine > 1:
        return f"falls faster than {step} {seen}"
    words = (
        f"not linear in {step} by T = {finest.T:,}: local exponents {coarse:.2f} to {fine:.2f}; "
        f"L_f = {finest.lipschitz:.3g}"
    )
    if coarsest.looseness is None or finest.looseness is None:
        return words
    return (
        f"{words}, and the sum of D_t exceeds the error "
        f"{coarsest.looseness:.1f} to {finest.looseness:.1f} times"
    )


def _against(fit: Fit) -> str:
    """Where the exponent lies against Theorem 1's, and what else varied."""
    assert fit.low is not None and fit.high is not None
    theorem = THEOREM[fit.axis]
    words = "not told from Theorem 1's"
    if fit.low > theorem:
        words = "above Theorem 1's"
    elif fit.high < theorem:
        words = "below Theorem 1's"
    slopes = [point.lipschitz for point in fit.points]
    if fit.axis == "d" and max(slopes) > VARIED * min(slopes):
        words += f"; L_f varies too, from {slopes[0]:.3g} to {slopes[-1]:.3g}"
    return words


def to_dict(fitted: Sequence[Fit]) -> dict[str, Any]:
    """Exponents as JSON values.

    Arguments:
        fitted: the fits.

    Returns:
        The schema ctverify/exponents/1: the fits, and the exponents of Theorem 1, of the
        Gaussian law and of Theorem A beside them.
    """
    references = {
        axis: {
            "theorem_1": THEOREM[axis],
            "gaussian_law": GAUSSIAN[axis],
            "theorem_a": EXPLICIT[axis],
        }
        for axis in AXES
    }
    rows = [builtins(fit) | {"regime": fit.regime} for fit in fitted]
    return {"schema": SCHEMA, "confidence": CONFIDENCE, "references": references, "fits": rows}
