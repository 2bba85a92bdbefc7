"""Proving and refuting claims.

A claim is PROVED when each of its steps is a theorem of the kernel, theorems say its statement from
its hypotheses and definitions alone, and a witness meets these together. Otherwise a counterexample
is looked for at its trial points: hypotheses certainly true there, a part of the statement
certainly false, both by balls.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy as sp

from .claim import ASSUMED, PROVED, REFUTED, UNDECIDED, Claim, Outcome, Result, Step
from .context import Context, Unproved, known_facts
from .kernel.interval import Undefined, enclose
from .kernel.terms import Refused
from .kernel.theorem import Fact, Theorem
from .kernel.witness import World
from .sign import at, gap, strict, usual
from .witnesses import defining, witness, words

BEYOND_SYMPY = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)


def prove_claim(claim: Claim, known: Callable[[str], Result]) -> Result:
    """Check the steps in turn; `known` gives the result of another claim that is used."""
    start = time.perf_counter()

    def result(status: str, axioms: tuple[str, ...], method: str, **more: Any) -> Result:
        more.setdefault("defines", defining(claim))
        return Result(claim, status, axioms, method, time.perf_counter() - start, **more)

    if claim.assumed:
        return result(ASSUMED, (), "assumed")
    if not claim.statement:
        raise ValueError(f"{claim.id} states nothing")
    outcomes, theorems = _outcomes(claim, known)
    axioms = tuple(sorted({axiom for outcome in outcomes for axiom in outcome.axioms}))
    if outcomes and all(o.checked for o in outcomes) and len(theorems) == len(claim.statement):
        facts = frozenset(f for theorem in known_facts(claim).values() for f in theorem.given)
        world = witness(claim, sorted(facts, key=str), known)
        if world is not None:
            return result(
                PROVED,
                axioms,
                _method(outcomes),
                outcomes=tuple(outcomes),
                theorems=tuple(theorems),
                witness=words(world),
                defines=_defines(claim, world),
            )
        nothing = "no world is known in which hypotheses and definitions hold together"
        outcomes.append(Outcome("witness", False, "witness", reason=nothing))
    found = counterexample(claim)
    if found:
        return result(REFUTED, (), "counterexample", outcomes=tuple(outcomes), counterexample=found)
    return result(UNDECIDED, axioms, _method(outcomes), outcomes=tuple(outcomes))


def _defines(claim: Claim, world: World) -> tuple[str, ...]:
    """The names of the facts that the witness's world takes as definitions."""
    used = {fact for group in world.definitions for fact, _ in group}
    facts = known_facts(claim)
    return tuple(name for name in claim.definitions if facts[name].given <= used)


def counterexample(claim: Claim) -> str:
    """A trial point where the hypotheses certainly hold and a part of the statement certainly
    fails, in words; or nothing.
    """
    for point in claim.trials:
        if not all(_admits(symbol, sp.sympify(value)) for symbol, value in point.items()):
            continue
        try:
            if all(_truth(h, point, claim) for h in claim.hypotheses.values()):
                for part in claim.statement:
                    if _truth(part, point, claim) is False:
                        return _words(part, point, claim)
        except Undefined:
            continue
    return ""


def _outcomes(claim: Claim, known: Callable[[str], Result]) -> tuple[list[Outcome], list[Theorem]]:
    names = [*claim.hypotheses, *claim.definitions, *(step.name for step in claim.steps)]
    if len(set(names)) < len(names):
        raise ValueError(
            f"{claim.id} names two facts alike:"
            f" {sorted(n for n in set(names) if names.count(n) > 1)}"
        )
    used: list[str] = []

    def other(id: str, part: int) -> Theorem:
        result = known(id) if id != claim.id else None
        if result is None or result.status != PROVED:
            raise Unproved(f"{id} is neither an earlier step nor another claim that is proved")
        used.append(id)
        return result.theorems[part]

    try:
        facts = known_facts(claim)
    except Refused as reason:
        return [Outcome("hypotheses", False, "language", reason=str(reason))], []
    allowed = frozenset(Fact(usual(h)) for h in claim.hypotheses.values())
    allowed |= frozenset(fact for theorem in facts.values() for fact in theorem.given)
    context, outcomes = Context(claim, other, facts, allowed), []
    for step in claim.steps:
        used.clear()
        outcome, theorem = _outcome(step, context)
        outcomes.append(Outcome(**vars(outcome) | {"claims": tuple(dict.fromkeys(used))}))
        if theorem is not None:
            context.steps[step.name] = (theorem, tuple(map(usual, step.given)))
    return outcomes, _stated(claim, context)


def _outcome(step: Step, context: Context) -> tuple[Outcome, Theorem | None]:
    try:
        here = context.step(step.given)
        theorem = here.settled(step.rule.theorem(usual(step.states), here), usual(step.states))
    except (Refused, Unproved) as reason:
        return Outcome(step.name, False, step.rule.method, reason=str(reason)), None
    except BEYOND_SYMPY as error:
        words = f"{type(error).__name__}: {error}"
        return Outcome(step.name, False, step.rule.method, reason=words), None
    return Outcome(step.name, True, step.rule.method, tuple(sorted(theorem.axioms))), theorem


def _stated(claim: Claim, context: Context) -> list[Theorem]:
    """For each part of the statement a theorem that says it from the claim's facts alone."""
    found = []
    for part in claim.statement:
        for theorem, _ in context.steps.values():
            if theorem.states == usual(part) and theorem.given <= context.allowed:
                found.append(theorem)
                break
    return found


def _method(outcomes: Sequence[Outcome]) -> str:
    return ", ".join(dict.fromkeys(o.method.partition(" ")[0] for o in outcomes))


def _truth(relation: Any, point: Mapping[Any, Any], claim: Claim) -> bool | None:
    value = _value(relation, point, claim)
    if isinstance(relation, sp.Eq):
        return False if value > 0 or value < 0 else None
    certain = strict(usual(relation))
    if value > 0 or (not certain and value >= 0):
        return True
    return False if value < 0 or (certain and value <= 0) else None


def _value(relation: Any, point: Mapping[Any, Any], claim: Claim) -> Any:
    formulas = {}
    for f, rule in claim.formulas.items():
        values = {symbol: value for symbol, value in point.items() if symbol not in rule.variables}
        formulas[f] = sp.Lambda(rule.variables, rule.expr.subs(values))
    return enclose(gap(at(relation, point)), {}, formulas)


def _admits(symbol: Any, value: Any) -> bool:
    """The value meets the symbol's assumptions."""
    told = {name for name, holds in symbol._assumptions_orig.items() if holds} - {"commutative"}
    return all(getattr(value, f"is_{name}") is True for name in told)


def _words(part: Any, point: Mapping[Any, Any], claim: Claim) -> str:
    where = ", ".join(f"{symbol} = {value}" for symbol, value in point.items())
    value = _value(part, point, claim)
    low, high = (end.mid().str(12, radius=False) for end in (value.lower(), value.upper()))
    return f"at {where}: {sp.sstr(part)} has the gap {low} to {high}"
