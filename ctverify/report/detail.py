"""How much of a certificate's samples a page draws: it stays below ten megabytes."""

from __future__ import annotations

from dataclasses import dataclass

DRAWN = 300  # certificates whose figures a page has


@dataclass(frozen=True, kw_only=True)
class Detail:
    """How much of a certificate is drawn.

    Attributes:
        figures: Whether anything is.
        bars: Steps of the shares, beyond which neighbouring ones are summed.
        dots: Samples in the plane.
        directions: Projections in d > 2.
        grid: Whether how a grid is carried is drawn.
    """

    figures: bool = True
    bars: int = 32
    dots: int = 800
    directions: int = 3
    grid: bool = True


FULL = Detail()
THINNED = Detail(bars=10, dots=150, directions=1, grid=False)
NONE = Detail(figures=False)
FEW = 100  # certificates that are drawn in full


def detail(number: int, count: int) -> Detail:
    """What is drawn of one of the certificates of a page.

    Arguments:
        number: Its place, from 1 on.
        count: How many there are.

    Returns:
        All of it among at most FEW, thinned samples among more, nothing after the first DRAWN.

    Example:
        >>> detail(1, 300).dots, detail(301, 400).figures
        (150, False)
    """
    if number > DRAWN:
        return NONE
    return FULL if count <= FEW else THINNED
