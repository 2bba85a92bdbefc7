"""Closed contours of a density on a grid, and the thresholds above which it has given shares of its
mass.
"""

from __future__ import annotations

from collections.abc import Sequence

import contourpy
import numpy as np

from ..model.schedule import Array


def contours(values: Array, threshold: float) -> list[Array]:
    """The borders of the region where a function on a grid is above a threshold.

    The grid gets a border of zeros, so that every contour is closed and regions can be filled.

    Arguments:
        values: The function, (rows, columns), at least 0.
        threshold: Above 0.

    Returns:
        Closed lines, (n, 2) each, of (row, column), interpolated linearly between grid points. They
        can lie up to one cell beyond the grid.

    Example:
        >>> contours(np.array([[1.0]]), 0.5)[0].tolist()
        [[0.0, -0.5], [-0.5, 0.0], [0.0, 0.5], [0.5, 0.0], [0.0, -0.5]]
    """
    padded = np.pad(values, 1)
    generator = contourpy.contour_generator(z=padded, line_type=contourpy.LineType.Separate)
    loops = [np.asarray(loop) for loop in generator.lines(threshold)]
    return [loop[:, ::-1] - 1.0 for loop in loops]  # contourpy has (column, row)


def mass_thresholds(density: Array, shares: Sequence[float]) -> list[float]:
    """The thresholds above which a density has given shares of its mass.

    Arguments:
        density: On an even grid, of any shape, at least 0.
        shares: Between 0 and 1.

    Returns:
        A threshold for each share: a value of the density.

    Example:
        >>> mass_thresholds(np.array([1.0, 2.0, 3.0, 4.0]), (0.5, 0.9))
        [3.0, 2.0]
    """
    ordered = np.sort(density.ravel())[::-1]
    held = np.cumsum(ordered) / ordered.sum()
    indices = np.searchsorted(held, shares).clip(max=len(ordered) - 1)
    return ordered[indices].tolist()
