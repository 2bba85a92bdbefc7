"""Theorem A by the population model f*_t = E[X_1|X_t]: its L serves for every trained model, and
smooth test functions see W_2's square (A1).

    tr Cov X_1 - tr Cov f*_T = sum_t E tr Cov(f*_{t-1}(X_{t-1})|X_t)       total variance, twice
    W_2(f_T(X_T), X_1) <= Err_T + sqrt(tr Cov X_1 - tr Cov f*_T) <= Err_T + L sqrt(kappa .. S)
    |E g(X_1) - E g(f*_T)| <= (tr Cov X_1 - tr Cov f*_T)/2   where |D^2 g| <= 1
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..axioms import W2, E_from, norm, tr_cov
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
from ..sign import at, eq, le
from .any_target import CHAIN, SUMS, Err, F, X, k, star, value
from .schedule import OURS, t
from .theorem_a import SPACE, WORLD, L, S, abar, d, guess, kappa, lipschitz, step

h, P = sp.Function("f_star", real=True), sp.Function("P", nonnegative=True)


def H(k: Any) -> Any:
    """f*_k(X_k)."""
    return h(k, X(k))


_y = sp.sqrt(1 + k**2) * value  # X_0 + t Z, of two signs; then this is X_0 + Z over sqrt 2
_odd = _y * (_y**2 - (k - 1) ** 2) / (2 * k * (k + 1)) / sp.sqrt(2)
STARRED = WORLD.having({h: ((k, value), _odd)}, {(h, 0, 1): ((k, value), value)})
lost = H(t) - E_from(H(t), t + 1)
MARKOV = CHAIN | {"f* = E[X_1|X_t]": eq(star, H(t))}
TOTAL = MARKOV | {"P_1": eq(P(1), 0), "P": eq(P(t + 1), P(t) + norm(lost) ** 2)}
LIPSCHITZ_STAR = {"L": le(norm(H(t) - h(t, guess)), L * norm(X(t) - guess))}


def _sum() -> Claim:
    spread = tr_cov(X(1)) - tr_cov(star)
    states = eq(spread, P(t))
    after = E_from(X(1), t + 1)
    steps = (
        Step("X_1 known", eq(E_from(X(1), 1), X(1)), Definition("X_t known", {t: 1})),
        Step("whole", eq(tr_cov(E_from(X(1), 1)), tr_cov(X(1))), Congruence(("X_1 known",))),
        Step("at 1", at(states, {t: 1}), Identity(("whole", "P_1"))),
        Step("tower", eq(E_from(star, t + 1), after), Axiom("tower rule of E_k", (X(1), t, t + 1))),
        Step(
            "carried",
            eq(E_from(star, t + 1), E_from(H(t), t + 1)),
            Congruence(("f* = E[X_1|X_t]",)),
        ),
        Step("next", eq(after, E_from(H(t), t + 1)), Combine(((1, "carried"), (-1, "tower")))),
        Step("spread here", eq(tr_cov(star), tr_cov(H(t))), Congruence(("f* = E[X_1|X_t]",))),
        Step("spread next", eq(tr_cov(after), tr_cov(E_from(H(t), t + 1))), Congruence(("next",))),
        Step(
            "total variance",
            eq(norm(lost) ** 2, tr_cov(H(t)) - tr_cov(E_from(H(t), t + 1))),
            Axiom("total variance for E_k", (H(t), t + 1)),
        ),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Combine(
                ((1, "@0"), (-1, "total variance"), (1, "spread here"), (-1, "spread next")),
                using=("P",),
            ),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = "tr Cov X_1 - tr Cov f*_T = sum_t E tr Cov(f*_{t-1}(X_{t-1})|X_t)"
    return Claim("theorem_A.star.sum", title, (states,), OURS, {}, TOTAL, steps, witness=STARRED)


def _theorem() -> Claim:
    bound = L**2 * kappa * (abar(1) - abar(t)) * S(d)
    sums = le(P(t), bound)
    spread = tr_cov(X(1)) - tr_cov(star)
    size = le(spread, bound)
    states = le(W2(F(t), X(1)), Err(t) + L * sp.sqrt(kappa * (abar(1) - abar(t)) * S(d)))
    steps = (
        Step(
            "step",
            le(norm(lost) ** 2, L**2 * kappa * (abar(t) - abar(t + 1)) * S(d)),
            Instance("theorem_A.star.step"),
        ),
        Step("at 1", at(sums, {t: 1}), Combine(using=("P_1",))),
        Step(
            "goes on",
            at(sums, {t: t + 1}),
            Combine(((1, "@0"), (1, "step")), using=("P",)),
            (sums,),
        ),
        Step("P below", sums, Induction(t, "at 1", "goes on")),
        Step("sum", eq(spread, P(t)), Instance("theorem_A.star.sum")),
        Step("size", size, Combine(((1, "P below"), (-1, "sum")))),
        Step("shrinks", le(tr_cov(star), tr_cov(X(1))), Instance("any.population", part=0)),
        Step("root", le(sp.sqrt(spread), states.rhs - Err(t)), Increasing(sp.sqrt, "size")),
        Step(
            "distance",
            le(W2(F(t), X(1)), Err(t) + sp.sqrt(spread)),
            Instance("any.population", part=2),
        ),
        Step("W_2", states, Combine(((1, "distance"), (1, "root")))),
    )
    title = (
        "THEOREM A with the population model's L, any model f: tr Cov X_1 - tr Cov f*_T <= L^2"
        " kappa (abar_1 - abar_T) S, W_2(f_T(X_T), X_1) <= Err_T + the root of that"
    )
    facts = SUMS | TOTAL | SPACE | LIPSCHITZ_STAR
    return Claim(
        "theorem_A.star", title, (size, states), OURS, {}, facts, steps, fixed=(d,), witness=STARRED
    )


CLAIMS = (
    _sum(),
    lipschitz("theorem_A.star.lipschitz", h, LIPSCHITZ_STAR, witness=STARRED),
    step("theorem_A.star.step", "theorem_A.star.lipschitz", h, SPACE | LIPSCHITZ_STAR, STARRED),
    _theorem(),
)
