"""Which symbols an expression or a claim binds: indices, parameters of definitions, variables of
limits, sums and integrals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.core.function import AppliedUndef

from .axioms import J, M, MaxOver

if TYPE_CHECKING:
    from .claim import Claim

BINDERS = (sp.Limit, sp.Derivative, sp.Integral, sp.Sum, sp.Product, sp.Subs)
FORMAL = {
    M: 1,
    MaxOver: 1,
    J: 3,
}  # formal functions, and which of their arguments is a bound variable


def indices(claim: Claim) -> set[Any]:
    """The symbols that the functions of the definitions are applied to."""
    functions = [
        f for definition in claim.definitions.values() for f in definition.atoms(AppliedUndef)
    ]
    return set().union(*(f.free_symbols for f in functions))


def parameters(claim: Claim) -> set[Any]:
    """The other symbols of the definitions: q(t) belongs to one value of each."""
    return set().union(*(d.free_symbols for d in claim.definitions.values())) - indices(claim)


def bound_by(binder: Any) -> set[Any]:
    """The variables that this node binds."""
    if isinstance(binder, sp.Limit):
        return {binder.args[1]}
    if isinstance(binder, AppliedUndef):
        return {binder.args[FORMAL[binder.func]]}
    if isinstance(binder, sp.Derivative):
        return set(binder.variables)
    return set(binder.bound_symbols)


def free(expression: Any) -> set[Any]:
    """The symbols that occur outside what binds them."""
    if not expression.args:
        return set(expression.free_symbols)
    inside = set().union(*map(free, expression.args))
    if isinstance(expression, BINDERS):
        return set(expression.free_symbols)
    return inside - bound_by(expression) if expression.func in FORMAL else inside


def binders(expression: Any) -> list[Any]:
    """The nodes of the expression that bind variables."""
    return [
        part
        for part in sp.preorder_traversal(expression)
        if isinstance(part, BINDERS) or getattr(part, "func", None) in FORMAL
    ]
