"""The ledger in JSON, schema ctverify/ledger/1: what `ctverify prove` writes, and the report reads.

Statements, hypotheses and steps are text, as sympy prints them; this module needs no sympy.
"""

from __future__ import annotations

from msgspec import Struct

from ..core.schemas import NonNegative

SCHEMA = "ctverify/ledger/1"


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
    """One claim: what it states, and what became of it."""

    id: str
    title: str
    status: str
    expected: str
    axioms: tuple[str, ...]
    method: str
    seconds: NonNegative
    statement: tuple[str, ...]
    hypotheses: dict[str, str]
    source: str
    steps: tuple[StepEntry, ...]
    counterexample: str


class LedgerFile(Struct, frozen=True, kw_only=True):
    """The claims that were checked; intervals: the arithmetic behind them, mpmath or arb."""

    claims: tuple[Entry, ...]
    intervals: str = ""
