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
FOLDED = ("follows", "dim red")  # what follows from another's failure
LONGEST = 110  # characters of a remark in a row


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
    known = [r for r in report.results if r.id in report.known and r.follows_from is None]
    parts += [_failure(report, result) for result in [*report.failed, *known]]
    parts += [
        Text(
            f"{id} was expected to fail, and passes: take it out of the xfails file",
            style="bold red",
        )
        for id in report.unexpected
    ]
    script = next((r.reproduce for r in report.failed if r.reproduce), None)
    if script:
        head = "\nThe first, with the subject's own API (the others: `reproduce` in --json):"
        parts += [Text(head, style="bold"), _script(script)]
    parts += [Text(f"\nnote: {note}", style="yellow") for note in report.notes]
    style = "bold green" if report.conforms else "bold red"
    return Group(*parts, Text(f"\n{verdict(report)}", style=style))


def verdict(report: Report) -> str:
    """The report in one line: what is folded under a failure is counted apart."""
    count: dict[str, int] = {}
    for status, (name, _) in MARKS.items():
        alone = [r for r in report.results if r.status == status and r.follows_from is None]
        count[name.lower()] = len(alone)
    count["that follow from a failure"] = sum(r.follows_from is not None for r in report.results)
    tail = ", ".join(f"{n} {words}" for words, n in count.items() if n)
    return f"{_word(report)}: {tail}"


def _word(report: Report) -> str:
    if not report.complete:
        return "incomplete"
    if not report.conforms:
        return "does not conform"
    if not report.unjudged:
        return "conforms"
    if not any(result.status == "pass" for result in report.results):
        return "could not be judged"
    return "conforms as far as it could be judged"


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("verdict", "check", "law"):
        table.add_column(column, overflow="fold")
    for group in dict.fromkeys(r.group for r in report.results):
        table.add_row("")
        for r in (r for r in report.results if r.group == group):
            name, style = MARKS[r.status] if r.follows_from is None else FOLDED
            table.add_row(Text(name, style=style), r.id, Text(f"{r.statement}{_remarks(r)}"))
    return table


def _remarks(r: Result) -> str:
    """What a row says after the law: why it was not judged, or not in every example."""
    found = []
    if r.follows_from is not None:
        found.append(f"follows from {r.follows_from}")
    elif r.status in ("inconclusive", "not_applicable") and r.detail:
        found.append(brief(r.detail))
    if r.refused and r.judged:
        found.append(brief(r.count))
    if r.reason:
        found.append(f"expected: {r.reason}")
    return "".join(f"  ({remark})" for remark in found)


def brief(text: str) -> str:
    """The beginning of a sentence, for a row."""
    first = text.splitlines()[0]
    return first if len(first) <= LONGEST else f"{first[: LONGEST - 4]} ..."


def _failure(report: Report, r: Result) -> Group:
    note = " (known from the baseline)" if r.id in report.known else ""
    lines = [f"law: {r.statement} [{r.reference}]", f"seen: {r.detail}"]
    if r.observed is not None and r.limit is not None:
        lines.append(f"observed {r.observed:.6g}, limit {r.limit:.6g}")
    if r.configuration is not None:
        lines.append(f"at: {r.configuration}")
    if r.refused:
        lines.append(r.count)
    following = [one.id for one in report.following(r.id)]
    if following:
        lines.append(f"from it follows what is seen in {', '.join(following)}")
    head = Text(f"\n{r.id}{note}", style="bold red")
    return Group(head, *(Padding(Text(line), (0, 0, 0, 2)) for line in lines))


def _script(script: str) -> Any:
    return Padding(
        Syntax(script, "python", background_color="default", word_wrap=True), (0, 0, 0, 2)
    )


def listing(subjects: list[str]) -> None:
    """Print every check, its law, its source and what a subject must offer for it; and the built-in
    subjects.
    """
    from ..checks import ALL  # imports torch

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
