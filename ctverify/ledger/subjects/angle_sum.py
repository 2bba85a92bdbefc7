"""The sum of d_t^2 under schedule (23), between two multiples of one integral, for every eigenvalue
lam.

With w(u) = lam/(lam + e^u - 1), g(u) = min(u, 1)/(1 - e^-u), G(x) = int_0^x g d(-w), s_t = -log
abar_t, w_t = w(s_t):

    (r/4) V' g(s_t) (w_t - w_{t+1}) <= d_{t+1}^2 <= (r/4) U' g(s_t) (w_t - w_{t+1})
    U' = (1 + a)/(1 - r),   V' = (1 - r - 2 b)/F^2,   F = 1 + (9/4) r/(1 - r),

and g changes by at most 1 + delta within a step (profile.py), so that the sum telescopes to G(s_T)
- G(s_1). The upper bound is Cauchy-Schwarz (excess.py) and log y <= y - 1; the lower one atan u -
atan v >= (u - v)/(1 + u^2).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..axioms import J
from ..claim import Claim, Step
from ..rules import Axiom, Combine, Definition, Identity, Increasing, Induction, Instance, Monotone
from ..sign import at, eq, le, lt
from .excess import EVERYTHING, ODDS, o, u, v
from .far_end import half
from .gaussian import S2, d, lam, psi
from .log_alpha_bar import S_DEFINITIONS, Y, s
from .profile import NARROW, delta, g, shrunk
from .schedule import DEFINITIONS, OURS, SMALL, WITHIN, a, b, m, q, r, t

x = sp.Symbol("x", positive=True)
y = sp.Symbol("u_integrated", positive=True)
F = 1 + sp.Rational(9, 4) * r / (1 - r)
up, low = (1 + a) / (1 - r), shrunk / F**2  # U', V'
quarter = sp.Rational(1, 4)


def w(level: Any) -> Any:
    """lam/(lam + e^u - 1)."""
    return lam / (lam + sp.exp(level) - 1)


def G(level: Any) -> Any:
    """The integral of g d(-w) from 0."""
    return J(level, g(y), w(y), y)


def _odds() -> Claim:
    states = eq(o(t), sp.exp(s(t)) - 1)
    steps = (
        Step("at 1", at(states, {t: 1}), Identity(("o_1", "s_1"))),
        Step("goes on", at(states, {t: t + 1}), Identity(("o", "s", "@0")), (states,)),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    return Claim(
        "schedule.odds.log",
        "sigma_t^2 = e^{s_t} - 1",
        (states,),
        OURS,
        WITHIN,
        DEFINITIONS | ODDS | S_DEFINITIONS,
        steps,
    )


def _angle() -> Claim:
    """(atan u - atan v)^2 >= (1/4) ((u/v)^2 - 1)/(u/v)^4 (1/(1 + v^2) - 1/(1 + u^2)) for u >= v >
    0.
    """
    ratio, rise = u / v, (u - v) / (1 + u**2)
    states = le(
        (ratio**2 - 1) / (4 * ratio**4) * (1 / (1 + v**2) - 1 / (1 + u**2)),
        (sp.atan(u) - sp.atan(v)) ** 2,
    )
    steps = (
        Step(
            "slope",
            le(0, 1 / (1 + v**2) - 1 / (1 + u**2)),
            Combine(((u + v, "v <= u"),), (1 + u**2) * (1 + v**2)),
        ),
        Step("rise", le(rise, sp.atan(u) - sp.atan(v)), Monotone(v, u, "slope")),
        Step("rise >= 0", le(0, rise), Combine(((1, "v <= u"),), 1 + u**2)),
        Step(
            "atan rises", le(0, sp.atan(u) - sp.atan(v)), Combine(((1, "rise"), (1, "rise >= 0")))
        ),
        Step(
            "squares",
            le(rise**2, (sp.atan(u) - sp.atan(v)) ** 2),
            Combine(((1, "rise", "rise >= 0"), (1, "rise", "atan rises"))),
        ),
        Step("2 u >= u + v", le(u + v, 2 * u), Combine(((1, "v <= u"),))),
        Step(
            "(u + v)^2 <= 4 u^2",
            le((u + v) ** 2, 4 * u**2),
            Combine(((3 * u + v, "2 u >= u + v"),)),
        ),
        Step(
            "v^2 (1+u^2) <= u^2 (1+v^2)",
            le(v**2 * (1 + u**2), u**2 * (1 + v**2)),
            Combine(((u + v, "v <= u"),)),
        ),
        Step(
            "algebra",
            le(states.lhs, rise**2),
            Combine(
                (
                    ((u - v) ** 2 * v**2 * (1 + u**2), "(u + v)^2 <= 4 u^2"),
                    (4 * u**2 * (u - v) ** 2, "v^2 (1+u^2) <= u^2 (1+v^2)"),
                ),
                4 * u**4 * (1 + u**2) ** 2 * (1 + v**2),
            ),
        ),
        Step("order", states, Combine(((1, "algebra"), (1, "squares")))),
    )
    title = "(atan u - atan v)^2 >= (1/4) ((u/v)^2 - 1)/(u/v)^4 (1/(1+v^2) - 1/(1+u^2))"
    return Claim("gaussian.angle.below", title, (states,), OURS, {"v <= u": le(v, u)}, steps=steps)


here, after, ratio = sp.sqrt(o(t) / lam), sp.sqrt(o(t + 1) / lam), o(t + 1) / o(t)
weights = 1 / (1 + here**2) - 1 / (1 + after**2)
least = sp.Min(s(t), 1)
ANGLE = (
    *SMALL,
    Step("1 - r > 0", lt(0, 1 - r), Combine(((1, "r <= 1/2"), (half,)))),
    Step("odds", eq(q(t), o(t) / (1 + o(t))), Instance("schedule.odds")),
    Step("q > 0", lt(0, q(t)), Instance("schedule.range", part=0)),
    Step("q from s", eq(q(t), 1 - sp.exp(-s(t))), Instance("schedule.log")),
    Step("1 - r <= 1 - r m", le(1 - r, 1 - r * m(t + 1)), Combine(((1, "r m <= r"),))),
    Step(
        "o rises",
        le(o(t), o(t + 1)),
        Combine(((r * (1 + o(t)), "m next > 0"),), times=("r m < 1",), using=("o",)),
    ),
    Step("scaled", le(o(t) / lam, o(t + 1) / lam), Combine(((1 / lam, "o rises"),))),
    Step("roots", le(here, after), Increasing(sp.sqrt, "scaled")),
    Step("weights", le(0, weights), Combine(((lam, "o rises"),), (o(t) + lam) * (o(t + 1) + lam))),
    Step("psi next", eq(psi(t + 1), sp.atan(after)), Definition("psi", {t: t + 1})),
)


def _step_above() -> Claim:
    states = le(d(t + 1) ** 2, r * up * g(s(t)) * weights / 4)
    beta = r * m(t + 1)
    steps = (
        *ANGLE,
        Step("log", le(1 + sp.log(ratio), ratio), Instance("calculus.log", {Y: ratio})),
        Step(
            "ratio",
            le(ratio - 1, beta / (q(t) * (1 - r))),
            Combine(
                ((r * (1 + o(t)), "m next > 0", "1 - r <= 1 - r m"),),
                o(t),
                ("r m < 1", "1 - r > 0"),
                using=("o", "odds"),
            ),
        ),
        Step("m above", le(m(t + 1), (1 + a) * least), Instance("schedule.m.above")),
        Step(
            "in u",
            le(beta / (q(t) * (1 - r)), r * up * g(s(t))),
            Combine(((r, "m above"),), times=("q > 0", "1 - r > 0"), using=("q from s",)),
        ),
        Step(
            "log ratio",
            le(sp.log(ratio), r * up * g(s(t))),
            Combine(((1, "log"), (1, "ratio"), (1, "in u"))),
        ),
        Step(
            "angle",
            le((sp.atan(after) - sp.atan(here)) ** 2, (sp.log(after) - sp.log(here)) * weights / 2),
            Instance("gaussian.angle", {u: after, v: here}),
        ),
        Step(
            "step",
            states,
            Combine(
                ((1, "angle"), (quarter, "log ratio", "weights")), using=("d", "psi next", "psi")
            ),
        ),
    )
    title = "d_{t+1}^2 <= (r/4) U' g(s_t) (w_t - w_{t+1}), U' = (1 + a)/(1 - r)"
    return Claim("gaussian.step.above", title, (states,), OURS, WITHIN, EVERYTHING, steps)


def _step_below() -> Claim:
    states = le(r * low * g(s(t)) * weights / 4, d(t + 1) ** 2)
    beta, steepness = r * m(t + 1), (ratio - 1) / ratio**2
    nine = sp.Rational(9, 4)
    steps = (
        *ANGLE,
        Step("(27b)", le(beta / q(t), nine * r), Instance("schedule.27b.best")),
        Step(
            "cleared",
            le(beta * (1 + o(t)), nine * r * o(t)),
            Combine(((o(t), "(27b)"),), using=("odds",)),
        ),
        Step(
            "ratio <= F",
            le(ratio, F),
            Combine(
                ((1, "cleared", "1 - r > 0"), (nine * r * o(t), "1 - r <= 1 - r m")),
                o(t),
                ("r m < 1", "1 - r > 0"),
                using=("o",),
            ),
        ),
        Step("F > 0", lt(0, F), Combine(((nine * r,), (1, "1 - r > 0")), times=("1 - r > 0",))),
        Step(
            "ratio",
            le(beta / q(t), ratio - 1),
            Combine(
                ((r**2 * (1 + o(t)), "m next > 0", "m next > 0"),),
                o(t),
                ("r m < 1",),
                using=("o", "odds"),
            ),
        ),
        Step("m below", le(shrunk * least, m(t + 1)), Instance("schedule.m.below")),
        Step(
            "in u",
            le(r * shrunk * g(s(t)), beta / q(t)),
            Combine(((r, "m below"),), times=("q > 0",), using=("q from s",)),
        ),
        Step("excess", le(r * shrunk * g(s(t)), ratio - 1), Combine(((1, "in u"), (1, "ratio")))),
        Step("ratio >= 1", le(0, ratio - 1), Combine(((1 / o(t), "o rises"),))),
        Step("F + ratio > 0", lt(0, F + ratio), Combine(((1, "F > 0"), (ratio,)))),
        Step(
            "steepness",
            le(r * low * g(s(t)), steepness),
            Combine(
                ((ratio**2, "excess"), (1, "ratio >= 1", "ratio <= F", "F + ratio > 0")),
                ratio**2,
                ("F > 0", "F > 0"),
            ),
        ),
        Step(
            "angle",
            le(
                ((after / here) ** 2 - 1) / (4 * (after / here) ** 4) * weights,
                (sp.atan(after) - sp.atan(here)) ** 2,
            ),
            Instance("gaussian.angle.below", {u: after, v: here}),
        ),
        Step(
            "step",
            states,
            Combine(
                ((1, "angle"), (quarter, "steepness", "weights")), using=("d", "psi next", "psi")
            ),
        ),
    )
    title = (
        "d_{t+1}^2 >= (r/4) V' g(s_t) (w_t - w_{t+1}), V' = (1 - r - 2 b)/F^2, F = 1 + (9/4) r/(1"
        " - r)"
    )
    return Claim("gaussian.step.below", title, (states,), OURS, NARROW, EVERYTHING, steps)


D = sp.Symbol("delta", positive=True)
inside = (le(s(t), y), le(y, s(t + 1)))
LEVELS = (
    Step("1 - r > 0", lt(0, 1 - r), Combine(((1, "r <= 1/2"), (half,)))),
    Step("delta > 0", lt(0, delta), Combine(((r * (1 + a),),), times=("1 - r > 0",))),
    Step("s >= b", le(b, s(t)), Instance("schedule.s.levels", part=0)),
    Step("s > 0", lt(0, s(t)), Combine(((1, "s >= b"), (b,)))),
    Step("s rises", le(s(t), s(t + 1)), Instance("schedule.s.levels", part=1)),
    Step("s next > 0", lt(0, s(t + 1)), Combine(((1, "s > 0"), (1, "s rises")))),
    Step("s next", le(s(t + 1), (1 + delta) * s(t)), Instance("schedule.s.ratio")),
    Step("o now", eq(o(t), sp.exp(s(t)) - 1), Instance("schedule.odds.log")),
    Step("o next", eq(o(t + 1), sp.exp(s(t + 1)) - 1), Instance("schedule.odds.log", {t: t + 1})),
    Step("w", eq(weights, lam / (lam + o(t)) - lam / (lam + o(t + 1))), Identity()),
    Step("y close", le(y, (1 + delta) * s(t)), Combine(((1, "@1"), (1, "s next"))), inside),
    Step("y > 0", lt(0, sp.exp(y) - 1), Combine(((1, "e^y"), (y,)))),
)


def _fall() -> tuple[Step, ...]:
    """w falls."""
    slope = -sp.diff(w(y), y)
    return (
        Step("e^y", le(1 + y, sp.exp(y)), Instance("calculus.exp", {x: y})),
        Step("lam + e^y - 1 > 0", lt(0, lam + sp.exp(y) - 1), Combine(((1, "e^y"), (lam + y,)))),
        Step(
            "w falls",
            le(0, slope),
            Combine(((lam * sp.exp(y),),), times=("lam + e^y - 1 > 0",) * 2),
        ),
        Step("-y < 0", lt(-y, 0), Combine()),
        Step("e^-y < 1", lt(sp.exp(-y), 1), Increasing(sp.exp, "-y < 0")),
        Step("1 - e^-y > 0", lt(0, 1 - sp.exp(-y)), Combine(((1, "e^-y < 1"),))),
    )


LEFT, RIGHT = sp.symbols("left right", real=True)


def _cleared() -> Claim:
    """left <= (1 + delta) right from left/(1 + delta) <= right."""
    states = le(LEFT, (1 + D) * RIGHT)
    steps = (Step("times 1 + delta", states, Combine(((1 + D, "quotient"),))),)
    hypotheses = {"quotient": le(LEFT / (1 + D), RIGHT)}
    return Claim(
        "calculus.cleared",
        "left/(1 + delta) <= right gives left <= (1 + delta) right",
        (states,),
        OURS,
        hypotheses,
        steps=steps,
    )


def _sum(above: bool) -> Claim:
    """The steps summed: the integral of g d(-w) between s_1 and s_t."""
    factor = r * up * (1 + delta) / 4 if above else r * low / (4 * (1 + delta))
    increment = G(s(t + 1)) - G(s(t))
    bound = g(s(t)) / (1 + delta) if above else (1 + delta) * g(s(t))
    drop = bound * (w(s(t)) - w(s(t + 1)))
    total = factor * (G(s(t)) - G(s(1)))
    invariant = le(S2(t), total) if above else le(total, S2(t))
    density = le(bound, g(y)) if above else le(g(y), bound)
    step = (
        le(d(t + 1) ** 2, r * up * g(s(t)) * weights / 4)
        if above
        else le(r * low * g(s(t)) * weights / 4, d(t + 1) ** 2)
    )
    profile = le(g(s(t)), (1 + delta) * g(y)) if above else le(g(y), (1 + delta) * g(s(t)))
    name = "above" if above else "below"
    pre = r * up / 4 if above else r * low / 4
    steps = (
        *LEVELS[:-1],
        *_fall(),
        Step("s >= 0", le(0, s(t)), Combine(((1, "s > 0"),))),
        Step(
            "profile",
            profile,
            Instance("calculus.profile", {x: s(t), Y: y, D: delta}, 0 if above else 1),
            inside,
        ),
        Step("1 + delta > 0", lt(0, 1 + delta), Combine(((1, "delta > 0"), (1,)))),
        Step(
            "density",
            density,
            Combine(((1, "profile"),), times=("1 + delta > 0",) if above else ()),
            inside,
        ),
        Step(
            "integral",
            le(drop, increment) if above else le(increment, drop),
            Axiom(
                "integral of a product",
                (g(y), w(y), y, s(t), s(t + 1), bound, not above),
                ("density", "w falls", "s >= 0", "s rises"),
            ),
        ),
        *_scaled(above, increment),
        Step("one step", step, Instance(f"gaussian.step.{name}")),
        Step("factor >= 0", le(0, pre), _sign(above)),
        Step("at 1", at(invariant, {t: 1}), Combine(using=("S_2 at 1",))),
        Step(
            "goes on",
            at(invariant, {t: t + 1}),
            Combine(
                (
                    ((1, "@0"), (1, "one step"), (1, "factor >= 0", "scaled"))
                    if above
                    else (
                        (1, "@0", "1 + delta > 0"),
                        (1, "one step", "1 + delta > 0"),
                        (1, "factor >= 0", "integral"),
                    )
                ),
                times=() if above else ("1 + delta > 0",),
                using=("S_2", "w", "o now", "o next"),
            ),
            (invariant,),
        ),
        Step("sum", invariant, Induction(t, "at 1", "goes on")),
    )
    words = "(r/4) U' (1 + delta)" if above else "(r/4) V'/(1 + delta)"
    sense = "<=" if above else ">="
    title = f"sum d_t^2 {sense} {words} (G(s_T) - G(s_1)), G(x) = int_0^x g d(-w)"
    return Claim(
        f"gaussian.sum.{name}",
        title,
        (invariant,),
        OURS,
        WITHIN if above else NARROW,
        EVERYTHING,
        steps,
    )


def _scaled(above: bool, increment: Any) -> tuple[Step, ...]:
    left = g(s(t)) * (w(s(t)) - w(s(t + 1)))
    values = {LEFT: left, RIGHT: increment, D: delta}
    return (
        (Step("scaled", le(left, (1 + delta) * increment), Instance("calculus.cleared", values)),)
        if above
        else ()
    )


def _sign(above: bool) -> Combine:
    if above:
        return Combine(((r * (1 + a) / 4,),), times=("1 - r > 0",))
    numerator = (4 + 5 * r) ** 2  # F^2 = ((4 + 5 r)/(4 (1 - r)))^2
    return Combine(((4 * r, "r + 2 b <= 1", "1 - r > 0", "1 - r > 0"),), numerator)


CLAIMS = (_odds(), _angle(), _step_above(), _step_below(), _cleared(), _sum(True), _sum(False))
