"""The ledger as a table for people and as JSON for programs."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import sympy as sp
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ..core.console import console
from ..core.version import __version__
from .claim import ASSUMED, PROVED, REFUTED, Result
from .schema import SCHEMA
from .words import reason

NOTE = (
    "Negative controls must be REFUTED. Schedule (23): r = c1 log T/T, b = beta_1 = T^-c0, m_t ="
    " min(b (1+r)^t, 1), beta_t = r m_t; hypotheses in brackets,"
    " definitions in braces. `ctverify prove --all` lists every claim,"
    " `ctverify prove CLAIM` shows its steps."
)
# what a reader asks for first
HEADLINES = (
    "theorem_A",
    "theorem_A.star",
    "theorem_A.23",
    "theorem_A.start",
    "theorem_A.steps",
    "any.loss",
    "any.spread",
    "theorem_A2",
    "theorem_B",
    "theorem_D",
    "gaussian.theorem",
    "explicit.theorem",
    "gaussian.necessary",
    "certificate.sum",
    "trajectory.sum",
    "theorem1.24",
)
COLOURS = {PROVED: "green", REFUTED: "red", ASSUMED: "cyan"}


def to_dict(results: Sequence[Result]) -> dict[str, Any]:
    """The ledger as JSON values.

    Arguments:
        results: what became of each claim.

    Returns:
        The schema ctverify/ledger/2 (schema.py).
    """
    return {
        "schema": SCHEMA,
        "versions": {
            "ctverify": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in ("sympy", "python-flint")},
        },
        "claims": [result.to_dict() for result in results],
    }


def show(results: Sequence[Result], details: bool, every: bool = True) -> None:
    """Print what became of claims.

    Arguments:
        results: one or more of them.
        details: every hypothesis and step too, as always for a claim that came out otherwise than
            expected.
        every: the table of all; else counts by subject, and the headline theorems.
    """
    parts: list[Any] = [_table(results)]
    if not every:
        found = {result.claim.id: result for result in results}
        headlines = [found[name] for name in HEADLINES if name in found]
        parts = [_subjects(results), Text(""), _table(headlines)]
    parts += [_details(result) for result in results if details or not result.expected]
    console().print(Group(*parts, _summary(results)))


def _subjects(results: Sequence[Result]) -> Table:
    """How many claims of each subject came out how."""
    states = list(dict.fromkeys(result.status for result in results))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("subject")
    for state in states:
        table.add_column(state, justify="right", style=COLOURS.get(state, "yellow"))
    for subject in dict.fromkeys(_subject(result) for result in results):
        own = Counter(result.status for result in results if _subject(result) == subject)
        table.add_row(subject, *(f"{own[state]}" if own[state] else "" for state in states))
    return table


def _subject(result: Result) -> str:
    return result.claim.id.partition(".")[0]


def _table(results: Sequence[Result]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("status", no_wrap=True)
    table.add_column("claim", overflow="fold", ratio=3)
    table.add_column("method, and the axioms it rests on", overflow="fold", ratio=2)
    table.add_column("seconds", justify="right", no_wrap=True)
    before = None
    for result in results:
        subject = _subject(result)
        if before not in (None, subject):
            table.add_row("")
        before = subject
        claim = Text(result.claim.id, style="bold").append(
            f"  {result.claim.title}", style="not bold"
        )
        for names, opened, closed in (
            (result.claim.hypotheses, "[", "]"),
            (result.everywhere, "for every index [", "]"),
            (result.definitions, "{", "}"),
        ):
            if names:
                claim.append(f"  {opened}{', '.join(names)}{closed}", style="not bold dim")
        on = f"; on {', '.join(result.axioms)}" if result.axioms else ""
        table.add_row(
            _status(result),
            claim,
            Text(result.method).append(on, style="dim"),
            f"{result.seconds:.2f}",
        )
    return table


def _status(result: Result) -> Text:
    if result.expected:
        return Text(result.status, style=COLOURS.get(result.status, "yellow"))
    return Text(f"{result.status}, not {result.claim.expects}", style="bold red")


def _details(result: Result) -> Group:
    claim = result.claim
    lines = [Text(f"\n{claim.id}", style="bold"), Text(f"  source: {claim.source}")]
    lines += [
        Text(f"  hypothesis {name}: {sp.sstr(part)}") for name, part in claim.hypotheses.items()
    ]
    lines += [
        Text(f"  hypothesis, at every index, {name}: {sp.sstr(part)}")
        for name, part in result.everywhere.items()
    ]
    lines += [
        Text(f"  definition {name}: {sp.sstr(part)}") for name, part in result.definitions.items()
    ]
    lines += [Text(f"  states: {sp.sstr(part)}") for part in claim.statement]
    steps = {step.name: step for step in claim.steps}
    if result.witness:
        lines.append(Text(f"  hypotheses and definitions hold together where {result.witness}"))
    for outcome in result.outcomes:
        if outcome.name not in steps:
            lines.append(Text(f"  NO {outcome.name}: {outcome.reason}", style="red"))
            continue
        step = steps[outcome.name]
        given = f"   given {', '.join(map(sp.sstr, step.given))}" if step.given else ""
        mark = Text(
            "  ok " if outcome.checked else "  NO ",
            style="green" if outcome.checked else "bold red",
        )
        lines.append(mark.append(f"{outcome.name}: {sp.sstr(step.states)}{given}", style="default"))
        lines.append(Text(f"       by {reason(step.rule)}", style="dim"))
        if outcome.reason:
            lines.append(Text(f"     {outcome.reason}", style="red"))
    if claim.assumed:
        lines.append(Text(f"  assumed: {claim.assumed}"))
    if result.counterexample:
        lines.append(Text(f"  counterexample {result.counterexample}"))
    return Group(*lines)


def _summary(results: Sequence[Result]) -> Text:
    counted = [r for r in results if not r.claim.tautology]
    counts = Counter(r.status for r in counted)
    wrong = [r.claim.id for r in results if not r.expected]
    tail = ", ".join(f"{n} {status}" for status, n in counts.items())
    if len(counted) < len(results):
        tail += (
            f" ({len(results) - len(counted)} that only say how something is written, uncounted)"
        )
    total = sum(r.seconds for r in results)
    if wrong:
        return Text(f"\n{tail}; otherwise than expected: {', '.join(wrong)}", style="bold red")
    return Text(f"\n{tail}, as the ledger expects; {total:.0f} s. {NOTE}", style="bold green")
