"""That hypotheses and definitions hold together: one point at which all of them certainly do.

A point gives each number symbol a number and each function a formula, or a recursion by its
defining equations. Random vectors are constants there (a standard normal one is independent of
them, E|Z| = sqrt(2/pi) in d = 1): every conditional expectation is the thing itself, every law its
constant, X_0 is 0. An equation must hold exactly, an order by balls; a fact at every index is
checked at the first INDICES of them (at two each, if at several indices).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from .formal import CONSTANTS, Normal, Random
from .interval import Undefined, enclose
from .normal import zero
from .sign import Support, defined
from .terms import (
    NUMBER,
    PAIRING,
    Refused,
    free,
    function_sort,
    gap,
    kind,
    sort,
    strict,
    substitute,
)
from .theorem import Fact

INDICES = 4
OF_CONSTANTS = {
    "norm": sp.Abs,
    "norm_q": sp.Abs,
    "W_1": lambda x, y: sp.Abs(x - y),
    "W_2": lambda x, y: sp.Abs(x - y),
    "W_q": lambda x, y: sp.Abs(x - y),
    "V": lambda m1, s1, m2, s2: (m1 - m2) ** 2 + (s1 - s2) ** 2,
    "mean": lambda x: x,
    "tr_cov": lambda x: sp.Integer(0),
    "E": lambda x: x,
    "E_path": lambda x: x,
    "Cov": lambda x: sp.Integer(0),
    "phi": lambda x: x,
    "dot": lambda x, u: x * u,
    "direction": sp.sign,
    "law": lambda x: x,
    "slot": lambda x, s: x,
    "reached": lambda s: sp.Integer(1),
    "batch_mean": lambda y, x, s: sp.Abs(y - x),
    "product_of": lambda x, n: x**n,
    "average_of": lambda x, n: x,
}


@dataclass
class World:
    """numbers: symbol -> number; formulas: function -> its values; equations: what defines the
    others; a term of an integral may have a number of its own.
    """

    numbers: Mapping[Any, Any]
    formulas: Mapping[Any, Any] = field(default_factory=dict)
    equations: tuple[Any, ...] = ()
    values: dict[Any, Any] = field(default_factory=dict)

    def value(self, e: Any) -> Any:
        """The exact number that the expression is."""
        if e in self.numbers:
            return self.numbers[e]
        if isinstance(e, sp.Symbol):
            if kind(e) == PAIRING:
                return e
            if isinstance(e, Random) and not isinstance(e, Normal):
                return sp.Integer(0)
            raise Undefined(f"{e} has no value")
        if not e.args:
            return e
        if isinstance(e, AppliedUndef):
            return self._applied(e)
        if isinstance(e, (sp.Limit, sp.Integral, sp.Derivative, sp.Sum, sp.Product)):
            raise Undefined(f"{e} has no value")
        return e.func(*map(self.value, e.args))

    def _applied(self, e: Any) -> Any:
        name = e.func.__name__
        if e.func not in CONSTANTS:
            return self._function(e.func, tuple(map(self.value, e.args)))
        normal = [s for s in e.free_symbols if isinstance(s, Normal)]
        if name == "dependence":
            shared = e.args[0].free_symbols & e.args[1].free_symbols & set(normal)
            if shared:
                raise Undefined(f"{e} is not 0")
            return sp.Integer(0)
        if normal:
            if name == "mean" and isinstance(e.args[0], sp.Abs) and e.args[0].args[0] in normal:
                return sp.sqrt(2 / sp.pi)
            raise Undefined(f"{e} is random")
        if name == "M":
            return self.value(substitute(e.args[0], {e.args[1]: sp.Integer(0)}))
        if name not in OF_CONSTANTS:
            raise Undefined(f"{e} has no value")
        return OF_CONSTANTS[name](*map(self.value, e.args))

    def _function(self, function: Any, places: tuple[Any, ...]) -> Any:
        key = (function, places)
        if key not in self.values:
            self.values[key] = None  # a function that its own value needs
            self.values[key] = self._defined(function, places)
        value = self.values[key]
        if value is None:
            raise Undefined(f"{function} is defined by itself")
        if not _of_sort(function_sort(function), value):
            raise Undefined(f"{function}{places} = {value} is not of its sort")
        return value

    def _defined(self, function: Any, places: tuple[Any, ...]) -> Any:
        for equation in self.equations:
            if equation.lhs.func == function and len(equation.lhs.args) == len(places):
                bound = _matched(equation.lhs.args, places)
                if bound is not None:
                    here = World(
                        {**self.numbers, **bound}, self.formulas, self.equations, self.values
                    )
                    return here.value(equation.rhs)
        if function not in self.formulas:
            raise Undefined(f"{function} has no formula")
        return self.formulas[function](*places)


def _matched(patterns: tuple[Any, ...], places: tuple[Any, ...]) -> dict[Any, Any] | None:
    """The indices at which the patterns, an index or the one after it or a number, are these."""
    bound: dict[Any, Any] = {}
    for pattern, place in zip(patterns, places, strict=True):
        symbols = free(pattern)
        if not symbols:
            if pattern != place:
                return None
            continue
        (symbol,) = symbols if len(symbols) == 1 else (None,)
        if symbol is None or pattern - symbol not in (0, 1):
            return None
        index = place - (pattern - symbol)
        index_sort = sort(symbol) if kind(symbol) == NUMBER else frozenset()
        if "integer" in index_sort and not (index.is_Integer and index >= 1):
            return None
        if bound.setdefault(symbol, index) != index:
            return None
    return bound


def _of_sort(name: str, value: Any) -> bool:
    if name == "real":
        return True
    ball = enclose(value)
    return bool(ball > 0 or (name == "nonnegative" and (ball >= 0 or zero(value))))


def holds(relation: Any, world: World) -> bool:
    """Whether the relation certainly holds at the point."""
    try:
        low, high = world.value(relation.lhs), world.value(relation.rhs)
        for side in (low, high):
            if kind(side) == NUMBER:
                defined(side, Support())
        if isinstance(relation, sp.Eq):
            return bool(low == high or zero(low - high))
        value = enclose(high - low)
        if strict(relation):
            return bool(value > 0)
        return bool(value >= 0 or zero(high - low))
    except (Undefined, Refused, TypeError, ValueError):
        return False


def meets(facts: Iterable[Fact], world: World) -> bool:
    """Whether all facts hold at the point, whose numbers are of their symbols' sorts."""
    for symbol, value in world.numbers.items():
        if isinstance(symbol, sp.Symbol) and kind(symbol) == NUMBER:
            told = sort(symbol)
            ball = enclose(value)
            sign = "positive" not in told or ball > 0
            sign = sign and ("nonnegative" not in told or ball >= 0)
            if not sign or ("integer" in told and not sp.sympify(value).is_Integer):
                return False
    return all(_everywhere(fact, world) for fact in facts)


def _everywhere(fact: Fact, world: World) -> bool:
    symbols = sorted(fact.every, key=str)
    most = INDICES if len(symbols) < 2 else 2
    places = itertools.product(range(1, most + 1), repeat=len(symbols))
    return all(
        holds(
            fact.relation,
            World(
                {**world.numbers, **dict(zip(symbols, map(sp.Integer, at), strict=True))},
                world.formulas,
                world.equations,
                world.values,
            ),
        )
        for at in places
    )


__all__ = ["INDICES", "World", "gap", "holds", "meets"]
