"""Rules that quote: earlier steps and other claims, definitions, axioms, and people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sympy as sp

from ..context import BEYOND, Unproved
from ..kernel import axioms
from ..kernel.analysis import derivative
from ..kernel.formal import M
from ..kernel.normal import zero
from ..kernel.order import restate
from ..kernel.terms import eq, gap, le, lt, require, substitute
from ..kernel.theorem import Theorem, assume, family, instantiate

if TYPE_CHECKING:
    from ..context import Context


@dataclass(frozen=True)
class Instance:
    """`of`: a claim's id, or an earlier step's name; `at`: symbol -> value; `part`: which relation
    of the claim's statement; `family`: a symbol that every function depends on here.
    """

    of: str
    at: Mapping[Any, Any] = field(default_factory=dict)
    part: int = 0
    family: Any = None
    method = "instance"

    def theorem(self, states: Any, context: Context) -> Theorem:
        values = {symbol: sp.sympify(value) for symbol, value in self.at.items()}
        if self.of in context.steps:
            general = context.conditional(self.of)[0]
        else:
            general = context.other(self.of, self.part)
        if self.family is not None:
            general = family(general, self.family)
        return context.apply(instantiate, general, values) if values else general


@dataclass(frozen=True)
class Definition:
    """The named definition at other indices (positive integers)."""

    of: str
    at: Mapping[Any, Any] = field(default_factory=dict)
    method = "definition"

    def theorem(self, states: Any, context: Context) -> Theorem:
        known = {} if context.claim is None else context.claim.definitions
        require(self.of in known, f"{self.of} is no definition of this claim")
        values = {symbol: sp.sympify(value) for symbol, value in self.at.items()}
        return context.apply(instantiate, context.facts[self.of], values)


@dataclass(frozen=True)
class Axiom:
    """An instance of a named textbook fact: built from its arguments, with facts that meet its
    conditions.
    """

    name: str
    arguments: tuple[Any, ...] = ()
    facts: tuple[str, ...] = ()

    @property
    def method(self) -> str:
        return f"axiom {self.name}"

    def theorem(self, states: Any, context: Context) -> Theorem:
        if self.name in SPECIAL:
            return SPECIAL[self.name](self, context)
        require(self.name in axioms.SCHEMAS, f"{self.name} is no axiom")
        schema = axioms.SCHEMAS[self.name](*self.arguments)
        premises = [_met(relation, self, context) for relation in schema.conditions]
        return context.apply(axioms.axiom, self.name, self.arguments, premises)


def _met(relation: Any, rule: Axiom, context: Context) -> Theorem:
    """The condition, from a named fact or whatever is known."""
    for name in rule.facts:
        theorem = context.fact(name)
        if theorem.states == relation:
            return theorem
        try:
            return context.apply(restate, theorem, relation)
        except BEYOND:
            continue
    return context.show(relation)


def _under_the_integral(rule: Axiom, context: Context) -> Theorem:
    p, kernel, y, x_0 = rule.arguments
    density = _met(eq(M(kernel, x_0), p), rule, context)
    return axioms.under_the_integral(density, y)


def _cauchy_schwarz(rule: Axiom, context: Context) -> Theorem:
    _, u, low, high, primitive, square = rule.arguments
    order = _met(le(low, high), rule, context)
    return context.apply(axioms.cauchy_schwarz, primitive, square, u, order)


def _integral_of_product(rule: Axiom, context: Context) -> Theorem:
    g, w, u, low, high, bound, above = rule.arguments
    where = (le(low, u),) if high == sp.oo else (le(low, u), le(u, high))
    inner = context.step((*context.given, *where))
    wanted = le(g, bound) if above else le(bound, g)
    first: list[Theorem] = []
    others: list[Theorem] = []
    falls = None
    for name in rule.facts:
        theorem = inner.fact(name)
        if isinstance(theorem.states, sp.Eq):
            continue
        if zero(gap(theorem.states) - gap(wanted)):
            first.append(inner.apply(restate, theorem, wanted))
        elif g in (theorem.states.lhs, theorem.states.rhs):
            others.append(theorem)
        elif zero(gap(theorem.states) + derivative(w, u)):
            falls = inner.apply(restate, theorem, le(0, -derivative(w, u)))
    require(first and falls is not None, "the density's bound or w's fall is missing")
    other = [o for o in others if (o.states.rhs == g) == above]
    orders = []
    for relation in (lt(0, low), le(0, low), *(() if high == sp.oo else (le(low, high),))):
        try:
            orders.append(context.show(relation))
        except BEYOND:
            continue
    return context.apply(
        axioms.integral_of_product, [first[0], *other[:1]], falls, w, u, (low, high), orders
    )


def _empty_integral(rule: Axiom, context: Context) -> Theorem:
    return axioms.empty_integral(*rule.arguments)


def _maximum_term(rule: Axiom, context: Context) -> Theorem:
    term, t, last, index = rule.arguments
    order = _met(le(index, last), rule, context)
    return context.apply(axioms.maximum_term, term, t, index, order)


def _maximum_bound(rule: Axiom, context: Context) -> Theorem:
    term, t, last, bound = rule.arguments
    inner = context.step((*context.given, le(t, last)))
    return axioms.maximum_bound(_met(le(term, bound), rule, inner), t, last)


def _greatest_index(rule: Axiom, context: Context) -> Theorem:
    path, t, tau, last, part = rule.arguments
    if context.indexed.setdefault(tau, (path, t, last)) != (path, t, last):
        raise Unproved(f"{tau} is another index already")
    facts = (
        le(substitute(path, {t: tau}), 1),
        le(1, substitute(path, {t: tau + 1})),
        le(tau, last - 1),
    )
    return assume(facts[part])


SPECIAL: dict[str, Callable[[Axiom, Context], Theorem]] = {
    "differentiation under the integral": _under_the_integral,
    "Cauchy-Schwarz": _cauchy_schwarz,
    "integral of a product": _integral_of_product,
    "empty integral": _empty_integral,
    "maximum, a term of": _maximum_term,
    "maximum, a bound of": _maximum_bound,
    "greatest index": _greatest_index,
}


@dataclass(frozen=True)
class Argued:
    """A step that a person argues."""

    text: str
    method = "argued"

    def theorem(self, states: Any, context: Context) -> Theorem:
        raise Unproved(f"argued by a person: {self.text}")
