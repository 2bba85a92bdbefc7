"""Sweeps on the page: how many cases came to what, by family; the bad ones; the measured exponents."""

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
from .naming import brief

MOST = 20  # bad cases of a kind that are listed
ROWS = 200  # families that are listed
LONG = 300  # characters of a name, an error or a case's settings
ORDER = ("fail", "inconclusive", "pass")


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
    """None where no case is there or asked for."""
    if not records and not missing:
        return None
    failed = [record for record in records if record.result is None]
    wrong = [record for record in records if record.verdict == "fail"]
    kinds = (
        ("Cases without a result", "error", failed),
        ("Certificates with a verdict that fails", "law", wrong),
    )
    bad = tuple(_bad(title, what, found) for title, what, found in kinds if found)
    families = _families(records)
    status = "inconclusive" if missing and not bad else _gravest(records)
    counts = _counts(records, len(failed), missing)
    return SweepPart(
        status, counts, families[:ROWS], max(0, len(families) - ROWS), bad, _figures(records)
    )


def _counts(records: Sequence[Record], failed: int, missing: int) -> str:
    """In words: "12 cases: 10 done (1 fail, 9 pass), 2 failed; 3 more are missing"."""
    done = len(records) - failed
    words = [f"{done:,} done" + (f" ({_verdicts(records)})" if done else "")] + (
        [f"{failed:,} failed"] if failed else []
    )
    more = f"; {missing:,} more {'is' if missing == 1 else 'are'} missing" if missing else ""
    return f"{len(records):,} case{'' if len(records) == 1 else 's'}: {', '.join(words)}{more}"


def _verdicts(records: Sequence[Record]) -> str:
    found = Counter(record.verdict for record in records)
    return ", ".join(f"{found[name]:,} {name}" for name in ORDER if found[name])


def _gravest(records: Sequence[Record]) -> str:
    """Of the verdicts; a case without a result is as grave as one that fails."""
    found = {"fail" if record.result is None else record.verdict for record in records}
    return next((name for name in ORDER if name in found), "pass")


def _figures(records: Sequence[Record]) -> tuple[Figure, ...]:
    """Errors and exponents, where any is to be had."""
    if not any(record.result and record.result.get("w1") for record in records):
        return ()
    found = fits(records)
    errors = errors_figure(found)
    several = tuple(
        exponents_figure(found, axis)
        for axis in AXES
        if any(fit.axis == axis and fit.points for fit in found)
    )
    return several + ((errors,) if errors else ())


def _families(records: Sequence[Record]) -> tuple[Family, ...]:
    found: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        found.setdefault(
            (record.case["target"], record.case["model"], record.case["schedule"]), []
        ).append(record)
    return tuple(_family(*who, own) for who, own in sorted(found.items()))


def _family(target: str, model: str, schedule: str, own: Sequence[Record]) -> Family:
    results = [record.result for record in own if record.result]
    upper = [float(result["w1"]["upper"]) for result in results if result.get("w1")]
    ranges = (
        _range([r["dim"] for r in results]),
        _range([r["T"] for r in results]),
        _range([r.case.get("seed") for r in own]),
    )
    least, most = min(upper, default=None), max(upper, default=None)
    names = brief(target, LONG), brief(model, LONG), brief(schedule, LONG)
    return Family(
        *names,
        _gravest(own),
        len(own),
        len(own) - len(results),
        *ranges,
        least,
        most,
        _verdicts(own),
    )


def _range(values: Sequence[Any]) -> str:
    whole = [value for value in values if type(value) is int]
    if not whole:
        return ""
    low, high = min(whole), max(whole)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _bad(title: str, what: str, found: Sequence[Record]) -> Bad:
    rows = [
        (brief(record.hash), brief(record.why, LONG), brief(record.settings, LONG))
        for record in found[:MOST]
    ]
    return Bad(title, Table(("case", what, "settings"), rows), max(0, len(found) - MOST))
