"""When an expression is >= 0 or > 0 by its form, and when it is defined: finite and real.

By its form: sums, products, powers and functions of what is, symbols and functions by their sort,
numbers by Arb; and where a theorem says it of the very expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.core.function import AppliedUndef

from .formal import BOUND, J, M, MaxOver
from .interval import Undefined, enclose
from .terms import (
    NUMBER,
    Needs,
    Refused,
    free,
    function_sort,
    gap,
    integer,
    kind,
    le,
    lt,
    require,
    sort,
    strict,
    substitute,
    subterms,
)

if TYPE_CHECKING:
    from .theorem import Theorem

UNKNOWN = 0


class Support:
    """Theorems by which something is defined or has a sign; `used` are those that were needed."""

    def __init__(self, theorems: Iterable[Theorem] = ()) -> None:
        self.signs: dict[Any, tuple[int, Theorem]] = {}
        self.parts: dict[Any, Theorem] = {}
        self.used: list[Theorem] = []
        for theorem in theorems:
            for side in (theorem.states.lhs, theorem.states.rhs):
                for part in subterms(side):
                    self.parts.setdefault(part, theorem)
            if not isinstance(theorem.states, sp.Eq):
                content, g = gap(theorem.states).primitive()
                sign = 2 if strict(theorem.states) else 1
                if content > 0 and sign > self.signs.get(g, (0,))[0]:
                    self.signs[g] = (sign, theorem)

    def sign(self, e: Any) -> int:
        """What a theorem says of the expression: 2 for > 0, 1 for >= 0, -1, -2 or nothing."""
        content, g = e.primitive()
        for turned, factor in ((g, 1), (-g, -1)):
            if turned in self.signs:
                sign, theorem = self.signs[turned]
                self.used.append(theorem)
                return factor * sign if content > 0 else -factor * sign
        return UNKNOWN

    def known(self, e: Any) -> bool:
        """Whether the expression occurs in a theorem, so that it is defined."""
        if e in self.parts:
            self.used.append(self.parts[e])
            return True
        return False


def sign(e: Any, support: Support | None = None) -> int:
    """2 if > 0, 1 if >= 0, -2 and -1 likewise, 0 where the form does not tell, wherever the
    expression is defined.
    """
    support = support or Support()
    found = _sign(e, support)
    if not found:
        later = {s: 1 + sp.Dummy(integer=True, nonnegative=True) for s in free(e) if _index(s)}
        if later:
            try:
                found = _sign(sp.expand(substitute(e, later)), support)
            except Refused:
                return UNKNOWN
    return found


def _index(symbol: Any) -> bool:
    return kind(symbol) == NUMBER and sort(symbol) == {"integer", "positive"}


def _sign(e: Any, support: Support) -> int:
    if not free(e) and not e.atoms(AppliedUndef):
        return _number(e)
    if isinstance(e, sp.Symbol):
        told = sort(e)
        found = 2 if "positive" in told else 1 if "nonnegative" in told else UNKNOWN
    elif isinstance(e, AppliedUndef):
        found = {"positive": 2, "nonnegative": 1, "real": 0}[function_sort(e.func)]
    elif isinstance(e, sp.Add):
        found = _sum(e, support)
    elif isinstance(e, sp.Mul):
        found = _product([_sign(part, support) for part in e.args])
    elif isinstance(e, sp.Pow):
        found = _power(e.base, e.exp, support)
    else:
        found = _function(e, support)
    return found or support.sign(e)


def _number(e: Any) -> int:
    if e.is_Rational:
        return 2 if e > 0 else -2 if e < 0 else 1
    try:
        value = enclose(e, bits=100)
    except Undefined:
        return UNKNOWN
    return 2 if value > 0 else -2 if value < 0 else UNKNOWN


def _sum(e: Any, support: Support) -> int:
    numbers = [part for part in e.args if not free(part) and not part.atoms(AppliedUndef)]
    parts = [part for part in e.args if part not in numbers]
    signs = [_sign(part, support) for part in parts]
    if numbers:
        signs.append(_number(sp.Add(*numbers)))
    for turn in (1, -1):
        if all(turn * found > 0 for found in signs):
            return turn * max(turn * found for found in signs)
    return UNKNOWN


def _product(signs: list[int]) -> int:
    if 0 in signs:
        return UNKNOWN
    turn = -1 if sum(found < 0 for found in signs) % 2 else 1
    return turn * min(map(abs, signs))


def _power(base: Any, exponent: Any, support: Support) -> int:
    below = _sign(base, support)
    even = isinstance(exponent, sp.Integer) and exponent % 2 == 0
    if below == 2:
        return 2
    if isinstance(exponent, sp.Rational) and exponent < 0:  # defined, so that the base is not 0
        return 2 if even or below == 1 else -2 if below < 0 and exponent % 2 == 1 else UNKNOWN
    if even:
        return 2 if abs(below) == 2 else 1
    if below == 1 or (isinstance(exponent, sp.Rational) and exponent.q % 2 == 0):
        return 1
    return below if isinstance(exponent, sp.Integer) else UNKNOWN


def _function(e: Any, support: Support) -> int:
    if isinstance(e, (sp.exp, sp.gamma)):
        return 2 if isinstance(e, sp.exp) or _sign(e.args[0], support) == 2 else UNKNOWN
    if isinstance(e, sp.Abs):
        return 2 if abs(_sign(e.args[0], support)) == 2 else 1
    if isinstance(e, sp.atan):
        return _sign(e.args[0], support)
    if isinstance(e, sp.log):
        return _sign(e.args[0] - 1, support)
    if isinstance(e, sp.polylog):
        return max(_sign(e.args[1], support), UNKNOWN)
    if isinstance(e, (sp.Min, sp.Max)):
        signs = [_sign(part, support) for part in e.args]
        low, high = min(signs), max(signs)
        if isinstance(e, sp.Min):
            return low if low > 0 else min(low, 0) if low < 0 and all(f < 0 for f in signs) else 0
        return high if high > 0 else high if all(f < 0 for f in signs) else UNKNOWN
    return UNKNOWN


def defined(e: Any, support: Support, at: Mapping[Any, Any] | None = None) -> None:
    """Refuse unless the expression is finite and real wherever the support's theorems hold; `at`:
    values of symbols, put into every node by itself.

    What it needs besides is said by Needs. A function that an axiom speaks of with a bound
    variable (M, max, J) has some value even where its integral does not exist.
    """
    if not e.args or isinstance(e, sp.Derivative):
        return
    if isinstance(e, (sp.Limit, sp.Integral, sp.Sum, sp.Product)):
        require(at is None and support.known(e), "{} need not be a number", e)
        return
    parts = e.args
    if isinstance(e, AppliedUndef) and e.func in BOUND:
        parts = [] if e.func == M else [e.args[2 if e.func == MaxOver else 0]]
    try:
        for part in parts:
            if part != sp.oo:
                defined(part, support, at)
        node_defined(e, [substitute(part, at or {}) for part in e.args], support)
    except Needs:
        if at is not None or not support.known(e):
            raise


def node_defined(e: Any, parts: Sequence[Any], support: Support) -> None:
    """Refuse unless the node is finite and real where its arguments have these values."""
    if isinstance(e, sp.Pow):
        _power_defined(parts[0], parts[1], support)
    elif isinstance(e, (sp.log, sp.gamma)):
        _need(parts[0], 2, support)
    elif isinstance(e, sp.polylog):
        z = parts[1]
        _need(z, 1, support)
        if not (isinstance(z, sp.exp) and sign(z.args[0], support) < 0):
            _need(1 - z, 1, support)


@cache
def finite(e: Any) -> bool:
    """Whether no infinity occurs, save as the end of an integral."""
    if isinstance(e, J):
        return all(map(finite, e.args[1:]))
    return e not in (sp.nan, sp.zoo, sp.oo, -sp.oo) and all(map(finite, e.args))


def _need(e: Any, least: int, support: Support) -> None:
    require(finite(e), "{} is not finite", e)
    if sign(e, support) < least:
        raise Needs(lt(0, e) if least == 2 else le(0, e))


def _power_defined(base: Any, exponent: Any, support: Support) -> None:
    require(finite(base), "{} is not finite", base)
    if isinstance(exponent, sp.Integer) and exponent < 0:
        if abs(sign(base, support)) < 2:
            raise Needs(lt(0, base), lt(base, 0))
        return
    if integer(exponent) and sign(exponent, support) > 0:
        return
    if isinstance(exponent, sp.Rational) and exponent > 0:
        _need(base, 1, support)
    else:
        _need(base, 2, support)
