"""The error of a sweep's cases against r, a line a family, on paper ruled with slope 1."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from markupsafe import Markup

from ..sweep.exponents import Fit, Point
from . import svg
from .chart import LEFT, Chart, Entry, Figure, Table
from .fit_rows import LISTED, Row, families, models_note, row_name, schedules_note, told_apart
from .scales import Span, span

LINES = 8  # of a figure at most
BESIDE = 164.0  # units right of the lines, for names
APART = 14.0  # between two names
GUIDES = 8  # of slope 1
CAPTION = (
    "On the thin slanted lines the error is proportional to r, the rate of the Gaussian law and, "
    "up to logarithms, of Theorem 1: a family that is less steep has not reached it by its largest "
    "T, at the left. The error is the mean distance of coupled samples, averaged over seeds. {0}"
)
HEAD = ("line", "T", "d", "r", "error", "W₁ at least", "W₁ at most", "L_f", "seeds")


def errors_figure(fits: Sequence[Fit]) -> Figure | None:
    """The families in which T varies.

    Arguments:
        fits: Of all families and axes.

    Returns:
        The figure, of at most LINES families; None where T varies in none.
    """
    rows = error_rows(fits)
    if not rows:
        return None
    drawn = chosen(rows)
    chart = _chart(drawn)
    marks = _guides(chart)
    for row in drawn:
        marks += _line(row.fits[0], chart)
    how_many = _how_many(len(drawn), len(rows))
    caption = CAPTION.format(how_many).strip()
    return Figure(
        title="Error against r",
        caption=caption + models_note(fits) + schedules_note(fits),
        svg=chart.draw(*marks, outside=_names(drawn, chart)),
        table=_table(rows),
    )


def error_rows(fits: Sequence[Fit]) -> list[Row]:
    """The lines that there are.

    Arguments:
        fits: Of all families and axes.

    Returns:
        A row for all cases that differ in T alone, where there are several T, whether an exponent
        could be fitted or not.
    """
    rows = []
    for (target, kind), own in families(fits).items():
        along = [fit for fit in own if fit.axis == "r"]
        several = [fit for fit in along if len(fit.points) > 1]
        for fit, apart in told_apart(several):
            rows.append(Row(target, kind + apart, (fit,)))
    return rows


def chosen(rows: Sequence[Row]) -> list[Row]:
    """The lines that are drawn.

    Arguments:
        rows: All lines, at least one.

    Returns:
        At most LINES, evenly spread by the error at the smallest r, the largest first.
    """
    ranked = sorted(rows, key=lambda row: -_points(row)[0].error)
    count = min(LINES, len(ranked))
    ranks = np.linspace(0, len(ranked) - 1, count)
    return [ranked[rank] for rank in ranks.round().astype(int)]


def _how_many(drawn: int, every: int) -> str:
    if drawn == every:
        return ""
    return f"Drawn are {drawn} of {every:,} lines, evenly from the largest error to the smallest."


def _chart(drawn: Sequence[Row]) -> Chart:
    points = [point for row in drawn for point in _points(row)]
    r = np.array([point.x for point in points])
    errors = np.array([point.error for point in points])
    return Chart(
        label="Error against r: " + "; ".join(row.words for row in drawn),
        x=span(0.97 * r, r / 0.97, log=True),
        y=span(0.8 * errors, errors / 0.8, log=True),
        x_title="r = c₁ log T / T (log scale)",
        y_title="error, in the data's unit (log scale)",
        legend=(
            Entry("model", "circle", "mean over seeds"),
            Entry("exact dashed", "dash", "slope 1"),
        ),
        height=240.0,
        beside=BESIDE,
    )


def _guides(chart: Chart) -> list[Markup]:
    """Lines of slope 1 over the whole plot area, GUIDES of them."""
    rise = chart.height * _log_extent(chart.x) / _log_extent(chart.y)
    starts = np.linspace(chart.top, chart.bottom + rise, GUIDES + 2)
    ends = [LEFT, chart.right]
    marks = []
    for y in starts[1:-1].tolist():
        marks.append(svg.line(ends, [y, y - rise], "exact dashed thin"))
    return marks


def _log_extent(span: Span) -> float:
    return math.log(span.high) - math.log(span.low)


def _line(fit: Fit, chart: Chart) -> list[Markup]:
    """Line and points of a family."""
    r = [point.x for point in fit.points]
    errors = [point.error for point in fit.points]
    x = chart.across(r).tolist()
    y = chart.up(errors).tolist()
    marks = [svg.line(x, y, "model")]
    for u, v, point in zip(x, y, fit.points, strict=True):
        words = f"{fit.target}, {fit.model}, T = {point.T:,}"
        marks.append(svg.mark("circle", u, v, kind="model", tooltip=words))
    return marks


def _names(drawn: Sequence[Row], chart: Chart) -> list[Markup]:
    """Names right of the plot area, as near as may be to the ends of their lines, to which thin
    lines lead.
    """
    right = chart.right
    upwards = sorted(drawn, key=lambda row: -_points(row)[-1].error)
    ends = [_points(row)[-1] for row in upwards]
    end_x = [chart.across.at(point.x) for point in ends]
    end_y = [chart.up.at(point.error) for point in ends]
    heights = spread(end_y, chart.top + 6, chart.bottom - 4)
    marks = []
    for row, x, y, name_y in zip(upwards, end_x, end_y, heights, strict=True):
        lead_x = [x + 4, right + 8, right + 18]
        marks += [
            svg.line(lead_x, [y, name_y, name_y], "model thin faded"),
            row_name(row, right + 22, name_y + 4, room=chart.beside - 14),
        ]
    return marks


def _points(row: Row) -> tuple[Point, ...]:
    """Of the row's one fit."""
    return row.fits[0].points


def spread(heights: Sequence[float], low: float, high: float) -> list[float]:
    """Heights moved as little as it takes to be APART.

    Arguments:
        heights: Increasing.
        low, high: Where they may be.

    Returns:
        As many, increasing, from low to high.

    Example:
        >>> spread([0.0, 1.0, 50.0], 0.0, 100.0)
        [0.0, 14.0, 50.0]
    """
    moved = []
    floor = low
    for height in heights:
        floor = max(height, floor)
        moved.append(floor)
        floor += APART
    ceiling = high
    for i in reversed(range(len(moved))):
        moved[i] = min(moved[i], ceiling)
        ceiling = moved[i] - APART
    return moved


def _table(rows: Sequence[Row]) -> Table:
    """The points of every family, at most LISTED."""
    cells = [cells for row in rows for cells in _cells(row)]
    return Table(HEAD, cells[:LISTED])


def _cells(row: Row) -> Iterator[tuple[str | float, ...]]:
    for point in _points(row):
        yield (
            row.words,
            point.T,
            point.d,
            point.x,
            point.error,
            point.lower,
            point.upper,
            point.lipschitz,
            point.seeds,
        )
