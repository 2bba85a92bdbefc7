"""When an expression is zero, non-negative or positive by algebra and the assumptions on its
symbols alone.

    zero:          sympy reduces it to 0
    non-negative:  a sum of terms, or a product of factors,
                   each non-negative by sympy's assumptions (squares included)

A False means "not shown", never "shown to be otherwise".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef


def le(low: Any, high: Any) -> Any:
    """low <= high, left as it stands."""
    return sp.Le(low, high, evaluate=False)


def lt(low: Any, high: Any) -> Any:
    """low < high, left as it stands."""
    return sp.Lt(low, high, evaluate=False)


def eq(left: Any, right: Any) -> Any:
    """left = right, left as it stands."""
    return sp.Eq(left, right, evaluate=False)


@cache
def zero(expression: sp.Expr) -> bool:
    """Whether sympy reduces the expression to 0: as a rational function of its kernels first, then
    by its simplifiers.

    It must also vanish at a point: that refuses most other expressions at once, and guards against
    a simplifier.
    """
    if expression == 0:
        return True
    if not _vanishes_at_a_point(expression):
        return False
    for reduce in (sp.expand, _rational, _powers, _trigonometric, sp.simplify):
        expression = reduce(expression)
        if expression == 0:
            return True
    return False


def _vanishes_at_a_point(expression: sp.Expr) -> bool:
    """Whether the value at one point that meets the assumptions is 0, or is not a number there.

    Within 1e-20: 30 digits of terms up to 1e10. Where terms are larger a true identity may be
    refused, never a false one taken.
    """
    functions = sorted(expression.atoms(AppliedUndef), key=sp.default_sort_key)
    plain = expression.xreplace(
        {f: sp.Symbol(f"value_{i}", real=True) for i, f in enumerate(functions)}
    )
    symbols = sorted(plain.free_symbols, key=sp.default_sort_key)
    point = {
        s: sp.Integer(3 + i) if s.is_integer else sp.Rational(7 + 4 * i, 97 + 6 * i)
        for i, s in enumerate(symbols)
    }
    try:
        value = plain.subs(point).evalf(30, chop=False)
    except (ArithmeticError, TypeError, ValueError, NotImplementedError):
        return True
    return not (value.is_Float and value.is_finite) or abs(value) < sp.Float("1e-20")


@cache
def non_negative(expression: sp.Expr, strict: bool = False) -> bool:
    """Whether the expression is >= 0 (or > 0) wherever its symbols satisfy their assumptions."""
    for form in (
        expression,
        sp.expand(expression),
        _rational(expression),
        sp.factor(_rational(expression)),
    ):
        if _by_assumption(form, strict) or _terms(form, strict) or _factors(form, strict):
            return True
    return False


def gap(relation: sp.Rel) -> sp.Expr:
    """The expression that the relation says to be >= 0 (<=, <, >=, >) or = 0 (Eq)."""
    if not isinstance(relation, (sp.Le, sp.Lt, sp.Ge, sp.Gt, sp.Eq)):
        raise ValueError(f"{relation} is neither an equation nor an order")
    if relation.has(sp.Float, sp.nan, sp.zoo):
        raise ValueError(f"{relation} has numbers that are not exact or not finite")
    if isinstance(relation, (sp.Le, sp.Lt)):
        return relation.rhs - relation.lhs
    return relation.lhs - relation.rhs


def at(relation: sp.Rel, values: Mapping[Any, Any]) -> sp.Rel:
    """The relation with values put in for symbols, left as it stands even where it is plainly
    true.
    """
    low, high = (side.subs(values, simultaneous=True) for side in (relation.lhs, relation.rhs))
    return relation.func(low, high, evaluate=False)


def strict(relation: sp.Rel) -> bool:
    """Whether the relation is < or >."""
    return isinstance(relation, (sp.Lt, sp.Gt))


def _by_assumption(form: sp.Expr, strict: bool) -> bool:
    return bool(form.is_positive if strict else form.is_nonnegative)


def _terms(form: sp.Expr, strict: bool) -> bool:
    if not isinstance(form, sp.Add):
        return False
    return all(_by_assumption(term, False) for term in form.args) and (
        not strict or any(_by_assumption(term, True) for term in form.args)
    )


def _factors(form: sp.Expr, strict: bool) -> bool:
    return isinstance(form, sp.Mul) and all(
        _by_assumption(f, strict) or _terms(f, strict) for f in form.args
    )


def _rational(expression: sp.Expr) -> sp.Expr:
    return sp.cancel(sp.together(expression))


def _powers(expression: sp.Expr) -> sp.Expr:
    """Logarithms and powers of positive things split, so that exponentials and roots meet."""
    split = sp.expand_log(sp.powdenest(sp.expand_power_base(expression), force=False))
    return sp.expand(sp.powsimp(sp.expand(split)))


def _trigonometric(expression: sp.Expr) -> sp.Expr:
    return sp.trigsimp(sp.expand_trig(sp.expand_func(expression)))
