"""The first figure: the W_1 bracket of each model beside its plug-in value, its error budget and
Theorem 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..certificate.certificate import Certificate
from . import lettering, svg
from .chart import (
    BOTTOM,
    RIGHT,
    WIDTH,
    Cell,
    Entry,
    Figure,
    Table,
    arranged,
    drawing,
    legend_marks,
    x_axis,
)
from .naming import name_of
from .numerals import short
from .plugin import PlugIn
from .scales import Scale, Span, span

ROW = 52.0  # height of a model
EDGE = 8.0  # left of the axis
TOP = 34.0  # room for a legend of one row
BOLD = 0.82  # of the letters of plain text fit in the same room
LEGEND = (
    Entry("model", "square", "bracket on W₁"),
    Entry("theory", "stroke", "error budget"),
    Entry("exact", "diamond", "plug-in, biased high"),
    Entry("exact hollow", "diamond", "plug-in, target against itself"),
)
CAPTION = (
    "The true distance W₁ between one-step samples and their target lies in the solid bar, which "
    "is narrow where quadrature or many draws leave no room. The error budget is an upper limit "
    "too; how far it lies to the right is what the triangle inequality loses. The plug-in value is "
    "the exact transport cost between n samples of each: it is biased high, and its hollow mark, "
    "the same estimator between two samples of the target itself, where 0 is right, shows by how "
    "much. Theorem 1's right-hand side is in units of its unspecified constant C₁; vacuous means "
    "that at C₁ = 1 it allows more than a constant model reaches."
)
AXIS = "distance, in the data's unit of length"
HEAD = (
    "model",
    "W₁ at least",
    "W₁ at most",
    "W₂ at most",
    "error budget",
    "plug-in",
    "target against itself",
    "n",
    "Theorem 1 / C₁",
    "L_f",
    "C₁ needed",
    "vacuous at C₁ = 1",
)


@dataclass(frozen=True)
class Measured:
    """A certificate, and the plug-in value from its kept samples where there is one."""

    certificate: Certificate
    plug_in: PlugIn | None


def bracket_figure(measured: Sequence[Measured]) -> Figure:
    """One row a model.

    Arguments:
        measured: At least one; those whose certificate has no bracket have no row.

    Returns:
        The figure.
    """
    models = [one for one in measured if one.certificate.w1]
    across = _range_of(models).scale(EDGE, WIDTH - RIGHT)
    legend = arranged(LEGEND)
    top = TOP + legend[-1].y
    bottom = top + ROW * len(models)
    marks = legend_marks(legend, 12.0, right=WIDTH)
    marks += x_axis(across, top, bottom, label_y=bottom + 15)
    for i, one in enumerate(models):
        marks += _row(one, across, top + ROW * i)
    right = WIDTH - RIGHT
    marks.append(svg.text(AXIS, right, bottom + 33, kind="t faint", anchor="end"))
    label = "Brackets on W1 of each model: " + "; ".join(map(_spoken, models))
    return Figure(
        title="Distance to the target",
        caption=CAPTION,
        svg=drawing(label, bottom + BOTTOM, *marks),
        table=Table(HEAD, [_cells(one) for one in models]),
    )


def _range_of(models: Sequence[Measured]) -> Span:
    """All that is drawn, but for lower limits that are next to 0."""
    certificates = [one.certificate for one in models]
    brackets = [c.w1 for c in certificates if c.w1]
    uppers = [w1.upper for w1 in brackets]
    lowers = [max(w1.lower, 0.02 * w1.upper) for w1 in brackets]
    budgets = [c.budget.total_upper for c in certificates if c.budget]
    plug_ins = [one.plug_in for one in models if one.plug_in]
    values = [plug_in.value for plug_in in plug_ins]
    nulls = [plug_in.null for plug_in in plug_ins]
    return span(lowers, uppers, budgets, values, nulls, log=True, margin=0.06)


def _row(measured: Measured, across: Scale, top: float) -> list[Markup]:
    c = measured.certificate
    assert c.w1 and c.budget and c.theorem
    middle = top + 28
    theorem = f"Theorem 1: {short(c.theorem.rhs_over_C1, 2)} C₁"
    if c.theorem.vacuous:
        theorem += ", vacuous"
    name_room = BOLD * (WIDTH - lettering.width(theorem) - 8)
    low = across.at(c.w1.lower)
    high = across.at(c.w1.upper)
    limits = f"W₁ from {c.w1.lower:.5g} to {c.w1.upper:.5g}"
    marks = [
        svg.line([0, WIDTH], [top, top], "rule"),
        svg.text(name_of(c), 0, top + 16, kind="t strong", room=name_room),
        svg.text(theorem, WIDTH, top + 16, kind="t faint", anchor="end"),
        svg.rectangle(low - 1, middle - 5, high + 1, middle + 5, kind="model", tooltip=limits),
    ]
    if measured.plug_in is not None:
        marks += _plug_in_marks(measured.plug_in, across, middle + 13)
    limit = c.budget.total_upper
    marks.append(
        svg.mark("stroke", across.at(limit), middle, kind="theory", tooltip=f"budget {limit:.5g}")
    )
    return marks


def _plug_in_marks(plug_in: PlugIn, across: Scale, y: float) -> list[Markup]:
    words = (
        f"plug-in of {plug_in.n} and {plug_in.n} samples: {plug_in.value:.4g}; of the target "
        f"against itself: {plug_in.null:.4g}"
    )
    return [
        svg.mark("diamond", across.at(plug_in.null), y, kind="exact hollow", tooltip=words),
        svg.mark("diamond", across.at(plug_in.value), y, kind="exact", tooltip=words),
    ]


def _spoken(measured: Measured) -> str:
    c = measured.certificate
    assert c.w1
    return f"{name_of(c)} between {c.w1.lower:.3g} and {c.w1.upper:.3g}"


def _cells(measured: Measured) -> list[Cell]:
    c = measured.certificate
    assert c.w1 and c.budget and c.theorem
    cells: list[Cell] = [None, None, None]
    if measured.plug_in is not None:
        plug_in = measured.plug_in
        cells = [plug_in.value, plug_in.null, plug_in.n]
    return [
        name_of(c),
        c.w1.lower,
        c.w1.upper,
        c.w1.w2_upper,
        c.budget.total_upper,
        *cells,
        c.theorem.rhs_over_C1,
        c.theorem.lipschitz,
        c.theorem.C1_needed,
        "yes" if c.theorem.vacuous else "no",
    ]
