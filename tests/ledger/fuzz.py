"""Random theorems: rules of the kernel applied to random terms and to each other's theorems, each
theorem evaluated at random points by balls. A theorem that fails at a point where all that it is
given certainly holds is a violation.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import flint
import sympy as sp

from ctverify.ledger.kernel import analysis, order, theorem
from ctverify.ledger.kernel.interval import Undefined, compiled, working
from ctverify.ledger.kernel.terms import Refused, gap, le, lt, strict, substitute
from ctverify.ledger.kernel.theorem import Fact, Theorem

X, Y = sp.symbols("x y", positive=True)
U, V = sp.symbols("u v", real=True)
W = sp.Symbol("w", nonnegative=True)
T, N = sp.symbols("t n", integer=True, positive=True)
F = sp.Function("f", real=True)
P = sp.Function("p", positive=True)
SYMBOLS = (X, Y, U, V, W, T, N)
BITS = 128
POOL = 60
TERMS = 300
SLOW = ("box", "limit", "monotone", "below", "cases", "extremal")
NUMBERS = tuple(map(sp.Rational, ("0", "1", "-1", "2", "1/2", "-3/2", "3", "1/3")))


class Fuzz:
    """A source of random theorems with a pool of those found last; counts by rule."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.pool: list[Theorem] = []
        self.terms: list[list[Any]] = [[] for _ in range(4)]
        self.counts: Counter[str] = Counter()
        self.decided = 0
        self.violations: list[tuple[str, Theorem, dict[Any, Any]]] = []

    def term(self, depth: int = 2) -> Any:
        """A random term: one of those made before, nine times out of ten."""
        made = self.terms[depth]
        if len(made) > 20 and self.random.random() < 0.9:
            return self.random.choice(made)
        term = self.new(depth)
        if len(made) >= TERMS:
            made.pop(self.random.randrange(TERMS))
        made.append(term)
        return term

    def new(self, depth: int) -> Any:
        """A new term."""
        pick = self.random.choice
        if depth == 0 or self.random.random() < 0.2:
            return pick((*SYMBOLS, *NUMBERS, sp.pi, sp.E, F(T), P(T), F(T + 1), F(X)))
        a, b = self.term(depth - 1), self.term(depth - 1)
        ways: tuple[Callable[[], Any], ...] = (
            lambda: a + b,
            lambda: a - b,
            lambda: a * b,
            lambda: a / b,
            lambda: a ** pick((2, 3, -1, -2, sp.Rational(1, 2), sp.Rational(-1, 2))),
            lambda: a**b,
            lambda: a ** pick((T, N - 1, T + 1)),
            lambda: sp.exp(a),
            lambda: sp.log(a),
            lambda: sp.log(1 + a**2),
            lambda: sp.sqrt(a**2 + b**2),
            lambda: sp.sin(a),
            lambda: sp.cos(a + b),
            lambda: sp.atan(a),
            lambda: sp.Abs(a),
            lambda: sp.Min(a, b),
            lambda: sp.Max(a, b),
        )
        return pick(ways)()

    def known(self) -> Theorem:
        """A theorem of the pool."""
        return self.random.choice(self.pool)

    def relation(self) -> Any:
        """A random relation."""
        kind = self.random.choice((le, lt, le, lt, theorem.eq))
        return kind(self.term(), self.term())

    def theorem(self) -> tuple[str, Theorem]:
        """One more theorem, and the rule that made it."""
        pick = self.random.choice
        name = pick(tuple(RULES))
        if name in SLOW and self.random.random() < 0.85:
            name = pick(("total", "product", "restate", "instantiate"))  # those are slow
        return name, RULES[name](self)

    def run(self, count: int) -> None:
        """That many theorems, each evaluated at a few points."""
        while sum(self.counts.values()) < count:
            if len(self.pool) < 5:
                self.pool.append(theorem.assume(self.relation_admitted()))
            try:
                name, found = self.theorem()
            except (Refused, ArithmeticError, TypeError, ValueError, AttributeError, IndexError):
                continue
            self.counts[name] += 1
            self.check(name, found)
            small = found.states.count_ops() < 20 and len(found.given) < 5
            if small and not _trivial(found):
                if len(self.pool) >= POOL:
                    self.pool.pop(self.random.randrange(POOL))
                self.pool.append(found)

    def relation_admitted(self) -> Any:
        """A random relation that the kernel admits."""
        while True:
            try:
                relation = self.relation()
                theorem.assume(relation)
            except (Refused, ArithmeticError, TypeError, ValueError, AttributeError):
                continue
            return relation

    def check(self, name: str, found: Theorem, points: int = 3) -> None:
        """A violation, if there is one at a few random points."""
        for _ in range(points):
            point = self.point()
            if not all(_true(fact.relation, point) is True for fact in found.given):
                continue
            verdict = _true(found.states, point)
            self.decided += verdict is not None
            if verdict is False:
                self.violations.append((name, found, dict(point)))

    def point(self) -> Values:
        """A number for each symbol, often a small one or the same for two."""
        pick = self.random.choice
        point = Values(self.random.random())
        for symbol in SYMBOLS:
            if symbol.is_integer:
                point[symbol] = flint.arb(pick((1, 1, 2, 3, 7)))
            else:
                value = flint.arb(self.random.randint(1, 40)) / pick((1, 4, 16, 32))
                if symbol in (U, V):
                    value = pick((value, -value, flint.arb(0), flint.arb(1)))
                if symbol == W:
                    value = pick((value, flint.arb(0)))
                point[symbol] = value
        if self.random.random() < 0.3:
            point[Y] = point[X]
        if self.random.random() < 0.2:
            point[V] = point[U]
        return point


class Values(dict[Any, Any]):
    """Balls of symbols; functions take a value at each place, the same each time."""

    def __init__(self, seed: float) -> None:
        super().__init__()
        self.seed = seed
        self.places: dict[Any, Any] = {}

    def __contains__(self, key: object) -> bool:
        return dict.__contains__(self, key) or (hasattr(key, "args") and bool(key.args))

    def __missing__(self, e: Any) -> Any:
        """f(place): a small rational, positive for p."""
        if e.func not in (F, P):
            raise Undefined(f"{e} has no value")
        place = _compiled(e.args[0])(self)
        if place.rad() > 1e-20 * (1 + abs(place.mid())):
            raise Undefined("no place")
        key = f"{e.func} {round(float(place.mid()) * 1e9)} {self.seed}"
        if key not in self.places:
            value = flint.arb(random.Random(key).randint(-20, 20)) / 8
            self.places[key] = abs(value) + flint.arb(1) / 8 if e.func == P else value
        return self.places[key]


@cache
def _compiled(e: Any) -> Any:
    return compiled(sp.sympify(e), {})


def _value(e: Any, point: Values, bits: int = BITS) -> Any:
    """A ball around the value, or None."""
    try:
        with working(bits):
            return _compiled(e)(point)
    except (Undefined, ArithmeticError, TypeError, ValueError):
        return None


def _true(relation: Any, point: Values) -> bool | None:
    """Whether the relation holds there; None where balls do not tell."""
    value = _value(gap(relation), point)
    if value is None:
        return None
    if isinstance(relation, sp.Eq):
        return False if value > 0 or value < 0 else (True if value.rad() < 1e-20 else None)
    if value > 0:
        return True
    if value < 0:
        return False if value < -1e-25 or strict(relation) else None
    return True if not strict(relation) and value >= 0 else None


def _trivial(found: Theorem) -> bool:
    return found.states.lhs == found.states.rhs


def _by_form(z: Fuzz) -> Theorem:
    return order.by_form(z.term(3), z.pool[-6:])


def _identity(z: Fuzz) -> Theorem:
    a = z.term(3)
    pick = z.random.choice
    b = pick((sp.expand, sp.cancel, sp.factor, sp.powsimp, sp.trigsimp, sp.together))(a)
    if z.random.random() < 0.3:
        b = b + pick((0, 1, z.term(1) - z.term(1)))
    return order.identity(a, b, (), z.pool[-6:])


def _rewritten(z: Fuzz) -> Theorem:
    equation = theorem.assume(theorem.eq(z.term(1), z.term(1)))
    a = z.term(2)
    b = a.xreplace({equation.states.lhs: equation.states.rhs})
    return order.identity(a, b, [equation], [equation, *z.pool[-6:]])


def _restate(z: Fuzz) -> Theorem:
    known = z.known()
    g = gap(known.states)
    if z.random.random() < 0.3:
        g = g / z.random.choice((X, Y, 2, 1 + W, P(T)))
    low = z.term(1)
    kind = known.states.func if z.random.random() < 0.8 else le
    states = kind(low, sp.expand(g + low), evaluate=False)
    factor = order.by_form(sp.cancel(gap(known.states) / g)) if g != gap(known.states) else None
    return order.restate(known, states, factor, (), z.pool[-6:])


def _instantiate(z: Fuzz) -> Theorem:
    values = {z.random.choice(SYMBOLS): z.term(2) for _ in range(z.random.randint(1, 2))}
    return theorem.instantiate(z.known(), values, z.pool[-8:])


def _cut(z: Fuzz) -> Theorem:
    known = z.known()
    fact = z.random.choice(sorted(known.given, key=str))
    proofs = [p for p in z.pool if p.states == fact.relation]
    return theorem.cut(known, fact, z.random.choice(proofs))


def _cases(z: Fuzz) -> Theorem:
    a, b = z.term(1), z.term(1)
    states = le(sp.Min(a, b), z.random.choice((a, b)))
    one, other = Fact(le(a, b)), Fact(lt(b, a))
    first = order.below(sp.Min(a, b), states.rhs)
    return theorem.cases(
        order.total([first, theorem.assume(one.relation)]),
        order.total([first, theorem.assume(one.relation)]),
        one,
        other,
    )


def _increasing(z: Fuzz) -> Theorem:
    function = z.random.choice((sp.exp, sp.log, sp.sqrt, sp.atan))
    return analysis.increasing(function, z.known(), z.pool[-8:])


def _monotone(z: Fuzz) -> Theorem:
    x = z.random.choice((X, Y, U, W))
    g, end = z.term(2), z.random.choice((sp.Integer(0), sp.Integer(1), z.term(1)))
    upward = z.random.random() < 0.5
    side = theorem.assume(le(end, x) if upward else le(x, end))
    rate = analysis.derivative(g, x)
    slope = order.by_form(rate if upward else -rate, z.pool[-4:])
    slope = order.restate(slope, le(0, gap(slope.states)))
    value = substitute(g, {x: end})
    start = theorem.assume(le(0, value))
    reach = [theorem.assume(le(0, end))] if x not in end.free_symbols else []
    return analysis.monotone(g, x, end, side, slope, start, reach, z.pool[-4:])


def _box(z: Fuzz) -> Theorem:
    e = z.term(2)
    facts = []
    for s in sorted(e.free_symbols, key=str):
        low = z.random.choice(NUMBERS)
        facts += [le(low, s), le(s, low + z.random.choice((1, 2, sp.Rational(1, 4))))]
    return order.box(z.random.choice((le, lt))(0, e), facts, bits=64)


def _limit(z: Fuzz) -> Theorem:
    x = z.random.choice((X, T))
    parts = (1 / x, sp.log(x) / x, x ** (-Y), sp.exp(-x), sp.exp(-X * x), sp.Integer(1), U, Y)
    e = z.random.choice(parts) * z.random.choice(parts) + z.random.choice(parts)
    e = z.random.choice((e, sp.exp(e), sp.cos(e), 1 / (1 + e**2), sp.atan(e)))
    found = analysis.limit(e, x, sp.oo, None, z.pool[-4:])
    point = z.point()
    point[x] = flint.arb(2) ** 200
    value = _value(e - found.states.rhs, point, 2000)
    if value is not None and (value > 1e-3 or value < -1e-3) and not point[Y] < 0.1:
        z.violations.append(("limit", found, dict(point)))
    return found


def _extremal(z: Fuzz) -> Theorem:
    a, b = z.term(1), z.term(1)
    y = z.term(1)
    extremum = z.random.choice((sp.Min, sp.Max))(a, b)
    least = isinstance(extremum, sp.Min)
    return order.extremal(
        extremum, [theorem.assume(le(y, p) if least else le(p, y)) for p in extremum.args]
    )


def _below(z: Fuzz) -> Theorem:
    extremum = z.random.choice((sp.Min, sp.Max))(z.term(2), z.term(2), z.term(1))
    return order.below(extremum, z.random.choice(extremum.args), z.pool[-6:])


def _congruence(z: Fuzz) -> Theorem:
    a = z.term(2)
    return order.congruence(F(a), F(z.random.choice((sp.expand, sp.factor))(a)), (), z.pool[-6:])


def _assume(z: Fuzz) -> Theorem:
    return theorem.assume(z.relation())


def _product(z: Fuzz) -> Theorem:
    return order.product(z.known(), z.known())


def _total(z: Fuzz) -> Theorem:
    return order.total([z.known() for _ in range(z.random.randint(2, 3))])


def _scaled(z: Fuzz) -> Theorem:
    equations = [p for p in z.pool if isinstance(p.states, sp.Eq)]
    return order.scaled(z.random.choice(equations), z.term(2), z.pool[-6:])


def _between(z: Fuzz) -> Theorem:
    known = z.known()
    return theorem.between(known, theorem.assume(le(known.states.rhs, known.states.lhs)))


RULES: dict[str, Callable[[Fuzz], Theorem]] = {
    "assume": _assume,
    "by form": _by_form,
    "identity": _identity,
    "rewritten": _rewritten,
    "restate": _restate,
    "instantiate": _instantiate,
    "instantiate more": _instantiate,
    "cut": _cut,
    "cases": _cases,
    "increasing": _increasing,
    "monotone": _monotone,
    "box": _box,
    "limit": _limit,
    "extremal": _extremal,
    "below": _below,
    "congruence": _congruence,
    "product": _product,
    "total": _total,
    "scaled": _scaled,
    "between": _between,
}
