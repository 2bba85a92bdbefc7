"""Plain SVG: elements whose text and attributes are escaped, paths, and the marks that several
figures share.

Colours are classes, which the page's style sheet gives a value in light and in dark. Nothing here
has an id: several figures stand in one page.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from unicodedata import east_asian_width

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import ArrayLike

# Controls but for tab and line feed, marks that turn the direction of text around them, lone
# surrogates and what XML excludes
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
FONT = 12.0  # of all text, in the figure's units
CHARACTER = 0.58 * FONT  # its usual width; capitals and mathematics are wider
WIDE = 1.1 * FONT  # of an ideograph, and of what stands for a character that is left out


def printable(written: str) -> str:
    """`written` with a replacement character for each character that a page or a file must not
    have.
    """
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", written)


def element(tag: str, *children: str, **attributes: str | float) -> Markup:
    """<tag attributes>children</tag>; class_ is class, and _ in a name is -. What is not Markup is
    escaped.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(
            name.rstrip("_").replace("_", "-"), value if isinstance(value, str) else number(value)
        )
        for name, value in attributes.items()
    )
    name = escape(tag)
    return Markup("<{}{}>{}</{}>").format(name, written, Markup("").join(children), name)


def number(value: float) -> str:
    """A coordinate to a tenth of a unit."""
    plain = f"{value:.1f}".removesuffix(".0")
    return "0" if plain == "-0" else plain


def text(
    words: str,
    x: float,
    y: float,
    kind: str = "",
    anchor: str = "start",
    room: float | None = None,
    tooltip: str = "",
) -> Markup:
    """`words` at (x, y), cut to `room` units; what was cut is in the tooltip, where that says
    nothing else.
    """
    shown = words if room is None else cut(words, room)
    said = tooltip or ("" if shown == words else words)
    title = (element("title", said),) if said else ()
    return element("text", *title, shown, x=x, y=y, class_=kind or "t", text_anchor=anchor)


def cut(words: str, room: float) -> str:
    """`words`, or their beginning and an ellipsis where they are longer than `room` units."""
    return words if width(words) <= room else _within(words, room - CHARACTER) + "…"


def cut_inside(words: str, room: float) -> str:
    """The same, with the ellipsis in the middle: names of files and of families differ at their
    ends.
    """
    half = (room - CHARACTER) / 2
    return (
        words
        if width(words) <= room
        else f"{_within(words, half)}…{_within(words[::-1], half)[::-1]}"
    )


def _within(words: str, room: float) -> str:
    """Their beginning, as far as there is room."""
    return words[: bisect_right(list(accumulate(map(width, words))), room)]


def width(words: str) -> float:
    """About how wide `words` are drawn."""
    wide = sum(east_asian_width(character) in "WF" for character in words) + len(
        UNPRINTABLE.findall(words)
    )
    return CHARACTER * (len(words) - wide) + WIDE * wide


def points(x: ArrayLike, y: ArrayLike) -> str:
    """The path through (x, y)."""
    pairs = [
        f"{number(u)} {number(v)}"
        for u, v in zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True)
    ]
    return "M" + "L".join(pairs) if pairs else ""


def line(x: ArrayLike, y: ArrayLike, kind: str) -> Markup:
    """A line through (x, y)."""
    return element("path", d=points(x, y), class_=f"line {kind}")


def lines(pieces: Iterable[tuple[ArrayLike, ArrayLike]], kind: str) -> Markup:
    """Many lines as one path."""
    return element("path", d="".join(points(x, y) for x, y in pieces), class_=f"line {kind}")


def area(x: Sequence[float], y: Sequence[float], base: float, kind: str) -> Markup:
    """What lies between (x, y) and the height `base`."""
    return element(
        "path", d=f"{points([x[0], *x, x[-1]], [base, *y, base])}Z", class_=f"fill {kind}"
    )


def rectangle(
    left: float, top: float, right: float, bottom: float, kind: str, tooltip: str = ""
) -> Markup:
    """A filled rectangle."""
    title = (element("title", tooltip),) if tooltip else ()
    return element(
        "rect",
        *title,
        x=left,
        y=top,
        width=max(right - left, 0.3),
        height=max(bottom - top, 0.0),
        class_=f"fill {kind}",
    )


def dots(x: ArrayLike, y: ArrayLike, kind: str) -> Markup:
    """Small dots as one path of lines without length and with round ends."""
    places = zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True)
    return element(
        "path", d="".join(f"M{number(u)} {number(v)}h0" for u, v in places), class_=f"dots {kind}"
    )


SHAPES = {
    "circle": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z",
    "diamond": "M0-5.5L5.5 0L0 5.5L-5.5 0Z",
    "square": "M-4-4H4V4H-4Z",
    "tick": "M0-8V8",
    "dash": "M-9 0H9",
    "right": "M-4-5L5 0L-4 5Z",
}


def mark(shape: str, x: float, y: float, kind: str, tooltip: str = "") -> Markup:
    """One of SHAPES at (x, y)."""
    title = (element("title", tooltip),) if tooltip else ()
    style = "line" if shape in ("tick", "dash") else "shape"
    return element(
        "path",
        *title,
        d=SHAPES[shape],
        class_=f"{style} {kind}",
        transform=f"translate({number(x)} {number(y)})",
    )
