"""Plain scripts for the loss and the averaged parameters."""

from __future__ import annotations

from collections.abc import Callable

from .write import Shown, literal


def lines(shown: Shown) -> list[str] | None:
    """Those that the check itself wrote (checks/scripts.py)."""
    return [*shown.replay.lines, shown.asserted("holds")] if shown.replay.lines else None


def ema(shown: Shown) -> list[str]:
    """decay average + (1 - decay) value."""
    decay = shown.given("decay")
    names = ("average", "value")
    return [
        *(f"{name} = {literal(shown.given(name))}" for name in names),
        *shown.compared(
            f"ema(average.clone(), value.clone(), {decay!r})",
            f"{decay!r} * average.double() + (1 - {decay!r}) * value.double()",
        ),
    ]


PLAIN: dict[str, Callable[[Shown], list[str] | None]] = {
    "loss.rows": lines,
    "loss.stationary": lines,
    "loss.ema": ema,
}
