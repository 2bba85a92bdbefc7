"""The page: sections from a collection, and the template that writes them. Every value is escaped
where it is written.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from ..certificate.table import HEADINGS
from ..conformance.results.result import Report
from ..core.arguments import InputError
from ..core.exit_codes import FAILED, GOOD, UNJUDGED
from ..core.files import replaceable, writable_directory, write_atomically
from ..core.version import __version__
from . import svg
from .certificate_part import Part, certificate_part, in_order
from .chart import Figure
from .collect import Collection, collect
from .detail import detail
from .figure_bracket import Measured, bracket_figure
from .figure_convergence import convergence_figure, groups
from .lettering import printable
from .naming import brief
from .numerals import UNBROKEN, full, percent, short
from .sweeps import sweep_part

MAX_NOTES = 50  # on what was passed over
LONGEST_NOTE = 1000  # characters
HYPOTHESES = {"22_tail": "(22) in its tail form", "c2_1000": "c₂ ≥ 1000"}


def report(paths: Iterable[str | Path], path: str | Path) -> Collection:
    """Write the page of what files and directories hold.

    Arguments:
        paths: JSON files that ctverify wrote, and directories in which to look for them.
        path: The HTML file to write.

    Returns:
        What was read.

    Raises:
        InputError: Where `path` cannot be written, a file is not of a known schema, or nothing was
            to be reported.
    """
    ready(path)
    collection = collect(paths)
    write_report(collection, path)
    return collection


def ready(path: str | Path) -> None:
    """Check, before long work, that a page can be written.

    Arguments:
        path: The file to write; its directory is made where there is none. Nothing is asked of a
            device or a pipe.

    Raises:
        InputError: Where it cannot.
    """
    file = Path(path)
    if not replaceable(file):
        return
    if file.is_dir():
        raise InputError(f"report must be a file to write, got the directory {str(path)!r}")
    if file.is_symlink():
        file = Path(os.path.realpath(file))
    writable_directory(file.parent)


def write_report(collection: Collection, path: str | Path) -> int:
    """Write the page, whole or not at all.

    Arguments:
        collection: What is on it.
        path: The HTML file to write.

    Returns:
        The number of bytes.
    """
    now = datetime.now(UTC)
    content = html(collection, date=f"{now:%d %B %Y, %H:%M} UTC", command=_command()).encode()
    write_atomically(Path(path), content)
    return len(content)


def html(collection: Collection, *, date: str = "", command: str = "") -> str:
    """The page as text.

    Arguments:
        collection: What is on it.
        date: When it was written, in words; "" leaves it out.
        command: The command line that wrote it; "" leaves it out.

    Returns:
        HTML, the same for the same arguments.
    """
    certified = in_order(collection.certified)
    count = len(certified)
    parts = [certificate_part(i, one, detail(i, count)) for i, one in enumerate(certified, 1)]
    notes = collection.notes
    page = _template().render(
        version=__version__,
        date=date,
        command=command,
        questions=HEADINGS,
        summary=_summary(collection),
        parts=parts,
        bracket=_bracket(parts),
        convergence=_convergence(parts),
        conformance=collection.conformance,
        matrix=_matrix(collection.conformance),
        sweep=sweep_part(collection.records, collection.missing),
        ledgers=[_ledger(ledger) for ledger in collection.ledgers],
        notes=[brief(note, LONGEST_NOTE) for note in notes[:MAX_NOTES]],
        more_notes=max(0, len(notes) - MAX_NOTES),
    )
    return printable(page)


def _command() -> str:
    """The command line of this process, "" where it is not ctverify's."""
    program = Path(sys.argv[0])
    if program.stem == "__main__":  # python -m ctverify
        program = program.parent
    if program.stem != "ctverify":
        return ""
    return shlex.join(["ctverify", *sys.argv[1:]])


def _summary(collection: Collection) -> str:
    """How many there are of each kind."""
    counts = {
        "certificate": len(collection.certified),
        "conformance report": len(collection.conformance),
        "ledger": len(collection.ledgers),
        "sweep case": len(collection.records),
    }
    told = [_count(counts[noun], noun) for noun in counts if counts[noun]]
    return ", ".join(told) or "Nothing is finished"


def _count(count: int, noun: str) -> str:
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun}s"


def _bracket(parts: Sequence[Part]) -> Figure | None:
    if not any(part.certificate.w1 for part in parts):
        return None
    return bracket_figure([Measured(part.certificate, part.plug_in) for part in parts])


def _convergence(parts: Sequence[Part]) -> list[Figure]:
    together = groups([part.certificate for part in parts])
    return [convergence_figure(group) for group in together]


def _matrix(reports: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a check, in the order in which the reports list them: its statement and, for each
    report, its result or None.
    """
    rows: dict[str, dict[str, Any]] = {}
    for column, conformance in enumerate(reports):
        for check in conformance["checks"]:
            if check["id"] not in rows:
                rows[check["id"]] = {
                    "id": check["id"],
                    "statement": check["statement"],
                    "results": [None] * len(reports),
                }
            rows[check["id"]]["results"][column] = check
    return list(rows.values())


def _ledger(ledger: dict[str, Any]) -> dict[str, Any]:
    """Its claims, those that are otherwise than expected, and which are shown at once and which are
    folded.
    """
    claims = ledger["claims"]
    wrong = []
    folded = []
    others = []
    for claim in claims:
        if claim["status"] != claim["expected"]:
            wrong.append(claim)
        elif claim["status"] == "PROVED":
            folded.append(claim)
        else:
            others.append(claim)
    return {"claims": claims, "wrong": wrong, "shown": wrong + others, "folded": folded}


def conformance_status(report: dict[str, Any]) -> str:
    """The status of a whole report of conformance.

    Arguments:
        report: As its JSON has it.

    Returns:
        "fail", "inconclusive" where nothing fails and not all could be judged, or "pass".
    """
    code = Report.from_dict(report).exit_code
    return {GOOD: "pass", FAILED: "fail", UNJUDGED: "inconclusive"}[code]


def counted(values: Iterable[str]) -> str:
    """How many there are of each value.

    Arguments:
        values: Words, in which _ stands for a space.

    Returns:
        Counts in the order in which values come first.

    Example:
        >>> counted(["pass", "pass", "not_applicable"])
        '2 pass, 1 not applicable'
    """
    counts = Counter(value.replace("_", " ") for value in values)
    return ", ".join(f"{count} {words}" for words, count in counts.items())


def hypothesis(name: str) -> str:
    """A hypothesis of Theorem 1 by its equation number."""
    return HYPOTHESES.get(name, f"({name})")


def marked(words: str) -> Markup:
    """Text whose parts between backticks are code, and in which no % begins a line.

    Arguments:
        words: The text; it is escaped.

    Returns:
        HTML.

    Example:
        >>> print(marked("try `ctverify run` & wait"))
        try <code>ctverify run</code> &amp; wait
    """
    parts = []
    for i, part in enumerate(words.replace(" %", UNBROKEN).split("`")):
        parts.append(svg.element("code", part) if i % 2 else escape(part))
    return Markup("").join(parts)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("ctverify.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        conformance_status=conformance_status,
        counted=counted,
        full=full,
        hypothesis=hypothesis,
        marked=marked,
        percent=percent,
        short=short,
    )
    return environment.get_template("report.html.j2")
