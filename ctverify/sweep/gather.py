"""Folders of a sweep (its shards, say) as one table: a row a case, by hash, its definition and its
numbers side by side.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.arguments import InputError, missing
from ..core.files import write_atomically
from ..core.signatures import checked
from .case import NOT_SETTINGS, Case
from .store import Record, read_records

DEFINITION = [name for name in Case.__dataclass_fields__ if name not in NOT_SETTINGS]
RESULT = {  # column: field of the result
    "d": "dim",
    "T": "T",
    "r": "r",
    "spread": "spread",
    "w2_upper": "w2_upper",
    "resolution": "resolution",
}
PARTS = {
    "w1": ("lower", "upper", "lower_estimate", "upper_estimate", "scale"),
    "budget": ("initial", "start", "eps_sum", "defect_sum", "total", "total_upper"),
    "shares": (
        "model_total",
        "schedule_total",
        "model_total_error",
        "schedule_total_error",
        "initial",
        "start",
        "total",
    ),
    "theorem": ("rhs_over_C1", "lipschitz", "C1_needed", "vacuous", "c2"),
}
WHOLE = ("dim", "steps", "train_samples", "paths", "pairs", "seed", "d", "T")
TEXT = ("target", "schedule", "model", "device", "hash", "status", "verdict", "error", "used")


def _column(part: str, name: str) -> str:
    """The column of a number in a part of the result."""
    return name if part == "theorem" else f"{part}_{name}"


COLUMNS = (
    *("hash", "status", "verdict", "error", *DEFINITION, *RESULT),
    *(_column(part, name) for part, names in PARTS.items() for name in names),
    *("used", "seconds"),
)


@dataclass(frozen=True)
class Merged:
    """What was merged: how many cases, how many of them failed, and how many are missing or differ
    between folders.
    """

    cases: int
    failed: int
    missing: int
    differing: int


@checked
def merge(directories: Sequence[str | Path], output: str | Path) -> Merged:
    """Write folders of a sweep as one table.

    Arguments:
        directories: the folders; a case of several is taken from the first that has a result.
        output: a .csv or a .parquet.

    Returns:
        What was merged.

    Raises:
        InputError: a folder is none of a sweep, or the table cannot be written.
    """
    write = {".csv": _csv, ".parquet": _parquet}.get(Path(output).suffix)
    if write is None:
        raise InputError(f"output must be a .csv or a .parquet, got {str(output)!r}")
    records, missing, differing = gather(directories)
    write_atomically(Path(output), write([row(record) for record in records]))
    failed = sum(record.status == "failed" for record in records)
    return Merged(len(records), failed, len(missing), differing)


def gather(directories: Sequence[str | Path]) -> tuple[list[Record], list[str], int]:
    """The cases of several folders of a sweep.

    Arguments:
        directories: the folders.

    Returns:
        All cases by hash, a done one before a failed one; hashes that no folder has; how many
        results differ between folders.

    Raises:
        InputError: a folder is none of a sweep.
    """
    records: list[Record] = []
    missing: set[str] = set()
    for directory in directories:
        own, absent = read_records(directory)
        records += own
        missing |= set(absent)
    one = unique(records)
    kept = {record.hash: record.result for record in one}
    done = [record for record in records if record.status == "done"]
    differing = {record.hash for record in done if record.result != kept[record.hash]}
    return one, sorted(missing - set(kept)), len(differing)


def unique(records: Iterable[Record]) -> list[Record]:
    """Each case once, by hash: the first that is done, else the first."""
    kept: dict[str, Record] = {}
    for record in records:
        before = kept.get(record.hash)
        if before is None or (before.status == "failed" and record.status == "done"):
            kept[record.hash] = record
    return [kept[name] for name in sorted(kept)]


def row(record: Record) -> dict[str, Any]:
    """One row of the table; what a case does not have is None."""
    result = record.result or {}
    cells = {
        "hash": record.hash,
        "status": record.status,
        "verdict": record.verdict,
        "error": record.error,
    }
    cells |= {name: record.case.get(name) for name in DEFINITION}
    cells |= {column: result.get(name) for column, name in RESULT.items()}
    for part, names in PARTS.items():
        values = result.get(part) or {}
        cells |= {_column(part, name): values.get(name) for name in names}
    return cells | {"used": result.get("device"), "seconds": record.seconds}


def _csv(rows: list[dict[str, Any]]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise missing("output .parquet", "pyarrow", "ctverify[parquet]", error) from None
    kinds = dict.fromkeys(COLUMNS, pyarrow.float64())
    kinds |= dict.fromkeys(WHOLE, pyarrow.int64())
    kinds |= dict.fromkeys(TEXT, pyarrow.string())
    kinds |= {"vacuous": pyarrow.bool_()}
    schema = pyarrow.schema(list(kinds.items()))
    stream = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema), stream)
    return stream.getvalue()
