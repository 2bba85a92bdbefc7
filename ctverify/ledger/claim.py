"""A claim: what is stated, under which hypotheses, from which source, and the steps of its proof.

    PROVED     every step was checked by the machine, from the hypotheses, proved claims and
               listed axioms, and a witness meets the hypotheses and definitions together
    REFUTED    a point of the stated domain where the statement is false, in interval arithmetic
    UNDECIDED  neither: a step does not check, or is argued by a person
    ASSUMED    a hypothesis of the theorem, or a reading of a text that was not at hand

A statement is a sympy relation (or several), true for all values of its symbols that meet their
assumptions and the hypotheses. Functions such as q(t) are given by definitions, equations that hold
at every index t = 1, 2, ...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from ..core.signatures import checked
from .kernel.theorem import Theorem
from .rules import Rule

PROVED, REFUTED = "PROVED", "REFUTED"
UNDECIDED, ASSUMED = "UNDECIDED", "ASSUMED"


@checked
@dataclass(frozen=True)
class Step:
    """`states` follows, where `given` holds, by `rule` (which names the facts that it uses)."""

    name: str
    states: Any
    rule: Rule
    given: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Witness:
    """A world in which a claim's hypotheses and definitions hold together (kernel/witness.py), or
    what of it is not looked for; values: of symbols, random ones a value at each point, and
    functions (variables and value, or one number); lemmas: claims, with values of their symbols,
    that show what it needs.
    """

    values: Mapping[Any, Any] = field(default_factory=dict)
    points: int = 1
    known: tuple[tuple[tuple[int, ...], ...], ...] = ()
    first: Mapping[tuple[Any, int, int], tuple[tuple[Any, ...], Any]] = field(default_factory=dict)
    lemmas: tuple[tuple[str, Mapping[Any, Any]], ...] = ()

    def having(
        self, values: Mapping[Any, Any], first: Mapping[tuple[Any, int, int], Any] | None = None
    ) -> Witness:
        """The world with other or further values."""
        return replace(
            self, values={**self.values, **values}, first={**self.first, **(first or {})}
        )


@checked
@dataclass(frozen=True)
class Claim:
    """id; title in words; statement: sympy relations, all of which hold; hypotheses by name;
    definitions by name, each an equation valid for every positive integer index; source; steps;
    formulas: function -> Lambda, to evaluate at a point; trials: points where a counterexample is
    looked for; expects: the status that the ledger expects; fixed: numbers in the definitions that
    are no index, one for the whole claim (a dimension); witness: where hypotheses
    and definitions hold together.
    """

    id: str
    title: str
    statement: tuple[Any, ...]
    source: str
    hypotheses: Mapping[str, Any] = field(default_factory=dict)
    definitions: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    formulas: Mapping[Any, sp.Lambda] = field(default_factory=dict)
    trials: tuple[Mapping[Any, Any], ...] = ()
    expects: str = PROVED
    assumed: str = ""
    fixed: tuple[Any, ...] = ()
    witness: Witness = field(default_factory=Witness)

    @property
    def tautology(self) -> bool:
        """Whether it only says how something is written: both sides of each equation are one."""
        return bool(self.statement) and all(
            isinstance(part, sp.Eq) and part.lhs == part.rhs for part in self.statement
        )


@dataclass(frozen=True)
class Outcome:
    """What became of one step: checked or not, by which method, on which axioms and claims, and the
    reason if not.
    """

    name: str
    checked: bool
    method: str
    axioms: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    reason: str = ""


@checked
@dataclass(frozen=True)
class Result:
    """The status of a claim with its evidence: outcomes of the steps, axioms it rests on, or a
    counterexample; defines: the names of the claim's definitions that define a function, as the
    kernel found; the others are hypotheses, at every index.
    """

    claim: Claim
    status: str
    axioms: tuple[str, ...]
    method: str
    seconds: float
    outcomes: tuple[Outcome, ...] = ()
    counterexample: str = ""
    witness: str = ""
    defines: tuple[str, ...] = ()
    theorems: tuple[Theorem, ...] = field(default=(), compare=False, repr=False)

    @property
    def definitions(self) -> dict[str, Any]:
        """What defines a function, by name."""
        return {n: part for n, part in self.claim.definitions.items() if n in self.defines}

    @property
    def everywhere(self) -> dict[str, Any]:
        """The hypotheses at every index, by name."""
        return {n: part for n, part in self.claim.definitions.items() if n not in self.defines}

    @property
    def expected(self) -> bool:
        return self.status == self.claim.expects

    def to_dict(self) -> dict[str, Any]:
        """The claim's entry of the schema ctverify/ledger/2."""
        claim = self.claim
        return {
            "id": claim.id,
            "title": claim.title,
            "status": self.status,
            "expected": claim.expects,
            "axioms": list(self.axioms),
            "claims": sorted({name for outcome in self.outcomes for name in outcome.claims}),
            "method": self.method,
            "seconds": round(self.seconds, 3),
            "statement": [sp.sstr(part) for part in claim.statement],
            "hypotheses": {name: sp.sstr(part) for name, part in claim.hypotheses.items()},
            "everywhere": {name: sp.sstr(part) for name, part in self.everywhere.items()},
            "definitions": {name: sp.sstr(part) for name, part in self.definitions.items()},
            "tautology": claim.tautology,
            "assumed": claim.assumed,
            "witness": self.witness,
            "source": claim.source,
            "steps": [
                _step(step, outcome)
                for step, outcome in zip(claim.steps, self.outcomes, strict=False)
            ],
            "counterexample": self.counterexample,
        }


def _step(step: Step, outcome: Outcome) -> dict[str, Any]:
    from .words import reason

    return vars(outcome) | {
        "axioms": list(outcome.axioms),
        "claims": list(outcome.claims),
        "states": sp.sstr(step.states),
        "given": [sp.sstr(condition) for condition in step.given],
        "by": reason(step.rule),
    }
