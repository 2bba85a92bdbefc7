"""Measured exponents as a forest plot: a row a fit, a panel an axis, beside Theorem 1's exponents
and the Gaussian law's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

from markupsafe import Markup

from ..sweep.exponents import AXES, GAUSSIAN, THEOREM, Fit
from . import svg
from .chart import WIDTH, Cell, Entry, Figure, Table, drawing, flow
from .naming import apart, families, fixed, shown
from .scales import Scale, short, span

ROW, NAMES, GAP, TOP, FOOT = 19.0, 198.0, 18.0, 14.0, 40.0
PANEL, EDGE = WIDTH - NAMES - 8.0, 12.0
DRAWN, LISTED = 60, 1000  # rows of a figure and of its table
QUANTITY = {"r": "r = c₁ log T / T", "d": "d", "L_f": "L_f"}
LEGEND = (
    Entry("model", "circle", "measured, 95 %"),
    Entry("model light", "square", "W₁ by brackets"),
    Entry("exact dashed", "tick", "Gaussian law"),
    Entry("theory dashed", "tick", "Theorem 1"),
)
CAPTION = (
    "The error grows as {0} to the power shown: a dot with its 95 % interval, in which a bend of the data counts as noise; the "
    "light band is what the brackets on W₁ leave for W₁'s own exponent. {1} Where the data cannot carry a fit there is none, and "
    "the table says why."
)
KNOWN = {
    "r": (
        "The Gaussian law and, up to logarithms, Theorem 1 have 1. Below 1 the error falls more slowly than r as T grows: the "
        "steps are not yet small enough for the rate of large T."
    ),
    "d": "The Gaussian law has 1/2, Theorem 1 has 5/2: left of that the error grows more slowly than the theorem allows.",
    "L_f": "Theorem 1 has 3: left of that the error grows more slowly than the theorem allows. The Gaussian law has no L_f: "
    "on a Gaussian the error grows about as the spread, which L_f is there.",
}


@dataclass(frozen=True)
class Row:
    """A line of the plot: a family's name, what tells it from others of the same name, and its
    fits.
    """

    name: str
    apart: str
    fits: tuple[Fit, ...]

    @property
    def words(self) -> str:
        """Both in full."""
        return self.name + self.apart


@dataclass(frozen=True)
class Placed:
    """A fit at a height, with what tells it from others of its row."""

    fit: Fit
    y: float
    apart: str = ""


def rows(found: Sequence[Fit], axis: str) -> list[Row]:
    """A row a fit along `axis` that is drawn, those of a family together; families in which it does
    not vary have none.
    """
    every = {
        who: [fit for fit in own if fit.axis == axis and fit.points]
        for who, own in families(found).items()
    }
    return [
        Row(target, kind + at, (fit,))
        for (target, kind), own in every.items()
        for fit, at in apart(shown(own))
    ]


def exponents_figure(found: Sequence[Fit], axis: str) -> Figure:
    """The panel of one axis with its names, and all fits in the table."""
    every = rows(found, axis)
    drawn, legend = (
        every[:DRAWN],
        [entry for entry in LEGEND if entry.words != "Gaussian law" or GAUSSIAN[axis] is not None],
    )
    places = flow(legend)
    top = places[-1][1] + 17 + TOP
    placed = [Placed(row.fits[0], top + ROW * (i + 0.5)) for i, row in enumerate(drawn)]
    marks = [*_key(places), *_names(drawn, [p.y for p in placed])]
    marks += _panel(axis, placed, NAMES, (top, top + ROW * len(drawn)))
    label = f"Exponents in {axis}: {'; '.join(_spoken(row) for row in drawn)}"
    caption = CAPTION.format(QUANTITY[axis], KNOWN[axis]) + _left_out(len(every)) + unnamed(found)
    caption += without_r(found) if axis == "r" else ""
    picture = drawing(label, top + ROW * len(drawn) + FOOT, *marks)
    return Figure(f"Exponent in {axis}", caption, picture, table(found, axis), tall=True)


def _left_out(count: int) -> str:
    if count <= DRAWN:
        return ""
    return f" Drawn are the first {DRAWN} of {count:,} fits" + (
        "." if count <= LISTED else f", listed the first {LISTED:,}."
    )


def unnamed(found: Sequence[Fit]) -> str:
    """What a name without a model stands for, where there are such."""
    several = len({fit.model for fit in found}) > 1 and any(
        fit.model == "population" for fit in found
    )
    return " A name without a model stands for exact training (population)." if several else ""


def without_r(found: Sequence[Fit]) -> str:
    """What stands for r where a schedule has none."""
    others = any(fit.schedule != "li_huang_wei" for fit in found)
    return " Schedules other than (23) have 1/T in the place of r." if others else ""


def standalone(found: Sequence[Fit]) -> str:
    """All axes side by side as one SVG file that needs nothing else, in light and in dark."""
    every = [
        Row(*who, tuple(fit for fit in own if fit.points)) for who, own in families(found).items()
    ]
    drawn = [row for row in every if row.fits][:DRAWN]
    slots = [max(len(_on(row, axis)) for axis in AXES) for row in drawn]
    tops = [TOP + 24 + ROW * sum(slots[:i]) for i in range(len(drawn) + 1)]
    left, step = NAMES + EDGE, PANEL + GAP
    marks = [
        *_key([(left + i * 0.8 * step, TOP, entry) for i, entry in enumerate(LEGEND)]),
        *_names(drawn, [y + ROW / 2 for y in tops], EDGE),
    ]
    for place, axis in enumerate(AXES):
        placed = [
            Placed(fit, y + ROW * (i + 0.5), at)
            for row, y in zip(drawn, tops, strict=False)
            for i, (fit, at) in enumerate(_on(row, axis))
        ]
        marks += _panel(axis, placed, left + place * step, (tops[0], tops[-1]))
    return _whole(left + 3 * step - GAP + EDGE, tops[-1] + FOOT + EDGE, marks)


def _on(row: Row, axis: str) -> list[tuple[Fit, str]]:
    """What is drawn of a family along `axis`, below one another."""
    return apart(shown([fit for fit in row.fits if fit.axis == axis]))


def _whole(wide: float, high: float, marks: Iterable[Markup]) -> str:
    """The file: the page's colours, a ground, the marks."""
    style = (
        resources.files("ctverify.report")
        .joinpath("templates", "report.css")
        .read_text(encoding="utf-8")
    )
    ground = svg.element("rect", x=0.0, y=0.0, width=wide, height=high, class_="ground")
    size: dict[str, str | float] = {
        "viewBox": f"0 0 {svg.number(wide)} {svg.number(high)}",
        "width": wide,
        "height": high,
    }
    size |= {"xmlns": "http://www.w3.org/2000/svg", "role": "img"}
    label = (
        "Measured exponents of the error in r, d and L_f, beside Theorem 1's and the Gaussian law's"
    )
    return f"{svg.printable(svg.element('svg', svg.element('style', style), ground, *marks, aria_label=label, **size))}\n"


def _key(places: Iterable[tuple[float, float, Entry]]) -> list[Markup]:
    """The legend."""
    return [
        mark
        for x, y, e in places
        for mark in (svg.mark(e.shape, x + 9, y + 8, e.kind), svg.text(e.words, x + 22, y + 12))
    ]


def _names(drawn: Sequence[Row], heights: Sequence[float], edge: float = 4.0) -> list[Markup]:
    """Names, those too long cut."""
    return [name(row, edge, y + 4, NAMES - 10) for row, y in zip(drawn, heights, strict=False)]


def name(row: Row, x: float, y: float, room: float) -> Markup:
    """A row's name, cut to `room`, if possible inside the target's name: ends tell rows apart."""
    shown = svg.cut(
        svg.cut_inside(row.name, max(room - svg.width(row.apart), 7 * svg.CHARACTER)) + row.apart,
        room,
    )
    return svg.text(shown, x, y, tooltip="" if shown == row.words else row.words)


def _panel(
    axis: str, placed: Sequence[Placed], left: float, rim: tuple[float, float]
) -> list[Markup]:
    """Axis, references and fits."""
    ends = [value for p in placed for value in (p.fit.low, p.fit.high) if value is not None]
    bands = [
        min(max(v, -1.0), THEOREM[axis] + 1)
        for p in placed
        for v in (p.fit.w1_low, p.fit.w1_high)
        if v is not None
    ]
    across = span(ends, bands, [0.0, THEOREM[axis]]).scale(left, left + PANEL)
    marks = [svg.rectangle(left, rim[0], left + PANEL, rim[1], "plot")]
    for value, words in across.ticks(40.0):
        x = across.at(value)
        marks += [
            svg.line([x, x], rim, "rule"),
            svg.text(words, x, rim[1] + 15, "t faint", "middle"),
        ]
    marks += _references(axis, across, rim)
    marks += [mark for p in placed for mark in _fit(p, across)]
    return [
        *marks,
        svg.text(f"exponent in {QUANTITY[axis]}", left + PANEL, rim[1] + 32, "t faint", "end"),
    ]


def _references(axis: str, across: Scale, rim: tuple[float, float]) -> list[Markup]:
    """Dashed lines; where both are at one place their dashes take turns."""
    theorem, gaussian = THEOREM[axis], GAUSSIAN[axis]
    turns = (" turns", " turns late") if theorem == gaussian else ("", "")
    found = (("exact dashed" + turns[0], gaussian), ("theory dashed" + turns[1], theorem))
    return [svg.line([across.at(v)] * 2, rim, kind) for kind, v in found if v is not None]


def _fit(placed: Placed, across: Scale) -> list[Markup]:
    """A band for W_1, a line for the interval, a dot; or that there is none."""
    fit, y = placed.fit, placed.y
    if fit.exponent is None or fit.low is None or fit.high is None:
        return [
            svg.text(
                f"no fit{placed.apart}", across.start + 4, y + 4, "t faint", tooltip=fit.regime
            )
        ]
    marks, interval = [], _inside(across, fit.low, fit.high)
    ends = list(interval)
    if fit.w1_low is not None and fit.w1_high is not None:
        words = f"W₁ by brackets: {_range(fit.w1_low, fit.w1_high)}"
        low, high = _inside(across, fit.w1_low, fit.w1_high)
        marks.append(svg.rectangle(low, y - 3.5, high, y + 3.5, "model light", words))
        ends += [low, high]
    words = f"{fit.target}, {fit.model}: {short(fit.exponent)}, {_range(fit.low, fit.high)}"
    marks += [
        svg.line(interval, [y, y], "model"),
        svg.mark("circle", across.at(fit.exponent), y, "model", words),
    ]
    return marks + (
        [_beside(placed.apart, min(ends), max(ends), y, across)] if placed.apart else []
    )


def _inside(across: Scale, *values: float) -> list[float]:
    return [min(max(across.at(value), across.start), across.stop) for value in values]


def _beside(words: str, low: float, high: float, y: float, across: Scale) -> Markup:
    """Words right of what is drawn, or left of it where there is more room."""
    right = across.stop - high >= low - across.start
    return svg.text(
        words.strip(" ,"),
        high + 8 if right else low - 8,
        y + 4,
        "t faint",
        "start" if right else "end",
    )


def _range(low: float, high: float) -> str:
    return f"{short(low)} to {short(high)}"


def _spoken(row: Row) -> str:
    value = row.fits[0].exponent
    return f"{row.words} {'no fit' if value is None else short(value)}"


def table(found: Sequence[Fit], axis: str) -> Table:
    """Every fit along `axis`, also those of families in which it does not vary."""
    head = (
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
    return Table(head, [_cells(fit) for fit in found if fit.axis == axis][:LISTED])


def _cells(fit: Fit) -> tuple[Cell, ...]:
    numbers = (fit.exponent, fit.low, fit.high, fit.w1_low, fit.w1_high, len(fit.points))
    return (fit.target, fit.model, *numbers, fit.regime, fixed(fit), fit.schedule)
