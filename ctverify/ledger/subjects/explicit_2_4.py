"""The explicit theorem at c0 = 2, c1 = 4, where c2 >= 2 for every T >= 27 (r <= 1/2), and how it
compares with (24).

h (2 l - r) >= r l,  h = -log(1 - r),  l = log(1 + r)      so that  h (T - L) >= 2 log T  at T = 4
log T/r, L = 2 log T/l W_2(f*_T(Z), X_1) <= [sqrt(d Lam) (1.2 + Lam/(T log T)) + sqrt(2 Lam)
|mu|/log T] log T/T
"""

from __future__ import annotations

import sympy as sp

from ..claim import Claim, Step
from ..rules import Combine, Enclosure, Identity, Increasing, Instance, Monotone
from ..sign import eq, le, lt
from .explicit import A, Lam
from .far_end import LOGS
from .log_alpha_bar import S_DEFINITIONS, L, X, ell, h, s
from .schedule import DEFINITIONS, OURS, WITHIN, a, b, r, t

half = sp.Rational(1, 2)


def _curvature() -> Claim:
    """h (2 l - r) >= r l on (0, 1/2], by the first terms of both series."""
    low_h, low_l = r + r**2 / 2 + r**3 / 3, r - r**2 / 2 + r**3 / 3 - r**4 / 4
    states = le(r * ell, h * (2 * ell - r))
    polynomial = sp.cancel((low_h * (2 * low_l - r) - r * low_l) / r**4)
    slope = sp.cancel((2 * low_l - r) / r)
    steps = (
        *LOGS[:1],
        Step("h", le(low_h, h), Instance("calculus.h.3", {X: r})),
        Step("l", le(low_l, ell), Instance("calculus.l.4", {X: r})),
        Step("2 h - r > 0", lt(0, 2 * h - r), Combine(((2, "h"), (r + r**2 + 2 * r**3 / 3,)))),
        Step("slope", le(0, slope), Enclosure()),
        Step("2 l - r >= 0", le(0, 2 * low_l - r), Combine(((r, "slope"),))),
        Step("polynomial", le(0, polynomial), Enclosure()),
        Step(
            "order",
            states,
            Combine(((1, "l", "2 h - r > 0"), (1, "h", "2 l - r >= 0"), (r**4, "polynomial"))),
        ),
    )
    title = "h (2 l - r) >= r l for r <= 1/2, h = -log(1 - r), l = log(1 + r)"
    return Claim(
        "calculus.curvature", title, (states,), OURS, {"r <= 1/2": le(r, half)}, steps=steps
    )


log_T = sp.log(t)
AT_2_4 = {"r = 4 log T/T": eq(r, 4 * log_T / t), "b = T^-2": eq(b, t**-2), "T >= 2": le(2, t)}


def _far_end() -> Claim:
    """At c0 = 2, c1 = 4: 1 - a b + h (T - L) >= 2 log T, as T = 4 log T/r and L = 2 log T/l."""
    states = le(2 * log_T, s(t))
    quarter = sp.Rational(1, 4)
    steps = (
        *LOGS,
        Step("T > 1", lt(1, t), Combine(((1, "T >= 2"),))),
        Step("log T > 0", lt(0, log_T), Increasing(sp.log, "T > 1")),
        Step(
            "b <= 1/4",
            le(b, quarter),
            Combine((((t + 2) / (4 * t**2), "T >= 2"),), using=("b = T^-2",)),
        ),
        Step(
            "b (1+r) <= 1",
            le(b * (1 + r), 1),
            Combine(((1 + r, "b <= 1/4"), (quarter, "r <= 1/2"))),
        ),
        Step("floor", le(1 - a * b + h * (t - L), s(t)), Instance("schedule.27d.floor")),
        Step(
            "a b <= 1",
            le(0, 1 - a * b),
            Combine(((a, "b <= 1/4"), (r / 4 + 5 * quarter / 2, "r <= 1/2"))),
        ),
        Step("curvature", le(r * ell, h * (2 * ell - r)), Instance("calculus.curvature")),
        Step(
            "c2 >= 2",
            states,
            Combine(
                (
                    (1, "floor"),
                    (1, "a b <= 1"),
                    (h * t / r, "r = 4 log T/T"),
                    (2 / (r * ell), "log T > 0", "curvature"),
                ),
                using=("b = T^-2",),
            ),
        ),
    )
    title = "c0 = 2, c1 = 4: c2 >= 2 for every T >= 2 with r <= 1/2 (T >= 27)"
    definitions = DEFINITIONS | S_DEFINITIONS
    return Claim("schedule.27d.2_4", title, (states,), OURS, WITHIN | AT_2_4, definitions, steps)


def _from_27() -> Claim:
    """r = 4 log T/T <= 1/2 from T = 27 on, and not before."""
    T = sp.Symbol("T", positive=True)
    states = le(8 * sp.log(T), T)
    before = lt(sp.Integer(26), 8 * sp.log(26))
    steps = (
        Step("slope", le(0, sp.diff(T - 8 * sp.log(T), T)), Combine(((1, "T >= 27"), (19,)), T)),
        Step("from 27", states, Monotone(T, 27, "slope")),
        Step("not at 26", before, Enclosure()),
    )
    return Claim(
        "schedule.27",
        "4 log T/T <= 1/2 for T >= 27, and 4 log 26/26 > 1/2",
        (states, before),
        OURS,
        {"T >= 27": le(27, T)},
        steps=steps,
    )


def _at_2_4() -> Claim:
    """The theorem at c0 = 2, c1 = 4."""
    T, log, size, d = (sp.Symbol(name, positive=True) for name in ("T", "log_T", "mu_norm", "d"))
    bound = (
        sp.sqrt(d * Lam) * (sp.Rational(3, 10) * 4 * log / T + Lam * A)
        + sp.sqrt(2 * Lam * A) * size
    )
    constant = (
        sp.sqrt(d * Lam) * (sp.Rational(6, 5) + Lam / (T * log)) + sp.sqrt(2 * Lam) * size / log
    )
    states = le(bound, constant * log / T)
    steps = (
        Step("root", le(sp.sqrt(A), 1 / T), Increasing(sp.sqrt, "c2 >= 2")),
        Step(
            "bound",
            states,
            Combine(((sp.sqrt(d * Lam) * Lam, "c2 >= 2"), (sp.sqrt(2 * Lam) * size, "root"))),
        ),
    )
    title = (
        "c0 = 2, c1 = 4, T >= 27: explicit.theorem's bound at rho = 0.3 r, abar_T <= T^-2"
        " (schedule.27d.2_4) is at most [sqrt(d Lam) (1.2 + Lam/(T log T)) + sqrt(2 Lam) |mu|/log"
        " T] log T/T"
    )
    return Claim("explicit.2_4", title, (states,), OURS, {"c2 >= 2": le(A, 1 / T**2)}, steps=steps)


def _beats() -> Claim:
    """(24) over ours."""
    T, log, d, C, C_1, L_f = (
        sp.Symbol(name, positive=True) for name in ("T", "log_T", "d", "C", "C_1", "L_f")
    )
    theirs = C_1 * L_f**3 * d ** sp.Rational(5, 2) * log**5 / T
    ours = C * sp.sqrt(d) * log / T
    ratio, order = eq(theirs / ours, C_1 * L_f**3 * d**2 * log**4 / C), le(ours, theirs)
    enough = {"C_1 d^2 log^4 T >= C": le(C, C_1 * d**2 * log**4), "L_f >= 1": le(1, L_f)}
    scale = sp.sqrt(d) * log / T
    steps = (
        Step("ratio", ratio, Identity()),
        Step(
            "ours is smaller",
            order,
            Combine(
                (
                    (scale, "C_1 d^2 log^4 T >= C"),
                    (scale * C_1 * d**2 * log**4 * (L_f**2 + L_f + 1), "L_f >= 1"),
                )
            ),
        ),
    )
    title = (
        "(24) is C_1 L_f^3 d^2 log^4(T)/C times ours: larger as soon as C_1 >= C/(d^2 log^4 T), as"
        " L_f >= 1 (Phi_{t->t} = id)"
    )
    return Claim("explicit.beats", title, (ratio, order), OURS, enough, steps=steps)


CLAIMS = (_curvature(), _far_end(), _from_27(), _at_2_4(), _beats())
