"""The ledger in JSON, schema ctverify/ledger/2: what `ctverify prove` writes, and the report reads.

Statements, hypotheses and steps are text, as sympy prints them; this module needs no sympy.
"""

from __future__ import annotations

from msgspec import Struct

from ..core.schemas import NonNegative

SCHEMA = "ctverify/ledger/2"


class StepEntry(Struct, frozen=True, kw_only=True):
    """One step of a proof: what it states and where, by which rule, and what became of it."""

    name: str
    checked: bool
    method: str
    axioms: tuple[str, ...]
    claims: tuple[str, ...]
    reason: str
    states: str
    given: tuple[str, ...]
    by: str


class Entry(Struct, frozen=True, kw_only=True):
    """One claim: what it states and rests on, and what became of it; everywhere: hypotheses at
    every index; definitions: of functions; tautology: both sides are written alike, so that it is
    not counted; witness: a world in which hypotheses and definitions hold together.
    """

    id: str
    title: str
    status: str
    expected: str
    axioms: tuple[str, ...]
    claims: tuple[str, ...]
    method: str
    seconds: NonNegative
    statement: tuple[str, ...]
    hypotheses: dict[str, str]
    everywhere: dict[str, str] = {}
    definitions: dict[str, str]
    tautology: bool = False
    assumed: str
    witness: str
    source: str
    steps: tuple[StepEntry, ...]
    counterexample: str


class LedgerFile(Struct, frozen=True, kw_only=True):
    """The claims that were checked; versions: of ctverify and of the packages that are trusted."""

    claims: tuple[Entry, ...]
    versions: dict[str, str]
