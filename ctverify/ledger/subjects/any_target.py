"""Theorem A, the part about random vectors: W_2 for EVERY target with a second moment and every
model in L^2 (theory, section 12).

The chain X~_T, .., X~_1 runs backwards by the kernels of X_{t-1} given X_t (shared noise), so that
X~_t has the law of X_t. E_k = E[. | X~_k, .., X~_T] is E_from(., k), f_t = f(t, X~_t) the model:

    f_t - X~_1 = B_t - A_t,   B_t = (f_1 - X~_1) + sum_{s=2..t} (f_s - E_s f_{s-1}),
                              A_t = sum_{s=2..t} (f_{s-1} - E_s f_{s-1})
    |B_t| <= Err_t = |f_1 - X~_1| + sum eps_s,   eps_s = |f_s - E_s f_{s-1}|
    |A_t|^2 = V_t = sum |f_{s-1} - E_s f_{s-1}|^2,   as E_t A_t = 0
    W_2(f_t(X_t), X_1) <= Err_t + sqrt(V_t)

As the chain is Markov, E_s f_{s-1} is E[f_{s-1}(X_{s-1}) | X_s]: eps_s and loss_s = |f_s - f_{s-1}|
are the certificate's, and V_t = sum (loss_s^2 - eps_s^2).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..axioms import W2, E_from, Random, norm, tr_cov
from ..claim import Claim, Step, Witness
from ..rules import Axiom, Combine, Congruence, Extremum, Identity, Increasing, Induction, Instance
from ..sign import at, eq, le
from .schedule import OURS, t

draw = Random("draw", real=True)
f, chain = sp.Function("f", real=True), sp.Function("X", real=True)
off, noise = sp.Function("B", real=True), sp.Function("A", real=True)
Err, V = sp.Function("Err", nonnegative=True), sp.Function("V", nonnegative=True)
eps, loss = sp.Function("eps", nonnegative=True), sp.Function("loss", nonnegative=True)
Losses, Squares = (sp.Function(name, real=True) for name in ("Losses", "Squares"))


def X(k: Any) -> Any:
    """X~_k."""
    return chain(k, draw)


def F(k: Any) -> Any:
    """f_k = f_k(X~_k)."""
    return f(k, X(k))


B, A = (lambda k: off(k, draw)), (lambda k: noise(k, draw))
g = E_from(F(t), t + 1)  # E[f_t | X_{t+1}]
residual = F(t) - g
one = sp.Integer(1)
CHAIN = {"X_t known": eq(E_from(X(t), t), X(t))}
MODEL = CHAIN | {
    "Err_1": eq(Err(1), norm(F(1) - X(1))),
    "eps": eq(eps(t + 1), norm(F(t + 1) - g)),
    "Err": eq(Err(t + 1), Err(t) + eps(t + 1)),
    "V_1": eq(V(1), 0),
    "V": eq(V(t + 1), V(t) + norm(residual) ** 2),
}
SUMS = MODEL | {
    "B_1": eq(B(1), F(1) - X(1)),
    "B": eq(B(t + 1), B(t) + F(t + 1) - g),
    "A_1": eq(A(1), 0),
    "A": eq(A(t + 1), A(t) + residual),
}
k, value = sp.symbols("k value", real=True)
first_sign, second_sign = value / sp.Abs(value), 2 * sp.Abs(value) - 3  # of the values drawn
# X_1 is a sum of two signs, of which X_2, X_3, .. know the first; f_t(x) = x/t
TWO_SIGNS = Witness(
    {
        draw: (-2, -1, 1, 2),
        chain: ((k, value), first_sign),
        f: ((k, value), value / k),
    },
    points=4,
    known=(((0,), (1,), (2,), (3,)), ((0, 1), (2, 3))),
    first={(chain, 0, 1): ((k, value), first_sign + second_sign)},
)
KNOWN = Step(
    "f_t known", eq(E_from(F(t), t), F(t)), Axiom("a function of what is known", (f, t, X(t), t))
)


def _split() -> Claim:
    states = eq(F(t) - X(1), B(t) - A(t))
    steps = (
        Step("at 1", at(states, {t: 1}), Identity(("B_1", "A_1"))),
        Step("goes on", at(states, {t: t + 1}), Combine(((1, "@0"),), using=("B", "A")), (states,)),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = "f_t - X_1 = B_t - A_t: the model's defects, and what it cannot know"
    return Claim("any.split", title, (states,), OURS, {}, SUMS, steps, witness=TWO_SIGNS)


def _defects() -> Claim:
    states = le(norm(B(t)), Err(t))
    parts = (B(t), F(t + 1) - g)
    steps = (
        Step("norm at 1", eq(norm(B(1)), norm(F(1) - X(1))), Congruence(("B_1",))),
        Step("at 1", at(states, {t: 1}), Combine(using=("norm at 1", "Err_1"))),
        Step("next", eq(norm(B(t + 1)), norm(sp.Add(*parts))), Congruence(("B",))),
        Step(
            "Minkowski",
            le(norm(sp.Add(*parts)), sp.Add(*map(norm, parts))),
            Axiom("Minkowski", parts),
        ),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Combine(((1, "Minkowski"), (1, "@0")), using=("next", "Err", "eps")),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = "|B_t| <= Err_t = |f_1 - X_1| + sum_{s=2..t} eps_s"
    return Claim("any.defects", title, (states,), OURS, {}, SUMS, steps, witness=TWO_SIGNS)


def _centred() -> Claim:
    """E_t A_t = 0."""
    states = eq(E_from(A(t), t), 0)
    steps = (
        Step("nothing", eq(E_from(0, 1), 0), Axiom("linearity of E_k", (one,))),
        Step("inside at 1", eq(E_from(A(1), 1), E_from(0, 1)), Congruence(("A_1",))),
        Step("at 1", at(states, {t: 1}), Identity(("inside at 1", "nothing"))),
        Step(
            "inside",
            eq(E_from(A(t + 1), t + 1), E_from(A(t) + residual, t + 1)),
            Congruence(("A",)),
        ),
        Step(
            "linear",
            eq(E_from(A(t) + residual, t + 1), E_from(A(t), t + 1) + g - E_from(g, t + 1)),
            Axiom("linearity of E_k", (t + 1, (1, A(t)), (1, F(t)), (-1, g))),
        ),
        Step("g known", eq(E_from(g, t + 1), g), Axiom("an expectation is known", (F(t), t + 1))),
        Step(
            "tower",
            eq(E_from(E_from(A(t), t), t + 1), E_from(A(t), t + 1)),
            Axiom("tower rule of E_k", (A(t), t, t + 1)),
        ),
        Step("nothing later", eq(E_from(0, t + 1), 0), Axiom("linearity of E_k", (t + 1,))),
        Step(
            "zero inside",
            eq(E_from(E_from(A(t), t), t + 1), E_from(0, t + 1)),
            Congruence(("@0",)),
            (states,),
        ),
        Step(
            "carried",
            eq(E_from(A(t), t + 1), 0),
            Combine(((-1, "tower"), (1, "zero inside"), (1, "nothing later"))),
            (states,),
        ),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Identity(("inside", "linear", "g known", "carried")),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = "E[A_t | X_t, .., X_T] = 0"
    return Claim("any.centred", title, (states,), OURS, {}, SUMS, steps, witness=TWO_SIGNS)


def _orthogonal() -> Claim:
    """|A_t|^2 = V_t."""
    states = eq(norm(A(t)) ** 2, V(t))
    steps = (
        Step("norm at 1", eq(norm(A(1)), norm(0)), Congruence(("A_1",))),
        Step(
            "no length",
            eq(norm(0) ** 2, 0),
            Axiom("square of a sum's norm", (0, draw, 0, draw)),
        ),
        Step("at 1", at(states, {t: 1}), Combine(((1, "no length"),), using=("norm at 1", "V_1"))),
        KNOWN,
        Step("g known", eq(E_from(g, t + 1), g), Axiom("an expectation is known", (F(t), t + 1))),
        Step(
            "g known before",
            eq(E_from(g, t), g),
            Axiom("known from k on, from j on", (g, t, t + 1)),
        ),
        Step("centred", eq(E_from(A(t), t), 0), Instance("any.centred")),
        Step(
            "linear",
            eq(E_from(A(t) + residual, t), E_from(A(t), t) + E_from(F(t), t) - E_from(g, t)),
            Axiom("linearity of E_k", (t, (1, A(t)), (1, F(t)), (-1, g))),
        ),
        Step(
            "expected",
            eq(E_from(A(t) + residual, t), residual),
            Identity(("linear", "centred", "f_t known", "g known before")),
        ),
        Step(
            "Pythagoras",
            eq(
                norm(A(t) + residual) ** 2,
                norm(A(t) + residual - E_from(A(t) + residual, t)) ** 2
                + norm(E_from(A(t) + residual, t)) ** 2,
            ),
            Axiom("Pythagoras for E_k", (A(t) + residual, t)),
        ),
        Step(
            "part",
            eq(norm(A(t) + residual - E_from(A(t) + residual, t)), norm(A(t))),
            Congruence(("expected",)),
        ),
        Step(
            "whole", eq(norm(E_from(A(t) + residual, t)), norm(residual)), Congruence(("expected",))
        ),
        Step("next", eq(norm(A(t + 1)), norm(A(t) + residual)), Congruence(("A",))),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Combine(((1, "Pythagoras"), (1, "@0")), using=("next", "part", "whole", "V")),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = "|A_t|^2 = V_t = sum_{s=2..t} |f_{s-1} - E[f_{s-1}|X_s]|^2: the terms are orthogonal"
    return Claim("any.orthogonal", title, (states,), OURS, {}, SUMS, steps, witness=TWO_SIGNS)


def _distance() -> Claim:
    states = (
        le(norm(F(t) - X(1)), Err(t) + sp.sqrt(V(t))),
        le(W2(F(t), X(1)), Err(t) + sp.sqrt(V(t))),
    )
    steps = (
        Step("split", eq(F(t) - X(1), B(t) - A(t)), Instance("any.split")),
        Step("norm", eq(norm(F(t) - X(1)), norm(B(t) - A(t))), Congruence(("split",))),
        Step(
            "Minkowski",
            le(norm(B(t) - A(t)), norm(B(t)) + norm(-A(t))),
            Axiom("Minkowski", (B(t), -A(t))),
        ),
        Step(
            "sign",
            eq(norm(-A(t)) ** 2, norm(A(t)) ** 2),
            Axiom("square of a sum's norm", (-1, A(t), 0, A(t))),
        ),
        Step("orthogonal", eq(norm(A(t)) ** 2, V(t)), Instance("any.orthogonal")),
        Step("square", le(norm(-A(t)) ** 2, V(t)), Combine(((-1, "sign"), (-1, "orthogonal")))),
        Step("root", le(norm(-A(t)), sp.sqrt(V(t))), Increasing(sp.sqrt, "square")),
        Step("defects", le(norm(B(t)), Err(t)), Instance("any.defects")),
        Step(
            "in L^2",
            states[0],
            Combine(((1, "Minkowski"), (1, "root"), (1, "defects")), using=("norm",)),
        ),
        Step(
            "coupling", le(W2(F(t), X(1)), norm(F(t) - X(1))), Axiom("coupling bound", (F(t), X(1)))
        ),
        Step("W_2", states[1], Combine(((1, "coupling"), (1, "in L^2")))),
    )
    title = (
        "any target, any model: W_2(f_T(X_T), X_1) <= Err_T + sqrt(sum |f_{s-1} -"
        " E[f_{s-1}|X_s]|^2)"
    )
    return Claim("any.distance", title, states, OURS, {}, SUMS, steps, witness=TWO_SIGNS)


LOSSES = SUMS | {
    "loss": eq(loss(t + 1), norm(F(t) - F(t + 1)) ** 2),
    "losses_1": eq(Losses(1), 0),
    "losses": eq(Losses(t + 1), Losses(t) + loss(t + 1)),
    "squares_1": eq(Squares(1), 0),
    "squares": eq(Squares(t + 1), Squares(t) + eps(t + 1) ** 2),
}


def _loss_form() -> Claim:
    """V_t = sum loss - sum eps^2."""
    exact = eq(V(t), Losses(t) - Squares(t))
    positive = le(0, Squares(t))
    plain = le(W2(F(t), X(1)), Err(t) + sp.sqrt(Losses(t)))
    sharp = le(W2(F(t), X(1)), Err(t) + sp.sqrt(Losses(t) - Squares(t)))
    y = F(t) - F(t + 1)
    steps = (
        KNOWN,
        Step("f known", eq(E_from(F(t + 1), t + 1), F(t + 1)), Instance("f_t known", {t: t + 1})),
        Step(
            "linear",
            eq(E_from(y, t + 1), g - E_from(F(t + 1), t + 1)),
            Axiom("linearity of E_k", (t + 1, (1, F(t)), (-1, F(t + 1)))),
        ),
        Step(
            "Pythagoras",
            eq(norm(y) ** 2, norm(y - E_from(y, t + 1)) ** 2 + norm(E_from(y, t + 1)) ** 2),
            Axiom("Pythagoras for E_k", (y, t + 1)),
        ),
        Step(
            "part",
            eq(norm(y - E_from(y, t + 1)), norm(residual)),
            Congruence(("linear", "f known")),
        ),
        Step(
            "defect",
            eq(norm(E_from(y, t + 1)), norm(-(F(t + 1) - g))),
            Congruence(("linear", "f known")),
        ),
        Step(
            "sign",
            eq(norm(-(F(t + 1) - g)) ** 2, norm(F(t + 1) - g) ** 2),
            Axiom("square of a sum's norm", (-1, F(t + 1) - g, 0, draw)),
        ),
        Step("at 1", at(exact, {t: 1}), Identity(("V_1", "losses_1", "squares_1"))),
        Step(
            "goes on",
            at(exact, {t: t + 1}),
            Combine(
                ((1, "@0"), (-1, "Pythagoras"), (-1, "sign")),
                using=("V", "losses", "squares", "loss", "eps", "part", "defect"),
            ),
            (exact,),
        ),
        Step("exact", exact, Induction(t, "at 1", "goes on")),
        Step("squares at 1", at(positive, {t: 1}), Combine(using=("squares_1",))),
        Step(
            "squares go on",
            at(positive, {t: t + 1}),
            Combine(((1, "@0"),), using=("squares",)),
            (positive,),
        ),
        Step("squares >= 0", positive, Induction(t, "squares at 1", "squares go on")),
        Step("below", le(V(t), Losses(t)), Combine(((-1, "exact"), (1, "squares >= 0")))),
        Step("root", le(sp.sqrt(V(t)), sp.sqrt(Losses(t))), Increasing(sp.sqrt, "below")),
        Step(
            "distance", le(W2(F(t), X(1)), Err(t) + sp.sqrt(V(t))), Instance("any.distance", part=1)
        ),
        Step("all losses", plain, Combine(((1, "distance"), (1, "root")))),
        Step("not above", le(V(t), Losses(t) - Squares(t)), Combine(((-1, "exact"),))),
        Step(
            "its root",
            le(sp.sqrt(V(t)), sp.sqrt(Losses(t) - Squares(t))),
            Increasing(sp.sqrt, "not above"),
        ),
        Step("losses less defects", sharp, Combine(((1, "distance"), (1, "its root")))),
    )
    title = (
        "LOSS FORM, any target, any model: W_2 <= Err_T + sqrt(sum (loss_t - eps_t^2)) <= Err_T +"
        " sqrt(sum loss_t), loss_t = E|f_t(X_t) - f_{t-1}(X_{t-1})|^2"
    )
    return Claim(
        "any.loss", title, (exact, sharp, plain), OURS, {}, LOSSES, steps, witness=TWO_SIGNS
    )


star = E_from(X(1), t)  # f*_t(X_t): the population model


def _bias() -> Claim:
    """f_t - f*_t = E_t B_t."""
    states = le(norm(F(t) - star), Err(t))
    steps = (
        KNOWN,
        Step("split", eq(F(t) - X(1), B(t) - A(t)), Instance("any.split")),
        Step("centred", eq(E_from(A(t), t), 0), Instance("any.centred")),
        Step("inside", eq(E_from(F(t) - X(1), t), E_from(B(t) - A(t), t)), Congruence(("split",))),
        Step(
            "left",
            eq(E_from(F(t) - X(1), t), E_from(F(t), t) - star),
            Axiom("linearity of E_k", (t, (1, F(t)), (-1, X(1)))),
        ),
        Step(
            "right",
            eq(E_from(B(t) - A(t), t), E_from(B(t), t) - E_from(A(t), t)),
            Axiom("linearity of E_k", (t, (1, B(t)), (-1, A(t)))),
        ),
        Step(
            "difference",
            eq(F(t) - star, E_from(B(t), t)),
            Combine(
                ((1, "inside"), (-1, "left"), (1, "right"), (-1, "f_t known"), (-1, "centred")),
            ),
        ),
        Step("norm", eq(norm(F(t) - star), norm(E_from(B(t), t))), Congruence(("difference",))),
        Step(
            "Pythagoras",
            eq(norm(B(t)) ** 2, norm(B(t) - E_from(B(t), t)) ** 2 + norm(E_from(B(t), t)) ** 2),
            Axiom("Pythagoras for E_k", (B(t), t)),
        ),
        Step(
            "contracts",
            le(norm(E_from(B(t), t)) ** 2, norm(B(t)) ** 2),
            Combine(((1, "Pythagoras"), (norm(B(t) - E_from(B(t), t)) ** 2,))),
        ),
        Step("root", le(norm(E_from(B(t), t)), norm(B(t))), Increasing(sp.sqrt, "contracts")),
        Step("defects", le(norm(B(t)), Err(t)), Instance("any.defects")),
        Step("bias", states, Combine(((1, "root"), (1, "defects")), using=("norm",))),
    )
    title = (
        "a model is within Err_T of the population model f*_T = E[X_1|X_T]: |f_T - f*_T| <= Err_T"
    )
    return Claim("any.bias", title, (states,), OURS, {}, SUMS, steps, witness=TWO_SIGNS)


def _population() -> Claim:
    """W_2 <= Err + |X_1 - f*_T|."""
    spread = tr_cov(X(1)) - tr_cov(star)
    shrinks = le(tr_cov(star), tr_cov(X(1)))
    exact = le(W2(star, X(1)), sp.sqrt(spread))
    states = le(W2(F(t), X(1)), Err(t) + sp.sqrt(spread))
    steps = (
        Step("bias", le(norm(F(t) - star), Err(t)), Instance("any.bias")),
        Step("apart", eq(norm(F(t) - X(1)), norm((F(t) - star) + (star - X(1)))), Congruence()),
        Step(
            "Minkowski",
            le(norm((F(t) - star) + (star - X(1))), norm(F(t) - star) + norm(star - X(1))),
            Axiom("Minkowski", (F(t) - star, star - X(1))),
        ),
        Step(
            "sign",
            eq(norm(-(X(1) - star)) ** 2, norm(X(1) - star) ** 2),
            Axiom("square of a sum's norm", (-1, X(1) - star, 0, draw)),
        ),
        Step("turned", eq(norm(star - X(1)), norm(-(X(1) - star))), Congruence()),
        Step(
            "variance",
            eq(norm(X(1) - star) ** 2, spread),
            Axiom("total variance for E_k", (X(1), t)),
        ),
        Step(
            "square",
            le(norm(star - X(1)) ** 2, spread),
            Combine(((-1, "sign"), (-1, "variance")), using=("turned",)),
        ),
        Step("shrinks", shrinks, Combine(((-1, "variance"), (norm(X(1) - star) ** 2,)))),
        Step("root", le(norm(star - X(1)), sp.sqrt(spread)), Increasing(sp.sqrt, "square")),
        Step(
            "coupling of f*",
            le(W2(star, X(1)), norm(star - X(1))),
            Axiom("coupling bound", (star, X(1))),
        ),
        Step("f*", exact, Combine(((1, "coupling of f*"), (1, "root")))),
        Step(
            "coupling", le(W2(F(t), X(1)), norm(F(t) - X(1))), Axiom("coupling bound", (F(t), X(1)))
        ),
        Step(
            "W_2",
            states,
            Combine(
                ((1, "coupling"), (1, "Minkowski"), (1, "bias"), (1, "root")), using=("apart",)
            ),
        ),
    )
    title = (
        "f* = E[X_1|X_T] under-disperses: W_2(f*_T, X_1)^2 <= tr Cov X_1 - tr Cov f*_T; any model:"
        " W_2 <= Err_T + the root of that"
    )
    return Claim(
        "any.population", title, (shrinks, exact, states), OURS, {}, SUMS, steps, witness=TWO_SIGNS
    )


def _spread_form() -> Claim:
    own = sp.sqrt(tr_cov(F(t)))
    left = sp.Max(own - Err(t), 0)
    low = le(own - sp.sqrt(tr_cov(X(1))), W2(F(t), X(1)))
    other = le(sp.sqrt(tr_cov(X(1))) - own, W2(F(t), X(1)))
    high = le(W2(F(t), X(1)), Err(t) + sp.sqrt(tr_cov(X(1)) - left**2))
    trivial = le(W2(F(t), X(1)), Err(t) + sp.sqrt(tr_cov(X(1))))
    root = sp.sqrt(tr_cov(star))
    steps = (
        Step(
            "lower",
            le(own, sp.sqrt(tr_cov(X(1))) + W2(F(t), X(1))),
            Axiom("spreads differ by W_2 at most", (F(t), X(1))),
        ),
        Step("low", low, Combine(((1, "lower"),))),
        Step(
            "other",
            le(sp.sqrt(tr_cov(X(1))), own + W2(X(1), F(t))),
            Axiom("spreads differ by W_2 at most", (X(1), F(t))),
        ),
        Step(
            "symmetric", eq(W2(X(1), F(t)), W2(F(t), X(1))), Axiom("W_2 is symmetric", (X(1), F(t)))
        ),
        Step("other low", other, Combine(((1, "other"), (-1, "symmetric")))),
        Step(
            "spreads",
            le(own, root + W2(F(t), star)),
            Axiom("spreads differ by W_2 at most", (F(t), star)),
        ),
        Step(
            "coupling", le(W2(F(t), star), norm(F(t) - star)), Axiom("coupling bound", (F(t), star))
        ),
        Step("bias", le(norm(F(t) - star), Err(t)), Instance("any.bias")),
        Step(
            "f* keeps",
            le(own - Err(t), root),
            Combine(((1, "spreads"), (1, "coupling"), (1, "bias"))),
        ),
        Step("root >= 0", le(0, root), Combine()),
        Step("largest", le(left, root), Extremum(("f* keeps", "root >= 0"))),
        Step("not below 0", le(0, left), Extremum()),
        Step(
            "square",
            le(left**2, tr_cov(star)),
            Combine(((root, "largest"), (1, "not below 0", "largest"))),
        ),
        Step("shrinks", le(tr_cov(star), tr_cov(X(1))), Instance("any.population", part=0)),
        Step("left over", le(0, tr_cov(X(1)) - left**2), Combine(((1, "square"), (1, "shrinks")))),
        Step(
            "smaller",
            le(tr_cov(X(1)) - tr_cov(star), tr_cov(X(1)) - left**2),
            Combine(((1, "square"),)),
        ),
        Step(
            "roots",
            le(sp.sqrt(tr_cov(X(1)) - tr_cov(star)), sp.sqrt(tr_cov(X(1)) - left**2)),
            Increasing(sp.sqrt, "smaller"),
        ),
        Step(
            "population",
            le(W2(F(t), X(1)), Err(t) + sp.sqrt(tr_cov(X(1)) - tr_cov(star))),
            Instance("any.population", part=2),
        ),
        Step("high", high, Combine(((1, "population"), (1, "roots")))),
        Step("at most all", le(tr_cov(X(1)) - left**2, tr_cov(X(1))), Combine(((left**2,),))),
        Step(
            "its root",
            le(sp.sqrt(tr_cov(X(1)) - left**2), sp.sqrt(tr_cov(X(1)))),
            Increasing(sp.sqrt, "at most all"),
        ),
        Step("trivial", trivial, Combine(((1, "high"), (1, "its root")))),
    )
    title = (
        "SPREAD FORM, any target, any model: |sd f_T - sd X_1| <= W_2 <= Err_T + sqrt(tr Cov X_1 -"
        " ((sd f_T - Err_T)_+)^2), sd = sqrt(tr Cov); TRIVIAL: W_2 <= Err_T + sd X_1"
    )
    return Claim(
        "any.spread", title, (low, other, high, trivial), OURS, {}, SUMS, steps, witness=TWO_SIGNS
    )


CLAIMS = (
    _split(),
    _defects(),
    _centred(),
    _orthogonal(),
    _distance(),
    _loss_form(),
    _bias(),
    _population(),
    _spread_form(),
)
