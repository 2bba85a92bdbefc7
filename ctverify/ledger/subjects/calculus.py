"""Inequalities between elementary functions, each by the sign of a derivative that algebra shows.

    1 + x <= e^x,   x + x^2/2 <= h(x) <= x/(1-x),   x - x^2/2 <= l(x) <= x,   (1+x) l(x) <= h(x),
        (pi/2 >) -log cos x >= x^2/2

with h(x) = -log(1 - x) and l(x) = log(1 + x): all start from equality at x = 0.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..claim import Claim, Step
from ..rules import Axiom, Cases, Combine, Identity, Increasing, Instance, Monotone
from ..sign import eq, le, lt

x = sp.Symbol("x", positive=True)
h, ell = -sp.log(1 - x), sp.log(1 + x)
BELOW_1 = {"x < 1": lt(x, 1)}
OURS = "this project"


def _rising(
    id: str,
    title: str,
    low: Any,
    high: Any,
    sign: Combine,
    hypotheses: dict[str, Any] | None = None,
) -> Claim:
    """low <= high, both equal at 0, since high - low has a derivative that `sign` shows to be >=
    0.
    """
    steps = (
        Step("the difference rises", le(0, sp.diff(high - low, x)), sign),
        Step("order", le(low, high), Monotone(x, 0, "the difference rises")),
    )
    return Claim(id, title, (le(low, high),), OURS, hypotheses or {}, steps=steps)


def _exponential() -> Claim:
    states = le(1 + x, sp.exp(x))
    steps = (
        Step("0 <= x", le(0, x), Combine()),
        Step("1 <= e^x", le(1, sp.exp(x)), Increasing(sp.exp, "0 <= x")),
        Step("order", states, Monotone(x, 0, "1 <= e^x")),
    )
    return Claim("calculus.exp", "1 + x <= e^x", (states,), OURS, steps=steps)


def _logarithms() -> tuple[Claim, ...]:
    below = ("x < 1",)
    power = x + x**2 / 2 + x**3 / 3
    fourth = x - x**2 / 2 + x**3 / 3 - x**4 / 4
    return (
        _rising("calculus.h.1", "x <= -log(1 - x)", x, h, Combine(((x,),), times=below), BELOW_1),
        _rising(
            "calculus.h.2",
            "x + x^2/2 <= -log(1 - x)",
            x + x**2 / 2,
            h,
            Combine(((x**2,),), times=below),
            BELOW_1,
        ),
        _rising(
            "calculus.h.3",
            "x + x^2/2 + x^3/3 <= -log(1 - x)",
            power,
            h,
            Combine(((x**3,),), times=below),
            BELOW_1,
        ),
        _rising(
            "calculus.h.above",
            "-log(1 - x) <= x/(1 - x)",
            h,
            x / (1 - x),
            Combine(((x,),), times=below * 2),
            BELOW_1,
        ),
        _rising("calculus.l.above", "log(1 + x) <= x", ell, x, Combine()),
        _rising("calculus.l.2", "x - x^2/2 <= log(1 + x)", x - x**2 / 2, ell, Combine()),
        _rising("calculus.l.4", "x - x^2/2 + x^3/3 - x^4/4 <= log(1 + x)", fourth, ell, Combine()),
    )


def _h_over_l() -> Claim:
    states = le((1 + x) * ell, h)
    steps = (
        Step("log(1+x) <= x", le(ell, x), Instance("calculus.l.above")),
        Step(
            "the difference rises",
            le(0, sp.diff(h - (1 + x) * ell, x)),
            Combine(((1, "log(1+x) <= x", "x < 1"), (x**2,)), times=("x < 1",)),
        ),
        Step("order", states, Monotone(x, 0, "the difference rises")),
    )
    return Claim(
        "calculus.h_over_l",
        "(1 + x) log(1 + x) <= -log(1 - x)",
        (states,),
        OURS,
        BELOW_1,
        steps=steps,
    )


def _log_tangent() -> Claim:
    """1 + log y <= y: from 1 + u <= e^u on both sides of y = 1."""
    y = sp.Symbol("y", positive=True)
    states = le(1 + sp.log(y), y)
    right, left = le(1, y), le(y, 1)
    steps = (
        Step(
            "rising", le(0, sp.diff(y - 1 - sp.log(y), y)), Combine(((1, "@0"),), scale=y), (right,)
        ),
        Step("above 1", states, Monotone(y, 1, "rising"), (right,)),
        Step(
            "falling", le(0, sp.diff(1 + sp.log(y) - y, y)), Combine(((1, "@0"),), scale=y), (left,)
        ),
        Step("below 1", states, Monotone(y, 1, "falling"), (left,)),
        Step("everywhere", states, Cases("above 1", "below 1")),
    )
    return Claim("calculus.log", "1 + log y <= y", (states,), OURS, steps=steps)


QUARTER = {"x < pi/2": lt(x, sp.pi / 2)}


def _cosine_above() -> Claim:
    """1 - cos x <= x^2/2: twice differentiated, 1 - cos x = 2 sin^2(x/2) >= 0."""
    states = le(1 - sp.cos(x), x**2 / 2)
    steps = (
        Step("half angle", eq(sp.cos(x), 1 - 2 * sp.sin(x / 2) ** 2), Identity()),
        Step("second derivative", le(0, 1 - sp.cos(x)), Combine(using=("half angle",))),
        Step("first derivative", le(0, x - sp.sin(x)), Monotone(x, 0, "second derivative")),
        Step("order", states, Monotone(x, 0, "first derivative")),
    )
    return Claim("calculus.cos.above", "1 - cos x <= x^2/2", (states,), OURS, steps=steps)


TAN = sp.sin(x) / sp.cos(x)
COS_POSITIVE = Step("cos > 0", lt(0, sp.cos(x)), Axiom("pi/2 is the first zero of cos", (x,)))


def _cosine_below() -> Claim:
    """cos x <= e^{-x^2/2} before pi/2: -log cos x - x^2/2 has the derivative tan x - x, and that
    tan^2 x.
    """
    states = le(sp.cos(x), sp.exp(-(x**2) / 2))
    steps = (
        COS_POSITIVE,
        Step(
            "second derivative",
            le(0, TAN**2),
            Combine(((sp.sin(x) ** 2,),), times=("cos > 0", "cos > 0")),
        ),
        Step("first derivative", le(0, TAN - x), Monotone(x, 0, "second derivative")),
        Step("logarithms", le(sp.log(sp.cos(x)), -(x**2) / 2), Monotone(x, 0, "first derivative")),
        Step("order", states, Increasing(sp.exp, "logarithms")),
    )
    return Claim(
        "calculus.cos.below",
        "cos x <= exp(-x^2/2) for x < pi/2",
        (states,),
        OURS,
        QUARTER,
        steps=steps,
    )


def _cosine_tangent() -> Claim:
    """-log cos is convex: cos x <= cos c exp(-(x - c) tan c), its tangent at c, before pi/2."""
    c = sp.Symbol("c", positive=True)
    slope = sp.sin(c) / sp.cos(c)
    logs = le(sp.log(sp.cos(x)), sp.log(sp.cos(c)) - slope * (x - c))
    states = le(sp.cos(x), sp.cos(c) * sp.exp(-slope * (x - c)))
    right, left = le(c, x), le(x, c)
    steps = (
        COS_POSITIVE,
        Step("cos c > 0", lt(0, sp.cos(c)), Axiom("pi/2 is the first zero of cos", (c,))),
        Step(
            "tan rises",
            le(0, TAN**2 + 1),
            Combine(((sp.sin(x) ** 2 + sp.cos(x) ** 2,),), times=("cos > 0", "cos > 0")),
        ),
        Step("tan right", le(0, TAN - slope), Monotone(x, c, "tan rises"), (right,)),
        Step("tan left", le(0, slope - TAN), Monotone(x, c, "tan rises"), (left,)),
        Step("right", logs, Monotone(x, c, "tan right"), (right,)),
        Step("left", logs, Monotone(x, c, "tan left"), (left,)),
        Step("logarithms", logs, Cases("right", "left")),
        Step("order", states, Increasing(sp.exp, "logarithms")),
    )
    hypotheses = QUARTER | {"c < pi/2": lt(c, sp.pi / 2)}
    title = "-log cos is convex before pi/2: cos x <= cos c exp(-(x - c) tan c)"
    return Claim("calculus.cos.convex", title, (states,), OURS, hypotheses, steps=steps)


CLAIMS = (
    _cosine_above(),
    _cosine_below(),
    _cosine_tangent(),
    _exponential(),
    _log_tangent(),
    *_logarithms(),
    _h_over_l(),
)
