"""How much schedule (23) shrinks a Gaussian: 1 - R_T <= (1/8) log(1 + C r/(1 - r)), C = 9/4 or
(1+r)/(1-1/e), for every lam.

With o_t = sigma_t^2 = q_t/(1 - q_t), the odds, u_t = sigma_t/sqrt(lam) and d_t = atan u_t - atan
u_{t-1}, Cauchy-Schwarz gives

    d_t^2 <= log(u_t/u_{t-1}) (1/2) (1/(1 + u_{t-1}^2) - 1/(1 + u_t^2)),
        (u_t/u_{t-1})^2 = 1 + beta_t/(q_{t-1} (1 - beta_t)),

the logarithm is at most (1/2) log(1 + C r/(1 - r)) by (27b), and the brackets telescope to at most
1. theory: 1 - R <= 1.06 r.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..claim import Claim, Step
from ..rules import (
    Axiom,
    Cases,
    Combine,
    Definition,
    Enclosure,
    Identity,
    Increasing,
    Induction,
    Instance,
    Monotone,
)
from ..sign import at, eq, le, lt
from .gaussian import ANGLES, S2, R, d, lam, psi
from .log_alpha_bar import S_DEFINITIONS, sharp
from .schedule import DEFINITIONS, IN_RANGE, OURS, SMALL, WITHIN, b, m, q, r, t

o = sp.Function("o", positive=True)  # positive by schedule.odds
half = sp.Rational(1, 2)
u, v = sp.symbols("u v", positive=True)
best, best_sharp = sp.Rational(9, 4), sharp
ODDS = {
    "o_1": eq(o(1), b / (1 - b)),
    "o": eq(o(t + 1), (o(t) + r * m(t + 1)) / (1 - r * m(t + 1))),
}
EVERYTHING = (
    DEFINITIONS | S_DEFINITIONS | ODDS | {"psi": eq(psi(t), sp.atan(sp.sqrt(o(t) / lam)))} | ANGLES
)


def _odds() -> tuple[Claim, ...]:
    """o_t = sigma_t^2 > 0, and q_t = o_t/(1 + o_t)."""
    free = sp.Function("odds", real=True)
    recursion = {
        "odds_1": eq(free(1), b / (1 - b)),
        "odds": eq(free(t + 1), (free(t) + r * m(t + 1)) / (1 - r * m(t + 1))),
    }
    positive = lt(0, free(t))
    steps = (
        *SMALL,
        Step("1 - b > 0", lt(0, 1 - b), Combine(((1, "b < 1"),))),
        Step("at 1", lt(0, free(1)), Combine(((b,),), times=("1 - b > 0",), using=("odds_1",))),
        Step(
            "goes on",
            lt(0, free(t + 1)),
            Combine(((1, "@0"), (r, "m next > 0")), times=("r m < 1",), using=("odds",)),
            (positive,),
        ),
        Step("odds > 0", positive, Induction(t, "at 1", "goes on")),
    )
    first = Claim(
        "schedule.odds.positive",
        "sigma_t^2 > 0",
        (positive,),
        OURS,
        WITHIN,
        DEFINITIONS | recursion,
        steps,
    )
    states = eq(q(t), o(t) / (1 + o(t)))
    more = (
        Step("at 1", at(states, {t: 1}), Identity(("q_1", "o_1"))),
        Step("goes on", at(states, {t: t + 1}), Identity(("q", "o", "@0")), (states,)),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = "1 - abar_t = sigma_t^2/(1 + sigma_t^2) (o_t = sigma_t^2 > 0 by the claim before)"
    return first, Claim("schedule.odds", title, (states,), OURS, WITHIN, DEFINITIONS | ODDS, more)


def _angle() -> Claim:
    """(atan u - atan v)^2 <= log(u/v) (1/2) (1/(1 + v^2) - 1/(1 + u^2)), u >= v > 0."""
    w = sp.Symbol("w", real=True)
    f = sp.exp(w) / (1 + sp.exp(2 * w))
    primitive, square = sp.atan(sp.exp(w)), -1 / (2 * (1 + sp.exp(2 * w)))
    states = le(
        (sp.atan(u) - sp.atan(v)) ** 2,
        (sp.log(u) - sp.log(v)) * (1 / (1 + v**2) - 1 / (1 + u**2)) / 2,
    )
    steps = (
        Step("log v <= log u", le(sp.log(v), sp.log(u)), Increasing(sp.log, "v <= u")),
        Step(
            "Cauchy-Schwarz",
            states,
            Axiom(
                "Cauchy-Schwarz",
                (f, w, sp.log(v), sp.log(u), primitive, square),
                ("log v <= log u",),
            ),
        ),
    )
    title = "(atan u - atan v)^2 <= log(u/v) (1/(1+v^2) - 1/(1+u^2))/2"
    return Claim("gaussian.angle", title, (states,), OURS, {"v <= u": le(v, u)}, steps=steps)


def _step(id: str, C: Any, lemma: str, words: str) -> Claim:
    """d_{t+1}^2 <= (1/4) log(1 + C r/(1-r)) (w_t - w_{t+1}), w = 1/(1 + u^2)."""
    beta, here, after = r * m(t + 1), sp.sqrt(o(t) / lam), sp.sqrt(o(t + 1) / lam)
    factor = 1 + C * r / (1 - r)
    weights = 1 / (1 + here**2) - 1 / (1 + after**2)
    states = le(d(t + 1) ** 2, sp.log(factor) * weights / 4)
    ratio = o(t + 1) / o(t)
    steps = (
        *SMALL,
        *IN_RANGE,
        Step("1 - r > 0", lt(0, 1 - r), Combine(((1, "r <= 1/2"), (half,)))),
        Step("odds", eq(q(t), o(t) / (1 + o(t))), Instance("schedule.odds")),
        Step("(27b)", le(beta / q(t), C * r), Instance(lemma)),
        Step(
            "cleared",
            le(beta * (1 + o(t)), C * r * o(t)),
            Combine(((o(t), "(27b)"),), using=("odds",)),
        ),
        Step(
            "o rises",
            le(o(t), o(t + 1)),
            Combine(((r * (1 + o(t)), "m next > 0"),), times=("r m < 1",), using=("o",)),
        ),
        Step("1 - r <= 1 - r m", le(1 - r, 1 - beta), Combine(((1, "r m <= r"),))),
        Step(
            "ratio",
            le(ratio, factor),
            Combine(
                ((1, "cleared", "1 - r > 0"), (C * r * o(t), "1 - r <= 1 - r m")),
                o(t),
                ("r m < 1", "1 - r > 0"),
                using=("o",),
            ),
        ),
        Step("logs", le(sp.log(ratio), sp.log(factor)), Increasing(sp.log, "ratio")),
        Step("scaled", le(o(t) / lam, o(t + 1) / lam), Combine(((1 / lam, "o rises"),))),
        Step("roots", le(here, after), Increasing(sp.sqrt, "scaled")),
        Step(
            "angle",
            le((sp.atan(after) - sp.atan(here)) ** 2, (sp.log(after) - sp.log(here)) * weights / 2),
            Instance("gaussian.angle", {u: after, v: here}),
        ),
        Step(
            "weights",
            le(0, weights),
            Combine(((lam, "o rises"),), (o(t) + lam) * (o(t + 1) + lam)),
        ),
        Step("psi next", eq(psi(t + 1), sp.atan(after)), Definition("psi", {t: t + 1})),
        Step(
            "step",
            states,
            Combine(
                ((1, "angle"), (sp.Rational(1, 4), "logs", "weights")),
                using=("d", "psi next", "psi"),
            ),
        ),
    )
    title = (
        f"d_t^2 <= (1/4) log(1 + C r/(1-r)) (w_{{t-1}} - w_t), w = lam/(lam + sigma^2), C = {words}"
    )
    return Claim(id, title, (states,), OURS, WITHIN, EVERYTHING, steps)


def _total(id: str, C: Any, step: str, words: str) -> Claim:
    """1 - R_t <= (1/8) log(1 + C r/(1-r))."""
    factor = sp.log(1 + C * r / (1 - r))

    def weight(n: Any) -> Any:
        return 1 / (1 + sp.sqrt(o(n) / lam) ** 2)

    states = le(1 - R(t), factor / 8)
    invariant = le(S2(t), factor * (weight(1) - weight(t)) / 4)
    one = le(1, 1 + C * r / (1 - r))
    steps = (
        Step("1 - r > 0", lt(0, 1 - r), Combine(((1, "r <= 1/2"), (half,)))),
        Step("at 1", at(invariant, {t: 1}), Combine(using=("S_2 at 1",))),
        Step(
            "one step", le(d(t + 1) ** 2, factor * (weight(t) - weight(t + 1)) / 4), Instance(step)
        ),
        Step(
            "goes on",
            at(invariant, {t: t + 1}),
            Combine(((1, "@0"), (1, "one step")), using=("S_2",)),
            (invariant,),
        ),
        Step("telescoped", invariant, Induction(t, "at 1", "goes on")),
        Step("1 <= factor", one, Combine(((C * r,),), times=("1 - r > 0",))),
        Step("log >= 0", le(0, factor), Increasing(sp.log, "1 <= factor")),
        Step("w_1 <= 1", le(weight(1), 1), Combine()),
        Step("w_t >= 0", le(0, weight(t)), Combine()),
        Step("1 - R", le(1 - R(t), S2(t) / 2), Instance("gaussian.sum", part=1)),
        Step(
            "bound",
            states,
            Combine(
                (
                    (1, "1 - R"),
                    (half, "telescoped"),
                    (sp.Rational(1, 8), "log >= 0", "w_1 <= 1"),
                    (sp.Rational(1, 8), "log >= 0", "w_t >= 0"),
                )
            ),
        ),
    )
    title = f"schedule (23), every lam: 1 - R_T <= (1/8) log(1 + C r/(1-r)), C = {words}"
    return Claim(id, title, (states,), OURS, WITHIN, EVERYTHING, steps)


def _multiple() -> Claim:
    """(1/8) log(1 + (9/4) r/(1-r)) <= (3/10) r: near 0 by the slope, beyond by concavity of the
    difference... or intervals.
    """
    function = sp.log(1 + best * r / (1 - r)) / 8
    states = le(function, sp.Rational(3, 10) * r)
    near, far = le(r, sp.Rational(1, 10)), le(sp.Rational(1, 10), r)
    steps = (
        Step("slope", le(0, sp.diff(sp.Rational(3, 10) * r - function, r)), Enclosure(), (near,)),
        Step("near", states, Monotone(r, 0, "slope"), (near,)),
        Step("far", states, Enclosure(), (far,)),
        Step("all", states, Cases("near", "far")),
    )
    hypotheses = {"r <= 1/2": le(r, half)}
    return Claim(
        "calculus.excess",
        "(1/8) log(1 + (9/4) r/(1-r)) <= 0.3 r for r <= 1/2",
        (states,),
        OURS,
        hypotheses,
        steps=steps,
    )


def _in_r() -> tuple[Claim, ...]:
    """1 - R <= 0.3 r, hence <= 1.06 r."""
    states, weak = le(1 - R(t), sp.Rational(3, 10) * r), le(1 - R(t), sp.Rational(106, 100) * r)
    log = sp.log(1 + best * r / (1 - r)) / 8
    steps = (
        Step("log", le(1 - R(t), log), Instance("gaussian.excess")),
        Step("0.3 r", le(log, sp.Rational(3, 10) * r), Instance("calculus.excess")),
        Step("bound", states, Combine(((1, "log"), (1, "0.3 r")))),
    )
    first = Claim(
        "gaussian.excess.r",
        "schedule (23), r <= 1/2, every lam: 1 - R_T <= 0.3 r",
        (states,),
        OURS,
        WITHIN,
        EVERYTHING,
        steps,
    )
    more = (
        Step("0.3 r", states, Instance("gaussian.excess.r")),
        Step("1.06 r", weak, Combine(((1, "0.3 r"),))),
    )
    title = "schedule (23), r <= 1/2, every lam: 1 - R_T <= 1.06 r"
    return first, Claim("gaussian.excess.weak", title, (weak,), OURS, WITHIN, EVERYTHING, more)


CLAIMS = (
    *_odds(),
    _angle(),
    _step("gaussian.excess.step", best, "schedule.27b.best", "9/4"),
    _total("gaussian.excess", best, "gaussian.excess.step", "9/4"),
    _step("gaussian.excess.step.sharp", best_sharp, "schedule.27b.sharp", "(1+r)/(1-1/e)"),
    _total("gaussian.excess.sharp", best_sharp, "gaussian.excess.step.sharp", "(1+r)/(1-1/e)"),
    _multiple(),
    *_in_r(),
)
