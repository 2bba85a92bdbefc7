"""The trajectory bound: how far the model moves away from the flow, level by level.

X_T ~ p_T, X_{t-1} = Phi_{t->t-1}(X_t), d_t = f_t(X_t) - f_{t-1}(X_{t-1}), norms in L^q:

    f_T(X_T) - X_1 = (f_1(X_1) - X_1) + sum_t d_t,
    W_q(f_T(X_T), X_1) <= |f_1 - id| + sum_t |d_t|,      started at N(0, I): + |f_T(Z) - f_T(X_T)|.

Of W_2 more is true, for the triangle inequality holds at each draw: the root of ONE mean of
squares, W_2 <= |(|start| + |initial| + sum_t |d_t|)|, which is at most the sum of the norms. Points
Y_t near the X_t do as well, with X_T exact: what they add is |Y_1 - X_1|, once.

The letters f, f_before, X_1 stand for the random vectors f_t(X_t), f_{t-1}(X_{t-1}), X_1.
"""

from __future__ import annotations

import sympy as sp

from ..axioms import W2, Random, W_q, norm, norm_q
from ..claim import Claim, Step
from ..rules import Axiom, Combine, Congruence, Identity, Induction
from ..sign import at, eq, le
from .schedule import OURS, t

f, f_before, X_1, Y_1, f_first, f_noise = (
    Random(name, real=True) for name in ("f", "f_before", "X_1", "Y_1", "f_1", "f_T_Z")
)
value = sp.Function("f", real=True)  # f_t at the t-th point of one path
moved = sp.Function("S", real=True)  # sum of d_2, ..., d_t on that path
error = sp.Function("error", nonnegative=True)  # |f_t(X_t) - X_1|
step = sp.Function("d", nonnegative=True)  # |d_t|
total = sp.Function("total", nonnegative=True)
PATH = {
    "S_1": eq(moved(1), 0),
    "S": eq(moved(t + 1), moved(t) + value(t + 1) - value(t)),
}
BOUND = {
    "step": le(error(t + 1), error(t) + step(t + 1)),
    "total_1": eq(total(1), 0),
    "total": eq(total(t + 1), total(t) + step(t + 1)),
}


def _telescope() -> Claim:
    """By induction: the points Y_t need not lie on a flow; the last one's error enters once."""
    exact, last = sp.symbols("X_1 Y_1", real=True)
    states = eq(value(t) - exact, (value(1) - last) + (last - exact) + moved(t))
    steps = (
        Step("at 1", at(states, {t: 1}), Identity(("S_1",))),
        Step("goes on", at(states, {t: t + 1}), Combine(((1, "@0"),), using=("S",)), (states,)),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = (
        "f_T(X_T) - X_1 = (f_1(Y_1) - Y_1) + (Y_1 - X_1) + sum d_t, d_t = f_t(Y_t) -"
        " f_{t-1}(Y_{t-1}), Y_T = X_T: a solver's error enters once"
    )
    return Claim(
        id="trajectory.telescope",
        title=title,
        statement=(states,),
        source=OURS,
        definitions=PATH,
        steps=steps,
    )


def _step() -> Claim:
    d = f - f_before
    states = le(norm_q(f - X_1), norm_q(f_before - X_1) + norm_q(d))
    split = norm_q((f_before - X_1) + d)
    steps = (
        Step("split", eq(norm_q(f - X_1), split), Congruence()),
        Step(
            "Minkowski",
            le(split, norm_q(f_before - X_1) + norm_q(d)),
            Axiom("Minkowski in L^q", (f_before - X_1, d)),
        ),
        Step("step", states, Combine(((1, "Minkowski"),))),
    )
    title = "|f_t(X_t) - X_1| <= |f_{t-1}(X_{t-1}) - X_1| + |d_t| in L^q"
    return Claim("trajectory.step", title, (states,), OURS, steps=steps)


def _sum() -> Claim:
    states = le(error(t), error(1) + total(t))
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
    title = (
        "|f_T(X_T) - X_1| <= |f_1 - id| + sum_{t=2..T} |d_t|: in L^q (trajectory.step at every t)"
        " and at each draw"
    )
    return Claim(
        id="trajectory.sum",
        title=title,
        statement=(states,),
        source=OURS,
        definitions=BOUND,
        steps=steps,
    )


def _distance() -> Claim:
    budget = sp.Symbol("budget", nonnegative=True)
    hypotheses = {"trajectory.sum": le(norm_q(f - X_1), budget)}
    states = le(W_q(f_noise, X_1), norm_q(f_noise - f) + budget)
    split = norm_q((f_noise - f) + (f - X_1))
    steps = (
        Step(
            "coupling",
            le(W_q(f_noise, X_1), norm_q(f_noise - X_1)),
            Axiom("coupling bound in L^q", (f_noise, X_1)),
        ),
        Step("split", eq(norm_q(f_noise - X_1), split), Congruence()),
        Step(
            "Minkowski",
            le(split, norm_q(f_noise - f) + norm_q(f - X_1)),
            Axiom("Minkowski in L^q", (f_noise - f, f - X_1)),
        ),
        Step(
            "distance",
            states,
            Combine(((1, "coupling"), (1, "Minkowski"), (1, "trajectory.sum")), using=("split",)),
        ),
    )
    title = "W_q(f_T(Z), X_1) <= |f_T(Z) - f_T(X_T)| + |f_1 - id| + sum |d_t|, q >= 1"
    return Claim(
        id="trajectory.distance",
        title=title,
        statement=(states,),
        source=OURS,
        hypotheses=hypotheses,
        steps=steps,
    )


def _single_root() -> Claim:
    """path = |start| + |initial| + sum |d_t| at each draw, one random number."""
    path = Random("path", nonnegative=True)
    hypotheses = {"at each draw": le(sp.Abs(f_noise - X_1), path)}
    states = le(W2(f_noise, X_1), norm(path))
    steps = (
        Step(
            "coupling",
            le(W2(f_noise, X_1), norm(f_noise - X_1)),
            Axiom("coupling bound", (f_noise, X_1)),
        ),
        Step(
            "monotone",
            le(norm(f_noise - X_1), norm(path)),
            Axiom("the norm is monotone", (f_noise - X_1, path), ("at each draw",)),
        ),
        Step("one root", states, Combine(((1, "coupling"), (1, "monotone")))),
    )
    title = (
        "W_2(f_T(Z), X_1)^2 <= E (|start| + |initial| + sum |d_t|)^2: the root of one mean of"
        " squares"
    )
    return Claim(
        id="trajectory.W2",
        title=title,
        statement=(states,),
        source=OURS,
        hypotheses=hypotheses,
        steps=steps,
    )


def _root_is_smaller() -> Claim:
    """One more level: the norm of the sum of lengths is at most the sum of the norms."""
    path = Random("path", nonnegative=True)
    d = Random("d", real=True)
    bound = sp.Symbol("norms", nonnegative=True)
    hypotheses = {"so far": le(norm(path), bound)}
    states = le(norm(path + sp.Abs(d)), bound + norm(d))
    steps = (
        Step(
            "Minkowski",
            le(norm(path + sp.Abs(d)), norm(path) + norm(sp.Abs(d))),
            Axiom("Minkowski", (path, sp.Abs(d))),
        ),
        Step("length", eq(norm(sp.Abs(d)), norm(d)), Axiom("norm of a length", (d,))),
        Step(
            "level",
            states,
            Combine(((1, "Minkowski"), (1, "so far")), using=("length",)),
        ),
    )
    title = (
        "the root of one mean is at most the sum of the norms: | path + |d_t| | <= |path| + |d_t|"
        " in L^2, level by level"
    )
    return Claim(
        id="trajectory.W2.root",
        title=title,
        statement=(states,),
        source=OURS,
        hypotheses=hypotheses,
        steps=steps,
    )


CLAIMS = (
    _telescope(),
    _step(),
    _sum(),
    _distance(),
    _single_root(),
    _root_is_smaller(),
)
