"""Rules of order and of the integers: Min and Max, cases, induction, enumeration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp

from ..binding import parameters
from ..bisection import certainly
from ..sign import at, gap, strict, zero
from .base import Basis, require, require_order, same, sides

if TYPE_CHECKING:
    from ..context import Context

ANY_INDEX = sp.Symbol("n", integer=True, positive=True)


@dataclass(frozen=True)
class Extremum:
    """Min(a, b, ...) <= a, a <= Max(a, b, ...); or, with facts, y <= Min from y <= a, y <= b, ...
    and Max <= y likewise.
    """

    facts: tuple[str, ...] = ()
    method = "order"

    def check(self, states: Any, context: Context) -> Basis:
        require_order(states)
        require(not strict(states), "an extremum's order is weak")
        low, high = sides(states)
        if not self.facts:
            require(
                (isinstance(low, sp.Min) and high in low.args)
                or (isinstance(high, sp.Max) and low in high.args),
                "no extremum",
            )
            return Basis()
        known = [gap(context.fact(name)) for name in self.facts]
        needed = (
            [a - low for a in high.args]
            if isinstance(high, sp.Min)
            else [high - a for a in low.args]
        )
        require(isinstance(high, sp.Min) or isinstance(low, sp.Max), "no extremum")
        require(
            all(any(zero(k - n) for k in known) for n in needed),
            "an argument of the extremum has no fact",
        )
        return Basis()


@dataclass(frozen=True)
class Between:
    """u = v from the facts u <= v and v <= u."""

    first: str
    second: str
    method = "order"

    def check(self, states: Any, context: Context) -> Basis:
        gaps = [gap(context.fact(name)) for name in (self.first, self.second)]
        require(
            isinstance(states, sp.Eq)
            and not any(isinstance(context.fact(n), sp.Eq) for n in (self.first, self.second)),
            "no order",
        )
        require(
            zero(gaps[0] + gaps[1]) and any(zero(gap(states) - g) for g in gaps),
            "the two facts are not u <= v and v <= u",
        )
        return Basis()


@dataclass(frozen=True)
class Cases:
    """Two facts of the same statement, one given a condition, one given its opposite."""

    first: str
    second: str
    method = "cases"

    def check(self, states: Any, context: Context) -> Basis:
        conditions = []
        for name in (self.first, self.second):
            stated, given = context.conditional(name)
            require(stated == states, f"{name} states something else")
            extra = [condition for condition in given if condition not in context.given]
            require(len(extra) == 1, f"{name} must have one condition of its own")
            conditions.append(extra[0])
        for condition in conditions:
            require_order(condition)
        first, second = conditions
        require(
            zero(gap(first) + gap(second)) and not (strict(first) and strict(second)),
            "the two conditions leave cases out",
        )
        return Basis()


@dataclass(frozen=True)
class Induction:
    """Over the positive integer `variable`; step: the fact P(n + 1), given P(n)."""

    variable: sp.Symbol
    base: str
    step: str
    method = "induction"

    def check(self, states: Any, context: Context) -> Basis:
        n = self.variable
        require(n.assumptions0 == ANY_INDEX.assumptions0, f"{n} must be any positive integer")
        conditions = [*context.assumed_about(n), *(c for c in context.given if n in c.free_symbols)]
        require(not conditions, f"{n} is restricted by {conditions}")
        require(n not in parameters(context.claim), f"the definitions depend on {n}")
        require(
            same(context.fact(self.base), at(states, {n: 1})), "the base is not the statement at 1"
        )
        stated, given = context.conditional(self.step)
        require(same(stated, at(states, {n: n + 1})), "the step does not state the next case")
        extra = [
            condition
            for condition in given
            if condition != states and condition not in context.given
        ]
        require(not extra, f"the step needs more than the case before: {extra}")
        return Basis()


@dataclass(frozen=True)
class EachInteger:
    """Every integer between the bounds of `variable` in the hypotheses, one by one, in
    intervals.
    """

    variable: sp.Symbol
    method = "each integer"

    def check(self, states: Any, context: Context) -> Basis:
        require_order(states)
        require(self.variable.is_integer, f"{self.variable} is no integer")
        low, high = context.bounds(self.variable)
        require(
            low is not None and high is not None and high - low <= 1000,
            f"{self.variable} has no bounds, or too wide ones",
        )
        for value in range(math.ceil(low), math.floor(high) + 1):
            here = certainly(
                gap(at(states, {self.variable: sp.Integer(value)})),
                {},
                strict(states),
                context.over,
            )
            require(here, f"intervals do not decide it at {self.variable} = {value}")
        return Basis()
