"""Attacks: the twelve ways in which the checker before the kernel could be talked into a falsehood,
each by its smallest claim, and sixty further false claims of other kinds. None may be PROVED.
"""

import pytest
import sympy as sp

from ctverify.ledger import PROVED, Claim, Step, prove_all
from ctverify.ledger.axioms import (
    W1,
    W2,
    E,
    M,
    MaxOver,
    Random,
    W2_squared,
    average_of,
    mean,
    norm,
    product_of,
)
from ctverify.ledger.kernel.normal import zero
from ctverify.ledger.kernel.theorem import Fact, Theorem, assume
from ctverify.ledger.rules import (
    Antiderivative,
    Axiom,
    Between,
    Cases,
    Combine,
    Concave,
    Definition,
    EachInteger,
    Extremum,
    Identity,
    Increasing,
    Induction,
    Instance,
    Limiting,
    Monotone,
    Squeeze,
)
from ctverify.ledger.sign import eq, le, lt

x, y, z = sp.symbols("x y z", positive=True)
u, v = sp.symbols("u v", real=True)
t, k, n = sp.symbols("t k n", integer=True, positive=True)
f = sp.Function("f", real=True)
Y, Z = Random("Y", real=True), Random("Z", real=True)
NEGATIVE = sp.Symbol("tau", negative=True)
half = sp.Rational(1, 2)
sin_squared = sp.sin(u) ** 2
w = sp.Symbol("w", nonnegative=True)
WRONG = le(1, 0)


def last(states, rule, *before):
    """Steps, the last of which states it."""
    return (*before, Step("s", states, rule))


def _index(path, tau, part, name):
    states = (le(path.subs(t, tau), 1), le(1, path.subs(t, tau + 1)), le(tau, n - 1))
    return Step(name, states[part], Axiom("greatest index", (path, t, tau, n, part)))


PARABOLA = -((t - 3 * half) ** 2)
GENERIC = sp.Limit((u * x + 1) / (u * x + 2), x, sp.oo)
FADING = (y - z) ** 2 / (1 + (y - z) ** 2 * x) ** 2
MOVING = sp.Limit(f(1) / x, x, sp.oo)
ROOM = sp.Rational(1, 10**17)
HOLES = {
    # what is stated, the steps, hypotheses, definitions
    "a fresh symbol with assumptions of its own": (
        WRONG,
        last(WRONG, Combine(((2, "a"),)), _index(t / 2, NEGATIVE, 1, "a")),
        {"h": le(1, n / 2), "g": le(2, n)},
    ),
    "a fresh symbol that depends on what is replaced": (
        WRONG,
        last(
            WRONG,
            Combine(((sp.Rational(1, 97), "low"), (sp.Rational(100, 97), "high"))),
            _index(t / n, k, 1, "a"),
            _index(t / n, k, 2, "b"),
            Step("high", le(1, (k + 1) / 100), Instance("a", {n: 100})),
            Step("low", le(k, 1), Instance("b", {n: 2})),
        ),
        {"g": le(2, n)},
    ),
    "a maximum at what is no integer": (
        le(0, -half / 2),
        last(
            le(0, -half / 2),
            Combine(((1, "a"), (1, "b"))),
            Step("terms", le(PARABOLA, -half / 2), EachInteger(t), (le(t, 10),)),
            Step(
                "a",
                le(0, MaxOver(PARABOLA, t, 10)),
                Axiom("maximum, a term of", (PARABOLA, t, sp.Integer(10), 3 * half)),
            ),
            Step(
                "b",
                le(MaxOver(PARABOLA, t, 10), -half / 2),
                Axiom("maximum, a bound of", (PARABOLA, t, sp.Integer(10), -half / 2), ("terms",)),
            ),
        ),
    ),
    "a limit that is generic in a parameter": (
        eq(GENERIC, 1),
        last(eq(GENERIC, 1), Limiting()),
    ),
    "an antiderivative that is generic in parameters": (
        eq(sp.Integral(FADING, (x, 0, sp.oo)), 1),
        last(
            eq(sp.Integral(FADING, (x, 0, sp.oo)), 1),
            Antiderivative(-1 / (1 + (y - z) ** 2 * x)),
        ),
    ),
    "a sign that sympy assumes": (
        lt(0, sp.atan(t - 1) ** (2 * t)),
        last(lt(0, sp.atan(t - 1) ** (2 * t)), Combine()),
    ),
    "floating-point coefficients": (
        le(1 + ROOM, u),
        last(le(1 + ROOM, u), Combine(((sp.Float(1.0), "h"),), sp.Float(1.0))),
        {"h": le(1, u)},
    ),
    "Cauchy-Schwarz beyond the variable's range": (
        le(4, -sp.Rational(4, 3)),
        last(
            le(4, -sp.Rational(4, 3)),
            Axiom(
                "Cauchy-Schwarz",
                (x**-2, x, sp.Integer(-1), sp.Integer(1), -1 / x, -1 / (3 * x**3)),
            ),
        ),
    ),
    "a random vector for a number": (
        eq(E(Y * Z), Y * E(Z)),
        last(
            eq(E(Y * Z), Y * E(Z)),
            Instance("a", {u: Y}),
            Step("a", eq(E(u * Z), u * E(Z)), Axiom("linearity of E", ((u, Z),))),
        ),
    ),
    "differentiation under an integral of any kernel": (
        eq(sp.Derivative(f(u), u), M(0, v)),
        last(
            eq(sp.Derivative(f(u), u), M(0, v)),
            Axiom("differentiation under the integral", (f(u), v, u, v), ("h",)),
        ),
        {"h": eq(M(v, v), f(u))},
    ),
    "nothing is less than itself": (
        WRONG,
        last(WRONG, Combine(times=("h",))),
        {"h": lt(0, 0)},
    ),
    "a fact with a pole": (
        eq(x / (x - y) - y / (x - y), 1),
        last(eq(x / (x - y) - y / (x - y), 1), Identity()),
    ),
    "hypotheses that contradict each other": (
        WRONG,
        last(WRONG, Combine(((1, "a"), (1, "b")))),
        {"a": le(1, u), "b": le(u, 0)},
    ),
    "definitions that contradict each other": (
        eq(1, 2),
        last(
            eq(1, 2),
            Combine(((1, "b"), (-1, "c"))),
            Step("c", eq(f(1), 1), Definition("a", {t: 1})),
        ),
        {},
        {"a": eq(f(t), t), "b": eq(f(1), 2)},
    ),
    "a definition that moves with a limit": (
        eq(1, 0),
        last(
            eq(1, 0),
            Combine(((1, "c"), (-1, "d"))),
            Step("one", eq(f(1), x), Definition("f", {t: 1})),
            Step("a", le(1, f(1) / x), Combine(using=("one",))),
            Step("b", le(f(1) / x, 1), Combine(using=("one",))),
            Step("c", eq(MOVING, 0), Limiting()),
            Step("d", eq(MOVING, 1), Squeeze("a", "b")),
        ),
        {},
        {"f": eq(f(t), x)},
    ),
}


def _one(states, rule, *before, hypotheses=None, definitions=None):
    """A claim by its last rule."""
    return states, last(states, rule, *before), hypotheses or {}, definitions or {}


def _identity(left, right):
    return _one(eq(left, right), Identity())


def _inequality(states, *terms, scale=1, times=(), **hypotheses):
    return _one(states, Combine(terms, scale, times), hypotheses=hypotheses)


def _limit(e, value):
    return _one(eq(sp.Limit(e, x, sp.oo), value), Limiting())


def _integral(f, ends, value, primitive):
    return _one(eq(sp.Integral(f, ends), value), Antiderivative(primitive))


def _axiom(states, name, *arguments, facts=(), **hypotheses):
    return _one(states, Axiom(name, arguments, facts), hypotheses=hypotheses)


def _trivial(name, states, given=()):
    return Step(name, states, Combine(), given)


ORDER = {"h": le(u, v)}
OTHERS = {
    # identities
    "the root of a square": _identity(sp.sqrt(u**2), u),
    "the third root of a cube": _identity((u**3) ** sp.Rational(1, 3), u),
    "the logarithm of a square": _identity(sp.log(u**2), 2 * sp.log(u)),
    "the logarithm of a sum": _identity(sp.log(x + y), sp.log(x) + sp.log(y)),
    "the exponential to first order": _identity(sp.exp(u), 1 + u),
    "the exponential of a product": _identity(sp.exp(u * v), sp.exp(u) * sp.exp(v)),
    "Pythagoras with a sign": _identity(sp.cos(u) ** 2, 1 + sin_squared),
    "atan of tan": _identity(sp.atan(sp.sin(u) / sp.cos(u)), u),
    "a power of a sum": _identity((x + y) ** t, x**t + y**t),
    "the root of a sum": _identity(sp.sqrt(x + y), sp.sqrt(x) + sp.sqrt(y)),
    "a length without a sign": _identity(sp.Abs(u), u),
    "the lesser and the greater": _identity(sp.Min(u, v) + sp.Max(u, v), 2 * u),
    "exponents multiplied": _identity(x**u * x**v, x ** (u * v)),
    "Gamma is periodic": _identity(sp.gamma(x + 1), sp.gamma(x)),
    "Li_2 to first order": _identity(sp.polylog(2, x / (1 + x)), x / (1 + x)),
    "any function is constant": _identity(f(t + 1), f(t)),
    "a power of a negative number": _identity((u * v) ** x, u**x * v**x),
    "half an angle": _identity(sp.cos(u), 1 - sp.sin(u / 2) ** 2),
    # inequalities
    "a square is positive": _inequality(lt(0, u**2)),
    "a product is positive": _inequality(le(0, u * v)),
    "a sine is positive": _inequality(le(0, sp.sin(u))),
    "a number is below its square": _inequality(le(u, u**2)),
    "a sign from a square": _inequality(le(0, u), (1, "h"), h=le(0, u**2)),
    "equal squares, equal numbers": _inequality(eq(u, v), (1, "h"), h=eq(u**2, v**2)),
    "a reciprocal's order": _inequality(le(1 / u, 1 / v), (1 / (u * v), "h"), h=le(v, u)),
    "a positive minimum": _inequality(lt(0, sp.Min(u, x))),
    "a positive logarithm": _inequality(le(0, sp.log(x))),
    "a power below its base": _inequality(le(x**t, x)),
    "an exponential below 0": _inequality(le(sp.exp(-x), 0)),
    "a cosine below 1": _inequality(lt(0, 1 - sp.cos(u))),
    "a scale of 0": _inequality(le(0, -1), scale=0),
    "a negative scale": _inequality(le(0, -1), (1,), scale=-1),
    "a negative coefficient": _inequality(le(u, 0), (-1, "h"), h=le(0, u)),
    "division by a factor that may be 0": _inequality(eq(v, 0), (1 / u, "h"), h=eq(u * v, 0)),
    "division by a weak fact": _inequality(
        lt(0, v), (1, "g"), times=("h",), h=le(0, u), g=lt(0, u * v)
    ),
    "complex coefficients": _inequality(le(0, -1), (sp.I, "h"), (sp.I, "h"), h=eq(u, u)),
    "infinity is a number": _inequality(le(0, -1), (sp.oo,)),
    # increasing functions
    "exp reverses": _one(le(sp.exp(v), sp.exp(u)), Increasing(sp.exp, "h"), hypotheses=ORDER),
    "log of any number": _one(le(sp.log(u), sp.log(v)), Increasing(sp.log, "h"), hypotheses=ORDER),
    "root of any number": _one(
        le(sp.sqrt(u), sp.sqrt(v)), Increasing(sp.sqrt, "h"), hypotheses=ORDER
    ),
    "strict from weak": _one(lt(sp.exp(u), sp.exp(v)), Increasing(sp.exp, "h"), hypotheses=ORDER),
    "cos increases": _one(le(sp.cos(u), sp.cos(v)), Increasing(sp.cos, "h"), hypotheses=ORDER),
    "a length increases": _one(le(sp.Abs(u), sp.Abs(v)), Increasing(sp.Abs, "h"), hypotheses=ORDER),
    # derivatives
    "a rise from below 0": _one(le(0, x - 5), Monotone(x, 0, "a"), _trivial("a", le(0, 1))),
    "a rise that is a fall": _one(le(0, 1 - x), Monotone(x, 0, "a"), _trivial("a", le(0, 1))),
    "a rise of an index": _one(
        le(0, (t - half) * (t - 3 * half)),
        Monotone(t, 2, "a"),
        _trivial("a", le(0, 2 * t)),
    ),
    "a rise of any function": _one(le(f(0), f(x)), Monotone(x, 0, "a"), _trivial("a", le(0, 1))),
    "a rise beyond a pole": _one(
        le(0, 1 / (1 - u)), Monotone(u, 0, "a"), _trivial("a", le(0, 1 / (1 - u) ** 2))
    ),
    "a convex function is concave": _one(
        le(0, x**2 - x),
        Concave(x, (sp.Integer(0), sp.Integer(1)), "a"),
        _trivial("a", le(0, 2)),
        hypotheses={"h": le(x, 1)},
    ),
    # integers and cases
    "induction without a step": _one(
        le(t, 5),
        Induction(t, "a", "b"),
        _trivial("a", le(1, 5)),
        _trivial("b", le(t + 1, 5), (le(t, 5),)),
    ),
    "induction under a condition": _one(
        le(t, 5),
        Induction(t, "a", "b"),
        _trivial("a", le(1, 5)),
        Step("b", le(t + 1, 5), Combine(((1, "@1"),)), (le(t, 5), le(t, 4))),
    ),
    "induction over the reals": _one(
        le(1, x),
        Induction(x, "a", "b"),
        _trivial("a", le(1, 1)),
        Step("b", le(1, x + 1), Combine(), (le(1, x),)),
    ),
    "half an index": _one(le(1, half), Instance("a", {t: half}), _trivial("a", le(1, t))),
    "an index before the first": _one(
        le(1, n - 1), Instance("a", {t: n - 1}), _trivial("a", le(1, t))
    ),
    "0 for a positive number": _one(lt(0, 0), Instance("a", {x: 0}), _trivial("a", lt(0, x))),
    "a hypothesis at another number": _one(
        le(2, 1),
        Instance("a", {x: 2}),
        Step("a", le(x, 1), Combine(((1, "h"),))),
        hypotheses={"h": le(x, 1)},
    ),
    "a definition's parameter replaced": _one(
        eq(f(1), 5), Definition("f", {t: 1, x: 5}), definitions={"f": eq(f(t), x)}
    ),
    "a definition before the first index": _one(
        eq(f(0), 0), Definition("f", {t: 0}), definitions={"f": eq(f(t), t)}
    ),
    "one of a minimum's arguments": _one(le(u, sp.Min(v, x)), Extremum(("h",)), hypotheses=ORDER),
    "above the least": _one(le(u, sp.Min(u, v)), Extremum()),
    "one order is an equation": _one(eq(u, v), Between("h", "h"), hypotheses=ORDER),
    "two strict cases": _one(
        lt(0, u**2),
        Cases("a", "b"),
        Step("a", lt(0, u**2), Combine(((1, "@0", "@0"),)), (lt(0, u),)),
        Step("b", lt(0, u**2), Combine(((1, "@0", "@0"),)), (lt(u, 0),)),
    ),
    "an order at each draw or its opposite": _one(
        le(0, 1 - 2 * mean(Z)),
        Cases("a", "b"),
        Step("a", le(0, 1 - 2 * mean(Z)), Combine(((1, "h"),)), (le(Z, Y),)),
        Step("b", le(0, 1 - 2 * mean(Z)), Combine(((1, "h"),)), (le(Y, Z),)),
    ),
    # limits and integrals
    "a limit of sin": _limit(sp.sin(x), 0),
    "a logarithm over its argument": _limit(sp.log(x) / x, 1),
    "a decay of either sign": _limit(sp.exp(-u * x), 0),
    "one to the infinity": _limit((1 + 1 / x) ** x, 1),
    "any function's limit": _limit(f(x), f(0)),
    "a root of infinity": _limit(sp.sqrt(x + 1) - sp.sqrt(x), 1),
    "an integral across a pole": _integral(1 / u, (u, -1, 1), 0, sp.log(u**2) / 2),
    "an integral across a corner": _integral(sp.Abs(u), (u, -1, 1), 0, u**2 / 2),
    "an integral backwards": _integral(x, (x, 1, 0), half, x**2 / 2),
    "an integral without end": _integral(1 / x, (x, 1, sp.oo), 0, sp.log(x)),
    # axioms
    "cos 2 is positive": _axiom(lt(0, sp.cos(2)), "pi/2 is the first zero of cos", sp.Integer(2)),
    "a negative factor's length": _axiom(
        eq(mean(sp.Abs(u * Z)), u * mean(sp.Abs(Z))), "linearity of the mean", u, Z
    ),
    "negative deviations": _axiom(
        eq(W2_squared(0, u, 0, v), (u - v) ** 2), "W_2 of Gaussians", 0, u, 0, v
    ),
    "Minkowski backwards": _axiom(le(norm(Y) + norm(Z), norm(Y + Z)), "Minkowski", Y, Z),
    "Jensen backwards": _axiom(le(norm(Z), norm(E(Z))), "conditional Jensen", Z),
    "W_2 below W_1": _axiom(le(W2(Y, Z), W1(Y, Z)), "W_1 <= W_2", Y, Z),
    "the tower rule for norms": _axiom(eq(norm(E(Z)), norm(Z)), "tower rule", Z),
    "the means exchanged": _axiom(
        le(average_of(w, t) ** t, product_of(w, t)), "arithmetic and geometric mean", w, t
    ),
    "Gamma at a negative number": _axiom(
        eq(sp.gamma(u + 1), u * sp.gamma(u)), "Gamma(x + 1) = x Gamma(x)", u
    ),
    "an axiom of that name": _axiom(WRONG, "one is at most nought"),
}
assert len(OTHERS) >= 60


def status(claim):
    """What the ledger makes of the claim alone, or that it refuses to read it."""
    try:
        return prove_all([claim.id], library=[claim])[0].status
    except ValueError:
        return "refused"


@pytest.mark.parametrize("name", HOLES)
def test_holes_are_closed(name):
    """Each claim was PROVED by the checker before the kernel."""
    states, steps, *more = HOLES[name]
    claim = Claim("x", name, (states,), "tests", *more[:2], steps=steps)
    assert status(claim) != PROVED


@pytest.mark.parametrize("name", OTHERS)
def test_other_false_claims_are_not_proved(name):
    """Sixty and more, of kinds that the twelve holes are not."""
    states, steps, hypotheses, definitions = OTHERS[name]
    claim = Claim("x", name, (states,), "tests", hypotheses, definitions, steps=steps)
    assert status(claim) != PROVED


def test_only_rules_make_theorems():
    """A theorem cannot be made or changed by hand."""
    with pytest.raises(TypeError, match="only the kernel"):
        Theorem(object(), WRONG, frozenset(), frozenset())
    theorem = assume(le(u, v))
    with pytest.raises(AttributeError):
        theorem.states = WRONG
    assert theorem.given == {Fact(le(u, v))}


def test_a_witness_is_shown():
    """A claim says at which point its hypotheses hold together."""
    result = prove_all(["schedule.range"])[0]
    assert "r = 1/2" in result.witness


def test_many_times_an_angle():
    """Multiples of an angle are opened one after the other; no depth of calls grows with them."""
    for n in (3, 41, 300):
        wide = 2 * sp.sin(u) * sp.cos((n - 1) * u) + sp.sin((n - 2) * u)
        assert zero(sp.sin(n * u) - wide)
        assert not zero(sp.sin(n * u) + wide)
    assert not zero(sp.cos(300 * sp.atan(u), evaluate=False) - 1)
