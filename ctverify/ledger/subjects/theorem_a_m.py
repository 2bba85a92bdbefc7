"""Theorem A where low-dimensional data do not cost d, and A1: what smooth functions see.

Each direction may have its own potential w_i(t), with

    c_t^2 lam s^2/(lam + s^2) <= kappa (w_i(t) - w_i(t-1));    W_2 <= Err_T + L sqrt(kappa sum_i
    (w_i(T) - w_i(1)))

-max(1, lam) abar_t is one (theorem_A.scalar); for lam < 1 a smaller one is

    lam/(1 - lam) log((lam + sigma_t^2)/(1 + sigma_t^2)),   whose drop is at most m(lam) = lam log
    lam/(lam - 1) -> 0 as lam -> 0.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..axioms import W2, E_from, dot, mean, norm, tr_cov
from ..claim import Claim, Step
from ..rules import (
    Axiom,
    Combine,
    Congruence,
    Definition,
    Identity,
    Increasing,
    Induction,
    Instance,
)
from ..sign import at, eq, le, lt
from .any_target import SUMS, TWO_SIGNS, Err, F, V, X, k, residual, star
from .any_target import value as x
from .schedule import OURS, t
from .theorem_a import (
    DIMENSION,
    DIRECTION,
    IN_R_D,
    LIPSCHITZ,
    SHARED,
    WORLD,
    X0,
    D,
    L,
    before,
    c_squared,
    d,
    factor,
    guess,
    i,
    i_real,
    kappa,
    lam,
    s,
    sigma,
    u,
)

own = sp.Symbol("lam", positive=True)
y = sp.Symbol("y", positive=True)
weight, mass = sp.Function("w", real=True), sp.Function("mass", real=True)


def potential(level: Any) -> Any:
    """log((lam + sigma^2)/(1 + sigma^2)) lam/(1 - lam)."""
    return own / (1 - own) * sp.log((own + level**2) / (1 + level**2))


def _below() -> Claim:
    ratio = (1 + sigma**2) * (own + before**2) / ((1 + before**2) * (own + sigma**2))
    share = (sigma**2 - before**2) * own / ((1 + before**2) * (own + sigma**2))
    states = le(
        c_squared * own * sigma**2 / (own + sigma**2),
        kappa * (potential(sigma) - potential(before)),
    )
    steps = (
        Step("1 - lam > 0", lt(0, 1 - own), Combine(((1, "lam < 1"),))),
        Step("log", le(1 + sp.log(ratio), ratio), Instance("calculus.log", {y: ratio})),
        Step(
            "logarithms",
            le(share, potential(sigma) - potential(before)),
            Combine(((own, "log"),), times=("1 - lam > 0",)),
        ),
        Step(
            "step",
            le((sigma - before) ** 2, kappa * (sigma**2 - before**2)),
            Combine(((1, "kappa", "sigma rises"),)),
        ),
        Step(
            "states",
            states,
            Combine(((own / ((1 + before**2) * (own + sigma**2)), "step"), (kappa, "logarithms"))),
        ),
    )
    within = {
        "lam < 1": lt(own, 1),
        "sigma rises": le(before, sigma),
        "kappa": le(sigma - before, kappa * (sigma + before)),
    }
    title = "lam < 1: lam/(1 - lam) log((lam + sigma^2)/(1 + sigma^2)) is a potential"
    return Claim("theorem_A.m", title, (states,), OURS, within, steps=steps)


def _size() -> Claim:
    states = le(potential(sigma) - potential(before), own * sp.log(own) / (own - 1))
    last = (own + sigma**2) / (1 + sigma**2)
    first = (own + before**2) / (1 + before**2)
    steps = (
        Step("1 - lam > 0", lt(0, 1 - own), Combine(((1, "lam < 1"),))),
        Step("last <= 1", le(last, 1), Combine(((1 / (1 + sigma**2), "lam < 1"),))),
        Step("its log", le(sp.log(last), 0), Increasing(sp.log, "last <= 1")),
        Step("lam <= first", le(own, first), Combine(((before**2 / (1 + before**2), "lam < 1"),))),
        Step("logs", le(sp.log(own), sp.log(first)), Increasing(sp.log, "lam <= first")),
        Step("size", states, Combine(((own, "its log"), (own, "logs")), times=("1 - lam > 0",))),
    )
    title = "lam < 1: that potential drops by m(lam) = lam log(lam)/(lam - 1) at most"
    within = {"lam < 1": lt(own, 1)}
    return Claim("theorem_A.m.size", title, (states,), OURS, within, steps=steps)


POTENTIAL = {
    "potential": le(
        factor**2 * lam(i) * s(t + 1) ** 2 / (lam(i) + s(t + 1) ** 2),
        kappa * (weight(i, t + 1) - weight(i, t)),
    ),
    "mass_1": eq(mass(t, 1), weight(1, t)),
    "mass": eq(mass(t, i + 1), mass(t, i) + weight(i + 1, t)),
}
ERRORS = {name: DIMENSION[name] for name in ("mmse_1", "mmse")}
WEIGHED = WORLD.having({weight: ((i_real, k), -1 / (1 + k**2))})
FACTS = SUMS | SHARED | DIRECTION | ERRORS | IN_R_D | LIPSCHITZ | POTENTIAL


def _theorem() -> Claim:
    part = norm(u - E_from(u, t + 1)) ** 2
    bound = lam(i) * s(t + 1) ** 2 / (lam(i) + s(t + 1) ** 2)
    one = le(factor**2 * part, kappa * (weight(i, t + 1) - weight(i, t)))
    every = le(factor**2 * D(t + 1, i), kappa * (mass(t + 1, i) - mass(t, i)))
    sums = le(V(t), L**2 * kappa * (mass(t, d) - mass(1, d)))
    states = le(W2(F(t), X(1)), Err(t) + L * sp.sqrt(kappa * (mass(t, d) - mass(1, d))))
    masses = ("mmse_1", "mass_1", "next mass_1")
    steps = (
        Step("linear", le(part, bound), Instance("theorem_A.linear")),
        Step("one", one, Combine(((factor**2, "linear"), (1, "potential")))),
        Step("first", at(one, {i: 1}), Instance("one", {i: 1})),
        Step("next", at(one, {i: i + 1}), Instance("one", {i: i + 1})),
        Step("next mass_1", at(POTENTIAL["mass_1"], {t: t + 1}), Definition("mass_1", {t: t + 1})),
        Step("next mass", at(POTENTIAL["mass"], {t: t + 1}), Definition("mass", {t: t + 1})),
        Step("at 1", at(every, {i: 1}), Combine(((1, "first"),), using=masses)),
        Step(
            "goes on",
            at(every, {i: i + 1}),
            Combine(((1, "@0"), (1, "next")), using=("mmse", "mass", "next mass")),
            (every,),
        ),
        Step("every dimension", every, Induction(i, "at 1", "goes on")),
        Step("in R^d", at(every, {i: d}), Instance("every dimension", {i: d})),
        Step(
            "Lipschitz",
            le(norm(residual) ** 2, L**2 * norm(X(t) - guess) ** 2),
            Instance("theorem_A.lipschitz"),
        ),
        Step(
            "shared noise",
            eq(norm(X(t) - guess) ** 2, factor**2 * norm(X0 - E_from(X0, t + 1)) ** 2),
            Instance("theorem_A.shared"),
        ),
        Step("V at 1", at(sums, {t: 1}), Combine(using=("V_1",))),
        Step(
            "V goes on",
            at(sums, {t: t + 1}),
            Combine(
                (
                    (1, "@0"),
                    (1, "Lipschitz"),
                    (-(L**2), "shared noise"),
                    (-(L**2) * factor**2, "d directions"),
                    (L**2, "in R^d"),
                ),
                using=("V",),
            ),
            (sums,),
        ),
        Step("V below", sums, Induction(t, "V at 1", "V goes on")),
        Step("root", le(sp.sqrt(V(t)), states.rhs - Err(t)), Increasing(sp.sqrt, "V below")),
        Step(
            "distance",
            le(W2(F(t), X(1)), Err(t) + sp.sqrt(V(t))),
            Instance("any.distance", part=1),
        ),
        Step("W_2", states, Combine(((1, "distance"), (1, "root")))),
    )
    title = (
        "THEOREM A by potentials, every target, every schedule: W_2 <= Err_T + L sqrt(kappa sum_i"
        " (w_i(T) - w_i(1))); m(lam) in place of max(1, lam) where lam < 1"
    )
    return Claim(
        "theorem_A.potential", title, (states,), OURS, {}, FACTS, steps, fixed=(d,), witness=WEIGHED
    )


value, slope = sp.Function("G", real=True), sp.Function("DG", real=True)
SQUARE = TWO_SIGNS.having({value: ((k, x), x**2 / 2), slope: ((k, x), x), t: 2})  # g = x^2/2
off = X(1) - star
g_slope = slope(t, star)  # the gradient of g at f*_T
exact, model = mean(value(t, X(1))), mean(value(t, star))
cross = mean(dot(off, g_slope))
SMOOTH = {  # g(x) - g(y) - <x - y, grad g(y)> is at most |x - y|^2/2
    "|D^2 g| <= 1, above": le(exact - model - cross, norm(off) ** 2 / 2),
    "|D^2 g| <= 1, below": le(model - exact + cross, norm(off) ** 2 / 2),
}


def _smooth() -> Claim:
    """A1."""
    spread = tr_cov(X(1)) - tr_cov(star)
    statement = (le(exact - model, spread / 2), le(model - exact, spread / 2))
    y = off + g_slope
    steps = (
        Step("f* known", eq(E_from(star, t), star), Axiom("an expectation is known", (X(1), t))),
        Step(
            "slope known",
            eq(E_from(g_slope, t), g_slope),
            Axiom("a function of what is known", (slope, t, star, t)),
        ),
        Step(
            "linear",
            eq(E_from(y, t), star - E_from(star, t) + E_from(g_slope, t)),
            Axiom("linearity of E_k", (t, (1, X(1)), (-1, star), (1, g_slope))),
        ),
        Step(
            "expected", eq(E_from(y, t), g_slope), Identity(("linear", "f* known", "slope known"))
        ),
        Step(
            "Pythagoras",
            eq(norm(y) ** 2, norm(y - E_from(y, t)) ** 2 + norm(E_from(y, t)) ** 2),
            Axiom("Pythagoras for E_k", (y, t)),
        ),
        Step("part", eq(norm(y - E_from(y, t)), norm(off)), Congruence(("expected",))),
        Step("whole", eq(norm(E_from(y, t)), norm(g_slope)), Congruence(("expected",))),
        Step(
            "square",
            eq(norm(y) ** 2, norm(off) ** 2 + 2 * cross + norm(g_slope) ** 2),
            Axiom("square of a sum's norm", (1, off, 1, g_slope)),
        ),
        Step(
            "orthogonal",
            eq(cross, 0),
            Combine(
                ((sp.Rational(1, 2), "Pythagoras"), (-sp.Rational(1, 2), "square")),
                using=("part", "whole"),
            ),
        ),
        Step("variance", eq(norm(off) ** 2, spread), Axiom("total variance for E_k", (X(1), t))),
        Step(
            "above",
            statement[0],
            Combine(
                (
                    (1, "|D^2 g| <= 1, above"),
                    (-1, "orthogonal"),
                    (-sp.Rational(1, 2), "variance"),
                )
            ),
        ),
        Step(
            "below",
            statement[1],
            Combine(
                ((1, "|D^2 g| <= 1, below"), (1, "orthogonal"), (-sp.Rational(1, 2), "variance"))
            ),
        ),
    )
    title = "A1, |D^2 g| <= 1: |E g(X_1) - E g(f*_T)| <= (tr Cov X_1 - tr Cov f*_T)/2"
    return Claim("theorem_A1", title, statement, OURS, SMOOTH, {}, steps, witness=SQUARE)


CLAIMS = (_below(), _size(), _theorem(), _smooth())
