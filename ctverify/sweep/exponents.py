"""Measured exponents: how the error of a sweep's cases grows in r = c1 log T/T, in d and in L_f,
family by family.

    log error = a + b log x + noise      over the cases of a sweep that differ in x (and in the seed) alone

Beside b stand Theorem 1's exponents, C_1 L_f^3 d^(5/2) log^5(T)/T (LHW, arXiv 2402.07802, Eq.
(24)), which are (1, 5/2, 3) up to logarithms, and those of the proved Gaussian law, W_2 = K r
sqrt(d) (1 + o(1)) from X_T ~ p_T (claims gaussian.*): (1, 1/2).

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
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import stdtrit

from ..core.arguments import InputError
from ..model.schedule import Array
from .store import Record

SCHEMA = "ctverify/exponents/1"
AXES = ("r", "d", "L_f")
LHW = "li_huang_wei"  # (23); other schedules have no r, and 1/T stands for it
VARIES = {"r": "steps", "d": "dim", "L_f": "contrast"}  # the case's setting behind each axis
THEOREM = {"r": 1.0, "d": 2.5, "L_f": 3.0}
GAUSSIAN = {"r": 1.0, "d": 0.5, "L_f": None}
FIXED = (
    "dim",
    "contrast",
    "steps",
    "bandwidth",
    "c0",
    "c1",
    "train_samples",
    "paths",
    "pairs",
)  # settings that are told
CONFIDENCE = 0.95
LEAST = 3  # values of x; two always lie on a line
RANGE = 1.5  # the least ratio of the largest x to the smallest
WIDEST = 0.5  # half an interval beyond which an exponent says nothing
NEAR = 0.1  # of 1: linear in r
SAME = 1e-6  # relative difference below which two x are one
LARGEST = 0.5  # r of the schedule lemma (27)
SHARE = 0.5  # of the budget that is the steps', at least


@dataclass(frozen=True)
class Point:
    """The cases at one x: means over seeds (geometric, of error, lower and upper), and what else
    varies.

    steps: the share of the error budget that is the steps' (the sum of D_t), the rest being the
    model's own error and its start; looseness: the sum of D_t over the error.
    """

    x: float
    error: float
    lower: float
    upper: float
    T: int
    d: int
    lipschitz: float
    seeds: int
    steps: float
    looseness: float


@dataclass(frozen=True)
class Fit:
    """One exponent, or why there is none. at: what is held fixed; local: exponents of the first and
    the last two points.

    [low, high] is the interval of the error's exponent, [w1_low, w1_high] that of W_1's own by the
    brackets.
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
    """Every exponent that the sweep's cases can be asked for, by target, model, schedule and axis."""
    done = [
        record for record in records if record.status == "done" and (record.result or {}).get("w1")
    ]
    if not done:
        raise InputError("exponents needs at least one finished case of a sweep, got none")
    found = [fit for axis in AXES for fit in _on(axis, done)]
    return sorted(
        found,
        key=lambda fit: (
            fit.target,
            fit.model,
            fit.schedule,
            AXES.index(fit.axis),
            *fit.at.values(),
        ),
    )


def _on(axis: str, records: Sequence[Record]) -> list[Fit]:
    """The fits along one axis: a slice holds everything but the axis and the seed."""
    slices: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        fixed = {
            key: value for key, value in record.case.items() if key not in ("seed", VARIES[axis])
        }
        slices[json.dumps(fixed, sort_keys=True)].append(record)
    found = [(part, _points(axis, part)) for part in slices.values()]
    several = [_fit(axis, part[0].case, points) for part, points in found if len(points) > 1]
    tried = {(fit.target, fit.model, fit.schedule) for fit in several}
    alone = {
        _who(part[0].case): part[0].case for part, _ in found if _who(part[0].case) not in tried
    }
    words = f"its {VARIES[axis]} does not vary"
    return several + [Fit(*who, axis, {}, (), refused=words) for who in alone]


def _who(case: dict[str, Any]) -> tuple[str, str, str]:
    return str(case["target"]), str(case["model"]), str(case["schedule"])


def _points(axis: str, records: Sequence[Record]) -> list[Point]:
    """By x, the cases of different seeds as one point."""
    by_setting: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        assert record.result is not None
        if record.result["w1"]["upper_estimate"] > 0:
            by_setting[record.case.get(VARIES[axis])].append(record.result)
    return sorted(
        (_point(axis, results) for results in by_setting.values()), key=lambda point: point.x
    )


def _point(axis: str, results: Sequence[dict[str, Any]]) -> Point:
    error, lower, upper = (
        _geometric([r["w1"][name] for r in results])
        for name in ("upper_estimate", "lower", "upper")
    )
    lipschitz, first = _geometric([r["theorem"]["lipschitz"] for r in results]), results[0]
    steps = float(np.mean([r["budget"]["defect_sum"] for r in results]))
    rest = float(
        np.mean(
            [
                sum(r["budget"][name] or 0.0 for name in ("initial", "start", "eps_sum"))
                for r in results
            ]
        )
    )
    x = {"r": first["r"] or 1 / first["T"], "d": first["dim"], "L_f": lipschitz}[axis]
    share = steps / (steps + rest) if steps + rest > 0 else 0.0
    return Point(
        float(x),
        error,
        lower,
        upper,
        first["T"],
        first["dim"],
        lipschitz,
        len(results),
        share,
        steps / error,
    )


def _geometric(values: Sequence[float]) -> float:
    return float(np.exp(np.mean(np.log(values)))) if min(values) > 0 else 0.0


def _fit(axis: str, case: dict[str, Any], points: Sequence[Point]) -> Fit:
    """The fit over `points`, those with r > 1/2 left out."""
    inside = [
        point for point in points if axis != "r" or case["schedule"] != LHW or point.x <= LARGEST
    ]
    at = {
        key: case[key]
        for key in FIXED
        if isinstance(case.get(key), int | float) and key != VARIES[axis]
    }
    common = (*_who(case), axis, at, tuple(inside))
    refused = _refusal(axis, inside)
    if refused is not None:
        return Fit(*common, refused=refused)
    x, y = (np.log([getattr(point, name) for point in inside]) for name in ("x", "error"))
    weight = (x - x.mean()) / ((x - x.mean()) ** 2).sum()
    slope, half = float(weight @ y), _half_width(x, y, weight)
    if half > WIDEST:
        first, last = _local(x, y)
        words = f"{slope:.2f} ± {half:.2f} says nothing: local exponents run from {first:.2f} to {last:.2f}"
        return Fit(*common, refused=f"{words} over {len(inside)} points")
    return Fit(*common, slope, slope - half, slope + half, *_confined(weight, inside), _local(x, y))


def _refusal(axis: str, points: Sequence[Point]) -> str | None:
    """Why these points cannot carry a fit, or None."""
    if len(points) < LEAST:
        return f"{len(points)} values of {axis}{' up to 1/2' if axis == 'r' else ''}, where a fit needs {LEAST}"
    if any(after.x <= before.x * (1 + SAME) for before, after in pairwise(points)):
        return f"different settings have the same {axis}"
    ratio = points[-1].x / points[0].x
    if ratio < RANGE:
        return f"{axis} varies by a factor of {ratio:.3g} only, where a fit needs {RANGE:g}"
    share = float(np.median([point.steps for point in points]))
    if share < SHARE:
        return f"{1 - share:.0%} of the error budget is the model's own or its start's: the steps' part cannot be seen"
    return None


def _half_width(x: Array, y: Array, weight: Array) -> float:
    """Student's: residuals of n points about a line have n - 2 degrees of freedom."""
    residual = y - y.mean() - (weight @ y) * (x - x.mean())
    deviation = math.sqrt(float(residual @ residual) / (len(x) - 2) * float(weight @ weight))
    return float(stdtrit(len(x) - 2, (1 + CONFIDENCE) / 2)) * deviation


def _confined(weight: Array, points: Sequence[Point]) -> tuple[float | None, float | None]:
    """The least and the largest exponent of W_1 inside its brackets; None where a lower limit is 0."""
    if min(point.lower for point in points) <= 0:
        return None, None
    low, high = (np.log([getattr(point, name) for point in points]) for name in ("lower", "upper"))
    rising = weight > 0
    return float(weight @ np.where(rising, low, high)), float(weight @ np.where(rising, high, low))


def _local(x: Array, y: Array) -> tuple[float, float]:
    """The exponents between the first two points and between the last two."""
    return float((y[1] - y[0]) / (x[1] - x[0])), float((y[-1] - y[-2]) / (x[-1] - x[-2]))


def _in_r(fit: Fit) -> str:
    """Linear, or not yet: the exponent at the finest steps, which come first."""
    assert fit.local is not None
    fine, coarse = fit.local
    finest, step = fit.points[0], "r" if fit.schedule == LHW else "1/T"
    if abs(fine - 1) <= NEAR:
        return f"linear in {step} (local exponent {fine:.2f} at T = {finest.T:,})"
    if fit.low is not None and fit.high is not None and fit.low <= 1 <= fit.high:
        return f"not told from linear in {step} (local exponent {fine:.2f} at T = {finest.T:,})"
    if fine > 1:
        return f"falls faster than {step} (local exponent {fine:.2f} at T = {finest.T:,})"
    first = fit.points[-1]
    return (
        f"not linear in {step} by T = {finest.T:,}: local exponents {coarse:.2f} to {fine:.2f}; L_f = {finest.lipschitz:.3g}, "
        f"and the budget exceeds the error {first.looseness:.1f} to {finest.looseness:.1f} times"
    )


def _against(fit: Fit) -> str:
    """Where the exponent lies against Theorem 1's, and what else varied."""
    assert fit.low is not None and fit.high is not None
    most = THEOREM[fit.axis]
    words = (
        "above Theorem 1's"
        if fit.low > most
        else "below Theorem 1's"
        if fit.high < most
        else "not told from Theorem 1's"
    )
    slopes = [point.lipschitz for point in fit.points]
    if fit.axis == "d" and max(slopes) > 1.1 * min(slopes):
        words += f"; L_f varies too, from {slopes[0]:.3g} to {slopes[-1]:.3g}"
    return words


def to_dict(found: Sequence[Fit]) -> dict[str, Any]:
    """The schema ctverify/exponents/1."""
    references = {
        axis: {"theorem_1": THEOREM[axis], "gaussian_law": GAUSSIAN[axis]} for axis in AXES
    }
    rows = [asdict(fit) | {"regime": fit.regime} for fit in found]
    return {"schema": SCHEMA, "confidence": CONFIDENCE, "references": references, "fits": rows}
