"""Lemma (27) of LHW for schedule (23), for every T: all follows from two recursions.

    beta_1 = b = T^-c0,   beta_t = r m_t,   m_t = min(b (1+r)^t, 1),   r = c1 log T/T,
    q_t = 1 - abar_t:   q_1 = b,   q_{t+1} = q_t + r m_{t+1} (1 - q_t).

c0 = -log b/log T and c1 = r T/log T, so that (r, b) in (0, 1/2] x (0, 1) are all the schedules with
r <= 1/2. (27b) is beta_{t+1}/(1 - abar_t) <= 4 r for t >= 1, by induction: if C q_t >= m_{t+1} then
C q_{t+1} - m_{t+2} >= (C q_t - m_{t+1})(1 - r m_{t+1}) + r m_{t+1} (C - 1 - m_{t+1}), for any C >=
2.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..claim import Claim, Step
from ..rules import Between, Combine, Definition, Extremum, Identity, Induction, Instance
from ..sign import eq, le, lt

LHW = "LHW (arXiv 2402.07802)"
OURS = "this project"

t = sp.Symbol("t", integer=True, positive=True)
r, b = sp.symbols("r b", positive=True)
m, q = sp.Function("m", real=True), sp.Function("q", real=True)
a = 2 * r + r**2  # (1 + r)^2 - 1
WITHIN = {"r <= 1/2": le(r, sp.Rational(1, 2)), "b < 1": lt(b, 1)}
DEFINITIONS = {
    "m": eq(m(t), sp.Min(b * (1 + r) ** t, 1)),
    "q_1": eq(q(1), b),
    "q": eq(q(t + 1), q(t) + r * m(t + 1) * (1 - q(t))),
}
_n, _k = sp.Dummy("n", integer=True, positive=True), sp.Symbol("k", integer=True)
FORMULAS = {
    m: sp.Lambda(_n, sp.Min(b * (1 + r) ** _n, 1)),
    q: sp.Lambda(_n, 1 - (1 - b) * sp.Product(1 - r * sp.Min(b * (1 + r) ** _k, 1), (_k, 2, _n))),
}


def at_point(T: int, c0: Any, c1: Any, index: int) -> dict[Any, Any]:
    """The point (r, b, t) of a schedule (23)."""
    return {r: c1 * sp.log(T) / T, b: sp.Integer(T) ** -sp.sympify(c0), t: sp.Integer(index)}


TRIALS = tuple(
    at_point(T, c0, c1, index)
    for T, c0, c1 in ((16, 1, 2), (27, 2, 4), (64, 1, 5), (512, 1, 3))
    for index in (1, 2, 3, 5, 8, 13, 19, 30, 45, 80, 140, 200, 260, 300)
    if index < T
)


def schedule_claim(
    id: str, title: str, statement: tuple[Any, ...], steps: tuple[Step, ...], **more: Any
) -> Claim:
    """A claim about schedule (23), with r <= 1/2 and b < 1 unless it says otherwise."""
    hypotheses, source = more.pop("hypotheses", WITHIN), more.pop("source", OURS)
    return Claim(id, title, statement, source, hypotheses, DEFINITIONS, steps, FORMULAS, TRIALS)


def _growth() -> Claim:
    """0 < m_t <= 1, m_t <= b (1+r)^t, m_t <= m_{t+1} <= (1+r) m_t."""
    power, following = b * (1 + r) ** t, b * (1 + r) ** (t + 1)
    least, least_next = sp.Min(power, 1), sp.Min(following, 1)
    statement = (
        lt(0, m(t)),
        le(m(t), 1),
        le(m(t), power),
        le(m(t), m(t + 1)),
        le(m(t + 1), (1 + r) * m(t)),
    )
    steps = (
        Step("m next", eq(m(t + 1), least_next), Definition("m", {t: t + 1})),
        Step("m > 0", statement[0], Combine(using=("m",))),
        Step("Min <= 1", le(least, 1), Extremum()),
        Step("m <= 1", statement[1], Combine(((1, "Min <= 1"),), using=("m",))),
        Step("Min <= power", le(least, power), Extremum()),
        Step("m <= power", statement[2], Combine(((1, "Min <= power"),), using=("m",))),
        Step("m <= next power", le(m(t), following), Combine(((1, "m <= power"),))),
        Step("m <= next Min", le(m(t), least_next), Extremum(("m <= next power", "m <= 1"))),
        Step("m rises", statement[3], Combine(((1, "m <= next Min"),), using=("m next",))),
        Step("next Min <= 1", le(least_next, 1), Extremum()),
        Step("next Min <= power", le(least_next, following), Extremum()),
        Step(
            "scaled <= 1",
            le(m(t + 1) / (1 + r), 1),
            Combine(((1 / (1 + r), "next Min <= 1"),), using=("m next",)),
        ),
        Step(
            "scaled <= power",
            le(m(t + 1) / (1 + r), power),
            Combine(((1 / (1 + r), "next Min <= power"),), using=("m next",)),
        ),
        Step(
            "scaled <= Min",
            le(m(t + 1) / (1 + r), least),
            Extremum(("scaled <= 1", "scaled <= power")),
        ),
        Step("m grows by 1 + r", statement[4], Combine(((1 + r, "scaled <= Min"),), using=("m",))),
    )
    return schedule_claim(
        "schedule.growth",
        "m_t = min(b (1+r)^t, 1) rises, by at most 1 + r a step, up to 1",
        statement,
        steps,
        hypotheses={},
    )


def growth(part: int, shift: int = 0) -> Any:
    """The rule that quotes a part of schedule.growth at t + shift."""
    return Instance("schedule.growth", {t: t + shift} if shift else {}, part)


SMALL = (
    Step("m next > 0", lt(0, m(t + 1)), growth(0, 1)),
    Step("m next <= 1", le(m(t + 1), 1), growth(1, 1)),
    Step("r m <= r", le(r * m(t + 1), r), Combine(((r, "m next <= 1"),))),
    Step(
        "r m < 1",
        lt(0, 1 - r * m(t + 1)),
        Combine(((1, "r m <= r"), (1, "r <= 1/2"), (sp.Rational(1, 2),))),
    ),
)


def _range() -> Claim:
    """0 < q_t < 1."""
    positive, below = lt(0, q(t)), lt(q(t), 1)
    steps = (
        *SMALL,
        Step("q_1 > 0", lt(0, q(1)), Combine(using=("q_1",))),
        Step("q_1 < 1", lt(q(1), 1), Combine(((1, "b < 1"),), using=("q_1",))),
        Step(
            "q < 1 goes on",
            lt(q(t + 1), 1),
            Combine(((1, "@0", "r m < 1"),), using=("q",)),
            (below,),
        ),
        Step("q < 1", below, Induction(t, "q_1 < 1", "q < 1 goes on")),
        Step(
            "q > 0 goes on",
            lt(0, q(t + 1)),
            Combine(((1, "@0"), (r, "m next > 0", "q < 1")), using=("q",)),
            (positive,),
        ),
        Step("q > 0", positive, Induction(t, "q_1 > 0", "q > 0 goes on")),
    )
    return schedule_claim("schedule.range", "0 < 1 - abar_t < 1", (positive, below), steps)


IN_RANGE = (
    Step("q > 0", lt(0, q(t)), Instance("schedule.range", part=0)),
    Step("q < 1", lt(q(t), 1), Instance("schedule.range", part=1)),
)
BASE = (
    Step("m_2 <= power", le(m(2), b * (1 + r) ** 2), Instance("schedule.growth", {t: 2}, 2)),
    Step("m_2 <= 1", le(m(2), 1), Instance("schedule.growth", {t: 2}, 1)),
    Step("m after", le(m(t + 2), (1 + r) * m(t + 1)), growth(4, 1)),
)


def _lemma_a() -> Claim:
    """(27a): beta_t <= r."""
    states = le(r * m(t + 1), r)
    steps = (
        Step("m <= 1", le(m(t + 1), 1), growth(1, 1)),
        Step("(27a)", states, Combine(((r, "m <= 1"),))),
    )
    return schedule_claim(
        "schedule.27a",
        "beta_t <= r for t >= 2 (t + 1 here)",
        (states,),
        steps,
        source=f"{LHW} (27a)",
        hypotheses={},
    )


def linear(C: Any) -> tuple[Step, ...]:
    """Steps of the induction C q_t >= m_{t+1}, for a number C >= 2, C >= (1+r)^2 where r <= 1/2."""
    states = le(m(t + 1), C * q(t))
    return (
        Step("C >= (1+r)^2", le((1 + r) ** 2, C), Combine(((sp.Rational(5, 2) + r, "r <= 1/2"),))),
        Step(
            "at 1",
            le(m(2), C * q(1)),
            Combine(((1, "m_2 <= power"), (b, "C >= (1+r)^2")), using=("q_1",)),
        ),
        Step(
            "goes on",
            le(m(t + 2), C * q(t + 1)),
            Combine(
                (
                    (1, "m after"),
                    (1, "@0", "r m < 1"),
                    (r, "m next > 0", "m next <= 1"),
                    (r * (C - 2), "m next > 0"),
                ),
                using=("q",),
            ),
            (states,),
        ),
        Step("C q >= m", states, Induction(t, "at 1", "goes on")),
    )


def _lemma_b_best() -> Claim:
    """beta_{t+1}/(1 - abar_t) <= (9/4) r, with equality at t = 1, r = 1/2, b <= 4/9."""
    C = sp.Rational(9, 4)
    states = le(r * m(t + 1) / q(t), C * r)
    steps = (
        *SMALL,
        *IN_RANGE,
        *BASE,
        *linear(C),
        Step("ratio", states, Combine(((r, "C q >= m"),), times=("q > 0",))),
    )
    return schedule_claim(
        "schedule.27b.best", "beta_t/(1 - abar_{t-1}) <= (9/4) r", (states,), steps
    )


def _lemma_b_attained() -> Claim:
    """At t = 1 (the paper's 2) the ratio over r is (1+r)^2 as soon as b (1+r)^2 <= 1: 9/4 at r =
    1/2 cannot be improved.
    """
    small = le(b * (1 + r) ** 2, 1)
    states = eq(r * m(2) / q(1), r * (1 + r) ** 2)
    power = b * (1 + r) ** 2
    steps = (
        Step("m_2", eq(m(2), sp.Min(power, 1)), Definition("m", {t: 2})),
        Step("power <= power", le(power, power), Combine()),
        Step(
            "power <= Min",
            le(power, sp.Min(power, 1)),
            Extremum(("power <= power", "b (1+r)^2 <= 1")),
        ),
        Step("Min <= power", le(sp.Min(power, 1), power), Extremum()),
        Step("Min = power", eq(sp.Min(power, 1), power), Between("power <= Min", "Min <= power")),
        Step("ratio", states, Identity(("m_2", "q_1", "Min = power"))),
    )
    title = (
        "the constant 9/4 is attained at t = 2, r = 1/2: the ratio is (1+r)^2 where b (1+r)^2 <= 1"
    )
    return schedule_claim(
        "schedule.27b.attained", title, (states,), steps, hypotheses={"b (1+r)^2 <= 1": small}
    )


def _lemma_b() -> Claim:
    """(27b) with the paper's constant."""
    states, best = le(r * m(t + 1) / q(t), 4 * r), le(r * m(t + 1) / q(t), sp.Rational(9, 4) * r)
    steps = (
        Step("9/4", best, Instance("schedule.27b.best")),
        Step("(27b)", states, Combine(((1, "9/4"),))),
    )
    return schedule_claim(
        "schedule.27b", "beta_t/(1 - abar_{t-1}) <= 4 r", (states,), steps, source=f"{LHW} (27b)"
    )


def _lemma_c_best() -> Claim:
    """(1 - abar_{t+1})/(1 - abar_t) - 1 <= r K, K = (1+r)^2: the invariant is q_t (m_{t+1} + K) >=
    m_{t+1}, for any K >= 1.
    """
    K = (1 + r) ** 2
    invariant = le(m(t + 1), q(t) * (m(t + 1) + K))
    ratio = q(t + 1) / q(t) - 1
    go_on = Combine(
        (
            (1, "@0", "r m < 1", "K + (1+r) m > 0"),
            (K * r * (K - 1), "m next > 0"),
            (K * r * (1 + r), "m next > 0", "m next > 0"),
            (1, "m after", "q next < 1", "m + K > 0"),
        ),
        times=("m + K > 0",),
        using=("q",),
    )
    steps = (
        *SMALL,
        *IN_RANGE,
        *BASE,
        Step("q next < 1", lt(q(t + 1), 1), Instance("schedule.range", {t: t + 1}, 1)),
        Step("m + K > 0", lt(0, m(t + 1) + K), Combine(((1, "m next > 0"), (K,)))),
        Step(
            "K + (1+r) m > 0", lt(0, K + (1 + r) * m(t + 1)), Combine(((1 + r, "m next > 0"), (K,)))
        ),
        Step("m_2 > 0", lt(0, m(2)), Instance("schedule.growth", {t: 2}, 0)),
        Step(
            "at 1",
            le(m(2), q(1) * (m(2) + K)),
            Combine(((1, "m_2 <= power"), (b, "m_2 > 0")), using=("q_1",)),
        ),
        Step("goes on", le(m(t + 2), q(t + 1) * (m(t + 2) + K)), go_on, (invariant,)),
        Step("invariant", invariant, Induction(t, "at 1", "goes on")),
        Step(
            "ratio >= 1",
            le(0, ratio),
            Combine(((r, "m next > 0", "q < 1"),), times=("q > 0",), using=("q",)),
        ),
        Step(
            "ratio", le(ratio, r * K), Combine(((r, "invariant"),), times=("q > 0",), using=("q",))
        ),
    )
    title = "0 <= (1 - abar_t)/(1 - abar_{t-1}) - 1 <= r (1+r)^2"
    return schedule_claim("schedule.27c.best", title, (le(0, ratio), le(ratio, r * K)), steps)


def _lemma_c() -> Claim:
    """(27c) with the paper's constant."""
    ratio = q(t + 1) / q(t)
    statement = (le(1, ratio), le(ratio, 1 + 4 * r))
    steps = (
        Step("lower", le(0, ratio - 1), Instance("schedule.27c.best", part=0)),
        Step("upper", le(ratio - 1, r * (1 + r) ** 2), Instance("schedule.27c.best", part=1)),
        Step("(27c) lower", statement[0], Combine(((1, "lower"),))),
        Step(
            "(27c) upper",
            statement[1],
            Combine(
                ((1, "upper"), (r * (r + sp.Rational(5, 2)), "r <= 1/2"), (sp.Rational(7, 4) * r,))
            ),
        ),
    )
    return schedule_claim(
        "schedule.27c",
        "1 <= (1 - abar_t)/(1 - abar_{t-1}) <= 1 + 4 r",
        statement,
        steps,
        source=f"{LHW} (27c)",
    )


def _middle_step() -> Claim:
    """The first chain of the paper's (27b): its second step for beta <= 1/2."""
    beta, before = sp.Symbol("beta", positive=True), sp.Symbol("abar", positive=True)
    here = (1 - beta) * before
    states = le(beta / (2 * (1 - beta - here)), beta / (1 - before))
    steps = (
        Step("1 - beta > 0", lt(0, 1 - beta), Combine(((1, "beta <= 1/2"), (sp.Rational(1, 2),)))),
        Step(
            "step",
            states,
            Combine(((2 * beta, "beta <= 1/2"),), scale=2, times=("1 - beta > 0", "abar < 1")),
        ),
    )
    hypotheses = {"beta <= 1/2": le(beta, sp.Rational(1, 2)), "abar < 1": lt(before, 1)}
    title = (
        "beta/(2 (1 - beta - abar_t)) <= beta/(1 - abar_{t-1}) for beta <= 1/2 (1 - beta - abar_t ="
        " (1-beta)(1-abar_{t-1}))"
    )
    return Claim("schedule.27b.chain", title, (states,), f"{LHW} (27b)", hypotheses, steps=steps)


CLAIMS = (
    _growth(),
    _range(),
    _lemma_a(),
    _lemma_b_best(),
    _lemma_b_attained(),
    _lemma_b(),
    _middle_step(),
    _lemma_c_best(),
    _lemma_c(),
)
