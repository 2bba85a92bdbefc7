"""The checker itself: false statements that a careless rule would let through are never PROVED."""

import pytest
import sympy as sp

from ctverify.ledger import PROVED, Claim, Step, prove_all
from ctverify.ledger.axioms import (
    E,
    E_path,
    Normal,
    Path,
    Random,
    batch_mean,
    dot,
    law,
    mean,
    norm,
    product_of,
    slot,
)
from ctverify.ledger.rules import (
    Antiderivative,
    Axiom,
    Between,
    Cases,
    Combine,
    Concave,
    Congruence,
    Definition,
    EachInteger,
    Enclosure,
    Extremum,
    Identity,
    Increasing,
    Induction,
    Instance,
    Limiting,
    Monotone,
    Power,
    Squeeze,
)
from ctverify.ledger.sign import eq, le, lt

x, y, z = sp.symbols("x y z", positive=True)
u, v = sp.symbols("u v", real=True)
t, k, n = sp.symbols("t k n", integer=True, positive=True)
f = sp.Function("f", real=True)
NEGATIVE = sp.Symbol("negative", negative=True)
EVEN = sp.Symbol("even", even=True, positive=True)
Z = Random("Z", real=True)
Y = Random("Y", real=True)
N = Normal("N", real=True)
ON_PATH = Path("on_path", real=True)
PAIRING = sp.Symbol("s")
ROWS = sp.Symbol("m", integer=True, positive=True)
HALF_PI = sp.pi / 2


def one(states, rule, given=()):
    """A single step that states it."""
    return (Step("s", states, rule, given),)


LIMIT = sp.Limit(1 / x, x, sp.oo)
AREA = sp.Integral(x, (x, 0, 1))
JUMP = sp.atan((1 + x) / (1 - x))
FALSE = {
    # what is stated, the steps, hypotheses, definitions
    "an equation from nothing": (eq(1, 0), one(eq(1, 0), Combine(((1,),)))),
    "an equation from an order": (eq(u, 0), one(eq(u, 0), Combine(((1, "h"),))), {"h": le(0, u)}),
    "increasing gives an equation": (
        eq(1, sp.exp(x)),
        (Step("a", le(0, x), Combine()), *one(eq(1, sp.exp(x)), Increasing(sp.exp, "a"))),
    ),
    "power gives an equation": (
        eq(0, x**2),
        (Step("a", lt(0, x), Combine()), *one(eq(0, x**2), Power("a"))),
    ),
    "extremum strict": (lt(sp.Min(u, v), u), one(lt(sp.Min(u, v), u), Extremum())),
    "extremum gives an equation": (eq(sp.Min(u, v), u), one(eq(sp.Min(u, v), u), Extremum())),
    "monotone gives an equation": (
        eq(sp.exp(x), 1),
        (Step("a", le(0, sp.exp(x)), Combine()), *one(eq(sp.exp(x), 1), Monotone(x, 0, "a"))),
    ),
    "concave gives an equation": (
        eq(x * (1 - x), 0),
        (
            Step("a", le(0, 2), Combine()),
            *one(eq(x * (1 - x), 0), Concave(x, (sp.Integer(0), sp.Integer(1)), "a")),
        ),
        {"h": le(x, 1)},
    ),
    "each integer gives an equation": (
        eq(t, 1),
        one(eq(t, 1), EachInteger(t)),
        {"low": le(1, t), "high": le(t, 10)},
    ),
    "each integer of a real": (
        le(0, (x - 1) * (x - 2)),
        one(le(0, (x - 1) * (x - 2)), EachInteger(x)),
        {"low": le(1, x), "high": le(x, 2)},
    ),
    "a limit below itself": (
        lt(LIMIT, 0),
        (Step("a", le(1 / x, 1 / x), Combine()), *one(lt(LIMIT, 0), Squeeze("a", "a"))),
    ),
    "an integral below itself": (
        lt(AREA, sp.Rational(1, 2)),
        one(lt(AREA, sp.Rational(1, 2)), Antiderivative(x**2 / 2)),
    ),
    "not equal read as an order": (
        le(0, u),
        one(le(0, u), Combine(((1, "h"),))),
        {"h": sp.Ne(u, 0)},
    ),
    "a weak fact for a strict condition": (
        lt(0, sp.cos(x)),
        one(lt(0, sp.cos(x)), Axiom("pi/2 is the first zero of cos", (x,), ("h",))),
        {"h": le(x, HALF_PI)},
    ),
    "cases that are equations": (
        eq(x, 1),
        (
            Step("a", eq(x, 1), Identity(("@0",)), (eq(x, 1),)),
            Step("b", eq(x, 1), Combine(((-1, "@0"),)), (eq(1, x),)),
            *one(eq(x, 1), Cases("a", "b")),
        ),
    ),
    "a jump on the path": (
        le(0, JUMP),
        (Step("a", le(0, 1 / (1 + x**2)), Combine()), *one(le(0, JUMP), Monotone(x, 0, "a"))),
    ),
    "a pole in the primitive": (
        eq(sp.Integral(1 / ((x - 1) ** 2 + 1), (x, 0, 2)), -HALF_PI),
        one(
            eq(sp.Integral(1 / ((x - 1) ** 2 + 1), (x, 0, 2)), -HALF_PI),
            Antiderivative(-sp.atan(1 / (x - 1))),
        ),
    ),
    "a pole as coefficient": (
        le(0, -1),
        one(le(0, -1), Combine(((-1 / (x - y), "h"),))),
        {"h": eq(x, y)},
    ),
    "induction over a parameter": (
        eq(t, 1),
        (
            Step("a", eq(f(1), t), Definition("f", {k: 1})),
            Step("b", eq((1 - 1) * (1 - f(1) - 1), 0), Identity()),
            Step(
                "c",
                eq(t * (t + 1 - f(1) - 1), 0),
                Identity(("a",)),
                (eq((t - 1) * (t - f(1) - 1), 0),),
            ),
            Step("d", eq((t - 1) * (t - f(1) - 1), 0), Induction(t, "b", "c")),
            *one(eq(t, 1), Combine(((-1, "d"),), using=("a",))),
        ),
        {},
        {"f": eq(f(k), t)},
    ),
    "induction over even numbers": (
        eq(f(EVEN), 0),
        (
            Step("a", eq(f(EVEN + 1), 0), Definition("next", {}), (eq(f(EVEN), 0),)),
            *one(eq(f(EVEN), 0), Induction(EVEN, "first", "a")),
        ),
        {},
        {"first": eq(f(1), 0), "next": eq(f(EVEN + 1), 0)},
    ),
    "monotone in a parameter": (
        le(x**2, 0),
        (
            Step("a", le(0, 0), Combine()),
            Step("b", eq(f(1), x), Definition("f", {k: 1})),
            Step("c", le(f(1) ** 2, 0), Monotone(x, 0, "a")),
            *one(le(x**2, 0), Combine(((1, "c"),), using=("b",))),
        ),
        {},
        {"f": eq(f(k), x)},
    ),
    "monotone on a half line that ends": (
        le(0, NEGATIVE**2 - sp.Rational(1, 2)),
        (
            Step("a", le(NEGATIVE, 0), Combine()),
            *one(le(0, NEGATIVE**2 - sp.Rational(1, 2)), Monotone(NEGATIVE, 1, "a")),
        ),
    ),
    "a square of a root of a negative number": (
        le(0, v),
        (Step("a", le(0, u**2), Combine()), *one(le(0, v), Instance("a", {u: sp.sqrt(v)}))),
    ),
    "the imaginary unit for a real": (
        le(0, -1),
        (Step("a", le(0, u**2), Combine()), *one(le(0, -1), Instance("a", {u: sp.I}))),
    ),
    "a positive number for a negative": (
        lt(1, 0),
        (Step("a", lt(NEGATIVE, 0), Combine()), *one(lt(1, 0), Instance("a", {NEGATIVE: 1}))),
    ),
    "a function's value replaced": (
        lt(5, 1),
        (Step("a", lt(f(t), 1), Combine(((1, "h"),))), *one(lt(5, 1), Instance("a", {f(t): 5}))),
        {"h": lt(f(t), 1)},
    ),
    "a hypothesis under a limit": (
        eq(sp.Limit(1 / n, n, sp.oo), sp.Rational(1, 3)),
        one(eq(sp.Limit(1 / n, n, sp.oo), sp.Rational(1, 3)), Identity(("h",))),
        {"h": eq(n, 3)},
    ),
    "an equation is not eventual": (
        eq(sp.Limit(5 / x, x, sp.oo), 1),
        (
            Step("a", le(1, 5 / x), Combine(((-1 / x, "@0"),)), (eq(x, 5),)),
            Step("b", le(5 / x, 1), Combine(((1 / x, "@0"),)), (eq(x, 5),)),
            *one(eq(sp.Limit(5 / x, x, sp.oo), 1), Squeeze("a", "b")),
        ),
    ),
    "a limit that sympy cannot take": (
        eq(sp.Limit(f(x), x, sp.oo), sp.Limit(f(x), x, sp.oo)),
        one(eq(sp.Limit(f(x), x, sp.oo), sp.Limit(f(x), x, sp.oo)), Limiting()),
    ),
    "a random coefficient": (
        eq(sp.Function("E", real=True)(Z * x), Z * x),
        one(eq(sp.Function("E", real=True)(Z * x), Z * x), Axiom("linearity of E", ((Z * x, 1),))),
    ),
    "a bound that depends on the index": (
        le(x, 1 / t),
        one(le(x, 1 / t), Axiom("maximum, a bound of", (x, t, n, 1 / t), ("h",))),
        {"h": le(x, 1 / t)},
    ),
    "the greatest index at any number": (
        le(50, 1),
        (
            Step("a", le(k / 2, 1), Axiom("greatest index", (t / 2, t, k, n, 0), ("h", "g"))),
            *one(le(50, 1), Instance("a", {k: 100})),
        ),
        {"h": le(1, n / 2), "g": le(2, n)},
    ),
    "Cauchy-Schwarz across a pole": (
        le(4, -sp.Rational(4, 3)),
        one(
            le(4, -sp.Rational(4, 3)),
            Axiom(
                "Cauchy-Schwarz", (u**-2, u, sp.Integer(-1), sp.Integer(1), -1 / u, -1 / (3 * u**3))
            ),
        ),
    ),
    "two sums as one": (
        le(sp.Sum(1, (t, 1, 2), (k, 1, 3)), 2),
        one(le(sp.Sum(1, (t, 1, 2), (k, 1, 3)), 2), Enclosure()),
    ),
    "floating-point numbers": (
        lt(sp.Rational(3, 10), u),
        one(lt(sp.Rational(3, 10), u), Combine(((1, "h"),))),
        {"h": le(sp.Float("0.1") * 3, u)},
    ),
    "congruence under a binder": (
        eq(sp.Function("M", real=True)(x, x), sp.Function("M", real=True)(3, x)),
        one(
            eq(sp.Function("M", real=True)(x, x), sp.Function("M", real=True)(3, x)),
            Congruence(("h",)),
        ),
        {"h": eq(x, 3)},
    ),
    "a direction that the path does not know": (
        eq(E_path(dot(Z, Y)), dot(E_path(Z), Y)),
        one(eq(E_path(dot(Z, Y)), dot(E_path(Z), Y)), Axiom("taking out what is known", (Z, Y))),
    ),
    "a function of the path known given X_t alone": (
        eq(E(ON_PATH * 1), ON_PATH),
        one(eq(E(ON_PATH * 1), ON_PATH), Axiom("linearity of E", ((ON_PATH, 1),))),
    ),
    "a law at a row that the pairing leaves out": (
        eq(law(slot(Z, PAIRING)), law(Z)),
        one(eq(law(slot(Z, PAIRING)), law(Z)), Axiom("exchangeability", (Z, PAIRING, ROWS))),
    ),
    "a pairing taken for none": (
        eq(mean(batch_mean(Y, Z, PAIRING)), mean(sp.Abs(Y - Z))),
        one(
            eq(mean(batch_mean(Y, Z, PAIRING)), mean(sp.Abs(Y - Z))),
            Axiom("unpaired batch", (Y, Z)),
        ),
    ),
    "dependent vectors added as independent ones": (
        eq(law(Z + Y), law(Z + N)),
        one(
            eq(law(Z + Y), law(Z + N)),
            Axiom("sum of independent vectors", (1, Z, Z, 1, Y, N), ("same", "h")),
        ),
        {"h": eq(law(Y), law(N)), "same": eq(law(Z), law(Z))},
    ),
    "vectors that are not normal added as normals": (
        eq(law(Z + 3 * N + 4 * Y), law(Z + 5 * N)),
        one(
            eq(law(Z + 3 * N + 4 * Y), law(Z + 5 * N)),
            Axiom("sum of independent normals", (1, Z, 3, N, 4, Y)),
        ),
    ),
    "a random number taken for a known one": (
        eq(mean(Z), Z),
        one(eq(mean(Z), Z), Axiom("mean of a number", (Z,))),
    ),
    "an expectation's order at every draw": (
        le(mean(Z), mean(Y)),
        one(le(mean(Z), mean(Y)), Axiom("the mean is monotone", (Z, Y), ("h",))),
        {"h": le(mean(Z), mean(2 * Y))},
    ),
    "a norm by its mean": (
        le(norm(Z), norm(Y)),
        one(le(norm(Z), norm(Y)), Axiom("the norm is monotone", (Z, Y), ("h",))),
        {"h": le(Z, Y)},
    ),
    "a product of numbers of either sign": (
        le(product_of(u, t), x),
        one(le(product_of(u, t), x), Axiom("arithmetic and geometric mean", (u, t))),
    ),
    "between strict and equal": (
        eq(u, 0),
        one(eq(u, 0), Between("a", "b")),
        {"a": le(0, u), "b": le(-1, u)},
    ),
}


@pytest.mark.parametrize("name", FALSE)
def test_false_statements_are_not_proved(name):
    """Each is what a rule with the named carelessness would let through."""
    states, steps, *more = FALSE[name]
    claim = Claim("x", name, (states,), "tests", *more[:2], steps=steps)
    assert prove_all(["x"], library=[claim])[0].status != PROVED


def test_claims_that_use_each_other_are_not_proved():
    """A circle proves nothing, and ends."""
    wrong = le(1, 0)
    first = Claim("a", "", (wrong,), "", steps=one(wrong, Instance("b")))
    second = Claim("b", "", (wrong,), "", steps=one(wrong, Instance("a")))
    assert all(result.status != PROVED for result in prove_all(library=[first, second]))


def test_parameters_do_not_depend_on_the_index():
    """A lemma about one r says nothing of an r that moves with t."""
    p = sp.Symbol("p", real=True)
    constant = eq(f(t), f(1))
    lemma = Claim(
        "L",
        "",
        (constant,),
        "",
        definitions={"f": eq(f(t), p)},
        steps=(
            Step("now", eq(f(t), p), Definition("f", {})),
            Step("first", eq(f(1), p), Definition("f", {t: 1})),
            Step("s", constant, Identity(("now", "first"))),
        ),
    )
    wrong = Claim(
        "x",
        "",
        (constant,),
        "",
        definitions={"f": eq(f(t), t)},
        steps=one(constant, Instance("L", {p: t})),
    )
    proofs = prove_all(library=[lemma, wrong])
    results = {proof.claim.id: proof.status for proof in proofs}
    assert results["L"] == PROVED
    assert results["x"] != PROVED


def test_a_statement_is_needed():
    """A claim that states nothing is refused."""
    with pytest.raises(ValueError, match="states nothing"):
        prove_all(library=[Claim("x", "", (), "")])


def test_true_claims_are_not_refuted():
    """Trial points outside a symbol's assumptions are passed over."""
    claim = Claim("x", "", (le(0, x),), "", trials=({x: -1},))
    assert prove_all(library=[claim])[0].status == "UNDECIDED"
