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
        return item.func(through(item.lhs, change), through(item.rhs, change), evaluate=False)
    if isinstance(item, sp.Basic):
        return change(item)
    if dataclasses.is_dataclass(item):
        return dataclasses.replace(
            item,
            **{f.name: through(getattr(item, f.name), change) for f in dataclasses.fields(item)},
        )
    if isinstance(item, tuple):
        return tuple(through(part, change) for part in item)
    if isinstance(item, dict):
        return {key: through(value, change) for key, value in item.items()}
    return item


def replaced(claim: Claim, old: Any, new: Any, statement_only: bool = False) -> Claim:
    """old -> new everywhere (or in the statement and the steps that state it)."""
    old, new = sp.sympify(old), sp.sympify(new)

    def change(expression: Any) -> Any:
        return expression.xreplace({old: new})

    found = (
        restated(claim, lambda part: through(part, change))
        if statement_only
        else through(claim, change)
    )
    assert found != claim, f"{old} does not occur in {claim.id}"
    return found


def restated(claim: Claim, change: Any) -> Claim:
    """The statement changed, and with it the steps that state it."""
    new = {part: change(part) for part in claim.statement}
    steps = tuple(
        dataclasses.replace(s, states=new[s.states]) if s.states in new and not s.given else s
        for s in claim.steps
    )
    return dataclasses.replace(claim, statement=tuple(new.values()), steps=steps)


def reversed_(claim: Claim) -> Claim:
    """Every inequality of the statement the other way round; an equation off by one."""

    def turn(part: Any) -> Any:
        if isinstance(part, sp.Eq):
            return eq(part.lhs, part.rhs + 1)
        return (lt if isinstance(part, (sp.Lt, sp.Gt)) else le)(part.rhs, part.lhs)

    return restated(claim, turn)


def without(claim: Claim, hypothesis: str) -> Claim:
    """A hypothesis dropped."""
    return dataclasses.replace(
        claim, hypotheses={k: v for k, v in claim.hypotheses.items() if k != hypothesis}
    )
