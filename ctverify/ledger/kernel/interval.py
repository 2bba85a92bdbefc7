"""Balls around values: an expression's range over a box, by Arb, rounded outwards.

    F([a, b]) contains f(x) for every x in [a, b]:

each node of the tree is replaced by an enclosure of it; rationals and pi enter as balls, never as
floats (R. Moore, Interval Analysis, 1966; F. Johansson, Arb, IEEE Trans. Comput. 66, 2017).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from typing import Any

import flint
import sympy as sp
from flint import arb, fmpq
from sympy.core.function import AppliedUndef

BITS = 400
CELLS = 4000
FUNCTIONS = (sp.exp, sp.log, sp.sin, sp.cos, sp.atan, sp.gamma)
NODES = (sp.Add, sp.Mul, sp.Pow, sp.Min, sp.Max, sp.Abs, *FUNCTIONS)
Box = Mapping[Any, Any]
Formulas = Mapping[Any, sp.Lambda]


class Undefined(ArithmeticError):
    """No enclosure there: a logarithm or a root of something not certainly positive, a division
    by what may be zero.
    """


@contextmanager
def working(bits: int = BITS) -> Iterator[None]:
    """Arb's precision is global to the process; it is put back."""
    before, flint.ctx.prec = flint.ctx.prec, bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def enclose(
    e: Any, box: Box | None = None, formulas: Formulas | None = None, bits: int = BITS
) -> Any:
    """A ball that holds the value wherever the symbols lie in the box."""
    with working(bits):
        return compiled(sp.sympify(e), formulas or {})({} if box is None else box)


def compiled(e: Any, formulas: Formulas) -> Callable[[Box], Any]:
    """A function from boxes (symbol -> ball) to an enclosure of the expression."""
    if isinstance(e, sp.Rational):
        number = fmpq(int(e.p), int(e.q))
        return lambda box: arb(number)
    if e is sp.pi:
        return lambda box: arb.pi()
    if e is sp.E:
        return lambda box: arb(1).exp()
    if isinstance(e, sp.Symbol):
        return lambda box: _known(box, e)
    if isinstance(e, (sp.Product, sp.Sum)):
        return _iterated(e, formulas)
    if isinstance(e, AppliedUndef):
        if e.func not in formulas:
            return lambda box: _known(box, e)
        return compiled(formulas[e.func](*e.args), formulas)
    if isinstance(e, sp.polylog) and e.args[0] == 2:
        inner = compiled(e.args[1], formulas)
        return lambda box: _dilogarithm(inner(box))
    if not isinstance(e, NODES):
        raise Undefined(f"{type(e).__name__} has no interval rule")
    parts = [compiled(part, formulas) for part in e.args]
    if isinstance(e, sp.Pow):
        return _power(e.base, e.exp, *parts)
    return lambda box: _apply(e, [part(box) for part in parts])


def _known(box: Box, e: Any) -> Any:
    if e not in box:
        raise Undefined(f"{e} has no value")
    return box[e]


def _apply(e: Any, values: list[Any]) -> Any:
    if isinstance(e, sp.Add):
        return reduce(lambda x, y: x + y, values)
    if isinstance(e, sp.Mul):
        return reduce(lambda x, y: x * y, values)
    if isinstance(e, sp.Max):
        return reduce(_greater, values)
    if isinstance(e, sp.Min):
        return -reduce(_greater, [-value for value in values])
    (x,) = values
    if isinstance(e, sp.Abs):
        return _greater(x, -x)
    if isinstance(e, (sp.log, sp.gamma)) and not x > 0:
        raise Undefined(f"{type(e).__name__} of what is not certainly positive")
    return getattr(x, type(e).__name__)()


def _power(base: Any, exponent: Any, below: Any, above: Any) -> Callable[[Box], Any]:
    if isinstance(exponent, sp.Integer):
        n = abs(int(exponent))
        if exponent < 0:
            return lambda box: _inverse(_whole(below(box), n))
        return lambda box: _whole(below(box), n)
    if isinstance(exponent, sp.Rational) and exponent.q == 2:
        n = abs(int(exponent.p))
        if exponent < 0:
            return lambda box: _inverse(_whole(_root(below(box)), n))
        return lambda box: _whole(_root(below(box)), n)
    return lambda box: _general(below(box), above(box))


def _general(x: Any, y: Any) -> Any:
    if x > 0:
        return (y * x.log()).exp()
    n = y.unique_fmpz()
    if n is None or not 0 <= n < 10**6:
        raise Undefined("a power of what is not certainly positive")
    return _whole(x, int(n))


def _root(x: Any) -> Any:
    if not x >= 0:
        raise Undefined("root of what is not certainly >= 0")
    return x.sqrt()


def _inverse(x: Any) -> Any:
    if x.contains(0):
        raise Undefined("division by what may be zero")
    return 1 / x


def _whole(x: Any, n: int) -> Any:
    """x^n, even powers never below 0."""
    if n % 2 == 0 and not x >= 0:
        x = _greater(x, -x) if x < 0 else arb(0).union(_greater(x, -x).upper())
    return x.lower().__pow__(n).union(x.upper().__pow__(n)) if n else arb(1)


def _greater(x: Any, y: Any) -> Any:
    return x.max(y)


def _dilogarithm(x: Any) -> Any:
    if not (x >= 0 and x < 1):
        raise Undefined("Li_2 outside [0, 1)")
    return x.polylog(2)


def _iterated(e: Any, formulas: Formulas) -> Callable[[Box], Any]:
    index, low, high = e.limits[0]
    numbers = isinstance(low, sp.Integer) and isinstance(high, sp.Integer)
    if len(e.limits) > 1 or not numbers or high < low - 1:
        raise Undefined(f"{e} has limits that are not numbers")
    plain = not e.function.atoms(AppliedUndef)
    term = compiled(e.function, {}) if plain else None
    product = isinstance(e, sp.Product)

    def value(box: Box) -> Any:
        result = arb(1 if product else 0)
        for k in range(int(low), int(high) + 1):
            if term is not None:
                x = term({**box, index: arb(k)})
            else:
                x = compiled(e.function.subs(index, k), formulas)(box)
            result = result * x if product else result + x
        return result

    return value


def certainly(
    g: Any, box: Mapping[Any, tuple[Any, Any]], strict: bool, bits: int = BITS
) -> bool | None:
    """True if g >= 0 (> 0) and defined on the box, False if g < 0 (<= 0) at a point of it for
    certain, None if undecided in CELLS cells.
    """
    symbols = sorted(box, key=str)
    with working(bits):
        f = compiled(g, {})
        cells = deque(
            [{s: tuple(compiled(sp.sympify(x), {})({}) for x in box[s]) for s in symbols}]
        )
        seen = 0
        while cells:
            cell, seen = cells.popleft(), seen + 1
            try:
                value = f({s: low.union(high) for s, (low, high) in cell.items()})
            except Undefined:
                value = arb(0, 1)
            if value > 0 or (not strict and value >= 0):
                continue
            if value < 0 or (strict and value <= 0):
                return False
            if seen > CELLS or not symbols:
                return None
            symbol = symbols[seen % len(symbols)]
            low, high = cell[symbol]
            middle = ((low + high) / 2).mid()
            cells += [{**cell, symbol: (low, middle)}, {**cell, symbol: (middle, high)}]
        return True
