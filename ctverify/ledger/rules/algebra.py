"""Rules of algebra: identities, and inequalities with a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp

from ..binding import FORMAL, binders, bound_by
from ..sign import gap, non_negative, strict, zero
from .base import Basis, require
from .continuity import continuous

if TYPE_CHECKING:
    from ..context import Context


@dataclass(frozen=True)
class Identity:
    """`using`: names of equations whose left sides are replaced by their right sides first."""

    using: tuple[str, ...] = ()
    method = "identity"

    def check(self, states: Any, context: Context) -> Basis:
        require(isinstance(states, sp.Eq), "an identity must be an equation")
        difference = context.rewritten(gap(states), self.using)
        require(
            not difference.has(sp.Limit, sp.Integral, sp.Sum, sp.Product),
            "limits, integrals and sums have rules of their own",
        )
        require(zero(difference), f"sympy does not reduce the two sides' difference to 0: {states}")
        return Basis()


@dataclass(frozen=True)
class Congruence:
    """F(u) = F(v) for a formal function F where u = v reduces by identity, after rewriting v by the
    equations `using`.
    """

    using: tuple[str, ...] = ()
    method = "identity"

    def check(self, states: Any, context: Context) -> Basis:
        left, right = states.lhs, states.rhs
        formal = isinstance(left, sp.core.function.AppliedUndef) and left.func == right.func
        require(isinstance(states, sp.Eq) and formal, "not one function of two things")
        variables = set().union(*map(bound_by, binders(left)[:1])) if left.func in FORMAL else set()
        require(
            not any(variables & context.fact(name).free_symbols for name in self.using),
            f"{variables} is bound",
        )
        differences = [
            context.rewritten(u - v, self.using) for u, v in zip(left.args, right.args, strict=True)
        ]
        require(all(map(zero, differences)), "the arguments are not shown to be equal")
        return Basis()


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

    def check(self, states: Any, context: Context) -> Basis:
        scale, factors = sp.sympify(self.scale), [context.fact(name) for name in self.times]
        require(
            non_negative(scale, strict=True) and all(map(strict, factors)),
            f"the scale {scale} is not shown to be positive",
        )
        continuous(scale, None, context)
        total, certain = sp.Integer(0), False
        for coefficient, *names in self.terms:
            facts = [context.fact(name) for name in names]
            equation = any(isinstance(fact, sp.Eq) for fact in facts)
            require(
                equation or not isinstance(states, sp.Eq),
                "a term of an equation must contain an equation",
            )
            continuous(coefficient, None, context)
            require(
                equation or non_negative(sp.sympify(coefficient)),
                f"the coefficient {coefficient} is not shown to be >= 0",
            )
            certain |= (
                not equation
                and all(map(strict, facts))
                and non_negative(sp.sympify(coefficient), strict=True)
            )
            total += coefficient * sp.prod([gap(fact) for fact in facts])
        rest = context.rewritten(
            scale * sp.prod(map(gap, factors)) * gap(states) - total, self.using
        )
        need = strict(states) and not certain
        if isinstance(states, sp.Eq):
            require(zero(rest), f"what is left over is not 0: {rest}")
        require(
            (zero(rest) and not need) or non_negative(rest, strict=need),
            f"what is left over is not shown to be >= 0: {rest}",
        )
        return Basis()
