"""Measured exponents as a forest plot: a row a family, a panel an axis, beside Theorem 1's exponents and the Gaussian law's."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

from markupsafe import Markup

from ..exponents import AXES, GAUSSIAN, THEOREM, Fit
from . import svg
from .chart import Cell, Entry, Figure, Table, _flow, drawing
from .scales import Scale, short, span

ROW, NAMES, PANEL, GAP, TOP, FOOT = 19.0, 178.0, 212.0, 18.0, 26.0, 40.0
QUANTITY = {"r": "r = c₁ log T / T", "d": "d", "L_f": "L_f"}
LEGEND = (
    Entry("model", "circle", "measured, 95 %"),
    Entry("model light", "square", "W₁ by brackets"),
    Entry("exact dashed", "tick", "Gaussian law"),
    Entry("theory dashed", "tick", "Theorem 1"),
)
CAPTION = (
    "The error grows as {0} to the power shown: a dot with its 95 % interval, in which a bend of the data counts as noise; the "
    "wide band is what the brackets on W₁ leave for W₁'s own exponent. {1} To the left of Theorem 1's line the error grows more "
    "slowly than the theorem allows. Where the data cannot carry a fit there is none, and the table says why."
)
KNOWN = {
    "r": "Both the Gaussian law and Theorem 1 have 1; below it the steps are not yet small enough for the rate of large T.",
    "d": "The Gaussian law has 1/2, Theorem 1 has 5/2.",
    "L_f": "Theorem 1 has 3; on an isotropic Gaussian the error is proportional to its spread, which is L_f.",
}
Row = tuple[str, list[Fit]]


def families(found: Sequence[Fit]) -> list[Row]:
    """The fits of each target, model and schedule, by a name that tells them apart."""
    several = len({fit.schedule for fit in found}) > 1
    rows: dict[str, list[Fit]] = {}
    for fit in found:
        name = fit.target + ("" if fit.model == "population" else f", {fit.model}") + (f", {fit.schedule}" if several else "")
        rows.setdefault(name, []).append(fit)
    return list(rows.items())


def exponents_figure(found: Sequence[Fit], axis: str) -> Figure:
    """The panel of one axis with its names."""
    rows = [(name, own) for name, fits in families(found) if (own := [fit for fit in fits if fit.axis == axis])]
    legend = _flow(LEGEND)
    top = TOP + legend[-1][1] + 14
    marks = [*_key(0.0), *_names(rows, top), *_panel(axis, rows, NAMES, top)]
    label = f"Exponents in {axis}: " + "; ".join(_spoken(name, fit) for name, own in rows for fit in own)
    picture = drawing(label, top + ROW * len(rows) + FOOT, *marks)
    return Figure(f"Exponent in {axis}", CAPTION.format(QUANTITY[axis], KNOWN[axis]), picture, _table(rows), tall=True)


def standalone(found: Sequence[Fit]) -> str:
    """All axes side by side as one SVG file that needs nothing else."""
    rows, top = families(found), TOP + 22
    wide, high = NAMES + 3 * (PANEL + GAP), top + ROW * len(rows) + FOOT
    marks = [*_key(NAMES, wide), *_names(rows, top)]
    for place, axis in enumerate(AXES):
        own = [(name, [fit for fit in fits if fit.axis == axis]) for name, fits in rows]
        marks += _panel(axis, own, NAMES + place * (PANEL + GAP), top)
    style = resources.files("ctverify.report").joinpath("templates", "report.css").read_text(encoding="utf-8")
    ground = svg.element("rect", x=0.0, y=0.0, width=wide, height=high, style="fill: var(--back)")
    size: dict[str, str | float] = {"viewBox": f"0 0 {svg.number(wide)} {svg.number(high)}", "width": wide, "height": high}
    size |= {"xmlns": "http://www.w3.org/2000/svg", "role": "img"}
    label = "Measured exponents of the error in r, d and L_f, beside Theorem 1's and the Gaussian law's"
    whole = svg.element("svg", svg.element("style", Markup(style)), ground, *marks, aria_label=label, **size)
    return svg.printable(f"{whole}\n")


def _key(left: float, width: float = 0.0) -> list[Markup]:
    """The legend, in one row where there is `width` for it."""
    places = _flow(LEGEND) if not width else [(left + i * 190.0, 0.0, entry) for i, entry in enumerate(LEGEND)]
    return [mark for x, y, e in places for mark in (svg.mark(e.shape, x + 9, y + 12, e.kind), svg.text(e.words, x + 22, y + 16))]


def _names(rows: Sequence[Row], top: float) -> list[Markup]:
    return [svg.text(name, 2, top + ROW * (i + 0.5) + 4, room=NAMES - 6) for i, (name, _) in enumerate(rows)]


def _panel(axis: str, rows: Sequence[Row], left: float, top: float) -> list[Markup]:
    """Axis, references and a row a family."""
    bottom, references = top + ROW * len(rows), (("theory", THEOREM[axis]), ("exact", GAUSSIAN[axis]))
    values = [value for _, own in rows for fit in own for value in (fit.low, fit.high) if value is not None]
    across = span(values, [0.0], [value for _, value in references if value is not None]).scale(left, left + PANEL)
    marks = [svg.rectangle(left, top, left + PANEL, bottom, "plot")]
    for value, name in across.ticks(40.0):
        at = across.at(value)
        marks.append(svg.line([at, at], [top, bottom], "rule"))
        marks.append(svg.text(name, at, bottom + 15, "t faint", "middle"))
    for kind, known in references:
        if known is not None:
            at = across.at(known) + (2.0 if kind == "theory" and known == GAUSSIAN[axis] else 0.0)
            marks.append(svg.line([at, at], [top, bottom], f"{kind} dashed"))
    for i, (_, own) in enumerate(rows):
        for place, fit in enumerate(own):
            marks += _fit(fit, across, top + ROW * (i + (place + 1) / (len(own) + 1)), (left, left + PANEL))
    marks.append(svg.text(f"exponent in {QUANTITY[axis]}", left + PANEL, bottom + 32, "t faint", "end"))
    return marks


def _fit(fit: Fit, across: Scale, y: float, edges: tuple[float, float]) -> list[Markup]:
    """A band for W_1, a line for the interval, a dot; or why there is none."""
    if fit.exponent is None or fit.low is None or fit.high is None:
        return [svg.text("no fit", edges[0] + 4, y + 4, "t faint")]

    def inside(*values: float) -> list[float]:
        return [min(max(across.at(value), edges[0]), edges[1]) for value in values]

    marks = []
    if fit.w1_low is not None and fit.w1_high is not None:
        low, high = inside(fit.w1_low, fit.w1_high)
        marks.append(
            svg.rectangle(low, y - 3.5, high, y + 3.5, "model light", f"W₁ by brackets: {_range(fit.w1_low, fit.w1_high)}")
        )
    marks.append(svg.line(inside(fit.low, fit.high), [y, y], "model"))
    tooltip = f"{fit.target}: {short(fit.exponent)}, {_range(fit.low, fit.high)}"
    return [*marks, svg.mark("circle", across.at(fit.exponent), y, "model", tooltip)]


def _range(low: float, high: float) -> str:
    return f"{short(low)} to {short(high)}"


def _spoken(name: str, fit: Fit) -> str:
    return f"{name} no fit" if fit.exponent is None else f"{name} {short(fit.exponent)}"


def _table(rows: Sequence[Row]) -> Table:
    head = ("family", "held fixed", "exponent", "from", "to", "W₁'s from", "W₁'s to", "points", "regime")
    return Table(head, [_cells(name, fit) for name, own in rows for fit in own])


def _cells(name: str, fit: Fit) -> tuple[Cell, ...]:
    fixed = ", ".join(f"{key} = {value:g}" for key, value in fit.at.items() if isinstance(value, int | float))
    return (name, fixed, fit.exponent, fit.low, fit.high, fit.w1_low, fit.w1_high, len(fit.points), fit.regime)
