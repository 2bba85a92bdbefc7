"""Which part of space a figure of samples shows: that of the exact samples, so that a model far off
does not stretch it.
"""

from __future__ import annotations

import numpy as np

from ..model.schedule import Array
from .chart import PLOT_WIDTH
from .scales import Span

PADDING = 0.12  # of the exact samples' extent, to each side
MIN_HEIGHT = 0.55  # of a plane's plot area, over its width


def window(exact: Array, padding: float = PADDING) -> Span:
    """An interval around all exact samples.

    Arguments:
        exact: Exact samples in one coordinate, (n,).
        padding: The margin to each side, as a share of their extent.

    Returns:
        From the least to the largest of them, and the margin.
    """
    low = float(exact.min())
    high = float(exact.max())
    margin = padding * (high - low) or 1.0
    return Span(low - margin, high + margin)


def plane(exact: Array, padding: float = PADDING) -> tuple[Span, Span, float]:
    """Windows in which a unit is as long in x as in y.

    Arguments:
        exact: Exact samples, (n, 2).
        padding: The margin to each side, as a share of their extent.

    Returns:
        The window in x, that in y, and the height of the plot area.
    """
    x = window(exact[:, 0], padding)
    y = window(exact[:, 1], padding)
    wide = x.high - x.low
    high = y.high - y.low
    share = min(max(high / wide, MIN_HEIGHT), 1.0)
    half = 0.5 * max(wide, high / share)
    x_window = _around(x, half)
    y_window = _around(y, share * half)
    return x_window, y_window, share * PLOT_WIDTH


def _around(span: Span, half: float) -> Span:
    centre = (span.low + span.high) / 2
    return Span(centre - half, centre + half)


def outside(points: Array, *spans: Span) -> int:
    """How many points a figure does not show.

    Arguments:
        points: (n, k), or (n,) where k = 1.
        spans: The figure's window in each of the k coordinates.

    Returns:
        The number of points that are outside in any coordinate.
    """
    low = [span.low for span in spans]
    high = [span.high for span in spans]
    columns = points.reshape(len(points), len(spans))
    beyond = (columns < low) | (columns > high)
    return int(np.count_nonzero(beyond.any(axis=1)))
