"""Convergence in T: W_1 of certificates that differ in T alone, the fitted slope, and what theory
lets one expect.

Under schedule (23) the step is r = c1 log T/T, in which errors are linear: in T itself the slope is
-1 + 1/log T at best, so that the fit on r is the one to read.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from ..certificate.certificate import Certificate
from ..certificate.table import model_name
from ..model.schedule import Array
from . import svg
from .chart import Chart, Entry, Figure, Table
from .naming import name_of, target_name
from .scales import short, span

LHW = "li_huang_wei"


def groups(certificates: Sequence[Certificate]) -> list[list[Certificate]]:
    """Those of one target, kind of model and kind of schedule that have at least two different T,
    by T.
    """
    found: dict[str, list[Certificate]] = defaultdict(list)
    for c in certificates:
        if c.w1 is not None and c.w1.upper > 0:
            constants = [c.schedule.get(name) for name in ("kind", "c0", "c1")]
            found[json.dumps([c.target, model_name(c.model), constants], sort_keys=True)].append(c)
    return [
        sorted(group, key=lambda c: c.steps)
        for group in found.values()
        if len({c.steps for c in group}) > 1
    ]


def slope(x: Array, y: Array) -> float:
    """Of log y against log x by least squares."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def convergence_figure(group: Sequence[Certificate]) -> Figure:
    """W_1 against T, both logarithmic."""
    steps, upper = (
        np.array([float(c.steps) for c in group]),
        np.array([c.w1.upper for c in group if c.w1]),
    )
    lower = np.array([c.w1.lower for c in group if c.w1])
    fitted = slope(steps, upper)
    T = np.geomspace(steps[0], steps[-1], 60)
    reference, theorem = (
        _through(rate, T, float(upper[0]))
        for rate in (lambda t: np.log(t) / t, lambda t: np.log(t) ** 5 / t)
    )
    line = np.exp(np.mean(np.log(upper)) + fitted * (np.log(T) - np.mean(np.log(steps))))
    chart = Chart(
        label=f"Convergence of {target_name(group[0])}, {model_name(group[0].model)}: fitted slope {fitted:.2f}",
        x=span(steps, log=True),
        y=span(
            upper,
            np.maximum(lower, 0.2 * upper),
            line,
            reference,
            np.minimum(theorem, 2 * upper.max()),
            log=True,
        ),
        x_title="number of steps T (log scale)",
        y_title="W₁, in the data's unit (log scale)",
        legend=(
            Entry("model", "circle", "W₁ upper limit, bar to the lower"),
            Entry("model", "dash", f"fit, slope {short(fitted, 2)}"),
            Entry("exact dashed", "dash", "log T / T"),
            Entry("theory dashed", "dash", "Theorem 1: log⁵T / T"),
        ),
    )
    across, marks = chart.across(T), []
    for values, kind in ((theorem, "theory dashed"), (reference, "exact dashed"), (line, "model")):
        marks.append(svg.line(across, chart.up(values), kind))
    for c, t, low, high in zip(
        group, chart.across(steps), chart.up(lower), chart.up(upper), strict=True
    ):
        marks += [
            svg.line([t, t], [low, high], "model"),
            svg.mark("circle", float(t), float(high), "model", name_of(c)),
        ]
    title = f"Convergence: {target_name(group[0])}, {model_name(group[0].model)}, {group[0].schedule.get('kind', '?')}"
    return Figure(title, _caption(group, steps, upper, fitted), chart.draw(*marks), _table(group))


def _through(rate: Callable[[Array], Array], T: Array, first: float) -> Array:
    return first * rate(T) / rate(T[:1])


def _caption(group: Sequence[Certificate], steps: Array, upper: Array, fitted: float) -> str:
    text = f"Points on a straight line are a power of T, here T to the {short(fitted, 3)} by least squares on the upper limits"
    ends = "The curves log T/T, the rate on Gaussians, and log⁵T/T, Theorem 1's, pass through the first point by construction."
    if group[0].schedule.get("kind") != LHW:
        return f"{text}. {ends}"
    in_r = slope(np.log(steps) / steps, upper)
    return (
        f"{text}. Under schedule (23) the step is r = c₁ log T/T, not 1/T: a slope in T above −1 does not contradict the theory. "
        f"Read the fit on r instead, W₁ as r to the {short(in_r, 3)}, where 1 is the rate on Gaussians. {ends}"
    )


def _table(group: Sequence[Certificate]) -> Table:
    rows = []
    for c in group:
        assert c.w1
        c1 = c.schedule.get("c1")
        r = (
            c1 * math.log(c.steps) / c.steps
            if c.schedule.get("kind") == LHW and isinstance(c1, int | float)
            else None
        )
        rows.append((c.steps, r, c.w1.lower, c.w1.upper, c.seed))
    return Table(("T", "r = c₁ log T/T", "W₁ at least", "W₁ at most", "seed"), rows)
