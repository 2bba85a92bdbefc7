"""What files hold: certificates with their kept samples, conformance reports, ledgers, sweeps.

A file given by name must be JSON of a known schema. In a directory, which is searched with its
subdirectories, other JSON is passed over with a line that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..certificate import kept
from ..certificate.certificate import SCHEMA as CERTIFICATE
from ..certificate.certificate import Certificate
from ..certificate.folder import digest_in
from ..certificate.schema_1 import SCHEMA as CERTIFICATE_1
from ..conformance.results.result import SCHEMA as CONFORMANCE
from ..conformance.results.result import ReportFile
from ..conformance.results.schema_1 import SCHEMA as CONFORMANCE_1
from ..conformance.results.schema_1 import upgraded
from ..core.arguments import InputError
from ..core.schemas import builtins, load, read_schema
from ..model.schedule import Array
from ..sweep.case import SCHEMA as SWEEP
from ..sweep.gather import unique
from ..sweep.schema import SweepFile
from ..sweep.store import Record

LEDGER = "ctverify/ledger/2"
SILENT = ("ctverify/model/1",)  # what `run` writes beside its certificates
MAX_SAMPLES = 4000
SAMPLES = ("z", "model", "exact")
GRID = ("grid_z", "grid_model", "grid_exact")
LONGEST = 80  # characters of an unknown schema's name that a refusal quotes


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


@dataclass(frozen=True)
class Asked:
    """The cases that a sweep asks for, by hash."""

    hashes: tuple[str, ...]


Part = Certified | Record | Asked | dict[str, Any]


def collect(paths: Iterable[str | Path]) -> Collection:
    """Read what a page is made of.

    Arguments:
        paths: JSON files and directories; a directory is searched with its subdirectories, and a
            file that is met twice counts once.

    Returns:
        All of it, in the order of the paths.

    Raises:
        InputError: a file that is given by name is not of a known schema, or there is nothing to
            report.
    """
    parts: list[Part] = []
    notes: list[str] = []
    seen: set[Path] = set()
    for path in map(Path, paths):
        inside = path.is_dir()
        for file in _files(path) if inside else [path]:
            if file.resolve() in seen:
                continue
            seen.add(file.resolve())
            try:
                parts += _read(file, notes)
            except InputError as error:
                if not inside:
                    raise
                notes.append(f"passed over: {error}")
    collection = _sorted(parts, notes)
    if collection.empty:
        others = f" ({len(notes)} other files)" if notes else ""
        raise InputError(
            "report needs at least one JSON that ctverify run, certify, check, prove or sweep "
            f"wrote, got none{others}"
        )
    return collection


def _sorted(parts: Sequence[Part], notes: Sequence[str]) -> Collection:
    """The parts by kind, each case of a sweep once."""
    records = unique(part for part in parts if isinstance(part, Record))
    asked = {name for part in parts if isinstance(part, Asked) for name in part.hashes}
    others = [part for part in parts if isinstance(part, dict)]
    return Collection(
        certified=tuple(part for part in parts if isinstance(part, Certified)),
        conformance=tuple(part for part in others if part["schema"] == CONFORMANCE),
        ledgers=tuple(part for part in others if part["schema"] == LEDGER),
        notes=tuple(notes),
        records=tuple(records),
        missing=len(asked - {record.hash for record in records}),
    )


def _files(directory: Path) -> list[Path]:
    """All JSON below `directory`, hidden files and directories left out."""
    files = [path for path in directory.rglob("*.json") if path.is_file()]
    return sorted(path for path in files if not _hidden(path.relative_to(directory)))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _read(file: Path, notes: list[str]) -> list[Part]:
    """What one file holds: an object, or a list of them."""
    data = _json(file)
    objects = data if isinstance(data, list) and data else [data]
    parts: list[Part] = []
    for content in objects:
        schema = content.get("schema") if isinstance(content, dict) else None
        if schema in SILENT:
            continue
        if not isinstance(schema, str) or schema not in READERS:
            raise InputError(
                f"{str(file)!r} must be JSON of {', '.join(READERS)}, got {_called(schema)}"
            )
        part = READERS[schema](content, file)
        if isinstance(part, Certified) and content is data:  # samples are of a file's only one
            _check_model(part.certificate, file, notes)
            part = _with_samples(part, content, file, notes)
        parts.append(part)
    return parts


def _called(schema: Any) -> str:
    return "no schema" if schema is None else f"the schema {str(schema)[:LONGEST]!r}"


def _json(file: Path) -> Any:
    return load(file, repr(str(file)))


def _certificate(data: dict[str, Any], file: Path) -> Certified:
    name = f"the certificate {str(file)!r}"
    return Certified(Certificate.from_dict(data, name=name, finite=True), {}, str(file))


def _conformance(data: dict[str, Any], file: Path) -> dict[str, Any]:
    name = f"the conformance report {str(file)!r}"
    if data["schema"] == CONFORMANCE_1:
        data = upgraded(data, name, CONFORMANCE)
    report = read_schema(ReportFile, data, name, CONFORMANCE)
    return {"schema": CONFORMANCE, **builtins(report)}


def _ledger(data: dict[str, Any], file: Path) -> dict[str, Any]:
    from ..ledger.schema import LedgerFile  # its package imports sympy

    ledger = read_schema(LedgerFile, data, f"the ledger {str(file)!r}", LEDGER, finite=True)
    return {"schema": LEDGER, **builtins(ledger)}


def _sweep(data: dict[str, Any], file: Path) -> Record | Asked:
    """A case, or what its sweep asks for."""
    if "cases" not in data:
        return Record.from_dict(data, name=f"the case {str(file)!r}")
    return Asked(read_schema(SweepFile, data, f"the sweep {str(file)!r}", SWEEP).cases)


READERS: dict[str, Callable[[dict[str, Any], Path], Part]] = {
    CERTIFICATE: _certificate,
    CERTIFICATE_1: _certificate,
    CONFORMANCE: _conformance,
    CONFORMANCE_1: _conformance,
    LEDGER: _ledger,
    SWEEP: _sweep,
}


def _with_samples(
    certified: Certified, data: Mapping[str, Any], file: Path, notes: list[str]
) -> Certified:
    """The same with the arrays that its file names; a note where they are not those, or of another
    shape.
    """
    named = kept.named(file, data)
    if kept.FIELD in data and named is not None and not named.is_file():
        notes.append(f"samples left out of {str(file)!r}: {named.name} is not there")
        return certified
    try:
        arrays = kept.read(file, data, (*SAMPLES, *GRID))
        samples = checked(arrays, certified.certificate.dim)
    except ValueError as error:
        notes.append(f"samples left out of {str(file)!r}: {error}")
        return certified
    return replace(certified, samples=samples)


def _check_model(certificate: Certificate, file: Path, notes: list[str]) -> None:
    """A note where a certificate is not of the model that lies beside it under its name."""
    model = file.with_name(f"model-{file.stem.removeprefix('certificate-')}")
    beside = digest_in(model)
    if beside is not None and certificate.model_sha256 not in (None, beside):
        notes.append(f"{str(file)!r} is not of the model in {str(model)!r}")


def checked(arrays: Mapping[str, Any], dim: int) -> dict[str, Array]:
    """Kept arrays as the page draws them.

    Arguments:
        arrays: samples (z, model, exact), and the grid's (grid_z, grid_model, grid_exact), each
            (n, dim); any of the two groups may be absent.
        dim: the target's dimension.

    Returns:
        float64 arrays; of samples the first 4000 rows.

    Raises:
        ValueError: a group is not whole, or its arrays are not finite numbers of one shape
            (n, dim), n at least 2.
    """
    given = {name: np.asarray(array) for name, array in arrays.items()}
    for names in (SAMPLES, GRID):
        shapes = [given[name].shape for name in names if name in given]
        if shapes and not (len(shapes) == len(names) and _paired(shapes, dim)):
            raise ValueError(
                f"{', '.join(names)} must be arrays of one shape (n, {dim}), n at least 2"
            )
    if any(array.dtype.kind != "f" or not np.isfinite(array).all() for array in given.values()):
        raise ValueError("the arrays must hold finite floating-point numbers")
    rows = dict.fromkeys(SAMPLES, MAX_SAMPLES)  # grids are kept whole
    return {name: array.astype(np.float64)[: rows.get(name)] for name, array in given.items()}


def _paired(shapes: Sequence[tuple[int, ...]], dim: int) -> bool:
    """Whether all are one shape (n, dim), n at least 2."""
    first = shapes[0]
    return len(set(shapes)) == 1 and len(first) == 2 and first[0] >= 2 and first[1] == dim
