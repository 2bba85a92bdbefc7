"""Sweeps on the page: how many cases came to what, by family; the bad ones; the measured exponents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..exponents import AXES, fits
from ..sweep.store import Record
from .chart import Cell, Figure, Table
from .figure_exponents import exponents_figure
from .scales import short

MOST = 20  # bad cases that are listed
ORDER = ("failed", "fail", "inconclusive", "pass")


@dataclass(frozen=True)
class SweepPart:
    """Sweeps' part of the page. `more`: bad cases that are not listed."""

    status: str
    counts: str
    families: Table
    bad: Table | None
    more: int
    figures: tuple[Figure, ...]


def sweep_part(records: Sequence[Record], missing: int) -> SweepPart | None:
    """None where there is no case."""
    if not records:
        return None
    verdicts = Counter(record.verdict for record in records)
    words = [f"{verdicts[name]:,} {name}" for name in ORDER if verdicts[name]] + ([f"{missing:,} missing"] if missing else [])
    bad = [record for record in records if record.verdict in ORDER[:2]]
    table = Table(("case", "verdict", "what", "settings"), [_bad(record) for record in bad[:MOST]]) if bad else None
    status = "fail" if bad else "inconclusive" if missing or verdicts["inconclusive"] else "pass"
    counts = f"{len(records):,} cases: {', '.join(words)}"
    return SweepPart(status, counts, _families(records), table, max(0, len(bad) - MOST), _figures(records))


def _figures(records: Sequence[Record]) -> tuple[Figure, ...]:
    """The exponents, where any is to be had."""
    if not any(record.result and record.result.get("w1") for record in records):
        return ()
    found = fits(records)
    return tuple(exponents_figure(found, axis) for axis in AXES if any(fit.axis == axis and fit.points for fit in found))


def _families(records: Sequence[Record]) -> Table:
    """A row a target, model and schedule."""
    found: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        found.setdefault((record.case["target"], record.case["model"], record.case["schedule"]), []).append(record)
    head = ("target", "model", "schedule", "cases", "d", "T", "W₁ at most", "verdicts")
    return Table(head, [(*who, *_row(own)) for who, own in sorted(found.items())])


def _row(own: Sequence[Record]) -> tuple[Cell, ...]:
    results = [record.result for record in own if record.result]
    upper = [result["w1"]["upper"] for result in results if result.get("w1")]
    verdicts = Counter(record.verdict for record in own)
    words = ", ".join(f"{verdicts[name]:,} {name}" for name in ORDER if verdicts[name])
    return (len(own), _range([r["dim"] for r in results]), _range([r["T"] for r in results]), _range(upper), words)


def _range(values: Sequence[float]) -> str:
    if not values:
        return ""
    low, high = min(values), max(values)
    written = [f"{value:,}" if isinstance(value, int) else short(value) for value in (low, high)]
    return written[0] if low == high else " to ".join(written)


def _bad(record: Record) -> tuple[Cell, ...]:
    return (record.hash, record.verdict, record.why, record.settings)
