"""The explicit Gaussian theorem as one claim: from the schedule's and the population model's own
recursions to W_2, for every Gaussian, from N(0, I).

In direction i = 1..d the population model is f*_t(x) = c_t + S_t x,

    f*_{t+1}(x) = c_t + S_t E[X_t | X_{t+1} = x],
    E[X_t | X_{t+1} = x] = sqrt(abar_t) mu + (cov/v_{t+1}) (x - sqrt(abar_{t+1}) mu),

v_t = Var X_t, cov = Cov(X_t, X_{t+1}), shared noise (gaussian.affine),

so that f*_T(Z) is N(c_T, S_T^2) beside X_1 ~ N(sqrt(abar_1) mu, v_1), and W_2^2 is a sum over the
directions:

    W_2(f*_T(Z), X_1) <= [sqrt(d Lam) (1.2 + Lam/(T log T)) + sqrt(2 Lam) |mu|/log T] log T/T

at c0 = 2, c1 = 4, T >= 27; Lam >= 1 and every eigenvalue of the covariance.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..axioms import W2_squared
from ..claim import Claim, Step, Witness
from ..rules import Axiom, Combine, Definition, Identity, Increasing, Induction, Instance
from ..sign import at, eq, le, lt, member
from .excess import EVERYTHING, o
from .explicit import Lam, mu
from .gaussian import R, d, lam, psi
from .log_alpha_bar import s
from .schedule import OURS, SMALL, WITHIN, b, q, r, t

u, v = sp.symbols("u v", positive=True)
slope, center = sp.Function("S", real=True), sp.Function("c", real=True)
cov, var = sp.Function("cov", real=True), sp.Function("v", positive=True)
A = sp.exp(-s(t))  # abar_t
half, three = sp.Rational(1, 2), sp.Rational(3, 10)


def root(k: Any) -> Any:
    """sqrt(abar_k)."""
    return 1 / sp.sqrt(1 + o(k))


MODEL = {
    "v": eq(var(t), (lam + o(t)) / (1 + o(t))),
    "cov": eq(cov(t + 1), root(t) * root(t + 1) * (lam + sp.sqrt(o(t)) * sp.sqrt(o(t + 1)))),
    "S_1": eq(slope(1), 1),
    "S": eq(slope(t + 1), slope(t) * cov(t + 1) / var(t + 1)),
    "c_1": eq(center(1), 0),
    "c": eq(
        center(t + 1),
        center(t) + slope(t) * (root(t) * mu - cov(t + 1) / var(t + 1) * root(t + 1) * mu),
    ),
}
POPULATION = {
    name: fact for name, fact in EVERYTHING.items() if name not in ("d > 0", "d < pi/2")
} | MODEL
TOP = {"Lam >= 1": le(1, Lam), "Lam >= lam": le(lam, Lam)}
HALF = {"abar <= 1/2": le(A, sp.Rational(1, 2))}
SMALL_STEPS = {"r <= 1/2": WITHIN["r <= 1/2"]}
DISTANCE = W2_squared(center(t), slope(t), root(1) * mu, sp.sqrt(var(1)))
SHARE = 2 * Lam * A * mu**2 + Lam * (three * r + Lam * A) ** 2


def _angles() -> Claim:
    """0 < d_{t+1} < pi/2."""
    here, after = sp.sqrt(o(t) / lam), sp.sqrt(o(t + 1) / lam)
    statement = (lt(0, d(t + 1)), lt(d(t + 1), sp.pi / 2))
    steps = (
        *SMALL,
        Step(
            "o rises",
            lt(o(t), o(t + 1)),
            Combine(((r * (1 + o(t)), "m next > 0"),), times=("r m < 1",), using=("o",)),
        ),
        Step("scaled", lt(o(t) / lam, o(t + 1) / lam), Combine(((1 / lam, "o rises"),))),
        Step("roots", lt(here, after), Increasing(sp.sqrt, "scaled")),
        Step("psi next", eq(psi(t + 1), sp.atan(after)), Definition("psi", {t: t + 1})),
        Step(
            "positive",
            lt(0, sp.atan(after) - sp.atan(here)),
            Instance(
                "gaussian.angles",
                {sp.Symbol("u", positive=True): after, sp.Symbol("v", positive=True): here},
            ),
        ),
        Step(
            "small",
            lt(sp.atan(after) - sp.atan(here), sp.pi / 2),
            Instance(
                "gaussian.angles",
                {sp.Symbol("u", positive=True): after, sp.Symbol("v", positive=True): here},
                1,
            ),
        ),
        Step("d > 0", statement[0], Combine(((1, "positive"),), using=("d", "psi next", "psi"))),
        Step("d < pi/2", statement[1], Combine(((1, "small"),), using=("d", "psi next", "psi"))),
    )
    title = "schedule (23): 0 < psi_t - psi_{t-1} < pi/2, psi_t = atan(sigma_t/sqrt(lam))"
    return Claim("gaussian.theorem.angles", title, statement, OURS, SMALL_STEPS, POPULATION, steps)


def _model() -> Claim:
    """S_t = R_t sqrt(v_1/v_t), c_t = sqrt(abar_1) mu - S_t sqrt(abar_t) mu."""
    first = eq(slope(t), R(t) * sp.sqrt(var(1) / var(t)))
    second = eq(center(t), root(1) * mu - slope(t) * root(t) * mu)
    angle = eq(cov(t + 1), sp.sqrt(var(t) * var(t + 1)) * sp.cos(d(t + 1)))
    steps = (
        Step(
            "psi next",
            eq(psi(t + 1), sp.atan(sp.sqrt(o(t + 1) / lam))),
            Definition("psi", {t: t + 1}),
        ),
        Step(
            "v next", eq(var(t + 1), (lam + o(t + 1)) / (1 + o(t + 1))), Definition("v", {t: t + 1})
        ),
        Step("cosine of d", angle, Identity(("cov", "v", "v next", "d", "psi next", "psi"))),
        Step("slope", first, Instance("gaussian.product")),
        Step("center at 1", at(second, {t: 1}), Identity(("c_1", "S_1"))),
        Step("center goes on", at(second, {t: t + 1}), Identity(("c", "S", "@0")), (second,)),
        Step("center", second, Induction(t, "center at 1", "center goes on")),
    )
    title = "the population model of a Gaussian: slope R_t sqrt(v_1/v_t), right at the mean"
    return Claim("gaussian.theorem.model", title, (first, second), OURS, {}, POPULATION, steps)


def _direction() -> Claim:
    """One direction's share of W_2^2."""
    last, first = 1 + A * (lam - 1), 1 + (1 - b) * (lam - 1)
    quoted = (R(t) ** 2 * first / last) * A * mu**2 + first * (1 - R(t) / sp.sqrt(last)) ** 2
    states = le(DISTANCE, SHARE)
    steps = (
        Step("d > 0", lt(0, d(t + 1)), Instance("gaussian.theorem.angles", part=0)),
        Step("d < pi/2", lt(d(t + 1), sp.pi / 2), Instance("gaussian.theorem.angles", part=1)),
        Step(
            "slope",
            eq(slope(t), R(t) * sp.sqrt(var(1) / var(t))),
            Instance("gaussian.theorem.model"),
        ),
        Step(
            "center",
            eq(center(t), root(1) * mu - slope(t) * root(t) * mu),
            Instance("gaussian.theorem.model", part=1),
        ),
        Step("R > 0", lt(0, R(t)), Instance("gaussian.shrinks", part=0)),
        Step(
            "S >= 0",
            le(0, slope(t)),
            Combine(((sp.sqrt(var(1) / var(t)), "R > 0"),), using=("slope",)),
        ),
        Step("deviation", le(0, sp.sqrt(var(1))), Combine()),
        Step(
            "W_2^2",
            eq(DISTANCE, (center(t) - root(1) * mu) ** 2 + (slope(t) - sp.sqrt(var(1))) ** 2),
            Axiom("W_2 of Gaussians", (center(t), slope(t), root(1) * mu, sp.sqrt(var(1)))),
        ),
        Step("odds", eq(q(t), o(t) / (1 + o(t))), Instance("schedule.odds")),
        Step("log", eq(q(t), 1 - A), Instance("schedule.log")),
        Step("abar", eq(A, 1 / (1 + o(t))), Combine(((-1, "odds"), (1, "log")))),
        Step("v_T", eq(var(t), last), Identity(("v", "abar"))),
        Step("first v", eq(var(1), (lam + o(1)) / (1 + o(1))), Definition("v", {t: 1})),
        Step("v_1", eq(var(1), first), Identity(("first v", "o_1"))),
        Step("share", le(quoted, SHARE), Instance("explicit.schedule23")),
        Step(
            "the same",
            eq((center(t) - root(1) * mu) ** 2 + (slope(t) - sp.sqrt(var(1))) ** 2, quoted),
            Identity(("center", "slope", "v_T", "v_1", "abar")),
        ),
        Step("direction", states, Combine(((1, "share"), (-1, "the same"), (-1, "W_2^2")))),
    )
    title = (
        "schedule (23), from N(0, I), direction by direction: W_2^2 of f*_T(Z) and X_1 is at most 2"
        " Lam abar_T mu^2 + Lam (0.3 r + Lam abar_T)^2"
    )
    return Claim(
        "gaussian.theorem.direction",
        title,
        (states,),
        OURS,
        WITHIN | TOP | HALF,
        POPULATION,
        steps,
        witness=Witness({t: 2, r: half, b: half, Lam: 2, lam: 1, mu: 1}),
    )


i, dim = (sp.Symbol(name, integer=True, positive=True) for name in ("i", "d"))
lams, mus = sp.Function("lam", positive=True), sp.Function("mu", real=True)
total, squares = sp.Function("V", real=True), sp.Function("N", real=True)


def every(e: Any, k: Any = i) -> Any:
    """The expression in direction k."""
    return at(member(e, i), {lam: lams(i), mu: mus(i)}) if k == i else at(every(e), {i: k})


DIRECTIONS = {name: every(fact) for name, fact in POPULATION.items()} | {
    "lam <= Lam": le(lams(i), Lam),
    "W_2^2 in one": eq(total(t, 1), every(DISTANCE, 1)),
    "W_2^2 in i + 1": eq(total(t, i + 1), total(t, i) + every(DISTANCE, i + 1)),
    "|mu|^2 in one": eq(squares(1), mus(1) ** 2),
    "|mu|^2 in i + 1": eq(squares(i + 1), squares(i) + mus(i + 1) ** 2),
}
last = every(A, sp.Integer(1))  # abar_T, the same in every direction
BOUND = three * r + Lam * last


def _levels() -> Claim:
    """Each direction has its own letters for one schedule."""
    states = eq(s(t, i), s(t, 1))
    steps = (
        Step("first", eq(s(1, 1), -sp.log(1 - b)), Definition("s_1", {i: 1})),
        Step("at 1", at(states, {t: 1}), Combine(((1, "s_1"), (-1, "first")))),
        Step("s next", every(POPULATION["s"], sp.Integer(1)), Definition("s", {i: 1})),
        Step("m next", every(at(POPULATION["m"], {t: t + 1})), Definition("m", {t: t + 1})),
        Step(
            "first m next",
            every(at(POPULATION["m"], {t: t + 1}), sp.Integer(1)),
            Definition("m", {t: t + 1, i: 1}),
        ),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Combine(((1, "@0"),), using=("s", "s next", "m next", "first m next")),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = "one schedule in every direction: abar_t is the same"
    return Claim("gaussian.theorem.levels", title, (states,), OURS, {}, DIRECTIONS, steps)


def _sum() -> Claim:
    states = le(total(t, i), 2 * Lam * last * squares(i) + i * Lam * BOUND**2)
    here = every(A)
    most = 2 * Lam * last * mus(i) ** 2 + Lam * BOUND**2
    share = le(every(DISTANCE), most)
    steps = (
        Step("levels", eq(s(t, i), s(t, 1)), Instance("gaussian.theorem.levels")),
        Step(
            "half", le(here, sp.Rational(1, 2)), Combine(((1, "abar <= 1/2"),), using=("levels",))
        ),
        Step(
            "own share",
            le(every(DISTANCE), every(SHARE)),
            Instance("gaussian.theorem.direction", {lam: lams(i), mu: mus(i)}, family=i),
        ),
        Step("share", share, Combine(((1, "own share"),), using=("levels",))),
        Step("first share", at(share, {i: 1}), Instance("share", {i: 1})),
        Step("next share", at(share, {i: i + 1}), Instance("share", {i: i + 1})),
        Step(
            "at 1",
            at(states, {i: 1}),
            Combine(((1, "first share"),), using=("W_2^2 in one", "|mu|^2 in one")),
        ),
        Step(
            "goes on",
            at(states, {i: i + 1}),
            Combine(((1, "@0"), (1, "next share")), using=("W_2^2 in i + 1", "|mu|^2 in i + 1")),
            (states,),
        ),
        Step("every dimension", states, Induction(i, "at 1", "goes on")),
    )
    witness = Witness({t: 2, r: half, b: half, Lam: 2, lams: 1, mus: 1})
    within = WITHIN | {"abar <= 1/2": le(last, sp.Rational(1, 2)), "Lam >= 1": le(1, Lam)}
    title = "schedule (23): W_2^2 <= 2 Lam abar_T |mu|^2 + d Lam (0.3 r + Lam abar_T)^2, any d"
    return Claim(
        "gaussian.theorem.sum", title, (states,), OURS, within, DIRECTIONS, steps, witness=witness
    )


W, size = sp.Symbol("W_2", nonnegative=True), sp.Symbol("mu_norm", nonnegative=True)
log_T = sp.log(t)
AT_2_4 = {
    "T >= 27": le(27, t),
    "r = 4 log T/T": eq(r, 4 * log_T / t),
    "b = T^-2": eq(b, t**-2),
    "Lam >= 1": le(1, Lam),
}
WHOLE = {"W_2^2": eq(total(t, dim), W**2), "|mu|^2": eq(squares(dim), size**2)}


def _theorem() -> Claim:
    plain = sp.sqrt(dim * Lam) * BOUND + sp.sqrt(2 * Lam * last) * size
    constant = (
        sp.sqrt(dim * Lam) * (sp.Rational(6, 5) + Lam / (t * log_T))
        + sp.sqrt(2 * Lam) * size / log_T
    )
    states = le(W, constant * log_T / t)
    cross = 2 * sp.sqrt(dim * Lam) * BOUND * sp.sqrt(2 * Lam * last) * size
    summed = le(total(t, dim), 2 * Lam * last * squares(dim) + dim * Lam * BOUND**2)
    steps = (
        Step(
            "8 log T <= T",
            le(8 * log_T, t),
            Instance("schedule.27", {sp.Symbol("T", positive=True): t}),
        ),
        Step(
            "r <= 1/2",
            le(r, sp.Rational(1, 2)),
            Combine(((1 / (2 * t), "8 log T <= T"), (-1, "r = 4 log T/T"))),
        ),
        Step("T >= 2", le(2, t), Combine(((1, "T >= 27"),))),
        Step("T > 1", lt(1, t), Combine(((1, "T >= 2"),))),
        Step("log T > 0", lt(0, log_T), Increasing(sp.log, "T > 1")),
        Step("b < 1", lt(b, 1), Combine((((t + 1) / t**2, "T > 1"),), using=("b = T^-2",))),
        Step("far ends", le(2 * log_T, s(t, i)), Instance("schedule.27d.2_4", family=i)),
        Step("far end", le(2 * log_T, s(t, 1)), Instance("far ends", {i: 1})),
        Step("exponents", le(-s(t, 1), -2 * log_T), Combine(((1, "far end"),))),
        Step("exponentials", le(last, sp.exp(-2 * log_T)), Increasing(sp.exp, "exponents")),
        Step("abar_T", le(last, 1 / t**2), Combine(((1, "exponentials"),))),
        Step("its root", le(sp.sqrt(last), 1 / t), Increasing(sp.sqrt, "abar_T")),
        Step(
            "abar <= 1/2",
            le(last, sp.Rational(1, 2)),
            Combine(((1, "abar_T"), ((t + 2) / (4 * t**2), "T >= 2"), (sp.Rational(1, 4),))),
        ),
        Step("sum", summed, Instance("gaussian.theorem.sum", {i: dim})),
        Step(
            "square",
            le(W**2, plain**2),
            Combine(((1, "sum"), (1, "W_2^2"), (-2 * Lam * last, "|mu|^2"), (cross,))),
        ),
        Step("root", le(W, plain), Increasing(sp.sqrt, "square")),
        Step(
            "theorem",
            states,
            Combine(
                (
                    (1, "root"),
                    (sp.sqrt(dim * Lam) * Lam, "abar_T"),
                    (sp.sqrt(2 * Lam) * size, "its root"),
                    (-three * sp.sqrt(dim * Lam), "r = 4 log T/T"),
                )
            ),
        ),
    )
    point = {t: 30, dim: 1, Lam: 2, lams: 1, mus: 1}
    point |= {W: sp.sqrt(total(30, 1)), size: 1, r: 4 * sp.log(30) / 30, b: sp.Rational(1, 900)}
    title = (
        "THE GAUSSIAN THEOREM, c0 = 2, c1 = 4, T >= 27, from N(0, I), any d: W_2(f*_T(Z), X_1) <="
        " [sqrt(d Lam) (1.2 + Lam/(T log T)) + sqrt(2 Lam) |mu|/log T] log T/T"
    )
    return Claim(
        "gaussian.theorem",
        title,
        (states,),
        OURS,
        AT_2_4 | WHOLE,
        DIRECTIONS,
        steps,
        witness=Witness(point),
    )


CLAIMS = (_angles(), _model(), _direction(), _levels(), _sum(), _theorem())
