"""What a sample cannot see, what strata may claim, and the way from X_1 to the data.

n independent draws miss an event of probability p with probability (1 - p)^n, so that at failure
probability alpha they exclude events above p* = 1 - alpha^(1/n), and nothing below; a model that is
off by H on such an event is off by p H in W_1. One uniform point in each of n strata misses with
probability prod (1 - p_j) <= (1 - p)^n. With v_j, m_j variance and mean in stratum j, V = sum v_j,
B = sum (m_j - m)^2, the mean of n points has variance V/n^2: plain s^2/n and the squared
differences of neighbours estimate at least that.

W_1(X_1, X_0) <= (1 - sqrt(abar_1)) E|X_0| + sqrt(1 - abar_1) E|Z|, with E|Z| = sqrt(2) Gamma((d +
1)/2)/Gamma(d/2): E|Z| = I_d/I_{d-1}, I_k = int_0^oo r^k e^{-r^2/2} dr, and I_{k+1} = k I_{k-1}.
"""

from __future__ import annotations

import sympy as sp

from ..axioms import W1, Normal, Random, average_of, mean, norm, product_of
from ..claim import ASSUMED, Claim, Step, Witness
from ..rules import (
    Antiderivative,
    Axiom,
    Combine,
    Congruence,
    Identity,
    Increasing,
    Induction,
    Instance,
)
from ..sign import at, eq, le, lt
from .schedule import OURS, t

alpha, p, high = sp.symbols("alpha p H", positive=True)
miss = sp.Symbol("x", nonnegative=True)
root = sp.Symbol("a", positive=True)
p_star = 1 - alpha ** (1 / t)
POINTS = tuple(
    {alpha: sp.Rational(1, a), p: sp.Rational(1, b), t: sp.Integer(n)}
    for a in (10, 100)
    for b in (2, 20, 200)
    for n in (2, 10, 30, 1000)
)


def _powers() -> Claim:
    states = lt(miss**t, root**t)
    steps = (
        Step("at 1", at(states, {t: 1}), Combine(((1, "x < a"),))),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Combine(((root, "@0"), (miss**t, "x < a"))),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    return Claim(
        id="calculus.powers",
        title="x^n < a^n for 0 <= x < a, n = 1, 2, ...",
        statement=(states,),
        source=OURS,
        hypotheses={"x < a": lt(miss, root)},
        steps=steps,
    )


def _excluded() -> Claim:
    states = lt((1 - p) ** t, alpha)
    hypotheses = {"p > p*": lt(p_star, p), "p <= 1": le(p, 1)}
    steps = (
        Step("chance", le(0, 1 - p), Combine(((1, "p <= 1"),))),
        Step("below", lt(1 - p, alpha ** (1 / t)), Combine(((1, "p > p*"),))),
        Step(
            "power",
            lt((1 - p) ** t, (alpha ** (1 / t)) ** t),
            Instance("calculus.powers", {miss: 1 - p, root: alpha ** (1 / t)}),
        ),
        Step("missed", states, Combine(((1, "power"),))),
    )
    title = (
        "n independent draws miss an event of probability p > p* = 1 - alpha^(1/n) with probability"
        " (1-p)^n < alpha"
    )
    return Claim(
        id="resolution.excluded",
        title=title,
        statement=(states,),
        source=OURS,
        hypotheses=hypotheses,
        steps=steps,
        trials=POINTS,
    )


def _best() -> Claim:
    states = eq((1 - p_star) ** t, alpha)
    title = "p* cannot be smaller: an event of probability p* is missed with probability alpha"
    return Claim(
        id="resolution.best",
        title=title,
        statement=(states,),
        source=OURS,
        steps=(Step("power", states, Identity()),),
        trials=POINTS,
    )


def _unseen() -> Claim:
    """The error H on an event: x moved by H where the event happens, its indicator A."""
    X = Random("X", real=True)
    A = Random("A", real=True)
    hypotheses = {"P(A) = p": eq(mean(sp.Abs(A)), p)}
    moved = X + high * A
    states = le(W1(moved, X), high * p)
    steps = (
        Step(
            "coupling",
            le(W1(moved, X), mean(sp.Abs(high * A))),
            Axiom("coupling bound in L^1", (moved, X)),
        ),
        Step("H >= 0", le(0, high), Combine()),
        Step(
            "mean",
            eq(mean(sp.Abs(high * A)), high * mean(sp.Abs(A))),
            Axiom("linearity of the mean", (high, A)),
        ),
        Step("size", states, Combine(((1, "coupling"),), using=("mean", "P(A) = p"))),
    )
    return Claim(
        id="resolution.cost",
        title="an error of H on an event of probability p is worth at most p H in W_1",
        statement=(states,),
        source=OURS,
        hypotheses=hypotheses,
        steps=steps,
        witness=Witness({A: 1, p: 1}),
    )


def _strata_resolution() -> Claim:
    missed = sp.Symbol("q", nonnegative=True)  # the family 1 - p_j
    hypotheses = {"p > p*": lt(p_star, p), "average": eq(average_of(missed, t), 1 - p)}
    states = lt(product_of(missed, t), alpha)
    average = average_of(missed, t)
    steps = (
        Step("n >= 1", le(1, t), Combine()),
        Step(
            "means",
            le(product_of(missed, t), average**t),
            Axiom("arithmetic and geometric mean", (missed, t), ("n >= 1",)),
        ),
        Step(
            "below",
            lt(average, alpha ** (1 / t)),
            Combine(((1, "p > p*"), (-1, "average"))),
        ),
        Step(
            "power",
            lt(average**t, (alpha ** (1 / t)) ** t),
            Instance("calculus.powers", {miss: average, root: alpha ** (1 / t)}),
        ),
        Step("missed", states, Combine(((1, "means"), (1, "power")))),
    )
    title = (
        "one uniform point a stratum excludes what n plain draws exclude: prod (1 - p_j) < alpha"
    )
    return Claim(
        id="resolution.strata",
        title=title,
        statement=(states,),
        source=OURS,
        hypotheses=hypotheses,
        steps=steps,
    )


def _strata_variance() -> tuple[Claim, Claim]:
    """s^2/n, and the squared difference of neighbours, in expectation."""
    n = sp.Symbol("k", positive=True)  # n - 1
    V, B, m = sp.symbols("V B m", real=True)  # sum v_j, sum (m_j - m)^2, mean of the m_j
    squares, square = sp.symbols("squares square", real=True)  # E sum h_j^2, E (mean of h)^2
    count = n + 1
    moments = {
        "each": eq(squares, V + B + count * m**2),
        "of the mean": eq(square, V / count**2 + m**2),
    }
    spread = (squares - count * square) / n  # E s^2
    least = le(V / count**2, spread / count)
    plain = Claim(
        id="strata.plain",
        title="E s^2/n >= Var of the stratified mean: n strata's plain error is never too small",
        statement=(least,),
        source=OURS,
        hypotheses=moments | {"B >= 0": le(0, B)},
        steps=(
            Step(
                "expanded",
                eq(spread / count, V / count**2 + B / (n * count)),
                Identity(("each", "of the mean")),
            ),
            Step("least", least, Combine(((1 / (n * count), "B >= 0"), (1, "expanded")))),
        ),
    )
    v, w = sp.symbols("v_1 v_2", nonnegative=True)
    a, b = sp.symbols("m_1 m_2", real=True)
    second = sp.Symbol("second", real=True)  # E (h_1 - h_2)^2
    apart = {"independent": eq(second, (v + a**2) + (w + b**2) - 2 * a * b)}
    states = le(v + w, second)
    neighbours = Claim(
        id="strata.neighbours",
        title="E (h_1 - h_2)^2 >= v_1 + v_2 for independent h_1, h_2 of neighbouring strata",
        statement=(states,),
        source=OURS,
        hypotheses=apart,
        steps=(
            Step("square", le(0, (a - b) ** 2), Combine()),
            Step("variance", states, Combine(((1, "square"), (1, "independent")))),
        ),
    )
    return plain, neighbours


def _to_data() -> Claim:
    abar = sp.Symbol("abar_1", positive=True)
    X_0 = Random("X_0", real=True)
    Z = Normal("Z", real=True)
    a = sp.sqrt(abar)
    b = sp.sqrt(1 - abar)
    X_1 = a * X_0 + b * Z
    parts = ((1 - a) * X_0, -b * Z)
    shrunk = (1 - a) * mean(sp.Abs(X_0))
    noise = b * mean(sp.Abs(Z))
    split = mean(sp.Abs(sp.Add(*parts)))
    states = le(W1(X_0, X_1), shrunk + noise)
    steps = (
        Step("a < 1", le(a, 1), Increasing(sp.sqrt, "abar_1 <= 1")),
        Step("1 - a >= 0", le(0, 1 - a), Combine(((1, "a < 1"),))),
        Step("1 - abar_1 >= 0", le(0, 1 - abar), Combine(((1, "abar_1 <= 1"),))),
        Step("b >= 0", le(0, b), Increasing(sp.sqrt, "1 - abar_1 >= 0")),
        Step(
            "coupling",
            le(W1(X_0, X_1), mean(sp.Abs(X_0 - X_1))),
            Axiom("coupling bound in L^1", (X_0, X_1)),
        ),
        Step("split", eq(mean(sp.Abs(X_0 - X_1)), split), Congruence()),
        Step(
            "Minkowski",
            le(split, mean(sp.Abs(parts[0])) + mean(sp.Abs(parts[1]))),
            Axiom("Minkowski in L^1", parts),
        ),
        Step(
            "shrunk",
            eq(mean(sp.Abs(parts[0])), shrunk),
            Axiom("linearity of the mean", (1 - a, X_0), ("1 - a >= 0",)),
        ),
        Step(
            "noise",
            eq(mean(sp.Abs(b * Z)), noise),
            Axiom("linearity of the mean", (b, Z), ("b >= 0",)),
        ),
        Step("sign", eq(mean(sp.Abs(parts[1])), mean(sp.Abs(b * Z))), Congruence()),
        Step(
            "extra",
            states,
            Combine(
                (
                    (1, "coupling"),
                    (-1, "split"),
                    (1, "Minkowski"),
                    (-1, "shrunk"),
                    (-1, "sign"),
                    (-1, "noise"),
                )
            ),
        ),
    )
    title = "W_1(X_1, X_0) <= (1 - sqrt(abar_1)) E|X_0| + sqrt(1 - abar_1) E|Z|"
    return Claim(
        id="data.extra",
        title=title,
        statement=(states,),
        source=OURS,
        hypotheses={"abar_1 <= 1": le(abar, 1)},
        steps=steps,
    )


def _root_mean_square() -> Claim:
    """What the code computes: E|X_0|^2 = |E X_0|^2 + tr Cov X_0 is known exactly."""
    abar = sp.Symbol("abar_1", positive=True)
    X_0 = Random("X_0", real=True)
    Z = Normal("Z", real=True)
    extra = sp.Symbol("extra", nonnegative=True)
    kept = 1 - sp.sqrt(abar)
    noise = sp.sqrt(1 - abar) * mean(sp.Abs(Z))
    hypotheses = {
        "abar_1 <= 1": le(abar, 1),
        "data.extra": le(extra, kept * mean(sp.Abs(X_0)) + noise),
    }
    states = le(extra, kept * norm(X_0) + noise)
    steps = (
        Step("a <= 1", le(sp.sqrt(abar), 1), Increasing(sp.sqrt, "abar_1 <= 1")),
        Step("1 - a >= 0", le(0, kept), Combine(((1, "a <= 1"),))),
        Step("Jensen", le(mean(sp.Abs(X_0)), norm(X_0)), Axiom("L^1 below L^2", (X_0,))),
        Step("size", states, Combine(((1, "data.extra"), (1, "1 - a >= 0", "Jensen")))),
    )
    return Claim(
        id="data.size",
        title="E|X_0| <= sqrt(|E X_0|^2 + tr Cov X_0) may stand in data.extra",
        statement=(states,),
        source=OURS,
        hypotheses=hypotheses,
        steps=steps,
    )


def _moments() -> Claim:
    """By parts: (-r^k e^{-r^2/2})' = (r^{k+1} - k r^{k-1}) e^{-r^2/2}."""
    radius = sp.Symbol("r", positive=True)
    density = sp.exp(-(radius**2) / 2)
    integrand = (radius ** (t + 1) - t * radius ** (t - 1)) * density
    states = eq(sp.Integral(integrand, (radius, 0, sp.oo)), 0)
    return Claim(
        id="data.moments",
        title="int_0^oo (r^{k+1} - k r^{k-1}) e^{-r^2/2} dr = 0: I_{k+1} = k I_{k-1}",
        statement=(states,),
        source=OURS,
        steps=(Step("by parts", states, Antiderivative(-(radius**t) * density)),),
    )


def _norm_mean() -> Claim:
    """E|Z| in R^d is c(d) = I_d/I_{d-1}, so that c(d + 1) c(d) = I_{d+1}/I_{d-1} = d."""
    c = sp.Function("c", positive=True)
    formula = sp.sqrt(2) * sp.gamma((t + 1) / 2) / sp.gamma(t / 2)
    definitions = {
        "half normal": eq(c(1), sp.sqrt(2 / sp.pi)),
        "moments": eq(c(t + 1), t / c(t)),
    }
    states = eq(c(t), formula)
    steps = (
        Step("at 1", at(states, {t: 1}), Identity(("half normal",))),
        Step(
            "Gamma",
            eq(sp.gamma(t / 2 + 1), t / 2 * sp.gamma(t / 2)),
            Axiom("Gamma(x + 1) = x Gamma(x)", (t / 2,)),
        ),
        Step("goes on", at(states, {t: t + 1}), Identity(("moments", "@0", "Gamma")), (states,)),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = (
        "E|Z| = sqrt(2) Gamma((d+1)/2)/Gamma(d/2) in R^d, from E|Z| = I_d/I_{d-1} (polar"
        " coordinates), I_0 = sqrt(pi/2), I_1 = 1 and data.moments"
    )
    return Claim(
        id="data.norm",
        title=title,
        statement=(states,),
        source=OURS,
        definitions=definitions,
        steps=steps,
    )


def _assumed() -> tuple[Claim, Claim]:
    """What no claim proves: how a mean of draws is distributed, and how exact the solver is."""
    missed, failure = sp.symbols("P_missed alpha", nonnegative=True)
    off, allowed = sp.symbols("E_off estimate", nonnegative=True)
    student = Claim(
        id="limits.student",
        title="P(a mean exceeds its limit by Student's quantile) <= alpha",
        statement=(le(missed, failure),),
        source=OURS,
        expects=ASSUMED,
        assumed="exact for normal draws; for others an approximation, better the more draws and the"
        " lighter the tails, blind to what was not drawn (resolution.cost)",
    )
    solver = Claim(
        id="limits.solver",
        title="E|Y_1 - X_1| of the flow's solver is at most the estimate that enters the limits",
        statement=(le(off, allowed),),
        source=OURS,
        expects=ASSUMED,
        assumed="an estimate of a numerical error, not a bound; where it enters: once"
        " (trajectory.telescope)",
    )
    return student, solver


CLAIMS = (
    *_assumed(),
    _powers(),
    _excluded(),
    _best(),
    _unseen(),
    _strata_resolution(),
    *_strata_variance(),
    _to_data(),
    _root_mean_square(),
    _moments(),
    _norm_mean(),
)
