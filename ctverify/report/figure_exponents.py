"""Measured exponents as a forest plot: a row a fit, a panel an axis, beside Theorem 1's exponents
and the Gaussian law's.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..sweep.exponents import GAUSSIAN, Fit
from .chart import WIDTH, Cell, Entry, Figure, Table, arranged, drawing, legend_marks
from .exponent_panel import LEGEND, NAMES, QUANTITY, ROW, PlacedFit, panel, row_names
from .fit_rows import (
    LISTED,
    Row,
    drawable,
    families,
    fitted,
    held_fixed,
    models_note,
    schedules_note,
    told_apart,
)
from .numerals import short

DRAWN = 60  # rows of a figure
GAP = 14.0  # between legend and panel
FOOT = 40.0  # below the panel, for labels and title
CAPTION = (
    "The error grows as {0} to the power shown: a dot with its 95 % interval, in which a bend of "
    "the data counts as noise; the light band is what the brackets on W₁ leave for W₁'s own "
    "exponent. {1} Where the data cannot carry a fit there is none, and the table says why."
)
KNOWN = {
    "r": (
        "The Gaussian law and, up to logarithms, Theorem 1 have 1. Below 1 the error falls more "
        "slowly than r as T grows: the steps are not yet small enough for the rate of large T."
    ),
    "d": (
        "The Gaussian law has 1/2, Theorem 1 has 5/2: left of that the error grows more slowly "
        "than the theorem allows."
    ),
    "L_f": (
        "Theorem 1 has 3: left of that the error grows more slowly than the theorem allows. The "
        "Gaussian law has no L_f: on a Gaussian the error grows about as the spread, which L_f is "
        "there."
    ),
}
HEAD = (
    "target",
    "model",
    "exponent",
    "from",
    "to",
    "W₁'s from",
    "W₁'s to",
    "points",
    "regime",
    "held fixed",
    "schedule",
)


def exponent_rows(fits: Sequence[Fit], axis: str) -> list[Row]:
    """What the figure of one axis draws.

    Arguments:
        fits: Of all families and axes.
        axis: r, d or L_f.

    Returns:
        A row a fit, those of a family together; a family in which the axis does not vary has none.
    """
    rows = []
    for (target, kind), own in families(fits).items():
        along = [fit for fit in fitted(own) if fit.axis == axis]
        for fit, apart in told_apart(drawable(along)):
            rows.append(Row(target, kind + apart, (fit,)))
    return rows


def exponents_figure(fits: Sequence[Fit], axis: str) -> Figure:
    """The panel of one axis with its names, and all fits in the table.

    Arguments:
        fits: Of all families and axes.
        axis: r, d or L_f.

    Returns:
        The figure, of at most DRAWN fits.
    """
    rows = exponent_rows(fits, axis)
    drawn = rows[:DRAWN]
    legend = arranged(_legend(axis))
    top = legend[-1].y + 17 + GAP
    bottom = top + ROW * len(drawn)
    heights = [top + ROW * (i + 0.5) for i, _ in enumerate(drawn)]
    pairs = zip(drawn, heights, strict=True)
    placed = [PlacedFit(row.fits[0], y) for row, y in pairs]
    marks = [
        *legend_marks(legend, 8.0, WIDTH),
        *row_names(drawn, heights, 4.0),
        *panel(axis, placed, left=NAMES, top=top, bottom=bottom),
    ]
    label = f"Exponents in {axis}: " + "; ".join(map(_spoken, drawn))
    return Figure(
        title=f"Exponent in {axis}",
        caption=_caption(fits, axis, len(rows)),
        svg=drawing(label, bottom + FOOT, *marks),
        table=_table(fits, axis),
    )


def _legend(axis: str) -> list[Entry]:
    if GAUSSIAN[axis] is not None:
        return list(LEGEND)
    return [entry for entry in LEGEND if entry.words != "Gaussian law"]


def _spoken(row: Row) -> str:
    exponent = row.fits[0].exponent
    if exponent is None:
        return f"{row.words} no fit"
    return f"{row.words} {short(exponent)}"


def _caption(fits: Sequence[Fit], axis: str, count: int) -> str:
    caption = CAPTION.format(QUANTITY[axis], KNOWN[axis])
    caption += _left_out(count) + models_note(fits)
    if axis == "r":
        caption += schedules_note(fits)
    return caption


def _left_out(count: int) -> str:
    if count <= DRAWN:
        return ""
    drawn = f" Drawn are the first {DRAWN} of {count:,} fits"
    if count <= LISTED:
        return f"{drawn}."
    return f"{drawn}, listed the first {LISTED:,}."


def _table(fits: Sequence[Fit], axis: str) -> Table:
    """The fits along one axis, also those of families in which it does not vary."""
    along = [fit for fit in fits if fit.axis == axis]
    return Table(HEAD, [_cells(fit) for fit in along[:LISTED]])


def _cells(fit: Fit) -> tuple[Cell, ...]:
    return (
        fit.target,
        fit.model,
        fit.exponent,
        fit.low,
        fit.high,
        fit.w1_low,
        fit.w1_high,
        len(fit.points),
        fit.regime,
        held_fixed(fit),
        fit.schedule,
    )
