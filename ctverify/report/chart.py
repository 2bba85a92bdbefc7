"""A chart: a plot area with axes, grid lines, titles and a legend, in which marks are drawn; and a
figure, which is a chart with a caption that says what to see and the table behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from . import lettering, svg
from .scales import Scale, Span

WIDTH = 400.0  # of every figure of the page, in its own units
LEFT = 46.0  # room for the labels of the y axis
RIGHT = 10.0
TOP = 22.0  # room for the title of the y axis
BOTTOM = 44.0  # room for the labels and the title of the x axis
PLOT_WIDTH = WIDTH - LEFT - RIGHT
ROW = 17.0  # of the legend
X_ROOM = 46.0  # for a label of the x axis
Y_ROOM = 30.0  # for a label of the y axis
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


@dataclass(frozen=True)
class Entry:
    """A legend's entry: its class of colour, a shape of svg.SHAPES, its words."""

    kind: str
    shape: str
    words: str


@dataclass(frozen=True)
class LegendItem:
    """A legend's entry and its upper left corner, from the legend's."""

    x: float
    y: float
    entry: Entry


@dataclass(frozen=True)
class Chart:
    """A plot area with its axes, titles and legend, still without marks.

    Arguments:
        label: What a screen reader says.
        x, y: The axes' data.
        x_title, y_title: A quantity and its unit.
        legend: Its entries, above the plot area.
        height: Of the plot area, in the figure's units.
        beside: The room right of the plot area.
    """

    label: str
    x: Span
    y: Span
    x_title: str
    y_title: str
    legend: tuple[Entry, ...] = ()
    height: float = 200.0
    beside: float = 0.0

    @cached_property
    def legend_items(self) -> tuple[LegendItem, ...]:
        """The legend's entries with their places."""
        return arranged(self.legend)

    @property
    def top(self) -> float:
        """Where the plot area begins, below title and legend."""
        if not self.legend_items:
            return TOP + 4.0
        legend_height = self.legend_items[-1].y + ROW
        return TOP + 4.0 + legend_height

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
        """The whole figure.

        Arguments:
            marks: What is drawn in the plot area, cut off at its border.
            outside: What is drawn anywhere, not cut off.

        Returns:
            An SVG.
        """
        corner = {"x": LEFT, "y": self.top}
        size = {"width": self.right - LEFT, "height": self.height}
        inside = corner | size
        box = " ".join(map(svg.number, inside.values()))
        plot = svg.element("svg", *marks, viewBox=box, **inside)
        frame = svg.rectangle(LEFT, self.top, self.right, self.bottom, kind="plot")
        axes = self._axes()
        titles = self._titles()
        legend = legend_marks(self.legend_items, TOP + 6, WIDTH)
        height = self.bottom + BOTTOM
        return drawing(self.label, height, frame, *axes, plot, *outside, *titles, *legend)

    def _axes(self) -> list[Markup]:
        label_y = self.bottom + 18
        marks = x_axis(self.across, self.top, self.bottom, label_y)
        for value, name in self.up.ticks(Y_ROOM):
            y = self.up.at(value)
            marks += [
                svg.line([LEFT, self.right], [y, y], "rule"),
                svg.text(name, LEFT - 5, y + 4, kind="t faint", anchor="end"),
            ]
        return marks

    def _titles(self) -> list[Markup]:
        return [
            svg.text(self.y_title, 2, 13, kind="t faint"),
            svg.text(self.x_title, self.right, self.bottom + 36, kind="t faint", anchor="end"),
        ]


def x_axis(across: Scale, top: float, bottom: float, label_y: float) -> list[Markup]:
    """Grid lines of an axis to the right, and their labels, none of which leaves the figure.

    Arguments:
        across: The axis.
        top, bottom: From where to where the grid lines go.
        label_y: The labels' base line.

    Returns:
        A line and a text for each tick.
    """
    marks = []
    for value, name in across.ticks(X_ROOM):
        x = across.at(value)
        rightmost = WIDTH - 2 - lettering.width(name) / 2
        label_x = min(x, rightmost)
        marks += [
            svg.line([x, x], [top, bottom], "rule"),
            svg.text(name, label_x, label_y, kind="t faint", anchor="middle"),
        ]
    return marks


def drawing(label: str, height: float, *children: Markup) -> Markup:
    """An SVG of the width that all figures of the page have.

    Arguments:
        label: What a screen reader calls it.
        height: In the figure's units.
        children: What is in it.

    Returns:
        An svg element.
    """
    box = f"0 0 {svg.number(WIDTH)} {svg.number(height)}"
    return svg.element("svg", *children, viewBox=box, role="img", aria_label=label, class_="figure")


def arranged(entries: Iterable[Entry]) -> tuple[LegendItem, ...]:
    """A legend's entries from left to right, on a new row where one is full.

    Arguments:
        entries: In their order.

    Returns:
        The entries with their places; the last one is in the lowest row.
    """
    items = []
    x = 0.0
    y = 0.0
    for entry in entries:
        wide = 36 + lettering.width(entry.words)
        if x > 0 and x + wide > WIDTH:
            x = 0.0
            y += ROW
        items.append(LegendItem(x, y, entry))
        x += wide
    return tuple(items)


def legend_marks(items: Iterable[LegendItem], top: float, right: float) -> list[Markup]:
    """A legend as marks.

    Arguments:
        items: The entries with their places.
        top: The middle of the first row's symbols.
        right: Where words are cut.

    Returns:
        A symbol and a text for each.
    """
    marks = []
    for item in items:
        entry = item.entry
        x = item.x + 22
        y = top + item.y
        marks += [
            svg.mark(entry.shape, item.x + 9, y, kind=entry.kind),
            svg.text(entry.words, x, y + 4, room=right - x),
        ]
    return marks
