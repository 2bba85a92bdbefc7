"""The measured exponents of all axes side by side, as one SVG file of its own: for a README."""

from __future__ import annotations

from collections.abc import Sequence

from ..sweep.exponents import AXES, Fit
from . import svg
from .chart import LegendItem, legend_marks
from .exponent_panel import LEGEND, NAMES, PANEL, ROW, PlacedFit, panel, row_names
from .figure_exponents import DRAWN, FOOT
from .fit_rows import Row, drawable, families, fitted, told_apart

EDGE = 12.0  # around everything
GAP = 18.0  # between two panels
STEP = PANEL + GAP  # from a panel to the next
LEGEND_TOP = 14.0
LABEL = "Measured exponents of the error in r, d and L_f, beside Theorem 1's and the Gaussian law's"


def standalone(fits: Sequence[Fit]) -> str:
    """All axes side by side as one file that needs nothing else, in light and in dark.

    Arguments:
        fits: Of all families and axes.

    Returns:
        An SVG of at most DRAWN families, a row each; a row is as high as the axis along which the
        family has most fits.
    """
    rows = _rows(fits)[:DRAWN]
    tops = [LEGEND_TOP + 24]
    for row in rows:
        slots = max(len(_along(row, axis)) for axis in AXES)
        tops.append(tops[-1] + ROW * slots)
    bottom = tops[-1]
    left = NAMES + EDGE
    marks = [
        *legend_marks(_legend(left), LEGEND_TOP + 8, right=float("inf")),
        *row_names(rows, [top + ROW / 2 for top in tops[:-1]], EDGE),
    ]
    for i, axis in enumerate(AXES):
        placed = []
        for row, top in zip(rows, tops[:-1], strict=True):
            placed += _placed(row, axis, top)
        marks += panel(axis, placed, left=left + i * STEP, top=tops[0], bottom=bottom)
    width = left + len(AXES) * STEP - GAP + EDGE
    return svg.file(marks, width, bottom + FOOT + EDGE, LABEL)


def _rows(fits: Sequence[Fit]) -> list[Row]:
    """A row a family that has a fit with points."""
    rows = []
    for (target, apart), own in families(fits).items():
        if fitted(own):
            rows.append(Row(target, apart, tuple(fitted(own))))
    return rows


def _legend(left: float) -> list[LegendItem]:
    """All entries in one row."""
    step = 0.8 * STEP
    return [LegendItem(left + i * step, 0.0, entry) for i, entry in enumerate(LEGEND)]


def _along(row: Row, axis: str) -> list[tuple[Fit, str]]:
    """What is drawn of a family along one axis, below one another."""
    along = [fit for fit in row.fits if fit.axis == axis]
    return told_apart(drawable(along))


def _placed(row: Row, axis: str, top: float) -> list[PlacedFit]:
    placed = []
    y = top + ROW / 2
    for fit, apart in _along(row, axis):
        placed.append(PlacedFit(fit, y, apart))
        y += ROW
    return placed
