"""Rules that quote: earlier steps and other claims, definitions, axioms, and people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import axioms
from ..sign import at, non_negative
from .base import Basis, Unproved, require, same

if TYPE_CHECKING:
    from ..context import Context


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
        for symbol, value in self.at.items():
            _assumptions(symbol, sp.sympify(value), context)
        stated = at(context.definition(self.of), self.at)
        require(same(stated, states), f"the definition says {stated}")
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
        require(same(instance.states, states), f"the axiom says {instance.states}")
        for condition in instance.conditions:
            known = _universal if isinstance(condition, axioms.Given) else _met
            require(known(condition, self.facts, context), f"it needs {condition}")
        return Basis(axioms=(self.name,))


def _met(condition: Any, names: tuple[str, ...], context: Context) -> bool:
    return any(same(condition, context.fact(name)) for name in names if context.known_here(name)) or context.entails(condition)


def _universal(condition: axioms.Given, names: tuple[str, ...], context: Context) -> bool:
    """Whether a named step states it for every value of the variable: under its `where`, with nothing else assumed of it."""
    others = (*context.given, *context.claim.hypotheses.values())
    require(not any(condition.variable in other.free_symbols for other in others), f"{condition.variable} is restricted here")
    for name in names:
        stated, given = context.conditional(name)
        if same(stated, condition.relation) and all(g in (*condition.where, *context.given) for g in given):
            return True
    return False


@dataclass(frozen=True)
class Argued:
    """A step that a person argues."""

    text: str
    method = "argued"

    def check(self, states: Any, context: Context) -> Basis:
        raise Unproved(f"argued by a person: {self.text}")


def _assumptions(symbol: Any, value: Any, context: Context) -> None:
    """What is put in place of a symbol meets the symbol's assumptions."""
    if symbol.is_positive:
        require(context.positive(value), f"{value} is not shown to be positive")
    elif symbol.is_nonnegative:
        require(non_negative(value) or context.entails(sp.Ge(value, 0)), f"{value} is not shown to be >= 0")
    if symbol.is_integer:
        require(value.is_integer, f"{value} is not shown to be an integer")
    require(value.is_real is not False, f"{value} is not real")
