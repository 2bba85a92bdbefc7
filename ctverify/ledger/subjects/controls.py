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


def _old_share() -> Claim:
    """One level moves by s (schedule), one by m (model) the other way: |xi| = s - m."""
    s, m = sp.symbols("s m", positive=True)
    states = le(m / (m + s), -m / (s - m))
    return _wrong(
        "control.old_share",
        "the model's share of the sum of defects is at most its share of the error: false where the"
        " model cancels part of the schedule's error",
        states,
        ({s: sp.Integer(1), m: sp.Rational(1, 4)},),
        {"m < s": lt(m, s)},
    )


def _squares() -> Claim:
    a, b, error = sp.symbols("d_2 d_3 xi", nonnegative=True)
    return _wrong(
        "control.squares",
        "the levels' errors add in squares, as if they were independent",
        le(error, sp.sqrt(a**2 + b**2)),
        ({a: sp.Integer(1), b: sp.Integer(1), error: sp.Integer(2)},),
        {"telescoped": le(error, a + b)},
    )


# the model puts all at 0, the target has 0 and 1, 1 with probability p: W_1 = p
p = sp.Symbol("p", positive=True)
ONE_IN_THREE = ({p: sp.Rational(1, 3)},)
BELOW = {"p < 1": lt(p, 1)}


def _excluded_at() -> Claim:
    n, alpha = sp.symbols("n alpha", positive=True)
    return _wrong(
        "control.resolution",
        "n draws exclude every event more frequent than 1/n (at alpha = 0.05, n = 10 they do not)",
        le((1 - 1 / n) ** n, alpha),
        ({n: sp.Integer(10), alpha: sp.Rational(1, 20)},),
    )


def _no_noise() -> Claim:
    """X_0 = 0 in d = 1: W_1(X_1, X_0) = sqrt(1 - abar_1) E|Z|, E|Z| = sqrt(2/pi)."""
    abar = sp.Symbol("abar_1", positive=True)
    size = sp.Symbol("E_X_0", nonnegative=True)
    distance = sp.sqrt(1 - abar) * sp.sqrt(2 / sp.pi)
    return _wrong(
        "control.to_data",
        "W_1(X_1, X_0) <= (1 - sqrt(abar_1)) E|X_0|, without the noise of X_1 (X_0 = 0)",
        le(distance, (1 - sp.sqrt(abar)) * size),
        ({abar: sp.Rational(9, 10), size: sp.Integer(0)},),
        {"abar_1 < 1": lt(abar, 1)},
    )


def _forgotten() -> Claim:
    R, rho, u = sp.symbols("R rho u", positive=True)
    return _wrong(
        "control.few_steps",
        "a further step forgets the error before: u_{k+1} <= 1 - R^2",
        le(1 - R**2 + R**2 * rho**2 * u, 1 - R**2),
        ({R: sp.Rational(9, 10), rho: sp.Rational(1, 2), u: sp.Rational(1, 10)},),
    )


CLAIMS = (
    _old_share(),
    _squares(),
    _wrong(
        "control.cheaper_twin",
        "the cheaper of two twins bounds W_1: W_1 = p, it reads p^2",
        le(p, p**2),
        ONE_IN_THREE,
        BELOW,
    ),
    _wrong(
        "control.nearest",
        "the nearest of a batch of m, not a bijection, bounds W_1: W_1 = p, at m = 3 it reads p^3",
        le(p, p**3),
        ONE_IN_THREE,
        BELOW,
    ),
    _wrong(
        "control.fixed_slot",
        "the first slot of a batch sorted by distance bounds W_1: only a uniformly drawn slot does",
        le(p, 1 - (1 - p) ** 2 - 2 * p * (1 - p)),
        ONE_IN_THREE,
        BELOW,
    ),
    _excluded_at(),
    _no_noise(),
    _forgotten(),
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
