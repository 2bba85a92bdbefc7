"""A report as a table for people."""

from __future__ import annotations

from typing import Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from .result import Report, Result

MARKS = {
    "pass": ("pass", "green"),
    "fail": ("FAIL", "bold red"),
    "inconclusive": ("inconclusive", "yellow"),
    "not_applicable": ("n/a", "dim"),
    "expected_failure": ("expected", "yellow"),
}


def show(report: Report) -> None:
    """Print the table, the failures, and the script of the first one."""
    console = Console()
    (console if console.is_terminal else Console(width=150)).print(view(report))


def view(report: Report) -> Group:
    """The whole report."""
    version = f" {report.version}" if report.version else ""
    parts: list[Any] = [
        Text(f"{report.subject}{version}, seed {report.seed}", style="bold"),
        _table(report),
    ]
    known = [r for r in report.results if r.id in report.known]
    for result in [*report.failed, *known]:
        parts.append(
            _failure(result, "known from the baseline" if result.id in report.known else None)
        )
    for id in report.unexpected:
        parts.append(
            Text(
                f"{id} was expected to fail, and passes: take it out of the xfails file",
                style="bold red",
            )
        )
    script = next((r.reproduce for r in report.failed if r.reproduce), None)
    if script:
        parts += [
            Text(
                "\nThe first, with the subject's own API (the others: `reproduce` in --json):",
                style="bold",
            ),
            _script(script),
        ]
    return Group(
        *parts, Text(f"\n{verdict(report)}", style="bold green" if report.conforms else "bold red")
    )


def verdict(report: Report) -> str:
    """The report in one line."""
    count = {status: sum(r.status == status for r in report.results) for status in MARKS}
    tail = ", ".join(f"{n} {MARKS[status][0].lower()}" for status, n in count.items() if n)
    if not report.complete:
        return f"incomplete: {tail}"
    return f"{'conforms' if report.conforms else 'does not conform'}: {tail}"


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("verdict", "check", "law"):
        table.add_column(column, overflow="fold")
    for group in dict.fromkeys(r.group for r in report.results):
        table.add_row("")
        for r in (r for r in report.results if r.group == group):
            name, style = MARKS[r.status]
            note = (
                f"  ({r.detail.splitlines()[0][:90]})"
                if r.status in ("inconclusive", "not_applicable")
                else ""
            )
            reason = f"  (expected: {r.reason})" if r.reason else ""
            table.add_row(Text(name, style=style), r.id, Text(r.statement + note + reason))
    return table


def _failure(r: Result, note: str | None) -> Group:
    head = Text(f"\n{r.id}" + (f" ({note})" if note else ""), style="bold red")
    lines = [f"law: {r.statement} [{r.reference}]", f"seen: {r.detail}"]
    if r.observed is not None and r.limit is not None:
        lines.append(f"observed {r.observed:.6g}, limit {r.limit:.6g}")
    lines.append(f"at: {r.configuration}")
    return Group(head, *(Padding(Text(line), (0, 0, 0, 2)) for line in lines))


def _script(script: str) -> Any:
    return Padding(
        Syntax(script, "python", background_color="default", word_wrap=True), (0, 0, 0, 2)
    )


def listing(subjects: list[str]) -> None:
    """Print every check, its law, its source and what a subject must offer for it; and the built-in
    subjects.
    """
    from .checks import ALL  # imports torch

    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("check", "law", "source", "needs"):
        table.add_column(column, overflow="fold")
    for check in ALL:
        kind = " (statistical)" if check.statistical else ""
        table.add_row(
            check.id,
            Text(check.statement + kind),
            Text(check.reference),
            Text(", ".join(check.needs)),
        )
    console = Console()
    console = console if console.is_terminal else Console(width=200)
    note = "network: consistency that calls the network it is given"
    console.print(table, Text(f"\n{note}\nbuilt-in subjects: {', '.join(subjects)}"))
