"""Theorem, and the rules of logic.

    given |- states:   wherever the facts `given` hold, the relation holds, for all values of the
                       free symbols and all functions

A given fact may be one for all values of some symbols ("at every index t"): those are bound in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import sympy as sp

from .formal import Normal, Path, Random
from .sign import Support, defined, sign
from .terms import (
    NUMBER,
    PAIRING,
    Needs,
    admit,
    eq,
    free,
    integer,
    kind,
    le,
    lt,
    member,
    random,
    require,
    sort,
    strict,
    substitute,
)

_KEY = object()


class Fact(NamedTuple):
    """A relation, for all values of the symbols `every`."""

    relation: Any
    every: frozenset[Any] = frozenset()

    def free(self) -> frozenset[Any]:
        """The symbols whose values the fact is about."""
        return free(self.relation) - self.every


class Theorem:
    """What the rules of this package have derived; nothing else makes one."""

    __slots__ = ("axioms", "given", "states")
    states: Any
    given: frozenset[Fact]
    axioms: frozenset[str]

    def __init__(
        self, key: object, states: Any, given: frozenset[Fact], axioms: frozenset[str]
    ) -> None:
        if key is not _KEY:
            raise TypeError("only the kernel's rules make theorems")
        for name, value in (("states", states), ("given", given), ("axioms", axioms)):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a theorem does not change")

    def __repr__(self) -> str:
        return f"{[sp.sstr(f.relation) for f in self.given]} |- {sp.sstr(self.states)}"


def derived(
    states: Any,
    premises: Iterable[Theorem],
    *,
    given: Iterable[Fact] = (),
    without: Iterable[Fact] = (),
    axioms: Iterable[str] = (),
) -> Theorem:
    """For the kernel's rules alone: what they concluded, with all that the premises rest on."""
    admit(states)
    premises = tuple(premises)
    for premise in premises:
        require(type(premise) is Theorem, "{} is no theorem", premise)
    facts = frozenset(given).union(*(p.given for p in premises)) - frozenset(without)
    return Theorem(_KEY, states, facts, frozenset(axioms).union(*(p.axioms for p in premises)))


def assume(relation: Any, every: Iterable[Any] = ()) -> Theorem:
    """A fact gives itself, and for all values of some symbols at any of them."""
    admit(relation)
    bound = frozenset(every) & free(relation)
    require(all(isinstance(s, sp.Symbol) and kind(s) == NUMBER for s in bound), "no symbols")
    return derived(relation, (), given=(Fact(relation, bound),))


def instantiate(
    theorem: Theorem, values: Mapping[Any, Any], support: Iterable[Theorem] = ()
) -> Theorem:
    """Values for free symbols, in the facts given too; each must be defined and of the symbol's
    sort.
    """
    known = Support(support)
    for symbol, value in values.items():
        require(isinstance(symbol, sp.Symbol), "{} is no symbol", symbol)
        of_sort(symbol, sp.sympify(value), known)
    facts = set()
    for fact in theorem.given:
        here = {s: v for s, v in values.items() if s not in fact.every}
        caught = fact.every & frozenset().union(*(free(here[s]) for s in here if s in fact.free()))
        require(not caught, "{} belongs to every index of {}", set(caught), fact.relation)
        facts.add(Fact(substitute(fact.relation, here), fact.every))
    return derived(
        substitute(theorem.states, values),
        (theorem, *known.used),
        given=facts,
        without=theorem.given - facts - given_by(known.used),
    )


def given_by(theorems: Iterable[Theorem]) -> frozenset[Fact]:
    """What the theorems are given."""
    return frozenset().union(*(theorem.given for theorem in theorems))


def of_sort(symbol: Any, value: Any, known: Support) -> None:
    """Refuse a value that need not be of the symbol's sort."""
    if kind(symbol) == PAIRING:
        require(kind(value) == PAIRING, "{} is no pairing", value)
        return
    require(kind(value) != PAIRING, "{} is a pairing", value)
    defined(value, known)
    if isinstance(symbol, Random):
        if isinstance(symbol, Normal):
            require(isinstance(value, Normal), "{} is not standard normal", value)
        elif isinstance(symbol, Path):
            others = [s for s in free(value) if isinstance(s, Random) and not isinstance(s, Path)]
            require(not others, "{} is not known given the path", others)
        require("nonnegative" not in sort(symbol), "{} >= 0 takes no other value", symbol)
        return
    require(kind(value) == NUMBER, "{} is random, {} is a number", value, symbol)
    told = sort(symbol)
    require("integer" not in told or integer(value), "{} is not shown to be an integer", value)
    found = sign(value, known)
    if "positive" in told and found < 2:
        raise Needs(lt(0, value))
    if "nonnegative" in told and found < 1:
        raise Needs(le(0, value))


def cut(theorem: Theorem, fact: Fact, proof: Theorem) -> Theorem:
    """A given fact replaced by what proves it."""
    require(fact in theorem.given, "the fact is not given")
    require(proof.states == fact.relation, "{} is not {}", proof.states, fact.relation)
    about = frozenset().union(*(other.free() for other in proof.given))
    require(not fact.every & about, "it is not proved for every {}", set(fact.every))
    rest = theorem.given - {fact}
    return derived(theorem.states, (theorem, proof), without=frozenset({fact}) - rest - proof.given)


def at_every(theorem: Theorem, fact: Fact, symbol: Any) -> Theorem:
    """The same from more: the given fact for all values of the symbol."""
    require(fact in theorem.given, "the fact is not given")
    require(isinstance(symbol, sp.Symbol) and kind(symbol) == NUMBER, "{} is no number", symbol)
    if symbol not in fact.free():
        return theorem
    more = Fact(fact.relation, fact.every | {symbol})
    return derived(theorem.states, (theorem,), given=(more,), without=(fact,))


def family(theorem: Theorem, symbol: Any) -> Theorem:
    """Every function one of a family with the symbol as a further argument: f(t) becomes
    f(t, symbol).
    """
    require(kind(symbol) == NUMBER, "{} is no number", symbol)

    for fact in theorem.given:
        require(symbol not in fact.every, "{} is bound", symbol)
    facts = frozenset(Fact(member(f.relation, symbol), f.every) for f in theorem.given)
    states = member(theorem.states, symbol)
    require(not _binds(theorem, symbol), "{} is bound", symbol)
    return derived(states, (theorem,), given=facts, without=theorem.given - facts)


def _binds(theorem: Theorem, symbol: Any) -> bool:
    relations = [theorem.states, *(fact.relation for fact in theorem.given)]
    return any(symbol in r.free_symbols - free(r) for r in relations)


def cases(
    first: Theorem, second: Theorem, one: Fact, other: Fact, support: Iterable[Theorem] = ()
) -> Theorem:
    """The same under u <= v and under v <= u (one of them may be strict)."""
    require(first.states == second.states, "the two cases state different things")
    require(not one.every | other.every, "a case is no fact at every index")
    require(
        not isinstance(one.relation, sp.Eq) and not isinstance(other.relation, sp.Eq), "no order"
    )
    require(not random(one.relation), "what is random need not be ordered at each draw alike")
    require(not (strict(one.relation) and strict(other.relation)), "the cases leave equality out")
    opposite = (one.relation.lhs, one.relation.rhs) == (other.relation.rhs, other.relation.lhs)
    require(opposite, "the cases are no opposites")
    known = Support(support)
    defined(one.relation.lhs, known)
    defined(one.relation.rhs, known)
    left = (first.given - {one}) | (second.given - {other}) | given_by(known.used)
    return derived(first.states, (first, second, *known.used), without={one, other} - left)


def induction(n: Any, base: Theorem, step: Theorem, states: Any) -> Theorem:
    """P(1), and P(n + 1) given P(n), hence P(n) for every positive integer n."""
    admit(states)
    require(kind(n) == NUMBER and sort(n) == {"integer", "positive"}, "{} is no index", n)
    require(base.states == substitute(states, {n: sp.Integer(1)}), "the base is not P(1)")
    require(step.states == substitute(states, {n: n + 1}), "the step is not P(n + 1)")
    given = base.given | (step.given - {Fact(states)})
    require(not any(n in fact.free() for fact in given), "something is assumed of {}", n)
    return derived(states, (base, step), without={Fact(states)} - given)


def between(first: Theorem, second: Theorem) -> Theorem:
    """u = v from u <= v and v <= u."""
    u, v = first.states.lhs, first.states.rhs
    orders = not isinstance(first.states, sp.Eq) and not isinstance(second.states, sp.Eq)
    require(orders and (v, u) == (second.states.lhs, second.states.rhs), "no u <= v and v <= u")
    return derived(eq(u, v), (first, second))
