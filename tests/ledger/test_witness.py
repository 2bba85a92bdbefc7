"""Witnesses: a world is accepted only where every fact is true in it, at every index.

Facts that contradict each other have none; and a world cannot cheat: no function is defined twice,
by itself, or otherwise than its facts say, no letter of the axioms has a meaning of its own.
"""

from dataclasses import replace

import pytest
import sympy as sp

from ctverify.ledger import PROVED, Claim, Step, prove_all
from ctverify.ledger.axioms import E_from, J, Normal, Random, dot, law, mean, norm, tr_cov
from ctverify.ledger.kernel.interval import Undefined
from ctverify.ledger.kernel.terms import Refused
from ctverify.ledger.kernel.theorem import Fact, assume
from ctverify.ledger.kernel.witness import Reading, World
from ctverify.ledger.rules import Combine, Definition
from ctverify.ledger.sign import eq, le, lt
from ctverify.ledger.subjects.any_target import MODEL, TWO_SIGNS, X, draw
from ctverify.ledger.subjects.theorem_a import EVERYTHING, WORLD, d, u, z

from .proofs import BY_ID, proof

t, i, n = sp.symbols("t i n", integer=True, positive=True)
x, y = sp.symbols("x y", real=True)
p = sp.Symbol("p", positive=True)
f, g, h = (sp.Function(name, real=True) for name in "fgh")
low = sp.Function("low", nonnegative=True)
Y, Z = Random("Y", real=True), Random("Z", real=True)
N = Normal("N", real=True)
WRONG = le(1, 0)
EVERY = frozenset({t})


def every(relation):
    """The fact at every index."""
    return Fact(relation, EVERY & relation.free_symbols)


def defined(*equations):
    """The equations as definitions of the functions on their left, in order."""
    groups = {}
    for equation in equations:
        groups.setdefault(equation.lhs.func, []).append((every(equation), equation.lhs))
    return tuple(map(tuple, groups.values()))


def world(numbers, formulas=None, definitions=(), **more):
    """A world, its numbers as sympy's."""
    exact = {
        symbol: tuple(map(sp.sympify, value)) if isinstance(value, tuple) else sp.sympify(value)
        for symbol, value in numbers.items()
    }
    return World(exact, formulas or {}, definitions, **more)


def met(facts, world, show=lambda relations, true: None):
    """Whether the kernel accepts the world."""
    try:
        return Reading(world, show).meets(facts)
    except (Refused, Undefined, ArithmeticError, TypeError, ValueError):
        return False


FROM_ONE = (eq(f(1), 1), eq(f(t + 1), f(t) + 1))


def test_a_recursion_and_what_follows_from_it():
    """What the checker is to accept: a recursion, a number of its own, an order at every index."""
    counting = world({n: 7}, {}, defined(*FROM_ONE))
    assert met({*map(every, FROM_ONE), Fact(eq(f(n), 7))}, counting)
    assert met({*map(every, FROM_ONE), Fact(le(f(n), 7))}, counting)
    assert not met({*map(every, FROM_ONE), Fact(le(f(n), 6))}, counting)
    named = world({x: f(30) ** 2}, {}, defined(*FROM_ONE))
    assert met({*map(every, FROM_ONE), Fact(eq(x, f(30) ** 2))}, named)
    assert met({every(lt(0, low(t)))}, world({}, {low: ((x,), 1 / (1 + x**2))}))


CONTRADICTORY = {
    # definitions that a claim may state; hypotheses
    "at the fifth index": (FROM_ONE, {"c": eq(f(5), 4)}),
    "at every index, from the fifth on": ((*FROM_ONE, le(f(t), 4)), {}),
    "at the thirtieth index": ((*FROM_ONE, lt(f(t), 30)), {}),
    "a function that is its own successor": ((eq(f(t), f(t) + 1),), {}),
    "two starts": ((*FROM_ONE, eq(f(1), 2)), {}),
    "two steps": ((*FROM_ONE, eq(f(t + 1), f(t) + 2)), {}),
    "backwards": ((eq(f(1), 0), eq(f(t), f(t + 1) + 1), le(0, f(t))), {}),
    "a circle of two": ((eq(f(t), g(t) + 1), eq(g(t), f(t) + 1)), {}),
    "below its sort": ((eq(low(1), 0), eq(low(t + 1), low(t) - 1)), {}),
    "a pole": ((eq(f(t), 1 / (t - 3)),), {}),
    "a logarithm of 0": ((eq(f(1), 1), eq(f(t + 1), sp.log(f(t)))), {}),
    "a number of no index": ((eq(f(t), n),), {"a": eq(f(1), 1), "b": eq(n, 2)}),
    "a known vector of another value": (
        (eq(E_from(X(t), t), X(t)),),
        {"a": eq(E_from(X(1), 1), 2 * X(1)), "b": lt(0, norm(X(1)))},
    ),
    "a guess longer than what is guessed": (
        (eq(E_from(X(t), t), X(t)),),
        {"a": lt(norm(X(1)), norm(E_from(X(1), 2)))},
    ),
    "spread that grows with what is forgotten": ((), {"a": lt(tr_cov(Y), tr_cov(E_from(Y, n)))}),
    "a mean above the length": ((), {"a": lt(mean(sp.Abs(Y)), mean(Y))}),
    "Cauchy-Schwarz": ((), {"a": lt(norm(Y) * norm(Z), mean(dot(Y, Z)))}),
    "a square below 0": ((), {"a": lt(norm(Y) ** 2, 0)}),
    "uncorrelated with itself": ((), {"a": eq(mean(dot(Y, Y)), 0), "b": eq(norm(Y), 1)}),
    "two lengths": ((), {"a": eq(norm(Y), 1), "b": eq(norm(Y), 2)}),
}


@pytest.mark.parametrize("name", CONTRADICTORY)
def test_contradictory_facts_have_no_witness(name):
    """From a contradiction the kernel derives anything; without a witness it is not PROVED."""
    definitions, hypotheses = CONTRADICTORY[name]
    claim = Claim(
        "x",
        name,
        (le(0, 0),),
        "tests",
        hypotheses,
        {f"{i}": fact for i, fact in enumerate(definitions)},
        steps=(Step("s", le(0, 0), Combine()),),
    )
    result = prove_all(["x"], library=[claim, BY_ID["calculus.log"]])[0]
    assert result.status != PROVED
    assert [outcome.name for outcome in result.outcomes if not outcome.checked] == ["witness"]


def test_a_contradiction_at_a_late_index():
    """1 <= 0 from f(t) = t and f(t) <= 4, which the first four indices do not show."""
    steps = (
        Step("two", eq(f(2), f(1) + 1), Definition("b", {t: 1})),
        Step("three", eq(f(3), f(2) + 1), Definition("b", {t: 2})),
        Step("four", eq(f(4), f(3) + 1), Definition("b", {t: 3})),
        Step("five", eq(f(5), f(4) + 1), Definition("b", {t: 4})),
        Step("most", le(f(5), 4), Definition("c", {t: 5})),
        Step("s", WRONG, Combine(((1, "most"),), using=("five", "four", "three", "two", "a"))),
    )
    definitions = {"a": FROM_ONE[0], "b": FROM_ONE[1], "c": le(f(t), 4)}
    claim = Claim("x", "", (WRONG,), "tests", definitions=definitions, steps=steps)
    result = prove_all(["x"], library=[claim, BY_ID["calculus.log"]])[0]
    assert all(outcome.checked for outcome in result.outcomes[:-1])
    assert result.status != PROVED


RULES = frozenset(map(every, FROM_ONE))
HALVES = (((0,), (1,)), ((0, 1),))
CHEATS = {
    # facts, world
    "a formula for a function that is defined": (
        {*RULES, Fact(eq(f(2), 5))},
        world({}, {f: ((x,), sp.Integer(5))}, defined(*FROM_ONE)),
    ),
    "a formula that is not what the facts say": (RULES, world({}, {f: ((x,), 2 * x)})),
    "a definition that is no fact": ({every(eq(f(1), 2))}, world({}, {}, defined(FROM_ONE[0]))),
    "a definition and another one": (
        {*RULES, every(eq(f(t), t + 1))},
        world({}, {}, (*defined(*FROM_ONE), *defined(eq(f(t), t + 1)))),
    ),
    "definitions that overlap": (
        {every(eq(f(1), 1)), every(eq(f(t), 2))},
        world({}, {}, defined(eq(f(1), 1), eq(f(t), sp.Integer(2)))),
    ),
    "a definition by what comes later": (
        {every(eq(f(t), f(t + 1) + 1))},
        world({}, {}, defined(eq(f(t), f(t + 1) + 1))),
    ),
    "a definition by way of a formula": (
        {every(eq(f(t), g(t) + 1))},
        world({}, {g: ((x,), f(x))}, defined(eq(f(t), g(t) + 1))),
    ),
    "a definition by way of a number": (
        {every(eq(f(t), x + 1)), Fact(eq(x, f(1)))},
        world({x: f(1)}, {}, defined(eq(f(t), x + 1))),
    ),
    "a number by way of itself": ({Fact(eq(x, x + 0 * y))}, world({x: x, y: 0})),
    "a definition that is an order": (
        {every(le(f(t), 0)), Fact(eq(f(1), 1))},
        world({}, {}, (((every(le(f(t), 0)), f(t)),),)),
    ),
    "a definition of another index": (
        {Fact(eq(f(t), i), frozenset({t, i}))},
        world({}, {}, (((Fact(eq(f(t), i), frozenset({t, i})), f(t)),),)),
    ),
    "a definition of one number's value": (
        {Fact(eq(f(n), 1)), Fact(eq(f(n), 2))},
        world({n: 3}, {}, (((Fact(eq(f(n), 1)), f(n)),),)),
    ),
    "a meaning of its own for a length": (
        {Fact(eq(norm(Y), -1))},
        world({Y: (1,)}, {norm: ((x,), sp.Integer(-1))}),
    ),
    "a definition of a length": (
        {Fact(eq(norm(Y), 5), frozenset())},
        world({Y: (1,)}, {}, (((Fact(eq(norm(Y), 5)), norm(Y)),),)),
    ),
    "a number for an integral": (
        {Fact(eq(J(1, x, x, x), 5))},
        world({J(1, x, x, x): sp.Integer(5), x: 1}),
    ),
    "a number for what is computed": ({Fact(eq(f(1), 5))}, world({f(1): sp.Integer(5)})),
    "a number of another sort": ({Fact(le(p, 0))}, world({p: sp.Integer(-1)})),
    "half an index": ({Fact(eq(n, sp.Rational(1, 2)))}, world({n: sp.Rational(1, 2)})),
    "a formula below its sort": ({every(le(low(t), -1))}, world({}, {low: ((x,), -x)})),
    "a formula that moves with something else": ({every(eq(f(t), n))}, world({}, {f: ((x,), n)})),
    "poles that cancel": (
        {every(eq(1 / f(t) - 1 / g(t), 0))},
        world({}, {f: ((x,), x - 1), g: ((x,), x - 1)}),
    ),
    "a quotient of zeros": ({Fact(eq(x / y, 1))}, world({x: 0, y: 0})),
    "a vector without a value": ({Fact(eq(norm(Y), 0))}, world({Z: (1, 2)}, points=2)),
    "a constant standard normal vector": ({Fact(eq(norm(N), 1))}, world({N: (1,)})),
    "a normal vector that does not depend on itself": (
        {Fact(eq(sp.Function("dependence", nonnegative=True)(N, 2 * N), 0))},
        world({}),
    ),
    "one draw with two values": (
        {Fact(eq(X(1), Y))},
        world(
            {draw: (1,) * 2, Y: (0, 1)},
            {},
            (((Fact(eq(X(1), Y)), X(1)),),),
            points=2,
        ),
    ),
    "knowledge that grows": (
        {Fact(eq(E_from(Y, 1), 0)), Fact(eq(E_from(Y, 2), Y))},
        world({Y: (-1, 1)}, points=2, known=HALVES[::-1]),
    ),
    "knowledge of half the points": (
        {Fact(eq(E_from(Y, 1), 1))},
        world({Y: (-1, 1)}, points=2, known=(((1,),),)),
    ),
    "knowledge at no index": (
        {Fact(eq(E_from(Y, x), 0))},
        world({x: 0, Y: (-1, 1)}, points=2, known=HALVES),
    ),
    "laws by one value": (
        {Fact(eq(law(Y), law(Z)))},
        world({Y: (0, 1), Z: (0, 2)}, points=2),
    ),
    "another formula at the first index, left out": (
        {every(eq(f(t), 0))},
        world({}, {f: ((x,), sp.Integer(0))}, first={(f, 0, 1): ((x,), sp.Integer(1))}),
    ),
    "an order at every draw, by its mean": (
        {Fact(le(Y, 0))},
        world({Y: (-3, 1)}, points=2),
    ),
}


@pytest.mark.parametrize("name", CHEATS)
def test_worlds_that_cheat_are_refused(name):
    """Each is a world in which some fact is false, or none at all."""
    facts, cheat = CHEATS[name]
    assert not met(facts, cheat)


def test_what_shows_a_fact_rests_on_definitions_alone():
    """A theorem from the fact itself, or about something else, shows nothing."""
    order = le(f(t), 4)
    counting = world({}, {}, defined(*FROM_ONE))
    for theorem in (assume(order, {t}), assume(order), assume(le(f(t), 5), {t})):
        assert not met({*RULES, every(order)}, counting, lambda relations, true, th=theorem: th)
    for fake in (order, True):
        with pytest.raises((AttributeError, Refused)):
            Reading(counting, lambda relations, true, th=fake: th).meets({*RULES, every(order)})


FALSE_OF_THEOREM_A = {
    "more spread than there is": {"X_t known": eq(tr_cov(X(t)), 5)},
    "data and noise alike": {"u and z": eq(mean(dot(u, z)), 1)},
    "noise of another length": {"|z|^2": eq(norm(z) ** 2, 2)},
    "all is known": {"u known": eq(E_from(u, t + 1), u)},
    "nothing is known": {"u known": eq(E_from(u, t + 1), 0)},
}


@pytest.mark.parametrize("name", FALSE_OF_THEOREM_A)
def test_the_world_of_theorem_a_is_no_other(name):
    """The flagship's witness does not meet facts that are false in it."""
    claim = replace(BY_ID["theorem_A"], definitions=EVERYTHING | FALSE_OF_THEOREM_A[name])
    assert claim.witness is WORLD
    assert d in claim.fixed
    claim = replace(claim, statement=(le(0, 0),), steps=(Step("s", le(0, 0), Combine()),))
    assert prove_all([claim.id], library=[claim, BY_ID["calculus.log"]])[0].status != PROVED


def test_the_worlds_of_theorem_a_are_random():
    """Data and noise have two values each, and something is lost: the theorems speak of more than
    constants.
    """
    model = {**MODEL, "lost": eq(norm(X(1) - E_from(X(1), 2)), 1)}
    claim = Claim(
        "x",
        "",
        (le(0, 0),),
        "tests",
        definitions=model,
        steps=(Step("s", le(0, 0), Combine()),),
        witness=TWO_SIGNS,
    )
    assert prove_all(["x"], library=[claim, BY_ID["calculus.log"]])[0].status == PROVED
    assert WORLD.points == 8


def test_every_theorem_has_a_witness():
    """A claim says in which world its hypotheses hold."""
    assert "f(k, value) = value/k" in proof("any.split").witness
