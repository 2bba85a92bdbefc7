"""A chart: a plot area with axes, grid lines, titles and a legend, in which marks are drawn; and a
figure, which is a chart with a caption that says what to see and the table behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from . import svg
from .scales import Scale, Span

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 400.0, 46.0, 10.0, 22.0, 44.0
PLOT_WIDTH = WIDTH - LEFT - RIGHT
ROW = 17.0  # of the legend
Cell = str | float | int | None


@dataclass(frozen=True)
class Table:
    """What a figure shows, in numbers: the page writes each to five digits and keeps the whole
    number beside it.
    """

    head: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Figure:
    """One figure of the page."""

    title: str
    caption: str
    svg: Markup
    table: Table
    tall: bool = False


@dataclass(frozen=True)
class Entry:
    """A legend's entry: its class of colour, a shape of svg.SHAPES, its words."""

    kind: str
    shape: str
    words: str


@dataclass(frozen=True)
class Chart:
    """`label` is what a screen reader says; titles name a quantity and its unit; height is that of
    the plot area, beside the room right of it.
    """

    label: str
    x: Span
    y: Span
    x_title: str
    y_title: str
    legend: tuple[Entry, ...] = ()
    height: float = 200.0
    beside: float = 0.0
    places: tuple[tuple[float, float, Entry], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", flow(self.legend))

    @property
    def top(self) -> float:
        """Where the plot area begins, below title and legend."""
        return TOP + 4.0 + (self.places[-1][1] + ROW if self.places else 0.0)

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.top + self.height

    @property
    def right(self) -> float:
        """Where it ends in x; it begins at LEFT."""
        return WIDTH - RIGHT - self.beside

    @property
    def across(self) -> Scale:
        """x as a coordinate."""
        return self.x.scale(LEFT, self.right)

    @property
    def up(self) -> Scale:
        """y as a coordinate."""
        return self.y.scale(self.bottom, self.top)

    def draw(self, *marks: Markup, outside: Sequence[Markup] = ()) -> Markup:
        """The SVG with these marks, cut off at the plot area's border; those outside are not."""
        inside = {"x": LEFT, "y": self.top, "width": self.right - LEFT, "height": self.height}
        box = " ".join(map(svg.number, inside.values()))
        plot = svg.element("svg", *marks, viewBox=box, **inside)
        frame = svg.rectangle(LEFT, self.top, self.right, self.bottom, "plot")
        return drawing(
            self.label, self.bottom + BOTTOM, frame, *self._axes(), plot, *outside, *self._words()
        )

    def _axes(self) -> list[Markup]:
        parts = []
        for value, name in self.across.ticks(46.0):
            at = self.across.at(value)
            parts.append(svg.line([at, at], [self.top, self.bottom], "rule"))
            parts.append(
                svg.text(
                    name,
                    min(at, WIDTH - 2 - svg.width(name) / 2),
                    self.bottom + 18,
                    "t faint",
                    "middle",
                )
            )
        for value, name in self.up.ticks(30.0):
            at = self.up.at(value)
            parts.append(svg.line([LEFT, self.right], [at, at], "rule"))
            parts.append(svg.text(name, LEFT - 5, at + 4, "t faint", "end"))
        return parts

    def _words(self) -> list[Markup]:
        parts = [
            svg.text(self.y_title, 2, 13, "t faint"),
            svg.text(self.x_title, self.right, self.bottom + 36, "t faint", "end"),
        ]
        for x, y, entry in self.places:
            parts.append(svg.mark(entry.shape, x + 9, TOP + y + 6, entry.kind))
            parts.append(svg.text(entry.words, x + 22, TOP + y + 10, room=WIDTH - x - 22))
        return parts


def drawing(label: str, height: float, *children: Markup) -> Markup:
    """An SVG of the common width that a screen reader calls `label`."""
    box = f"0 0 {svg.number(WIDTH)} {svg.number(height)}"
    return svg.element("svg", *children, viewBox=box, role="img", aria_label=label, class_="figure")


def flow(entries: Sequence[Entry]) -> tuple[tuple[float, float, Entry], ...]:
    """Entries from left to right, on a new row where one is full: (x, y, entry)."""
    places, x, y = [], 0.0, 0.0
    for entry in entries:
        wide = 36 + svg.width(entry.words)
        if x > 0 and x + wide > WIDTH:
            x, y = 0.0, y + ROW
        places.append((x, y, entry))
        x += wide
    return tuple(places)
