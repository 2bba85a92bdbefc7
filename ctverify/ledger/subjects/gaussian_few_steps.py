"""The Gaussian few-step law, exact, per direction: every step has its own error and damps the rest.

Y_k = m_1 + b_k + ... of variance V_k = v_1 (1 - u_k), m_1 = sqrt(abar_1) mu. Re-noised to level tau
and mapped back by f*_tau, whose slope is R sqrt(v_1/v_tau) with R = prod_{t <= tau} cos d_t:

    U = r Y_k + q Z,    r^2 = abar_tau/abar_1,    q^2 = 1 - r^2,    v_tau = r^2 v_1 + q^2,
    u_{k+1} = (1 - R^2) + R^2 rho^2 u_k,    b_{k+1} = R rho b_k,    rho^2 = r^2 v_1/v_tau < 1,
    W_2^2 = b_k^2 + v_1 (1 - sqrt(1 - u_k))^2,

u_1 = 1 - R_T^2 from p_T, and 1 - R_T^2/v_T with b_1 = -R_T sqrt(v_1/v_T) sqrt(abar_T) mu from N(0,
I). Here s = r^2.
"""

from __future__ import annotations

import sympy as sp

from ..axioms import W2_squared
from ..claim import Claim, Step
from ..rules import Axiom, Combine, Identity, Increasing, Induction
from ..sign import at, eq, le, lt
from .schedule import OURS, t

v1, s, R, V, v_T, lam = sp.symbols("v_1 s R V v_T lam", positive=True)
abar_1, abar_tau = sp.symbols("abar_1 abar_tau", positive=True)
mu, b, m_1, u = sp.symbols("mu b m_1 u", real=True)
v_tau = s * v1 + 1 - s
rho_squared = s * v1 / v_tau
SHRINKS = {"r < 1": lt(s, 1)}
POINTS = tuple(
    {
        v1: sp.Rational(i, 3),
        s: sp.Rational(1, i + 1),
        R: sp.Rational(9, 10),
        V: sp.Rational(2, i),
        v_T: sp.Rational(4, 5),
        b: sp.Rational(i, 7),
        mu: sp.Integer(i),
        m_1: sp.Rational(1, 2),
    }
    for i in (1, 2, 5)
)


def _level() -> Claim:
    """v_t = abar_t lam + 1 - abar_t at the two levels."""
    ratio = abar_tau / abar_1
    first = abar_1 * lam + 1 - abar_1
    states = eq(ratio * first + 1 - ratio, abar_tau * lam + 1 - abar_tau)
    return Claim(
        id="gaussian.few_steps.level",
        title="r^2 v_1 + q^2 = v_tau: re-noising takes the target's variance to level tau",
        statement=(states,),
        source=OURS,
        steps=(Step("variances", states, Identity()),),
        trials=({abar_1: sp.Rational(9, 10), abar_tau: sp.Rational(1, 4), lam: sp.Integer(3)},),
    )


def _step() -> Claim:
    """Variance and mean of Y_{k+1} = m_1 + slope (U - sqrt(abar_tau) mu), U = r Y_k + q Z."""
    slope = R * sp.sqrt(v1 / v_tau)
    after = slope**2 * (s * V + 1 - s)
    variance = eq(1 - after / v1, 1 - R**2 + R**2 * rho_squared * (1 - V / v1))
    root = sp.sqrt(s)
    reached = m_1 + slope * (root * (m_1 + b) - root * m_1)
    bias = eq(reached - m_1, R * sp.sqrt(rho_squared) * b)
    steps = (
        Step("v_tau > 0", lt(0, v_tau), Combine(((1, "r < 1"),))),
        Step("variance", variance, Identity()),
        Step("mean", bias, Identity()),
    )
    title = (
        "u_{k+1} = (1 - R^2) + R^2 rho^2 u_k and b_{k+1} = R rho b_k, rho^2 = r^2 v_1/v_tau, u = 1"
        " - Var Y/v_1"
    )
    return Claim(
        id="gaussian.few_steps",
        title=title,
        statement=(variance, bias),
        source=OURS,
        hypotheses=SHRINKS,
        steps=steps,
        trials=POINTS,
    )


def _start() -> Claim:
    """Started at variance v_T and the right mean, or at variance 1 and mean 0."""
    slope = R * sp.sqrt(v1 / v_T)
    mean_T = sp.Symbol("m_T", real=True)  # sqrt(abar_T) mu
    exact = eq(1 - slope**2 * v_T / v1, 1 - R**2)
    noise = eq(1 - slope**2 / v1, 1 - R**2 / v_T)
    bias = eq(m_1 + slope * (0 - mean_T) - m_1, -R * sp.sqrt(v1 / v_T) * mean_T)
    named = (("from p_T", exact), ("from N(0, I)", noise), ("mean from N(0, I)", bias))
    title = (
        "u_1 = 1 - R_T^2 from p_T; 1 - R_T^2/v_T and b_1 = -R_T sqrt(v_1/v_T) sqrt(abar_T) mu from"
        " N(0, I)"
    )
    return Claim(
        id="gaussian.few_steps.start",
        title=title,
        statement=tuple(states for _, states in named),
        source=OURS,
        steps=tuple(Step(name, states, Identity()) for name, states in named),
        trials=POINTS,
    )


def _damped() -> Claim:
    states = lt(rho_squared, 1)
    below = lt(s * v1, v_tau)
    steps = (
        Step("noise is added", lt(0, v_tau - s * v1), Combine(((1, "r < 1"),))),
        Step("v_tau > r^2 v_1", below, Combine(((1, "noise is added"),))),
        Step("v_tau > 0", lt(0, v_tau), Combine(((1, "r < 1"),))),
        Step("rho < 1", states, Combine(((1, "noise is added"),), times=("v_tau > 0",))),
    )
    return Claim(
        id="gaussian.few_steps.damped",
        title="rho^2 = r^2 v_1/v_tau < 1: what a step inherits is damped",
        statement=(states,),
        source=OURS,
        hypotheses=SHRINKS,
        steps=steps,
        trials=POINTS,
    )


def _floor() -> Claim:
    """The last step's own error stays, however many went before it."""
    error = sp.Function("u", real=True)
    own = sp.Function("own", nonnegative=True)
    kept = sp.Function("kept", nonnegative=True)
    definitions = {
        "u_1": le(0, error(1)),
        "u": eq(error(t + 1), own(t + 1) + kept(t + 1) * error(t)),
    }
    positive = le(0, error(t))
    floor = le(own(t + 1), error(t + 1))
    goes_on = Combine(((kept(t + 1), "@0"),), using=("u",))
    steps = (
        Step("at 1", at(positive, {t: 1}), Combine(((1, "u_1"),))),
        Step("goes on", at(positive, {t: t + 1}), goes_on, (positive,)),
        Step("u >= 0", positive, Induction(t, "at 1", "goes on")),
        Step("floor", floor, Combine(((kept(t + 1), "u >= 0"),), using=("u",))),
    )
    title = (
        "u_n >= 1 - R_{tau_n}^2: more steps never remove the last step's own error (own = 1 - R^2,"
        " kept = R^2 rho^2)"
    )
    return Claim(
        id="gaussian.few_steps.floor",
        title=title,
        statement=(floor,),
        source=OURS,
        definitions=definitions,
        steps=steps,
    )


def _distance() -> Claim:
    left = sp.sqrt(v1 * (1 - u))
    right = sp.sqrt(v1)
    distance = W2_squared(m_1 + b, left, m_1, right)
    states = eq(distance, b**2 + v1 * (1 - sp.sqrt(1 - u)) ** 2)
    steps = (
        Step("1 - u >= 0", le(0, v1 * (1 - u)), Combine(((v1, "u <= 1"),))),
        Step("spread >= 0", le(0, left), Increasing(sp.sqrt, "1 - u >= 0")),
        Step("v_1 >= 0", le(0, right), Combine()),
        Step(
            "W_2",
            eq(distance, (m_1 + b - m_1) ** 2 + (left - right) ** 2),
            Axiom("W_2 of Gaussians", (m_1 + b, left, m_1, right), ("spread >= 0", "v_1 >= 0")),
        ),
        Step("formula", states, Identity(("W_2",))),
    )
    return Claim(
        id="gaussian.few_steps.W2",
        title="after k steps, per direction: W_2^2 = b_k^2 + v_1 (1 - sqrt(1 - u_k))^2",
        statement=(states,),
        source=OURS,
        hypotheses={"u <= 1": le(u, 1)},
        steps=steps,
    )


CLAIMS = (_level(), _step(), _start(), _damped(), _floor(), _distance())
