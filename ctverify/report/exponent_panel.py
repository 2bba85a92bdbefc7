"""A panel of measured exponents along one axis (r, d or L_f): for each fit a dot and its interval,
beside dashed lines at Theorem 1's exponent and at the Gaussian law's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from ..sweep.exponents import GAUSSIAN, THEOREM, Fit
from . import svg
from .chart import WIDTH, Entry
from .fit_rows import Row, row_name
from .numerals import short
from .scales import Scale, Span, span

ROW = 19.0  # height of a fit
NAMES = 198.0  # room for the names left of a panel
PANEL = WIDTH - NAMES - 8.0  # width of a panel
QUANTITY = {"r": "r = c₁ log T / T", "d": "d", "L_f": "L_f"}
LEGEND = (
    Entry("model", "circle", "measured, 95 %"),
    Entry("model light", "square", "W₁ by brackets"),
    Entry("exact dashed", "stroke", "Gaussian law"),
    Entry("theory dashed", "stroke", "Theorem 1"),
)


@dataclass(frozen=True)
class PlacedFit:
    """A fit at a height, with what tells it from others of its row."""

    fit: Fit
    y: float
    apart: str = ""


def row_names(rows: Sequence[Row], heights: Iterable[float], left: float) -> list[Markup]:
    """The names left of a panel.

    Arguments:
        rows: The rows.
        heights: The middle of each.
        left: Where the names begin.

    Returns:
        A text for each row.
    """
    pairs = zip(rows, heights, strict=True)
    return [row_name(row, left, y + 4, room=NAMES - 10) for row, y in pairs]


def panel(
    axis: str, placed: Sequence[PlacedFit], left: float, top: float, bottom: float
) -> list[Markup]:
    """The panel of one axis.

    Arguments:
        axis: r, d or L_f.
        placed: The fits and their heights.
        left: Where the panel begins; it is PANEL wide.
        top, bottom: Its upper and lower border; labels and title are below.

    Returns:
        Ground, grid lines, references, fits and title.
    """
    right = left + PANEL
    across = _range_of(axis, placed).scale(left, right)
    marks = [svg.rectangle(left, top, right, bottom, kind="plot")]
    for value, words in across.ticks(40.0):
        x = across.at(value)
        marks += [
            svg.line([x, x], [top, bottom], "rule"),
            svg.text(words, x, bottom + 15, kind="t faint", anchor="middle"),
        ]
    marks += _references(axis, across, top, bottom)
    for one in placed:
        marks += _fit(one, across)
    title = f"exponent in {QUANTITY[axis]}"
    marks.append(svg.text(title, right, bottom + 32, kind="t faint", anchor="end"))
    return marks


def _range_of(axis: str, placed: Sequence[PlacedFit]) -> Span:
    """All intervals, 0 and Theorem 1's exponent, and W_1's bands as far as they are not far off."""
    theorem = THEOREM[axis]
    ends: list[float | None] = []
    bands: list[float | None] = []
    for one in placed:
        ends += [one.fit.low, one.fit.high]
        bands += [one.fit.w1_low, one.fit.w1_high]
    intervals = [end for end in ends if end is not None]
    near = np.clip([end for end in bands if end is not None], -1.0, theorem + 1)
    return span(intervals, near, [0.0, theorem])


def _references(axis: str, across: Scale, top: float, bottom: float) -> list[Markup]:
    """Dashed lines; where both are at one exponent their dashes take turns."""
    theorem = THEOREM[axis]
    gaussian = GAUSSIAN[axis]
    if gaussian is None:
        return [_reference(theorem, "theory dashed", across, top, bottom)]
    turns = ("", "")
    if theorem == gaussian:
        turns = (" turns", " turns late")
    return [
        _reference(gaussian, "exact dashed" + turns[0], across, top, bottom),
        _reference(theorem, "theory dashed" + turns[1], across, top, bottom),
    ]


def _reference(exponent: float, kind: str, across: Scale, top: float, bottom: float) -> Markup:
    x = across.at(exponent)
    return svg.line([x, x], [top, bottom], kind)


def _fit(placed: PlacedFit, across: Scale) -> list[Markup]:
    """A band for W_1, a line for the interval, a dot; or that there is none."""
    fit = placed.fit
    y = placed.y
    if fit.exponent is None or fit.low is None or fit.high is None:
        words = f"no fit{placed.apart}"
        left = across.start + 4
        return [svg.text(words, left, y + 4, kind="t faint", tooltip=fit.regime)]
    interval = _inside(across, fit.low, fit.high)
    drawn = interval
    marks = []
    if fit.w1_low is not None and fit.w1_high is not None:
        band = _inside(across, fit.w1_low, fit.w1_high)
        drawn = interval + band
        words = f"W₁ by brackets: {_interval(fit.w1_low, fit.w1_high)}"
        low, high = band
        marks.append(svg.rectangle(low, y - 3.5, high, y + 3.5, kind="model light", tooltip=words))
    words = f"{short(fit.exponent)}, {_interval(fit.low, fit.high)}"
    tooltip = f"{fit.target}, {fit.model}: {words}"
    x = across.at(fit.exponent)
    marks.append(svg.line(interval, [y, y], "model"))
    marks.append(svg.mark("circle", x, y, kind="model", tooltip=tooltip))
    if placed.apart:
        marks.append(_beside(placed.apart, drawn, y, across))
    return marks


def _inside(across: Scale, *values: float) -> list[float]:
    """Their coordinates, cut off at the panel's sides."""
    return np.clip(across(values), across.start, across.stop).tolist()


def _beside(words: str, drawn: Sequence[float], y: float, across: Scale) -> Markup:
    """Words right of what is drawn, or left of it where there is more room."""
    low = min(drawn)
    high = max(drawn)
    written = words.strip(" ,")
    if across.stop - high >= low - across.start:
        return svg.text(written, high + 8, y + 4, kind="t faint", anchor="start")
    return svg.text(written, low - 8, y + 4, kind="t faint", anchor="end")


def _interval(low: float, high: float) -> str:
    return f"{short(low)} to {short(high)}"
