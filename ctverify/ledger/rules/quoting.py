"""Rules that quote: earlier steps and other claims, definitions, axioms, and people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import axioms
from ..binding import binders, bound_by, free
from ..sign import at, le, non_negative
from .base import Basis, Unproved, require, same
from .continuity import continuous, real

if TYPE_CHECKING:
    from ..context import Context


@dataclass(frozen=True)
class Instance:
    """`of`: a claim's id, or an earlier step's name; `at`: symbol -> value; `part`: which relation
    of the claim's statement.
    """

    of: str
    at: Mapping[Any, Any] = field(default_factory=dict)
    part: int = 0
    method = "instance"

    def check(self, states: Any, context: Context) -> Basis:
        general, conditions, claims = context.general(self.of, self.part, self.at)
        _values(self.at, (general, *conditions), context)
        for condition in conditions:
            needed = at(condition, self.at)
            require(context.entails(needed), f"it needs {needed}, which is not known here")
        stated = at(general, self.at)
        require(same(stated, states), f"it says {stated}")
        return Basis(claims=claims)


@dataclass(frozen=True)
class Definition:
    """The named definition at other indices (positive integers)."""

    of: str
    at: Mapping[Any, Any] = field(default_factory=dict)
    method = "definition"

    def check(self, states: Any, context: Context) -> Basis:
        context.keeps_definitions(self.at)
        general = context.definition(self.of)
        _values(self.at, (general,), context)
        stated = at(general, self.at)
        require(same(stated, states), f"the definition says {stated}")
        return Basis()


@dataclass(frozen=True)
class Axiom:
    """An instance of a named textbook fact: the schema builds it from its arguments, with facts
    that meet its conditions.
    """

    name: str
    arguments: tuple[Any, ...] = ()
    facts: tuple[str, ...] = ()

    @property
    def method(self) -> str:
        return f"axiom {self.name}"

    def check(self, states: Any, context: Context) -> Basis:
        instance = axioms.SCHEMAS[self.name](*self.arguments)
        require(same(instance.states, states), f"the axiom says {instance.states}")
        for expression, variable in instance.smooth:
            continuous(expression, variable, context)
        for condition in instance.conditions:
            known = _universal if isinstance(condition, axioms.Given) else _met
            require(known(condition, self.facts, context), f"it needs {condition}")
        if instance.fresh is not None:
            context.introduce(*instance.fresh)
        return Basis(axioms=(self.name,))


def _met(condition: Any, names: tuple[str, ...], context: Context) -> bool:
    return any(
        same(context.fact(name), condition) for name in names if context.known_here(name)
    ) or context.entails(condition)


def _universal(condition: axioms.Given, names: tuple[str, ...], context: Context) -> bool:
    """Whether a named step states it for every value of the variable: under its `where`, with
    nothing else assumed of it.
    """
    others = (*context.given, *context.claim.hypotheses.values())
    require(
        not any(condition.variable in free(other) for other in others),
        f"{condition.variable} is restricted here",
    )
    for name in names:
        stated, given = context.conditional(name)
        if same(stated, condition.relation) and all(
            g in (*condition.where, *context.given) for g in given
        ):
            return True
    return False


@dataclass(frozen=True)
class Argued:
    """A step that a person argues."""

    text: str
    method = "argued"

    def check(self, states: Any, context: Context) -> Basis:
        raise Unproved(f"argued by a person: {self.text}")


def _values(values: Mapping[Any, Any], relations: tuple[Any, ...], context: Context) -> None:
    """What is put in place of symbols meets their assumptions, and neither it nor they are bound in
    the relations.
    """
    for symbol, value in values.items():
        require(isinstance(symbol, sp.Symbol), f"{symbol} is no symbol")
        _assumptions(symbol, sp.sympify(value), context)
    variables = set().union(
        *(bound_by(binder) for relation in relations for binder in binders(relation))
    )
    used = set(values).union(*(sp.sympify(value).free_symbols for value in values.values()))
    require(not variables & used, f"{variables & used} is bound")


def _assumptions(symbol: Any, value: Any, context: Context) -> None:
    told = {name for name, holds in symbol._assumptions_orig.items() if holds is not None} - {
        "commutative"
    }
    require(
        told <= {"positive", "nonnegative", "integer", "real"},
        f"{symbol} has assumptions that are not checked: {told}",
    )
    if symbol.is_positive:
        require(context.positive(value), f"{value} is not shown to be positive")
    elif symbol.is_nonnegative:
        require(
            non_negative(value) or context.entails(le(0, value)), f"{value} is not shown to be >= 0"
        )
    elif symbol.is_real:
        require(real(value, context), f"{value} is not shown to be real")
    if symbol.is_integer:
        require(value.is_integer, f"{value} is not shown to be an integer")
