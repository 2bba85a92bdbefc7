"""Theorem 1 of LHW, Eq. (24), as bookkeeping: which factor brings which power.

    W_1 <= C_1 L_f^3 d^{5/2} log^5(T)/T + eps + eps_F

    T terms            T
    of size r^2        c1^2 log^2(T)/T^2          so far log^2(T)/T
    times moments      d^{5/2} log^3(T)           conditional moments of X_0 given X_t (ASSUMED)
    times Lipschitz    L_f^3                      of the flow maps (19) (ASSUMED)

For Gaussians the term at t is d_t^2/2 times sqrt(d v_1): no moment beyond the first (d^2 log^3 T
less), no Lipschitz constant, and sum d_t^2 is at most (largest step) times (total, bounded) instead
of T terms of r^2 (log T less). The text of the paper was not at hand: its equations are ASSUMED as
quoted.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..axioms import Random, norm
from ..claim import ASSUMED, Claim, Step
from ..rules import Combine, Identity, Induction
from ..sign import at, eq, le
from .schedule import LHW, t

T, log, d, L_f, C_1, c1 = (
    sp.Symbol(name, positive=True) for name in ("T", "log_T", "d", "L_f", "C_1", "c1")
)
W, eps, eps_F, R, size = (
    sp.Symbol(name, nonnegative=True) for name in ("W_1", "eps", "eps_F", "R_max", "X_0_norm")
)
r, c_R, c2 = (sp.Symbol(name, positive=True) for name in ("r", "c_R", "c2"))
moments = L_f**3 * d ** sp.Rational(5, 2) * log**3
right = C_1 * L_f**3 * d ** sp.Rational(5, 2) * log**5 / T + eps + eps_F
R_LESS = {"r": eq(r, c1 * log / T)}


def _assumed(id: str, title: str, statement: tuple[Any, ...], equation: str, why: str) -> Claim:
    return Claim(id, title, statement, f"{LHW} {equation}", expects=ASSUMED, assumed=why)


term, x_, y_ = sp.Function("term", nonnegative=True), Random("x"), Random("y")
Phi = sp.Function("Phi")
summed, fitted = (
    sp.Function("optimisation_error", nonnegative=True),
    sp.Function("approximation_error", nonnegative=True),
)
HYPOTHESES = (
    _assumed(
        "theorem1.24",
        "Theorem 1: W_1(f_T(X_T), X_1) <= C_1 L_f^3 d^{5/2} log^5(T)/T + eps + eps_F",
        (le(W, right),),
        "(24)",
        "the theorem itself; C_1 unspecified",
    ),
    _assumed(
        "theorem1.19",
        "every Phi_{t->k} is L_f-Lipschitz",
        (le(norm(Phi(x_) - Phi(y_)), L_f * norm(x_ - y_)),),
        "(19)",
        "a hypothesis of the theorem",
    ),
    _assumed(
        "theorem1.20",
        "eps and eps_F bound the SUMS over t of the errors' norms",
        (le(sp.Sum(summed(t), (t, 2, T)), eps), le(sp.Sum(fitted(t), (t, 2, T)), eps_F)),
        "(20)",
        "inferred from the unit coefficients of (24)",
    ),
    _assumed(
        "theorem1.22",
        "|X_0| <= T^{c_R} almost surely (Gaussians: in its tail form only)",
        (le(size, T**c_R),),
        "(22)",
        "a hypothesis of the theorem",
    ),
    _assumed(
        "theorem1.c2",
        "c2 >= 1000 in (27d)",
        (le(1000, c2),),
        "(27)",
        "quoted; possible from T = 13,747 on (schedule.c2_1000.least)",
    ),
    _assumed(
        "theorem1.terms",
        "each of the T terms of the error recursion is at most C_1 r^2 times L_f^3 d^{5/2} log^3 T",
        (le(term(t), C_1 * r**2 * moments),),
        "proof of (24)",
        "the moment bounds of the paper, read backwards from (24); which moments is not known"
        " to us",
    ),
)


def _exponents() -> Claim:
    """T terms of r^2 times the moments."""
    error = sp.Function("error", real=True)
    per_step, bound = (
        C_1 * r**2 * moments,
        C_1 * c1**2 * L_f**3 * d ** sp.Rational(5, 2) * log**5 / T,
    )
    definitions = {
        "error_1": le(error(1), per_step),
        "error": eq(error(t + 1), error(t) + term(t + 1)),
        "term": le(term(t + 1), per_step),
    }
    total, product = le(error(t), t * per_step), eq(T * per_step, bound)
    steps = (
        Step("at 1", at(total, {t: 1}), Combine(((1, "error_1"),))),
        Step(
            "goes on",
            at(total, {t: t + 1}),
            Combine(((1, "@0"), (1, "term")), using=("error",)),
            (total,),
        ),
        Step("t terms", total, Induction(t, "at 1", "goes on")),
        Step("powers", product, Identity(("r",))),
    )
    title = (
        "T terms of C_1 r^2 L_f^3 d^{5/2} log^3 T sum to c1^2 C_1 L_f^3 d^{5/2} log^5(T)/T (given"
        " theorem1.terms)"
    )
    return Claim(
        "theorem1.exponents", title, (total, product), f"{LHW} (24)", R_LESS, definitions, steps
    )


def _gaussians() -> Claim:
    """What Gaussians lose: (T terms r^2 moments)/(r sqrt(d))."""
    states = eq(T * r**2 * moments / (r * sp.sqrt(d)), (c1 * log) * (d**2 * log**3) * L_f**3)
    title = (
        "over the Gaussian law r sqrt(d): c1 log T (T terms of r^2 for sum d_t^2 <= largest step x"
        " total angle), d^2 log^3 T (moments), L_f^3 (Lipschitz)"
    )
    return Claim(
        "theorem1.gaussians",
        title,
        (states,),
        "this project",
        R_LESS,
        steps=(Step("factors", states, Identity(("r",))),),
    )


def _steps_needed() -> Claim:
    """(25): W_1 <= 2 (eps + eps_F) once T >= C_1 L_f^3 d^{5/2} log^5(T)/(eps + eps_F)."""
    leading = C_1 * L_f**3 * d ** sp.Rational(5, 2) * log**5
    hypotheses = {"(24)": le(W, right), "T": le(leading, T * (eps + eps_F))}
    states = le(W, 2 * (eps + eps_F))
    steps = (Step("(25)", states, Combine(((1, "(24)"), (1 / T, "T")))),)
    title = (
        "(24) gives (25): T >= C_1 L_f^3 d^{5/2} log^5(T)/(eps + eps_F) makes W_1 <= 2 (eps +"
        " eps_F)"
    )
    return Claim("theorem1.25", title, (states,), f"{LHW} (25)", hypotheses, steps=steps)


CLAIMS = (*HYPOTHESES, _exponents(), _gaussians(), _steps_needed())
