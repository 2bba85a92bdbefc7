"""Theorem A where numbers are wanted: under schedule (23), from N(0, I), the steps that an accuracy
asks for, and with the population model's L.

    (y - 1)/(y + 1) <= (log y)/2, y = sigma_t/sigma_{t-1}, and (27b) give kappa <= 0.6 r
    from N(0, I) add  L sqrt(abar_T E|X_0|^2 + (1 - sqrt(1 - abar_T))^2 d)
    T >= 2 A log A with A = 0.6 c1 L^2 S/eps^2 gives W_2 <= Err_T + eps
"""

from __future__ import annotations

import sympy as sp

from ..axioms import W2, Random, dot, mean, norm
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
from ..sign import eq, le, lt
from .any_target import Err, F, X, f, k, value
from .excess import ODDS, o
from .schedule import DEFINITIONS, IN_RANGE, OURS, SMALL, WITHIN, b, m, q, r, t
from .theorem_a import (
    DRAWN,
    EVERYTHING,
    WORLD,
    L,
    S,
    abar,
    d,
    data,
    kappa,
    s,
    seen_noise,
    shrunk,
    signs,
)

half, six = sp.Rational(1, 2), sp.Rational(3, 5)
y = sp.Symbol("y", positive=True)
SIGMA = {"sigma^2": eq(o(t), s(t) ** 2)}
RISES = le(s(t), s(t + 1))
KAPPA = le(s(t + 1) - s(t), six * r * (s(t + 1) + s(t)))
AT_ODDS = signs(((k,), sp.sqrt(o(k)))).having({r: half, b: half})
BOUND = L * sp.sqrt(six * r * (abar(1) - abar(t)) * S(d))


def _half_log() -> Claim:
    states = le((y - 1) / (y + 1), sp.log(y) / 2)
    gap = sp.log(y) / 2 - (y - 1) / (y + 1)
    steps = (
        Step("slope", le(0, sp.diff(gap, y)), Combine((((y - 1) ** 2,),), 2 * y * (y + 1) ** 2)),
        Step("order", states, Monotone(y, 1, "slope")),
    )
    title = "(y - 1)/(y + 1) <= (log y)/2 for y >= 1"
    return Claim("calculus.half_log", title, (states,), OURS, {"1 <= y": le(1, y)}, steps=steps)


def _kappa() -> Claim:
    beta, C = r * m(t + 1), sp.Rational(9, 4)
    factor = 1 + C * r / (1 - r)
    ratio = s(t + 1) / s(t)
    steps = (
        *SMALL,
        *IN_RANGE,
        Step("1 - r > 0", lt(0, 1 - r), Combine(((1, "r <= 1/2"), (half,)))),
        Step("odds", eq(q(t), o(t) / (1 + o(t))), Instance("schedule.odds")),
        Step("(27b)", le(beta / q(t), C * r), Instance("schedule.27b.best")),
        Step(
            "cleared",
            le(beta * (1 + o(t)), C * r * o(t)),
            Combine(((o(t), "(27b)"),), using=("odds",)),
        ),
        Step(
            "o rises",
            le(o(t), o(t + 1)),
            Combine(((r * (1 + o(t)), "m next > 0"),), times=("r m < 1",), using=("o",)),
        ),
        Step("sigma next", eq(o(t + 1), s(t + 1) ** 2), Definition("sigma^2", {t: t + 1})),
        Step(
            "squares rise",
            le(s(t) ** 2, s(t + 1) ** 2),
            Combine(((1, "o rises"), (1, "sigma^2"), (-1, "sigma next"))),
        ),
        Step("sigma rises", RISES, Increasing(sp.sqrt, "squares rise")),
        Step("1 - r <= 1 - r m", le(1 - r, 1 - beta), Combine(((1, "r m <= r"),))),
        Step(
            "odds' ratio",
            le(o(t + 1) / o(t), factor),
            Combine(
                ((1, "cleared", "1 - r > 0"), (C * r * o(t), "1 - r <= 1 - r m")),
                o(t),
                ("r m < 1", "1 - r > 0"),
                using=("o",),
            ),
        ),
        Step(
            "ratio",
            le(ratio**2, factor),
            Combine(((1, "odds' ratio"),), using=("sigma next", "sigma^2")),
        ),
        Step("logs", le(sp.log(ratio**2), sp.log(factor)), Increasing(sp.log, "ratio")),
        Step("1 <= y", le(1, ratio), Combine(((1 / s(t), "sigma rises"),))),
        Step(
            "half log",
            le((ratio - 1) / (ratio + 1), sp.log(ratio) / 2),
            Instance("calculus.half_log", {y: ratio}),
        ),
        Step("0.3 r", le(sp.log(factor) / 8, sp.Rational(3, 10) * r), Instance("calculus.excess")),
        Step(
            "0.6 r",
            le((ratio - 1) / (ratio + 1), six * r),
            Combine(((1, "half log"), (sp.Rational(1, 4), "logs"), (2, "0.3 r"))),
        ),
        Step("kappa", KAPPA, Combine(((s(t + 1) + s(t), "0.6 r"),))),
    )
    title = "schedule (23), r <= 1/2: (sigma_t - sigma_{t-1})/(sigma_t + sigma_{t-1}) <= 0.6 r"
    return Claim(
        "theorem_A.kappa",
        title,
        (RISES, KAPPA),
        OURS,
        WITHIN,
        DEFINITIONS | ODDS | SIGMA,
        steps,
        witness=AT_ODDS,
    )


AT_23 = {name: fact for name, fact in EVERYTHING.items() if name not in ("sigma rises", "kappa")}
AT_23 |= DEFINITIONS | ODDS | SIGMA
LEVELS_23 = (
    Step("sigma rises", RISES, Instance("theorem_A.kappa", part=0)),
    Step("kappa", KAPPA, Instance("theorem_A.kappa", part=1)),
)


def _schedule_23() -> Claim:
    states = le(W2(F(t), X(1)), Err(t) + BOUND)
    steps = (*LEVELS_23, Step("Theorem A", states, Instance("theorem_A", {kappa: six * r})))
    title = (
        "THEOREM A, every target, schedule (23), r <= 1/2: W_2(f_T(X_T), X_1) <= Err_T + L sqrt(0.6"
        " r (abar_1 - abar_T) S), S = sum_i max(1, lam_i)"
    )
    return Claim(
        "theorem_A.23", title, (states,), OURS, WITHIN, AT_23, steps, fixed=(d,), witness=AT_ODDS
    )


x_0, z_T = Random("x_0", real=True), Random("z_T", real=True)
LATE = {t: 2} | {
    symbol: tuple(e.xreplace({value: w}) for w in DRAWN)
    for symbol, e in ((x_0, data), (z_T, seen_noise))
}
START = {
    "X_T": eq(X(t), shrunk(t) * (x_0 + s(t) * z_T)),
    "E|Z|^2 = d": eq(norm(z_T) ** 2, d),
    "X_0 and Z apart": eq(mean(dot(x_0, z_T)), 0),
    "L at T": le(norm(f(t, z_T) - F(t)), L * norm(z_T - X(t))),
}
extra = sp.sqrt(abar(t) * norm(x_0) ** 2 + (1 - sp.sqrt(1 - abar(t))) ** 2 * d)
plain = sp.sqrt(abar(t)) * norm(x_0) + abar(t) * sp.sqrt(d)


def _start() -> Claim:
    keep = 1 - s(t) * shrunk(t)
    sharp = le(norm(f(t, z_T) - F(t)), L * extra)
    simple = le(L * extra, L * plain)
    inside = -shrunk(t) * x_0 + keep * z_T
    rest = sp.sqrt(1 - abar(t))
    steps = (
        Step("difference", eq(norm(z_T - X(t)), norm(inside)), Congruence(("X_T",))),
        Step(
            "square",
            eq(
                norm(inside) ** 2,
                shrunk(t) ** 2 * norm(x_0) ** 2
                - 2 * shrunk(t) * keep * mean(dot(x_0, z_T))
                + keep**2 * norm(z_T) ** 2,
            ),
            Axiom("square of a sum's norm", (-shrunk(t), x_0, keep, z_T)),
        ),
        Step("left over", eq(1 - abar(t), s(t) ** 2 * shrunk(t) ** 2), Identity()),
        Step("abar <= 1", le(0, 1 - abar(t)), Combine(((s(t) ** 2 * shrunk(t) ** 2,),))),
        Step(
            "not above", le(1 - abar(t), s(t) ** 2 * shrunk(t) ** 2), Combine(((-1, "left over"),))
        ),
        Step(
            "not below", le(s(t) ** 2 * shrunk(t) ** 2, 1 - abar(t)), Combine(((1, "left over"),))
        ),
        Step("root above", le(rest, s(t) * shrunk(t)), Increasing(sp.sqrt, "not above")),
        Step("root below", le(s(t) * shrunk(t), rest), Increasing(sp.sqrt, "not below")),
        Step("root", eq(rest, s(t) * shrunk(t)), Between("root above", "root below")),
        Step(
            "value",
            le(norm(inside) ** 2, extra**2),
            Combine(
                (
                    (-1, "square"),
                    (2 * shrunk(t) * keep, "X_0 and Z apart"),
                    (-(keep**2), "E|Z|^2 = d"),
                ),
                using=("root",),
            ),
        ),
        Step("its root", le(norm(inside), extra), Increasing(sp.sqrt, "value")),
        Step("L^2", sharp, Combine(((1, "L at T"), (L, "its root")), using=("difference",))),
        Step("1 - abar <= 1", le(1 - abar(t), 1), Combine()),
        Step("rest <= 1", le(rest, 1), Increasing(sp.sqrt, "1 - abar <= 1")),
        Step("rest >= 0", le(0, rest), Combine()),
        Step("1 - rest <= abar", le(1 - rest, abar(t)), Combine(((1, "rest >= 0", "rest <= 1"),))),
        Step(
            "squares",
            le(extra**2, plain**2),
            Combine(
                (
                    (d, "rest <= 1", "1 - rest <= abar"),
                    (d * abar(t), "1 - rest <= abar"),
                    (2 * sp.sqrt(abar(t)) * norm(x_0) * abar(t) * sp.sqrt(d),),
                )
            ),
        ),
        Step("roots", le(extra, plain), Increasing(sp.sqrt, "squares")),
        Step("simple", simple, Combine(((L, "roots"),))),
    )
    title = (
        "from N(0, I) Theorem A adds L sqrt(abar_T E|X_0|^2 + (1 - sqrt(1 - abar_T))^2 d) <= L"
        " (sqrt(abar_T E|X_0|^2) + abar_T sqrt(d))"
    )
    witness = WORLD.having(LATE)
    return Claim(
        "theorem_A.noise",
        title,
        (sharp, simple),
        OURS,
        START,
        {},
        steps,
        fixed=(d,),
        witness=witness,
    )


def _from_noise() -> Claim:
    whole = Err(t) + BOUND + L * extra
    states = le(W2(f(t, z_T), X(1)), whole)
    steps = (
        Step("from p_T", le(W2(F(t), X(1)), Err(t) + BOUND), Instance("theorem_A.23")),
        Step("start", le(norm(f(t, z_T) - F(t)), L * extra), Instance("theorem_A.noise")),
        Step(
            "coupling",
            le(W2(f(t, z_T), F(t)), norm(f(t, z_T) - F(t))),
            Axiom("coupling bound", (f(t, z_T), F(t))),
        ),
        Step(
            "triangle",
            le(W2(f(t, z_T), X(1)), W2(f(t, z_T), F(t)) + W2(F(t), X(1))),
            Axiom("W_2 is a metric", (f(t, z_T), F(t), X(1))),
        ),
        Step(
            "W_2",
            states,
            Combine(((1, "triangle"), (1, "coupling"), (1, "start"), (1, "from p_T"))),
        ),
    )
    title = (
        "THEOREM A from N(0, I), schedule (23), r <= 1/2: W_2(f_T(Z), X_1) <= Err_T + L sqrt(0.6 r"
        " (abar_1 - abar_T) S) + L sqrt(abar_T E|X_0|^2 + (1 - sqrt(1 - abar_T))^2 d)"
    )
    return Claim(
        "theorem_A.start",
        title,
        (states,),
        OURS,
        WITHIN | START,
        AT_23,
        steps,
        fixed=(d,),
        witness=AT_ODDS.having(LATE),
    )


c1, eps = sp.symbols("c1 eps", positive=True)
needed = sp.Symbol("N", positive=True)


def _enough() -> Claim:
    states = le(needed * sp.log(y), y)
    ratio = y / (2 * needed)
    steps = (
        Step(
            "tangent",
            le(1 + sp.log(ratio), ratio),
            Instance("calculus.log", {sp.Symbol("y", positive=True): ratio}),
        ),
        Step("log 2 <= 1", le(sp.log(2), 1), Enclosure()),
        Step(
            "enough",
            states,
            Combine(((needed, "tangent"), (needed, "log 2 <= 1"), (half, "T >= 2 N log N"))),
        ),
    )
    title = "T >= 2 N log N gives N log T <= T"
    within = {"T >= 2 N log N": le(2 * needed * sp.log(needed), y)}
    return Claim("calculus.steps", title, (states,), OURS, within, steps=steps)


EASY = AT_ODDS.having({t: 30, r: sp.log(30) / 30, b: half, c1: 1, eps: 10})
FALLS = le(abar(t), abar(1))


def _accuracy() -> Claim:
    A = six * c1 * L**2 * S(d) / eps**2
    states = le(W2(F(t), X(1)), Err(t) + eps)
    inside = L**2 * six * r * (abar(1) - abar(t)) * S(d)
    steps = (
        Step("enough", le(A * sp.log(t), t), Instance("calculus.steps", {needed: A, y: t})),
        Step("below 1", le(abar(1) - abar(t), 1), Combine()),
        LEVELS_23[0],
        Step("falls at 1", le(abar(1), abar(1)), Combine()),
        Step(
            "falls on",
            le(abar(t + 1), abar(1)),
            Combine(
                ((1, "@0"), ((s(t + 1) + s(t)) * abar(t) * abar(t + 1), "sigma rises")),
            ),
            (FALLS,),
        ),
        Step("falls", FALLS, Induction(t, "falls at 1", "falls on")),
        Step("inside >= 0", le(0, inside), Combine(((L**2 * six * r * S(d), "falls"),))),
        Step(
            "square",
            le(inside, eps**2),
            Combine(
                (
                    (L**2 * six * S(d) * r, "below 1"),
                    (eps**2 / t, "enough"),
                    (-(L**2) * six * S(d), "r = c1 log T/T"),
                ),
            ),
        ),
        Step("root", le(BOUND, eps), Increasing(sp.sqrt, "square")),
        Step("Theorem A", le(W2(F(t), X(1)), Err(t) + BOUND), Instance("theorem_A.23")),
        Step("accuracy", states, Combine(((1, "Theorem A"), (1, "root")))),
    )
    title = (
        "the steps that an accuracy asks for, every target, (23), r <= 1/2: T >= 2 A log A, A = 0.6"
        " c1 L^2 S/eps^2, gives W_2(f_T(X_T), X_1) <= Err_T + eps"
    )
    within = WITHIN | {
        "r = c1 log T/T": eq(r, c1 * sp.log(t) / t),
        "T >= 2 A log A": le(2 * A * sp.log(A), t),
    }
    return Claim(
        "theorem_A.steps", title, (states,), OURS, within, AT_23, steps, fixed=(d,), witness=EASY
    )


CLAIMS = (
    _half_log(),
    _kappa(),
    _schedule_23(),
    _start(),
    _from_noise(),
    _enough(),
    _accuracy(),
)
