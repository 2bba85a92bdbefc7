"""Text in a figure: which characters it may have, how wide it is, and how it is cut to fit.

Widths are estimates, in the figure's units: the page fetches no font, and each reader's is another.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from unicodedata import east_asian_width

# Controls but for tab and line feed, marks that turn the direction of text around them, lone
# surrogates and what XML excludes
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
FONT = 12.0  # of all text, in the figure's units
CHARACTER = 0.58 * FONT  # its usual width; capitals and mathematics are wider
WIDE = 1.1 * FONT  # of an ideograph, and of what stands for a character that is left out


def printable(written: str) -> str:
    """A text without the characters that a page or a file must not have.

    Arguments:
        written: Any text, lone surrogates included.

    Returns:
        The text with a replacement character for each such character.

    Example:
        >>> printable("a\\x07b")
        'a\ufffdb'
    """
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", written)


def cut(words: str, room: float) -> str:
    """Words cut to a width.

    Arguments:
        words: Any text.
        room: The width, in the figure's units.

    Returns:
        The words, or their beginning and an ellipsis where they are wider than that.

    Example:
        >>> cut("a long name", 50)
        'a long…'
    """
    if width(words) <= room:
        return words
    return _within(words, room - CHARACTER) + "…"


def cut_inside(words: str, room: float) -> str:
    """Words cut to a width in their middle: names of files and of families differ at their ends.

    Arguments:
        words: Any text.
        room: The width, in the figure's units.

    Returns:
        The words, or their two ends and an ellipsis between where they are wider than that.

    Example:
        >>> cut_inside("a long name", 50)
        'a l…ame'
    """
    if width(words) <= room:
        return words
    half = (room - CHARACTER) / 2
    beginning = _within(words, half)
    end = _within(words[::-1], half)[::-1]
    return f"{beginning}…{end}"


def _within(words: str, room: float) -> str:
    """Their beginning, as far as there is room."""
    widths = list(accumulate(map(width, words)))
    return words[: bisect_right(widths, room)]


def width(words: str) -> float:
    """About how wide words are drawn.

    Arguments:
        words: Any text; an unprintable character counts as what is drawn in its stead.

    Returns:
        The width in the figure's units.
    """
    ideographs = sum(east_asian_width(character) in "WF" for character in words)
    replaced = len(UNPRINTABLE.findall(words))
    wide = ideographs + replaced
    return CHARACTER * (len(words) - wide) + WIDE * wide
