"""An explicit-constant theorem for Gaussians, start at N(0, I) included. With A = abar_T, v_T = 1 + A (lam - 1), Lam >= 1, lam:

    W_2(f*_T(Z), X_1)^2 = sum_i  (A_i sqrt(A) mu_i)^2 + v_{1,i} (1 - R_i/sqrt(v_{T,i}))^2,        A_i = R_i sqrt(v_{1,i}/v_{T,i})
    |1 - R/sqrt(v_T)| <= (1 - R) + Lam A,      1 - R <= 0.3 r    (schedule (23), r <= 1/2)

    W_2(f*_T(Z), X_1) <= sqrt(d Lam) (0.3 r + Lam A) + sqrt(2 Lam A) |mu|,      r = c1 log T/T,  A = abar_T = T^-c2 <= 1/2

and c2 >= c1 - c0/(1 - r/2) (schedule.27d). At c0 = 2, c1 = 4 (r <= 1/2 from T = 27 on) A <= T^-2, so that

    W_2 <= sqrt(d Lam) (1.2 + Lam/(T log T)) log T/T + sqrt(2 Lam) |mu|/T;     d^2 log^4 T below (24) at C_1 = 1 up to 1.2.
"""

from __future__ import annotations

import sympy as sp

from ..axioms import W1, W2_squared, mean
from ..claim import Claim, Step
from ..rules import (
    Axiom,
    Between,
    Combine,
    Congruence,
    Definition,
    Enclosure,
    Identity,
    Increasing,
    Induction,
    Instance,
    Monotone,
)
from ..sign import at, eq, le, lt
from .far_end import LOGS
from .log_alpha_bar import S_DEFINITIONS, L, X, ell, h, s
from .schedule import DEFINITIONS, OURS, WITHIN, a, b, r, t

lam, A, root, Lam = sp.symbols("lam A s Lam", positive=True)  # eigenvalue, abar_T, sqrt(v_T), max(1, eigenvalues)
R = sp.Symbol("R", nonnegative=True)
v1 = sp.Symbol("v_1", positive=True)
mu = sp.Symbol("mu", real=True)
half = sp.Rational(1, 2)
SETTING = {
    "v_T": eq(lam, (root**2 - 1) / A + 1),
    "R <= 1": le(R, 1),
    "A <= 1/2": le(A, half),
    "Lam >= 1": le(1, Lam),
    "Lam >= lam": le(lam, Lam),
}
POSITIVE = Step("s^2 >= 1 - A", le(1 - A, root**2), Combine(((A, "lam > 0"), (-A, "v_T"))))
LAM = Step("lam > 0", lt(0, lam), Combine())


def _law() -> Claim:
    """f*_T(Z) ~ N(sqrt(abar_1) mu - A_i sqrt(abar_T) mu, A_i^2) against N(sqrt(abar_1) mu, v_1)."""
    slope = R * sp.sqrt(v1) / root
    first = sp.Symbol("abar_1", positive=True)
    mean = sp.sqrt(first) * mu
    states = eq(
        W2_squared(mean - slope * sp.sqrt(A) * mu, slope, mean, sp.sqrt(v1)),
        slope**2 * A * mu**2 + v1 * (1 - R / root) ** 2,
    )
    steps = (
        Step("slope >= 0", le(0, slope), Combine()),
        Step("deviation >= 0", le(0, sp.sqrt(v1)), Combine()),
        Step(
            "W_2",
            eq(
                W2_squared(mean - slope * sp.sqrt(A) * mu, slope, mean, sp.sqrt(v1)),
                (mean - slope * sp.sqrt(A) * mu - mean) ** 2 + (slope - sp.sqrt(v1)) ** 2,
            ),
            Axiom("W_2 of Gaussians", (mean - slope * sp.sqrt(A) * mu, slope, mean, sp.sqrt(v1))),
        ),
        Step("formula", states, Identity(("W_2",))),
    )
    title = "from N(0, I), per direction: W_2^2 = (A_i sqrt(abar_T) mu)^2 + v_1 (1 - R/sqrt(v_T))^2, A_i = R sqrt(v_1/v_T)"
    return Claim("gaussian.start", title, (states,), OURS, steps=steps)


def _exact() -> tuple[Claim, ...]:
    """From X_T ~ p_T, isotropic: f*_T(X_T) = R sqrt(v_1) Z and Phi_T(X_T) = sqrt(v_1) Z about the mean, on one Z."""
    d, Z = sp.Symbol("d", integer=True, positive=True), sp.Symbol("Z", real=True)
    model, exact, at_most_1 = R * sp.sqrt(v1), sp.sqrt(v1), {"R <= 1": le(R, 1)}
    square = eq(d * W2_squared(0, model, 0, exact), d * v1 * (1 - R) ** 2)
    first = (
        Step("R s >= 0", le(0, model), Combine()),
        Step("s >= 0", le(0, exact), Combine()),
        Step(
            "each",
            eq(W2_squared(0, model, 0, exact), (0 - 0) ** 2 + (model - exact) ** 2),
            Axiom("W_2 of Gaussians", (0, model, 0, exact)),
        ),
        Step("sum", square, Identity(("each",))),
    )
    distance = eq(W1(model * Z, exact * Z), exact * (1 - R) * mean(sp.Abs(Z)))
    second = (
        Step("1 - R >= 0", le(0, exact * (1 - R)), Combine(((exact, "R <= 1"),))),
        Step("R s >= 0", le(0, model), Combine()),
        Step("s >= 0", le(0, exact), Combine()),
        Step(
            "coupled",
            le(W1(model * Z, exact * Z), mean(sp.Abs(model * Z - exact * Z))),
            Axiom("coupling bound in L^1", (model * Z, exact * Z)),
        ),
        Step("difference", eq(mean(sp.Abs(model * Z - exact * Z)), mean(sp.Abs(exact * (1 - R) * Z))), Congruence()),
        Step(
            "its mean",
            eq(mean(sp.Abs(exact * (1 - R) * Z)), exact * (1 - R) * mean(sp.Abs(Z))),
            Axiom("linearity of the mean", (exact * (1 - R), Z)),
        ),
        Step("at most", le(distance.lhs, distance.rhs), Combine(((1, "coupled"),), using=("difference", "its mean"))),
        Step(
            "dual",
            le(mean(sp.Abs(exact * Z)) - mean(sp.Abs(model * Z)), distance.lhs),
            Axiom("Kantorovich duality", (model * Z, exact * Z)),
        ),
        Step("target's mean", eq(mean(sp.Abs(exact * Z)), exact * mean(sp.Abs(Z))), Axiom("linearity of the mean", (exact, Z))),
        Step("model's mean", eq(mean(sp.Abs(model * Z)), model * mean(sp.Abs(Z))), Axiom("linearity of the mean", (model, Z))),
        Step("at least", le(distance.rhs, distance.lhs), Combine(((1, "dual"),), using=("target's mean", "model's mean"))),
        Step("W_1", distance, Between("at most", "at least")),
    )
    return (
        Claim("gaussian.W2", "from X_T ~ p_T, isotropic: W_2^2 = d v_1 (1 - R)^2", (square,), OURS, steps=first),
        Claim(
            "gaussian.W1",
            "from X_T ~ p_T, isotropic: W_1 = sqrt(v_1) (1 - R) E|Z| (|.| the norm of R^d)",
            (distance,),
            OURS,
            at_most_1,
            steps=second,
        ),
    )


def _direction() -> Claim:
    """|1 - R/s| <= (1 - R) + Lam A."""
    low, high = le(1 - R / root, 1 - R + Lam * A), le(R / root - 1, Lam * A)
    steps = (
        LAM,
        POSITIVE,
        Step(
            "tangent",
            le(1 - 1 / root, A * (lam - 1) / 2),
            Combine(((A / 2, "v_T"), ((root - 1) ** 2 * (root + 2) / (2 * root),))),
        ),
        Step(
            "low",
            low,
            Combine(((R, "tangent"), (R * A / 2, "Lam >= lam"), (Lam * A / 2, "R <= 1"), (Lam * A / 2,), (R * A / 2,))),
        ),
        Step("(1+A)^2 (1-A) >= 1", le(1, (1 + A) ** 2 * (1 - A)), Combine(((A * (A + 3 * half), "A <= 1/2"), (A / 4,)))),
        Step("square", le(1, (1 + A) ** 2 * root**2), Combine(((1, "(1+A)^2 (1-A) >= 1"), ((1 + A) ** 2, "s^2 >= 1 - A")))),
        Step("root", le(1, (1 + A) * root), Increasing(sp.sqrt, "square")),
        Step("1/s", le(1 / root, 1 + A), Combine(((1, "root"),), root)),
        Step("high", high, Combine(((1 / root, "R <= 1"), (1, "1/s"), (A, "Lam >= 1")))),
    )
    title = "starting at N(0, I): -Lam abar_T <= 1 - R/sqrt(v_T) <= (1 - R) + Lam abar_T, v_T = 1 + abar_T (lam - 1)"
    return Claim("explicit.start", title, (low, high), OURS, SETTING, steps=steps)


rho = sp.Symbol("rho", positive=True)  # a bound of 1 - R in every direction: 0.3 r
B = rho + Lam * A


def _term() -> Claim:
    """One direction's share of W_2^2."""
    share = (R**2 * v1 / root**2) * A * mu**2 + v1 * (1 - R / root) ** 2
    states = le(share, 2 * Lam * A * mu**2 + Lam * B**2)
    steps = (
        LAM,
        POSITIVE,
        Step("low", le(1 - R / root, 1 - R + Lam * A), Instance("explicit.start", part=0)),
        Step("high", le(R / root - 1, Lam * A), Instance("explicit.start", part=1)),
        Step("1 - R/s <= B", le(1 - R / root, B), Combine(((1, "low"), (1, "1 - R <= rho")))),
        Step("R/s - 1 <= B", le(R / root - 1, B), Combine(((1, "high"), (rho,)))),
        Step("square", le((1 - R / root) ** 2, B**2), Combine(((1, "1 - R/s <= B", "R/s - 1 <= B"),))),
        Step("R^2 <= 1", le(R**2, 1), Combine(((1 + R, "R <= 1"),))),
        Step("1 <= 2 s^2", le(1, 2 * root**2), Combine(((2, "s^2 >= 1 - A"), (2, "A <= 1/2")))),
        Step("ratio", le(R**2 / root**2, 2), Combine(((1, "R^2 <= 1"), (1, "1 <= 2 s^2")), root**2)),
        Step(
            "share",
            states,
            Combine(((v1 * A * mu**2, "ratio"), (2 * A * mu**2, "v_1 <= Lam"), (v1, "square"), (B**2, "v_1 <= Lam"))),
        ),
    )
    title = "one direction's share of W_2^2 is at most 2 Lam abar_T mu^2 + Lam (rho + Lam abar_T)^2, rho >= 1 - R"
    return Claim(
        "explicit.direction",
        title,
        (states,),
        OURS,
        SETTING | {"v_1 <= Lam": le(v1, Lam), "1 - R <= rho": le(1 - R, rho)},
        steps=steps,
    )


def _theorem() -> tuple[Claim, Claim]:
    """The sum over d directions, and its root."""
    W, size = sp.Symbol("W_2", nonnegative=True), sp.Symbol("mu_norm", nonnegative=True)
    term, square = sp.Function("term", real=True), sp.Function("V", real=True)
    squares, mus = sp.Function("N", real=True), sp.Function("mu", real=True)
    bound = 2 * Lam * A * squares(t) + t * Lam * B**2
    definitions = {
        "direction": le(term(t), 2 * Lam * A * mus(t) ** 2 + Lam * B**2),
        "sum_1": eq(square(1), term(1)),
        "sum": eq(square(t + 1), square(t) + term(t + 1)),
        "mu_1": eq(squares(1), mus(1) ** 2),
        "mu sum": eq(squares(t + 1), squares(t) + mus(t + 1) ** 2),
    }
    summed = le(square(t), bound)
    hypotheses = {"W_2": eq(square(t), W**2), "|mu|": eq(squares(t), size**2)}
    one = le(term(1), at(definitions["direction"], {t: 1}).rhs)
    result = le(W, sp.sqrt(t * Lam) * B + sp.sqrt(2 * Lam * A) * size)
    steps = (
        Step("term 1", one, Definition("direction", {t: 1})),
        Step("next term", at(definitions["direction"], {t: t + 1}), Definition("direction", {t: t + 1})),
        Step("at 1", at(summed, {t: 1}), Combine(((1, "term 1"),), using=("sum_1", "mu_1"))),
        Step("goes on", at(summed, {t: t + 1}), Combine(((1, "@0"), (1, "next term")), using=("sum", "mu sum")), (summed,)),
        Step("sum over directions", summed, Induction(t, "at 1", "goes on")),
    )
    first = Claim(
        "explicit.sum",
        "W_2^2 <= d Lam (rho + Lam abar_T)^2 + 2 Lam abar_T |mu|^2 (t = d)",
        (summed,),
        OURS,
        definitions=definitions,
        steps=steps,
    )
    more = (
        Step("summed", summed, Instance("explicit.sum")),
        Step(
            "square",
            le(W**2, result.rhs**2),
            Combine(
                ((1, "summed"), (1, "W_2"), (-2 * Lam * A, "|mu|"), (2 * sp.sqrt(t * Lam) * B * sp.sqrt(2 * Lam * A) * size,))
            ),
        ),
        Step("root", result, Increasing(sp.sqrt, "square")),
    )
    title = (
        "W_2(f*_T(Z), X_1) <= sqrt(d Lam) (rho + Lam abar_T) + sqrt(2 Lam abar_T) |mu|, rho = 0.3 r (gaussian.excess.r), t = d"
    )
    return first, Claim("explicit.theorem", title, (result,), OURS, hypotheses, definitions, more)


def _curvature() -> Claim:
    """h (2 l - r) >= r l on (0, 1/2], by the first terms of both series."""
    low_h, low_l = r + r**2 / 2 + r**3 / 3, r - r**2 / 2 + r**3 / 3 - r**4 / 4
    states = le(r * ell, h * (2 * ell - r))
    polynomial = sp.cancel((low_h * (2 * low_l - r) - r * low_l) / r**4)
    slope = sp.cancel((2 * low_l - r) / r)
    steps = (
        *LOGS[:1],
        Step("h", le(low_h, h), Instance("calculus.h.3", {X: r})),
        Step("l", le(low_l, ell), Instance("calculus.l.4", {X: r})),
        Step("2 h - r > 0", lt(0, 2 * h - r), Combine(((2, "h"), (r + r**2 + 2 * r**3 / 3,)))),
        Step("slope", le(0, slope), Enclosure()),
        Step("2 l - r >= 0", le(0, 2 * low_l - r), Combine(((r, "slope"),))),
        Step("polynomial", le(0, polynomial), Enclosure()),
        Step("order", states, Combine(((1, "l", "2 h - r > 0"), (1, "h", "2 l - r >= 0"), (r**4, "polynomial")))),
    )
    title = "h (2 l - r) >= r l for r <= 1/2, h = -log(1 - r), l = log(1 + r)"
    return Claim("calculus.curvature", title, (states,), OURS, {"r <= 1/2": le(r, half)}, steps=steps)


log_T = sp.log(t)
AT_2_4 = {"r = 4 log T/T": eq(r, 4 * log_T / t), "b = T^-2": eq(b, t**-2), "T >= 2": le(2, t)}


def _far_end() -> Claim:
    """At c0 = 2, c1 = 4: 1 - a b + h (T - L) >= 2 log T, as T = 4 log T/r and L = 2 log T/l."""
    states = le(2 * log_T, s(t))
    quarter = sp.Rational(1, 4)
    steps = (
        *LOGS,
        Step("T > 1", lt(1, t), Combine(((1, "T >= 2"),))),
        Step("log T > 0", lt(0, log_T), Increasing(sp.log, "T > 1")),
        Step("b <= 1/4", le(b, quarter), Combine((((t + 2) / (4 * t**2), "T >= 2"),), using=("b = T^-2",))),
        Step("b (1+r) <= 1", le(b * (1 + r), 1), Combine(((1 + r, "b <= 1/4"), (quarter, "r <= 1/2")))),
        Step("floor", le(1 - a * b + h * (t - L), s(t)), Instance("schedule.27d.floor")),
        Step("a b <= 1", le(0, 1 - a * b), Combine(((a, "b <= 1/4"), (r / 4 + 5 * quarter / 2, "r <= 1/2")))),
        Step("curvature", le(r * ell, h * (2 * ell - r)), Instance("calculus.curvature")),
        Step(
            "c2 >= 2",
            states,
            Combine(
                ((1, "floor"), (1, "a b <= 1"), (h * t / r, "r = 4 log T/T"), (2 / (r * ell), "log T > 0", "curvature")),
                using=("b = T^-2",),
            ),
        ),
    )
    title = "c0 = 2, c1 = 4: c2 >= 2 for every T >= 2 with r <= 1/2 (T >= 27)"
    definitions = DEFINITIONS | S_DEFINITIONS
    return Claim("schedule.27d.2_4", title, (states,), OURS, WITHIN | AT_2_4, definitions, steps)


def _from_27() -> Claim:
    """r = 4 log T/T <= 1/2 from T = 27 on, and not before."""
    T = sp.Symbol("T", positive=True)
    states = le(8 * sp.log(T), T)
    before = lt(sp.Integer(26), 8 * sp.log(26))
    steps = (
        Step("slope", le(0, sp.diff(T - 8 * sp.log(T), T)), Combine(((1, "T >= 27"), (19,)), T)),
        Step("from 27", states, Monotone(T, 27, "slope")),
        Step("not at 26", before, Enclosure()),
    )
    return Claim(
        "schedule.27",
        "4 log T/T <= 1/2 for T >= 27, and 4 log 26/26 > 1/2",
        (states, before),
        OURS,
        {"T >= 27": le(27, T)},
        steps=steps,
    )


def _at_2_4() -> Claim:
    """The theorem at c0 = 2, c1 = 4."""
    T, log, size, d = (sp.Symbol(name, positive=True) for name in ("T", "log_T", "mu_norm", "d"))
    bound = sp.sqrt(d * Lam) * (sp.Rational(3, 10) * 4 * log / T + Lam * A) + sp.sqrt(2 * Lam * A) * size
    constant = sp.sqrt(d * Lam) * (sp.Rational(6, 5) + Lam / (T * log)) + sp.sqrt(2 * Lam) * size / log
    states = le(bound, constant * log / T)
    steps = (
        Step("root", le(sp.sqrt(A), 1 / T), Increasing(sp.sqrt, "c2 >= 2")),
        Step("bound", states, Combine(((sp.sqrt(d * Lam) * Lam, "c2 >= 2"), (sp.sqrt(2 * Lam) * size, "root")))),
    )
    title = (
        "c0 = 2, c1 = 4, T >= 27: W_2(f*_T(Z), X_1) <= [sqrt(d Lam) (1.2 + Lam/(T log T)) + sqrt(2 Lam) |mu|/log T] log T/T "
        "(explicit.theorem, rho = 0.3 r, schedule.27d.2_4)"
    )
    return Claim("explicit.2_4", title, (states,), OURS, {"c2 >= 2": le(A, 1 / T**2)}, steps=steps)


def _beats() -> Claim:
    """(24) over ours."""
    T, log, d, C, C_1, L_f = (sp.Symbol(name, positive=True) for name in ("T", "log_T", "d", "C", "C_1", "L_f"))
    theirs = C_1 * L_f**3 * d ** sp.Rational(5, 2) * log**5 / T
    ours = C * sp.sqrt(d) * log / T
    ratio, order = eq(theirs / ours, C_1 * L_f**3 * d**2 * log**4 / C), le(ours, theirs)
    enough = {"C_1 d^2 log^4 T >= C": le(C, C_1 * d**2 * log**4), "L_f >= 1": le(1, L_f)}
    scale = sp.sqrt(d) * log / T
    steps = (
        Step("ratio", ratio, Identity()),
        Step(
            "ours is smaller",
            order,
            Combine(((scale, "C_1 d^2 log^4 T >= C"), (scale * C_1 * d**2 * log**4 * (L_f**2 + L_f + 1), "L_f >= 1"))),
        ),
    )
    title = "(24) is C_1 L_f^3 d^2 log^4(T)/C times ours: larger as soon as C_1 >= C/(d^2 log^4 T), as L_f >= 1 (Phi_{t->t} = id)"
    return Claim("explicit.beats", title, (ratio, order), OURS, enough, steps=steps)


CLAIMS = (
    _law(),
    *_exact(),
    _direction(),
    _term(),
    *_theorem(),
    _curvature(),
    _far_end(),
    _from_27(),
    _at_2_4(),
    _beats(),
)
