"""The far end of schedule (23): (27d), c2 and its limit, the limit of (27b)'s constant, and where
c2 >= 1000 is possible.

    -log abar_t >= 1 - a b + h (t - L),   L = -log b/l = c0 log T/l,   l = log(1 + r),
        h = -log(1 - r)

at t = T, divided by log T:   c1 - c0/(1 - r/2) <= c2 = -log abar_T/log T,   and c2 -> c1 - c0 for
c1 > c0.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..axioms import MaxOver
from ..claim import Claim, Step, Witness
from ..rules import (
    Axiom,
    Between,
    Cases,
    Combine,
    Definition,
    Extremum,
    Increasing,
    Induction,
    Instance,
    Squeeze,
)
from ..sign import at, eq, le, lt, member
from .log_alpha_bar import PASSED, S_DEFINITIONS, L, X, Y, ell, h, log_claim, s, sharp
from .schedule import DEFINITIONS, LHW, OURS, SMALL, WITHIN, a, b, m, q, r, t

half = sp.Rational(1, 2)
POWER = b * (1 + r) ** (t + 1)
LOGS = (
    Step("1 - r > 0", lt(0, 1 - r), Combine(((1, "r <= 1/2"), (half,)))),
    Step("r <= h", le(r, h), Instance("calculus.h.1", {X: r})),
    Step("l <= r", le(ell, r), Instance("calculus.l.above", {X: r})),
    Step("(1+r) l <= h", le((1 + r) * ell, h), Instance("calculus.h_over_l", {X: r})),
    Step("r - r^2/2 <= l", le(r - r**2 / 2, ell), Instance("calculus.l.2", {X: r})),
)


NEGATIVE_LOG = Step("-log b > 0", lt(sp.log(b), 0), Increasing(sp.log, "b < 1"))


def _floor() -> Claim:
    """-log abar_t >= 1 - a b + h (t - L): beyond L each step adds h; before it, m_{t+1} >= 1 + h (t
    - L).
    """

    def floor(n: Any) -> Any:
        return le(1 - a * b + h * (n - L), s(n))

    before, beyond, states = le(t + 1, L), le(L, t + 1), floor(t)
    early, least = le(t, L), sp.Min(POWER, 1)
    tangent = le(1 + sp.log(b * (1 + r) ** t), b * (1 + r) ** t)
    under = 1 + h * (t - L)
    steps = (
        *SMALL,
        *LOGS,
        Step("h > 0", lt(0, h), Combine(((1, "r <= h"), (r,)))),
        Step("m next", eq(m(t + 1), least), Definition("m", {t: t + 1})),
        Step("tangent", tangent, Instance("calculus.log", {Y: b * (1 + r) ** t})),
        Step(
            "under power",
            le(under, POWER),
            Combine(((1 + r, "tangent"), (1, "@0", "(1+r) l <= h"), (r,))),
            (early,),
        ),
        Step("under 1", le(under, 1), Combine(((1, "@0", "h > 0"),)), (early,)),
        Step("under Min", le(under, least), Extremum(("under power", "under 1")), (early,)),
        Step(
            "under m",
            le(under, m(t + 1)),
            Combine(((1, "under Min"),), using=("m next",)),
            (early,),
        ),
        Step("s below", le(m(t + 1) - a * b + b**2 / 2, s(t)), Instance("schedule.s.below")),
        Step("up to L", states, Combine(((1, "under m"), (1, "s below"), (b**2 / 2,))), (early,)),
        Step("log b", le(sp.log(b * (1 + r)), 0), Increasing(sp.log, "b (1+r) <= 1")),
        Step("L >= 1", le(1, L), Combine(((1 / ell, "log b"),))),
        Step("at 1", floor(1), Instance("up to L", {t: 1})),
        Step("not yet", floor(t + 1), Instance("up to L", {t: t + 1}), (states, before)),
        *_capped((states, beyond)),
        Step(
            "one more h",
            floor(t + 1),
            Combine(((1, "@0"),), using=("s", "m next", "Min = 1")),
            (states, beyond),
        ),
        Step("goes on", floor(t + 1), Cases("not yet", "one more h"), (states,)),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = (
        "-log abar_t >= 1 - a b + h (t - L), a = (1+r)^2 - 1, h = -log(1-r), L = -log b/log(1+r)"
    )
    return log_claim("schedule.27d.floor", title, (states,), steps, hypotheses=PASSED)


def _capped(given: tuple[Any, ...]) -> tuple[Step, ...]:
    """m_{t+1} = 1 given L <= t + 1 (the second condition)."""
    least = sp.Min(POWER, 1)
    return (
        Step("exponent", le(0, sp.log(b) + (t + 1) * ell), Combine(((ell, "@1"),)), given),
        Step("1 <= power", le(1, POWER), Increasing(sp.exp, "exponent"), given),
        Step("1 <= 1", le(1, 1), Combine()),
        Step("1 <= Min", le(1, least), Extremum(("1 <= power", "1 <= 1")), given),
        Step("Min <= 1", le(least, 1), Extremum()),
        Step("Min = 1", eq(least, 1), Between("1 <= Min", "Min <= 1"), given),
    )


def _c2_floor() -> Claim:
    """c2 >= c1 - c0/(1 - r/2), multiplied by log T."""
    bound = r * t + sp.log(b) / (1 - r / 2)
    states, late, early = le(bound, s(t)), le(L, t), le(t, L)
    one = 1 - a * b
    steps = (
        *LOGS,
        NEGATIVE_LOG,
        Step("1 - r/2 > 0", lt(0, 1 - r / 2), Combine(((half, "r <= 1/2"), (half,)))),
        Step(
            "r L",
            le(r * L, -sp.log(b) / (1 - r / 2)),
            Combine(((1, "-log b > 0", "r - r^2/2 <= l"),), ell, ("1 - r/2 > 0",)),
        ),
        Step(
            "a b <= 1",
            le(0, one),
            Combine(((a, "b (1+r) <= 1"), (r + 3 * half, "r <= 1/2"), (half / 2,)), 1 + r),
        ),
        Step("floor", le(one + h * (t - L), s(t)), Instance("schedule.27d.floor")),
        Step(
            "late",
            states,
            Combine(((1, "floor"), (1, "a b <= 1"), (1, "r <= h", "@0"), (1, "r L"))),
            (late,),
        ),
        Step("s >= 0", le(0, s(t)), Instance("schedule.s.positive")),
        Step("early", states, Combine(((1, "s >= 0"), (r, "@0"), (1, "r L"))), (early,)),
        Step("always", states, Cases("late", "early")),
    )
    title = (
        "c2 = -log abar_T/log T >= c1 - c0/(1 - r/2), both sides times log T (t = T, c1 log T = r"
        " T, c0 log T = -log b)"
    )
    return log_claim(
        "schedule.27d", title, (states,), steps, hypotheses=PASSED, source=f"{LHW} (27d), {OURS}"
    )


def _ceiling() -> Claim:
    """-log abar_t <= -log(1 - b) + (1+r)/(1-r) + h max(t + 1 - L, 0)."""
    start = -sp.log(1 - b) + (1 + r) / (1 - r)

    def over(n: Any) -> Any:
        return sp.Max(n + 1 - L, 0)

    def ceiling(n: Any) -> Any:
        return le(s(n), start + h * over(n))

    states, before, beyond = ceiling(t), le(t + 1, L), le(L, t + 1)
    above = -sp.log(1 - b) + (b * (1 + r) ** (t + 2) - b * (1 + r) ** 2) / (1 - r)
    steps = (
        *SMALL,
        *LOGS,
        Step("h > 0", lt(0, h), Combine(((1, "r <= h"), (r,)))),
        Step("1/(1-r) > 0", lt(0, 1 / (1 - r)), Combine(((1,),), times=("1 - r > 0",))),
        Step("0 <= Max 1", le(0, over(1)), Extremum()),
        Step(
            "at 1",
            ceiling(1),
            Combine(((1, "h > 0", "0 <= Max 1"), (1 + r, "1/(1-r) > 0")), using=("s_1",)),
        ),
        Step("s above", le(s(t + 1), above), Instance("schedule.s.above", {t: t + 1})),
        Step(
            "exponent", le(sp.log(b) + (t + 1) * ell, 0), Combine(((ell, "@1"),)), (states, before)
        ),
        Step("power <= 1", le(POWER, 1), Increasing(sp.exp, "exponent"), (states, before)),
        Step("0 <= Max", le(0, over(t + 1)), Extremum()),
        Step(
            "not yet",
            ceiling(t + 1),
            Combine(
                (
                    (1, "s above"),
                    (1 + r, "power <= 1", "1/(1-r) > 0"),
                    (b * (1 + r) ** 2, "1/(1-r) > 0"),
                    (1, "h > 0", "0 <= Max"),
                )
            ),
            (states, before),
        ),
        Step("1 - r m", le(1 - r, 1 - r * m(t + 1)), Combine(((1, "r m <= r"),))),
        Step("log", le(sp.log(1 - r), sp.log(1 - r * m(t + 1))), Increasing(sp.log, "1 - r m")),
        Step("itself", le(t + 1 - L, t + 1 - L), Combine()),
        Step("0 <= itself", le(0, t + 1 - L), Combine(((1, "@1"),)), (states, beyond)),
        Step(
            "Max <= itself",
            le(over(t), t + 1 - L),
            Extremum(("itself", "0 <= itself")),
            (states, beyond),
        ),
        Step("next <= Max", le(t + 2 - L, over(t + 1)), Extremum()),
        Step(
            "one more h",
            ceiling(t + 1),
            Combine(
                ((1, "@0"), (1, "log"), (1, "h > 0", "Max <= itself"), (1, "h > 0", "next <= Max")),
                using=("s",),
            ),
            (states, beyond),
        ),
        Step("goes on", ceiling(t + 1), Cases("not yet", "one more h"), (states,)),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = "-log abar_t <= -log(1-b) + (1+r)/(1-r) + h max(t + 1 - L, 0)"
    return log_claim("schedule.27d.ceiling", title, (states,), steps)


def _c2_ceiling() -> Claim:
    """The ceiling beyond L, in elementary terms."""
    extra = (r * t + r + sp.log(b)) / (1 - r)
    states = le(s(t), -sp.log(1 - b) + (1 + r) / (1 - r) + extra)
    room = t + 1 - L
    steps = (
        *LOGS,
        NEGATIVE_LOG,
        Step("h <= r/(1-r)", le(h, r / (1 - r)), Instance("calculus.h.above", {X: r})),
        Step("h > 0", lt(0, h), Combine(((1, "r <= h"), (r,)))),
        Step("itself", le(room, room), Combine()),
        Step("0 <= itself", le(0, room), Combine(((1, "L <= t + 1"),))),
        Step("Max", le(sp.Max(room, 0), room), Extremum(("itself", "0 <= itself"))),
        Step("r L", le(-sp.log(b), r * L), Combine(((1, "-log b > 0", "l <= r"),), ell)),
        Step(
            "ceiling",
            le(s(t), -sp.log(1 - b) + (1 + r) / (1 - r) + h * sp.Max(room, 0)),
            Instance("schedule.27d.ceiling"),
        ),
        Step("1/(1-r) > 0", lt(0, 1 / (1 - r)), Combine(((1,),), times=("1 - r > 0",))),
        Step(
            "bound",
            states,
            Combine(
                (
                    (1, "ceiling"),
                    (1, "h > 0", "Max"),
                    (1, "h <= r/(1-r)", "0 <= itself"),
                    (1, "r L", "1/(1-r) > 0"),
                )
            ),
        ),
    )
    title = (
        "c2 <= [c1 - c0 + (r - log(1-b) (1-r) + 1 + r)/log T]/(1 - r), both sides times log T, once"
        " b (1+r)^{T+1} >= 1"
    )
    hypotheses = WITHIN | {"L <= t + 1": le(L, t + 1)}
    return log_claim("schedule.27d.above", title, (states,), steps, hypotheses=hypotheses)


n = sp.Symbol("n", integer=True, positive=True)
c0, delta = sp.symbols("c0 delta", positive=True)
tau = sp.Symbol("tau", integer=True, positive=True)
T = n + 1
_R, _B = (c0 + delta) * sp.log(T) / T, T**-c0  # c1 = c0 + delta
AT_T = {r: _R, b: _B}
IN_T = {name: member(at(d, AT_T), n) for name, d in (DEFINITIONS | S_DEFINITIONS).items()}
LARGE = Witness({c0: 1, delta: half})
EVENTUALLY = (
    le(_R, half),
    lt(_B, 1),
    le(_B * (1 + _R), 1),
    le(0, T * (_R - _R**2 / 2) + sp.log(_B)),
)
LOG = sp.log(T)
REACHED_FORM = LOG * ((c0 + delta) * (1 - _R / 2) - c0)  # of the last condition's gap
POSITIVE = Step("r > 0", lt(0, _R), Combine())


def _reached() -> tuple[Step, ...]:
    """b (1+r)^T >= 1 for all large T: T log(1+r) >= T (r - r^2/2) >= -log b."""
    log = sp.log(1 + _R)
    return (
        POSITIVE,
        Step(
            "r - r^2/2 <= l", le(_R - _R**2 / 2, log), Instance("calculus.l.2", {X: _R}), EVENTUALLY
        ),
        Step(
            "exponent",
            le(0, sp.log(_B) + T * log),
            Combine(((T, "r - r^2/2 <= l"), (1, "@3"))),
            EVENTUALLY,
        ),
        Step(
            "b (1+r)^T >= 1", le(1, _B * (1 + _R) ** T), Increasing(sp.exp, "exponent"), EVENTUALLY
        ),
    )


def _c2_limit() -> Claim:
    """c2 -> c1 - c0."""
    low = (_R * T + sp.log(_B) / (1 - _R / 2)) / sp.log(T)
    high = (-sp.log(1 - _B) + (1 + _R) / (1 - _R) + (_R * T + _R + sp.log(_B)) / (1 - _R)) / sp.log(
        T
    )
    states = eq(sp.Limit(s(T, n) / sp.log(T), n, sp.oo), delta)
    start = (1 + 2 * _R) / ((1 - _R) * LOG) - sp.log(1 - _B) / LOG
    forms = (c0 + delta - c0 / (1 - _R / 2), start + delta / (1 - _R))
    steps = (
        *_reached(),
        Step("log(1+r) > 0", lt(0, sp.log(1 + _R)), Combine(), EVENTUALLY),
        Step(
            "beyond L",
            le(at(le(0, L), AT_T).rhs, T + 1),
            Combine(((1, "exponent"), (1, "log(1+r) > 0")), times=("log(1+r) > 0",)),
            EVENTUALLY,
        ),
        Step(
            "floor",
            at(le(r * T + sp.log(b) / (1 - r / 2), s(T, n)), AT_T),
            Instance("schedule.27d", AT_T | {t: T}, family=n),
            EVENTUALLY,
        ),
        Step(
            "ceiling",
            at(
                le(s(T, n), -sp.log(1 - b) + (1 + r) / (1 - r) + (r * T + r + sp.log(b)) / (1 - r)),
                AT_T,
            ),
            Instance("schedule.27d.above", AT_T | {t: T}, family=n),
            EVENTUALLY,
        ),
        Step(
            "c2 >=", le(low, s(T, n) / sp.log(T)), Combine(((1 / sp.log(T), "floor"),)), EVENTUALLY
        ),
        Step(
            "c2 <=",
            le(s(T, n) / sp.log(T), high),
            Combine(((1 / sp.log(T), "ceiling"),)),
            EVENTUALLY,
        ),
        Step("limit", states, Squeeze("c2 >=", "c2 <=", (*forms, REACHED_FORM))),
    )
    title = (
        "c2 = -log abar_T/log T tends to c1 - c0 for c1 = c0 + delta > c0 (T = n + 1, the schedule"
        " of each T its own)"
    )
    return Claim(
        "schedule.27d.limit", title, (states,), OURS, definitions=IN_T, steps=steps, witness=LARGE
    )


def _sharp_limit() -> Claim:
    """The least constant in place of 4 in (27b) tends to e/(e-1)."""
    term, tail = m(t + 1, n) / q(t, n), 1 - (1 - _B) * sp.exp(-(1 + _R) / (1 - _R))
    path, C = _B * (1 + _R) ** t, at(le(0, sharp), AT_T).rhs
    S = MaxOver(term, t, n)  # over t < T
    states = eq(sp.Limit(S, n, sp.oo), 1 / (1 - sp.exp(-1)))
    last = n + 1
    steps = (
        *_reached(),
        Step(
            "ratio",
            at(le(r * m(t + 1, n) / q(t, n), r * sharp), AT_T),
            Instance("schedule.27b.sharp", AT_T, family=n),
            EVENTUALLY,
        ),
        Step("term <=", le(term, C), Combine(((1 / _R, "ratio"),)), EVENTUALLY),
        Step(
            "S <=",
            le(S, C),
            Axiom("maximum, a bound of", (term, t, n, C), ("term <=",)),
            EVENTUALLY,
        ),
        Step("path starts below 1", le(path.subs(t, 1), 1), Combine(((1, "@2"),)), EVENTUALLY),
        Step(
            "just",
            le(path.subs(t, tau), 1),
            Axiom("greatest index", (path, t, tau, last, 0)),
            EVENTUALLY,
        ),
        Step("tau <= n", le(tau, n), Axiom("greatest index", (path, t, tau, last, 2)), EVENTUALLY),
        Step(
            "reached",
            le(1, path.subs(t, tau + 1)),
            Axiom("greatest index", (path, t, tau, last, 1)),
            EVENTUALLY,
        ),
        Step(
            "q at tau > 0",
            lt(0, q(tau, n)),
            Instance("schedule.range", AT_T | {t: tau}, family=n),
            EVENTUALLY,
        ),
        Step(
            "ratio at tau",
            le(_R / tail, _R * m(tau + 1, n) / q(tau, n)),
            Instance("schedule.27b.reached", AT_T | {t: tau}, family=n),
            EVENTUALLY,
        ),
        Step(
            "term at tau",
            le(1 / tail, m(tau + 1, n) / q(tau, n)),
            Combine(((1 / _R, "ratio at tau"),)),
            EVENTUALLY,
        ),
        Step(
            "S >= term",
            le(m(tau + 1, n) / q(tau, n), S),
            Axiom("maximum, a term of", (term, t, n, tau), ("tau <= n",)),
            EVENTUALLY,
        ),
        Step("S >=", le(1 / tail, S), Combine(((1, "term at tau"), (1, "S >= term"))), EVENTUALLY),
        Step("limit", states, Squeeze("S >=", "S <=", (REACHED_FORM,))),
    )
    title = (
        "max_t beta_t/(r (1 - abar_{t-1})) tends to e/(e-1) = 1.58198 for c1 = c0 + delta > c0 (T ="
        " n + 1)"
    )
    return Claim(
        "schedule.27b.limit", title, (states,), OURS, definitions=IN_T, steps=steps, witness=LARGE
    )


CLAIMS = (_floor(), _c2_floor(), _ceiling(), _c2_ceiling(), _c2_limit(), _sharp_limit())
