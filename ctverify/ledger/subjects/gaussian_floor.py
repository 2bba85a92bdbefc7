"""The floor under every schedule's Gaussian shrinkage, its attainment, and the steps that it makes
necessary.

R_T = prod cos d_t, d_t > 0 with sum Delta; -log cos is convex, so that its tangent at c =
Delta/(T-1) bounds every factor:

    R_T <= cos(Delta/(T-1))^(T-1) <= exp(-Delta^2/(2 (T-1))),
        equality on the left for equal angles (at lam = 1: cosine)
    sqrt(v_1) (1 - R_T) m <= eps   asks for   T - 1 >= Delta^2/(-2 log(1 - eps/(sqrt(v_1) m))),
        m = E|Z| >= sqrt(2 d/pi)
"""

from __future__ import annotations

import sympy as sp

from ..claim import Claim, Step
from ..rules import (
    Axiom,
    Combine,
    Definition,
    Identity,
    Increasing,
    Induction,
    Instance,
    Limiting,
    Power,
    Squeeze,
)
from ..sign import at, eq, le, lt
from .gaussian import ANGLES, COS, S2, R, X, Y, d, psi
from .schedule import OURS, t

C = sp.Symbol("c", positive=True)
SLOPE = sp.Symbol("k", real=True)  # tan c


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
        Step(
            "cos c > 0",
            lt(0, sp.cos(C)),
            Axiom("pi/2 is the first zero of cos", (C,), ("c < pi/2",)),
        ),
        Step("power > 0", lt(0, sp.cos(C) ** (t - 1)), Power("cos c > 0")),
        Step(
            "line > 0",
            lt(0, line),
            Combine(((sp.exp(-SLOPE * (total - (t - 1) * C)), "power > 0"),)),
        ),
        Step("at 1", at(states, {t: 1}), Combine(using=("R_1",))),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Combine(
                ((1, "@0", "cos > 0"), (1, "line > 0", "tangent")), using=("R", "d", "k = tan c")
            ),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = (
        "for every c in (0, pi/2): R_T <= cos(c)^(T-1) exp(-k (Delta - (T-1) c)), k = tan c, Delta"
        " = psi_T - psi_1"
    )
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
        Step(
            "low goes on",
            at(low, {t: t + 1}),
            Combine(((1, "@0"), (1, "d next > 0"), (-1, "d next"))),
            (low,),
        ),
        Step("Delta > 0", low, Induction(t, "low at 1", "low goes on")),
        Step("high at 1", at(certain, {t: 1}), Combine(((1, "d_2 < pi/2"), (1, "d_2")))),
        Step(
            "high goes on",
            at(certain, {t: t + 1}),
            Combine(((1, "@0"), (1, "d next < pi/2"), (1, "d next"))),
            (certain,),
        ),
        Step("Delta < t pi/2", certain, Induction(t, "high at 1", "high goes on")),
        Step("mean > 0", lt(0, mean), Combine(((1 / t, "Delta > 0"),))),
        Step("mean < pi/2", lt(mean, sp.pi / 2), Combine(((1 / t, "Delta < t pi/2"),))),
        Step(
            "cos of the mean",
            lt(0, sp.cos(mean)),
            Axiom("pi/2 is the first zero of cos", (mean,), ("mean > 0", "mean < pi/2")),
        ),
        Step(
            "tangent at the mean",
            le(R(t + 1), sp.cos(mean) ** t),
            Instance("gaussian.floor.any", {C: mean, SLOPE: sp.sin(mean) / sp.cos(mean), t: t + 1}),
        ),
    )
    title = (
        "every schedule: R_T <= cos(Delta/(T-1))^(T-1), so that 1 - R_T >= 1 -"
        " cos(Delta/(T-1))^(T-1) (t + 1 = T)"
    )
    return Claim("gaussian.floor", title, (states,), OURS, definitions=ANGLES, steps=steps)


def _attained() -> Claim:
    """Equal angles attain the floor."""
    states = eq(R(t), sp.cos(C) ** (t - 1))
    definitions = {
        "R_1": eq(R(1), 1),
        "R": eq(R(t + 1), R(t) * sp.cos(d(t + 1))),
        "equal": eq(d(t + 1), C),
    }
    steps = (
        Step("at 1", at(states, {t: 1}), Identity(("R_1",))),
        Step("goes on", at(states, {t: t + 1}), Identity(("R", "equal", "@0")), (states,)),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = "equal angles d_t = c attain it: R_T = cos(c)^(T-1)"
    return Claim(
        "gaussian.floor.attained", title, (states,), OURS, definitions=definitions, steps=steps
    )


def _floor_limit() -> Claim:
    """T times the floor tends to Delta^2/2, pi^2/8 as Delta -> pi/2."""
    n, Delta = sp.Symbol("n", positive=True), sp.Symbol("Delta", positive=True)
    general = eq(sp.Limit((n + 1) * (1 - sp.cos(Delta / n) ** n), n, sp.oo), Delta**2 / 2)
    right = eq(sp.Limit(Delta**2 / 2, Delta, sp.pi / 2), sp.pi**2 / 8)
    c, share = Delta / n, (n + 1) * (1 - sp.cos(Delta / n) ** n)
    y, w = Delta**2 / (2 * n), n * (c**2 / 2) / (1 - c**2 / 2)
    given = (lt(c, sp.pi / 2), lt(c**2 / 2, 1))
    log = sp.log(sp.cos(c))
    steps = (
        Step("cos > 0", lt(0, sp.cos(c)), Axiom("pi/2 is the first zero of cos", (c,)), given),
        Step(
            "cos <=",
            le(sp.cos(c), sp.exp(-(c**2) / 2)),
            Instance("calculus.cos.below", {X: c}),
            given,
        ),
        Step("log <=", le(log, -(c**2) / 2), Increasing(sp.log, "cos <="), given),
        Step("n log <=", le(n * log, -y), Combine(((n, "log <="),)), given),
        Step("power <=", le(sp.cos(c) ** n, sp.exp(-y)), Increasing(sp.exp, "n log <="), given),
        Step(
            "second order",
            le(y - y**2 / 2, 1 - sp.exp(-y)),
            Instance("calculus.exp.second", {X: y}),
        ),
        Step(
            "low",
            le((n + 1) * (y - y**2 / 2), share),
            Combine(((n + 1, "power <="), (n + 1, "second order"))),
            given,
        ),
        Step("1 - cos <=", le(1 - sp.cos(c), c**2 / 2), Instance("calculus.cos.above", {X: c})),
        Step("cos >=", le(1 - c**2 / 2, sp.cos(c)), Combine(((1, "1 - cos <="),))),
        Step(
            "h",
            le(-sp.log(1 - c**2 / 2), (c**2 / 2) / (1 - c**2 / 2)),
            Instance("calculus.h.above", {X: c**2 / 2}),
            given,
        ),
        Step("log >= h", le(sp.log(1 - c**2 / 2), log), Increasing(sp.log, "cos >="), given),
        Step("n log >=", le(-w, n * log), Combine(((n, "log >= h"), (n, "h"))), given),
        Step("power >=", le(sp.exp(-w), sp.cos(c) ** n), Increasing(sp.exp, "n log >="), given),
        Step("tangent", le(1 - w, sp.exp(-w)), Instance("calculus.log", {Y: sp.exp(-w)}), given),
        Step(
            "high",
            le(share, (n + 1) * w),
            Combine(((n + 1, "power >="), (n + 1, "tangent"))),
            given,
        ),
        Step("Delta^2/2", general, Squeeze("low", "high")),
        Step("pi^2/8", right, Limiting()),
    )
    title = (
        "T (1 - cos(Delta/(T-1))^(T-1)) tends to Delta^2/2 (T = n + 1), and that to pi^2/8 as Delta"
        " tends to pi/2"
    )
    return Claim("gaussian.floor.limit", title, (general, right), OURS, steps=steps)


def _cosine_schedule() -> Claim:
    """At lam = 1 psi is theta, abar = cos^2 theta: equal steps of theta are the cosine schedule."""
    theta = sp.Symbol("theta", positive=True)
    states = eq((1 - sp.cos(theta) ** 2) / sp.cos(theta) ** 2, (sp.sin(theta) / sp.cos(theta)) ** 2)
    title = (
        "at lam = 1, tan^2 psi = sigma^2 = tan^2 theta where abar = cos^2 theta: equal angles are"
        " the cosine schedule"
    )
    return Claim(
        "gaussian.cosine_schedule",
        title,
        (states,),
        OURS,
        {"cos theta > 0": lt(0, sp.cos(theta))},
        steps=(Step("tan^2 theta", states, Identity()),),
    )


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
    return Claim(
        "gaussian.squares.any",
        "sum (d - c)^2 >= 0 for every real c",
        (states,),
        OURS,
        definitions=ANGLES,
        steps=steps,
    )


def _exponential_floor() -> Claim:
    """1 - R >= 1 - exp(-Delta^2/(2 (T-1)))."""
    c = sp.Symbol("c", real=True)
    total = psi(t + 1) - psi(1)
    states = le(R(t + 1), sp.exp(-(total**2) / (2 * t)))
    steps = (
        Step(
            "squares",
            le(0, S2(t + 1) - total**2 / t),
            Instance("gaussian.squares.any", {c: total / t, t: t + 1}),
        ),
        Step(
            "exponent",
            le(-S2(t + 1) / 2, -(total**2) / (2 * t)),
            Combine(((sp.Rational(1, 2), "squares"),)),
        ),
        Step(
            "exp",
            le(sp.exp(-S2(t + 1) / 2), sp.exp(-(total**2) / (2 * t))),
            Increasing(sp.exp, "exponent"),
        ),
        Step(
            "R <= exp",
            le(R(t + 1), sp.exp(-S2(t + 1) / 2)),
            Instance("gaussian.sum", {t: t + 1}, 0),
        ),
        Step("floor", states, Combine(((1, "R <= exp"), (1, "exp")))),
    )
    title = "every schedule: 1 - R_T >= 1 - exp(-Delta^2/(2 (T-1))) (t + 1 = T)"
    return Claim("gaussian.floor.exp", title, (states,), OURS, definitions=ANGLES, steps=steps)


def _necessity() -> tuple[Claim, ...]:
    """W_1 = sqrt(v_1) (1 - R) m <= eps, m = E|Z|, asks for T - 1 >= Delta^2/(-2 log(1 -
    eps/(sqrt(v_1) m))).
    """
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
        Step(
            "1 - eps/(s m) <= R", le(1 - ratio, share), Combine(((1 / (root * m), "W_1 <= eps"),))
        ),
        Step(
            "under",
            le(1 - ratio, sp.exp(-(Delta**2) / (2 * steps_))),
            Combine(((1, "1 - eps/(s m) <= R"), (1, "floor"))),
        ),
        Step(
            "logs", le(sp.log(1 - ratio), -(Delta**2) / (2 * steps_)), Increasing(sp.log, "under")
        ),
        Step("steps", states, Combine(((2 * steps_, "logs"),))),
    )
    title = (
        "W_1 <= eps needs n = T - 1 >= Delta^2/(-2 log(1 - eps/(s m))), s = sqrt(v_1), m = E|Z|,"
        " eps < s m"
    )
    first = Claim("gaussian.necessary", title, (states,), OURS, hypotheses, steps=rest)
    order = le(Delta**2 * (root * sp.sqrt(2 * dim / sp.pi) - eps), 2 * steps_ * eps)
    needs = {
        "steps": states,
        "eps < s m": lt(0, 1 - ratio),
        "m >= sqrt(2 d/pi)": le(sp.sqrt(2 * dim / sp.pi), m),
    }
    more = (
        Step("ratio < 1", lt(ratio, 1), Combine(((1, "eps < s m"),))),
        Step(
            "log",
            le(-sp.log(1 - ratio), ratio / (1 - ratio)),
            Instance("calculus.h.above", {X: ratio}),
        ),
        Step(
            "in m",
            le(Delta**2 * (root * m - eps), 2 * steps_ * eps),
            Combine(
                ((root * m, "steps", "eps < s m"), (2 * steps_ * root * m, "log", "eps < s m"))
            ),
        ),
        Step("order", order, Combine(((1, "in m"), (Delta**2 * root, "m >= sqrt(2 d/pi)")))),
    )
    title = (
        "hence T - 1 >= Delta^2 (s sqrt(2 d/pi) - eps)/(2 eps): steps of order sqrt(d)/eps are"
        " necessary (E|Z| >= sqrt(2d/pi))"
    )
    return first, Claim("gaussian.necessary.order", title, (order,), OURS, needs, steps=more)


CLAIMS = (
    _floor(),
    _equal_angles_are_best(),
    _attained(),
    _floor_limit(),
    _cosine_schedule(),
    _mean_square(),
    _exponential_floor(),
    *_necessity(),
)
