"""Plain SVG: elements whose text and attributes are escaped, paths, and the marks that several
figures share.

Coordinates are in a figure's units, x to the right and y downwards. Colours are classes, which the
page's style sheet gives a value in light and in dark. Nothing that is written has an id: several
figures stand in one page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib import resources

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import ArrayLike

from . import lettering

SHAPES = {
    "circle": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z",
    "diamond": "M0-5.5L5.5 0L0 5.5L-5.5 0Z",
    "square": "M-4-4H4V4H-4Z",
    "stroke": "M0-8V8",
    "dash": "M-9 0H9",
}
OUTLINES = ("stroke", "dash")  # shapes that are lines, without an inside


def element(tag: str, *children: str, **attributes: str | float) -> Markup:
    """An SVG or HTML element.

    Arguments:
        tag: Its name.
        children: What it holds; what is not Markup is escaped.
        attributes: Written in this order. A trailing _ of a name is left out (class_ is class),
            another _ is a -; numbers are written as coordinates.

    Returns:
        <tag attributes>children</tag>.

    Example:
        >>> print(element("text", "a < b", x=12.34, class_="t"))
        <text x="12.3" class="t">a &lt; b</text>
    """
    name = escape(tag)
    pairs = [_attribute(key, value) for key, value in attributes.items()]
    written = Markup("").join(pairs)
    inside = Markup("").join(children)
    return Markup("<{}{}>{}</{}>").format(name, written, inside, name)


def _attribute(name: str, value: str | float) -> Markup:
    written = name.rstrip("_").replace("_", "-")
    words = value if isinstance(value, str) else number(value)
    return Markup(' {}="{}"').format(written, words)


def number(value: float) -> str:
    """A coordinate to a tenth of a unit.

    Arguments:
        value: In the figure's units.

    Returns:
        Its digits, without a trailing zero and without a negative zero.

    Example:
        >>> number(3.0), number(-0.04), number(12.349)
        ('3', '0', '12.3')
    """
    digits = f"{value:.1f}".removesuffix(".0")
    if digits == "-0":
        return "0"
    return digits


def text(
    words: str,
    x: float,
    y: float,
    kind: str = "t",
    anchor: str = "start",
    room: float | None = None,
    tooltip: str = "",
) -> Markup:
    """Words at a point.

    Arguments:
        words: What is written.
        x, y: The anchor's coordinates; y is the base line.
        kind: Classes of colour and size.
        anchor: start, middle or end: which part of the words is at x.
        room: The width to which words are cut; None for no limit.
        tooltip: What is shown on hovering; where it is empty, words that were cut are shown whole.

    Returns:
        A text element.
    """
    drawn = words if room is None else lettering.cut(words, room)
    if drawn != words:
        tooltip = tooltip or words
    title = _title(tooltip)
    return element("text", *title, drawn, x=x, y=y, class_=kind, text_anchor=anchor)


def _title(tooltip: str) -> tuple[Markup, ...]:
    """The child that browsers show on hovering, if there is something to say."""
    if not tooltip:
        return ()
    return (element("title", tooltip),)


def points(x: ArrayLike, y: ArrayLike) -> str:
    """The path through points.

    Arguments:
        x, y: Coordinates, equally many.

    Returns:
        The path's data, empty where there is no point.

    Example:
        >>> points([0, 1], [2, 3.5])
        'M0 2L1 3.5'
    """
    data = "L".join(_pairs(x, y))
    if not data:
        return ""
    return f"M{data}"


def _pairs(x: ArrayLike, y: ArrayLike) -> Iterator[str]:
    """Each point's coordinates as text."""
    columns = np.asarray(x).tolist()
    rows = np.asarray(y).tolist()
    for u, v in zip(columns, rows, strict=True):
        yield f"{number(u)} {number(v)}"


def line(x: ArrayLike, y: ArrayLike, kind: str) -> Markup:
    """A line through points.

    Arguments:
        x, y: Coordinates, equally many.
        kind: Classes of colour and stroke.

    Returns:
        A path element.
    """
    return element("path", d=points(x, y), class_=f"line {kind}")


def lines(pieces: Iterable[tuple[ArrayLike, ArrayLike]], kind: str) -> Markup:
    """Many lines as one path.

    Arguments:
        pieces: The coordinates (x, y) of each line.
        kind: Classes of colour and stroke.

    Returns:
        A path element.
    """
    data = "".join(points(x, y) for x, y in pieces)
    return element("path", d=data, class_=f"line {kind}")


def area(x: Sequence[float], y: Sequence[float], base: float, kind: str) -> Markup:
    """What lies between a line and a height.

    Arguments:
        x, y: The line's coordinates, at least one.
        base: The height's y.
        kind: Classes of colour.

    Returns:
        A path element.
    """
    around_x = [x[0], *x, x[-1]]
    around_y = [base, *y, base]
    return element("path", d=f"{points(around_x, around_y)}Z", class_=f"fill {kind}")


def style() -> str:
    """The style sheet of figures: colours in light and in dark, strokes, letters."""
    templates = resources.files("ctverify.report").joinpath("templates")
    return templates.joinpath("figures.css").read_text(encoding="utf-8")


def file(marks: Iterable[Markup], width: float, height: float, label: str) -> str:
    """A file that needs nothing else.

    Arguments:
        marks: What is in it.
        width, height: Its size in pixels.
        label: What a screen reader calls it.

    Returns:
        An SVG with the page's colours and a ground.
    """
    whole = element(
        "svg",
        element("style", style()),
        element("rect", x=0.0, y=0.0, width=width, height=height, class_="ground"),
        *marks,
        aria_label=label,
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        xmlns="http://www.w3.org/2000/svg",
        role="img",
    )
    return f"{lettering.printable(whole)}\n"


def rectangle(
    left: float, top: float, right: float, bottom: float, *, kind: str, tooltip: str = ""
) -> Markup:
    """A filled rectangle, wide enough to be seen.

    Arguments:
        left, top, right, bottom: Its sides.
        kind: Classes of colour.
        tooltip: What is shown on hovering, if anything.

    Returns:
        A rect element.
    """
    return element(
        "rect",
        *_title(tooltip),
        x=left,
        y=top,
        width=max(right - left, 0.3),
        height=max(bottom - top, 0.0),
        class_=f"fill {kind}",
    )


def dots(x: ArrayLike, y: ArrayLike, kind: str) -> Markup:
    """Small dots as one path of lines without length and with round ends.

    Arguments:
        x, y: Coordinates, equally many.
        kind: Classes of colour.

    Returns:
        A path element.
    """
    data = "".join(f"M{pair}h0" for pair in _pairs(x, y))
    return element("path", d=data, class_=f"dots {kind}")


def mark(shape: str, x: float, y: float, *, kind: str, tooltip: str = "") -> Markup:
    """A small symbol.

    Arguments:
        shape: One of SHAPES.
        x, y: Its centre.
        kind: Classes of colour.
        tooltip: What is shown on hovering, if anything.

    Returns:
        A path element.
    """
    style = "line" if shape in OUTLINES else "shape"
    return element(
        "path",
        *_title(tooltip),
        d=SHAPES[shape],
        class_=f"{style} {kind}",
        transform=f"translate({number(x)} {number(y)})",
    )
