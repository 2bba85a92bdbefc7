"""Sweeps on the page: how many cases came to what, by family; the bad ones; measured exponents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..sweep.exponents import AXES, fits
from ..sweep.store import Record
from .chart import Figure, Table
from .figure_errors import errors_figure
from .figure_exponents import exponents_figure
from .fit_rows import fitted
from .naming import brief

MAX_BAD = 20  # bad cases of a kind that are listed
MAX_FAMILIES = 200  # that are listed
LONG = 300  # characters of a name, an error or a case's settings
GRAVEST_FIRST = ("fail", "inconclusive", "pass")


@dataclass(frozen=True)
class Family:
    """The cases of one target, model and schedule. least, most: of the upper limits of W_1."""

    target: str
    model: str
    schedule: str
    status: str
    cases: int
    failed: int
    d: str
    steps: str
    seeds: str
    least: float | None
    most: float | None
    verdicts: str


@dataclass(frozen=True)
class Bad:
    """Cases that came to no good: of what kind, some of them, and how many more there are."""

    title: str
    table: Table
    more: int


@dataclass(frozen=True)
class SweepPart:
    """Sweeps' part of the page. more: families that are not listed."""

    status: str
    counts: str
    families: tuple[Family, ...]
    more: int
    bad: tuple[Bad, ...]
    figures: tuple[Figure, ...]


def sweep_part(records: Sequence[Record], missing: int) -> SweepPart | None:
    """What the page says of sweeps.

    Arguments:
        records: Their cases, each once.
        missing: How many more their sweeps ask for.

    Returns:
        The part; None where no case is there or asked for.
    """
    if not records and not missing:
        return None
    bad = _bad(records)
    families = _families(records)
    return SweepPart(
        status="inconclusive" if missing and not bad else _gravest(records),
        counts=_counts(records, missing),
        families=families[:MAX_FAMILIES],
        more=max(0, len(families) - MAX_FAMILIES),
        bad=bad,
        figures=_figures(records),
    )


def _counts(records: Sequence[Record], missing: int) -> str:
    """In words: "12 cases: 10 done (1 fail, 9 pass), 2 failed; 3 more are missing"."""
    failed = sum(record.result is None for record in records)
    done = len(records) - failed
    noun = "case" if len(records) == 1 else "cases"
    words = f"{len(records):,} {noun}: {done:,} done"
    if done:
        words += f" ({_verdicts(records)})"
    if failed:
        words += f", {failed:,} failed"
    if missing:
        verb = "is" if missing == 1 else "are"
        words += f"; {missing:,} more {verb} missing"
    return words


def _verdicts(records: Sequence[Record]) -> str:
    counts = Counter(record.verdict for record in records)
    verdicts = [name for name in GRAVEST_FIRST if counts[name]]
    return ", ".join(f"{counts[name]:,} {name}" for name in verdicts)


def _gravest(records: Sequence[Record]) -> str:
    """Of the verdicts; a case without a result is as grave as one that fails."""
    verdicts = {"fail" if record.result is None else record.verdict for record in records}
    for name in GRAVEST_FIRST:
        if name in verdicts:
            return name
    return "pass"


def _figures(records: Sequence[Record]) -> tuple[Figure, ...]:
    """Exponents and errors, where any is to be had."""
    if not any(record.result and record.result.get("w1") for record in records):
        return ()
    every = fits(records)
    measured = {fit.axis for fit in fitted(every)}
    figures = [exponents_figure(every, axis) for axis in AXES if axis in measured]
    errors = errors_figure(every)
    if errors is not None:
        figures.append(errors)
    return tuple(figures)


def _families(records: Sequence[Record]) -> tuple[Family, ...]:
    by_name: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        case = record.case
        name = (case["target"], case["model"], case["schedule"])
        by_name.setdefault(name, []).append(record)
    return tuple(_family(name, by_name[name]) for name in sorted(by_name))


def _family(name: tuple[str, str, str], own: Sequence[Record]) -> Family:
    target, model, schedule = name
    results = [record.result for record in own if record.result]
    brackets = [result["w1"] for result in results if result.get("w1")]
    upper = [float(w1["upper"]) for w1 in brackets]
    return Family(
        target=brief(target, LONG),
        model=brief(model, LONG),
        schedule=brief(schedule, LONG),
        status=_gravest(own),
        cases=len(own),
        failed=len(own) - len(results),
        d=_range([result["dim"] for result in results]),
        steps=_range([result["T"] for result in results]),
        seeds=_range([record.case.get("seed") for record in own]),
        least=min(upper, default=None),
        most=max(upper, default=None),
        verdicts=_verdicts(own),
    )


def _range(values: Sequence[Any]) -> str:
    """In words: "64 to 512"; only whole numbers count."""
    whole = [value for value in values if type(value) is int]
    if not whole:
        return ""
    low = min(whole)
    high = max(whole)
    if low == high:
        return f"{low:,}"
    return f"{low:,} to {high:,}"


def _bad(records: Sequence[Record]) -> tuple[Bad, ...]:
    failed = [record for record in records if record.result is None]
    wrong = [record for record in records if record.verdict == "fail"]
    bad = []
    if failed:
        bad.append(_listed("Cases without a result", "error", failed))
    if wrong:
        bad.append(_listed("Certificates with a verdict that fails", "law", wrong))
    return tuple(bad)


def _listed(title: str, reason: str, records: Sequence[Record]) -> Bad:
    rows = [
        (brief(record.hash), brief(record.why, LONG), brief(record.settings, LONG))
        for record in records[:MAX_BAD]
    ]
    more = max(0, len(records) - MAX_BAD)
    return Bad(title, Table(("case", reason, "settings"), rows), more)
