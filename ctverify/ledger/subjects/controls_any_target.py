"""Negative controls of Theorem A, A2 and the Gaussian theorem: wrong variants, to be REFUTED."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..claim import REFUTED, Claim
from ..sign import le
from .schedule import FORMULAS, b, q, r, t
from .theorem_a import M, before, c_squared, drop, eigenvalue, sigma

WRONG = "a wrong variant, to be REFUTED"
half = sp.Rational(1, 2)
LATE = {r: half, b: sp.Rational(4, 9), t: sp.Integer(1)}


def _wrong(id: str, title: str, states: Any, point: Any, **more: Any) -> Claim:
    return Claim(id, title, (states,), WRONG, trials=(point,), expects=REFUTED, **more)


def _levels(T: int) -> list[Any]:
    """sigma_1, .., sigma_T of schedule (23)."""
    left, levels = 1 - b, []
    for k in range(2, T + 2):
        levels.append(sp.sqrt(1 / left - 1))
        left *= 1 - r * sp.Min(b * (1 + r) ** k, 1)
    return levels


def _scalar() -> Claim:
    states = le(
        c_squared * eigenvalue * sigma**2 / (eigenvalue + sigma**2),
        M * (sigma - before) / (sigma + before) * drop,
    )
    tenth = sp.Rational(1, 10)
    point = {sigma: sp.Integer(2), before: sp.Integer(1), eigenvalue: tenth, M: tenth}
    title = "Theorem A with lam in place of max(1, lam): false at lam = 0.1"
    return _wrong("control.A.lam", title, states, point, hypotheses={"M >= lam": le(eigenvalue, M)})


def _constant() -> Claim:
    """N(0, 1), T = 2, L = 1: W_2 = sqrt(v_1) (1 - cos d), v_1 = 1."""
    error = 1 - sp.cos(sp.atan(sigma) - sp.atan(before))
    states = le(error, sp.Rational(9, 10) * sp.sqrt((sigma - before) / (sigma + before) * drop))
    point = {sigma: sp.Integer(1000), before: sp.Rational(1, 1000)}
    return _wrong(
        "control.A.constant", "Theorem A with 0.9 L: the constant 1 is attained", states, point
    )


def _kappa() -> Claim:
    here, after = sp.sqrt(q(t) / (1 - q(t))), sp.sqrt(q(t + 1) / (1 - q(t + 1)))
    states = le((after - here) / (after + here), sp.Rational(57, 100) * r)
    title = "kappa <= 0.57 r for every schedule (23) with r <= 1/2 (.573 is the best)"
    return _wrong("control.A.kappa", title, states, LATE, formulas=FORMULAS)


def _log_concave() -> Claim:
    alpha = sp.Symbol("alpha", positive=True)
    h, own = 1 - before / sigma, alpha * sigma**2 / (1 + alpha * sigma**2)
    states = le(1 - h * own, (1 + alpha * before**2) / (1 + alpha * sigma**2))
    title = "A2 with Lambda_t <= (1 + alpha sigma_1^2)/(1 + alpha sigma_t^2), the square forgotten"
    point = {sigma: sp.Integer(2), before: sp.Integer(1), alpha: sp.Integer(1)}
    return _wrong("control.A2", title, states, point)


def _gaussian() -> Claim:
    """At lam = 1, c0 = 1, c1 = 3/2, T = 3."""
    T = 3
    psi = [sp.atan(level) for level in _levels(T)]
    shrinks = sp.Mul(*(sp.cos(psi[k + 1] - psi[k]) for k in range(T - 1)))
    states = le(1 - shrinks, sp.Rational(3, 25) * r)
    point = {r: sp.log(T) / 2, b: sp.Rational(1, T)}
    title = "1 - R_T <= 0.12 r in the Gaussian theorem, in place of 0.3 r: false at T = 3"
    return _wrong("control.gaussian_theorem", title, states, point)


CLAIMS = (_scalar(), _constant(), _kappa(), _log_concave(), _gaussian())
