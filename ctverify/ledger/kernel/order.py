"""Rules of algebra and order: by form, identities, sums, products, division, extrema."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from .formal import BOUND
from .interval import BITS, certainly
from .normal import zero
from .sign import Support, defined, sign
from .terms import (
    NUMBER,
    eq,
    free,
    gap,
    kind,
    le,
    lt,
    random,
    replace,
    require,
    sort,
    strict,
    substitute,
)
from .theorem import Fact, Theorem, derived

Theorems = Iterable[Theorem]


def by_form(e: Any, support: Theorems = ()) -> Theorem:
    """0 < e or 0 <= e, as its form tells."""
    require(kind(e) == NUMBER or isinstance(e, sp.Abs), "{} is random", e)
    known = Support(support)
    defined(e, known)
    found = sign(e, known)
    require(found > 0, "the form of {} does not tell its sign", e)
    return derived(lt(0, e) if found == 2 else le(0, e), known.used)


def identity(
    left: Any, right: Any, equations: Sequence[Theorem] = (), support: Theorems = ()
) -> Theorem:
    """left = right: the difference, rewritten by the equations in turn, is zero."""
    known = Support(support)
    defined(left, known)
    defined(right, known)
    require(
        zero(_rewritten(left - right, equations)),
        "{} - ({}) is not shown to be 0",
        left,
        right,
    )
    return derived(eq(left, right), (*equations, *known.used))


def _rewritten(e: Any, equations: Sequence[Theorem]) -> Any:
    for equation in equations:
        require(isinstance(equation.states, sp.Eq), "{} is no equation", equation.states)
        e = replace(e, equation.states.lhs, equation.states.rhs)
    return e


def congruence(
    left: Any, right: Any, equations: Sequence[Theorem] = (), support: Theorems = ()
) -> Theorem:
    """F(u) = F(v) for a formal function F, where u = v by identity."""
    formal = isinstance(left, (AppliedUndef, sp.Abs))
    require(formal and left.func == right.func and len(left.args) == len(right.args), "no F")
    bound = {left.args[BOUND[left.func]]} if left.func in BOUND else set()
    about = frozenset().union(*(fact.free() for th in equations for fact in th.given))
    used = frozenset().union(*(free(th.states) for th in equations))
    require(not bound & (about | used), "{} is bound", bound)
    known = Support(support)
    defined(left, known)
    defined(right, known)
    for u, v in zip(left.args, right.args, strict=True):
        same = u == v or (sp.oo not in (u, v) and _same(u, v, equations))
        require(same, "{} - ({}) is not shown to be 0", u, v)
    return derived(eq(left, right), (*equations, *known.used))


def _same(u: Any, v: Any, equations: Sequence[Theorem]) -> bool:
    """u = v by identity, or |a| = |b| by a^2 = b^2: an identity of polynomials in vectors."""
    if zero(_rewritten(u - v, equations)):
        return True
    first, second = _square(u), _square(v)
    return None not in (first, second) and zero(_rewritten(first - second, equations))


def _square(e: Any) -> Any:
    """The square of a product of lengths and of numbers >= 0."""
    parts = [(p, isinstance(p, sp.Abs)) for p in sp.Mul.make_args(e)]
    if any(not length and sign(part) < 1 for part, length in parts):
        return None
    return sp.Mul(*((part.args[0] if length else part) ** 2 for part, length in parts))


def restate(
    theorem: Theorem,
    states: Any,
    factor: Theorem | None = None,
    equations: Sequence[Theorem] = (),
    support: Theorems = (),
) -> Theorem:
    """The relation whose gap, times a positive factor, is the theorem's gap; or a weaker one."""
    if isinstance(states, sp.Eq):
        require(isinstance(theorem.states, sp.Eq), "an order gives no equation")
    elif strict(states):
        require(strict(theorem.states), "a weak order gives no strict one")
    positive = sp.Integer(1)
    if factor is not None:
        require(strict(factor.states) and not random(factor.states), "the factor is not positive")
        positive = gap(factor.states)
    known = Support((theorem, *support))
    defined(states.lhs, known)
    defined(states.rhs, known)
    rest = gap(theorem.states) - positive * gap(states)
    require(zero(_rewritten(rest, equations)), "what is left over is not 0: {}", rest)
    factors = () if factor is None else (factor,)
    return derived(states, (theorem, *factors, *equations, *known.used))


def product(first: Theorem, second: Theorem) -> Theorem:
    """0 <= a b from 0 <= a and 0 <= b; 0 = a b where one of them is an equation."""
    e = gap(first.states) * gap(second.states)
    require(not (random(first.states) and random(second.states)), "a product of random vectors")
    if isinstance(first.states, sp.Eq) or isinstance(second.states, sp.Eq):
        return derived(eq(e, 0), (first, second))
    both = strict(first.states) and strict(second.states)
    return derived(lt(0, e) if both else le(0, e), (first, second))


def total(theorems: Sequence[Theorem]) -> Theorem:
    """0 <= a + b + ... from 0 <= a, 0 <= b, ..."""
    require(theorems, "nothing to add")
    e = sp.Add(*(gap(theorem.states) for theorem in theorems))
    if all(isinstance(theorem.states, sp.Eq) for theorem in theorems):
        return derived(eq(e, 0), theorems)
    certain = any(strict(theorem.states) for theorem in theorems)
    return derived(lt(0, e) if certain else le(0, e), theorems)


def scaled(equation: Theorem, factor: Any, support: Theorems = ()) -> Theorem:
    """0 = c (a - b) from a = b, for any number c."""
    require(isinstance(equation.states, sp.Eq), "an order is not scaled by any number")
    require(kind(factor) == NUMBER, "{} is random", factor)
    known = Support(support)
    defined(factor, known)
    return derived(eq(factor * gap(equation.states), 0), (equation, *known.used))


def below(extremum: Any, part: Any, support: Theorems = ()) -> Theorem:
    """Min(.., part, ..) <= part, or part <= Max(.., part, ..)."""
    require(isinstance(extremum, (sp.Min, sp.Max)) and part in extremum.args, "no extremum")
    require(kind(extremum) == NUMBER, "the extremum of random vectors")
    known = Support(support)
    defined(extremum, known)
    least = isinstance(extremum, sp.Min)
    return derived(le(extremum, part) if least else le(part, extremum), known.used)


def extremal(extremum: Any, facts: Sequence[Theorem]) -> Theorem:
    """y <= Min(a, b, ..) from y <= a, y <= b, ..; Max(a, b, ..) <= y likewise."""
    require(isinstance(extremum, (sp.Min, sp.Max)), "no extremum")
    require(kind(extremum) == NUMBER and facts, "the extremum of random vectors, or of nothing")
    require(not any(isinstance(fact.states, sp.Eq) for fact in facts), "no order")
    least = isinstance(extremum, sp.Min)
    sides = [(f.states.rhs, f.states.lhs) if least else (f.states.lhs, f.states.rhs) for f in facts]
    require({part for part, _ in sides} == set(extremum.args), "an argument has no fact")
    require(len({y for _, y in sides}) == 1, "the facts bound by different things")
    y = sides[0][1]
    return derived(le(y, extremum) if least else le(extremum, y), facts)


def box(states: Any, facts: Sequence[Any] = (), bits: int = BITS) -> Theorem:
    """An order over the whole box that the facts span, by balls; a fact places one symbol by an
    affine order between numbers.
    """
    require(not isinstance(states, sp.Eq), "intervals show no equation")
    require(not states.atoms(AppliedUndef), "functions have no box")
    ends = {symbol: _ends(symbol, facts) for symbol in free(states)}
    verdict = certainly(gap(states), ends, strict(states), bits)
    require(verdict is True, "intervals do not decide it over the whole box")
    return derived(states, (), given=(Fact(fact) for fact in facts))


def _ends(symbol: Any, facts: Sequence[Any]) -> tuple[Any, Any]:
    told = sort(symbol)
    low: Any = sp.Integer(0) if told & {"positive", "nonnegative"} else None
    high: Any = None
    for fact in facts:
        if free(fact) != {symbol} or isinstance(fact, sp.Eq):
            continue
        g = gap(fact)
        constant, slope = substitute(g, {symbol: sp.Integer(0)}), sp.diff(g, symbol)
        affine = not free(slope) and zero(g - constant - slope * symbol)
        require(affine, "{} is not affine in {}", fact, symbol)
        end, turn = -constant / slope, sign(slope)
        if turn > 0 and (low is None or sign(end - low) > 0):
            low = end
        elif turn < 0 and (high is None or sign(high - end) > 0):
            high = end
    require(low is not None and high is not None, "{} has no bounds on both sides", symbol)
    require(sign(high - low) > 0, "{} has bounds in the wrong order", symbol)
    return low, high


def each_integer(states: Any, n: Any, facts: Sequence[Any], bits: int = BITS) -> Theorem:
    """An order at every integer between the facts' bounds, one by one, by balls."""
    require(kind(n) == NUMBER and "integer" in sort(n), "{} is no integer", n)
    require(not isinstance(states, sp.Eq) and free(states) == {n}, "it speaks of more than n")
    low, high = _ends(n, facts)
    require(low.is_Rational and high.is_Rational, "the bounds are no rational numbers")
    first, last = int(sp.ceiling(low)), int(sp.floor(high))
    require(last - first <= 1000, "{} has bounds too far apart", n)
    for value in range(first, last + 1):
        here = gap(substitute(states, {n: sp.Integer(value)}))
        require(
            certainly(here, {}, strict(states), bits),
            "intervals do not decide {} = {}",
            n,
            value,
        )
    return derived(states, (), given=(Fact(fact) for fact in facts))
