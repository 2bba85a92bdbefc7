"""An explicit-constant theorem for Gaussians, start at N(0, I) included. With A = abar_T, v_T = 1 +
A (lam - 1), Lam >= 1, lam:

    W_2(f*_T(Z), X_1)^2 = sum_i  (A_i sqrt(A) mu_i)^2 + v_{1,i} (1 - R_i/sqrt(v_{T,i}))^2,
        A_i = R_i sqrt(v_{1,i}/v_{T,i})
    |1 - R/sqrt(v_T)| <= (1 - R) + Lam A,      1 - R <= 0.3 r    (schedule (23), r <= 1/2)

    W_2(f*_T(Z), X_1) <= sqrt(d Lam) (0.3 r + Lam A) + sqrt(2 Lam A) |mu|,  r = c1 log T/T,
        A = abar_T = T^-c2 <= 1/2

and c2 >= c1 - c0/(1 - r/2) (schedule.27d). At c0 = 2, c1 = 4 (r <= 1/2 from T = 27 on) A <= T^-2,
so that

    W_2 <= sqrt(d Lam) (1.2 + Lam/(T log T)) log T/T + sqrt(2 Lam) |mu|/T;
        d^2 log^4 T below (24) at C_1 = 1 up to 1.2.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..claim import Claim, Step, Witness
from ..rules import Combine, Definition, Increasing, Induction, Instance, Power
from ..sign import at, eq, le, lt
from .excess import EVERYTHING
from .gaussian import R as R_t
from .gaussian import lam
from .log_alpha_bar import s
from .schedule import OURS, WITHIN, b, r, t

A, root, Lam = sp.symbols("A s Lam", positive=True)  # abar_T, sqrt(v_T), max(1, eigenvalues)
R = sp.Symbol("R", nonnegative=True)
v1 = sp.Symbol("v_1", positive=True)
mu = sp.Symbol("mu", real=True)
half = sp.Rational(1, 2)
SETTING = {
    "v_T": eq(lam, (root**2 - 1) / A + 1),
    "R <= 1": le(R, 1),
    "A <= 1/2": le(A, half),
    "Lam >= 1": le(1, Lam),
    "Lam >= lam": le(lam, Lam),
}
POSITIVE = Step("s^2 >= 1 - A", le(1 - A, root**2), Combine(((A, "lam > 0"), (-A, "v_T"))))
LAM = Step("lam > 0", lt(0, lam), Combine())


def _direction() -> Claim:
    """|1 - R/s| <= (1 - R) + Lam A."""
    low, high = le(1 - R / root, 1 - R + Lam * A), le(R / root - 1, Lam * A)
    steps = (
        LAM,
        POSITIVE,
        Step(
            "tangent",
            le(1 - 1 / root, A * (lam - 1) / 2),
            Combine(((A / 2, "v_T"), ((root - 1) ** 2 * (root + 2) / (2 * root),))),
        ),
        Step(
            "low",
            low,
            Combine(
                (
                    (R, "tangent"),
                    (R * A / 2, "Lam >= lam"),
                    (Lam * A / 2, "R <= 1"),
                    (Lam * A / 2,),
                    (R * A / 2,),
                )
            ),
        ),
        Step(
            "(1+A)^2 (1-A) >= 1",
            le(1, (1 + A) ** 2 * (1 - A)),
            Combine(((A * (A + 3 * half), "A <= 1/2"), (A / 4,))),
        ),
        Step(
            "square",
            le(1, (1 + A) ** 2 * root**2),
            Combine(((1, "(1+A)^2 (1-A) >= 1"), ((1 + A) ** 2, "s^2 >= 1 - A"))),
        ),
        Step("root", le(1, (1 + A) * root), Increasing(sp.sqrt, "square")),
        Step("1/s", le(1 / root, 1 + A), Combine(((1, "root"),), root)),
        Step("high", high, Combine(((1 / root, "R <= 1"), (1, "1/s"), (A, "Lam >= 1")))),
    )
    title = (
        "starting at N(0, I): -Lam abar_T <= 1 - R/sqrt(v_T) <= (1 - R) + Lam abar_T, v_T = 1 +"
        " abar_T (lam - 1)"
    )
    return Claim("explicit.start", title, (low, high), OURS, SETTING, steps=steps)


rho = sp.Symbol("rho", positive=True)  # a bound of 1 - R in every direction: 0.3 r
B = rho + Lam * A


def _term() -> Claim:
    """One direction's share of W_2^2."""
    share = (R**2 * v1 / root**2) * A * mu**2 + v1 * (1 - R / root) ** 2
    states = le(share, 2 * Lam * A * mu**2 + Lam * B**2)
    steps = (
        LAM,
        POSITIVE,
        Step("low", le(1 - R / root, 1 - R + Lam * A), Instance("explicit.start", part=0)),
        Step("high", le(R / root - 1, Lam * A), Instance("explicit.start", part=1)),
        Step("1 - R/s <= B", le(1 - R / root, B), Combine(((1, "low"), (1, "1 - R <= rho")))),
        Step("R/s - 1 <= B", le(R / root - 1, B), Combine(((1, "high"), (rho,)))),
        Step(
            "square", le((1 - R / root) ** 2, B**2), Combine(((1, "1 - R/s <= B", "R/s - 1 <= B"),))
        ),
        Step("R^2 <= 1", le(R**2, 1), Combine(((1 + R, "R <= 1"),))),
        Step("1 <= 2 s^2", le(1, 2 * root**2), Combine(((2, "s^2 >= 1 - A"), (2, "A <= 1/2")))),
        Step(
            "ratio", le(R**2 / root**2, 2), Combine(((1, "R^2 <= 1"), (1, "1 <= 2 s^2")), root**2)
        ),
        Step(
            "share",
            states,
            Combine(
                (
                    (v1 * A * mu**2, "ratio"),
                    (2 * A * mu**2, "v_1 <= Lam"),
                    (v1, "square"),
                    (B**2, "v_1 <= Lam"),
                )
            ),
        ),
    )
    title = (
        "one direction's share of W_2^2 is at most 2 Lam abar_T mu^2 + Lam (rho + Lam abar_T)^2,"
        " rho >= 1 - R"
    )
    return Claim(
        "explicit.direction",
        title,
        (states,),
        OURS,
        SETTING | {"v_1 <= Lam": le(v1, Lam), "1 - R <= rho": le(1 - R, rho)},
        steps=steps,
    )


def _schedule_23() -> Claim:
    """One direction under schedule (23): rho = 0.3 r, A = abar_t = e^{-s_t}."""
    last, first = sp.exp(-s(t)), 1 - b
    v, v_first = 1 + last * (lam - 1), 1 + first * (lam - 1)
    bound = sp.Rational(3, 10) * r + Lam * last
    share = (R_t(t) ** 2 * v_first / v) * last * mu**2 + v_first * (1 - R_t(t) / sp.sqrt(v)) ** 2
    states = le(share, 2 * Lam * last * mu**2 + Lam * bound**2)
    values = {A: last, root: sp.sqrt(v), R: R_t(t), v1: v_first, rho: sp.Rational(3, 10) * r}
    steps = (
        Step("v_T > 0", lt(0, v), Combine(((1, "abar <= 1/2"), (last * lam,), (half,)))),
        Step("s > 0", lt(0, sp.sqrt(v)), Power("v_T > 0")),
        Step("v_1 > 0", lt(0, v_first), Combine(((lam, "b < 1"), (b,)))),
        Step(
            "v_1 <= Lam", le(v_first, Lam), Combine(((1, "b < 1", "Lam >= lam"), (b, "Lam >= 1")))
        ),
        Step("R > 0", lt(0, R_t(t)), Instance("gaussian.shrinks", part=0)),
        Step("R >= 0", le(0, R_t(t)), Combine(((1, "R > 0"),))),
        Step("R <= 1", le(R_t(t), 1), Instance("gaussian.shrinks", part=1)),
        Step(
            "1 - R <= 0.3 r", le(1 - R_t(t), sp.Rational(3, 10) * r), Instance("gaussian.excess.r")
        ),
        Step("share", states, Instance("explicit.direction", values)),
    )
    hypotheses = WITHIN | {
        "abar <= 1/2": le(last, half),
        "Lam >= 1": le(1, Lam),
        "Lam >= lam": le(lam, Lam),
    }
    title = (
        "schedule (23), start at N(0, I): a direction's share of W_2^2 is at most 2 Lam abar_T mu^2"
        " + Lam (0.3 r + Lam abar_T)^2"
    )
    witness = Witness({r: half, b: half, lam: 1, mu: 0, Lam: 1, t: 2})
    return Claim(
        "explicit.schedule23",
        title,
        (states,),
        OURS,
        hypotheses,
        EVERYTHING,
        steps,
        witness=witness,
    )


total, squares, mus = (
    sp.Function(name, real=True) for name in ("V", "N", "mu")
)  # sums over directions; mu_i
slopes, roots, firsts, lams = (
    sp.Function("R", nonnegative=True),
    *(sp.Function(name, positive=True) for name in ("s", "v_1", "lam")),
)
HALF_AND_TOP = {"abar <= 1/2": le(A, half), "Lam >= 1": le(1, Lam)}
IN_EVERY_DIRECTION = {  # R: gaussian.shrinks, gaussian.excess.r
    "v_T": eq(lams(t), (roots(t) ** 2 - 1) / A + 1),
    "R <= 1": le(slopes(t), 1),
    "1 - R <= rho": le(1 - slopes(t), rho),
    "lam <= Lam": le(lams(t), Lam),
    "v_1 <= Lam": le(firsts(t), Lam),
}


def _share(i: Any) -> Any:
    """Direction i's share of W_2^2 (gaussian.start)."""
    return (slopes(i) ** 2 * firsts(i) / roots(i) ** 2) * A * mus(i) ** 2 + firsts(i) * (
        1 - slopes(i) / roots(i)
    ) ** 2


SUMS = IN_EVERY_DIRECTION | {
    "sum_1": eq(total(1), _share(1)),
    "sum": eq(total(t + 1), total(t) + _share(t + 1)),
    "mu_1": eq(squares(1), mus(1) ** 2),
    "mu sum": eq(squares(t + 1), squares(t) + mus(t + 1) ** 2),
}
FLAT = {A: half, Lam: 1, rho: 1, slopes: 1, roots: 1, firsts: 1, mus: 0}
SUMMED = le(total(t), 2 * Lam * A * squares(t) + t * Lam * B**2)


def _bounded(i: Any, label: str) -> tuple[Step, ...]:
    """explicit.direction in direction i."""
    facts = [
        Step(f"{name}, {label}", at(fact, {t: i}), Definition(name, {t: i}))
        for name, fact in IN_EVERY_DIRECTION.items()
    ]
    values = {R: slopes(i), v1: firsts(i), root: roots(i), lam: lams(i), mu: mus(i)}
    most = 2 * Lam * A * mus(i) ** 2 + Lam * B**2
    return (*facts, Step(label, le(_share(i), most), Instance("explicit.direction", values)))


def _sum() -> Claim:
    """The shares of d directions summed."""
    steps = (
        *_bounded(sp.Integer(1), "first direction"),
        *_bounded(t + 1, "next direction"),
        Step(
            "at 1", at(SUMMED, {t: 1}), Combine(((1, "first direction"),), using=("sum_1", "mu_1"))
        ),
        Step(
            "goes on",
            at(SUMMED, {t: t + 1}),
            Combine(((1, "@0"), (1, "next direction")), using=("sum", "mu sum")),
            (SUMMED,),
        ),
        Step("sum over directions", SUMMED, Induction(t, "at 1", "goes on")),
    )
    title = (
        "W_2^2 <= d Lam (rho + Lam abar_T)^2 + 2 Lam abar_T |mu|^2 (t = d): its share in each"
        " direction summed"
    )
    return Claim(
        "explicit.sum", title, (SUMMED,), OURS, HALF_AND_TOP, SUMS, steps, witness=Witness(FLAT)
    )


def _theorem() -> Claim:
    """The root of the sum."""
    W, size = sp.Symbol("W_2", nonnegative=True), sp.Symbol("mu_norm", nonnegative=True)
    result = le(W, sp.sqrt(t * Lam) * B + sp.sqrt(2 * Lam * A) * size)
    cross = 2 * sp.sqrt(t * Lam) * B * sp.sqrt(2 * Lam * A) * size
    steps = (
        Step("summed", SUMMED, Instance("explicit.sum")),
        Step(
            "square",
            le(W**2, result.rhs**2),
            Combine(((1, "summed"), (1, "W_2"), (-2 * Lam * A, "|mu|"), (cross,))),
        ),
        Step("root", result, Increasing(sp.sqrt, "square")),
    )
    hypotheses = HALF_AND_TOP | {"W_2": eq(total(t), W**2), "|mu|": eq(squares(t), size**2)}
    title = (
        "W_2(f*_T(Z), X_1) <= sqrt(d Lam) (rho + Lam abar_T) + sqrt(2 Lam abar_T) |mu| where 1 - R"
        " <= rho in every direction (0.3 r: gaussian.excess.r; t = d)"
    )
    return Claim(
        "explicit.theorem",
        title,
        (result,),
        OURS,
        hypotheses,
        SUMS,
        steps,
        witness=Witness(FLAT | {t: 1, W: 0, size: 0}),
    )


CLAIMS = (_direction(), _term(), _schedule_23(), _sum(), _theorem())
