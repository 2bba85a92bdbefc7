"""Whether an expression is finite, real and continuous over the whole domain, by its form.

Sums, products, exp, sin, cos, atan, Min, Max, |.|, Li_2 and formal functions are; a power with a
negative exponent needs a base shown to be nonzero, a logarithm or a root an argument shown to be
positive: by a fact, or by intervals over the box.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.core.function import AppliedUndef

from ..binding import FORMAL
from ..bisection import certainly
from ..sign import non_negative
from .base import Unproved, require

if TYPE_CHECKING:
    from ..context import Context

SMOOTH = (
    sp.Add,
    sp.Mul,
    sp.exp,
    sp.sin,
    sp.cos,
    sp.atan,
    sp.Min,
    sp.Max,
    sp.Abs,
    sp.polylog,
    AppliedUndef,
)


def continuous(expression: Any, variable: Any, context: Context) -> None:
    """Raise Unproved unless the expression is continuous in the variable (in all of its symbols
    where it is None).
    """
    part = sp.sympify(expression)
    require(part is not sp.I, "a number is not real")
    if not part.args or (variable is not None and variable not in part.free_symbols):
        return
    if isinstance(part, sp.Pow):
        require(_power(part.base, part.exp, context), f"{part} is not shown to be finite and real")
    elif isinstance(part, sp.log):
        require(_positive(part.args[0], context), f"{part} is not shown to be finite and real")
    else:
        require(isinstance(part, SMOOTH), f"{part} is not known to be continuous")
    for argument in part.args[:1] if part.func in FORMAL else part.args:
        continuous(argument, variable, context)


def real(expression: Any, context: Context) -> bool:
    """Whether the value is a real number wherever the symbols satisfy what is known."""
    if expression.is_real:
        return True
    try:
        continuous(expression, None, context)
    except Unproved:
        return False
    return all(symbol.is_real for symbol in expression.free_symbols)


def _power(base: Any, exponent: Any, context: Context) -> bool:
    if exponent.is_integer and exponent.is_nonnegative:
        return True
    if exponent.is_integer:
        return _positive(base, context) or _positive(-base, context)
    return _positive(base, context) or bool(exponent.is_positive and non_negative(base))


def _positive(expression: Any, context: Context) -> bool:
    if context.positive(expression) or _exponential(expression, context):
        return True
    box = {symbol: context.bounds(symbol) for symbol in expression.free_symbols}
    if any(end is None for ends in box.values() for end in ends):
        return False
    try:
        return certainly(expression, box, True, context.over) is True
    except (ArithmeticError, LookupError):
        return False


def _exponential(expression: Any, context: Context) -> bool:
    """e^u - 1, 1 - e^-u and their sums with what is >= 0, for u > 0."""
    for u in {part.args[0] for part in expression.atoms(sp.exp)}:
        for sign in (1, -1):
            if non_negative(expression - sign * (sp.exp(u) - 1)) and context.positive(sign * u):
                return True
    return False
