"""Rigorous interval arithmetic on expression trees: the range of an expression over a box, rounded
outwards.

    F([a, b]) contains f(x) for every x in [a, b]:

each node of the tree is replaced by an enclosure of it; rationals and pi enter as intervals, never
as floats (R. Moore, Interval Analysis, 1966). `mpmath` is always there; `arb` (python-flint, the
[rigorous] extra) is faster. Default precision: 400 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import mpmath
import sympy as sp
from mpmath.ctx_iv import MPIntervalContext

from ..core.arguments import InputError

BITS = 400
Box = Mapping[Any, Any]
Definitions = Mapping[Any, sp.Lambda]


class Undefined(ArithmeticError):
    """The expression has no enclosure there: a logarithm or a root of something not certainly
    positive, a division by zero.
    """


class Arithmetic(Protocol):
    """What an interval arithmetic offers; intervals support + - * and integer powers."""

    name: str

    def rational(self, p: int, q: int) -> Any: ...

    def union(self, x: Any, y: Any) -> Any: ...

    def call(self, function: str, x: Any) -> Any: ...

    def divide(self, x: Any, y: Any) -> Any: ...

    def ends(self, x: Any) -> tuple[Any, Any]: ...

    def sign(self, x: Any) -> int: ...

    def working(self) -> Any: ...


class Mpmath:
    """mpmath's intervals in a context of their own. atan, which they lack, is monotone: both ends,
    with a margin.
    """

    name = "mpmath"

    def __init__(self, bits: int = BITS) -> None:
        self.context = MPIntervalContext()
        self.context.prec = bits
        self.bits = bits

    @contextmanager
    def working(self) -> Iterator[None]:
        yield

    def rational(self, p: int, q: int) -> Any:
        return self.context.mpf(p) / self.context.mpf(q)

    def union(self, x: Any, y: Any) -> Any:
        return self.context.mpf([min(x.a, y.a), max(x.b, y.b)])

    def call(self, function: str, x: Any) -> Any:
        if function == "pi":
            return +self.context.pi
        if function == "log" and not x.a > 0:
            raise Undefined("log of an interval that is not positive")
        if function == "sqrt" and not x.a >= 0:
            raise Undefined("root of an interval that is not positive")
        if function == "atan":
            return self._atan(x)
        return getattr(self.context, function)(x)

    def _atan(self, x: Any) -> Any:
        with mpmath.workprec(self.bits + 40):
            low, high = (
                mpmath.atan(mpmath.mpf(end._mpi_[0])) for end in (x.a, x.b)
            )  # mpmath's error is below 2^-bits by far
            margin = mpmath.ldexp(1, -self.bits)
            return self.context.mpf(
                [low - margin * (1 + abs(low)), high + margin * (1 + abs(high))]
            )

    def divide(self, x: Any, y: Any) -> Any:
        if y.a <= 0 <= y.b:
            raise Undefined("division by an interval that holds zero")
        return x / y

    def ends(self, x: Any) -> tuple[Any, Any]:
        return self.context.mpf(x.a), self.context.mpf(x.b)

    def sign(self, x: Any) -> int:
        """1 if certainly >= 0, 2 if certainly > 0, -1 and -2 likewise, 0 if undecided."""
        if x.a >= 0:
            return 2 if x.a > 0 else 1
        if x.b <= 0:
            return -2 if x.b < 0 else -1
        return 0


class Arb:
    """python-flint's ball arithmetic; its precision is global to the process and put back after
    use.
    """

    name = "arb"

    def __init__(self, bits: int = BITS) -> None:
        try:
            import flint
        except ModuleNotFoundError:
            raise InputError(
                "rigorous needs python-flint: pip install 'ctverify[rigorous]'"
            ) from None
        self.flint, self.bits = flint, bits

    @contextmanager
    def working(self) -> Iterator[None]:
        before, self.flint.ctx.prec = self.flint.ctx.prec, self.bits
        try:
            yield
        finally:
            self.flint.ctx.prec = before

    def rational(self, p: int, q: int) -> Any:
        return self.flint.arb(self.flint.fmpq(p, q))

    def union(self, x: Any, y: Any) -> Any:
        return x.union(y)

    def call(self, function: str, x: Any) -> Any:
        if function == "pi":
            return self.flint.arb.pi()
        if function == "log" and not x > 0:
            raise Undefined("log of an interval that is not positive")
        if function == "sqrt" and not x >= 0:
            raise Undefined("root of an interval that is not positive")
        return getattr(x, function)()

    def divide(self, x: Any, y: Any) -> Any:
        if y.contains(0):
            raise Undefined("division by an interval that holds zero")
        return x / y

    def ends(self, x: Any) -> tuple[Any, Any]:
        return x.lower(), x.upper()

    def sign(self, x: Any) -> int:
        if x >= 0:
            return 2 if x > 0 else 1
        if x <= 0:
            return -2 if x < 0 else -1
        return 0


FUNCTIONS = {sp.log: "log", sp.sin: "sin", sp.cos: "cos", sp.tan: "tan", sp.atan: "atan"}


def compiled(
    expression: sp.Expr, over: Arithmetic, definitions: Definitions
) -> Callable[[Box], Any]:
    """A function from boxes (symbol -> interval) to an enclosure of the expression. Undefined where
    there is none.
    """
    e = sp.sympify(expression)
    if isinstance(e, sp.Rational):
        number = over.rational(int(e.p), int(e.q))
        return lambda box: number
    if e is sp.pi:
        return lambda box: over.call("pi", None)
    if e is sp.E:
        return lambda box: over.call("exp", over.rational(1, 1))
    if isinstance(e, sp.Symbol):
        return lambda box: box[e]
    if isinstance(e, sp.Pow):
        return _power(e.base, e.exp, over, definitions)
    if isinstance(e, sp.exp):
        inner = compiled(e.args[0], over, definitions)
        return lambda box: over.call("exp", inner(box))
    if isinstance(e, sp.polylog) and e.args[0] == 2:
        inner = compiled(e.args[1], over, definitions)
        return lambda box: _dilogarithm(inner(box), over)
    if isinstance(e, (sp.Product, sp.Sum)):
        return _iterated(e, over, definitions)
    if isinstance(e, sp.core.function.AppliedUndef):
        return _defined(e, over, definitions)
    parts = [compiled(argument, over, definitions) for argument in e.args]
    if isinstance(e, sp.Add):
        return lambda box: _fold(lambda x, y: x + y, [part(box) for part in parts])
    if isinstance(e, sp.Mul):
        return lambda box: _fold(lambda x, y: x * y, [part(box) for part in parts])
    if isinstance(e, (sp.Min, sp.Max)):
        extreme = _least if isinstance(e, sp.Min) else _greatest
        return lambda box: _fold(lambda x, y: extreme(x, y, over), [part(box) for part in parts])
    if isinstance(e, sp.Abs):
        return lambda box: _greatest(parts[0](box), -parts[0](box), over)
    if type(e) in FUNCTIONS:
        return lambda box: over.call(FUNCTIONS[type(e)], parts[0](box))
    raise Undefined(f"{type(e).__name__} has no interval rule")


def enclose(
    expression: sp.Expr,
    over: Arithmetic,
    box: Box | None = None,
    definitions: Definitions | None = None,
) -> Any:
    """An interval that holds the expression's value wherever the symbols lie in the box."""
    with over.working():
        return compiled(expression, over, definitions or {})(box or {})


def _fold(operation: Callable[[Any, Any], Any], values: list[Any]) -> Any:
    result = values[0]
    for value in values[1:]:
        result = operation(result, value)
    return result


def _power(
    base: sp.Expr, exponent: sp.Expr, over: Arithmetic, definitions: Definitions
) -> Callable[[Box], Any]:
    below, above = compiled(base, over, definitions), compiled(exponent, over, definitions)
    if base is sp.E:
        return lambda box: over.call("exp", above(box))
    if isinstance(exponent, sp.Integer):
        n = abs(int(exponent))
        if exponent < 0:
            return lambda box: over.divide(over.rational(1, 1), _whole_power(below(box), n, over))
        return lambda box: _whole_power(below(box), n, over)
    if isinstance(exponent, sp.Rational) and exponent.q == 2:
        n = int(exponent.p)
        if n < 0:
            return lambda box: over.divide(
                over.rational(1, 1), _whole_power(over.call("sqrt", below(box)), -n, over)
            )
        return lambda box: _whole_power(over.call("sqrt", below(box)), n, over)
    return lambda box: over.call("exp", above(box) * over.call("log", below(box)))


def _whole_power(x: Any, n: int, over: Arithmetic) -> Any:
    """x^n with even powers never below 0."""
    low, high = over.ends(x)
    if n % 2 == 0 and over.sign(x) == 0:
        return over.union(over.rational(0, 1), _greatest((-low) ** n, high**n, over))
    if n % 2 == 0 and over.sign(x) < 0:
        low, high = -high, -low
    return over.union(over.ends(low**n)[0], over.ends(high**n)[1])


def _least(x: Any, y: Any, over: Arithmetic) -> Any:
    return -_greatest(-x, -y, over)


def _greatest(x: Any, y: Any, over: Arithmetic) -> Any:
    (a, b), (c, d) = over.ends(x), over.ends(y)
    low = a if over.sign(a - c) > 0 else c  # either is a lower end of the greater
    order = over.sign(b - d)
    return over.union(low, over.union(b, d) if order == 0 else b if order > 0 else d)


def _dilogarithm(x: Any, over: Arithmetic, terms: int = BITS) -> Any:
    """Li_2(x) = sum x^k/k^2 for 0 <= x <= 1/2; the tail after n terms lies in [0, x^(n+1)], as
    1/((n+1)^2 (1-x)) <= 1.
    """
    if over.sign(x) < 1 or over.sign(over.rational(1, 2) - x) < 1:
        raise Undefined("Li_2 outside [0, 1/2]")
    power, total = over.rational(1, 1), over.rational(0, 1)
    for k in range(1, terms + 1):
        power = power * x
        total = total + power * over.rational(1, k * k)
    return total + over.union(over.rational(0, 1), over.ends(power * x)[1])


def _iterated(e: Any, over: Arithmetic, definitions: Definitions) -> Callable[[Box], Any]:
    index, low, high = e.limits[0]
    if len(e.limits) > 1 or not (low.is_Integer and high.is_Integer) or high < low - 1:
        raise Undefined(f"{e} has limits that are not numbers")
    term = (
        compiled(e.function, over, {})
        if not e.function.atoms(sp.core.function.AppliedUndef)
        else None
    )
    product = isinstance(e, sp.Product)

    def value(box: Box) -> Any:
        result = over.rational(int(product), 1)
        for k in range(int(low), int(high) + 1):
            if term is not None:
                x = term({**box, index: over.rational(k, 1)})
            else:
                x = compiled(e.function.subs(index, k), over, definitions)(box)
            result = result * x if product else result + x
        return result

    return value


def _defined(e: Any, over: Arithmetic, definitions: Definitions) -> Callable[[Box], Any]:
    if e.func not in definitions:
        raise Undefined(f"{e.func} is not defined by a formula")
    return compiled(definitions[e.func](*e.args), over, definitions)
