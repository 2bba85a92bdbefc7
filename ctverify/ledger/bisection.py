"""A sign over a whole box: intervals, halved where they do not decide."""

from __future__ import annotations

from collections import deque
from typing import Any

import sympy as sp

from .interval import Arithmetic, Undefined, compiled, enclose

CELLS = 4000


def certainly(
    g: sp.Expr, box: dict[Any, tuple[Any, Any]], strict: bool, over: Arithmetic
) -> bool | None:
    """True if g >= 0 (> 0) on the box, False if g < 0 (<= 0) at a point of it for certain, None if
    undecided in CELLS cells.

    Non-strict signs are certain only where an enclosure's lower end is >= 0: a zero in the inside
    stays undecided.
    """
    symbols = sorted(box, key=str)
    with over.working():
        f = compiled(g, over, {})
        whole = {s: over.union(enclose(box[s][0], over), enclose(box[s][1], over)) for s in symbols}
        cells, seen = deque([whole]), 0
        while cells:
            cell, seen = cells.popleft(), seen + 1
            try:
                sign = over.sign(f(cell))
            except Undefined:
                sign = 0
            if sign >= (2 if strict else 1):
                continue
            if sign <= (-1 if strict else -2):
                return False
            if seen > CELLS or not symbols:
                return None
            cells += _halves(cell, symbols[seen % len(symbols)], over)
        return True


def _halves(cell: dict[Any, Any], symbol: Any, over: Arithmetic) -> list[dict[Any, Any]]:
    low, high = over.ends(cell[symbol])
    middle = (low + high) * over.rational(1, 2)
    return [{**cell, symbol: over.union(low, middle)}, {**cell, symbol: over.union(middle, high)}]
