"""When an expression is zero: a polynomial over the rationals that vanishes, exactly.

The expression is read as a rational function of generators: symbols, formal terms, logarithms, and

    B^(p/q):  powers of one root of B, whose q-th power is B;      B^(c m):  powers of B^(m/q);
    exp(u + v) = exp(u) exp(v);   exp(m log B) = B^m;   sin and cos of one angle each, by their sums
    and cos^2 + sin^2 = 1;   cos(atan v) = 1/sqrt(1 + v^2);

its numerator must reduce to 0. If not, d = 0 also follows for a real d where exp(d) = 1 by this.
True wherever the expression is defined; a False means "not shown". Polynomials by FLINT.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import lcm
from typing import Any

import sympy as sp
from flint import Ordering, fmpq, fmpq_mpoly_ctx

from .sign import sign
from .terms import Refused

MOST = 400  # powers of a trigonometric generator, or of a root
MOST_ATAN = 16  # multiples of atan that are opened


@cache
def zero(e: Any) -> bool:
    """Whether the expression is zero wherever it is defined."""
    if e == 0:
        return True
    try:
        if _Form(e, 0).vanishes():
            return True
        if not e.has(sp.log):
            return False
        return _Form(sp.exp(e), 1).vanishes() or _logarithms(e)
    except (Refused, OverflowError, RecursionError):
        return False


def _logarithms(e: Any) -> bool:
    """Whether the logarithms cancel among themselves, and so does the rest."""
    logs = [part for part in terms(e) if isinstance(part.as_coeff_Mul()[1], sp.log)]
    if not logs:
        return False
    alone = _Form(e - sp.Add(*logs), 0).vanishes()
    return alone and _Form(sp.exp(sp.Add(*logs)), 1).vanishes()


def terms(e: Any) -> list[Any]:
    """The terms of the expression, products of sums multiplied out."""
    if isinstance(e, sp.Add):
        return [term for part in e.args for term in terms(part)]
    if isinstance(e, sp.Pow) and isinstance(e.base, sp.Add) and e.exp in (2, 3, 4):
        return terms(sp.Mul(*(e.base for _ in range(int(e.exp))), evaluate=False))
    if isinstance(e, sp.Mul):
        products = [sp.Integer(1)]
        for part in e.args:
            products = [sp.Mul(x, y) for x in products for y in terms(part)]
        return list(sp.Add.make_args(sp.Add(*products)))
    return [e]


class _Form:
    """e - constant as nodes over generators, and then as a fraction of polynomials."""

    def __init__(self, e: Any, constant: int) -> None:
        self.generators: dict[Any, int] = {}  # key -> common denominator of its powers
        self.roots: dict[Any, Any] = {}  # key -> nodes of the base
        self.tree = ("+", [self.walk(e), ("q", fmpq(-constant))])

    def walk(self, e: Any) -> Any:
        if isinstance(e, sp.Rational):
            return ("q", fmpq(int(e.p), int(e.q)))
        if isinstance(e, (sp.Add, sp.Mul)):
            return ("+" if isinstance(e, sp.Add) else "*", [self.walk(part) for part in e.args])
        if isinstance(e, (sp.Pow, sp.exp)):
            return self.power(*e.as_base_exp())
        if isinstance(e, sp.log):
            return self.logarithm(e)
        if isinstance(e, (sp.sin, sp.cos)):
            return self.angle(e.args[0])[isinstance(e, sp.sin)]
        return self.generator(e, sp.Integer(1), Fraction(1))

    def generator(self, base: Any, exponent: Any, power: Fraction) -> Any:
        key = (base, exponent)
        self.generators[key] = lcm(self.generators.get(key, 1), power.denominator)
        composite = isinstance(base, (sp.Rational, sp.Add, sp.Mul, sp.Pow, sp.exp, sp.sin, sp.cos))
        if exponent == 1 and composite and key not in self.roots:
            self.roots[key] = self.walk(base)
        return ("g", key, power)

    def power(self, base: Any, exponent: Any) -> Any:
        if isinstance(exponent, sp.Integer) and base is not sp.E:
            return ("^", self.walk(base), int(exponent))
        if isinstance(base, sp.exp) or (isinstance(base, sp.Pow) and base.base is sp.E):
            return self.power(sp.E, base.as_base_exp()[1] * exponent)
        if isinstance(base, sp.Pow) and sign(base.base) == 2:
            return self.power(base.base, base.exp * exponent)
        factors = []
        for term in _collected(exponent):
            c, m = term.as_coeff_Mul()
            if not isinstance(c, sp.Rational):
                c, m = sp.Integer(1), term
            logs = [part for part in sp.Mul.make_args(m) if isinstance(part, sp.log)]
            if base is sp.E and len(logs) == 1:
                factors.append(self.power(logs[0].args[0], term / logs[0]))
            elif m == 1 and c.q == 1 and base is not sp.E:
                factors.append(("^", self.walk(base), int(c)))
            elif m == 1 and (apart := _split(base)):
                above, below = apart
                factors.append(self.power(above, c))
                factors += [] if below == 1 else [self.power(below, -c)]
            else:
                factors.append(self.generator(base, m, Fraction(int(c.p), int(c.q))))
        return ("*", factors)

    def logarithm(self, e: Any) -> Any:
        """log of a product of what is > 0, opened."""
        base = e.args[0]
        split = _split(base)
        parts = [sp.log(split[0]), -sp.log(split[1])] if split else []  # log 1 = 0
        if not split and isinstance(base, (sp.Mul, sp.Pow, sp.exp)):
            pairs = [part.as_base_exp() for part in sp.Mul.make_args(base)]
            if all(sign(below) == 2 for below, _ in pairs):
                parts = [power * sp.log(below) for below, power in pairs]
        if not parts or parts == [e]:
            return self.generator(e, sp.Integer(1), Fraction(1))
        return ("+", [self.walk(part) for part in parts])

    def angle(self, u: Any) -> tuple[Any, Any]:
        """(cos, sin) of u."""
        cos: Any = ("q", fmpq(1))
        sin: Any = ("q", fmpq(0))
        for term in _collected(u):
            c, m = term.as_coeff_Mul()
            if not isinstance(c, sp.Rational):
                c, m = sp.Integer(1), term
            if isinstance(m, sp.atan) and c.q == 1 and abs(c) <= MOST_ATAN:
                root = self.power(1 + m.args[0] ** 2, sp.Rational(-1, 2))
                one = (root, ("*", [self.walk(m.args[0]), root]))
                here = _multiple(one, int(c))
            else:
                self.generators.setdefault(("cos", m), 1)
                self.generators.setdefault(("sin", m), 1)
                key = ("angle", m)
                self.generators[key] = lcm(self.generators.get(key, 1), int(c.q))
                power = Fraction(int(c.p), int(c.q))
                here = (("t", 0, m, power), ("t", 1, m, power))
            cos, sin = (
                ("+", [("*", [cos, here[0]]), ("*", [("q", fmpq(-1)), sin, here[1]])]),
                ("+", [("*", [sin, here[0]]), ("*", [cos, here[1]])]),
            )
        return cos, sin

    def vanishes(self) -> bool:
        keys = [key for key in self.generators if key[0] != "angle"]
        self.ring = fmpq_mpoly_ctx.get([f"x{i}" for i in range(len(keys))] or ["x"], Ordering.lex)
        self.place = {key: i for i, key in enumerate(keys)}
        self.gens = dict(zip(keys, self.ring.gens(), strict=False))
        self.one = self.ring.constant(1)
        numerator = self.fraction(self.tree)[0]
        for key in keys:
            if key[0] == "sin":
                cos = self.gens["cos", key[1]]
                numerator = self.reduced(numerator, key, 2, (self.one - cos**2, self.one))
        for key in sorted(self.roots, key=lambda key: -key[0].count_ops()):
            base = self.fraction(self.roots[key])
            numerator = self.reduced(numerator, key, self.generators[key], base)
        return numerator == 0

    def reduced(self, numerator: Any, key: Any, q: int, base: tuple[Any, Any]) -> Any:
        """A multiple of the polynomial modulo (generator)^q = base."""
        place = self.place[key]
        parts: dict[int, dict[Any, Any]] = {}
        for powers, c in numerator.to_dict().items():
            times, rest = divmod(powers[place], q)
            lowered = (*powers[:place], rest, *powers[place + 1 :])
            part = parts.setdefault(times, {})
            part[lowered] = part.get(lowered, fmpq(0)) + c
        most, total = max(parts, default=0), self.ring.constant(0)
        for times, part in parts.items():
            total += self.ring.from_dict(part) * base[0] ** times * base[1] ** (most - times)
        return total

    def fraction(self, node: Any) -> tuple[Any, Any]:
        """(numerator, denominator) of the node."""
        name = node[0]
        if name == "q":
            return self.ring.constant(node[1]), self.one
        if name == "g":
            return self.raised((self.gens[node[1]], self.one), node[2] * self.generators[node[1]])
        if name == "t":
            cos, sin = self.gens["cos", node[2]], self.gens["sin", node[2]]
            n = node[3] * self.generators["angle", node[2]]
            if abs(n) > MOST:
                raise Refused("an angle's multiple is too large")
            c, s = self.one, self.ring.constant(0)
            for _ in range(abs(int(n))):
                c, s = c * cos - s * sin, s * cos + c * sin
            return (s if n > 0 else -s) if node[1] else c, self.one
        if name == "^":
            return self.raised(self.fraction(node[1]), Fraction(node[2]))
        parts = [self.fraction(part) for part in node[1]]
        (p, q), *others = parts
        for r, s in others:
            p, q = (p * r, q * s) if name == "*" else self.added(p, q, r, s)
        return p, q

    def added(self, p: Any, q: Any, r: Any, s: Any) -> tuple[Any, Any]:
        if q == s:
            return p + r, q
        common = q.gcd(s)
        left, right = q / common, s / common
        return p * right + r * left, left * s

    def raised(self, x: tuple[Any, Any], n: Fraction) -> tuple[Any, Any]:
        if n.denominator != 1:
            raise Refused("a power of a generator is no integer")
        p, q = x if n >= 0 else (x[1], x[0])
        return p ** abs(int(n)), q ** abs(int(n))


def _collected(e: Any) -> tuple[Any, ...]:
    return sp.Add.make_args(sp.Add(*terms(e)))


@cache
def _split(base: Any) -> tuple[Any, Any] | None:
    """base = above/below in lowest terms with a denominator > 0, whose roots and logarithms are
    then taken apart.
    """
    if not isinstance(base, sp.Add):
        return None
    try:
        above, below = sp.fraction(sp.cancel(sp.together(base)))
    except sp.PolynomialError:
        return None
    apart = above != base and (below == 1 or sign(below) == 2) and zero(base - above / below)
    return (above, below) if apart else None


def _multiple(one: tuple[Any, Any], n: int) -> tuple[Any, Any]:
    """(cos, sin) of n times the angle with this (cos, sin)."""
    cos: Any = ("q", fmpq(1))
    sin: Any = ("q", fmpq(0))
    for _ in range(abs(n)):
        cos, sin = (
            ("+", [("*", [cos, one[0]]), ("*", [("q", fmpq(-1)), sin, one[1]])]),
            ("+", [("*", [sin, one[0]]), ("*", [cos, one[1]])]),
        )
    return (cos, sin) if n >= 0 else (cos, ("*", [("q", fmpq(-1)), sin]))
