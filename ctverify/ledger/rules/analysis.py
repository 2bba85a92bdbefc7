"""Rules of analysis: intervals, signs of derivatives, increasing functions, limits, integrals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import sympy as sp

from ..context import BEYOND, Unproved
from ..guess import may_vanish
from ..kernel import analysis
from ..kernel.normal import zero
from ..kernel.order import box, by_form, restate
from ..kernel.sign import Support
from ..kernel.terms import free, gap, le, lt, require, strict, substitute
from ..kernel.theorem import Theorem
from .forms import forms_of

if TYPE_CHECKING:
    from ..context import Context


@dataclass(frozen=True)
class Enclosure:
    """The box is read off the hypotheses; symbols without a number on both sides have none."""

    method = "intervals"

    def theorem(self, states: Any, context: Context) -> Theorem:
        return box(states, context.boxed(states))


def _reach(x: Any, ends: tuple[Any, ...], context: Context) -> list[Theorem]:
    """That what is assumed of x holds at the ends, as far as it can be shown."""
    shown = []
    for fact in sorted(context.allowed, key=str):
        if x in fact.free() and not isinstance(fact.relation, sp.Eq):
            for end in ends:
                try:
                    shown.append(context.show(le(0, gap(substitute(fact.relation, {x: end})))))
                except BEYOND:
                    continue
    for end in ends:
        try:
            shown.append(context.show(le(0, sp.sympify(end))))
        except BEYOND:
            continue
    return [theorem for theorem in shown if not any(x in fact.free() for fact in theorem.given)]


def _start(g: Any, x: Any, end: Any, certain: bool, name: str | None, context: Context) -> Theorem:
    """0 <= g(end)."""
    value = substitute(g, {x: end})
    relation = lt(0, value) if certain else le(0, value)
    if name is not None:
        return context.apply(restate, context.fact(name), relation)
    return context.show(relation)


@dataclass(frozen=True)
class Monotone:
    """g = the gap as a function of `variable`; slope: the fact that dg/dx >= 0 (rising from `at`
    below) or <= 0 (falling).
    """

    variable: sp.Symbol
    at: Any
    slope: str
    start: str | None = None
    method = "monotone"

    def theorem(self, states: Any, context: Context) -> Theorem:
        x, g, end = self.variable, gap(states), sp.sympify(self.at)
        require(not isinstance(states, sp.Eq), "a sign shows no equation")
        side = context.one_of((le(end, x), le(x, end)))
        rate = analysis.derivative(g, x)
        slope = context.multiple(self.slope, rate if side.states.lhs == end else -rate)
        start = _start(g, x, end, strict(states), self.start, context)
        reach = _reach(x, (end,), context)
        risen = context.apply(analysis.monotone, g, x, end, side, slope, start, reach)
        return context.apply(restate, risen, states)


@dataclass(frozen=True)
class Concave:
    """curvature: the fact that the gap's second derivative is <= 0; low, high: facts that the gap
    is >= 0 at the ends.
    """

    variable: sp.Symbol
    ends: tuple[Any, Any]
    curvature: str
    low: str | None = None
    high: str | None = None
    method = "concave"

    def theorem(self, states: Any, context: Context) -> Theorem:
        x, g = self.variable, gap(states)
        ends = (sp.sympify(self.ends[0]), sp.sympify(self.ends[1]))
        require(not isinstance(states, sp.Eq), "a sign shows no equation")
        sides = (context.show(le(ends[0], x)), context.show(le(x, ends[1])))
        rate = analysis.derivative(analysis.derivative(g, x), x)
        curvature = context.multiple(self.curvature, -rate)
        names = zip(ends, (self.low, self.high), strict=True)
        starts = tuple(_start(g, x, end, False, name, context) for end, name in names)
        reach = _reach(x, ends, context)
        arched = context.apply(analysis.concave, g, x, sides, curvature, starts, reach)
        return context.apply(restate, arched, states)


@dataclass(frozen=True)
class Increasing:
    """F(u) <= F(v) from the fact u <= v."""

    function: Any
    fact: str
    method = "increasing"

    def theorem(self, states: Any, context: Context) -> Theorem:
        risen = context.apply(analysis.increasing, self.function, context.fact(self.fact))
        return context.apply(restate, risen, states)


@dataclass(frozen=True)
class Power:
    """u^n > 0 from the fact u > 0."""

    fact: str
    method = "increasing"

    def theorem(self, states: Any, context: Context) -> Theorem:
        fact = context.fact(self.fact)
        require(strict(states) and strict(fact.states), "no positive power")
        return context.apply(restate, context.apply(_by_fact(fact), gap(states)), states)


def _by_fact(fact: Theorem) -> Any:
    return lambda e, support: by_form(e, [fact, *support])


@dataclass(frozen=True)
class Limiting:
    """Eq(Limit(expression, x, point), value), by composing limits."""

    method = "limit"

    def theorem(self, states: Any, context: Context) -> Theorem:
        limit = _of_limit(states)
        expression, x, point = limit.args[:3]
        for form in forms_of(expression, x):
            try:
                found = context.apply(analysis.limit, expression, x, point, form)
            except BEYOND:
                continue
            return context.apply(restate, found, states)
        raise Unproved(f"no rule gives the limit of {expression}")


def _of_limit(states: Any) -> Any:
    stated = isinstance(states, sp.Eq) and isinstance(states.lhs, sp.Limit)
    require(stated, "a limit must be stated as Eq(Limit, value)")
    return states.lhs


@dataclass(frozen=True)
class Squeeze:
    """Eq(Limit(F, x, point), value) from below <= F <= above, facts whose conditions hold near the
    point, oo or 0; forms: other forms of the bounds and of the conditions' gaps.
    """

    below: str
    above: str
    forms: tuple[Any, ...] = ()
    method = "squeeze"

    def theorem(self, states: Any, context: Context) -> Theorem:
        expression, x, point = _of_limit(states).args[:3]
        orders, limits = [], []
        for name, lower in ((self.below, True), (self.above, False)):
            fact = context.fact(name)
            bound = fact.states.lhs if lower else fact.states.rhs
            inner = context.step(context.conditional(name)[1])
            for form in chain(self.forms, forms_of(bound, x)):
                if not may_vanish(form - bound):
                    continue
                try:
                    found = context.apply(analysis.limit, form, x, point)
                    told = context.apply(restate, found, _equal(found.states.lhs, states.rhs))
                    order = le(form, expression) if lower else le(expression, form)
                    orders.append(inner.apply(restate, fact, order))
                except BEYOND:
                    continue
                limits.append(told)
                break
            else:
                raise Unproved(f"the bound {name} is not shown to tend to {states.rhs}")
        near: Mapping[Any, Any] = self._conditions(orders, x, point)
        squeezed = context.apply(
            analysis.squeeze, orders[0], orders[1], (limits[0], limits[1]), x, point, near
        )
        return context.apply(restate, squeezed, states)

    def _conditions(self, orders: list[Theorem], x: Any, point: Any) -> dict[Any, Any]:
        near = {}
        for fact in orders[0].given | orders[1].given:
            if x not in fact.free() or fact.every or isinstance(fact.relation, sp.Eq):
                continue
            for form in chain(self.forms, forms_of(gap(fact.relation), x)):
                try:
                    if may_vanish(form - gap(fact.relation)) and zero(form - gap(fact.relation)):
                        analysis.eventually(form, x, point, Support())
                        near[fact.relation] = form
                        break
                except BEYOND:
                    continue
        return near


def _equal(left: Any, right: Any) -> Any:
    return sp.Eq(left, right, evaluate=False)


@dataclass(frozen=True)
class Antiderivative:
    """Eq(Integral(f, (u, a, b)), value): F' = f, value = F(b-) - F(a+), and f continuous between;
    limits: facts that give F at the ends where composing limits does not.
    """

    primitive: Any
    limits: Mapping[Any, str] = field(default_factory=dict)
    method = "antiderivative"

    def theorem(self, states: Any, context: Context) -> Theorem:
        stated = isinstance(states, sp.Eq) and isinstance(states.lhs, sp.Integral)
        require(stated, "an integral must be stated as Eq(Integral, value)")
        f, (u, a, b) = states.lhs.args
        found = tuple(
            context.fact(self.limits[end])
            if end in self.limits
            else context.apply(analysis.limit, self.primitive, u, end)
            for end in (a, b)
        )
        whole = context.apply(analysis.integral, f, u, (a, b), found)
        return context.apply(restate, whole, states)


__all__ = [
    "Antiderivative",
    "Concave",
    "Enclosure",
    "Increasing",
    "Limiting",
    "Monotone",
    "Power",
    "Squeeze",
    "free",
]
