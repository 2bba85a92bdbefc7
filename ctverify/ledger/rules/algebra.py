"""Rules of algebra: identities, and inequalities with a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import sympy as sp

from ..kernel.order import congruence, identity, product, restate, scaled, total
from ..kernel.terms import gap, replace, require, strict
from ..kernel.theorem import Theorem

if TYPE_CHECKING:
    from ..context import Context


@dataclass(frozen=True)
class Identity:
    """`using`: names of equations whose left sides are replaced by their right sides first."""

    using: tuple[str, ...] = ()
    method = "identity"

    def theorem(self, states: Any, context: Context) -> Theorem:
        require(isinstance(states, sp.Eq), "an identity must be an equation")
        equations = [context.fact(name) for name in self.using]
        return context.apply(identity, states.lhs, states.rhs, equations)


@dataclass(frozen=True)
class Congruence:
    """F(u) = F(v) for a formal function F where u = v reduces by identity, after rewriting by the
    equations `using`.
    """

    using: tuple[str, ...] = ()
    method = "identity"

    def theorem(self, states: Any, context: Context) -> Theorem:
        require(isinstance(states, sp.Eq), "a congruence must be an equation")
        equations = [context.fact(name) for name in self.using]
        return context.apply(congruence, states.lhs, states.rhs, equations)


@dataclass(frozen=True)
class Combine:
    """terms: (coefficient, fact, fact, ...); an equation among the facts frees the coefficient's
    sign.

    times: names of strict facts whose gaps multiply the scale; using: equations to rewrite by, left
    side to right side.
    """

    terms: tuple[tuple[Any, ...], ...] = ()
    scale: Any = 1
    times: tuple[str, ...] = ()
    using: tuple[str, ...] = ()
    method = "inequality"

    def theorem(self, states: Any, context: Context) -> Theorem:
        equations = [context.fact(name) for name in self.using]
        factors = [context.fact(name) for name in self.times]
        scale = sp.sympify(self.scale)
        if scale != 1:
            factors.insert(0, context.nonnegative(scale, True))
        parts = [_term(sp.sympify(c), names, context) for c, *names in self.terms]
        rest = sp.Mul(*(gap(f.states) for f in factors)) * gap(states)
        rest -= sp.Add(*(gap(part.states) for part in parts))
        for equation in equations:
            rest = replace(rest, equation.states.lhs, equation.states.rhs)
        certain = any(strict(part.states) for part in parts)
        if not isinstance(states, sp.Eq):
            parts.append(context.nonnegative(rest, strict(states) and not certain))
        elif not parts:
            return context.apply(identity, states.lhs, states.rhs, equations)
        factor = reduce(product, factors) if factors else None
        return context.apply(restate, total(parts), states, factor, equations)


def _term(coefficient: Any, names: list[str], context: Context) -> Theorem:
    """0 <= coefficient times gaps, or 0 = ..."""
    if not names:
        return context.nonnegative(coefficient)
    theorem = reduce(product, [context.fact(name) for name in names])
    if coefficient == 1:
        return theorem
    if isinstance(theorem.states, sp.Eq):
        return context.apply(scaled, theorem, coefficient)
    return product(context.nonnegative(coefficient), theorem)
