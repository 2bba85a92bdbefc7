"""Exact identities, for every target unless they say Gaussian.

    E[X_{t-1} | X_t = x] = sqrt(abar') D + sqrt(1 - abar') (x - sqrt(abar) D)/sqrt(1 - abar)
        the DDIM step, D = E[X_0 | x]
    Cov(X_{t-1} | X_t) = c_t^2 Cov(X_0 | X_t),
        c_t = sqrt(abar') (1 - sigma'/sigma) = sin(th - th')/sin(th),  abar = cos^2 th
    D(y, sigma) = y + sigma^2 d/dy log p(y)   Tweedie
    dy/dsigma = (y - D)/sigma   in every convention x = a X_0 + b z,  y = x/a,  sigma = b z_std/a
    Phi_{s->k} o Phi_{t->s} = Phi_{t->k},   log p_t = log p_1 o Phi + log det D Phi   Gaussian flow

abar, sigma at t; abar', sigma' at t - 1. With the same X_0 and Z on both sides (shared noise).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..axioms import Cov, E, M, Random
from ..claim import Claim, Step
from ..rules import Axiom, Combine, Congruence, Identity, Instance, Monotone
from ..sign import eq, le, lt
from .gaussian import X
from .schedule import OURS

sigma, before, lam = sp.symbols("sigma sigma_before lam", positive=True)
x, mu = sp.symbols("x mu", real=True)
X_0 = Random("X_0", real=True)
alpha, alpha_before = (
    1 / sp.sqrt(1 + sigma**2),
    1 / sp.sqrt(1 + before**2),
)  # sqrt(abar) = 1/sqrt(1 + sigma^2)
b, b_before = sigma * alpha, before * alpha_before
factor = alpha_before * (1 - before / sigma)


def _shared_noise() -> Any:
    """X_{t-1} given X_t = x and X_0: Z is (x - sqrt(abar) X_0)/sqrt(1 - abar)."""
    return alpha_before * X_0 + b_before * (x - alpha * X_0) / b


def _conditional_mean() -> Claim:
    D = E(X_0)
    constant = b_before * x / b
    expected = eq(E(constant + factor * X_0), constant + factor * D)
    ddim = alpha_before * D + b_before * (x - alpha * D) / b
    states = eq(E(_shared_noise()), ddim)
    steps = (
        Step("linear", expected, Axiom("linearity of E", ((constant, 1), (factor, X_0)))),
        Step("rewritten", eq(E(_shared_noise()), E(constant + factor * X_0)), Congruence()),
        Step("DDIM step", states, Identity(("rewritten", "linear"))),
    )
    return Claim(
        "identity.ddim", "the conditional mean is the DDIM step", (states,), OURS, steps=steps
    )


def _conditional_covariance() -> Claim:
    constant = b_before * x / b
    states = eq(Cov(_shared_noise()), factor**2 * Cov(X_0))
    steps = (
        Step(
            "affine",
            eq(Cov(constant + factor * X_0), factor**2 * Cov(X_0)),
            Axiom("variance of an affine image", (constant, factor, X_0)),
        ),
        Step("rewritten", eq(Cov(_shared_noise()), Cov(constant + factor * X_0)), Congruence()),
        Step("covariance", states, Identity(("rewritten", "affine"))),
    )
    return Claim(
        "identity.covariance",
        "Cov(X_{t-1}|X_t) = c_t^2 Cov(X_0|X_t), c_t = sqrt(abar')(1 - sigma'/sigma)",
        (states,),
        OURS,
        steps=steps,
    )


def _angle_form() -> Claim:
    theta, earlier = sp.symbols("theta theta_before", positive=True)
    tan, tan_before = sp.sin(theta) / sp.cos(theta), sp.sin(earlier) / sp.cos(earlier)
    states = eq(sp.cos(earlier) * (1 - tan_before / tan), sp.sin(theta - earlier) / sp.sin(theta))
    title = "c_t = sin(th_t - th_{t-1})/sin(th_t), abar = cos^2 th, sigma = tan th"
    return Claim(
        "identity.covariance.angle",
        title,
        (states,),
        OURS,
        {
            "cos th_t > 0": lt(0, sp.cos(theta)),
            "sin th_t > 0": lt(0, sp.sin(theta)),
            "cos th_{t-1} > 0": lt(0, sp.cos(earlier)),
        },
        steps=(Step("angles", states, Identity()),),
    )


def _tweedie() -> Claim:
    y, x0 = sp.symbols("y x_0", real=True)
    p = sp.Function("p", positive=True)(y)
    kernel = sp.exp(-((y - x0) ** 2) / (2 * sigma**2)) / sp.sqrt(2 * sp.pi * sigma**2)
    D = sp.Symbol("D", real=True)
    slope, first = sp.Derivative(p, y), x0 * kernel
    terms = ((1 / sigma**2, first), (-y / sigma**2, kernel))
    split = sp.Add(*(c * f for c, f in terms))
    states = eq(D, y + sigma**2 * slope / p)
    steps = (
        Step(
            "inside",
            eq(slope, M(sp.diff(kernel, y), x0)),
            Axiom("differentiation under the integral", (p, kernel, y, x0), ("density",)),
        ),
        Step("kernel", eq(M(sp.diff(kernel, y), x0), M(split, x0)), Congruence()),
        Step(
            "split",
            eq(M(split, x0), M(first, x0) / sigma**2 - y * M(kernel, x0) / sigma**2),
            Axiom("linearity of the integral", (x0, *terms)),
        ),
        Step("Tweedie", states, Identity(("inside", "kernel", "split", "Bayes", "density"))),
    )
    return Claim(
        "identity.tweedie",
        "D(y, sigma) = y + sigma^2 d/dy log p(y)",
        (states,),
        OURS,
        {"Bayes": eq(M(first, x0), D * p)},
        {"density": eq(M(kernel, x0), p)},
        steps=steps,
    )


def _conventions() -> Claim:
    s = sp.Symbol("s", positive=True)
    z_std = sp.Symbol("z_std", positive=True)
    D = sp.Symbol("D", real=True)

    def velocity(a: Any, b: Any) -> Any:
        """dy/ds - (dsigma/ds)(y - D)/sigma with dx/ds = a' E[X_0|x] + b' E[z|x], E[z|x] = (x - a
        D)/b.
        """
        speed = sp.diff(a, s) * D + sp.diff(b, s) * (x - a * D) / b
        level = b * z_std / a
        return eq((speed * a - x * sp.diff(a, s)) / a**2, sp.diff(level, s) * (x / a - D) / level)

    a, b = sp.Function("a", positive=True)(s), sp.Function("b", positive=True)(s)
    A = sp.Function("abar", positive=True)(s)
    pairs = {
        "any a, b": (a, b),
        "VP": (sp.sqrt(A), sp.sqrt(1 - A)),
        "VE": (sp.Integer(1), s),
        "TrigFlow": (sp.cos(s), sp.sin(s)),
        "linear": (1 - s, s),
    }
    statement = tuple(velocity(*pair) for pair in pairs.values())
    tangent = le(1 - sp.cos(s), s**2 / 2)
    signs = (
        Step("1 - s > 0", lt(0, 1 - s), Combine(((1, "s < 1"),))),
        Step("1 - abar > 0", lt(0, 1 - A), Combine(((1, "abar < 1"),))),
        Step("s < pi/2", lt(s, sp.pi / 2), Combine(((1, "s < 1"), (sp.pi / 2 - 1,)))),
        Step("cos s > 0", lt(0, sp.cos(s)), Axiom("pi/2 is the first zero of cos", (s,))),
        Step("1 - cos", tangent, Instance("calculus.cos.above", {X: s})),
        Step(
            "slope",
            le(0, sp.cos(s) - sp.Rational(1, 2)),
            Combine(((1, "1 - cos"), ((1 + s) / 2, "s < 1"))),
        ),
        Step("sin s >= s/2", le(s / 2, sp.sin(s)), Monotone(s, 0, "slope")),
        Step("sin s > 0", lt(0, sp.sin(s)), Combine(((1, "sin s >= s/2"), (s / 2,)))),
    )
    steps = (
        *signs,
        *(Step(name, part, Identity()) for name, part in zip(pairs, statement, strict=True)),
    )
    title = (
        "dx = a' E[X_0|x] + b' E[z|x] is dy/dsigma = (y - D)/sigma under y = x/a, sigma = b"
        " z_std/a: VP, VE, TrigFlow, linear"
    )
    within = {"s < 1": lt(s, 1), "abar < 1": lt(A, 1)}
    return Claim("identity.conventions", title, statement, OURS, within, steps=steps)


def _flow(y: Any, source: Any, goal: Any) -> Any:
    """The Gaussian flow in y: from noise level source to goal."""
    return mu + sp.sqrt((lam + goal**2) / (lam + source**2)) * (y - mu)


def _gaussian_flow() -> tuple[Claim, ...]:
    y = sp.Symbol("y", real=True)
    s, k, level = sp.symbols("sigma_s sigma_k tau", positive=True)
    path = _flow(y, sigma, level)
    D = mu + lam * (path - mu) / (lam + level**2)
    ode = eq(sp.diff(path, level), (path - D) / level)
    semigroup = eq(_flow(_flow(y, sigma, s), s, k), _flow(y, sigma, k))

    def log_density(z: Any, at: Any) -> Any:
        return -((z - mu) ** 2) / (2 * (lam + at**2)) - sp.log(lam + at**2) / 2

    image = _flow(y, sigma, k)
    change = eq(log_density(y, sigma), log_density(image, k) + sp.log(sp.diff(image, y)))
    return (
        Claim(
            "identity.flow",
            "the Gaussian flow solves dy/dtau = (y - D)/tau",
            (ode,),
            OURS,
            steps=(Step("ODE", ode, Identity()),),
        ),
        Claim(
            "identity.semigroup",
            "Phi_{s->k} o Phi_{t->s} = Phi_{t->k}",
            (semigroup,),
            OURS,
            steps=(Step("composed", semigroup, Identity()),),
        ),
        Claim(
            "identity.change_of_variables",
            "log p_t(y) = log p_k(Phi(y)) + log Phi'(y), per eigen-direction",
            (change,),
            OURS,
            steps=(Step("densities", change, Identity()),),
        ),
    )


CLAIMS = (
    _conditional_mean(),
    _conditional_covariance(),
    _angle_form(),
    _tweedie(),
    _conventions(),
    *_gaussian_flow(),
)
