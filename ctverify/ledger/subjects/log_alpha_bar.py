"""The sharp constants of lemma (27): e/(e-1) in (27b), and c2 in (27d), between bounds that meet as
T grows.

    s_t = -log abar_t:   s_1 = -log(1 - b),   s_{t+1} = s_t - log(1 - r m_{t+1}),
        1 - abar_t = 1 - e^{-s_t}
    m_{t+1} - a b + b^2/2 <= s_t <= -log(1 - b) + (b (1+r)^{t+1} - (1+a) b)/(1 - r),
        a = (1+r)^2 - 1.

With l = log(1 + r), h = -log(1 - r) and L = -log b/l, the index from which m_t = 1:

    s_t >= 1 - a b + h (t - L),   hence   c2 = s_T/log T >= c1 - c0/(1 - r/2),   and c2 -> c1 - c0.
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
    Enclosure,
    Extremum,
    Identity,
    Increasing,
    Induction,
    Instance,
    Monotone,
)
from ..sign import eq, le, lt
from .schedule import (
    BASE,
    DEFINITIONS,
    FORMULAS,
    IN_RANGE,
    OURS,
    SMALL,
    TRIALS,
    WITHIN,
    a,
    b,
    growth,
    m,
    q,
    r,
    t,
)

s = sp.Function("s", real=True)
h, ell = -sp.log(1 - r), sp.log(1 + r)
L = -sp.log(b) / ell
sharp = (1 + r) / (1 - sp.exp(-1))  # r times it bounds (27b)'s ratio
PASSED = WITHIN | {"b (1+r) <= 1": le(b * (1 + r), 1)}
S_DEFINITIONS = {
    "s_1": eq(s(1), -sp.log(1 - b)),
    "s": eq(s(t + 1), s(t) - sp.log(1 - r * m(t + 1))),
}
_n, _k = sp.Dummy("n", integer=True, positive=True), sp.Symbol("k", integer=True)
S_FORMULAS = {
    s: sp.Lambda(
        _n, -sp.log(1 - b) - sp.Sum(sp.log(1 - r * sp.Min(b * (1 + r) ** _k, 1)), (_k, 2, _n))
    )
}


def log_claim(
    id: str, title: str, statement: tuple[Any, ...], steps: tuple[Step, ...], **more: Any
) -> Claim:
    """A claim about schedule (23) that speaks of s_t too, with r <= 1/2 and b < 1 unless it says
    otherwise.
    """
    hypotheses = more.pop("hypotheses", WITHIN)
    return Claim(
        id,
        title,
        statement,
        more.pop("source", OURS),
        hypotheses,
        DEFINITIONS | S_DEFINITIONS,
        steps,
        FORMULAS | S_FORMULAS,
        TRIALS,
    )


STEP_POSITIVE = Step("r m > 0", lt(0, r * m(t + 1)), Combine(((r, "m next > 0"),)))


def _logarithm() -> Claim:
    states = eq(q(t), 1 - sp.exp(-s(t)))
    steps = (
        Step("at 1", eq(q(1), 1 - sp.exp(-s(1))), Identity(("q_1", "s_1"))),
        Step("goes on", eq(q(t + 1), 1 - sp.exp(-s(t + 1))), Identity(("q", "s", "@0")), (states,)),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    return log_claim(
        "schedule.log", "1 - abar_t = 1 - e^{-s_t}, s_t = -log abar_t", (states,), steps
    )


def _below() -> Claim:
    """s_t >= m_{t+1} - a b + b^2/2."""
    states = le(m(t + 1) - a * b + b**2 / 2, s(t))
    steps = (
        *SMALL,
        STEP_POSITIVE,
        *BASE,
        Step("first", le(b + b**2 / 2, -sp.log(1 - b)), Instance("calculus.h.2", {X: b})),
        Step(
            "at 1",
            le(m(2) - a * b + b**2 / 2, s(1)),
            Combine(((1, "first"), (1, "m_2 <= power")), using=("s_1",)),
        ),
        Step(
            "one step",
            le(r * m(t + 1), -sp.log(1 - r * m(t + 1))),
            Instance("calculus.h.1", {X: r * m(t + 1)}),
        ),
        Step(
            "goes on",
            le(m(t + 2) - a * b + b**2 / 2, s(t + 1)),
            Combine(((1, "@0"), (1, "one step"), (1, "m after")), using=("s",)),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    return log_claim(
        "schedule.s.below",
        "-log abar_t >= m_{t+1} - a b + b^2/2, a = (1+r)^2 - 1",
        (states,),
        steps,
    )


def _above() -> Claim:
    """s_t <= -log(1 - b) + (b (1+r)^{t+1} - b (1+r)^2)/(1 - r)."""

    def bound(n: Any) -> Any:
        return -sp.log(1 - b) + (b * (1 + r) ** (n + 1) - b * (1 + r) ** 2) / (1 - r)

    states = le(s(t), bound(t))
    rm = r * m(t + 1)
    steps = (
        *SMALL,
        STEP_POSITIVE,
        Step("1 - r > 0", lt(0, 1 - r), Combine(((1, "r <= 1/2"), (sp.Rational(1, 2),)))),
        Step("at 1", le(s(1), bound(1)), Combine(using=("s_1",))),
        Step("one step", le(-sp.log(1 - rm), rm / (1 - rm)), Instance("calculus.h.above", {X: rm})),
        Step(
            "r m/(1-r)",
            le(rm / (1 - rm), rm / (1 - r)),
            Combine(((1, "r m > 0", "r m <= r"),), times=("r m < 1", "1 - r > 0")),
        ),
        Step("m <= power", le(m(t + 1), b * (1 + r) ** (t + 1)), growth(2, 1)),
        Step(
            "power",
            le(rm / (1 - r), r * b * (1 + r) ** (t + 1) / (1 - r)),
            Combine(((r, "m <= power"),), times=("1 - r > 0",)),
        ),
        Step(
            "goes on",
            le(s(t + 1), bound(t + 1)),
            Combine(((1, "@0"), (1, "one step"), (1, "r m/(1-r)"), (1, "power")), using=("s",)),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    return log_claim(
        "schedule.s.above",
        "-log abar_t <= -log(1 - b) + b ((1+r)^{t+1} - (1+r)^2)/(1 - r)",
        (states,),
        steps,
    )


def _positive() -> Claim:
    states = le(0, s(t))
    steps = (
        *SMALL,
        STEP_POSITIVE,
        Step("first", le(b, -sp.log(1 - b)), Instance("calculus.h.1", {X: b})),
        Step("at 1", le(0, s(1)), Combine(((1, "first"), (b,)), using=("s_1",))),
        Step(
            "one step",
            le(r * m(t + 1), -sp.log(1 - r * m(t + 1))),
            Instance("calculus.h.1", {X: r * m(t + 1)}),
        ),
        Step(
            "goes on",
            le(0, s(t + 1)),
            Combine(((1, "@0"), (1, "one step"), (1, "r m > 0")), using=("s",)),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    return log_claim("schedule.s.positive", "abar_t <= 1", (states,), steps)


_R = {"r <= 1 - 2/e": le(r, 1 - 2 * sp.exp(-1))}


def _regime() -> tuple[Claim, ...]:
    """y/C <= 1 - e^{a^2/2 - y} for C - 1 <= y <= 1, C = (1+r)/(1 - 1/e): concave in y, so that the
    two ends suffice.
    """
    y = sp.Symbol("y", positive=True)
    C, tenth = sharp, sp.Rational(1, 10)
    one = le(1 / C, 1 - sp.exp(a**2 / 2 - 1))
    corner = le((C - 1) / C, 1 - sp.exp(a**2 / 2 - C + 1))
    near, far = le(r, tenth), le(tenth, r)
    end = (
        Step("rising", le(0, sp.diff(one.rhs - one.lhs, r)), Enclosure(), (near,)),
        Step("near", one, Monotone(r, 0, "rising"), (near,)),
        Step("far", one, Enclosure(), (far,)),
        Step("y = 1", one, Cases("near", "far")),
        Step("y = C - 1", corner, Enclosure()),
    )
    states = le(y / C, 1 - sp.exp(a**2 / 2 - y))
    between = (
        Step("y = 1", one, Instance("schedule.regime.ends", part=0)),
        Step("y = C - 1", corner, Instance("schedule.regime.ends", part=1)),
        Step("curved", le(0, sp.exp(a**2 / 2 - y)), Combine()),
        Step("C <= 2", le(C - 1, 1), Combine(((1, "r <= 1 - 2/e"),), 1 - sp.exp(-1))),
        Step("between", states, Concave(y, (C - 1, sp.Integer(1)), "curved", "y = C - 1", "y = 1")),
    )
    hypotheses = _R | {"y >= C - 1": le(C - 1, y), "y <= 1": le(y, 1)}
    title = "y (1 - 1/e)/(1 + r) <= 1 - exp(a^2/2 - y)"
    return (
        Claim(
            "schedule.regime.ends",
            f"{title} at y = 1 and at y = (1+r)/(1-1/e) - 1",
            (one, corner),
            OURS,
            _R,
            steps=end,
        ),
        Claim("schedule.regime", f"{title} between", (states,), OURS, hypotheses, steps=between),
    )


def _lemma_b_sharp() -> Claim:
    """beta_{t+1}/(1 - abar_t) <= r (1+r)/(1 - 1/e): linear while m_{t+1} <= C - 1, exponential
    beyond.
    """
    C, after = sharp, m(t + 2)
    invariant, ratio = le(m(t + 1), C * q(t)), le(r * m(t + 1) / q(t), r * C)
    linear, exponential = le(m(t + 1), C - 1), le(C - 1, m(t + 1))
    onward = le(after, C * q(t + 1))
    shifted = after - a * b + b**2 / 2
    steps = (
        *SMALL,
        *IN_RANGE,
        *BASE,
        Step("C >= (1+r)^2", le((1 + r) ** 2, C), Combine(((1 + r, "r <= 1/2"),))),
        Step(
            "at 1",
            le(m(2), C * q(1)),
            Combine(((1, "m_2 <= power"), (b, "C >= (1+r)^2")), using=("q_1",)),
        ),
        Step(
            "linear",
            onward,
            Combine(((1, "m after"), (1, "@0", "r m < 1"), (r, "m next > 0", "@1")), using=("q",)),
            (invariant, linear),
        ),
        Step(
            "r <= 1 - 2/e",
            le(r, 1 - 2 * sp.exp(-1)),
            Combine(((1 - sp.exp(-1), "@0"), (1 - sp.exp(-1), "m next <= 1"))),
            (exponential,),
        ),
        Step("after > 0", lt(0, after), growth(0, 2)),
        Step("after <= 1", le(after, 1), growth(1, 2)),
        Step("m rises", le(m(t + 1), after), growth(3, 1)),
        Step(
            "after >= C - 1", le(C - 1, after), Combine(((1, "@0"), (1, "m rises"))), (exponential,)
        ),
        Step(
            "lower",
            le(after / C, 1 - sp.exp(a**2 / 2 - after)),
            Instance("schedule.regime", {Y: after}),
            (exponential,),
        ),
        Step("s below", le(shifted, s(t + 1)), Instance("schedule.s.below", {t: t + 1})),
        Step("-s", le(-s(t + 1), a**2 / 2 - after), Combine(((1, "s below"), ((a - b) ** 2 / 2,)))),
        Step("e^-s", le(sp.exp(-s(t + 1)), sp.exp(a**2 / 2 - after)), Increasing(sp.exp, "-s")),
        Step("q from s", eq(q(t + 1), 1 - sp.exp(-s(t + 1))), Instance("schedule.log", {t: t + 1})),
        Step(
            "exponential alone",
            onward,
            Combine(((C, "lower"), (C, "e^-s")), using=("q from s",)),
            (exponential,),
        ),
        Step("exponential", onward, Combine(((1, "exponential alone"),)), (invariant, exponential)),
        Step("goes on", onward, Cases("linear", "exponential"), (invariant,)),
        Step("C q >= m", invariant, Induction(t, "at 1", "goes on")),
        Step("ratio", ratio, Combine(((r, "C q >= m"),), times=("q > 0",))),
    )
    title = "beta_t/(1 - abar_{t-1}) <= r (1+r)/(1 - 1/e): e/(e-1) in place of 4, up to 1 + r"
    return log_claim("schedule.27b.sharp", title, (ratio,), steps)


def _capped_ratio() -> Claim:
    """Where m has just reached 1 the ratio is at least r/(1 - (1-b) e^{-(1+r)/(1-r)})."""
    bound = 1 - (1 - b) * sp.exp(-(1 + r) / (1 - r))
    power, total = b * (1 + r) ** (t + 1), -sp.log(1 - b) + (1 + r) / (1 - r)
    states = le(r / bound, r * m(t + 1) / q(t))
    steps = (
        *IN_RANGE,
        Step("m next", eq(m(t + 1), sp.Min(power, 1)), Definition("m", {t: t + 1})),
        Step("1 <= 1", le(1, 1), Combine()),
        Step("1 <= Min", le(1, sp.Min(power, 1)), Extremum(("b (1+r)^(t+1) >= 1", "1 <= 1"))),
        Step("m next = 1", le(1, m(t + 1)), Combine(((1, "1 <= Min"),), using=("m next",))),
        Step("1 - r > 0", lt(0, 1 - r), Combine(((1, "r <= 1/2"), (sp.Rational(1, 2),)))),
        Step(
            "s above",
            le(s(t), -sp.log(1 - b) + (power - b * (1 + r) ** 2) / (1 - r)),
            Instance("schedule.s.above"),
        ),
        Step("1/(1-r) > 0", lt(0, 1 / (1 - r)), Combine(((1,),), times=("1 - r > 0",))),
        Step(
            "s total",
            le(s(t), total),
            Combine(
                (
                    (1, "s above"),
                    (1 + r, "b (1+r)^t <= 1", "1/(1-r) > 0"),
                    (b * (1 + r) ** 2, "1/(1-r) > 0"),
                )
            ),
        ),
        Step("-s", le(-total, -s(t)), Combine(((1, "s total"),))),
        Step("e^-s", le(sp.exp(-total), sp.exp(-s(t))), Increasing(sp.exp, "-s")),
        Step("q from s", eq(q(t), 1 - sp.exp(-s(t))), Instance("schedule.log")),
        Step("q <= bound", le(q(t), bound), Combine(((1, "e^-s"),), using=("q from s",))),
        Step("bound > 0", lt(0, bound), Combine(((1, "q <= bound"), (1, "q > 0")))),
        Step(
            "ratio",
            states,
            Combine(
                ((r, "q <= bound"), (r, "m next = 1", "bound > 0")), times=("q > 0", "bound > 0")
            ),
        ),
    )
    hypotheses = WITHIN | {
        "b (1+r)^t <= 1": le(b * (1 + r) ** t, 1),
        "b (1+r)^(t+1) >= 1": le(1, power),
    }
    title = "where m first reaches 1, beta_t/(1 - abar_{t-1}) >= r/(1 - (1-b) exp(-(1+r)/(1-r)))"
    return log_claim("schedule.27b.reached", title, (states,), steps, hypotheses=hypotheses)


X, Y = sp.Symbol("x", positive=True), sp.Symbol("y", positive=True)
CLAIMS = (
    _logarithm(),
    _positive(),
    _below(),
    _above(),
    *_regime(),
    _lemma_b_sharp(),
    _capped_ratio(),
)
