"""A witness for each claim: a point at which its hypotheses and definitions hold, looked for here
and checked by the kernel.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.core.function import AppliedUndef

from .kernel.formal import CONSTANTS, Random
from .kernel.terms import NUMBER, Refused, free, function_sort, kind, sort
from .kernel.theorem import Fact
from .kernel.witness import World, meets

if TYPE_CHECKING:
    from .claim import Claim

DRAWS = 2000
NUMBERS = [
    sp.Rational(*pq) for pq in ((1, 2), (1, 3), (1, 4), (1, 10), (1, 50), (1, 1), (2, 1), (5, 1))
]
WHOLE = [sp.Integer(k) for k in (1, 2, 3, 30)]
FORMULAS: tuple[Callable[..., Any], ...] = (
    lambda *at: sp.Integer(0),
    lambda *at: sp.Integer(1),
    lambda *at: at[0] / (at[0] + 1),
    lambda *at: sp.Rational(1, 2),
    lambda *at: sp.Rational(3, 2),
)


def witness(claim: Claim, facts: Iterable[Fact]) -> World | None:
    """A point that meets all facts, or None."""
    facts = tuple(facts)
    equations = tuple(_defining(facts))
    for numbers in _points(claim, facts):
        for formulas in _formulas(claim, facts, equations):
            world = World(numbers, formulas, equations)
            try:
                if meets(facts, world):
                    return world
            except (ArithmeticError, Refused):
                continue
    return None


def words(world: World) -> str:
    """The point in words."""
    numbers = ", ".join(f"{s} = {value}" for s, value in world.numbers.items())
    sample = sp.Symbol("t", integer=True, positive=True)
    shown = []
    for function, formula in world.formulas.items():
        shown.append(f"{function}(t) = {formula(sample)}")
    return ", ".join(part for part in (numbers, *shown) if part) or "any point"


def _defining(facts: tuple[Fact, ...]) -> Iterator[Any]:
    """The equations that give a function at an index, those at a number first."""
    found = []
    for fact in facts:
        if isinstance(fact.relation, sp.Eq):
            for left, right in (
                (fact.relation.lhs, fact.relation.rhs),
                (fact.relation.rhs, fact.relation.lhs),
            ):
                own = _function(left) and frozenset().union(*map(_numbers, left.args)) <= fact.every
                if own and left not in right.atoms(AppliedUndef):
                    found.append(sp.Eq(left, right, evaluate=False))
                    break
    yield from sorted(found, key=lambda r: (len(free(r.lhs)), _steps_back(r)))


def _numbers(e: Any) -> frozenset[Any]:
    return frozenset(s for s in free(e) if kind(s) == NUMBER)


def _function(e: Any) -> bool:
    return isinstance(e, AppliedUndef) and e.func not in CONSTANTS


def _steps_back(relation: Any) -> bool:
    return any(part.func == relation.lhs.func for part in relation.rhs.atoms(AppliedUndef))


def _points(claim: Claim, facts: tuple[Fact, ...]) -> Iterator[dict[Any, Any]]:
    if claim.witness:
        yield {s: sp.sympify(value) for s, value in claim.witness.items()}
        return
    symbols: set[Any] = set()
    for fact in facts:
        symbols |= {s for s in fact.free() if kind(s) == NUMBER and not isinstance(s, Random)}
    given = {}
    for fact in facts:
        relation = fact.relation
        if isinstance(relation, sp.Eq) and not fact.every:
            for left, right in ((relation.lhs, relation.rhs), (relation.rhs, relation.lhs)):
                plain = left in symbols and left not in free(right) and left not in given
                if plain and not _function(right):
                    given[left] = right
                    break
    drawn = sorted(symbols - set(given), key=str)
    ends = {symbol: _ends(symbol, facts) for symbol in drawn}
    source = random.Random(1)
    for i in range(DRAWS if drawn else 1):
        point: dict[Any, Any] = {}
        for symbol in drawn:
            values = WHOLE if "integer" in sort(symbol) else NUMBERS
            values = [*values, *ends.get(symbol, ())]
            if "positive" not in sort(symbol):
                values = [sp.Integer(0), *values]
            point[symbol] = values[0] if i == 0 else source.choice(values)
        for _ in given:
            for symbol, right in given.items():
                if symbol not in point:
                    try:
                        point[symbol] = World(point).value(right)
                    except (ArithmeticError, TypeError):
                        continue
        yield point


def _ends(symbol: Any, facts: tuple[Fact, ...]) -> list[Any]:
    """The numbers in what is assumed of the symbol, and their neighbours."""
    relations = [fact.relation for fact in facts if symbol in fact.free()]
    numbers = {number for relation in relations for number in relation.atoms(sp.Rational)}
    near = {number + step for number in numbers for step in (-1, 0, 1)}
    return sorted(number for number in near if number > 0)


def _formulas(
    claim: Claim, facts: tuple[Fact, ...], equations: tuple[Any, ...]
) -> Iterator[dict[Any, Any]]:
    known = {
        e.lhs.func
        for e in equations
        if any(a == 1 or isinstance(a, sp.Symbol) for a in e.lhs.args[:1])
    }
    functions = set()
    for fact in facts:
        for part in fact.relation.atoms(AppliedUndef):
            if part.func not in CONSTANTS and part.func not in known:
                functions.add(part.func)
    if not functions:
        yield {}
        return
    ordered = sorted(functions, key=str)
    choices = [
        [f for f in FORMULAS if function_sort(g) != "positive" or f(sp.Integer(1)) != 0]
        for g in ordered
    ]
    for i in range(max(map(len, choices))):
        yield dict(zip(ordered, (c[min(i, len(c) - 1)] for c in choices), strict=True))
    for chosen in itertools.islice(itertools.product(*choices), 60):
        yield dict(zip(ordered, chosen, strict=True))
