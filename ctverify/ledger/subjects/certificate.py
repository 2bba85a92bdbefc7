"""The instance certificate and the reverse-chain law (theory, sections 3 and 3b), step by step.

xi_t = f_t - Phi_t at X_t, g_t = E[f_{t-1}(X_{t-1}) | X_t], norms in L^2:

    xi_t = (f_t - g_t) + E[xi_{t-1} | X_t] + (E[Phi_{t-1}(X_{t-1}) | X_t] - Phi_t),
    |xi_t| <= |xi_{t-1}| + eps_t + D_t,   W_1 <= W_2(f_T(X_T), X_1) <= |xi_1| + sum_t (eps_t + D_t).

The letters f, phi, f_before, phi_before stand for the random vectors f_t(X_t), Phi_t(X_t),
f_{t-1}(X_{t-1}), Phi_{t-1}(X_{t-1}).
"""

from __future__ import annotations

import sympy as sp

from ..axioms import W1, W2, E, Random, mean, norm, tr_cov
from ..axioms import phi as convex
from ..claim import Claim, Step
from ..rules import Axiom, Combine, Congruence, Identity, Increasing, Induction
from ..sign import at, eq, le
from .schedule import OURS, t

f, phi, f_before, phi_before, fitted, X1, start_model, chain = (
    Random(name, real=True)
    for name in ("f", "phi", "f_before", "phi_before", "f_F", "X_1", "f_T_Z", "X_chain")
)
xi, total = sp.Function("xi", nonnegative=True), sp.Function("total", nonnegative=True)
defect, drift = sp.Function("eps", nonnegative=True), sp.Function("D", nonnegative=True)


def _one_step() -> Claim:
    g, carried = E(f_before), E(f_before - phi_before)
    parts = (f - g, carried, E(phi_before) - phi)
    bound = norm(f - g) + norm(f_before - phi_before) + norm(E(phi_before) - phi)
    states = le(norm(f - phi), bound)
    steps = (
        Step(
            "linear",
            eq(carried, E(f_before) - E(phi_before)),
            Axiom("linearity of E", ((1, f_before), (-1, phi_before))),
        ),
        Step("split", eq(f - phi, sp.Add(*parts)), Identity(("linear",))),
        Step(
            "Minkowski",
            le(norm(sp.Add(*parts)), sp.Add(*map(norm, parts))),
            Axiom("Minkowski", parts),
        ),
        Step(
            "Jensen",
            le(norm(carried), norm(f_before - phi_before)),
            Axiom("conditional Jensen", (f_before - phi_before,)),
        ),
        Step("split norm", eq(norm(f - phi), norm(sp.Add(*parts))), Congruence(("linear",))),
        Step("step", states, Combine(((1, "Minkowski"), (1, "Jensen")), using=("split norm",))),
    )
    title = (
        "|f_t - Phi_t| <= |f_{t-1} - Phi_{t-1}| + eps_t + D_t: eps_t = |f_t - g_t|, D_t ="
        " |E[Phi_{t-1}|X_t] - Phi_t|"
    )
    return Claim("certificate.step", title, (states,), OURS, steps=steps)


RECURSION = {
    "step": le(xi(t + 1), xi(t) + defect(t + 1) + drift(t + 1)),
    "total_1": eq(total(1), 0),
    "total": eq(total(t + 1), total(t) + defect(t + 1) + drift(t + 1)),
}


def _sum() -> Claim:
    states = le(xi(t), xi(1) + total(t))
    steps = (
        Step("at 1", at(states, {t: 1}), Combine(using=("total_1",))),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Combine(((1, "@0"), (1, "step")), using=("total",)),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = "|xi_T| <= |f_1 - id| + sum_{t=2..T} (eps_t + D_t) (certificate.step at every t)"
    return Claim("certificate.sum", title, (states,), OURS, definitions=RECURSION, steps=steps)


def _distance() -> Claim:
    f_T, phi_T, budget = f, phi, sp.Symbol("budget", nonnegative=True)
    hypotheses = {"certificate.sum": le(norm(f_T - phi_T), budget)}
    statement = (le(W2(f_T, phi_T), budget), le(W1(f_T, phi_T), budget))
    steps = (
        Step(
            "coupling", le(W2(f_T, phi_T), norm(f_T - phi_T)), Axiom("coupling bound", (f_T, phi_T))
        ),
        Step("W_2", statement[0], Combine(((1, "coupling"), (1, "certificate.sum")))),
        Step("W_1 <= W_2", le(W1(f_T, phi_T), W2(f_T, phi_T)), Axiom("W_1 <= W_2", (f_T, phi_T))),
        Step("W_1", statement[1], Combine(((1, "W_1 <= W_2"), (1, "W_2")))),
    )
    title = "W_1 <= W_2(f_T(X_T), X_1) <= budget, as Phi_T(X_T) has the law of X_1"
    return Claim("certificate.distance", title, statement, OURS, hypotheses, steps=steps)


def _start() -> Claim:
    budget = sp.Symbol("budget", nonnegative=True)
    hypotheses = {"from p_T": le(W2(f, phi), budget)}
    states = le(W2(start_model, phi), norm(start_model - f) + budget)
    steps = (
        Step(
            "coupled start",
            le(W2(start_model, f), norm(start_model - f)),
            Axiom("coupling bound", (start_model, f)),
        ),
        Step(
            "triangle",
            le(W2(start_model, phi), W2(start_model, f) + W2(f, phi)),
            Axiom("W_2 is a metric", (start_model, f, phi)),
        ),
        Step("start", states, Combine(((1, "triangle"), (1, "coupled start"), (1, "from p_T")))),
    )
    title = (
        "started at N(0, I) one more term: |f_T(Z) - f_T(sqrt(abar_T) X_0 + sqrt(1 - abar_T) Z)|"
    )
    return Claim("certificate.start", title, (states,), OURS, hypotheses, steps=steps)


def _sums_of_errors() -> Claim:
    """eps_t <= |f_t - f_t^F| + |f_t^F - g_t|; summed, the eps + eps_F of (24) if those bound the
    sums.
    """
    g = E(f_before)
    states = le(norm(f - g), norm(f - fitted) + norm(fitted - g))
    steps = (
        Step("split norm", eq(norm(f - g), norm((f - fitted) + (fitted - g))), Congruence()),
        Step(
            "Minkowski",
            le(norm((f - fitted) + (fitted - g)), norm(f - fitted) + norm(fitted - g)),
            Axiom("Minkowski", (f - fitted, fitted - g)),
        ),
        Step("sum", states, Combine(((1, "Minkowski"),))),
    )
    title = (
        "the model's defect is at most LHW's optimisation error plus approximation error, step by"
        " step"
    )
    return Claim("certificate.errors", title, (states,), OURS, steps=steps)


def _reverse_chain() -> tuple[Claim, ...]:
    """f*_T = E[X~_1 | X~_T] for the chain run backwards by X_{t-1} | X_t (shared noise), whose end
    has the law of X_1.
    """
    law = {"E X~_1 = E X_1": eq(mean(chain), mean(X1)), "f* = E[X~_1|X~_T]": eq(f, E(chain))}
    unbiased = eq(mean(f), mean(X1))
    first = (
        Step("tower", eq(mean(E(chain)), mean(chain)), Axiom("tower rule", (chain,))),
        Step("rewritten", eq(mean(f), mean(E(chain))), Congruence(("f* = E[X~_1|X~_T]",))),
        Step("mean", unbiased, Identity(("rewritten", "tower", "E X~_1 = E X_1"))),
    )
    bound = le(W2(chain, E(chain)), sp.sqrt(tr_cov(X1) - tr_cov(E(chain))))
    covariance = {"Cov X~_1 = Cov X_1": eq(tr_cov(chain), tr_cov(X1))}
    second = (
        Step(
            "coupling",
            le(W2(chain, E(chain)), norm(chain - E(chain))),
            Axiom("coupling bound", (chain, E(chain))),
        ),
        Step(
            "total",
            eq(norm(chain - E(chain)) ** 2, tr_cov(chain) - tr_cov(E(chain))),
            Axiom("total variance", (chain,)),
        ),
        Step(
            "square",
            le(norm(chain - E(chain)) ** 2, tr_cov(X1) - tr_cov(E(chain))),
            Combine(((-1, "total"), (-1, "Cov X~_1 = Cov X_1"))),
        ),
        Step(
            "root",
            le(norm(chain - E(chain)), sp.sqrt(tr_cov(X1) - tr_cov(E(chain)))),
            Increasing(sp.sqrt, "square"),
        ),
        Step("bound", bound, Combine(((1, "coupling"), (1, "root")))),
    )
    shrink = le(tr_cov(E(chain)), tr_cov(X1))
    third = (
        *second[1:3],
        Step("square >= 0", le(0, norm(chain - E(chain)) ** 2), Combine()),
        Step("shrinks", shrink, Combine(((1, "square >= 0"), (1, "square")))),
    )
    title = "W_2(f*_T(X_T), X_1)^2 <= tr Cov X_1 - tr Cov f*_T"
    order = le(mean(convex(f)), mean(convex(X1)))
    same = {
        "E phi(X~_1) = E phi(X_1)": eq(mean(convex(chain)), mean(convex(X1))),
        "f* = E[X~_1|X~_T]": eq(f, E(chain)),
    }
    fourth = (
        Step(
            "Jensen",
            le(mean(convex(E(chain))), mean(convex(chain))),
            Axiom("Jensen, convex phi", (chain,)),
        ),
        Step("inside", eq(convex(f), convex(E(chain))), Congruence(("f* = E[X~_1|X~_T]",))),
        Step("rewritten", eq(mean(convex(f)), mean(convex(E(chain)))), Congruence(("inside",))),
        Step(
            "order",
            order,
            Combine(((1, "Jensen"),), using=("rewritten", "E phi(X~_1) = E phi(X_1)")),
        ),
    )
    below = (
        "law(f*_T) is below law(X_1) in convex order: E phi(f*_T) <= E phi(X_1) for every"
        " convex phi"
    )
    return (
        Claim("chain.mean", "E f*_T(X_T) = E X_1", (unbiased,), OURS, law, steps=first),
        Claim("chain.convex", below, (order,), OURS, same, steps=fourth),
        Claim("chain.distance", title, (bound,), OURS, covariance, steps=second),
        Claim(
            "chain.shrinks",
            "f*_T under-disperses: tr Cov f*_T <= tr Cov X_1",
            (shrink,),
            OURS,
            covariance,
            steps=third,
        ),
    )


CLAIMS = (_one_step(), _sum(), _distance(), _start(), _sums_of_errors(), *_reverse_chain())
