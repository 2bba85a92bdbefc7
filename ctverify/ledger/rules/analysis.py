"""Rules of analysis: intervals, signs of derivatives, increasing functions, limits, integrals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.core.function import AppliedUndef

from ..bisection import certainly
from ..interval import enclose
from ..sign import gap, non_negative, strict, zero
from .base import Basis, require, require_order, sides
from .continuity import continuous

if TYPE_CHECKING:
    from ..context import Context


@dataclass(frozen=True)
class Enclosure:
    """The box is read off the hypotheses; symbols without a number on both sides have none."""

    method = "intervals"

    def check(self, states: Any, context: Context) -> Basis:
        symbols = sorted(states.free_symbols, key=str)
        box = {symbol: context.bounds(symbol) for symbol in symbols}
        open_ended = [
            str(symbol) for symbol, (low, high) in box.items() if low is None or high is None
        ]
        require(not open_ended, f"{', '.join(open_ended)} has no bounds on both sides")
        verdict = certainly(gap(states), box, strict(states), context.over)
        require(
            not isinstance(states, sp.Eq) and verdict is True,
            "intervals do not decide it over the whole box",
        )
        return Basis()


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

    def check(self, states: Any, context: Context) -> Basis:
        x, g = self.variable, gap(states)
        require_order(states)
        continuous(g, x, context)
        context.require_interval(x, (self.at,))
        upward = context.within(x, self.at, above=True)
        require(
            upward or context.within(x, self.at, above=False),
            f"{x} is not known to lie on one side of {self.at}",
        )
        derivative = sp.diff(g, x) if upward else -sp.diff(g, x)
        _proportional(derivative, context.fact(self.slope))
        _value_at_end(g, x, self.at, strict(states), self.start, context)
        return Basis()


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

    def check(self, states: Any, context: Context) -> Basis:
        x, g = self.variable, gap(states)
        require_order(states)
        continuous(g, x, context)
        context.require_interval(x, self.ends)
        require(not strict(states), "concavity shows >= only")
        require(context.within(x, self.ends[0], above=True), f"{x} >= {self.ends[0]} is not known")
        require(context.within(x, self.ends[1], above=False), f"{x} <= {self.ends[1]} is not known")
        _proportional(-sp.diff(g, x, 2), context.fact(self.curvature))
        for end, name in zip(self.ends, (self.low, self.high), strict=True):
            _value_at_end(g, x, end, False, name, context)
        return Basis()


@dataclass(frozen=True)
class Increasing:
    """F(u) <= F(v) from the fact u <= v."""

    function: Any
    fact: str
    method = "increasing"

    def check(self, states: Any, context: Context) -> Basis:
        require_order(states)
        u, v = sides(context.fact(self.fact))
        require(
            self.function in (sp.exp, sp.log, sp.sqrt, sp.atan),
            f"{self.function} is not known to increase",
        )
        if self.function in (sp.log, sp.sqrt):
            positive = (
                context.positive(u)
                if self.function is sp.log
                else (non_negative(u) or context.positive(u))
            )
            require(positive, f"{u} is not shown to be in the domain")
        low, high = sides(states)
        matched = all(_is_value(self.function, side, x) for side, x in ((low, u), (high, v)))
        require(matched, f"the sides are not {self.function} of the fact's")
        require(
            not strict(states) or strict(context.fact(self.fact)),
            "a strict order needs a strict fact",
        )
        return Basis()


@dataclass(frozen=True)
class Power:
    """u^n > 0 from the fact u > 0."""

    fact: str
    method = "increasing"

    def check(self, states: Any, context: Context) -> Basis:
        require_order(states)
        low, high = sides(states)
        fact = context.fact(self.fact)
        require(zero(low) and isinstance(high, sp.Pow) and high.exp.is_real, "not a power")
        require(
            strict(fact) and zero(gap(fact) - high.base),
            "the base is not what the fact calls positive",
        )
        return Basis()


@dataclass(frozen=True)
class Limiting:
    """Eq(Limit(expression, x, point), value)."""

    method = "limit"

    def check(self, states: Any, context: Context) -> Basis:
        require(
            isinstance(states, sp.Eq) and isinstance(states.lhs, sp.Limit),
            "a limit must be stated as Eq(Limit, value)",
        )
        expression, x, point, side = states.lhs.args
        value = _limit(expression, x, point, str(side))
        require(not value.has(sp.Limit) and zero(value - states.rhs), f"the limit is {value}")
        return Basis()


@dataclass(frozen=True)
class Squeeze:
    """Eq(Limit(F, x, oo), value) from below <= F <= above, facts whose conditions hold for all
    large x.
    """

    below: str
    above: str
    method = "squeeze"

    def check(self, states: Any, context: Context) -> Basis:
        require(
            isinstance(states, sp.Eq) and isinstance(states.lhs, sp.Limit),
            "a limit must be stated as Eq(Limit, value)",
        )
        expression, x, point, _ = states.lhs.args
        require(point is sp.oo, "only limits at infinity are squeezed")
        for name, lower in ((self.below, True), (self.above, False)):
            stated, given = context.conditional(name)
            low, high = sides(stated)
            bound, inner = (low, high) if lower else (high, low)
            require(zero(inner - expression), f"{name} does not bound the expression")
            value = _limit(bound, x, point)
            require(zero(value - states.rhs), f"the bound {name} tends to {value}")
            for condition in (*given, *context.assumed_about(x)):
                require_order(condition)
                eventually = _limit(gap(condition), x, point)
                require(
                    eventually == sp.oo or eventually.is_positive,
                    f"{condition} need not hold for all large {x}",
                )
        return Basis()


@dataclass(frozen=True)
class Antiderivative:
    """Eq(Integral(f, (u, a, b)), value): F' = f, value = F(b-) - F(a+), and f continuous between
    (its denominators positive).
    """

    primitive: Any
    method = "antiderivative"

    def check(self, states: Any, context: Context) -> Basis:
        require(
            isinstance(states, sp.Eq) and isinstance(states.lhs, sp.Integral),
            "an integral must be stated as Eq(Integral, value)",
        )
        f, (u, a, b) = states.lhs.args
        require(b is sp.oo or non_negative(b - a), "the ends of the integral are out of order")
        for part in (f, self.primitive):
            continuous(part, u, context)
        require(
            zero(sp.expand_func(sp.diff(self.primitive, u)) - f),
            "the primitive does not differentiate back",
        )
        require(
            u.is_positive and a.is_nonnegative, "the variable must be positive between the ends"
        )
        ends = sp.limit(self.primitive, u, b, "-") - sp.limit(self.primitive, u, a, "+")
        require(zero(sp.expand_func(ends) - states.rhs), f"the primitive gives {ends}")
        return Basis()


def _limit(expression: Any, x: Any, point: Any, side: str = "+") -> Any:
    """sympy's limit, formal functions that do not depend on x being numbers."""
    formal = [f for f in expression.atoms(AppliedUndef) if not f.has(x)]
    numbers = {
        f: sp.Dummy(nonnegative=True) if f.is_nonnegative else sp.Dummy(real=True) for f in formal
    }
    value = sp.limit(expression.xreplace(numbers), x, point, side)
    return value.xreplace({number: f for f, number in numbers.items()})


def _is_value(function: Any, side: Any, x: Any) -> bool:
    """side = function(x); for exp also by the logarithm of a positive side, for sqrt by the square
    of one >= 0.
    """
    if zero(side - function(x)):
        return True
    if function is sp.sqrt:
        return bool(sp.sympify(side).is_nonnegative) and zero(side**2 - x)
    return (
        function is sp.exp
        and bool(sp.sympify(side).is_positive)
        and zero(sp.expand_log(sp.log(side)) - sp.expand_log(x))
    )


def _proportional(expression: Any, fact: Any) -> None:
    """The expression is a positive multiple of the fact's gap, hence >= 0."""
    known = gap(fact)
    if zero(expression - known):
        return
    ratio = sp.simplify(expression / known)
    require(non_negative(ratio, strict=True), f"{fact} does not give the sign of {expression}")


def _value_at_end(
    g: Any, x: Any, end: Any, certain: bool, name: str | None, context: Context
) -> None:
    value = g.subs(x, end)
    require(not value.has(sp.nan, sp.zoo, sp.oo), f"the gap is not finite at {x} = {end}")
    if name is not None:
        fact = context.fact(name)
        require(
            zero(value - gap(fact)) and (strict(fact) or not certain),
            f"{name} is not the value at {x} = {end}",
        )
    elif not zero(value) or certain:
        constant = not value.free_symbols and context.over.sign(enclose(value, context.over)) >= (
            2 if certain else 1
        )
        require(
            constant or non_negative(value, strict=certain),
            f"the value at {x} = {end} is not shown: {value}",
        )
