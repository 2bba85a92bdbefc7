"""Plain scripts for the interface: documented calls, what is kept, rows."""

from __future__ import annotations

from collections.abc import Callable

from .write import ZERO, Shown, literal


def calls(shown: Shown) -> list[str]:
    """The call that raises."""
    if "call" in shown.replay.arguments:
        call, network = str(shown.given("call")), []
    else:
        call, network = _call(shown), ZERO
    return [
        *network,
        'print("right: no exception")',
        "try:",
        f"    {call}",
        "except Exception as error:",
        f"    raise AssertionError({shown.said!r}) from error",
    ]


def kept(shown: Shown) -> list[str]:
    """Shape, dtype and device."""
    x = next(v for v in shown.replay.arguments.values() if hasattr(v, "dtype"))
    right = (tuple(x.shape), x.dtype, str(x.device))
    return [
        *ZERO,
        f"result = {_call(shown)}",
        "seen = (tuple(result.shape), result.dtype, str(result.device))",
        f"right = {right!r}",
        'print("seen: ", seen)',
        'print("right:", right)',
        shown.asserted("seen == right"),
    ]


def batch(shown: Shown) -> list[str]:
    """A batch against its rows."""
    t = shown.given("t")
    return [
        f"x = {literal(shown.given('x'))}",
        "network = lambda x, t: torch.tanh(x) + x.mean(1, keepdim=True)",
        *shown.compared(
            f"consistency(x, {t!r}, network)",
            f"torch.cat([consistency(row[None], {t!r}, network) for row in x])",
            "row by row",
        ),
    ]


def _call(shown: Shown) -> str:
    """The call, its arguments in the protocol's order."""
    given = {name: literal(value) for name, value in shown.replay.arguments.items()}
    order = ORDER.get(shown.replay.method, tuple(given))
    return f"{shown.replay.method}({', '.join(given.get(name, name) for name in order)})"


ORDER = {"consistency": ("x", "t", "network"), "sample": ("z", "n", "network", "seed")}

PLAIN: dict[str, Callable[[Shown], list[str] | None]] = {
    "interface.calls": calls,
    "interface.kept": kept,
    "interface.batch": batch,
}
