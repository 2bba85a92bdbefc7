"""The rules by which a step follows, each checked by the machine. A rule that does not apply raises Unproved with the reason.

    Identity      a = b: sympy reduces a - b to 0
    Combine       scale * gap = sum_k coefficient_k * product of gaps of facts + rest, coefficients and rest >= 0, scale > 0
    Enclosure     gap >= 0 over the whole stated box, by intervals and bisection
    Monotone      g(at) >= 0 and g' of one sign between at and x, hence g(x) >= 0
    Concave       g'' <= 0 and g >= 0 at both ends, hence g >= 0 between them
    Increasing    u <= v, hence F(u) <= F(v), F one of exp, log, sqrt, atan
    Extremum      the order of Min and Max
    Induction     P(1), and P(n) gives P(n + 1), hence P(n) for every positive integer n
    Cases         the same under a condition and under its opposite
    Instance      a proved claim, or an earlier step, at other arguments that meet its assumptions
    Definition    a definition at an index
    EachInteger   every integer of a range, by intervals
    Limiting      sympy's limit (Gruntz); Squeeze: between two bounds that share a limit
    Antiderivative  a definite integral by an antiderivative that differentiates back
    Axiom         an instance of a named textbook fact (axioms.py)
    Argued        a person's argument: such a claim is never PROVED

The gap of a relation is what it says to be >= 0. Facts are named hypotheses, definitions, earlier steps, or @0, @1, ...:
what the step itself is given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import sympy as sp

from . import axioms
from .bisection import certainly
from .interval import enclose
from .sign import at, gap, non_negative, strict, zero

if TYPE_CHECKING:
    from .context import Context


class Unproved(Exception):
    """The step does not follow by its rule, for this reason."""


@dataclass(frozen=True)
class Basis:
    """What a step rests on besides the facts that it names."""

    axioms: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()


class Rule(Protocol):
    """How a step follows."""

    @property
    def method(self) -> str: ...

    def check(self, states: Any, context: Context) -> Basis: ...


def _require(condition: object, reason: str) -> None:
    if not condition:
        raise Unproved(reason)


@dataclass(frozen=True)
class Identity:
    """`using`: names of equations whose left sides are replaced by their right sides first."""

    using: tuple[str, ...] = ()
    method = "identity"

    def check(self, states: Any, context: Context) -> Basis:
        _require(isinstance(states, sp.Eq), "an identity must be an equation")
        _require(
            zero(context.rewritten(gap(states), self.using)), f"sympy does not reduce the two sides' difference to 0: {states}"
        )
        return Basis()


@dataclass(frozen=True)
class Congruence:
    """F(u) = F(v) for a formal function F where u = v reduces by identity, after rewriting v by the equations `using`."""

    using: tuple[str, ...] = ()
    method = "identity"

    def check(self, states: Any, context: Context) -> Basis:
        left, right = states.lhs, states.rhs
        formal = isinstance(left, sp.core.function.AppliedUndef) and left.func == right.func
        _require(isinstance(states, sp.Eq) and formal, "not one function of two things")
        differences = [context.rewritten(u - v, self.using) for u, v in zip(left.args, right.args, strict=True)]
        _require(all(map(zero, differences)), "the arguments are not shown to be equal")
        return Basis()


@dataclass(frozen=True)
class Combine:
    """terms: (coefficient, fact, fact, ...); an equation among the facts frees the coefficient's sign.

    times: names of strict facts whose gaps multiply the scale; using: equations to rewrite by, left side to right side.
    """

    terms: tuple[tuple[Any, ...], ...] = ()
    scale: Any = 1
    times: tuple[str, ...] = ()
    using: tuple[str, ...] = ()
    method = "inequality"

    def check(self, states: Any, context: Context) -> Basis:
        scale, factors = sp.sympify(self.scale), [context.fact(name) for name in self.times]
        _require(non_negative(scale, strict=True) and all(map(strict, factors)), f"the scale {scale} is not shown to be positive")
        total, certain = sp.Integer(0), False
        for coefficient, *names in self.terms:
            facts = [context.fact(name) for name in names]
            equation = any(isinstance(fact, sp.Eq) for fact in facts)
            _require(equation or non_negative(sp.sympify(coefficient)), f"the coefficient {coefficient} is not shown to be >= 0")
            certain |= not equation and all(map(strict, facts)) and non_negative(sp.sympify(coefficient), strict=True)
            total += coefficient * sp.prod([gap(fact) for fact in facts])
        rest = context.rewritten(scale * sp.prod(map(gap, factors)) * gap(states) - total, self.using)
        need = strict(states) and not certain
        if isinstance(states, sp.Eq):
            _require(
                zero(rest) and all(isinstance(context.fact(n), sp.Eq) for _, *ns in self.terms for n in ns), "not an equation"
            )
        _require(
            (zero(rest) and not need) or non_negative(rest, strict=need), f"what is left over is not shown to be >= 0: {rest}"
        )
        return Basis()


@dataclass(frozen=True)
class Enclosure:
    """The box is read off the hypotheses; symbols without a number on both sides have none."""

    method = "intervals"

    def check(self, states: Any, context: Context) -> Basis:
        symbols = sorted(states.free_symbols, key=str)
        box = {symbol: context.bounds(symbol) for symbol in symbols}
        open_ended = [str(symbol) for symbol, (low, high) in box.items() if low is None or high is None]
        _require(not open_ended, f"{', '.join(open_ended)} has no bounds on both sides")
        verdict = certainly(gap(states), box, strict(states), context.over)
        _require(not isinstance(states, sp.Eq) and verdict is True, "intervals do not decide it over the whole box")
        return Basis()


@dataclass(frozen=True)
class Monotone:
    """g = the gap as a function of `variable`; slope: the fact that dg/dx >= 0 (rising from `at` below) or <= 0 (falling)."""

    variable: sp.Symbol
    at: Any
    slope: str
    start: str | None = None
    method = "monotone"

    def check(self, states: Any, context: Context) -> Basis:
        x, g = self.variable, gap(states)
        context.require_interval(x, (self.at,))
        upward = context.within(x, self.at, above=True)
        _require(upward or context.within(x, self.at, above=False), f"{x} is not known to lie on one side of {self.at}")
        derivative = sp.diff(g, x) if upward else -sp.diff(g, x)
        _proportional(derivative, context.fact(self.slope))
        _value_at_end(g, x, self.at, strict(states), self.start, context)
        return Basis()


@dataclass(frozen=True)
class Concave:
    """curvature: the fact that the gap's second derivative is <= 0; low, high: facts that the gap is >= 0 at the ends."""

    variable: sp.Symbol
    ends: tuple[Any, Any]
    curvature: str
    low: str | None = None
    high: str | None = None
    method = "concave"

    def check(self, states: Any, context: Context) -> Basis:
        x, g = self.variable, gap(states)
        context.require_interval(x, self.ends)
        _require(not strict(states), "concavity shows >= only")
        _require(context.within(x, self.ends[0], above=True), f"{x} >= {self.ends[0]} is not known")
        _require(context.within(x, self.ends[1], above=False), f"{x} <= {self.ends[1]} is not known")
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
        u, v = _sides(context.fact(self.fact))
        _require(self.function in (sp.exp, sp.log, sp.sqrt, sp.atan), f"{self.function} is not known to increase")
        if self.function in (sp.log, sp.sqrt):
            positive = context.positive(u) if self.function is sp.log else (non_negative(u) or context.positive(u))
            _require(positive, f"{u} is not shown to be in the domain")
        low, high = _sides(states)
        matched = all(_is_value(self.function, side, x) for side, x in ((low, u), (high, v)))
        _require(matched, f"the sides are not {self.function} of the fact's")
        _require(not strict(states) or strict(context.fact(self.fact)), "a strict order needs a strict fact")
        return Basis()


@dataclass(frozen=True)
class Power:
    """u^n > 0 from the fact u > 0."""

    fact: str
    method = "increasing"

    def check(self, states: Any, context: Context) -> Basis:
        low, high = _sides(states)
        fact = context.fact(self.fact)
        _require(zero(low) and isinstance(high, sp.Pow) and high.exp.is_real, "not a power")
        _require(strict(fact) and zero(gap(fact) - high.base), "the base is not what the fact calls positive")
        return Basis()


@dataclass(frozen=True)
class Extremum:
    """Min(a, b, ...) <= a, a <= Max(a, b, ...); or, with facts, y <= Min from y <= a, y <= b, ... and Max <= y likewise."""

    facts: tuple[str, ...] = ()
    method = "order"

    def check(self, states: Any, context: Context) -> Basis:
        low, high = _sides(states)
        if not self.facts:
            _require(
                (isinstance(low, sp.Min) and high in low.args) or (isinstance(high, sp.Max) and low in high.args), "no extremum"
            )
            return Basis()
        known = [gap(context.fact(name)) for name in self.facts]
        needed = [a - low for a in high.args] if isinstance(high, sp.Min) else [high - a for a in low.args]
        _require(isinstance(high, sp.Min) or isinstance(low, sp.Max), "no extremum")
        _require(all(any(zero(k - n) for k in known) for n in needed), "an argument of the extremum has no fact")
        _require(not strict(states), "an extremum's order is weak")
        return Basis()


@dataclass(frozen=True)
class Between:
    """u = v from the facts u <= v and v <= u."""

    first: str
    second: str
    method = "order"

    def check(self, states: Any, context: Context) -> Basis:
        gaps = [gap(context.fact(name)) for name in (self.first, self.second)]
        _require(
            isinstance(states, sp.Eq) and not any(isinstance(context.fact(n), sp.Eq) for n in (self.first, self.second)),
            "no order",
        )
        _require(zero(gaps[0] + gaps[1]) and any(zero(gap(states) - g) for g in gaps), "the two facts are not u <= v and v <= u")
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
        _require(n.is_integer and n.is_positive, f"{n} must be a positive integer")
        _require(not context.assumed_about(n), f"a hypothesis restricts {n}")
        _require(_same(context.fact(self.base), at(states, {n: 1})), "the base is not the statement at 1")
        stated, given = context.conditional(self.step)
        _require(_same(stated, at(states, {n: n + 1})), "the step does not state the next case")
        extra = [condition for condition in given if condition != states and condition not in context.given]
        _require(not extra, f"the step needs more than the case before: {extra}")
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
            _require(stated == states, f"{name} states something else")
            extra = [condition for condition in given if condition not in context.given]
            _require(len(extra) == 1, f"{name} must have one condition of its own")
            conditions.append(extra[0])
        first, second = conditions
        _require(zero(gap(first) + gap(second)) and not (strict(first) and strict(second)), "the two conditions leave cases out")
        return Basis()


@dataclass(frozen=True)
class Instance:
    """`of`: a claim's id, or an earlier step's name; `at`: symbol -> value; `part`: which relation of the claim's statement."""

    of: str
    at: Mapping[Any, Any] = field(default_factory=dict)
    part: int = 0
    method = "instance"

    def check(self, states: Any, context: Context) -> Basis:
        general, conditions, claims = context.general(self.of, self.part, self.at)
        for symbol, value in self.at.items():
            _assumptions(symbol, sp.sympify(value), context)
        for condition in conditions:
            needed = at(condition, self.at)
            _require(context.entails(needed), f"it needs {needed}, which is not known here")
        stated = at(general, self.at)
        _require(_same(stated, states), f"it says {stated}")
        return Basis(claims=claims)


@dataclass(frozen=True)
class Definition:
    """The named definition at other indices (positive integers)."""

    of: str
    at: Mapping[Any, Any] = field(default_factory=dict)
    method = "definition"

    def check(self, states: Any, context: Context) -> Basis:
        context.keeps_definitions(self.at)
        for symbol, value in self.at.items():
            _assumptions(symbol, sp.sympify(value), context)
        stated = at(context.definition(self.of), self.at)
        _require(_same(stated, states), f"the definition says {stated}")
        return Basis()


@dataclass(frozen=True)
class Limiting:
    """Eq(Limit(expression, x, point), value)."""

    method = "limit"

    def check(self, states: Any, context: Context) -> Basis:
        _require(isinstance(states, sp.Eq) and isinstance(states.lhs, sp.Limit), "a limit must be stated as Eq(Limit, value)")
        expression, x, point, side = states.lhs.args
        value = sp.limit(expression, x, point, str(side))
        _require(zero(value - states.rhs), f"the limit is {value}")
        return Basis()


@dataclass(frozen=True)
class Squeeze:
    """Eq(Limit(F, x, oo), value) from below <= F <= above, facts whose conditions hold for all large x."""

    below: str
    above: str
    method = "squeeze"

    def check(self, states: Any, context: Context) -> Basis:
        expression, x, point, _ = states.lhs.args
        for name, lower in ((self.below, True), (self.above, False)):
            stated, given = context.conditional(name)
            low, high = _sides(stated)
            bound, inner = (low, high) if lower else (high, low)
            _require(zero(inner - expression), f"{name} does not bound the expression")
            value = sp.limit(bound, x, point)
            _require(zero(value - states.rhs), f"the bound {name} tends to {value}")
            for condition in (*given, *context.assumed_about(x)):
                eventually = sp.limit(gap(condition), x, point)
                _require(eventually == sp.oo or eventually.is_positive, f"{condition} need not hold for all large {x}")
        return Basis()


@dataclass(frozen=True)
class EachInteger:
    """Every integer between the bounds of `variable` in the hypotheses, one by one, in intervals."""

    variable: sp.Symbol
    method = "each integer"

    def check(self, states: Any, context: Context) -> Basis:
        low, high = context.bounds(self.variable)
        _require(low is not None and high is not None and high - low <= 1000, f"{self.variable} has no bounds, or too wide ones")
        for value in range(math.ceil(low), math.floor(high) + 1):
            here = certainly(gap(at(states, {self.variable: sp.Integer(value)})), {}, strict(states), context.over)
            _require(here, f"intervals do not decide it at {self.variable} = {value}")
        return Basis()


@dataclass(frozen=True)
class Antiderivative:
    """Eq(Integral(f, (u, a, b)), value): F' = f, value = F(b-) - F(a+), and f continuous between (its denominators positive)."""

    primitive: Any
    method = "antiderivative"

    def check(self, states: Any, context: Context) -> Basis:
        f, (u, a, b) = states.lhs.args
        _require(zero(sp.expand_func(sp.diff(self.primitive, u)) - f), "the primitive does not differentiate back")
        denominators = [p.base for p in f.atoms(sp.Pow) if p.exp.is_negative]
        _require(u.is_positive and a.is_nonnegative and all(map(_denominator, denominators)), "the integrand may be singular")
        ends = sp.limit(self.primitive, u, b, "-") - sp.limit(self.primitive, u, a, "+")
        _require(zero(sp.expand_func(ends) - states.rhs), f"the primitive gives {ends}")
        return Basis()


@dataclass(frozen=True)
class Axiom:
    """An instance of a named textbook fact: the schema builds it from its arguments, with facts that meet its conditions."""

    name: str
    arguments: tuple[Any, ...] = ()
    facts: tuple[str, ...] = ()

    @property
    def method(self) -> str:
        return f"axiom {self.name}"

    def check(self, states: Any, context: Context) -> Basis:
        instance = axioms.SCHEMAS[self.name](*self.arguments)
        _require(_same(instance.states, states), f"the axiom says {instance.states}")
        known = [context.fact(name) for name in self.facts]
        for condition in instance.conditions:
            met = any(_same(condition, fact) for fact in known) or context.entails(condition)
            _require(met, f"the axiom needs {condition}")
        return Basis(axioms=(self.name,))


@dataclass(frozen=True)
class Argued:
    """A step that a person argues."""

    text: str
    method = "argued"

    def check(self, states: Any, context: Context) -> Basis:
        raise Unproved(f"argued by a person: {self.text}")


def _denominator(base: Any) -> bool:
    """Whether a denominator is positive: by its assumptions, or e^u - 1 with u > 0."""
    return non_negative(base, strict=True) or any(
        base == sp.exp(u.args[0]) - 1 and u.args[0].is_positive for u in base.atoms(sp.exp)
    )


def _sides(relation: Any) -> tuple[Any, Any]:
    """(smaller side, greater side)."""
    return (relation.lhs, relation.rhs) if isinstance(relation, (sp.Le, sp.Lt, sp.Eq)) else (relation.rhs, relation.lhs)


def _is_value(function: Any, side: Any, x: Any) -> bool:
    """side = function(x); for exp also by the logarithm of a positive side, for sqrt by the square of one >= 0."""
    if zero(side - function(x)):
        return True
    if function is sp.sqrt:
        return bool(sp.sympify(side).is_nonnegative) and zero(side**2 - x)
    return function is sp.exp and bool(sp.sympify(side).is_positive) and zero(sp.expand_log(sp.log(side)) - sp.expand_log(x))


def _same(first: Any, second: Any) -> bool:
    """Whether two relations say the same: the same kind, and gaps that are equal."""
    if first == second:
        return True
    kinds = all(isinstance(x, sp.Eq) for x in (first, second)) or (
        not any(isinstance(x, sp.Eq) for x in (first, second)) and (strict(first) or not strict(second))
    )
    return kinds and zero(gap(first) - gap(second))


def _proportional(expression: Any, fact: Any) -> None:
    """The expression is a positive multiple of the fact's gap, hence >= 0."""
    known = gap(fact)
    if zero(expression - known):
        return
    ratio = sp.simplify(expression / known)
    _require(non_negative(ratio, strict=True), f"{fact} does not give the sign of {expression}")


def _value_at_end(g: Any, x: Any, end: Any, certain: bool, name: str | None, context: Context) -> None:
    value = g.subs(x, end)
    _require(not value.has(sp.nan, sp.zoo, sp.oo), f"the gap is not finite at {x} = {end}")
    if name is not None:
        fact = context.fact(name)
        _require(zero(value - gap(fact)) and (strict(fact) or not certain), f"{name} is not the value at {x} = {end}")
    elif not zero(value) or certain:
        constant = not value.free_symbols and context.over.sign(enclose(value, context.over)) >= (2 if certain else 1)
        _require(constant or non_negative(value, strict=certain), f"the value at {x} = {end} is not shown: {value}")


def _assumptions(symbol: Any, value: Any, context: Context) -> None:
    """What is put in place of a symbol meets the symbol's assumptions."""
    if symbol.is_positive:
        _require(context.positive(value), f"{value} is not shown to be positive")
    elif symbol.is_nonnegative:
        _require(non_negative(value) or context.entails(sp.Ge(value, 0)), f"{value} is not shown to be >= 0")
    if symbol.is_integer:
        _require(value.is_integer, f"{value} is not shown to be an integer")
    _require(value.is_real is not False, f"{value} is not real")
