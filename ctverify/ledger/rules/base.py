"""What every rule shares: the Protocol, what it returns or raises, and how relations are
compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import sympy as sp

from ..sign import gap, strict, zero

if TYPE_CHECKING:
    from ..context import Context


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


def require(condition: object, reason: str) -> None:
    """Raise Unproved with the reason unless the condition holds."""
    if not condition:
        raise Unproved(reason)


def require_order(relation: Any) -> None:
    """Raise Unproved unless the relation is one of <=, <, >=, >."""
    require(isinstance(relation, (sp.Le, sp.Lt, sp.Ge, sp.Gt)), f"{relation} is no order")


def sides(relation: Any) -> tuple[Any, Any]:
    """(smaller side, greater side)."""
    return (
        (relation.lhs, relation.rhs)
        if isinstance(relation, (sp.Le, sp.Lt, sp.Eq))
        else (relation.rhs, relation.lhs)
    )


def same(first: Any, second: Any) -> bool:
    """Whether two relations say the same: the same kind, and gaps that are equal."""
    if first == second:
        return True
    kinds = all(isinstance(x, sp.Eq) for x in (first, second)) or (
        not any(isinstance(x, sp.Eq) for x in (first, second))
        and (strict(first) or not strict(second))
    )
    return kinds and zero(gap(first) - gap(second))
