"""Rules of order and of the integers: Min and Max, cases, induction, enumeration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp

from ..kernel.normal import zero
from ..kernel.order import below, each_integer, extremal, restate
from ..kernel.terms import gap, le, require, substitute
from ..kernel.theorem import Fact, Theorem, between, cases, induction

if TYPE_CHECKING:
    from ..context import Context


@dataclass(frozen=True)
class Extremum:
    """Min(a, b, ...) <= a, a <= Max(a, b, ...); or, with facts, y <= Min from y <= a, y <= b, ...
    and Max <= y likewise.
    """

    facts: tuple[str, ...] = ()
    method = "order"

    def theorem(self, states: Any, context: Context) -> Theorem:
        low, high = states.lhs, states.rhs
        if not self.facts:
            extremum, part = (low, high) if isinstance(low, sp.Min) else (high, low)
            return context.apply(below, extremum, part)
        extremum, y = (high, low) if isinstance(high, sp.Min) else (low, high)
        require(isinstance(extremum, (sp.Min, sp.Max)), "no extremum")
        found = []
        for part in extremum.args:
            needed = le(y, part) if isinstance(extremum, sp.Min) else le(part, y)
            known = [context.fact(name) for name in self.facts]
            fits = [fact for fact in known if zero(gap(fact.states) - gap(needed))]
            require(fits, "an argument of the extremum has no fact")
            found.append(context.apply(restate, fits[0], needed))
        return extremal(extremum, found)


@dataclass(frozen=True)
class Between:
    """u = v from the facts u <= v and v <= u."""

    first: str
    second: str
    method = "order"

    def theorem(self, states: Any, context: Context) -> Theorem:
        u, v = states.lhs, states.rhs
        facts = [context.fact(name) for name in (self.first, self.second)]
        if not zero(gap(facts[0].states) - (v - u)):
            facts.reverse()
        ordered = [
            context.apply(restate, fact, relation)
            for fact, relation in zip(facts, (le(u, v), le(v, u)), strict=True)
        ]
        return between(*ordered)


@dataclass(frozen=True)
class Cases:
    """Two facts of the same statement, one given a condition, one given its opposite."""

    first: str
    second: str
    method = "cases"

    def theorem(self, states: Any, context: Context) -> Theorem:
        theorems, conditions = [], []
        for name in (self.first, self.second):
            theorem, given = context.conditional(name)
            extra = [condition for condition in given if condition not in context.given]
            require(len(extra) == 1, f"{name} must have one condition of its own")
            theorems.append(theorem)
            conditions.append(Fact(extra[0]))
        return context.apply(cases, *theorems, *conditions)


@dataclass(frozen=True)
class Induction:
    """Over the positive integer `variable`; step: the fact P(n + 1), given P(n)."""

    variable: sp.Symbol
    base: str
    step: str
    method = "induction"

    def theorem(self, states: Any, context: Context) -> Theorem:
        n = self.variable
        base, (step, given) = context.fact(self.base), context.conditional(self.step)
        first, after = (substitute(states, {n: value}) for value in (sp.Integer(1), n + 1))
        if base.states != first:
            base = context.apply(restate, base, first)
        if step.states != after:
            step = context.step((*context.given, *given)).apply(restate, step, after)
        return induction(n, base, step, states)


@dataclass(frozen=True)
class EachInteger:
    """Every integer between the bounds of `variable` in the hypotheses, one by one, in
    intervals.
    """

    variable: sp.Symbol
    method = "each integer"

    def theorem(self, states: Any, context: Context) -> Theorem:
        return each_integer(states, self.variable, context.boxed(states))
