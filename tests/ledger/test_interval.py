"""Interval arithmetic: every enclosure holds the value, in mpmath and in arb; what has none is
refused.
"""

import sys

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from ctverify.core.arguments import InputError
from ctverify.ledger.bisection import certainly
from ctverify.ledger.interval import Arb, Mpmath, Undefined, enclose

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


def _number(over, end):
    """An end of an interval as a number of mpmath."""
    if over.name == "mpmath":
        return mpmath.mpf(end._mpi_[0])
    rational = sp.Rational(str(end.fmpq()))
    return mpmath.mpf(rational.p) / rational.q


def _contains(over, interval, value):
    """Whether the value is in the interval, to 200 bits."""
    low, high = (_number(over, end) for end in over.ends(interval))
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
        for over in (Mpmath(BITS), Arb(BITS)):
            with over.working():
                cell = {
                    s: over.union(over.rational(low, 8), over.rational(high, 8))
                    for s, (low, high) in box.items()
                }
            try:
                interval = enclose(expression, over, cell)
            except Undefined:
                continue
            with over.working():
                assert _contains(over, interval, value), (over.name, interval, value)


@pytest.mark.parametrize("over", [Mpmath(), Arb()], ids=["mpmath", "arb"])
def test_rationals_and_pi_are_intervals(over):
    """x + 1/3 at x = 1 holds 4/3, which lambdify onto arb misses; Li_2, sums and products too."""
    with over.working():
        one = over.rational(1, 1)
        three = over.rational(3, 1)
        four = over.rational(4, 1)
        total = enclose(sp.Rational(1, 3) + X, over, {X: one})
        low, high = (over.sign(end * three - four) for end in over.ends(total))
        assert low <= 0 <= high
    margin = sp.Rational(1, 10**100)
    k = sp.Symbol("k", integer=True)
    for exact, expression in (
        (sp.pi**2 / 12 - sp.log(2) ** 2 / 2, sp.polylog(2, sp.Rational(1, 2))),
        (sp.Integer(120), sp.Product(k, (k, 1, 5))),
        (sp.Rational(137, 60), sp.Sum(1 / k, (k, 1, 5))),
    ):
        assert certainly(expression - exact + margin, {}, True, over)
        assert certainly(exact - expression + margin, {}, True, over)


@pytest.mark.parametrize("over", [Mpmath(), Arb()], ids=["mpmath", "arb"])
@pytest.mark.parametrize("wrong", [sp.log(X), sp.sqrt(X - 2), 1 / X, sp.polylog(2, X + 1)])
def test_what_has_no_enclosure_is_refused(over, wrong):
    """A logarithm or root of something not positive, a division by what holds zero: never a
    number.
    """
    with over.working():
        low = over.rational(-1, 1)
        high = over.rational(1, 1)
        box = {X: over.union(low, high)}
    with pytest.raises(Undefined):
        enclose(wrong, over, box)


def test_arb_is_an_extra(monkeypatch):
    """Without python-flint one sentence says what to install."""
    monkeypatch.setitem(sys.modules, "flint", None)
    with pytest.raises(InputError, match="rigorous"):
        Arb()


def test_precision_is_put_back():
    """arb's precision is global to the process: it is as it was after use."""
    import flint

    before = flint.ctx.prec
    enclose(sp.pi, Arb(777))
    assert flint.ctx.prec == before


def test_bisection_decides():
    """True where positive on the whole box, False where negative somewhere, None where a zero
    touches.
    """
    over = Mpmath()
    box = {X: (sp.Integer(-1), sp.Integer(1))}
    assert certainly(X**2 - X + 1, box, True, over) is True
    assert certainly(X**2 - sp.Rational(1, 2), box, False, over) is False
    assert certainly((X - sp.Rational(1, 3)) ** 2, box, True, over) is None
