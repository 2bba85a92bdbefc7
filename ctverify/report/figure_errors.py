"""The error of a sweep's cases against r, a line a family, on paper ruled with slope 1."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from ..sweep.exponents import Fit
from . import svg
from .chart import LEFT, Chart, Entry, Figure, Table
from .figure_exponents import LISTED, Row, name, unnamed, without_r
from .naming import apart, families
from .scales import span

LINES = 8
BESIDE = 164.0  # units right of the lines, for names
APART = 14.0  # between two names
GUIDES = 8  # of slope 1
CAPTION = (
    "On the thin slanted lines the error is proportional to r, the rate of the Gaussian law and, up to logarithms, of Theorem 1: "
    "a family that is less steep has not reached it by its largest T, at the left. The error is the mean distance of coupled "
    "samples, averaged over seeds. {0}"
)


def errors_figure(found: Sequence[Fit]) -> Figure | None:
    """The families in which T varies, at most LINES of them; None where there is none."""
    every = lines(found)
    if not every:
        return None
    drawn = chosen(every)
    points = [point for row in drawn for point in row.fits[0].points]
    xs, values = (
        np.array([point.x for point in points]),
        np.array([point.error for point in points]),
    )
    chart = Chart(
        label="Error against r: " + "; ".join(row.words for row in drawn),
        x=span(0.97 * xs, xs / 0.97, log=True),
        y=span(0.8 * values, values / 0.8, log=True),
        x_title="r = c₁ log T / T (log scale)",
        y_title="error, in the data's unit (log scale)",
        legend=(
            Entry("model", "circle", "mean over seeds"),
            Entry("exact dashed", "dash", "slope 1"),
        ),
        height=240.0,
        beside=BESIDE,
    )
    marks = [*_guides(chart), *(mark for row in drawn for mark in _line(row.fits[0], chart))]
    caption = (
        CAPTION.format(_how_many(len(drawn), len(every))).strip()
        + unnamed(found)
        + without_r(found)
    )
    return Figure(
        "Error against r", caption, chart.draw(*marks, outside=_names(drawn, chart)), _table(every)
    )


def lines(found: Sequence[Fit]) -> list[Row]:
    """A row for all cases that differ in T alone, where there are several T, with a fit or without."""
    several = {
        who: [fit for fit in own if fit.axis == "r" and len(fit.points) > 1]
        for who, own in families(found).items()
    }
    return [
        Row(target, kind + at, (fit,))
        for (target, kind), own in several.items()
        for fit, at in apart(own)
    ]


def chosen(every: Sequence[Row]) -> list[Row]:
    """At most LINES, evenly spread by the error at the smallest r, the largest first."""
    ranked = sorted(every, key=lambda row: -row.fits[0].points[0].error)
    places = np.linspace(0, len(ranked) - 1, min(LINES, len(ranked))).round().astype(int)
    return [ranked[place] for place in places]


def _how_many(drawn: int, every: int) -> str:
    return (
        f"Drawn are {drawn} of {every:,} lines, evenly from the largest error to the smallest."
        if drawn < every
        else ""
    )


def _guides(chart: Chart) -> list[Markup]:
    """Lines of slope 1 over the whole plot area, GUIDES of them."""
    tall, wide = (math.log(s.high) - math.log(s.low) for s in (chart.y, chart.x))
    rise = chart.height * wide / tall
    starts = np.linspace(chart.top, chart.bottom + rise, GUIDES + 2)[1:-1].tolist()
    return [svg.line([LEFT, chart.right], [y, y - rise], "exact dashed thin") for y in starts]


def _line(fit: Fit, chart: Chart) -> list[Markup]:
    """Line and points of a family."""
    x, y = (
        chart.across([point.x for point in fit.points]),
        chart.up([point.error for point in fit.points]),
    )
    marks = [svg.line(x, y, "model")]
    for u, v, point in zip(x, y, fit.points, strict=True):
        marks.append(
            svg.mark(
                "circle", float(u), float(v), "model", f"{fit.target}, {fit.model}, T = {point.T:,}"
            )
        )
    return marks


def _names(drawn: Sequence[Row], chart: Chart) -> list[Markup]:
    """Names right of the plot area, as near as may be to the ends of their lines, to which thin
    lines lead.
    """
    ends = sorted(
        ((chart.up.at(row.fits[0].points[-1].error), row) for row in drawn), key=lambda end: end[0]
    )
    marks = []
    for (end, row), y in zip(
        ends, spread([end for end, _ in ends], chart.top + 6, chart.bottom - 4), strict=True
    ):
        last = chart.across.at(row.fits[0].points[-1].x)
        marks.append(
            svg.line([last + 4, chart.right + 8, chart.right + 18], [end, y, y], "model thin faded")
        )
        marks.append(name(row, chart.right + 22, y + 4, chart.beside - 14))
    return marks


def spread(places: Sequence[float], low: float, high: float) -> list[float]:
    """Increasing `places` moved as little as it takes to be APART, from low to high at most."""
    found = [max(place, low + i * APART) for i, place in enumerate(places)]
    for i in range(1, len(found)):
        found[i] = max(found[i], found[i - 1] + APART)
    for i in reversed(range(len(found))):
        found[i] = min(found[i], (high if i == len(found) - 1 else found[i + 1] - APART))
    return found


def _table(every: Sequence[Row]) -> Table:
    """Every point of every family."""
    head = ("line", "T", "d", "r", "error", "W₁ at least", "W₁ at most", "L_f", "seeds")
    found = (
        (row.words, p.T, p.d, p.x, p.error, p.lower, p.upper, p.lipschitz, p.seeds)
        for row in every
        for p in row.fits[0].points
    )
    return Table(head, list(found)[:LISTED])
