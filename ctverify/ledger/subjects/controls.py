"""Wrong statements, each to be REFUTED by a point of its domain in interval arithmetic: a prover
that cannot is broken.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..claim import REFUTED, Claim
from ..sign import eq, le, lt
from .constants import DIGITS, k1_digits
from .gaussian import before, covariance, lam, sigma, variance
from .log_alpha_bar import S_DEFINITIONS, S_FORMULAS, s, sharp
from .schedule import DEFINITIONS, FORMULAS, TRIALS, WITHIN, at_point, m, q, r, t

WRONG = "negative control"
LATE = tuple(at_point(512, 1, 3, index) for index in range(160, 190, 5))


def _schedule(id: str, title: str, states: Any, trials: Any, hypotheses: Any = WITHIN) -> Claim:
    return Claim(
        id,
        title,
        (states,),
        WRONG,
        hypotheses,
        DEFINITIONS | S_DEFINITIONS,
        (),
        FORMULAS | S_FORMULAS,
        trials,
        REFUTED,
    )


def _wrong(id: str, title: str, states: Any, trials: Any, hypotheses: Any = None) -> Claim:
    return Claim(id, title, (states,), WRONG, hypotheses or {}, trials=trials, expects=REFUTED)


def _short() -> Claim:
    T, c1 = sp.symbols("T c1", positive=True)
    point = at_point(1000, 2, 3, 1000) | {T: sp.Integer(1000), c1: sp.Integer(3)}
    states = le(c1 * sp.log(T) / 2, s(t))
    return _schedule(
        "control.c2_half",
        "abar_T <= T^{-c1/2} (false at T = 1000, c0 = 2, c1 = 3: c2 = 1.138)",
        states,
        (point,),
    )


def _middle() -> Claim:
    beta, abar = sp.symbols("beta abar", positive=True)
    states = le(beta / (2 * (1 - beta - (1 - beta) * abar)), beta / (1 - abar))
    point = {beta: sp.Rational(3, 4), abar: sp.Rational(1, 2)}
    return _wrong(
        "control.27b_chain",
        "(27b)'s middle step for every beta < 1",
        states,
        (point,),
        {"beta < 1": lt(beta, 1), "abar < 1": lt(abar, 1)},
    )


def _concave() -> Claim:
    x, y = sp.symbols("x y", positive=True)
    states = le(-(sp.log(sp.cos(x)) + sp.log(sp.cos(y))) / 2, -sp.log(sp.cos((x + y) / 2)))
    quarter = {"x < pi/2": lt(x, sp.pi / 2), "y < pi/2": lt(y, sp.pi / 2)}
    return _wrong(
        "control.concave",
        "-log cos is concave",
        states,
        ({x: sp.Rational(1, 2), y: sp.Integer(1)},),
        quarter,
    )


def _sine() -> Claim:
    angle = sp.atan(sigma / sp.sqrt(lam)) - sp.atan(before / sp.sqrt(lam))
    states = eq(covariance / sp.sqrt(variance(sigma) * variance(before)), sp.sin(angle))
    return _wrong(
        "control.sine",
        "the product law with sin in place of cos",
        states,
        ({sigma: 2, before: 1, lam: 1},),
    )


def _largest() -> Claim:
    x = sp.symbols("x_1 x_2 x_3", nonnegative=True)
    e, D = sp.symbols("eps_2 eps_3", nonnegative=True), sp.symbols("D_2 D_3", nonnegative=True)
    hypotheses = {f"step {k + 2}": le(x[k + 1], x[k] + e[k] + D[k]) for k in (0, 1)}
    states = le(x[2], x[0] + sp.Max(e[0] + D[0], e[1] + D[1]))
    point = dict(
        zip((*x, *e, *D), map(sp.Integer, (0, 1, 2, 1, 1, 0, 0)), strict=True)
    )  # X_0 a point, f_t = Phi_t + t - 1
    return _wrong(
        "control.largest_eps",
        "the largest eps_t + D_t in place of their sum",
        states,
        (point,),
        hypotheses,
    )


CLAIMS = (
    _schedule(
        "control.27b",
        "(27b) with 3/2 in place of 4",
        le(r * m(t + 1) / q(t), sp.Rational(3, 2) * r),
        (*LATE, *TRIALS),
    ),
    _schedule(
        "control.27b_limit",
        "(27b) with its limit e/(e-1) in place of 4, at finite T",
        le(r * m(t + 1) / q(t), sharp.subs(r, 0) * r),
        tuple(
            at_point(20, sp.Rational(3, 10), sp.Rational(168, 100), index) for index in range(1, 20)
        ),
    ),
    _short(),
    _middle(),
    _concave(),
    _sine(),
    _largest(),
    k1_digits(DIGITS + sp.Rational(1, 10**10), "control.K1", expects=REFUTED),
)
