"""Rules of analysis: signs of derivatives, increasing functions, limits, integrals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

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
    relation_of,
    require,
    sort,
    strict,
    substitute,
)
from .theorem import Fact, Theorem, derived, given_by

Theorems = Iterable[Theorem]


def derivative(e: Any, x: Any) -> Any:
    """de/dx, by the rules of differentiation."""
    if x not in free(e):
        return sp.Integer(0)
    if e == x:
        return sp.Integer(1)
    if isinstance(e, sp.Add):
        return sp.Add(*(derivative(part, x) for part in e.args))
    if isinstance(e, sp.Mul):
        return sp.Add(
            *(
                derivative(part, x) * sp.Mul(*e.args[:i], *e.args[i + 1 :])
                for i, part in enumerate(e.args)
            )
        )
    if isinstance(e, sp.Pow):
        base, power = e.base, e.exp
        if x not in free(power):
            return power * base ** (power - 1) * derivative(base, x)
        return e * (derivative(power, x) * sp.log(base) + power * derivative(base, x) / base)
    if isinstance(e, sp.polylog):
        z = e.args[1]
        return -sp.log(1 - z) / z * derivative(z, x)
    u = e.args[0]
    rules = {
        sp.exp: lambda: e,
        sp.log: lambda: 1 / u,
        sp.sin: lambda: sp.cos(u),
        sp.cos: lambda: -sp.sin(u),
        sp.atan: lambda: 1 / (1 + u**2),
    }
    require(type(e) in rules, "{} has no derivative by rule", e)
    return rules[type(e)]() * derivative(u, x)


def smooth(e: Any, x: Any) -> None:
    """Refuse what need not be continuous in x wherever it is defined."""
    for part in sp.preorder_traversal(e):
        other = isinstance(
            part, (AppliedUndef, sp.Limit, sp.Integral, sp.Derivative, sp.Sum, sp.Product)
        )
        require(not (other and x in part.free_symbols), "{} need not be continuous in {}", part, x)


def _segment(x: Any, facts: Iterable[Fact], ends: Sequence[Any], reach: Theorems) -> None:
    """Refuse unless the values of x that the facts admit form an interval that reaches to the
    ends: each fact about x is an affine order that holds, at least weakly, at the ends.
    """
    told = sort(x)
    require(kind(x) == NUMBER and "integer" not in told, "{} does not range over an interval", x)
    shown = Support(reach)
    for end in ends:
        require(x not in free(end), "{} moves with {}", end, x)
        if told & {"positive", "nonnegative"}:
            require(sign(end, shown) >= 1, "{} does not reach to {}", x, end)
    for fact in facts:
        if x not in fact.free():
            continue
        relation = fact.relation
        require(not fact.every and not isinstance(relation, sp.Eq), "{} restricts {}", relation, x)
        require(not random(relation), "{} is random", relation)
        require(
            _affine(relation.lhs, x) and _affine(relation.rhs, x),
            "{} is not affine",
            relation,
        )
        g = gap(relation)
        for end in ends:
            value = substitute(g, {x: end})
            require(sign(value, shown) >= 1, "{} is not shown at {} = {}", relation, x, end)
    require(not any(x in fact.free() for fact in given_by(shown.used)), "{} is restricted", x)


def _affine(e: Any, x: Any) -> bool:
    """Whether the expression is affine in x by its form."""
    if x not in free(e) or e == x:
        return True
    if isinstance(e, sp.Mul):
        moving = [part for part in e.args if x in free(part)]
        return len(moving) == 1 and _affine(moving[0], x)
    return isinstance(e, sp.Add) and all(_affine(part, x) for part in e.args)


def monotone(
    g: Any,
    x: Any,
    end: Any,
    side: Theorem,
    slope: Theorem,
    start: Theorem,
    reach: Theorems = (),
    support: Theorems = (),
) -> Theorem:
    """0 <= g(x) from 0 <= g(end) and the sign of g' between end and x.

    side: end <= x, or x <= end; slope: 0 <= g', or 0 <= -g'; start: 0 <= g(end); reach: that what
    is assumed of x holds at the end.
    """
    require(kind(g) == NUMBER, "{} is random", g)
    upward = (side.states.lhs, side.states.rhs) == (end, x)
    require(upward or (side.states.lhs, side.states.rhs) == (x, end), "{} is not on one side", x)
    require(not isinstance(side.states, sp.Eq), "no order")
    smooth(g, x)
    known = Support(support)
    defined(g, known)
    defined(g, known, {x: end})
    rate = derivative(g, x)
    require(_says(slope, rate if upward else -rate), "{} is not the sign of {}", slope.states, rate)
    require(_says(start, substitute(g, {x: end})), "{} is not the value at {}", start.states, end)
    require(not any(x in fact.free() for fact in start.given), "the start depends on {}", x)
    premises = (side, slope, start, *reach, *known.used)
    _segment(x, given_by(premises), (end,), reach)
    return derived(lt(0, g) if strict(start.states) else le(0, g), premises)


def _says(theorem: Theorem, e: Any) -> bool:
    """Whether the theorem is 0 <= e, or 0 < e."""
    return not isinstance(theorem.states, sp.Eq) and zero(gap(theorem.states) - e)


def concave(
    g: Any,
    x: Any,
    sides: tuple[Theorem, Theorem],
    curvature: Theorem,
    starts: tuple[Theorem, Theorem],
    reach: Theorems = (),
    support: Theorems = (),
) -> Theorem:
    """0 <= g(x) from 0 <= -g'' and 0 <= g at both ends.

    sides: low <= x and x <= high; starts: 0 <= g(low), 0 <= g(high).
    """
    require(kind(g) == NUMBER, "{} is random", g)
    low, high = sides[0].states.lhs, sides[1].states.rhs
    orders = not any(isinstance(side.states, sp.Eq) for side in sides)
    require(orders and sides[0].states.rhs == x == sides[1].states.lhs, "no ends")
    smooth(g, x)
    known = Support(support)
    defined(g, known)
    rate = derivative(derivative(g, x), x)
    require(_says(curvature, -rate), "{} is not the sign of {}", curvature.states, -rate)
    for end, start in zip((low, high), starts, strict=True):
        defined(g, known, {x: end})
        require(
            _says(start, substitute(g, {x: end})),
            "{} is not the value at {}",
            start.states,
            end,
        )
        require(not any(x in fact.free() for fact in start.given), "the start depends on {}", x)
    premises = (*sides, curvature, *starts, *reach, *known.used)
    _segment(x, given_by(premises), (low, high), reach)
    return derived(le(0, g), premises)


INCREASING = (sp.exp, sp.atan, sp.sqrt, sp.log)


def increasing(function: Any, theorem: Theorem, support: Theorems = ()) -> Theorem:
    """F(u) <= F(v) from u <= v, F one of exp, atan, sqrt, log; strict as the theorem is."""
    require(function in INCREASING, "{} is not known to increase", function)
    require(not isinstance(theorem.states, sp.Eq) and not random(theorem.states), "no order")
    u, v = theorem.states.lhs, theorem.states.rhs
    known = Support((theorem, *support))
    if function is sp.sqrt:
        defined(sp.Pow(u, sp.Rational(1, 2), evaluate=False), known)
        low, high = _root(u, known), _root(v, known)
    else:
        defined(function(u, evaluate=False), known)
        low, high = function(u), function(v)
    return derived(relation_of(theorem.states, low, high), (theorem, *known.used))


def _root(e: Any, known: Support) -> Any:
    """sqrt(a^2) = a where a >= 0 is shown."""
    square = isinstance(e, sp.Pow) and e.exp == 2 and sign(e.base, known) > 0
    return e.base if square else sp.sqrt(e)


def limit(e: Any, x: Any, point: Any, form: Any = None, support: Theorems = ()) -> Theorem:
    """Limit(e, x, point) = what composing limits gives, of the equal expression `form` if there is
    one; the point is oo, 0 from above, or a number where the expression is continuous.
    """
    require(kind(e) == NUMBER and kind(x) == NUMBER, "no limit of numbers")
    near = point == sp.oo or sort(x) == {"real"} or sign(point) == 2
    require(near or (point == 0 and "positive" in sort(x)), "{} is not near {}", x, point)
    require(point == sp.oo or "integer" not in sort(x), "{} is an integer", x)
    known = Support(support)
    if form is not None and form != e:
        defined(e, known)
        require(zero(form - e), "{} is not {}", form, e)
    value = limit_value(e if form is None else form, x, point, known)
    require(value not in (sp.oo, -sp.oo), "{} tends to {}", e, value)
    theorem = derived(eq(sp.Limit(e, x, point), value), known.used)
    require(not any(x in fact.free() for fact in theorem.given), "something is assumed of {}", x)
    return theorem


def limit_value(e: Any, x: Any, point: Any, known: Support) -> Any:
    """The limit by composition, a number or oo or -oo."""
    if x not in free(e):
        defined(e, known)
        return e
    if e == x:
        return point
    if _vanishes(e, x, point):
        defined(sp.Mul(*(part for part in sp.Mul.make_args(e) if x not in free(part))), known)
        require(point == sp.oo or "positive" in sort(x), "{} need not be above 0", x)
        return sp.Integer(0)
    require(not isinstance(e, AppliedUndef), "{} need not have a limit", e)
    args, parts = e.args, []
    if isinstance(e, sp.Mul):
        powers = [part for part in args if x in free(part) and _power_of(part, x, point)]
        if powers and len(powers) < len(args) and _vanishes(sp.Mul(*powers), x, point):
            args, parts = [part for part in args if part not in powers], [sp.Integer(0)]
    parts += [limit_value(part, x, point, known) for part in args]
    infinite = [part for part in parts if part in (sp.oo, -sp.oo)]
    if isinstance(e, sp.Add):
        require(len(set(infinite)) < 2, "{} is oo - oo", e)
        return infinite[0] if infinite else sp.Add(*parts)
    if isinstance(e, sp.Mul):
        if not infinite:
            return sp.Mul(*parts)
        return sp.oo * sp.Mul(*(_turn(part, known) for part in parts))
    if isinstance(e, sp.Pow):
        return _limit_of_power(e, parts[0], parts[1], known)
    if isinstance(e, sp.polylog):
        value = e.func(*parts, evaluate=False)
        defined(value, known)
        return e.func(*parts)
    require(len(parts) == 1 and not (infinite and not isinstance(e, (sp.exp, sp.log))), "{}", e)
    (u,) = parts
    if isinstance(e, sp.exp) and infinite:
        return sp.oo if u == sp.oo else sp.Integer(0)
    if isinstance(e, sp.log) and u == sp.oo:
        return sp.oo
    value = e.func(u, evaluate=False)
    defined(value, known)
    require(isinstance(e, (sp.exp, sp.log, sp.sin, sp.cos, sp.atan, sp.Abs)), "{} has no rule", e)
    return e.func(u)


def _turn(part: Any, known: Support) -> int:
    if part in (sp.oo, -sp.oo):
        return 1 if part == sp.oo else -1
    found = sign(part, known)
    require(abs(found) == 2, "the sign of {} is not shown", part)
    return found // 2


def _limit_of_power(e: Any, base: Any, exponent: Any, known: Support) -> Any:
    require(exponent not in (sp.oo, -sp.oo), "{} has an infinite exponent", e)
    if base in (sp.oo, -sp.oo):
        found = sign(exponent, known)
        require(base == sp.oo and abs(found) == 2, "{} has no limit by rule", e)
        return sp.oo if found == 2 else sp.Integer(0)
    if e.exp.is_Integer and e.exp > 0:
        return base**e.exp
    found = sign(base, known)
    require(found == 2 or (found == -2 and e.exp.is_Integer), "{} has no limit by rule", e)
    return base**exponent


def _vanishes(e: Any, x: Any, point: Any) -> bool:
    """c X^a log(X)^k exp(-b X^p) for X = x + a number >= 0: to 0 at oo where b, p > 0, or a < 0
    (only the logarithm beside it); at 0 where X = x, a > 0 and there is no exponential.
    """
    power, found, decays = sp.Integer(0), None, False
    for part in sp.Mul.make_args(e):
        if x not in free(part):
            continue
        base, exponent = part.as_base_exp()
        if isinstance(part, sp.exp) or base is sp.E:
            inner = _decay(exponent, x, point)
            if inner is None:
                return False
            decays = True
            base, exponent = inner, sp.Integer(0)
        elif isinstance(base, sp.log):
            if not (isinstance(exponent, sp.Integer) and exponent > 0):
                return False
            base, exponent = base.args[0], sp.Integer(0)
        if found not in (None, base) or x in free(exponent):
            return False
        found, power = base, power + exponent
    if found is None:
        return False
    shift = found - x
    if point == sp.oo:
        return shift.is_Rational and shift >= 0 and (decays or sign(power) == -2)
    return point == 0 and shift == 0 and not decays and sign(power) == 2


def _power_of(part: Any, x: Any, point: Any) -> bool:
    """Whether the factor is X^a, log(X)^k or exp(-b X^p), X = x + a number."""
    base, exponent = part.as_base_exp()
    if base is sp.E:
        return _decay(exponent, x, point) is not None
    inner = base.args[0] if isinstance(base, sp.log) else base
    return bool((inner - x).is_Rational) and x not in free(exponent)


def _decay(u: Any, x: Any, point: Any) -> Any:
    """X, if u is -b X^p with b, p > 0."""
    factors = sp.Mul.make_args(u)
    moving = [part for part in factors if x in free(part)]
    others = sp.Mul(*(part for part in factors if x not in free(part)))
    if point != sp.oo or len(moving) != 1 or sign(others) != -2:
        return None
    base, power = moving[0].as_base_exp()
    return base if x not in free(power) and sign(power) == 2 else None


def eventually(e: Any, x: Any, point: Any, known: Support) -> None:
    """Refuse unless the expression is > 0 near the point: each factor is, by form or by its
    limit.
    """
    for part in sp.Mul.make_args(e):
        if sign(part) == 2:
            defined(part, known)
            continue
        value = limit_value(part, x, point, known)
        require(
            value == sp.oo or sign(value, known) == 2,
            "{} is not shown to be > 0 near {}",
            part,
            point,
        )


def squeeze(
    low: Theorem,
    high: Theorem,
    limits: tuple[Theorem, Theorem],
    x: Any,
    point: Any,
    forms: Mapping[Any, Any] | None = None,
    support: Theorems = (),
) -> Theorem:
    """Limit(F, x, point) = value from low <= F <= high near the point, both tending to the value.

    limits: Limit(low, x, point) = value and Limit(high, x, point) = value; what is assumed of x
    must hold near the point: its gap, or the equal expression in `forms`, is > 0 there.
    """
    e = low.states.rhs
    orders = not isinstance(low.states, sp.Eq) and not isinstance(high.states, sp.Eq)
    require(orders and high.states.lhs == e and kind(e) == NUMBER, "no F between two bounds")
    require(kind(x) == NUMBER and x in free(e), "{} is no variable of {}", x, e)
    require(point in (sp.oo, 0), "only oo and 0 from above")
    require(point == sp.oo or "positive" in sort(x), "{} need not be above 0", x)
    value = limits[0].states.rhs
    for bound, told in zip((low.states.lhs, high.states.rhs), limits, strict=True):
        require(
            told.states == eq(sp.Limit(bound, x, point), value),
            "{} is no such limit",
            told.states,
        )
    require(x not in free(value), "the limit moves")
    known, near = Support(support), set()
    for fact in low.given | high.given:
        if x in fact.free():
            relation = fact.relation
            require(
                not fact.every and not isinstance(relation, sp.Eq),
                "{} is about {}",
                relation,
                x,
            )
            g = gap(relation)
            form = (forms or {}).get(relation, g)
            require(form == g or zero(form - g), "{} is not {}", form, g)
            eventually(form, x, point, known)
            near.add(fact)
    premises = (low, high, *limits, *known.used)
    theorem = derived(eq(sp.Limit(e, x, point), value), premises, without=near)
    require(not any(x in fact.free() for fact in theorem.given), "something is assumed of {}", x)
    return theorem


def integral(
    f: Any, u: Any, ends: tuple[Any, Any], limits: tuple[Theorem, Theorem], support: Theorems = ()
) -> Theorem:
    """Integral(f, (u, a, b)) = F(b-) - F(a+) where F' = f, F and f defined between the ends.

    limits: Limit(F, u, a) and Limit(F, u, b), each with its value.
    """
    a, b = ends
    primitive = limits[0].states.lhs.args[0]
    for end, told in zip(ends, limits, strict=True):
        stated = isinstance(told.states, sp.Eq) and isinstance(told.states.lhs, sp.Limit)
        require(stated and told.states.lhs.args[:3] == (primitive, u, end), "no limit of F")
    require(
        kind(u) == NUMBER and "integer" not in sort(u),
        "{} does not range over an interval",
        u,
    )
    require(not free(a) and not (b != sp.oo and free(b)), "the ends move")
    require(b == sp.oo or sign(b - a) == 2, "the ends are out of order")
    require(sort(u) == {"real"} or sign(a) >= 1, "{} does not range over the interval", u)
    known = Support(support)
    for part in (f, primitive):
        smooth(part, u)
        defined(part, known)
    require(zero(derivative(primitive, u) - f), "{} does not differentiate back", primitive)
    premises = (*limits, *known.used)
    require(not any(u in fact.free() for fact in given_by(premises)), "{} is restricted", u)
    value = limits[1].states.rhs - limits[0].states.rhs
    return derived(eq(sp.Integral(f, (u, a, b)), value), premises)
