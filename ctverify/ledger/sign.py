"""Relations as they stand: <=, <, = left unevaluated, their gaps, and values put into them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from .kernel.terms import eq, le, lt, member, strict, substitute
from .kernel.terms import gap as _gap

__all__ = ["at", "eq", "gap", "le", "lt", "member", "strict", "usual"]


def usual(relation: Any) -> Any:
    """The relation with <= or < in place of >= or >."""
    if isinstance(relation, (sp.Ge, sp.Gt)):
        order = le if isinstance(relation, sp.Ge) else lt
        return order(relation.rhs, relation.lhs)
    return relation


def gap(relation: Any) -> Any:
    """The expression that the relation says to be >= 0 (<=, <) or = 0."""
    return _gap(usual(relation))


def at(relation: Any, values: Mapping[Any, Any]) -> Any:
    """The relation with values put in for symbols, left as it stands even where it is plainly
    true.
    """
    return substitute(relation, {symbol: sp.sympify(value) for symbol, value in values.items()})
