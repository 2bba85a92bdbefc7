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
    """c_skip x + c_out F, read off where x and F are small; nothing where both are nothing."""
    if not shown.given("x").any():
        call = CALL.format(t=shown.given("t"))
        return [*_setting(shown), *shown.compared(call, "0 * x", "nothing is added")]
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


READ = """
def used(t):
    \"\"\"c_skip, c_out, c_in and the embedding at t, read off f where x and F are 2^-20.\"\"\"
    shown, small = [], torch.full((1, 1), 2.0**-20, dtype={dtype})
    c_skip = subject.consistency(small, t, lambda x, e: shown.append((x, e)) or 0 * x)
    c_out = subject.consistency(0 * small, t, lambda x, e: small)
    x_in, embedding = shown[0]
    embedding = torch.as_tensor(embedding).reshape(-1)[0]
    return [float(v) for v in (c_skip / small, c_out / small, x_in / small, embedding)]
"""


def declared(shown: Shown) -> list[str] | None:
    """What scalings(t) says, against what f shows."""
    if shown.replay.method != "scalings":
        return None
    t, probe = shown.given("t"), shown.probe
    scales = probe.scales(t)
    right = [scales.skip, scales.out, scales.scale_in, scales.embedding]
    said = [float(v) for v in probe.call("scalings", t)]
    worst = max(range(4), key=lambda k: abs(said[k] - right[k]) / max(abs(right[k]), 1e-300))
    name = ("c_skip", "c_out", "c_in", "the embedding")[worst]
    seen = f"float(scalings({t!r})[{worst}])"
    if not probe.offers("source"):
        live = f"torch.tensor(used({t!r})[{worst}], dtype=torch.float64)"
        return [*READ.format(dtype=probe.dtype).splitlines(), *shown.compared(seen, live, name)]
    number = literal(torch.tensor(right[worst], dtype=torch.float64))
    why = f"{name}, which f shows when x = 2^-20 and F = 2^-20"
    return shown.compared(seen, number, why)


def law(shown: Shown) -> list[str] | None:
    """What f shows, against what its law is."""
    t, probe = shown.given("t"), shown.probe
    if probe.offers("source"):
        return None
    scales = probe.scales(t)
    used = [scales.skip, scales.out, scales.scale_in, scales.embedding]
    said = probe.subject.scalings_law
    right = said.at(t, probe.convention)
    worst = max(range(4), key=lambda k: abs(used[k] - right[k]) / max(abs(right[k]), 1e-300))
    name = ("c_skip", "c_out", "c_in", "the embedding")[worst]
    seen = f"torch.tensor(used({t!r})[{worst}], dtype=torch.float64)"
    return [
        *READ.format(dtype=probe.dtype).splitlines(),
        *shown.compared(seen, repr(right[worst]), f"{name} by {said!r}"),
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
    "scalings.law": law,
}
