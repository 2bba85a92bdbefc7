"""The sharp Gaussian law: one step of consistency training shrinks by a cosine.

Per eigenvalue lam, with psi_t = atan(sigma_t/sqrt(lam)), d_t = psi_t - psi_{t-1} > 0, Delta = psi_T - psi_1:

    slope of f*_T / slope of Phi_T = R_T = prod_{t=2..T} cos d_t,      Cov(X_{t-1}, X_t)/sqrt(v_{t-1} v_t) = cos d_t

(shared noise), v_t = abar_t lam + 1 - abar_t. As -log cos is convex, every schedule with these ends has

    1 - R_T >= 1 - cos(Delta/(T-1))^(T-1),      1 - exp(-sum d^2/2) <= 1 - R_T <= sum d^2/2.

Here abar = 1/(1 + sigma^2), so that all roots are of positive symbols; index t + 1 is the paper's t >= 2.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..claim import Claim, Step
from ..rules import Axiom, Combine, Definition, Identity, Increasing, Induction, Instance, Limiting, Power
from ..sign import at, eq, le, lt
from .schedule import OURS, t

X = sp.Symbol("x", positive=True)
lam, sigma, before = sp.symbols("lam sigma sigma_before", positive=True)  # sigma_t and sigma_{t-1}
mu, x = sp.symbols("mu x_t", real=True)
C = sp.Symbol("c", positive=True)
SLOPE = sp.Symbol("k", real=True)  # tan c


def abar(level: Any) -> Any:
    """alpha_bar at a noise level."""
    return 1 / (1 + level**2)


def variance(level: Any) -> Any:
    """v = abar lam + 1 - abar, the variance of X_t."""
    return abar(level) * lam + level**2 * abar(level)


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
    title = "for N(mu, lam) the DDIM step is affine with slope Cov(X_{t-1}, X_t)/Var(X_t), shared noise"
    return Claim("gaussian.affine", title, (states,), OURS, steps=(Step("slope", states, Identity()),))


def _cosine() -> Claim:
    """Cov/sqrt(v v') = cos(psi_t - psi_{t-1})."""
    angle = sp.atan(sigma / sp.sqrt(lam)) - sp.atan(before / sp.sqrt(lam))
    states = eq(covariance / sp.sqrt(variance(sigma) * variance(before)), sp.cos(angle))
    title = "Cov(X_{t-1}, X_t)/sqrt(v_{t-1} v_t) = cos(psi_t - psi_{t-1})"
    return Claim("gaussian.cosine", title, (states,), OURS, steps=(Step("cosine of a difference", states, Identity()),))


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
    return Claim("gaussian.angles", "0 < psi_t - psi_{t-1} < pi/2", statement, OURS, {"v < u": lt(v, u)}, steps=steps)


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
    title = "slope of f*_T = R_T sqrt(v_1/v_T), R_T = prod cos d_t (slopes by recursion, cov by gaussian.cosine)"
    return Claim("gaussian.product", title, (states,), OURS, definitions=definitions, steps=steps)


COS = (
    Step("cos > 0", lt(0, sp.cos(d(t + 1))), Axiom("pi/2 is the first zero of cos", (d(t + 1),), ("d > 0", "d < pi/2"))),
    Step("1 - cos", le(1 - sp.cos(d(t + 1)), d(t + 1) ** 2 / 2), Instance("calculus.cos.above", {X: d(t + 1)})),
    Step("cos <= exp", le(sp.cos(d(t + 1)), sp.exp(-(d(t + 1) ** 2) / 2)), Instance("calculus.cos.below", {X: d(t + 1)})),
)


def _shrinks() -> Claim:
    """0 < R_t <= 1, and R_t < 1 from t = 2 on."""
    low, high, certain = lt(0, R(t)), le(R(t), 1), lt(R(t + 1), 1)
    exponent = le(-(d(t + 1) ** 2) / 2, 0)
    steps = (
        *COS,
        Step("at 1 low", lt(0, R(1)), Combine(using=("R_1",))),
        Step("low goes on", lt(0, R(t + 1)), Combine(((1, "@0", "cos > 0"),), using=("R",)), (low,)),
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
            Combine(((1, "R <= 1"), (1, "R > 0", "cos <= exp"), (1, "R > 0", "exp < 1")), using=("R",)),
        ),
    )
    title = "from p_T consistency training always shrinks the spread: 0 < R_T < 1"
    return Claim("gaussian.shrinks", title, (low, high, certain), OURS, definitions=ANGLES, steps=steps)


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
    states = eq(sp.Limit((1 - sp.exp(-X / 2)) / (X / 2), X, 0, "+"), 1)
    return Claim(
        "gaussian.sum.limit",
        "(1 - exp(-s/2))/(s/2) tends to 1 with s",
        (states,),
        OURS,
        steps=(Step("limit", states, Limiting()),),
    )


def _floor() -> Claim:
    """Every schedule: R_{t+1} <= cos(Delta/t)^t, by the tangent of log cos at Delta/t."""
    total = psi(t) - psi(1)
    line = sp.cos(C) ** (t - 1) * sp.exp(-SLOPE * (total - (t - 1) * C))
    states = le(R(t), line)
    tan = sp.sin(C) / sp.cos(C)
    hypotheses = {"c < pi/2": lt(C, sp.pi / 2), "k = tan c": eq(SLOPE, tan)}
    tangent = le(sp.cos(d(t + 1)), sp.cos(C) * sp.exp(-tan * (d(t + 1) - C)))
    steps = (
        *COS,
        Step("tangent", tangent, Instance("calculus.cos.convex", {X: d(t + 1)})),
        Step("cos c > 0", lt(0, sp.cos(C)), Axiom("pi/2 is the first zero of cos", (C,), ("c < pi/2",))),
        Step("power > 0", lt(0, sp.cos(C) ** (t - 1)), Power("cos c > 0")),
        Step("line > 0", lt(0, line), Combine(((sp.exp(-SLOPE * (total - (t - 1) * C)), "power > 0"),))),
        Step("at 1", at(states, {t: 1}), Combine(using=("R_1",))),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Combine(((1, "@0", "cos > 0"), (1, "line > 0", "tangent")), using=("R", "d", "k = tan c")),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = "for every c in (0, pi/2): R_T <= cos(c)^(T-1) exp(-k (Delta - (T-1) c)), k = tan c, Delta = psi_T - psi_1"
    return Claim("gaussian.floor.any", title, (states,), OURS, hypotheses, ANGLES, steps)


def _equal_angles_are_best() -> Claim:
    """c = Delta/t, the mean step."""
    total = psi(t + 1) - psi(1)
    mean = total / t
    low, certain = lt(0, total), lt(total, t * sp.pi / 2)
    states = le(R(t + 1), sp.cos(mean) ** t)
    steps = (
        Step("d next", eq(d(t + 2), psi(t + 2) - psi(t + 1)), Definition("d", {t: t + 1})),
        Step("d next > 0", lt(0, d(t + 2)), Definition("d > 0", {t: t + 1})),
        Step("d next < pi/2", lt(d(t + 2), sp.pi / 2), Definition("d < pi/2", {t: t + 1})),
        Step("d_2", eq(d(2), psi(2) - psi(1)), Definition("d", {t: 1})),
        Step("d_2 > 0", lt(0, d(2)), Definition("d > 0", {t: 1})),
        Step("d_2 < pi/2", lt(d(2), sp.pi / 2), Definition("d < pi/2", {t: 1})),
        Step("low at 1", at(low, {t: 1}), Combine(((1, "d_2 > 0"), (-1, "d_2")))),
        Step("low goes on", at(low, {t: t + 1}), Combine(((1, "@0"), (1, "d next > 0"), (-1, "d next"))), (low,)),
        Step("Delta > 0", low, Induction(t, "low at 1", "low goes on")),
        Step("high at 1", at(certain, {t: 1}), Combine(((1, "d_2 < pi/2"), (1, "d_2")))),
        Step("high goes on", at(certain, {t: t + 1}), Combine(((1, "@0"), (1, "d next < pi/2"), (1, "d next"))), (certain,)),
        Step("Delta < t pi/2", certain, Induction(t, "high at 1", "high goes on")),
        Step("mean > 0", lt(0, mean), Combine(((1 / t, "Delta > 0"),))),
        Step("mean < pi/2", lt(mean, sp.pi / 2), Combine(((1 / t, "Delta < t pi/2"),))),
        Step(
            "tangent at the mean",
            le(R(t + 1), sp.cos(mean) ** t),
            Instance("gaussian.floor.any", {C: mean, SLOPE: sp.sin(mean) / sp.cos(mean), t: t + 1}),
        ),
    )
    title = "every schedule: R_T <= cos(Delta/(T-1))^(T-1), so that 1 - R_T >= 1 - cos(Delta/(T-1))^(T-1) (t + 1 = T)"
    return Claim("gaussian.floor", title, (states,), OURS, definitions=ANGLES, steps=steps)


def _attained() -> Claim:
    """Equal angles attain the floor."""
    states = eq(R(t), sp.cos(C) ** (t - 1))
    definitions = {"R_1": eq(R(1), 1), "R": eq(R(t + 1), R(t) * sp.cos(d(t + 1))), "equal": eq(d(t + 1), C)}
    steps = (
        Step("at 1", at(states, {t: 1}), Identity(("R_1",))),
        Step("goes on", at(states, {t: t + 1}), Identity(("R", "equal", "@0")), (states,)),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = "equal angles d_t = c attain it: R_T = cos(c)^(T-1)"
    return Claim("gaussian.floor.attained", title, (states,), OURS, definitions=definitions, steps=steps)


def _floor_limit() -> Claim:
    """T times the floor tends to Delta^2/2, pi^2/8 as Delta -> pi/2."""
    n, Delta = sp.Symbol("n", positive=True), sp.Symbol("Delta", positive=True)
    general = eq(sp.Limit((n + 1) * (1 - sp.cos(Delta / n) ** n), n, sp.oo), Delta**2 / 2)
    right = eq(sp.Limit(Delta**2 / 2, Delta, sp.pi / 2), sp.pi**2 / 8)
    steps = (Step("Delta^2/2", general, Limiting()), Step("pi^2/8", right, Limiting()))
    title = "T (1 - cos(Delta/(T-1))^(T-1)) tends to Delta^2/2 (T = n + 1), and that to pi^2/8 as Delta tends to pi/2"
    return Claim("gaussian.floor.limit", title, (general, right), OURS, steps=steps)


def _cosine_schedule() -> Claim:
    """At lam = 1 psi is theta, abar = cos^2 theta: equal steps of theta are the cosine schedule."""
    theta = sp.Symbol("theta", positive=True)
    states = eq((1 - sp.cos(theta) ** 2) / sp.cos(theta) ** 2, (sp.sin(theta) / sp.cos(theta)) ** 2)
    title = "at lam = 1, psi = theta where abar = cos^2 theta (tan^2 of both is sigma^2): equal angles are the cosine schedule"
    return Claim("gaussian.cosine_schedule", title, (states,), OURS, steps=(Step("tan^2 theta", states, Identity()),))


def _mean_square() -> Claim:
    """sum d^2 >= Delta^2/t over t steps: sum (d - c)^2 >= 0 for every c, at c = Delta/t."""
    c = sp.Symbol("c", real=True)
    total = psi(t) - psi(1)
    states = le(0, S2(t) - 2 * c * total + (t - 1) * c**2)
    steps = (
        Step("at 1", at(states, {t: 1}), Combine(using=("S_2 at 1",))),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Combine(((1, "@0"), ((d(t + 1) - c) ** 2,)), using=("S_2", "d")),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    return Claim("gaussian.squares.any", "sum (d - c)^2 >= 0 for every real c", (states,), OURS, definitions=ANGLES, steps=steps)


def _exponential_floor() -> Claim:
    """1 - R >= 1 - exp(-Delta^2/(2 (T-1)))."""
    c = sp.Symbol("c", real=True)
    total = psi(t + 1) - psi(1)
    states = le(R(t + 1), sp.exp(-(total**2) / (2 * t)))
    steps = (
        Step("squares", le(0, S2(t + 1) - total**2 / t), Instance("gaussian.squares.any", {c: total / t, t: t + 1})),
        Step("exponent", le(-S2(t + 1) / 2, -(total**2) / (2 * t)), Combine(((sp.Rational(1, 2), "squares"),))),
        Step("exp", le(sp.exp(-S2(t + 1) / 2), sp.exp(-(total**2) / (2 * t))), Increasing(sp.exp, "exponent")),
        Step("R <= exp", le(R(t + 1), sp.exp(-S2(t + 1) / 2)), Instance("gaussian.sum", {t: t + 1}, 0)),
        Step("floor", states, Combine(((1, "R <= exp"), (1, "exp")))),
    )
    title = "every schedule: 1 - R_T >= 1 - exp(-Delta^2/(2 (T-1))) (t + 1 = T)"
    return Claim("gaussian.floor.exp", title, (states,), OURS, definitions=ANGLES, steps=steps)


def _necessity() -> tuple[Claim, ...]:
    """W_1 = sqrt(v_1) (1 - R) m <= eps, m = E|Z|, asks for T - 1 >= Delta^2/(-2 log(1 - eps/(sqrt(v_1) m)))."""
    eps, root, m, steps_, Delta, dim = sp.symbols("eps s m n Delta d", positive=True)
    ratio = eps / (root * m)
    share = sp.Symbol("R", positive=True)
    hypotheses = {
        "W_1 <= eps": le(root * (1 - share) * m, eps),
        "floor": le(share, sp.exp(-(Delta**2) / (2 * steps_))),
        "eps < s m": lt(0, 1 - ratio),
    }
    states = le(Delta**2, -2 * steps_ * sp.log(1 - ratio))
    rest = (
        Step("1 - eps/(s m) <= R", le(1 - ratio, share), Combine(((1 / (root * m), "W_1 <= eps"),))),
        Step("under", le(1 - ratio, sp.exp(-(Delta**2) / (2 * steps_))), Combine(((1, "1 - eps/(s m) <= R"), (1, "floor")))),
        Step("logs", le(sp.log(1 - ratio), -(Delta**2) / (2 * steps_)), Increasing(sp.log, "under")),
        Step("steps", states, Combine(((2 * steps_, "logs"),))),
    )
    title = "W_1 <= eps needs n = T - 1 >= Delta^2/(-2 log(1 - eps/(s m))), s = sqrt(v_1), m = E|Z|, eps < s m"
    first = Claim("gaussian.necessary", title, (states,), OURS, hypotheses, steps=rest)
    order = le(Delta**2 * (root * sp.sqrt(2 * dim / sp.pi) - eps), 2 * steps_ * eps)
    needs = {"steps": states, "eps < s m": lt(0, 1 - ratio), "m >= sqrt(2 d/pi)": le(sp.sqrt(2 * dim / sp.pi), m)}
    more = (
        Step("ratio < 1", lt(ratio, 1), Combine(((1, "eps < s m"),))),
        Step("log", le(-sp.log(1 - ratio), ratio / (1 - ratio)), Instance("calculus.h.above", {X: ratio})),
        Step(
            "in m",
            le(Delta**2 * (root * m - eps), 2 * steps_ * eps),
            Combine(((root * m, "steps", "eps < s m"), (2 * steps_ * root * m, "log", "eps < s m"))),
        ),
        Step("order", order, Combine(((1, "in m"), (Delta**2 * root, "m >= sqrt(2 d/pi)")))),
    )
    title = (
        "hence T - 1 >= Delta^2 (s sqrt(2 d/pi) - eps)/(2 eps): steps of order sqrt(d)/eps are necessary (E|Z| >= sqrt(2d/pi))"
    )
    return first, Claim("gaussian.necessary.order", title, (order,), OURS, needs, steps=more)


CLAIMS = (
    _recursion(),
    _cosine(),
    _angles(),
    _product(),
    _shrinks(),
    _sum(),
    _asymptotic(),
    _floor(),
    _equal_angles_are_best(),
    _attained(),
    _floor_limit(),
    _cosine_schedule(),
    _mean_square(),
    _exponential_floor(),
    *_necessity(),
)
