"""Which expressions the kernel admits, what they mean, and substitution without capture.

A symbol is a number of its sort (real, >= 0, > 0, integer; no other assumption is admitted), a
random vector, or a pairing. A function that no axiom speaks of stands for ANY function of its sort.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from .formal import BOUND, CONSTANTS, DRAWS, IDENTITY, NUMBERS, PAIRED, Random

NUMBER, RANDOM, PAIRING = "number", "random", "pairing"
SORTS = (
    {"real"},
    {"nonnegative"},
    {"positive"},
    {"integer"},
    {"integer", "nonnegative"},
    {"integer", "positive"},
)
OF_NUMBERS = (sp.exp, sp.log, sp.sin, sp.cos, sp.atan, sp.Min, sp.Max, sp.gamma, sp.Pow)
SUMS = (sp.Sum, sp.Product)
RELATIONS = (sp.Eq, sp.Le, sp.Lt)


class Refused(Exception):
    """The rule does not apply, for this reason."""


class Needs(Refused):
    """The rule applies once one of these relations is shown."""

    def __init__(self, *relations: Any) -> None:
        super().__init__(relations)
        self.relations = relations

    def __str__(self) -> str:
        return f"it is not shown that {' or '.join(map(sp.sstr, self.relations))}"


def require(condition: object, reason: str, *parts: Any) -> None:
    """Refuse with the reason, the parts put into it only then, unless the condition holds."""
    if not condition:
        raise Refused(reason.format(*parts))


def le(low: Any, high: Any) -> Any:
    """low <= high, left as it stands."""
    return sp.Le(low, high, evaluate=False)


def lt(low: Any, high: Any) -> Any:
    """low < high, left as it stands."""
    return sp.Lt(low, high, evaluate=False)


def eq(left: Any, right: Any) -> Any:
    """left = right, left as it stands."""
    return sp.Eq(left, right, evaluate=False)


def gap(relation: Any) -> Any:
    """The expression that the relation says to be >= 0 or > 0, or = 0."""
    if isinstance(relation, sp.Eq):
        return relation.lhs - relation.rhs
    return relation.rhs - relation.lhs


def strict(relation: Any) -> bool:
    """Whether the relation is <."""
    return isinstance(relation, sp.Lt)


def relation_of(relation: Any, left: Any, right: Any) -> Any:
    """left R right with the relation's R, left as it stands."""
    return relation.func(left, right, evaluate=False)


@cache
def sort(symbol: Any) -> frozenset[str]:
    """What the symbol is told to be."""
    told = {name for name, holds in symbol._assumptions_orig.items() if holds is not None}
    told -= {"commutative"}
    require(all(symbol._assumptions_orig[name] for name in told), "{} is told what not", symbol)
    if len(told) > 1:
        told -= {"real"}
    allowed = (set(), {"real"}, {"nonnegative"}) if isinstance(symbol, Random) else SORTS
    require(told in allowed, "{} has assumptions that are not admitted: {}", symbol, sorted(told))
    return frozenset(told)


@cache
def function_sort(function: Any) -> str:
    """real, nonnegative or positive."""
    for name in ("real", "nonnegative", "positive"):
        if function == sp.Function(function.__name__, **{name: True}):
            return name
    raise Refused(f"{function} has assumptions that are not admitted")


@cache
def kind(e: Any) -> str:
    """number or random, of an expression that is admitted."""
    if isinstance(e, sp.Rational) or e in (sp.pi, sp.E):
        return NUMBER
    if isinstance(e, sp.Symbol):
        if e == IDENTITY or not (
            isinstance(e, Random) or e._assumptions_orig.keys() - {"commutative"}
        ):
            return PAIRING
        sort(e)
        return RANDOM if isinstance(e, Random) else NUMBER
    if isinstance(e, AppliedUndef):
        return _formal(e)
    if isinstance(e, (sp.Limit, sp.Integral, sp.Derivative, *SUMS)):
        return _binder(e)
    kinds = [kind(part) for part in e.args]
    require(PAIRING not in kinds, "{} uses a pairing as a number", e)
    randoms = kinds.count(RANDOM)
    if isinstance(e, (sp.Add, sp.Abs)) or (isinstance(e, sp.Mul) and randoms < 2):
        return RANDOM if randoms else NUMBER
    if isinstance(e, sp.polylog):
        require(e.args[0] == 2, "{} is not Li_2", e)
    else:
        require(isinstance(e, OF_NUMBERS), "{} is not admitted: {}", type(e).__name__, e)
    require(not randoms, "{} takes a random vector for a number", e)
    return NUMBER


def _formal(e: Any) -> str:
    function = e.func
    if function not in CONSTANTS:
        function_sort(function)
    infinite = [i for i, part in enumerate(e.args) if part == sp.oo]
    require(
        not infinite or (function.__name__ == "J" and infinite == [0]),
        "{} is at infinity",
        e,
    )
    kinds = [kind(part) for part in e.args if part != sp.oo]
    if function in PAIRED:
        require(
            set(kinds[:-1]) <= {RANDOM} or function.__name__ == "reached",
            "{} pairs no rows",
            e,
        )
        require(kinds[-1] == PAIRING, "{} has no pairing", e)
        return NUMBER if function.__name__ == "reached" else RANDOM
    require(PAIRING not in kinds, "{} uses a pairing as a number", e)
    if function in NUMBERS:
        return NUMBER
    if function in DRAWS:
        return RANDOM
    if function in CONSTANTS:
        require(RANDOM not in kinds, "{} takes a random vector for a number", e)
        if function in BOUND:
            require(isinstance(e.args[BOUND[function]], sp.Symbol), "{} binds no symbol", e)
        return NUMBER
    return RANDOM if RANDOM in kinds else NUMBER


def _binder(e: Any) -> str:
    if isinstance(e, sp.Limit):
        parts, variable, ends = [e.args[0]], e.args[1], [e.args[2]]
    elif isinstance(e, sp.Derivative):
        require(len(e.variables) == 1, "{} is not a first derivative", e)
        parts, variable, ends = [e.expr], e.variables[0], []
    else:
        require(
            len(e.limits) == 1 and len(e.limits[0]) == 3,
            "{} binds more than one variable",
            e,
        )
        parts, (variable, *ends) = [e.function], e.limits[0]
    require(isinstance(variable, sp.Symbol) and kind(variable) == NUMBER, "{} binds no number", e)
    if isinstance(e, SUMS):
        require("integer" in sort(variable), "{} is no integer", variable)
    parts += [end for end in ends if end != sp.oo]
    require(all(kind(part) == NUMBER for part in parts), "{} is not one of numbers", e)
    return NUMBER


@cache
def admit(relation: Any) -> None:
    """Refuse what is not a relation between admitted expressions of one kind."""
    require(isinstance(relation, RELATIONS), "{} is no relation =, <= or <", relation)
    kinds = {kind(relation.lhs), kind(relation.rhs)}
    require(PAIRING not in kinds, "{} compares pairings", relation)


def random(relation: Any) -> bool:
    """Whether the relation is one at each draw."""
    return RANDOM in (kind(relation.lhs), kind(relation.rhs))


def _scope(e: Any) -> tuple[Any, tuple[int, ...]] | None:
    """The variable that a node binds, and the arguments in which."""
    if isinstance(e, sp.Limit):
        return e.args[1], (0, 1)
    if isinstance(e, (sp.Integral, *SUMS)):
        return e.limits[0][0], (0,)
    if isinstance(e, AppliedUndef) and e.func in BOUND:
        place = BOUND[e.func]
        return e.args[place], (1, 2, 3) if place == 3 else (0, 1)
    return None


@cache
def free(e: Any) -> frozenset[Any]:
    """The symbols that occur outside what binds them."""
    if isinstance(e, sp.Symbol):
        return frozenset({e})
    scope = _scope(e)
    if scope is None:
        return frozenset().union(*map(free, e.args))
    variable, places = scope
    inside = frozenset().union(*(free(e.args[i]) for i in places))
    if isinstance(e, (sp.Integral, *SUMS)):
        outside = [end for end in e.limits[0][1:] if end != sp.oo]
    else:
        outside = [part for i, part in enumerate(e.args[:3]) if i not in places]
        outside += e.args[3:] if isinstance(e, AppliedUndef) and 3 not in places else []
    return (inside - {variable}).union(*map(free, outside))


def substitute(e: Any, values: Mapping[Any, Any]) -> Any:
    """Values for free symbols; refused where a binder would capture a value's symbol."""
    here = {s: v for s, v in values.items() if s in free(e)}
    if not here:
        return e
    if isinstance(e, sp.Symbol):
        return here[e]
    if isinstance(e, sp.Derivative):
        require(e.variables[0] not in here, "{} is a derivative in what is replaced", e)
    scope = _scope(e)
    inner = here
    if scope is not None:
        inner = {s: v for s, v in here.items() if s != scope[0]}
        require(
            not any(scope[0] in free(v) for v in inner.values()),
            "{} is bound in {}",
            scope[0],
            e,
        )
    if isinstance(e, (sp.Integral, *SUMS)):
        variable, *ends = e.limits[0]
        return e.func(
            substitute(e.function, inner), (variable, *(substitute(end, here) for end in ends))
        )
    args = [
        substitute(part, inner if scope and i in scope[1] else here)
        for i, part in enumerate(e.args)
    ]
    return rebuilt(e, args)


def rebuilt(e: Any, args: list[Any]) -> Any:
    """The node with other arguments; a relation stays as it stands."""
    return e.func(*args, evaluate=False) if isinstance(e, RELATIONS) else e.func(*args)


def replace(e: Any, old: Any, new: Any) -> Any:
    """`new` for each `old` in the expression, not under a binder of one of their symbols."""
    if e == old:
        return new
    if not e.args:
        return e
    scope = _scope(e)
    if isinstance(e, (sp.Integral, sp.Derivative, *SUMS)) or (
        scope is not None and scope[0] in free(old) | free(new)
    ):
        return e
    if isinstance(old, (sp.Add, sp.Mul)) and type(old) is type(e):
        rest = list(e.args)
        if all(rest.count(part) >= old.args.count(part) for part in old.args):
            for part in old.args:
                rest.remove(part)
            return e.func(new, *(replace(part, old, new) for part in rest))
    return rebuilt(e, [replace(part, old, new) for part in e.args])


def member(e: Any, symbol: Any) -> Any:
    """Every function one of a family with the symbol as a further argument: f(t, symbol) for
    f(t).
    """
    if not e.args or not e.atoms(AppliedUndef):
        return e
    require(
        not isinstance(e, (sp.Limit, sp.Derivative, sp.Integral, *SUMS)),
        "{} binds a variable",
        e,
    )
    args = [member(part, symbol) for part in e.args]
    plain = isinstance(e, AppliedUndef) and e.func not in CONSTANTS
    return e.func(*args, symbol) if plain else rebuilt(e, args)


@cache
def subterms(e: Any) -> frozenset[Any]:
    """The expression and its parts that no binder binds: they are defined where it is."""
    parts = {e}
    if not isinstance(e, (sp.Derivative, sp.Integral, *SUMS)) and _scope(e) is None:
        parts = parts.union(*map(subterms, e.args))
    return frozenset(parts)


def integer(e: Any) -> bool:
    """Whether the expression is an integer by its form."""
    if isinstance(e, sp.Integer):
        return True
    if isinstance(e, sp.Symbol):
        return kind(e) == NUMBER and "integer" in sort(e)
    if isinstance(e, (sp.Add, sp.Mul)):
        return all(map(integer, e.args))
    return isinstance(e, sp.Pow) and integer(e.base) and isinstance(e.exp, sp.Integer) and e.exp > 0
