"""Wrong claims made from right ones: a change carried through statement, hypotheses and every step,
as an author would slip.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from ctverify.ledger import Claim
from ctverify.ledger.sign import eq, le, lt


def through(item: Any, change: Any) -> Any:
    """`change` applied to every sympy expression in a claim, a step, a rule or a tuple of them;
    relations stay as they stand.
    """
    if isinstance(item, Relational):
        left = through(item.lhs, change)
        right = through(item.rhs, change)
        return item.func(left, right, evaluate=False)
    if isinstance(item, sp.Basic):
        return change(item)
    if dataclasses.is_dataclass(item):
        fields = {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
        return dataclasses.replace(item, **through(fields, change))
    if isinstance(item, tuple):
        return tuple(through(part, change) for part in item)
    if isinstance(item, dict):
        return {key: through(value, change) for key, value in item.items()}
    return item


def replaced(claim: Claim, old: Any, new: Any, statement_only: bool = False) -> Claim:
    """old -> new everywhere (or in the statement and the steps that state it)."""
    replacement = {sp.sympify(old): sp.sympify(new)}

    def change(expression: Any) -> Any:
        return expression.xreplace(replacement)

    if statement_only:
        mutant = restated(claim, lambda part: through(part, change))
    else:
        mutant = through(claim, change)
    assert mutant != claim, f"{old} does not occur in {claim.id}"
    return mutant


def restated(claim: Claim, change: Any) -> Claim:
    """The statement changed, and with it the steps that state it."""
    new = {part: change(part) for part in claim.statement}
    steps = list(claim.steps)
    for i, step in enumerate(steps):
        if step.states in new and not step.given:
            steps[i] = dataclasses.replace(step, states=new[step.states])
    return dataclasses.replace(claim, statement=tuple(new.values()), steps=tuple(steps))


def reversed_(claim: Claim) -> Claim:
    """Every inequality of the statement the other way round; an equation off by one."""

    def turn(part: Any) -> Any:
        if isinstance(part, sp.Eq):
            return eq(part.lhs, part.rhs + 1)
        if isinstance(part, (sp.Lt, sp.Gt)):
            return lt(part.rhs, part.lhs)
        return le(part.rhs, part.lhs)

    return restated(claim, turn)


def without(claim: Claim, hypothesis: str) -> Claim:
    """A hypothesis dropped."""
    others = {name: part for name, part in claim.hypotheses.items() if name != hypothesis}
    return dataclasses.replace(claim, hypotheses=others)
