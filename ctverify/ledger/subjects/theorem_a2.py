"""A2: log-concave targets, no Lipschitz constant and no T (theory, section 12).

p_0 alpha-strongly log-concave, h_t = 1 - sigma_{t-1}/sigma_t, q_t = alpha sigma_t^2/(1 + alpha
sigma_t^2), Lambda_t = prod_{2<=s<=t} (1 - h_s q_s), Lambda_1 = 1. Of the target it takes two facts
(theorem_A2.contracts, theorem_A2.covariance, ASSUMED: Brascamp-Lieb):

    f*_{t} is sqrt(abar_1) Lambda_t-Lipschitz in y;   mmse_t <= d sigma_t^2/(1 + alpha sigma_t^2)

and then, all PROVED, with s = sigma_t, s' = sigma_{t-1},

    (1 - h q)^2 <= (1 + alpha s'^2)/(1 + alpha s^2),
    Lambda_t^2 <= (1 + alpha sigma_1^2)/(1 + alpha sigma_t^2),
    (s - s')^2 <= kappa (s^2 - s'^2),    W_2^2 <= kappa abar_1 d/alpha.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..axioms import W2, E_from, norm, tr_cov
from ..claim import ASSUMED, Claim, Step
from ..rules import Combine, Increasing, Induction, Instance
from ..sign import at, eq, le
from .any_target import SUMS, Err, F, X, star
from .schedule import OURS, t
from .theorem_a import (
    LEVELS,
    SHARED,
    X0,
    abar,
    before,
    d,
    factor,
    guess,
    kappa,
    lipschitz,
    s,
    shrunk,
    sigma,
)
from .theorem_a_population import STARRED, TOTAL, H, P, h, lost

alpha = sp.Symbol("alpha", positive=True)
factors = sp.Function("Lambda", nonnegative=True)
move = 1 - s(t) / s(t + 1)  # h_{t+1}


def well(level: Any) -> Any:
    """1 + alpha sigma^2."""
    return 1 + alpha * level**2


shrink = alpha * s(t + 1) ** 2 / well(s(t + 1))  # q_{t+1}
FACTORS = {
    "Lambda_1": eq(factors(1), 1),
    "Lambda": eq(factors(t + 1), factors(t) * (1 - move * shrink)),
}
term = abar(1) * factors(t) ** 2 * move**2 * d * s(t + 1) ** 2 / well(s(t + 1))
size_of_f = sp.sqrt(abar(1)) * factors(t) / shrunk(t)  # in VP x
CONTRACTS = {"L": le(norm(H(t) - h(t, guess)), size_of_f * norm(X(t) - guess))}
COVARIANCE = {
    "covariance": le(norm(X0 - E_from(X0, t + 1)) ** 2, d * s(t + 1) ** 2 / well(s(t + 1)))
}
CONCAVE = STARRED.having({alpha: 1})
SETTING = FACTORS | LEVELS | SHARED | CONTRACTS | COVARIANCE


def _one() -> Claim:
    h, q = 1 - before / sigma, alpha * sigma**2 / well(sigma)
    states = le((1 - h * q) ** 2, well(before) / well(sigma))
    steps = (
        Step(
            "Cauchy",
            states,
            Combine(((alpha * (sigma - before) ** 2 / well(sigma) ** 2,),)),
        ),
    )
    title = (
        "(1 - h q)^2 <= (1 + alpha s'^2)/(1 + alpha s^2), h = 1 - s'/s, q = alpha s^2/(1 + alpha"
        " s^2)"
    )
    return Claim("theorem_A2.factor", title, (states,), OURS, steps=steps)


def _product() -> Claim:
    states = le(factors(t) ** 2, well(s(1)) / well(s(t)))
    steps = (
        Step("at 1", at(states, {t: 1}), Combine(using=("Lambda_1",))),
        Step(
            "factor",
            le((1 - move * shrink) ** 2, well(s(t)) / well(s(t + 1))),
            Instance("theorem_A2.factor", {sigma: s(t + 1), before: s(t)}),
        ),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Combine(
                (((1 - move * shrink) ** 2, "@0"), (well(s(1)) / well(s(t)), "factor")),
                using=("Lambda",),
            ),
            (states,),
        ),
        Step("product", states, Induction(t, "at 1", "goes on")),
    )
    title = "Lambda_t^2 <= (1 + alpha sigma_1^2)/(1 + alpha sigma_t^2)"
    return Claim("theorem_A2.product", title, (states,), OURS, {}, FACTORS, steps)


def _theorem() -> Claim:
    scale = kappa * abar(1) * d * well(s(1)) / alpha
    sums = le(P(t), scale * (1 / well(s(1)) - 1 / well(s(t))))
    size = le(P(t), kappa * abar(1) * d / alpha)
    spread = tr_cov(X(1)) - tr_cov(star)
    states = le(W2(F(t), X(1)), Err(t) + sp.sqrt(kappa * abar(1) * d / alpha))
    steps = (
        Step(
            "product", le(factors(t) ** 2, well(s(1)) / well(s(t))), Instance("theorem_A2.product")
        ),
        Step(
            "square of a step",
            le((s(t + 1) - s(t)) ** 2, kappa * (s(t + 1) ** 2 - s(t) ** 2)),
            Combine(((1, "kappa", "sigma rises"),)),
        ),
        Step(
            "term",
            le(term, scale * (1 / well(s(t)) - 1 / well(s(t + 1)))),
            Combine(
                (
                    (abar(1) * d * (s(t + 1) - s(t)) ** 2 / well(s(t + 1)), "product"),
                    (abar(1) * d * well(s(1)) / (well(s(t)) * well(s(t + 1))), "square of a step"),
                )
            ),
        ),
        Step(
            "Lipschitz",
            le(norm(lost) ** 2, size_of_f**2 * norm(X(t) - guess) ** 2),
            Instance("theorem_A2.lipschitz"),
        ),
        Step(
            "shared noise",
            eq(norm(X(t) - guess) ** 2, factor**2 * norm(X0 - E_from(X0, t + 1)) ** 2),
            Instance("theorem_A.shared"),
        ),
        Step(
            "Lipschitz and covariance",
            le(norm(lost) ** 2, term),
            Combine(
                (
                    (1, "Lipschitz"),
                    (-(size_of_f**2), "shared noise"),
                    (size_of_f**2 * factor**2, "covariance"),
                )
            ),
        ),
        Step("at 1", at(sums, {t: 1}), Combine(using=("P_1",))),
        Step(
            "goes on",
            at(sums, {t: t + 1}),
            Combine(((1, "@0"), (1, "Lipschitz and covariance"), (1, "term")), using=("P",)),
            (sums,),
        ),
        Step("telescoped", sums, Induction(t, "at 1", "goes on")),
        Step("P below", size, Combine(((1, "telescoped"), (scale / well(s(t)),)))),
        Step("sum", eq(spread, P(t)), Instance("theorem_A.star.sum")),
        Step("spread", le(spread, size.rhs), Combine(((1, "P below"), (-1, "sum")))),
        Step("shrinks", le(tr_cov(star), tr_cov(X(1))), Instance("any.population", part=0)),
        Step("root", le(sp.sqrt(spread), sp.sqrt(size.rhs)), Increasing(sp.sqrt, "spread")),
        Step(
            "distance",
            le(W2(F(t), X(1)), Err(t) + sp.sqrt(spread)),
            Instance("any.population", part=2),
        ),
        Step("W_2", states, Combine(((1, "distance"), (1, "root")))),
    )
    title = (
        "A2, alpha-strongly log-concave targets, any model, every schedule: W_2(f_T(X_T), X_1) <="
        " Err_T + sqrt(kappa abar_1 d/alpha) (given theorem_A2.contracts, theorem_A2.covariance)"
    )
    facts = SUMS | TOTAL | SETTING
    return Claim(
        "theorem_A2", title, (size, states), OURS, {}, facts, steps, fixed=(d,), witness=CONCAVE
    )


def _assumed() -> tuple[Claim, ...]:
    why = "the Hessian of -log p_t is at least that of a Gaussian's (Brascamp and Lieb 1976)"
    return (
        Claim(
            "theorem_A2.contracts",
            "p_0 alpha-strongly log-concave: f*_t is sqrt(abar_1) Lambda_t-Lipschitz in y",
            tuple(CONTRACTS.values()),
            "theory, section 12",
            expects=ASSUMED,
            assumed=why,
        ),
        Claim(
            "theorem_A2.covariance",
            "p_0 alpha-strongly log-concave: mmse_t <= d sigma_t^2/(1 + alpha sigma_t^2)",
            tuple(COVARIANCE.values()),
            "theory, section 12",
            expects=ASSUMED,
            assumed=why,
        ),
    )


CLAIMS = (
    *_assumed(),
    _one(),
    _product(),
    lipschitz(
        "theorem_A2.lipschitz",
        h,
        CONTRACTS,
        size_of_f,
        CONCAVE.having({factors: 1}),
    ),
    _theorem(),
)
