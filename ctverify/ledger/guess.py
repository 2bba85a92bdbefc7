"""What an expression is worth at two arbitrary points, to pass over what cannot be shown."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

from .kernel.interval import Undefined, enclose

POINTS = (1, 2)
BITS = 80


class _Anywhere(dict[Any, Any]):
    """A value for every symbol and every formal term, the same each time."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: Any) -> Any:
        from flint import arb, fmpq

        source = random.Random(f"{key} {self.seed}")
        if key.is_integer:
            value = arb(source.randint(2, 9))
        else:
            value = arb(fmpq(source.randint(1, 999), 1000))
        self[key] = value
        return value


@cache
def values(e: Any) -> tuple[Any, ...] | None:
    """Balls around the value at each point, or nothing where there is none."""
    try:
        return tuple(enclose(e, _Anywhere(seed), bits=BITS) for seed in POINTS)
    except (Undefined, ValueError, TypeError, OverflowError):
        return None


def may_vanish(e: Any) -> bool:
    """False where the expression is certainly not zero."""
    found = values(e)
    return found is None or all(value.contains(0) for value in found)


def may_be_multiple(e: Any, other: Any) -> bool:
    """False where the two expressions are certainly in no constant positive ratio."""
    first, second = values(e), values(other)
    if first is None or second is None:
        return True
    if any(value.contains(0) for value in second):
        return True
    ratios = [x / y for x, y in zip(first, second, strict=True)]
    return bool(ratios[0].overlaps(ratios[1]) and not ratios[0] < 0)
