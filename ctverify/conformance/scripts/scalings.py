"""Plain scripts for f and its scalings."""

from __future__ import annotations

from collections.abc import Callable

import torch

from .write import Shown, literal, network

CALL = "consistency(x, {t!r}, network)"


def finite(shown: Shown) -> list[str]:
    """f is a number."""
    return [
        *_setting(shown),
        f"seen = {CALL.format(t=shown.given('t'))}",
        'print("seen: ", seen)',
        'print("right: a finite number")',
        shown.asserted("bool(torch.isfinite(seen).all())"),
    ]


def affine(shown: Shown) -> list[str]:
    """c_skip x + c_out F, read off where x and F are small."""
    s = shown.probe.scales(shown.given("t"))
    raw, clip = shown.case["raw"], shown.probe.convention.clipping
    right = f"{s.skip!r} * x + {s.out!r} * {raw!r}"
    right = right if clip is None else f"({right}).clamp(-{clip!r}, {clip!r})"
    why = "c_skip x + c_out F, read off f at x and F of 2^-20"
    return [*_setting(shown), *shown.compared(CALL.format(t=shown.given("t")), right, why)]


def boundary(shown: Shown) -> list[str]:
    """f(x, e) = x."""
    clip = shown.probe.convention.clipping
    right = "x" if clip is None else f"x.clamp(-{clip!r}, {clip!r})"
    return [
        *_setting(shown),
        *shown.compared(CALL.format(t=shown.given("t")), right, "f(x, e) = x"),
    ]


def declared(shown: Shown) -> list[str] | None:
    """What scalings(t) says, against what f shows."""
    if shown.replay.method != "scalings":
        return None
    t = shown.given("t")
    used = shown.probe.scales(t)
    said = [float(v) for v in shown.probe.call("scalings", t)]
    names = ("c_skip", "c_out", "c_in", "embedding")
    right = (used.skip, used.out, used.scale_in, used.embedding)
    worst = max(range(4), key=lambda k: abs(said[k] - right[k]) / max(abs(right[k]), 1e-300))
    return [
        f"# {names[worst]}",
        *shown.compared(
            f"float(scalings({t!r})[{worst}])",
            literal(torch.tensor(right[worst], dtype=torch.float64)),
            "what f(x, t) shows when asked with x = 2^-20 and with F = 2^-20",
        ),
    ]


def unit_input(shown: Shown) -> list[str] | None:
    """An input of one standard deviation."""
    if shown.replay.method != "consistency":
        return None
    return [
        *_setting(shown),
        CALL.format(t=shown.given("t")),
        "x_in = shown[0][0].abs()",
        *shown.compared("x_in", "1.0", "x is one standard deviation of x_t"),
    ]


def _setting(shown: Shown) -> list[str]:
    return [f"x = {literal(shown.given('x'))}", *network(shown.replay.calls)]


PLAIN: dict[str, Callable[[Shown], list[str] | None]] = {
    "scalings.finite": finite,
    "scalings.affine": affine,
    "scalings.boundary": boundary,
    "scalings.declared": declared,
    "scalings.input": unit_input,
}
