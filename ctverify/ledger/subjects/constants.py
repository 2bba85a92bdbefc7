"""K(lam), the limit of (1 - R_T)/r for schedule (23), c1 > c0, and its value at lam = 1.

    K(lam) = int_0^oo lam e^{2u} min(u, 1) / (8 (e^u - 1) (lam + e^u - 1)^2) du,       K(1) = (pi^2/6 - Li_2(1/e))/8

At lam = 1 the integrand is min(u, 1)/(8 (e^u - 1)): u/(e^u - 1) = d/du [u log(1 - e^-u) - Li_2(e^-u)] up to 1, then
1/(e^u - 1) = d/du log(1 - e^-u).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..claim import UNDECIDED, Claim, Step
from ..rules import Antiderivative, Argued, Enclosure, Identity
from ..sign import eq, lt
from .schedule import OURS

u, lam = sp.symbols("u lam", positive=True)
closed = (sp.pi**2 / 6 - sp.polylog(2, sp.exp(-1))) / 8
DIGITS = sp.Rational("0.154522472437")


def integrand(eigenvalue: Any, least: Any) -> Any:
    """K's integrand, with `least` for min(u, 1)."""
    rise = sp.exp(u) - 1
    return eigenvalue * sp.exp(2 * u) * least / (8 * rise * (eigenvalue + rise) ** 2)


def _closed_form() -> Claim:
    near, far = u / (sp.exp(u) - 1), 1 / (sp.exp(u) - 1)
    head = sp.Integral(near, (u, 0, 1))
    tail = sp.Integral(far, (u, 1, sp.oo))
    states = eq((head + tail) / 8, closed)
    steps = (
        Step("integrand up to 1", eq(integrand(1, u), near / 8), Identity()),
        Step("integrand beyond 1", eq(integrand(1, 1), far / 8), Identity()),
        Step(
            "up to 1",
            eq(head, sp.log(1 - sp.exp(-1)) - sp.polylog(2, sp.exp(-1)) + sp.pi**2 / 6),
            Antiderivative(u * sp.log(1 - sp.exp(-u)) - sp.polylog(2, sp.exp(-u))),
        ),
        Step("beyond 1", eq(tail, -sp.log(1 - sp.exp(-1))), Antiderivative(sp.log(1 - sp.exp(-u)))),
        Step("sum", states, Identity(("up to 1", "beyond 1"))),
    )
    return Claim("gaussian.K1", "K(1) = (pi^2/6 - Li_2(1/e))/8", (states,), OURS, steps=steps)


def k1_digits(digits: Any, id: str = "gaussian.K1.digits", **more: Any) -> Claim:
    """|K(1) - digits| < 10^-12."""
    low, high = lt(digits - sp.Rational(1, 10**12), closed), lt(closed, digits + sp.Rational(1, 10**12))
    steps = (Step("below", low, Enclosure()), Step("above", high, Enclosure()))
    title = f"K(1) = {sp.Float(digits, 12)} to 12 digits"
    return Claim(id, title, (low, high), OURS, steps=steps, trials=({},), **more)


def _limit() -> Claim:
    """(1 - R)/r -> K(lam): the sandwich is proved, the passage from the sum to the integral is not formal here."""
    excess, n = sp.Function("excess", real=True), sp.Symbol("T", positive=True)
    r, K = sp.Function("r", positive=True), sp.Function("K", positive=True)
    states = eq(sp.Limit(excess(n) / r(n), n, sp.oo), K(lam))
    steps = (
        Step(
            "sum to integral",
            states,
            Argued(
                "sum d_t^2/(2r) is a Stieltjes sum of m_t/(8 (1 - e^-u)) against w = lam/(lam + e^u - 1); by schedule.s.below "
                "and schedule.s.above m_t tends to min(u, 1) at fixed u = -log abar, and by (27b) the terms are bounded: bounded "
                "convergence"
            ),
        ),
    )
    title = "(1 - R_T)/r tends to K(lam) for fixed lam > 0, c1 > c0 (numerically 2.5 % off at T = 1,024)"
    return Claim("gaussian.K.limit", title, (states,), OURS, steps=steps, expects=UNDECIDED)


CLAIMS = (_closed_form(), k1_digits(DIGITS), _limit())
