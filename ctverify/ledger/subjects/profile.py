"""m_t and 1 - abar_t as functions of u = -log abar, up to factors that tend to 1, and the profile
g(u) = min(u, 1)/(1 - e^-u).

(1 - r - 2 b) min(s_t, 1) <= m_{t+1} <= (1 + a) min(s_t, 1),     a = (1+r)^2 - 1 s_t <= s_{t+1} <=
(1 + delta) s_t,     delta = r (1 + a)/(1 - r) g(x) <= (1 + delta) g(y)  and  g(y) <= (1 + delta)
g(x)   for x <= y <= (1 + delta) x;     g <= e/(e-1)
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..claim import Claim, Step
from ..rules import (
    Cases,
    Combine,
    Concave,
    Definition,
    Extremum,
    Increasing,
    Induction,
    Instance,
    Monotone,
)
from ..sign import eq, le, lt
from .log_alpha_bar import STEP_POSITIVE, X, Y, log_claim, s
from .schedule import OURS, SMALL, WITHIN, a, b, growth, m, r, t

half = sp.Rational(1, 2)
delta = r * (1 + a) / (1 - r)
shrunk = 1 - r - 2 * b
NARROW = WITHIN | {"b <= 1/2": le(b, half), "r + 2 b <= 1": le(r + 2 * b, 1)}


def g(u: Any) -> Any:
    """min(u, 1)/(1 - e^-u)."""
    return sp.Min(u, 1) / (1 - sp.exp(-u))


def _falls(u: Any, name: str) -> tuple[Step, ...]:
    """1 - e^-u > 0."""
    return (
        Step(f"-{name} < 0", lt(-u, 0), Combine()),
        Step(f"e^-{name} < 1", lt(sp.exp(-u), 1), Increasing(sp.exp, f"-{name} < 0")),
        Step(f"1 - e^-{name} > 0", lt(0, 1 - sp.exp(-u)), Combine(((1, f"e^-{name} < 1"),))),
    )


def _second() -> Claim:
    """x - x^2/2 <= 1 - e^-x."""
    states = le(X - X**2 / 2, 1 - sp.exp(-X))
    steps = (
        *_falls(X, "x"),
        Step("second derivative", le(0, 1 - sp.exp(-X)), Combine(((1, "1 - e^-x > 0"),))),
        Step("first derivative", le(0, X - 1 + sp.exp(-X)), Monotone(X, 0, "second derivative")),
        Step("order", states, Monotone(X, 0, "first derivative")),
    )
    return Claim("calculus.exp.second", "x - x^2/2 <= 1 - e^-x", (states,), OURS, steps=steps)


def _quotient() -> Claim:
    """(1 - e^-x)/x falls."""
    states = le(X * (1 - sp.exp(-Y)), Y * (1 - sp.exp(-X)))
    steps = (
        Step("1 + x <= e^x", le(1 + X, sp.exp(X)), Instance("calculus.exp")),
        Step("times e^-x", le((1 + X) * sp.exp(-X), 1), Combine(((sp.exp(-X), "1 + x <= e^x"),))),
        Step("-y <= -x", le(-Y, -X), Combine(((1, "x <= y"),))),
        Step("e^-y <= e^-x", le(sp.exp(-Y), sp.exp(-X)), Increasing(sp.exp, "-y <= -x")),
        Step(
            "slope",
            le(0, 1 - sp.exp(-X) - X * sp.exp(-Y)),
            Combine(((1, "times e^-x"), (X, "e^-y <= e^-x"))),
        ),
        Step("order", states, Monotone(Y, X, "slope")),
    )
    return Claim(
        "calculus.quotient",
        "(1 - e^-y)/y <= (1 - e^-x)/x for x <= y",
        (states,),
        OURS,
        {"x <= y": le(X, Y)},
        steps=steps,
    )


def _profile() -> Claim:
    """x and y have profiles within 1 + delta of each other where x <= y <= (1 + delta) x."""
    D = sp.Symbol("delta", positive=True)
    below, above = le(g(X), (1 + D) * g(Y)), le(g(Y), (1 + D) * g(X))
    fx, fy, mx, my = 1 - sp.exp(-X), 1 - sp.exp(-Y), sp.Min(X, 1), sp.Min(Y, 1)
    steps = (
        *_falls(X, "x"),
        *_falls(Y, "y"),
        Step("quotient", le(X * fy, Y * fx), Instance("calculus.quotient")),
        Step(
            "fy <=",
            le(fy, (1 + D) * fx),
            Combine(((1, "quotient"), (1, "1 - e^-x > 0", "y <= (1+D) x")), X),
        ),
        Step("-y <= -x", le(-Y, -X), Combine(((1, "x <= y"),))),
        Step("e^-y <= e^-x", le(sp.exp(-Y), sp.exp(-X)), Increasing(sp.exp, "-y <= -x")),
        Step("min x <= x", le(mx, X), Extremum()),
        Step("min x <= 1", le(mx, 1), Extremum()),
        Step("min x <= y", le(mx, Y), Combine(((1, "min x <= x"), (1, "x <= y")))),
        Step("min rises", le(mx, my), Extremum(("min x <= y", "min x <= 1"))),
        Step("min y <= y", le(my, Y), Extremum()),
        Step("min y <= 1", le(my, 1), Extremum()),
        Step(
            "scaled <= x",
            le(my / (1 + D), X),
            Combine(((1, "min y <= y"), (1, "y <= (1+D) x")), 1 + D),
        ),
        Step("scaled <= 1", le(my / (1 + D), 1), Combine(((1, "min y <= 1"), (D,)), 1 + D)),
        Step("scaled <= min", le(my / (1 + D), mx), Extremum(("scaled <= x", "scaled <= 1"))),
        Step(
            "below",
            below,
            Combine(
                ((mx, "fy <="), (1 + D, "min rises", "1 - e^-x > 0")),
                times=("1 - e^-x > 0", "1 - e^-y > 0"),
            ),
        ),
        Step(
            "above",
            above,
            Combine(
                ((my, "e^-y <= e^-x"), (1 + D, "scaled <= min", "1 - e^-y > 0")),
                times=("1 - e^-x > 0", "1 - e^-y > 0"),
            ),
        ),
    )
    hypotheses = {"x <= y": le(X, Y), "y <= (1+D) x": le(Y, (1 + D) * X)}
    title = (
        "g(u) = min(u, 1)/(1 - e^-u) changes by at most 1 + delta between x and y <= (1 + delta) x"
    )
    return Claim("calculus.profile", title, (below, above), OURS, hypotheses, steps=steps)


def _profile_bound() -> Claim:
    """g <= e/(e-1): by the chord of 1 - e^-x up to 1, by its rise beyond."""
    mx, limit = sp.Min(X, 1), le(g(X), 1 / (1 - sp.exp(-1)))
    chord, near, far = le(X * (1 - sp.exp(-1)), 1 - sp.exp(-X)), le(X, 1), le(1, X)
    steps = (
        *_falls(X, "x"),
        Step("curved", le(0, sp.exp(-X)), Combine()),
        Step("chord", chord, Concave(X, (sp.Integer(0), sp.Integer(1)), "curved"), (near,)),
        Step("min <= x", le(mx, X), Extremum()),
        Step("min <= 1", le(mx, 1), Extremum()),
        Step(
            "near",
            limit,
            Combine(
                ((1, "chord"), (1 - sp.exp(-1), "min <= x")), 1 - sp.exp(-1), ("1 - e^-x > 0",)
            ),
            (near,),
        ),
        Step("-x <= -1", le(-X, -1), Combine(((1, "@0"),)), (far,)),
        Step("e^-x <= 1/e", le(sp.exp(-X), sp.exp(-1)), Increasing(sp.exp, "-x <= -1"), (far,)),
        Step(
            "far",
            limit,
            Combine(
                ((1, "e^-x <= 1/e"), (1 - sp.exp(-1), "min <= 1")),
                1 - sp.exp(-1),
                ("1 - e^-x > 0",),
            ),
            (far,),
        ),
        Step("everywhere", limit, Cases("near", "far")),
    )
    return Claim(
        "calculus.profile.bound", "min(u, 1)/(1 - e^-u) <= e/(e-1)", (limit,), OURS, steps=steps
    )


least, rm = sp.Min(s(t), 1), r * m(t + 1)
low, above = le(b, s(t)), le(m(t + 1), (1 + a) * least)


def _levels() -> Claim:
    """b <= s_t <= s_{t+1}."""
    steps = (
        *SMALL,
        STEP_POSITIVE,
        Step("first", le(b, -sp.log(1 - b)), Instance("calculus.h.1", {X: b})),
        Step("at 1", le(b, s(1)), Combine(((1, "first"),), using=("s_1",))),
        Step("one step", le(rm, -sp.log(1 - rm)), Instance("calculus.h.1", {X: rm})),
        Step("rises", le(s(t), s(t + 1)), Combine(((1, "one step"), (1, "r m > 0")), using=("s",))),
        Step("goes on", le(b, s(t + 1)), Combine(((1, "@0"), (1, "rises"))), (low,)),
        Step("s >= b", low, Induction(t, "at 1", "goes on")),
    )
    return log_claim(
        "schedule.s.levels", "b <= -log abar_t, which rises", (low, le(s(t), s(t + 1))), steps
    )


def _above() -> Claim:
    """m_{t+1} <= (1 + a) min(s_t, 1)."""
    steps = (
        Step("s >= b", low, Instance("schedule.s.levels", part=0)),
        Step("s below", le(m(t + 1) - a * b + b**2 / 2, s(t)), Instance("schedule.s.below")),
        Step("m next <= 1", le(m(t + 1), 1), growth(1, 1)),
        Step(
            "scaled <= s",
            le(m(t + 1) / (1 + a), s(t)),
            Combine(((1, "s below"), (a, "s >= b"), (b**2 / 2,)), 1 + a),
        ),
        Step("scaled <= 1", le(m(t + 1) / (1 + a), 1), Combine(((1, "m next <= 1"), (a,)), 1 + a)),
        Step(
            "scaled <= min", le(m(t + 1) / (1 + a), least), Extremum(("scaled <= s", "scaled <= 1"))
        ),
        Step("above", above, Combine(((1 + a, "scaled <= min"),))),
    )
    return log_claim("schedule.m.above", "m_{t+1} <= (1 + a) min(-log abar_t, 1)", (above,), steps)


def _below() -> Claim:
    """m_{t+1} >= (1 - r - 2 b) min(s_t, 1)."""
    below, power = le(shrunk * least, m(t + 1)), b * (1 + r) ** (t + 1)
    steps = (
        Step("s >= b", low, Instance("schedule.s.levels", part=0)),
        Step("1 - b > 0", lt(0, 1 - b), Combine(((1, "b < 1"),))),
        Step("1 - r > 0", lt(0, 1 - r), Combine(((1, "r <= 1/2"), (half,)))),
        Step("log b", le(-sp.log(1 - b), b / (1 - b)), Instance("calculus.h.above", {X: b})),
        Step(
            "b/(1-b)",
            le(b / (1 - b), b + 2 * b**2),
            Combine(((2 * b**2, "b <= 1/2"),), times=("1 - b > 0",)),
        ),
        Step(
            "s above",
            le(s(t), -sp.log(1 - b) + (power - b * (1 + r) ** 2) / (1 - r)),
            Instance("schedule.s.above"),
        ),
        Step(
            "under power",
            le(shrunk * s(t), power),
            Combine(
                (
                    (1, "s above", "1 - r > 0"),
                    (1, "log b", "1 - r > 0"),
                    (1, "b/(1-b)", "1 - r > 0"),
                    (2 * b, "s >= b"),
                    (3 * b * r + b * r**2 + 2 * b**2 * r,),
                )
            ),
        ),
        Step("min <= s", le(least, s(t)), Extremum()),
        Step("min <= 1", le(least, 1), Extremum()),
        Step("shrunk >= 0", le(0, shrunk), Combine(((1, "r + 2 b <= 1"),))),
        Step(
            "y <= power",
            le(shrunk * least, power),
            Combine(((1, "under power"), (1, "shrunk >= 0", "min <= s"))),
        ),
        Step(
            "y <= 1", le(shrunk * least, 1), Combine(((1, "shrunk >= 0", "min <= 1"), (r + 2 * b,)))
        ),
        Step("y <= Min", le(shrunk * least, sp.Min(power, 1)), Extremum(("y <= power", "y <= 1"))),
        Step("m next", eq(m(t + 1), sp.Min(power, 1)), Definition("m", {t: t + 1})),
        Step("below", below, Combine(((1, "y <= Min"),), using=("m next",))),
    )
    title = "m_{t+1} >= (1 - r - 2 b) min(-log abar_t, 1)"
    return log_claim("schedule.m.below", title, (below,), steps, hypotheses=NARROW)


def _ratio() -> Claim:
    """s_{t+1} <= (1 + delta) s_t."""
    following = le(s(t + 1), (1 + delta) * s(t))
    steps = (
        *SMALL,
        STEP_POSITIVE,
        Step("1 - r > 0", lt(0, 1 - r), Combine(((1, "r <= 1/2"), (half,)))),
        Step("above", above, Instance("schedule.m.above")),
        Step("min <= s", le(least, s(t)), Extremum()),
        Step("one step", le(-sp.log(1 - rm), rm / (1 - rm)), Instance("calculus.h.above", {X: rm})),
        Step(
            "r m/(1-r)",
            le(rm / (1 - rm), rm / (1 - r)),
            Combine(((1, "r m > 0", "r m <= r"),), times=("r m < 1", "1 - r > 0")),
        ),
        Step("1/(1-r) > 0", lt(0, 1 / (1 - r)), Combine(((1,),), times=("1 - r > 0",))),
        Step(
            "ratio",
            following,
            Combine(
                (
                    (1, "one step"),
                    (1, "r m/(1-r)"),
                    (r, "above", "1/(1-r) > 0"),
                    (r * (1 + a), "min <= s", "1/(1-r) > 0"),
                ),
                using=("s",),
            ),
        ),
    )
    title = "-log abar_{t+1} <= (1 + delta) (-log abar_t), delta = r (1 + a)/(1 - r)"
    return log_claim("schedule.s.ratio", title, (following,), steps)


CLAIMS = (
    _second(),
    _quotient(),
    _profile(),
    _profile_bound(),
    _levels(),
    _above(),
    _below(),
    _ratio(),
)
