"""The first figure: the W_1 bracket of each model beside its plug-in value, its error budget and
Theorem 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from . import svg
from .chart import BOTTOM, RIGHT, WIDTH, Cell, Entry, Figure, Table, drawing, flow
from .collect import Certified
from .naming import name_of
from .plugin import PlugIn
from .scales import Scale, Span, short, span

ROW, EDGE, TOP = 52.0, 8.0, 34.0
BOLD = 0.82  # of the letters of plain text fit in the same room
LEGEND = (
    Entry("model", "square", "bracket on W₁"),
    Entry("theory", "tick", "error budget"),
    Entry("exact", "diamond", "plug-in, biased high"),
    Entry("exact hollow", "diamond", "plug-in, target against itself"),
)
CAPTION = (
    "The true distance W₁ between one-step samples and their target lies in the solid bar, which is narrow where quadrature or "
    "many draws leave no room. The error budget is an upper limit too; how far it lies to the right is what the triangle "
    "inequality loses. The plug-in value is the exact transport cost between n samples of each: it is biased high, and its "
    "hollow mark, the same estimator between two samples of the target itself, where 0 is right, shows by how much. Theorem 1's"
    " right-hand side is in units of its unspecified constant C₁; vacuous means that at C₁ = 1 it allows more than a constant "
    "model reaches."
)


def bracket_figure(certified: Sequence[Certified], plug_ins: Mapping[int, PlugIn]) -> Figure:
    """One row a certificate that has a bracket; plug_ins by the certificate's place in the list."""
    rows = [(i, c) for i, c in enumerate(certified) if c.certificate.w1]
    across = _values(rows, plug_ins).scale(EDGE, WIDTH - RIGHT)
    legend = flow(LEGEND)
    top = TOP + legend[-1][1]
    bottom = top + ROW * len(rows)
    marks = [
        mark
        for x, y, e in legend
        for mark in (svg.mark(e.shape, x + 9, y + 12, e.kind), svg.text(e.words, x + 22, y + 16))
    ]
    for value, name in across.ticks(46.0):
        at = across.at(value)
        marks.append(svg.line([at, at], [top, bottom], "rule"))
        marks.append(
            svg.text(
                name, min(at, WIDTH - 2 - svg.width(name) / 2), bottom + 15, "t faint", "middle"
            )
        )
    for place, (i, c) in enumerate(rows):
        marks += _row(c, plug_ins.get(i), across, top + ROW * place)
    marks.append(
        svg.text(
            "distance, in the data's unit of length", WIDTH - RIGHT, bottom + 33, "t faint", "end"
        )
    )
    label = "Brackets on W1 of each model: " + "; ".join(_spoken(c) for _, c in rows)
    picture = drawing(label, bottom + BOTTOM, *marks)
    return Figure("Distance to the target", CAPTION, picture, _table(rows, plug_ins), tall=True)


def _values(rows: Sequence[tuple[int, Certified]], plug_ins: Mapping[int, PlugIn]) -> Span:
    brackets = [c.certificate.w1 for _, c in rows]
    budgets = [c.certificate.budget.total_upper for _, c in rows if c.certificate.budget]
    plugs = [v for i, _ in rows if i in plug_ins for v in (plug_ins[i].value, plug_ins[i].null)]
    uppers = [b.upper for b in brackets if b]
    floor = [max(b.lower, 0.02 * b.upper) for b in brackets if b]
    return span(floor, uppers, budgets, plugs, log=True, margin=0.06)


def _row(c: Certified, plug: PlugIn | None, across: Scale, top: float) -> list[Markup]:
    found = c.certificate
    assert found.w1 and found.budget and found.theorem
    low, high, middle = across.at(found.w1.lower), across.at(found.w1.upper), top + 28
    limits = f"W₁ from {found.w1.lower:.5g} to {found.w1.upper:.5g}"
    theorem = f"Theorem 1: {short(found.theorem.rhs_over_C1, 2)} C₁{', vacuous' if found.theorem.vacuous else ''}"
    marks = [
        svg.line([0, WIDTH], [top, top], "rule"),
        svg.text(
            name_of(found), 0, top + 16, "t strong", room=BOLD * (WIDTH - svg.width(theorem) - 8)
        ),
        svg.text(theorem, WIDTH, top + 16, "t faint", "end"),
        svg.rectangle(low - 1, middle - 5, high + 1, middle + 5, "model", limits),
    ]
    if plug is not None:
        words = f"plug-in of {plug.n} and {plug.n} samples: {plug.value:.4g}; of the target against itself: {plug.null:.4g}"
        marks.append(svg.mark("diamond", across.at(plug.null), middle + 13, "exact hollow", words))
        marks.append(svg.mark("diamond", across.at(plug.value), middle + 13, "exact", words))
    marks.append(
        svg.mark(
            "tick",
            across.at(found.budget.total_upper),
            middle,
            "theory",
            f"budget {found.budget.total_upper:.5g}",
        )
    )
    return marks


def _spoken(c: Certified) -> str:
    assert c.certificate.w1
    return f"{name_of(c.certificate)} between {c.certificate.w1.lower:.3g} and {c.certificate.w1.upper:.3g}"


HEAD = ("model", "W₁ at least", "W₁ at most", "W₂ at most", "error budget", "plug-in", "target against itself", "n",
        "Theorem 1 / C₁", "L_f", "C₁ needed", "vacuous at C₁ = 1")  # fmt: skip


def _table(rows: Sequence[tuple[int, Certified]], plug_ins: Mapping[int, PlugIn]) -> Table:
    return Table(HEAD, [_cells(c, plug_ins.get(i)) for i, c in rows])


def _cells(c: Certified, plug: PlugIn | None) -> list[Cell]:
    found = c.certificate
    assert found.w1 and found.budget and found.theorem
    limits = [found.w1.lower, found.w1.upper, found.w1.w2_upper, found.budget.total_upper]
    values: list[Cell] = [None, None, None] if plug is None else [plug.value, plug.null, plug.n]
    theorem = [found.theorem.rhs_over_C1, found.theorem.lipschitz, found.theorem.C1_needed]
    return [name_of(found), *limits, *values, *theorem, "yes" if found.theorem.vacuous else "no"]
