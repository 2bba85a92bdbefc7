"""K(lam), the limit of (1 - R_T)/r for schedule (23), c1 > c0 (limit_K.py), and its value at lam =
1.

    K(lam) = int_0^oo lam e^{2u} min(u, 1) / (8 (e^u - 1) (lam + e^u - 1)^2) du,
        K(1) = (pi^2/6 - Li_2(1/e))/8

At lam = 1 the integrand is min(u, 1)/(8 (e^u - 1)): u/(e^u - 1) = d/du [u log(1 - e^-u) -
Li_2(e^-u)] up to 1, then 1/(e^u - 1) = d/du log(1 - e^-u).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..claim import Claim, Step
from ..rules import Antiderivative, Combine, Enclosure, Identity, Increasing, Instance, Squeeze
from ..sign import eq, le, lt
from .gaussian import X
from .schedule import OURS

u, lam = sp.symbols("u lam", positive=True)
closed = (sp.pi**2 / 6 - sp.polylog(2, sp.exp(-1))) / 8
DIGITS = sp.Rational("0.154522472437")


def integrand(eigenvalue: Any, least: Any, at: Any = u) -> Any:
    """K's integrand, with `least` for min(u, 1)."""
    rise = sp.exp(at) - 1
    return eigenvalue * sp.exp(2 * at) * least / (8 * rise * (eigenvalue + rise) ** 2)


def _closed_form() -> Claim:
    near, far = u / (sp.exp(u) - 1), 1 / (sp.exp(u) - 1)
    head = sp.Integral(near, (u, 0, 1))
    tail = sp.Integral(far, (u, 1, sp.oo))
    states = eq((head + tail) / 8, closed)
    fall, dilog, near_0 = 1 - sp.exp(-u), sp.polylog(2, sp.exp(-u)), (le(u, 1),)
    primitive = u * sp.log(fall) - dilog
    steps = (
        Step("integrand up to 1", eq(integrand(1, u), near / 8), Identity()),
        Step("integrand beyond 1", eq(integrand(1, 1), far / 8), Identity()),
        Step("-u < 0", lt(-u, 0), Combine()),
        Step("e^-u < 1", lt(sp.exp(-u), 1), Increasing(sp.exp, "-u < 0")),
        Step("1 - e^-u > 0", lt(0, fall), Combine(((1, "e^-u < 1"),))),
        Step("1 - e^-u <= 1", le(fall, 1), Combine(((sp.exp(-u),),))),
        Step("log <= 0", le(sp.log(fall), 0), Increasing(sp.log, "1 - e^-u <= 1")),
        Step("second order", le(u - u**2 / 2, fall), Instance("calculus.exp.second", {X: u})),
        Step(
            "1 - e^-u >= u/2",
            le(u / 2, fall),
            Combine(((1, "second order"), (u / 2, "@0"))),
            near_0,
        ),
        Step(
            "log >=", le(sp.log(u / 2), sp.log(fall)), Increasing(sp.log, "1 - e^-u >= u/2"), near_0
        ),
        Step("low", le(u * sp.log(u / 2) - dilog, primitive), Combine(((u, "log >="),)), near_0),
        Step("high", le(primitive, -dilog), Combine(((u, "log <= 0"),))),
        Step("at 0", eq(sp.Limit(primitive, u, 0), -(sp.pi**2) / 6), Squeeze("low", "high")),
        Step(
            "up to 1",
            eq(head, sp.log(1 - sp.exp(-1)) - sp.polylog(2, sp.exp(-1)) + sp.pi**2 / 6),
            Antiderivative(primitive, {0: "at 0"}),
        ),
        Step("beyond 1", eq(tail, -sp.log(1 - sp.exp(-1))), Antiderivative(sp.log(1 - sp.exp(-u)))),
        Step("sum", states, Identity(("up to 1", "beyond 1"))),
    )
    pieces = (steps[0].states, steps[1].states, states)
    return Claim(
        "gaussian.K1",
        "K(1) = (pi^2/6 - Li_2(1/e))/8: K's integrand up to 1 and beyond, integrated",
        pieces,
        OURS,
        steps=steps,
    )


def k1_digits(digits: Any, id: str = "gaussian.K1.digits", **more: Any) -> Claim:
    """|K(1) - digits| < 10^-12."""
    low, high = (
        lt(digits - sp.Rational(1, 10**12), closed),
        lt(closed, digits + sp.Rational(1, 10**12)),
    )
    steps = (Step("below", low, Enclosure()), Step("above", high, Enclosure()))
    title = (
        f"(pi^2/6 - Li_2(1/e))/8, which is K(1) by gaussian.K1, is {sp.Float(digits, 12)} to 12"
        " digits"
    )
    return Claim(id, title, (low, high), OURS, steps=steps, trials=({},), **more)


CLAIMS = (_closed_form(), k1_digits(DIGITS))
