"""(1 - R_T)/r -> K(lam) for schedule (23), c1 = c0 + delta > c0, for every fixed lam > 0.

K(lam) = G(oo)/8, G(x) = int_0^x g d(-w) (angle_sum.py). With U = U' (1 + delta) and V = V'/(1 +
delta), both tending to 1:

    1 - R_T <= (r/8) U G(oo),
    1 - R_T >= (r/8) V [G(oo) - c w(s_T) - c (1 - w(s_1))] (1 - (r/16) U G(oo)),
        c = 1/(1 - 1/e) >= g

as 1 - e^-x >= x (1 - x/2); w(s_T) -> 0 since s_T >= r T + log b/(1 - r/2), and w(s_1) -> 1 since
s_1 = -log(1 - b).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..claim import Claim, Step, Witness
from ..rules import Axiom, Combine, Identity, Increasing, Induction, Instance, Squeeze
from ..sign import at, eq, le, lt, member
from .angle_sum import G, low, up, w, y
from .constants import integrand
from .excess import EVERYTHING
from .far_end import AT_T, EVENTUALLY, LOG, T, c0, half, n
from .far_end import delta as c1_excess
from .gaussian import S2, R, d, lam
from .log_alpha_bar import X, s
from .profile import NARROW, delta, g
from .schedule import OURS, WITHIN, a, b, r, t

c = 1 / (1 - sp.exp(-1))
total = G(sp.oo)
above, below = r * up * (1 + delta) / 8, r * low / (8 * (1 + delta))  # (r/8) U, (r/8) V
x = sp.Symbol("x", positive=True)


def _falling() -> tuple[Step, ...]:
    """w falls and stays positive; 0 <= g <= c."""
    return (
        Step("e^y", le(1 + y, sp.exp(y)), Instance("calculus.exp", {x: y})),
        Step("lam + e^y - 1 > 0", lt(0, lam + sp.exp(y) - 1), Combine(((1, "e^y"), (lam + y,)))),
        Step(
            "w falls",
            le(0, -sp.diff(w(y), y)),
            Combine(((lam * sp.exp(y),),), times=("lam + e^y - 1 > 0",) * 2),
        ),
        Step("g <= c", le(g(y), c), Instance("calculus.profile.bound", {X: y})),
        Step("-y < 0", lt(-y, 0), Combine()),
        Step("e^-y < 1", lt(sp.exp(-y), 1), Increasing(sp.exp, "-y < 0")),
        Step("1 - e^-y > 0", lt(0, 1 - sp.exp(-y)), Combine(((1, "e^-y < 1"),))),
        Step("0 <= g", le(0, g(y)), Combine(((sp.Min(y, 1),),), times=("1 - e^-y > 0",))),
    )


DELTA = (
    Step("1 - r > 0", lt(0, 1 - r), Combine(((1, "r <= 1/2"), (half,)))),
    Step("delta > 0", lt(0, delta), Combine(((r * (1 + a),),), times=("1 - r > 0",))),
    Step("1 + delta > 0", lt(0, 1 + delta), Combine(((1, "delta > 0"), (1,)))),
    Step("U' >= 0", le(0, r * up / 4), Combine(((r * (1 + a) / 4,),), times=("1 - r > 0",))),
)


def _integral(name: str, start: Any, end: Any, bound: Any, greatest: bool, *ordered: str) -> Step:
    """An instance of the integral's bounds; ordered: facts that 0 <= start <= end."""
    drop = bound * (w(start) - (0 if end == sp.oo else w(end)))
    relation = le(G(end) - G(start), drop) if greatest else le(drop, G(end) - G(start))
    return Step(
        name,
        relation,
        Axiom(
            "integral of a product",
            (g(y), w(y), y, start, end, bound, greatest),
            ("g <= c", "0 <= g", "w falls", *ordered),
        ),
    )


def _upper() -> Claim:
    squares, states = le(S2(t) / 2, above * total), le(1 - R(t), above * total)
    telescoped = le(S2(t), r * up * (1 + delta) / 4 * (G(s(t)) - G(s(1))))
    steps = (
        *_falling(),
        *DELTA,
        Step("s_1 >= b", le(b, s(1)), Instance("schedule.s.levels", {t: 1}, 0)),
        Step("s >= b", le(b, s(t)), Instance("schedule.s.levels", part=0)),
        Step("s_1 >= 0", le(0, s(1)), Combine(((1, "s_1 >= b"), (b,)))),
        Step("s >= 0", le(0, s(t)), Combine(((1, "s >= b"), (b,)))),
        Step("nothing", eq(G(0), 0), Axiom("empty integral", (g(y), w(y), y))),
        _integral("start", sp.Integer(0), s(1), sp.Integer(0), False, "s_1 >= 0"),
        Step("G(s_1) >= 0", le(0, G(s(1))), Combine(((1, "start"),), using=("nothing",))),
        _integral("rest >= 0", s(t), sp.oo, sp.Integer(0), False, "s >= 0"),
        Step("sum", telescoped, Instance("gaussian.sum.above")),
        Step(
            "U >= 0", le(0, r * up * (1 + delta) / 4), Combine(((1, "U' >= 0", "1 + delta > 0"),))
        ),
        Step(
            "squares",
            squares,
            Combine(
                ((half, "sum"), (half, "U >= 0", "rest >= 0"), (half, "U >= 0", "G(s_1) >= 0"))
            ),
        ),
        Step("1 - R", le(1 - R(t), S2(t) / 2), Instance("gaussian.sum", part=1)),
        Step("bound", states, Combine(((1, "1 - R"), (1, "squares")))),
    )
    title = "schedule (23): 1 - R_T <= sum d^2/2 <= (r/8) U G(oo), G(oo) = 8 K(lam)"
    return Claim("gaussian.K.above", title, (squares, states), OURS, WITHIN, EVERYTHING, steps)


LEAST, MOST, SHRUNK = sp.symbols("least most R_T", real=True)


def _size() -> Claim:
    states = le(total, c)
    steps = (
        *_falling(),
        Step("nothing", eq(G(0), 0), Axiom("empty integral", (g(y), w(y), y))),
        Step("0 >= 0", le(0, sp.Integer(0)), Combine()),
        _integral("whole", sp.Integer(0), sp.oo, c, True, "0 >= 0"),
        Step("size", states, Combine(((1, "whole"),), using=("nothing",))),
    )
    return Claim("gaussian.K.size", "G(oo) <= e/(e - 1)", (states,), OURS, steps=steps)


def _sandwich() -> Claim:
    """least (1 - most/2) <= x - x^2/2 <= 1 - R."""
    states = le(LEAST * (1 - MOST / 2), 1 - SHRUNK)
    hypotheses = {
        "least <= x": le(LEAST, x),
        "x <= most": le(x, MOST),
        "most <= 2": le(0, 1 - MOST / 2),
        "R <= e^-x": le(SHRUNK, sp.exp(-x)),
    }
    steps = (
        Step("second order", le(x - x**2 / 2, 1 - sp.exp(-x)), Instance("calculus.exp.second")),
        Step(
            "order",
            states,
            Combine(
                (
                    (1, "second order"),
                    (1, "R <= e^-x"),
                    (1, "least <= x", "most <= 2"),
                    (x / 2, "x <= most"),
                )
            ),
        ),
    )
    title = "least (1 - most/2) <= 1 - R where least <= x <= most <= 2, R <= e^-x"
    return Claim("calculus.sandwich", title, (states,), OURS, hypotheses, steps=steps)


inner = total - c * w(s(t + 1)) - c * (1 - w(s(1)))


def _lower() -> Claim:
    most = above * total
    states = le(below * inner * (1 - most / 2), 1 - R(t + 1))
    positive, squares = le(0, S2(t)), S2(t + 1) / 2
    increment = G(s(t + 1)) - G(s(1))
    steps = (
        *_falling(),
        *DELTA,
        Step("V >= 0", le(0, below), Instance("gaussian.K.V")),
        Step("nothing", eq(G(0), 0), Axiom("empty integral", (g(y), w(y), y))),
        Step("s_1 >= b", le(b, s(1)), Instance("schedule.s.levels", {t: 1}, 0)),
        Step("s_1 >= 0", le(0, s(1)), Combine(((1, "s_1 >= b"), (b,)))),
        Step("s next >= b", le(b, s(t + 1)), Instance("schedule.s.levels", {t: t + 1}, 0)),
        Step("s next >= 0", le(0, s(t + 1)), Combine(((1, "s next >= b"), (b,)))),
        Step("s_1 > 0", lt(0, s(1)), Combine(((1, "s_1 >= b"), (b,)))),
        Step("s next > 0", lt(0, s(t + 1)), Combine(((1, "s next >= b"), (b,)))),
        _integral("start", sp.Integer(0), s(1), c, True, "s_1 >= 0"),
        _integral("rest", s(t + 1), sp.oo, c, True, "s next >= 0"),
        Step(
            "range", le(inner, increment), Combine(((1, "start"), (1, "rest")), using=("nothing",))
        ),
        Step(
            "sum",
            le(r * low / (4 * (1 + delta)) * increment, S2(t + 1)),
            Instance("gaussian.sum.below", {t: t + 1}),
        ),
        Step("least", le(below * inner, squares), Combine(((half, "sum"), (1, "V >= 0", "range")))),
        Step("most", le(squares, most), Instance("gaussian.K.above", {t: t + 1}, 0)),
        Step("at 1", at(positive, {t: 1}), Combine(using=("S_2 at 1",))),
        Step(
            "goes on",
            at(positive, {t: t + 1}),
            Combine(((1, "@0"), (d(t + 1) ** 2,)), using=("S_2",)),
            (positive,),
        ),
        Step("S_2 >= 0", positive, Induction(t, "at 1", "goes on")),
        Step(
            "x > 0",
            lt(0, squares),
            Combine(((half, "S_2 >= 0"), (half, "d > 0", "d > 0")), using=("S_2",)),
        ),
        Step("R <= e^-x", le(R(t + 1), sp.exp(-squares)), Instance("gaussian.sum", {t: t + 1}, 0)),
        Step(
            "bound",
            states,
            Instance(
                "calculus.sandwich",
                {x: squares, LEAST: below * inner, MOST: most, SHRUNK: R(t + 1)},
            ),
        ),
    )
    title = (
        "schedule (23): 1 - R_T >= (r/8) V [G(oo) - c w(s_T) - c (1 - w(s_1))] (1 - (r/16) U"
        " G(oo)), c = e/(e-1), t + 1 = T"
    )
    return Claim(
        "gaussian.K.below",
        title,
        (states,),
        OURS,
        NARROW | {"(r/16) U G(oo) <= 1": le(0, 1 - most / 2)},
        EVERYTHING,
        steps,
        witness=Witness(
            {r: sp.Rational(1, 100), b: sp.Rational(1, 100), lam: 1, t: 1},
            lemmas=(("gaussian.K.size", {lam: sp.Integer(1)}),),
        ),
    )


def _limit() -> Claim:
    """Both bounds over r tend to G(oo)/8."""

    def in_T(expression: Any) -> Any:
        return at(le(0, expression), AT_T).rhs

    r_T, most, V = in_T(r), in_T(above * total), in_T(below)
    exponent = in_T(r * T + sp.log(b) / (1 - r / 2))
    far, near = lam / (lam + sp.exp(exponent) - 1), in_T(lam / (lam + 1 / (1 - b) - 1))
    in_T_next = member(at(le(0, inner), AT_T | {t: n}).rhs, n)
    range_ = total - c * far - c * (1 - near)
    rate = LOG * (c0 + c1_excess - c0 / (1 - r_T / 2))  # the exponent
    tail = lam / (lam + sp.exp(rate) - 1)
    forms = (
        in_T(low / (8 * (1 + delta))) * (total - c * tail - c * (1 - near)) * (1 - most / 2),
        in_T(up * (1 + delta) / 8) * total,
        rate,
    )
    share = (1 - R(T, n)) / r_T
    high, least = le(share, most / r_T), le(V * range_ * (1 - most / 2) / r_T, share)
    given = (
        *EVENTUALLY,
        at(le(r + 2 * b, 1), AT_T),
        at(le(b, half), AT_T),
        le(0, 1 - most / 2),
        le(0, exponent),
    )
    definitions = {name: member(at(relation, AT_T), n) for name, relation in EVERYTHING.items()}
    sharp = member(at(le(below * inner * (1 - above * total / 2), 1 - R(t + 1)), AT_T | {t: n}), n)
    profile = eq(sp.diff(-w(y), y) * g(y) / 8, integrand(lam, sp.Min(y, 1), y))
    states = eq(sp.Limit(share, n, sp.oo), total / 8)
    weaker = {
        x: r_T,
        SCALE: V,
        LEAST: range_,
        MOST: in_T_next,
        ROOM: 1 - most / 2,
        PART: 1 - R(T, n),
    }
    steps = (
        Step("K's integrand", profile, Identity()),
        Step("r > 0", lt(0, r_T), Combine()),
        Step("1 - r > 0", lt(0, 1 - r_T), Combine(((1, "@0"), (half,))), given),
        Step(
            "above",
            le(1 - R(T, n), most),
            Instance("gaussian.K.above", AT_T | {t: T}, 1, family=n),
            given,
        ),
        Step(
            "high", high, Instance("calculus.over", {x: r_T, PART: 1 - R(T, n), MOST: most}), given
        ),
        Step("below", sharp, Instance("gaussian.K.below", AT_T | {t: n}, family=n), given),
        Step(
            "s >=", le(exponent, s(T, n)), Instance("schedule.27d", AT_T | {t: T}, family=n), given
        ),
        Step("e^E >= 1", le(1, sp.exp(exponent)), Increasing(sp.exp, "@7"), given),
        Step(
            "e^E <= e^s", le(sp.exp(exponent), sp.exp(s(T, n))), Increasing(sp.exp, "s >="), given
        ),
        Step(
            "far > 0", lt(0, lam + sp.exp(exponent) - 1), Combine(((1, "e^E >= 1"), (lam,))), given
        ),
        Step(
            "last > 0",
            lt(0, lam + sp.exp(s(T, n)) - 1),
            Combine(((1, "far > 0"), (1, "e^E <= e^s"))),
            given,
        ),
        Step(
            "far",
            le(w(s(T, n)), far),
            Combine(((lam, "e^E <= e^s"),), times=("far > 0", "last > 0")),
            given,
        ),
        Step("1 - r/2 > 0", lt(0, 1 - r_T / 2), Combine(((half, "@0"), (3 * half / 2,))), given),
        Step(
            "near > 0",
            lt(0, lam + in_T(1 / (1 - b)) - 1),
            Combine(((lam, "@1"), (in_T(b),)), times=("@1",)),
            given,
        ),
        Step(
            "first > 0",
            lt(0, lam + sp.exp(s(1, n)) - 1),
            Combine(((1, "near > 0"),), using=("s_1",)),
            given,
        ),
        Step("near", eq(w(s(1, n)), near), Identity(("s_1",)), given),
        Step("V >= 0", le(0, V), Instance("gaussian.K.V", AT_T), given),
        Step("range", le(range_, in_T_next), Combine(((c, "far"),), using=("near",)), given),
        Step("low", least, Instance("calculus.weaken", weaker), given),
        Step("limit", states, Squeeze("low", "high", forms)),
    )
    title = (
        "(1 - R_T)/r tends to K(lam) = J(oo)/8, int lam e^{2u} min(u, 1)/(8 (e^u - 1)(lam + e^u -"
        " 1)^2) du (c1 > c0, T = n + 1)"
    )
    return Claim(
        "gaussian.K.limit",
        title,
        (profile, states),
        OURS,
        definitions=definitions,
        steps=steps,
        witness=Witness({c0: 1, c1_excess: half, lam: 1}),
    )


SCALE, ROOM = sp.symbols("scale room", nonnegative=True)
PART = sp.Symbol("part", real=True)


def _arithmetic() -> tuple[Claim, ...]:
    """Inequalities divided and weakened, in letters."""
    over, weaken = le(PART / x, MOST / x), le(SCALE * LEAST * ROOM / x, PART / x)
    hypotheses = {
        "least <= most": le(LEAST, MOST),
        "bound": le(SCALE * MOST * ROOM, PART),
    }
    divided = (Step("divided", over, Combine(((1 / x, "part <= most"),))),)
    weakened = (
        Step("weakened", weaken, Combine(((1 / x, "bound"), (SCALE * ROOM / x, "least <= most")))),
    )
    return (
        Claim(
            "calculus.over",
            "p <= q gives p/x <= q/x for x > 0",
            (over,),
            OURS,
            {"part <= most": le(PART, MOST)},
            steps=divided,
        ),
        Claim(
            "calculus.weaken",
            "a q c <= p gives a l c/x <= p/x for l <= q, a, c >= 0, x > 0",
            (weaken,),
            OURS,
            hypotheses,
            steps=weakened,
        ),
    )


def _sign() -> Claim:
    steps = (
        *DELTA,
        Step("1 - r - 2 b >= 0", le(0, 1 - r - 2 * b), Combine(((1, "r + 2 b <= 1"),))),
        Step(
            "V >= 0",
            le(0, below),
            Combine(
                ((2 * r, "1 - r - 2 b >= 0", "1 - r > 0", "1 - r > 0"),),
                (4 + 5 * r) ** 2,
                ("1 + delta > 0",),
            ),
        ),
    )
    hypotheses = {name: NARROW[name] for name in ("r <= 1/2", "r + 2 b <= 1")}
    return Claim("gaussian.K.V", "V >= 0", (steps[-1].states,), OURS, hypotheses, steps=steps)


CLAIMS = (_upper(), _size(), _sandwich(), *_arithmetic(), _sign(), _lower(), _limit())
