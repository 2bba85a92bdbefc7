"""Interval arithmetic: every enclosure holds the value; what has none is refused."""

import flint
import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from ctverify.ledger.kernel.interval import Undefined, certainly, enclose, working

X, Y = sp.symbols("x y", real=True)
BITS = 80
NUMBERS = [sp.pi, sp.E, sp.Rational(1, 3), sp.Integer(-2), sp.Rational(5, 2)]
LEAVES = st.sampled_from([X, Y, *NUMBERS])


def nodes(children):
    """Sums, products, powers, extrema and the elementary functions."""
    unary = st.sampled_from(
        [
            sp.exp,
            sp.sin,
            sp.cos,
            sp.atan,
            sp.Abs,
            lambda e: e**2,
            lambda e: e**3,
            lambda e: sp.log(1 + e**2),
        ]
    )
    binary = st.sampled_from(
        [
            sp.Add,
            sp.Mul,
            sp.Min,
            sp.Max,
            lambda a, b: a / (1 + b**2),
            lambda a, b: sp.sqrt(1 + a**2) - b,
        ]
    )
    return st.one_of(
        st.builds(lambda f, e: f(e), unary, children),
        st.builds(lambda f, a, b: f(a, b), binary, children, children),
    )


EXPRESSIONS = st.recursive(LEAVES, nodes, max_leaves=6)
ENDS = st.integers(-24, 24)


def _number(end):
    """An end of an interval as a number of mpmath."""
    rational = sp.Rational(str(end.fmpq()))
    return mpmath.mpf(rational.p) / rational.q


def _contains(interval, value):
    """Whether the value is in the interval, to 200 bits."""
    low, high = (_number(end) for end in (interval.lower(), interval.upper()))
    margin = abs(value) * mpmath.mpf(2) ** -200
    return low - margin <= value <= high + margin


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS, ENDS, ENDS, ENDS, ENDS, st.integers(0, 8), st.integers(0, 8))
def test_enclosures_hold_the_values(expression, a, b, c, d, i, j):
    """The value at a point of the box is in the enclosure: random trees, 80 bits against 300."""
    box = {X: sorted((a, b)), Y: sorted((c, d))}
    point = []
    for (low, high), k in zip(box.values(), (i, j), strict=True):
        width = sp.Rational(high - low, 8)
        point.append(sp.Rational(low, 8) + width * sp.Rational(k, 8))
    with mpmath.workprec(300):
        f = sp.lambdify((X, Y), expression, "mpmath")
        x, y = (mpmath.mpf(int(p.p)) / int(p.q) for p in point)
        value = mpmath.mpf(f(x, y))
        if abs(value) > mpmath.mpf(10) ** 12:
            return
        with working(BITS):
            cell = {
                s: flint.arb(flint.fmpq(low, 8)).union(flint.arb(flint.fmpq(high, 8)))
                for s, (low, high) in box.items()
            }
        try:
            interval = enclose(expression, cell, bits=BITS)
        except Undefined:
            return
        assert _contains(interval, value), (interval, value)


def test_rationals_and_pi_are_intervals():
    """x + 1/3 at x = 1 holds 4/3, which lambdify onto arb misses; Li_2, sums and products too."""
    total = enclose(sp.Rational(1, 3) + X, {X: flint.arb(1)})
    with working():
        assert (3 * total).contains(4)
    margin = sp.Rational(1, 10**100)
    k = sp.Symbol("k", integer=True)
    for exact, expression in (
        (sp.pi**2 / 12 - sp.log(2) ** 2 / 2, sp.polylog(2, sp.Rational(1, 2))),
        (sp.Integer(120), sp.Product(k, (k, 1, 5))),
        (sp.Rational(137, 60), sp.Sum(1 / k, (k, 1, 5))),
    ):
        assert certainly(expression - exact + margin, {}, True)
        assert certainly(exact - expression + margin, {}, True)


@pytest.mark.parametrize("wrong", [sp.log(X), sp.sqrt(X - 2), 1 / X, sp.polylog(2, X + 1)])
def test_what_has_no_enclosure_is_refused(wrong):
    """A logarithm or root of something not positive, a division by what holds zero: never a
    number.
    """
    box = {X: flint.arb(-1).union(flint.arb(1))}
    with pytest.raises(Undefined):
        enclose(wrong, box)


def test_precision_is_put_back():
    """arb's precision is global to the process: it is as it was after use."""
    before = flint.ctx.prec
    enclose(sp.pi, bits=777)
    assert flint.ctx.prec == before


def test_bisection_decides():
    """True where positive on the whole box, False where negative somewhere, None where a zero
    touches.
    """
    box = {X: (sp.Integer(-1), sp.Integer(1))}
    assert certainly(X**2 - X + 1, box, True) is True
    assert certainly(X**2 - sp.Rational(1, 2), box, False) is False
    assert certainly((X - sp.Rational(1, 3)) ** 2, box, True) is None
