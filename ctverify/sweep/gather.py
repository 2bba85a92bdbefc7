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

from ..core.arguments import InputError
from ..core.files import write_atomically
from .case import Case
from .store import Record, read_records

DEFINITION = [name for name in Case.__dataclass_fields__ if name not in ("sha256", "contents")]
RESULT = {
    "d": "dim",
    "T": "T",
    "r": "r",
    "spread": "spread",
    "w2_upper": "w2_upper",
}  # column: field of the result
PARTS = {
    "w1": ("lower", "upper", "lower_estimate", "upper_estimate"),
    "budget": ("initial", "start", "eps_sum", "defect_sum", "total", "total_upper"),
    "theorem": ("rhs_over_C1", "lipschitz", "C1_needed", "vacuous", "c2"),
}
COLUMNS = (
    *("hash", "status", "verdict", "error", *DEFINITION, *RESULT),
    *(
        f"{part}_{name}" if part != "theorem" else name
        for part, names in PARTS.items()
        for name in names
    ),
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


def merge(directories: Sequence[str | Path], output: str | Path) -> Merged:
    """Write the table to `output`, a .csv or a .parquet. A case of several folders is taken from
    the first that has a result.
    """
    write = {".csv": _csv, ".parquet": _parquet}.get(Path(output).suffix)
    if write is None:
        raise InputError(f"output must be a .csv or a .parquet, got {str(output)!r}")
    records, missing, differing = gather(directories)
    write_atomically(Path(output), write([row(record) for record in records]))
    failed = sum(record.status == "failed" for record in records)
    return Merged(len(records), failed, len(missing), differing)


def gather(directories: Sequence[str | Path]) -> tuple[list[Record], list[str], int]:
    """All cases by hash, a done one before a failed one; hashes that no folder has; how many
    results differ between folders.
    """
    parts = [read_records(directory) for directory in directories]
    records = [record for found, _ in parts for record in found]
    one = unique(records)
    known = {record.hash: record.result for record in one}
    differing = {r.hash for r in records if r.status == "done" and r.result != known[r.hash]}
    return (
        one,
        sorted({name for _, missing in parts for name in missing} - set(known)),
        len(differing),
    )


def unique(records: Iterable[Record]) -> list[Record]:
    """Each case once, by hash: the first that is done, else the first."""
    found: dict[str, Record] = {}
    for record in records:
        if record.hash not in found or (
            found[record.hash].status == "failed" and record.status == "done"
        ):
            found[record.hash] = record
    return [found[name] for name in sorted(found)]


def row(record: Record) -> dict[str, Any]:
    """One row of the table; what a case does not have is None."""
    result = record.result or {}
    plain = {
        "hash": record.hash,
        "status": record.status,
        "verdict": record.verdict,
        "error": record.error,
    }
    plain |= {name: record.case.get(name) for name in DEFINITION}
    plain |= {column: result.get(name) for column, name in RESULT.items()}
    for part, names in PARTS.items():
        values = result.get(part) or {}
        plain |= {
            f"{part}_{name}" if part != "theorem" else name: values.get(name) for name in names
        }
    return plain | {"used": result.get("device"), "seconds": record.seconds}


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
    except ImportError:
        raise InputError(
            "output .parquet needs pyarrow, which is not installed: pip install 'ctverify[parquet]'"
        ) from None
    whole = ("dim", "steps", "train_samples", "paths", "pairs", "seed", "d", "T")
    text = ("target", "schedule", "model", "device", "hash", "status", "verdict", "error", "used")
    kinds = (
        dict.fromkeys(whole, pyarrow.int64())
        | dict.fromkeys(text, pyarrow.string())
        | {"vacuous": pyarrow.bool_()}
    )
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.float64())) for name in COLUMNS])
    stream = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema), stream)
    return stream.getvalue()
