"""Closed contours of a function on a grid by marching squares, and the levels whose regions hold
given shares of a density.

The grid gets a border of zeros, so that every contour is closed and regions can be filled. A
contour crosses each grid edge at most once, at the linearly interpolated place; the two crossings
of an edge's cells are joined by walking from edge to edge.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from ..model.schedule import Array

Edge = tuple[int, int, int]  # row, column, 0: towards the next column, 1: towards the next row
# Per case, bits for the corners (0, 0), (0, 1), (1, 1), (1, 0) that are above the level: pairs of
# the cell's sides that a contour
# joins, sides being 0 top, 1 right, 2 bottom, 3 left. Saddles, 5 and 10, are cut so that corners
# above the level stay apart.
CASES = {
    1: [(3, 0)], 2: [(0, 1)], 3: [(3, 1)], 4: [(1, 2)], 5: [(3, 0), (1, 2)], 6: [(0, 2)], 7: [(3, 2)],
    8: [(2, 3)], 9: [(2, 0)], 10: [(0, 1), (2, 3)], 11: [(2, 1)], 12: [(1, 3)], 13: [(1, 0)], 14: [(0, 3)],
}  # fmt: skip


def contours(values: Array, level: float) -> list[Array]:
    """Closed lines (n, 2) of (row, column) around where values (rows, columns), all >= 0, exceed
    `level` > 0.
    """
    padded = np.pad(values, 1)
    joined = _segments(padded > level)
    lines = []
    while joined:
        start = next(iter(joined))
        walk = [start]
        while joined.get(walk[-1]):
            here = walk[-1]
            following = joined[here].pop()
            joined[following].remove(here)
            for edge in (here, following):
                if not joined[edge]:
                    del joined[edge]
            walk.append(following)
        lines.append(np.array([_crossing(padded, edge, level) for edge in walk]) - 1.0)
    return lines


def _segments(above: np.ndarray) -> dict[Edge, list[Edge]]:
    """Which edges are joined with which."""
    corners = above[:-1, :-1] + 2 * above[:-1, 1:] + 4 * above[1:, 1:] + 8 * above[1:, :-1]
    joined: dict[Edge, list[Edge]] = defaultdict(list)
    for i, j in np.argwhere((corners > 0) & (corners < 15)).tolist():
        sides = ((i, j, 0), (i, j + 1, 1), (i + 1, j, 0), (i, j, 1))
        for first, second in CASES[int(corners[i, j])]:
            joined[sides[first]].append(sides[second])
            joined[sides[second]].append(sides[first])
    return joined


def _crossing(padded: Array, edge: Edge, level: float) -> tuple[float, float]:
    i, j, down = edge
    here, there = padded[i, j], padded[i + down, j + 1 - down]
    share = float((level - here) / (there - here))
    return i + down * share, j + (1 - down) * share


def mass_thresholds(density: Array, shares: tuple[float, ...]) -> list[float]:
    """The levels above which the density on an even grid has these shares of its total."""
    ordered = np.sort(density.ravel())[::-1]
    held = np.cumsum(ordered) / ordered.sum()
    places = np.searchsorted(held, shares).clip(max=len(ordered) - 1)
    return [float(level) for level in ordered[places]]
