"""The sharp Gaussian law: one step of consistency training shrinks by a cosine.

Per eigenvalue lam, with psi_t = atan(sigma_t/sqrt(lam)), d_t = psi_t - psi_{t-1} > 0, Delta = psi_T
- psi_1:

    slope of f*_T / slope of Phi_T = R_T = prod_{t=2..T} cos d_t,
        Cov(X_{t-1}, X_t)/sqrt(v_{t-1} v_t) = cos d_t

(shared noise), v_t = abar_t lam + 1 - abar_t. As -log cos is convex, every schedule with these ends
has

    1 - R_T >= 1 - cos(Delta/(T-1))^(T-1),      1 - exp(-sum d^2/2) <= 1 - R_T <= sum d^2/2.

Here abar = 1/(1 + sigma^2), so that all roots are of positive symbols; index t + 1 is the paper's t
>= 2. That 0 < d_t < pi/2 is gaussian.angles.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..claim import Claim, Step
from ..rules import Axiom, Combine, Identity, Increasing, Induction, Instance, Squeeze
from ..sign import at, eq, le, lt
from .schedule import OURS, t

X, Y = sp.symbols("x y", positive=True)
lam, sigma, before = sp.symbols("lam sigma sigma_before", positive=True)  # sigma_t and sigma_{t-1}
mu, x = sp.symbols("mu x_t", real=True)
C = sp.Symbol("c", positive=True)
SLOPE = sp.Symbol("k", real=True)  # tan c


def abar(level: Any) -> Any:
    """alpha_bar at a noise level."""
    return 1 / (1 + level**2)


def variance(level: Any) -> Any:
    """v = abar lam + 1 - abar, the variance of X_t."""
    return (lam + level**2) * abar(level)


covariance = sp.sqrt(abar(sigma) * abar(before)) * (lam + sigma * before)

d, R, psi = (sp.Function(name, real=True) for name in ("d", "R", "psi"))
S1, S2 = sp.Function("S_1", real=True), sp.Function("S_2", real=True)
ANGLES = {
    "d": eq(d(t + 1), psi(t + 1) - psi(t)),
    "d > 0": lt(0, d(t + 1)),
    "d < pi/2": lt(d(t + 1), sp.pi / 2),
    "R_1": eq(R(1), 1),
    "R": eq(R(t + 1), R(t) * sp.cos(d(t + 1))),
    "S_2 at 1": eq(S2(1), 0),
    "S_2": eq(S2(t + 1), S2(t) + d(t + 1) ** 2),
}


def _recursion() -> Claim:
    """E[X_{t-1} | X_t = x] is affine with slope Cov(X_{t-1}, X_t)/Var(X_t)."""
    root, root_before = sp.sqrt(abar(sigma)), sp.sqrt(abar(before))
    denoised = mu + root * lam * (x - root * mu) / variance(sigma)
    noise = (x - root * denoised) / (sigma * root)
    step = root_before * denoised + before * root_before * noise
    states = eq(step, root_before * mu + covariance / variance(sigma) * (x - root * mu))
    title = (
        "for N(mu, lam) the DDIM step is affine with slope Cov(X_{t-1}, X_t)/Var(X_t), shared noise"
    )
    return Claim(
        "gaussian.affine", title, (states,), OURS, steps=(Step("slope", states, Identity()),)
    )


def _cosine() -> Claim:
    """Cov/sqrt(v v') = cos(psi_t - psi_{t-1})."""
    angle = sp.atan(sigma / sp.sqrt(lam)) - sp.atan(before / sp.sqrt(lam))
    states = eq(covariance / sp.sqrt(variance(sigma) * variance(before)), sp.cos(angle))
    title = "Cov(X_{t-1}, X_t)/sqrt(v_{t-1} v_t) = cos(psi_t - psi_{t-1})"
    return Claim(
        "gaussian.cosine",
        title,
        (states,),
        OURS,
        steps=(Step("cosine of a difference", states, Identity()),),
    )


def _angles() -> Claim:
    """0 < psi_t - psi_{t-1} < pi/2 where sigma_t > sigma_{t-1} > 0."""
    u, v = sp.symbols("u v", positive=True)  # sigma_t, sigma_{t-1} over sqrt(lam)
    difference = sp.atan(u) - sp.atan(v)
    statement = (lt(0, difference), lt(difference, sp.pi / 2))
    steps = (
        Step("atan rises", lt(sp.atan(v), sp.atan(u)), Increasing(sp.atan, "v < u")),
        Step("positive", statement[0], Combine(((1, "atan rises"),))),
        Step("below", lt(sp.atan(u), sp.pi / 2), Axiom("atan is below pi/2", (u,))),
        Step("small", statement[1], Combine(((1, "below"),))),
    )
    return Claim(
        "gaussian.angles",
        "0 < psi_t - psi_{t-1} < pi/2",
        statement,
        OURS,
        {"v < u": lt(v, u)},
        steps=steps,
    )


def _product() -> Claim:
    """slope of f*_t = R_t slope of Phi_t, both by their recursions."""
    S, v = sp.Function("S", real=True), sp.Function("v", positive=True)
    cov = sp.Function("cov", real=True)
    flow = sp.sqrt(v(1) / v(t))
    states = eq(S(t), R(t) * flow)
    definitions = ANGLES | {
        "S_1": eq(S(1), 1),
        "S": eq(S(t + 1), S(t) * cov(t + 1) / v(t + 1)),
        "cov": eq(cov(t + 1), sp.sqrt(v(t) * v(t + 1)) * sp.cos(d(t + 1))),
    }
    steps = (
        Step("at 1", at(states, {t: 1}), Identity(("S_1", "R_1"))),
        Step("goes on", at(states, {t: t + 1}), Identity(("S", "cov", "R", "@0")), (states,)),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = (
        "slope of f*_T = R_T sqrt(v_1/v_T), R_T = prod cos d_t (slopes by recursion, cov by"
        " gaussian.cosine)"
    )
    return Claim("gaussian.product", title, (states,), OURS, definitions=definitions, steps=steps)


COS = (
    Step(
        "cos > 0",
        lt(0, sp.cos(d(t + 1))),
        Axiom("pi/2 is the first zero of cos", (d(t + 1),), ("d > 0", "d < pi/2")),
    ),
    Step(
        "1 - cos",
        le(1 - sp.cos(d(t + 1)), d(t + 1) ** 2 / 2),
        Instance("calculus.cos.above", {X: d(t + 1)}),
    ),
    Step(
        "cos <= exp",
        le(sp.cos(d(t + 1)), sp.exp(-(d(t + 1) ** 2) / 2)),
        Instance("calculus.cos.below", {X: d(t + 1)}),
    ),
)


def _shrinks() -> Claim:
    """0 < R_t <= 1, and R_t < 1 from t = 2 on."""
    low, high, certain = lt(0, R(t)), le(R(t), 1), lt(R(t + 1), 1)
    exponent = le(-(d(t + 1) ** 2) / 2, 0)
    steps = (
        *COS,
        Step("at 1 low", lt(0, R(1)), Combine(using=("R_1",))),
        Step(
            "low goes on", lt(0, R(t + 1)), Combine(((1, "@0", "cos > 0"),), using=("R",)), (low,)
        ),
        Step("R > 0", low, Induction(t, "at 1 low", "low goes on")),
        Step("exponent", lt(exponent.lhs, 0), Combine(((sp.Rational(1, 2), "d > 0", "d > 0"),))),
        Step("exp < 1", lt(sp.exp(exponent.lhs), 1), Increasing(sp.exp, "exponent")),
        Step("at 1 high", le(R(1), 1), Combine(using=("R_1",))),
        Step(
            "high goes on",
            le(R(t + 1), 1),
            Combine(((1, "@0"), (1, "R > 0", "cos <= exp"), (1, "R > 0", "exp < 1")), using=("R",)),
            (high,),
        ),
        Step("R <= 1", high, Induction(t, "at 1 high", "high goes on")),
        Step(
            "R < 1",
            certain,
            Combine(
                ((1, "R <= 1"), (1, "R > 0", "cos <= exp"), (1, "R > 0", "exp < 1")), using=("R",)
            ),
        ),
    )
    title = "from p_T consistency training always shrinks the spread: 0 < R_T < 1"
    return Claim(
        "gaussian.shrinks", title, (low, high, certain), OURS, definitions=ANGLES, steps=steps
    )


def _sum() -> Claim:
    """1 - e^{-S_2/2} <= 1 - R_t <= S_2/2, S_2 = sum of d^2."""
    low, high = le(R(t), sp.exp(-S2(t) / 2)), le(1 - R(t), S2(t) / 2)
    below = sp.exp(-S2(t) / 2)
    go_low = Combine(((1, "@0", "cos > 0"), (below, "cos <= exp")), using=("R", "S_2"))
    steps = (
        *COS,
        Step("R <= 1", le(R(t), 1), Instance("gaussian.shrinks", part=1)),
        Step("at 1 low", at(low, {t: 1}), Combine(using=("R_1", "S_2 at 1"))),
        Step("low goes on", at(low, {t: t + 1}), go_low, (low,)),
        Step("lower", low, Induction(t, "at 1 low", "low goes on")),
        Step("half angle", eq(sp.cos(d(t + 1)), 1 - 2 * sp.sin(d(t + 1) / 2) ** 2), Identity()),
        Step("cos <= 1", le(sp.cos(d(t + 1)), 1), Combine(using=("half angle",))),
        Step("at 1 high", at(high, {t: 1}), Combine(using=("R_1", "S_2 at 1"))),
        Step(
            "high goes on",
            at(high, {t: t + 1}),
            Combine(((1, "@0"), (1, "1 - cos"), (1, "R <= 1", "cos <= 1")), using=("R", "S_2")),
            (high,),
        ),
        Step("upper", high, Induction(t, "at 1 high", "high goes on")),
    )
    title = "R_T <= exp(-sum d^2/2) and 1 - R_T <= sum d^2/2: 1 - R ~ sum d^2/2 as that tends to 0"
    return Claim("gaussian.sum", title, (low, high), OURS, definitions=ANGLES, steps=steps)


def _asymptotic() -> Claim:
    """(1 - e^{-s/2})/(s/2) -> 1: the two sides of gaussian.sum meet."""
    share = (1 - sp.exp(-X / 2)) / (X / 2)
    states = eq(sp.Limit(share, X, 0, "+"), 1)
    half = X / 2
    steps = (
        Step(
            "second order",
            le(half - half**2 / 2, 1 - sp.exp(-half)),
            Instance("calculus.exp.second", {X: half}),
        ),
        Step("tangent", le(1 - half, sp.exp(-half)), Instance("calculus.log", {Y: sp.exp(-half)})),
        Step("low", le(1 - X / 4, share), Combine(((2 / X, "second order"),))),
        Step("high", le(share, 1), Combine(((2 / X, "tangent"),))),
        Step("limit", states, Squeeze("low", "high")),
    )
    return Claim(
        "gaussian.sum.limit",
        "(1 - exp(-s/2))/(s/2) tends to 1 with s",
        (states,),
        OURS,
        steps=steps,
    )


CLAIMS = (_recursion(), _cosine(), _angles(), _product(), _shrinks(), _sum(), _asymptotic())
