"""What files hold: certificates with their kept samples, conformance reports, ledgers, sweeps.

A file given by name must be JSON of a known schema. In a directory, which is searched with its
subdirectories, other JSON is passed over with a line that says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..certificate.certificate import SCHEMA as CERTIFICATE
from ..certificate.certificate import Certificate
from ..core.arguments import InputError
from ..model.schedule import Array
from ..sweep.case import SCHEMA as SWEEP
from ..sweep.gather import unique
from ..sweep.store import Record
from .shape import Asked, Malformed, certificate_of, conformance_of, ledger_of, sweep_of

CONFORMANCE, LEDGER = "ctverify/conformance/1", "ctverify/ledger/1"
SILENT = ("ctverify/model/1",)  # what `run` writes beside its certificates
KNOWN: dict[str, Callable[[dict[str, Any]], Any]] = {
    CERTIFICATE: certificate_of,
    CONFORMANCE: conformance_of,
    LEDGER: ledger_of,
    SWEEP: sweep_of,
}
MOST_SAMPLES = 4000
SAMPLES, GRID = ("z", "model", "exact"), ("grid_z", "grid_model", "grid_exact")


@dataclass(frozen=True, eq=False)
class Certified:
    """A certificate, its kept arrays by name (empty where none were kept) and the file that it is
    from.
    """

    certificate: Certificate
    samples: Mapping[str, Array] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, eq=False)
class Collection:
    """Everything that goes into one page. conformance and ledgers are as their JSON; notes: what
    was passed over.

    records: the cases of sweeps, each once; missing: how many more their sweeps ask for.
    """

    certified: tuple[Certified, ...] = ()
    conformance: tuple[dict[str, Any], ...] = ()
    ledgers: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()
    missing: int = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to report."""
        return not (
            self.certified or self.conformance or self.ledgers or self.records or self.missing
        )


def collect(paths: Iterable[str | Path]) -> Collection:
    """Read files and directories; InputError for a file that is not of a known schema, and where
    nothing is found.
    """
    found: list[Any] = []
    notes: list[str] = []
    seen: set[Path] = set()
    for path in map(Path, paths):
        inside = path.is_dir()
        for file in _files(path) if inside else [path]:
            if file.resolve() in seen:
                continue
            seen.add(file.resolve())
            try:
                found += _read(file, notes)
            except InputError as error:
                if not inside:
                    raise
                notes.append(f"passed over: {error}")
    collection = _sorted(found, notes)
    if collection.empty:
        raise InputError(
            "report needs at least one JSON that ctverify run, certify, check, prove or sweep wrote, got none"
            + (f" ({len(notes)} other files)" if notes else "")
        )
    return collection


def _sorted(found: Sequence[Any], notes: Sequence[str]) -> Collection:
    certified = tuple(part for part in found if isinstance(part, Certified))
    others = [part for part in found if isinstance(part, dict)]
    by_schema = {
        schema: tuple(part for part in others if part["schema"] == schema)
        for schema in (CONFORMANCE, LEDGER)
    }
    records = tuple(unique(part for part in found if isinstance(part, Record)))
    asked = {name for part in found if isinstance(part, Asked) for name in part.names}
    missing = len(asked - {record.hash for record in records})
    return Collection(
        certified, by_schema[CONFORMANCE], by_schema[LEDGER], tuple(notes), records, missing
    )


def _files(directory: Path) -> list[Path]:
    """All JSON below `directory`, hidden files and directories left out."""
    found = directory.rglob("*.json")
    return sorted(
        p
        for p in found
        if p.is_file() and not any(part.startswith(".") for part in p.relative_to(directory).parts)
    )


def _read(file: Path, notes: list[str]) -> list[Certified | Record | Asked | dict[str, Any]]:
    """What one file holds: an object, or a list of them."""
    data = _json(file)
    parts = data if isinstance(data, list) and data else [data]
    found: list[Certified | Record | Asked | dict[str, Any]] = []
    for part in parts:
        schema = part.get("schema") if isinstance(part, dict) else None
        if schema in SILENT:
            continue
        if not isinstance(schema, str) or schema not in KNOWN:
            raise InputError(
                f"{str(file)!r} must be JSON of {', '.join(KNOWN)}, got {_called(schema)}"
            )
        try:
            built = KNOWN[schema](part)
        except (Malformed, InputError) as error:
            raise InputError(f"{str(file)!r} must keep to its schema {schema}: {error}") from None
        found.append(
            _certified(built, file, isinstance(data, dict), notes)
            if isinstance(built, Certificate)
            else built
        )
    return found


def _called(schema: Any) -> str:
    return "no schema" if schema is None else f"the schema {str(schema)[:80]!r}"


def _json(file: Path) -> Any:
    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no JSON number")

    try:
        return json.loads(file.read_text(encoding="utf-8-sig"), parse_constant=refuse)
    except OSError as error:
        raise InputError(
            f"{str(file)!r} must be a readable file or directory: {error.strerror or error}"
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{str(file)!r} must hold JSON: {error}") from None


def _certified(certificate: Certificate, file: Path, alone: bool, notes: list[str]) -> Certified:
    kept = file.with_suffix(".npz")
    if not alone or not kept.is_file():
        return Certified(certificate, {}, str(file))
    try:
        with np.load(kept, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in (*SAMPLES, *GRID) if name in archive.files}
        return Certified(certificate, checked(arrays, certificate.dim), str(file))
    except Exception as error:  # a damaged archive raises whatever its decoder does
        notes.append(
            f"samples left out: {str(kept)!r} must hold the samples of {file.name}: {error}"
        )
        return Certified(certificate, {}, str(file))


def checked(arrays: Mapping[str, Any], dim: int) -> dict[str, Array]:
    """Kept arrays as float64 (n, dim), at most MOST_SAMPLES rows of samples; ValueError where they
    are of another shape.
    """
    kept = {name: np.asarray(array) for name, array in arrays.items()}
    for names in (SAMPLES, GRID):
        shapes = {kept[name].shape for name in names if name in kept}
        whole = all(name in kept for name in names) and len(shapes) == 1
        if shapes and not (
            whole and len(shape := shapes.pop()) == 2 and shape[0] >= 2 and shape[1] == dim
        ):
            raise ValueError(
                f"{', '.join(names)} must be arrays of one shape (n, {dim}), n at least 2"
            )
    if any(array.dtype.kind != "f" or not np.isfinite(array).all() for array in kept.values()):
        raise ValueError("the arrays must hold finite floating-point numbers")
    return {
        name: array.astype(np.float64)[: None if name in GRID else MOST_SAMPLES]
        for name, array in kept.items()
    }
