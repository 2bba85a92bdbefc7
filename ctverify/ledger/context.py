"""What is known while a claim is proved: hypotheses, definitions, earlier steps, and what the step
at hand is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sympy as sp

from .binding import binders, bound_by, free, indices, parameters
from .interval import Arithmetic
from .rules.base import Unproved
from .sign import at, gap, le, non_negative, strict, zero

if TYPE_CHECKING:
    from .claim import Claim, Step


@dataclass(frozen=True)
class Context:
    """`others`: the claims that this one may use, by id; `steps`: those of this claim that were
    checked; `introduced`: symbols that an axiom says to exist, and what defines them.
    """

    claim: Claim
    over: Arithmetic
    others: Mapping[str, Claim]
    steps: dict[str, Step] = field(default_factory=dict)
    introduced: dict[Any, Any] = field(default_factory=dict)
    given: tuple[Any, ...] = ()

    def fact(self, name: str) -> Any:
        """The named fact, where its conditions are given here."""
        if name.startswith("@"):
            return self.given[int(name[1:])]
        if name in self.claim.hypotheses:
            return self.claim.hypotheses[name]
        if name in self.claim.definitions:
            return self.claim.definitions[name]
        states, conditions = self.conditional(name)
        missing = [
            c for c in conditions if c not in self.given and not self.entails(c, steps=False)
        ]
        if missing:
            raise Unproved(f"{name} holds only given {missing}")
        return states

    def known_here(self, name: str) -> bool:
        """Whether the named fact holds here, or is a step with conditions of its own."""
        return name not in self.steps or all(c in self.given for c in self.steps[name].given)

    def conditional(self, name: str) -> tuple[Any, tuple[Any, ...]]:
        """A checked step with its conditions."""
        if name not in self.steps:
            raise Unproved(f"{name} is not an earlier step that was checked")
        return self.steps[name].states, self.steps[name].given

    def definition(self, name: str) -> Any:
        """The named definition."""
        if name not in self.claim.definitions:
            raise Unproved(f"{name} is not a definition of this claim")
        return self.claim.definitions[name]

    def general(
        self, name: str, part: int, values: Mapping[Any, Any]
    ) -> tuple[Any, tuple[Any, ...], tuple[str, ...]]:
        """(statement, its conditions, claims used) of an earlier step or of another claim, to be
        taken at these values.
        """
        if name in self.steps:
            self.keeps_definitions(values)
            if set(values) & set(self.introduced):
                raise Unproved(f"{set(values) & set(self.introduced)} is one number, not any")
            states, given = self.conditional(name)
            conditions = (*given, *self.claim.hypotheses.values())
            return states, conditions, ()
        if name not in self.others or name == self.claim.id:
            raise Unproved(f"{name} is neither an earlier step nor another claim")
        other = self.others[name]
        fixed = {symbol: value for symbol, value in values.items() if symbol in parameters(other)}
        clash = indices(other) & set().union(
            *(sp.sympify(value).free_symbols for value in fixed.values())
        )
        if clash:
            raise Unproved(f"a parameter of the definitions must not depend on the index {clash}")
        foreign = [
            d
            for d in other.definitions.values()
            if at(d, fixed) not in self.claim.definitions.values()
        ]
        if foreign:
            raise Unproved(f"{name} rests on definitions that are not made here: {foreign}")
        states = other.statement[part]
        return states, tuple(other.hypotheses.values()), (name,)

    def keeps_definitions(self, values: Mapping[Any, Any]) -> None:
        """No parameter of the definitions is replaced: q(t) belongs to one schedule."""
        changed = sorted(map(str, parameters(self.claim) & set(values)))
        if changed:
            raise Unproved(
                f"{', '.join(changed)} belongs to the definitions and cannot be replaced"
            )

    def introduce(self, symbol: Any, reason: Any) -> None:
        """A symbol for something that exists: of no other meaning in this claim, and not in its
        statement.
        """
        claim = self.claim
        elsewhere = (
            *claim.statement,
            *claim.hypotheses.values(),
            *claim.definitions.values(),
            *self.given,
        )
        new = isinstance(symbol, sp.Symbol) and not any(
            symbol in part.free_symbols for part in elsewhere
        )
        if not new or self.introduced.setdefault(symbol, reason) != reason:
            raise Unproved(f"{symbol} must be a new symbol")

    def rewritten(self, expression: Any, equations: tuple[str, ...]) -> Any:
        """The expression with the left side of each named equation replaced by its right side, in
        turn.
        """
        for name in equations:
            equation = self.fact(name)
            if not isinstance(equation, sp.Eq):
                raise Unproved(f"{name} is not an equation")
            captured = [
                part
                for part in binders(expression)
                if part != equation.lhs and bound_by(part) & free(equation)
            ]
            if captured:
                raise Unproved(f"{name} speaks of what {captured[0]} binds")
            expression = expression.subs(equation.lhs, equation.rhs)
        return expression

    def entails(self, relation: Any, steps: bool = True) -> bool:
        """Whether the relation is true by assumption, or says what a fact says (up to a positive
        constant factor).
        """
        if relation in self._known(steps):
            return True
        needed, certain = gap(relation), strict(relation)
        if isinstance(relation, sp.Eq):
            return zero(needed) or any(
                isinstance(fact, sp.Eq) and fact == relation for fact in self._known(steps)
            )
        if non_negative(needed, strict=certain):
            return True
        for fact in self._known(steps):
            if isinstance(fact, sp.Eq) or (certain and not strict(fact)):
                continue
            if zero(needed - gap(fact)) or _positive_constant(needed, gap(fact)):
                return True
        return False

    def positive(self, expression: Any) -> bool:
        """Whether the expression is > 0 by assumption or by a fact."""
        return non_negative(expression, strict=True) or self.entails(
            sp.Gt(expression, 0, evaluate=False)
        )

    def bounds(self, symbol: Any) -> tuple[Any, Any]:
        """The numbers between which the hypotheses (and what is given) place the symbol; None where
        there is none.
        """
        low, high = (sp.Integer(0) if symbol.is_nonnegative else None), None
        for relation in (*self.claim.hypotheses.values(), *self.given):
            g = gap(relation)
            if (
                g.free_symbols != {symbol}
                or isinstance(relation, sp.Eq)
                or not g.is_polynomial(symbol)
                or sp.degree(g, symbol) != 1
            ):
                continue
            slope, constant = sp.Poly(g, symbol).all_coeffs()
            end = -constant / slope
            if slope.is_positive:
                low = end if low is None or (low - end).is_negative else low
            elif slope.is_negative:
                high = end if high is None or (end - high).is_negative else high
        return low, high

    def within(self, symbol: Any, end: Any, above: bool) -> bool:
        """Whether symbol >= end (above) or symbol <= end is known."""
        relation = (
            sp.Ge(symbol, end, evaluate=False) if above else sp.Le(symbol, end, evaluate=False)
        )
        return self.entails(relation, steps=False)

    def assumed_about(self, symbol: Any) -> list[Any]:
        """The hypotheses that mention the symbol."""
        return [h for h in self.claim.hypotheses.values() if symbol in h.free_symbols]

    def require_interval(self, symbol: Any, ends: tuple[Any, ...]) -> None:
        """The values that the symbol may take, the others fixed, form an interval of the reals that
        reaches to these ends.
        """
        conditions = [
            *self.assumed_about(symbol),
            *(g for g in self.given if symbol in g.free_symbols),
        ]
        linear = all(
            gap(c).is_polynomial(symbol) and sp.degree(gap(c), symbol) == 1 for c in conditions
        )
        told = {name for name, holds in symbol._assumptions_orig.items() if holds is not None} - {
            "commutative"
        }
        if (
            not told <= {"real", "nonnegative", "positive"}
            or not linear
            or any(isinstance(c, sp.Eq) for c in conditions)
        ):
            raise Unproved(f"{symbol} does not range over an interval")
        if symbol in parameters(self.claim):
            raise Unproved(f"the definitions depend on {symbol}")
        for end in ends:
            inside = [
                self.entails(le(0, gap(at(c, {symbol: end}))), steps=False) for c in conditions
            ]
            if not all(inside) or (
                symbol.is_nonnegative
                and not non_negative(sp.sympify(end))
                and not self.entails(le(0, end))
            ):
                raise Unproved(f"the range of {symbol} is not known to reach to {end}")

    def _known(self, steps: bool) -> list[Any]:
        facts = [*self.given, *self.claim.hypotheses.values(), *self.claim.definitions.values()]
        if steps:
            facts += [
                s.states for s in self.steps.values() if all(c in self.given for c in s.given)
            ]
        return facts


def _positive_constant(first: Any, second: Any) -> bool:
    ratio = sp.cancel(first / second) if second != 0 else sp.nan
    return bool(ratio.is_number and ratio.is_positive)
