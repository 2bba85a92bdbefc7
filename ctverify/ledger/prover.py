"""Proving and refuting claims.

A claim is PROVED when each of its steps checks, its last steps state its statement, and the claims
that it uses are PROVED. Otherwise a counterexample is looked for at its trial points: hypotheses
certainly true there, a part of the statement certainly false, both in interval arithmetic.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mpmath
import sympy as sp

from .claim import ASSUMED, PROVED, REFUTED, UNDECIDED, Claim, Outcome, Result, Step
from .context import Context
from .interval import Arithmetic, Undefined, enclose
from .rules import Basis, Unproved
from .sign import at, gap, strict

BEYOND_SYMPY = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)


def prove_claim(
    claim: Claim, over: Arithmetic, library: Mapping[str, Claim], known: Callable[[str], Result]
) -> Result:
    """Check the steps in turn; `known` gives the result of another claim that is used."""
    start = time.perf_counter()

    def result(status: str, axioms: tuple[str, ...], method: str, **more: Any) -> Result:
        return Result(claim, status, axioms, method, time.perf_counter() - start, **more)

    if claim.assumed:
        return result(ASSUMED, (), "assumed")
    if not claim.statement:
        raise ValueError(f"{claim.id} states nothing")
    outcomes, context = _outcomes(claim, over, library)
    used = [known(name) for name in dict.fromkeys(name for o in outcomes for name in o.claims)]
    axioms = tuple(
        sorted({a for o in outcomes for a in o.axioms} | {a for r in used for a in r.axioms})
    )
    gaps = [o for o in outcomes if not o.checked]
    stated = all(
        any(_states(step, part) for step in context.steps.values()) for part in claim.statement
    )
    if outcomes and not gaps and stated and all(r.status == PROVED for r in used):
        return result(PROVED, axioms, _method(outcomes), outcomes=tuple(outcomes))
    found = counterexample(claim, over)
    if found:
        return result(REFUTED, (), "counterexample", outcomes=tuple(outcomes), counterexample=found)
    return result(UNDECIDED, axioms, _method(outcomes), outcomes=tuple(outcomes))


def counterexample(claim: Claim, over: Arithmetic) -> str:
    """A trial point where the hypotheses certainly hold and a part of the statement certainly
    fails, in words; or nothing.
    """
    for point in claim.trials:
        if not all(_admits(symbol, sp.sympify(value)) for symbol, value in point.items()):
            continue
        try:
            if all(_truth(h, point, claim, over) for h in claim.hypotheses.values()):
                for part in claim.statement:
                    if _truth(part, point, claim, over) is False:
                        return _words(part, point, claim, over)
        except Undefined:
            continue
    return ""


def _outcomes(
    claim: Claim, over: Arithmetic, library: Mapping[str, Claim]
) -> tuple[list[Outcome], Context]:
    names = [*claim.hypotheses, *claim.definitions, *(step.name for step in claim.steps)]
    if len(set(names)) < len(names):
        raise ValueError(
            f"{claim.id} names two facts alike:"
            f" {sorted(n for n in set(names) if names.count(n) > 1)}"
        )
    context, outcomes = Context(claim, over, library), []
    for step in claim.steps:
        here = Context(claim, over, library, context.steps, context.introduced, step.given)
        try:
            basis: Basis = step.rule.check(step.states, here)
        except Unproved as reason:
            outcomes.append(Outcome(step.name, False, step.rule.method, reason=str(reason)))
        except BEYOND_SYMPY as error:
            outcomes.append(
                Outcome(
                    step.name, False, step.rule.method, reason=f"{type(error).__name__}: {error}"
                )
            )
        else:
            context.steps[step.name] = step
            outcomes.append(Outcome(step.name, True, step.rule.method, basis.axioms, basis.claims))
    return outcomes, context


def _states(step: Step, part: Any) -> bool:
    """The step says this part of the statement without conditions."""
    return not step.given and step.states == part


def _method(outcomes: Sequence[Outcome]) -> str:
    return ", ".join(dict.fromkeys(o.method.partition(" ")[0] for o in outcomes))


def _truth(relation: Any, point: Mapping[Any, Any], claim: Claim, over: Arithmetic) -> bool | None:
    sign = over.sign(_value(relation, point, claim, over))
    if isinstance(relation, sp.Eq):
        return False if abs(sign) == 2 else None
    if sign >= (2 if strict(relation) else 1):
        return True
    return False if sign <= (-1 if strict(relation) else -2) else None


def _value(relation: Any, point: Mapping[Any, Any], claim: Claim, over: Arithmetic) -> Any:
    formulas = {}
    for f, rule in claim.formulas.items():
        values = {symbol: value for symbol, value in point.items() if symbol not in rule.variables}
        formulas[f] = sp.Lambda(rule.variables, rule.expr.subs(values))
    return enclose(gap(at(relation, point)), over, {}, formulas)


def _admits(symbol: Any, value: Any) -> bool:
    """The value meets the symbol's assumptions."""
    told = {name for name, holds in symbol._assumptions_orig.items() if holds} - {"commutative"}
    return all(getattr(value, f"is_{name}") is True for name in told)


def _words(part: Any, point: Mapping[Any, Any], claim: Claim, over: Arithmetic) -> str:
    where = ", ".join(f"{symbol} = {value}" for symbol, value in point.items())
    low, high = over.ends(_value(part, point, claim, over))
    return f"at {where}: {sp.sstr(part)} has the gap {_digits(low)} to {_digits(high)}"


def _digits(end: Any) -> str:
    return (
        mpmath.nstr(mpmath.mpf(end._mpi_[0]), 12)
        if hasattr(end, "_mpi_")
        else str(end.mid().str(12, radius=False))
    )
