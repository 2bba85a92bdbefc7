"""The first figure: the W_1 bracket of each model beside its scale, its plug-in value and the sum
along its trajectory.
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
from .numerals import percent
from .plugin import PlugIn
from .scales import Scale, Span, span

ROW = 52.0  # height of a model
EDGE = 8.0  # left of the axis
TOP = 34.0  # room for a legend of one row
BOLD = 0.82  # of the letters of plain text fit in the same room
BRACKET = Entry("model", "square", "bracket on W₁")
SPREAD = Entry("exact", "stroke", "spread: a constant model")
TRAJECTORY = Entry("theory", "stroke", "sum along the trajectory")
PLUG_INS = (
    Entry("exact", "diamond", "plug-in, biased high"),
    Entry("exact hollow", "diamond", "plug-in, target against itself"),
)
CAPTION = (
    "The true distance W₁ between the samples and their target lies in the solid bar, which is "
    "narrow where many draws leave no room. The spread is what the best constant model reaches, "
    "one that returns the same point always: the scale by which a distance is large or small. The "
    "sum along the trajectory is an upper limit too; how far it lies to the right is what the "
    "triangle inequality loses, more at larger T."
)
ON_PLUG_INS = (
    " The plug-in value is the exact transport cost between n samples of each: it is biased high, "
    "and its hollow mark, the same estimator between two samples of the target itself, where 0 is "
    "right, shows by how much."
)
AXIS = "distance, in the data's unit of length"
HEAD = (
    "model",
    "W₁ at least",
    "W₁ at most",
    "W₂ at most",
    "spread",
    "X₀: at least",
    "X₀: at most",
    "sum along the trajectory",
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
    legend = arranged(_entries(models))
    with_plug_in = any(one.plug_in for one in models)
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
        caption=CAPTION + ON_PLUG_INS if with_plug_in else CAPTION,
        svg=drawing(label, bottom + BOTTOM, *marks),
        table=Table(HEAD, [_cells(one) for one in models]),
    )


def _entries(models: Sequence[Measured]) -> list[Entry]:
    """Of what is drawn."""
    entries = [BRACKET]
    if any(one.certificate.w1 and one.certificate.w1.scale for one in models):
        entries.append(SPREAD)
    if any(one.certificate.budget for one in models):
        entries.append(TRAJECTORY)
    if any(one.plug_in for one in models):
        entries += PLUG_INS
    return entries


def _range_of(models: Sequence[Measured]) -> Span:
    """All that is drawn, but for lower limits that are next to 0."""
    certificates = [one.certificate for one in models]
    brackets = [c.w1 for c in certificates if c.w1]
    uppers = [w1.upper for w1 in brackets]
    lowers = [max(w1.lower, 0.02 * w1.upper) for w1 in brackets]
    budgets = [c.budget.total_upper for c in certificates if c.budget]
    scales = [w1.scale for w1 in brackets if w1.scale]
    plug_ins = [one.plug_in for one in models if one.plug_in]
    values = [plug_in.value for plug_in in plug_ins]
    nulls = [plug_in.null for plug_in in plug_ins]
    return span(lowers, uppers, scales, budgets, values, nulls, log=True, margin=0.06)


def _row(measured: Measured, across: Scale, top: float) -> list[Markup]:
    c = measured.certificate
    assert c.w1
    middle = top + 28
    beside = ""
    if c.w1.relative is not None:
        beside = f"{percent(c.w1.relative.upper)} of the spread"
    name = name_of(c)
    if lettering.width(name) > BOLD * (WIDTH - lettering.width(beside) - 8):
        beside = ""  # the name comes first; the table has the spread
    low = across.at(c.w1.lower)
    high = across.at(c.w1.upper)
    limits = f"W₁ from {c.w1.lower:.5g} to {c.w1.upper:.5g}"
    marks = [
        svg.line([0, WIDTH], [top, top], "rule"),
        svg.text(name, 0, top + 16, kind="t strong", room=BOLD * WIDTH),
        svg.rectangle(low - 1, middle - 5, high + 1, middle + 5, kind="model", tooltip=limits),
    ]
    if beside:
        marks.append(svg.text(beside, WIDTH, top + 16, kind="t faint", anchor="end"))
    if measured.plug_in is not None:
        marks += _plug_in_marks(measured.plug_in, across, middle + 13)
    if c.budget is not None:
        marks.append(_stroke(across, middle, c.budget.total_upper, "theory", "trajectory"))
    if c.w1.scale:
        marks.append(_stroke(across, middle, c.w1.scale, "exact", "spread"))
    return marks


def _stroke(across: Scale, y: float, value: float, kind: str, name: str) -> Markup:
    tooltip = f"{name}: {value:.5g}"
    return svg.mark("stroke", across.at(value), y, kind=kind, tooltip=tooltip)


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
    assert c.w1
    return [
        name_of(c),
        c.w1.lower,
        c.w1.upper,
        c.w1.w2_upper,
        c.w1.scale,
        *_of_data(c),
        None if c.budget is None else c.budget.total_upper,
        *_of_plug_in(measured.plug_in),
        *_of_theorem(c),
    ]


def _of_data(certificate: Certificate) -> list[Cell]:
    data = certificate.to_data
    if data is None:
        return [None, None]
    return [data.lower, data.upper]


def _of_plug_in(plug_in: PlugIn | None) -> list[Cell]:
    if plug_in is None:
        return [None, None, None]
    return [plug_in.value, plug_in.null, plug_in.n]


def _of_theorem(certificate: Certificate) -> list[Cell]:
    theorem = certificate.theorem
    if theorem is None:
        return [None, None, None, None]
    vacuous = "yes" if theorem.vacuous else "no"
    return [theorem.rhs_over_C1, theorem.lipschitz, theorem.C1_needed, vacuous]
