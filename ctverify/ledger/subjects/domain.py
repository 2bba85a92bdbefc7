"""Where the theorem's c2 >= 1000 is possible at all, with beta_t <= 1/2.

Every step multiplies abar by at least 1/2, so that c2 <= T log 2/log T, which reaches 1000 at T =
13,747 and not before; the schedule with beta_t = 1/2 throughout (r = b = 1/2) attains it there.
With c0 = 1 (b = 1/T), r = 1/2, it is T = 13,771: (3/2)^23 < T <= (3/2)^24, so that beta_t =
(3/2)^t/(2 T) up to t = 23 and 1/2 after.
"""

from __future__ import annotations

import sympy as sp

from ..claim import Claim, Step
from ..rules import (
    Between,
    Combine,
    Concave,
    Definition,
    EachInteger,
    Enclosure,
    Extremum,
    Identity,
    Increasing,
    Induction,
    Instance,
)
from ..sign import at, eq, le, lt
from .log_alpha_bar import S_DEFINITIONS, log_claim, s
from .schedule import DEFINITIONS, OURS, SMALL, b, m, r, t

half, log2 = sp.Rational(1, 2), sp.log(2)
SMALL_STEPS = {"r <= 1/2": le(r, half), "b <= 1/2": le(b, half)}
LEAST, LEAST_C0_1 = sp.Integer(13747), sp.Integer(13771)


def _slowest() -> Claim:
    """s_t <= t log 2."""
    states = le(s(t), t * log2)
    steps = (
        *SMALL,
        Step("1/2 <= 1 - b", le(half, 1 - b), Combine(((1, "b <= 1/2"),))),
        Step("log b", le(sp.log(half), sp.log(1 - b)), Increasing(sp.log, "1/2 <= 1 - b")),
        Step("at 1", at(states, {t: 1}), Combine(((1, "log b"),), using=("s_1",))),
        Step(
            "1/2 <= 1 - r m",
            le(half, 1 - r * m(t + 1)),
            Combine(((1, "r m <= r"), (1, "r <= 1/2"))),
        ),
        Step(
            "one step",
            le(sp.log(half), sp.log(1 - r * m(t + 1))),
            Increasing(sp.log, "1/2 <= 1 - r m"),
        ),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Combine(((1, "@0"), (1, "one step")), using=("s",)),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    return log_claim(
        "schedule.slowest",
        "abar_t >= 2^-t where every beta <= 1/2",
        (states,),
        steps,
        hypotheses=SMALL_STEPS,
    )


def _too_short() -> tuple[Claim, ...]:
    """T log 2 < 1000 log T for 2 <= T <= 13,746: the difference is concave in T and positive at
    both ends.
    """
    x = sp.Symbol("x", positive=True)
    last, margin = LEAST - 1, sp.Rational(1, 10)
    room = le(x * log2, 1000 * sp.log(x) - margin)
    ends = {"x >= 2": le(2, x), f"x <= {last}": le(x, last)}
    real = (
        Step("curvature", le(0, 1000 / x**2), Combine()),
        Step("between", room, Concave(x, (sp.Integer(2), last), "curvature")),
    )
    states = lt(s(t), 1000 * sp.log(t))
    within = SMALL_STEPS | {"T >= 2": le(2, t), f"T <= {last}": le(t, last)}
    steps = (
        Step("slowest", le(s(t), t * log2), Instance("schedule.slowest")),
        Step(
            "room", le(t * log2, 1000 * sp.log(t) - margin), Instance("calculus.thousand", {x: t})
        ),
        Step("below", states, Combine(((1, "slowest"), (1, "room"), (margin,)))),
    )
    return (
        Claim(
            "calculus.thousand",
            "x log 2 < 1000 log x for 2 <= x <= 13,746",
            (room,),
            OURS,
            ends,
            steps=real,
        ),
        log_claim(
            "schedule.c2_1000.impossible",
            "c2 < 1000 for 2 <= T <= 13,746 where every beta <= 1/2",
            (states,),
            steps,
            hypotheses=within,
        ),
    )


def _attained() -> Claim:
    """r = b = 1/2: m_{t+1} = min((3/2)^{t+1}/2, 1) = 1, s_t = t log 2."""
    power = sp.Rational(3, 2) ** (t + 1)
    grows, states = le(2, power), eq(s(t), t * log2)
    least = sp.Min(half * power, 1)
    steps = (
        Step("9/4", at(grows, {t: 1}), Combine()),
        Step(
            "times 3/2", at(grows, {t: t + 1}), Combine(((sp.Rational(3, 2), "@0"), (1,))), (grows,)
        ),
        Step("power >= 2", grows, Induction(t, "9/4", "times 3/2")),
        Step("half power >= 1", le(1, half * power), Combine(((half, "power >= 2"),))),
        Step("1 <= 1", le(1, 1), Combine()),
        Step("1 <= Min", le(1, least), Extremum(("half power >= 1", "1 <= 1"))),
        Step("Min <= 1", le(least, 1), Extremum()),
        Step("Min = 1", eq(least, 1), Between("1 <= Min", "Min <= 1")),
        Step(
            "m next", eq(m(t + 1), sp.Min(b * (1 + r) ** (t + 1), 1)), Definition("m", {t: t + 1})
        ),
        Step("m next is", eq(m(t + 1), least), Identity(("m next", "b = 1/2", "r = 1/2"))),
        Step("at 1", at(states, {t: 1}), Identity(("s_1", "b = 1/2"))),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Identity(("s", "m next is", "Min = 1", "r = 1/2", "@0")),
            (states,),
        ),
        Step("s = t log 2", states, Induction(t, "at 1", "goes on")),
        Step("s at T", eq(s(LEAST), LEAST * log2), Instance("s = t log 2", {t: LEAST})),
        Step("number", le(1000 * sp.log(LEAST), LEAST * log2), Enclosure()),
        Step(
            "c2 >= 1000",
            le(1000 * sp.log(LEAST), s(LEAST)),
            Combine(((1, "number"),), using=("s at T",)),
        ),
    )
    hypotheses = {"r = 1/2": eq(r, half), "b = 1/2": eq(b, half)}
    title = (
        "c2 >= 1000 at T = 13,747 with every beta = 1/2 (r = 1/2, c0 = log 2/log T): the least T"
    )
    return Claim(
        "schedule.c2_1000.least",
        title,
        (steps[-1].states,),
        OURS,
        hypotheses,
        DEFINITIONS | S_DEFINITIONS,
        steps,
    )


def _with_c0_1() -> Claim:
    """s_T at r = 1/2, b = 1/T in closed form, T by T."""
    T, k = sp.Symbol("T", integer=True, positive=True), sp.Symbol("k", integer=True, positive=True)

    def length(steps: sp.Expr) -> sp.Expr:
        growth = sp.Sum(sp.log(1 - sp.Rational(3, 2) ** k / (2 * steps)), (k, 2, 23))
        return -sp.log(1 - 1 / steps) - growth + (steps - 23) * log2

    short, enough = (
        lt(length(T), 1000 * sp.log(T)),
        le(1000 * sp.log(LEAST_C0_1), length(LEAST_C0_1)),
    )
    power = sp.Rational(3, 2) ** 23
    cap = (
        lt(power, T),
        le(T, sp.Rational(3, 2) * power),
        lt(power, LEAST_C0_1),
        le(LEAST_C0_1, sp.Rational(3, 2) * power),
    )
    within = {"T >= 13747": le(LEAST, T), "T <= 13770": le(T, LEAST_C0_1 - 1)}
    steps = (
        Step("not capped at 23", cap[0], Combine(((1, "T >= 13747"), (LEAST - power,)))),
        Step(
            "capped at 24",
            cap[1],
            Combine(((1, "T <= 13770"), (sp.Rational(3, 2) * power - LEAST_C0_1 + 1,))),
        ),
        Step("not capped at 23, T = 13,771", cap[2], Enclosure()),
        Step("capped at 24, T = 13,771", cap[3], Enclosure()),
        Step("each T below", short, EachInteger(T)),
        Step("at 13,771", enough, Enclosure()),
    )
    title = (
        "c0 = 1, r = 1/2: c2 >= 1000 at T = 13,771, not at 13,747..13,770 (closed form: (3/2)^23 <"
        " T <= (3/2)^24)"
    )
    return Claim("schedule.c2_1000.c0_1", title, (*cap, short, enough), OURS, within, steps=steps)


CLAIMS = (_slowest(), *_too_short(), _attained(), _with_c0_1())
