"""Distances of Gaussians, exactly: from X_T ~ p_T, and from N(0, I).

isotropic, X_T ~ p_T:   W_1 = sqrt(v_1) (1 - R) E|Z|,   W_2 = sqrt(v_1) (1 - R) sqrt(d) from N(0,
I), per direction:   W_2^2 = (A_i sqrt(A) mu_i)^2 + v_1 (1 - R/s)^2,   A_i = R sqrt(v_1)/s,  A =
abar_T,  s = sqrt(v_T)
"""

from __future__ import annotations

import sympy as sp

from ..axioms import W1, Random, W2_squared, mean
from ..claim import Claim, Step
from ..rules import Axiom, Between, Combine, Congruence, Identity
from ..sign import eq, le
from .schedule import OURS

A, root, v1 = sp.symbols("A s v_1", positive=True)  # abar_T, sqrt(v_T), v_1
R = sp.Symbol("R", nonnegative=True)
mu = sp.Symbol("mu", real=True)


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
    title = (
        "from N(0, I), per direction: W_2^2 = (A_i sqrt(abar_T) mu)^2 + v_1 (1 - R/sqrt(v_T))^2,"
        " A_i = R sqrt(v_1/v_T)"
    )
    return Claim("gaussian.start", title, (states,), OURS, steps=steps)


# from X_T ~ p_T, isotropic: f*_T(X_T) = R sqrt(v_1) Z and Phi_T(X_T) = sqrt(v_1) Z about the mean,
# on one Z
model, exact = R * sp.sqrt(v1), sp.sqrt(v1)


def _second_order() -> Claim:
    """W_2^2 = d v_1 (1 - R)^2."""
    d = sp.Symbol("d", integer=True, positive=True)
    square = eq(d * W2_squared(0, model, 0, exact), d * v1 * (1 - R) ** 2)
    steps = (
        Step("R s >= 0", le(0, model), Combine()),
        Step("s >= 0", le(0, exact), Combine()),
        Step(
            "each",
            eq(W2_squared(0, model, 0, exact), (0 - 0) ** 2 + (model - exact) ** 2),
            Axiom("W_2 of Gaussians", (0, model, 0, exact)),
        ),
        Step("sum", square, Identity(("each",))),
    )
    return Claim(
        "gaussian.W2",
        "from X_T ~ p_T, isotropic: W_2^2 = d v_1 (1 - R)^2",
        (square,),
        OURS,
        steps=steps,
    )


def _first_order() -> Claim:
    """W_1 = sqrt(v_1) (1 - R) E|Z|: the coupling above, -|.| below."""
    Z = Random("Z", real=True)
    distance = eq(W1(model * Z, exact * Z), exact * (1 - R) * mean(sp.Abs(Z)))
    steps = (
        Step("1 - R >= 0", le(0, exact * (1 - R)), Combine(((exact, "R <= 1"),))),
        Step("R s >= 0", le(0, model), Combine()),
        Step("s >= 0", le(0, exact), Combine()),
        Step(
            "coupled",
            le(W1(model * Z, exact * Z), mean(sp.Abs(model * Z - exact * Z))),
            Axiom("coupling bound in L^1", (model * Z, exact * Z)),
        ),
        Step(
            "difference",
            eq(mean(sp.Abs(model * Z - exact * Z)), mean(sp.Abs(exact * (1 - R) * Z))),
            Congruence(),
        ),
        Step(
            "its mean",
            eq(mean(sp.Abs(exact * (1 - R) * Z)), exact * (1 - R) * mean(sp.Abs(Z))),
            Axiom("linearity of the mean", (exact * (1 - R), Z)),
        ),
        Step(
            "at most",
            le(distance.lhs, distance.rhs),
            Combine(((1, "coupled"),), using=("difference", "its mean")),
        ),
        Step(
            "dual",
            le(mean(sp.Abs(exact * Z)) - mean(sp.Abs(model * Z)), distance.lhs),
            Axiom("Kantorovich duality", (model * Z, exact * Z)),
        ),
        Step(
            "target's mean",
            eq(mean(sp.Abs(exact * Z)), exact * mean(sp.Abs(Z))),
            Axiom("linearity of the mean", (exact, Z)),
        ),
        Step(
            "model's mean",
            eq(mean(sp.Abs(model * Z)), model * mean(sp.Abs(Z))),
            Axiom("linearity of the mean", (model, Z)),
        ),
        Step(
            "at least",
            le(distance.rhs, distance.lhs),
            Combine(((1, "dual"),), using=("target's mean", "model's mean")),
        ),
        Step("W_1", distance, Between("at most", "at least")),
    )
    title = "from X_T ~ p_T, isotropic: W_1 = sqrt(v_1) (1 - R) E|Z| (|.| the norm of R^d)"
    return Claim("gaussian.W1", title, (distance,), OURS, {"R <= 1": le(R, 1)}, steps=steps)


CLAIMS = (_law(), _second_order(), _first_order())
