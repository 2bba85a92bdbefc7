"""The folder of a sweep: sweep.json says what is asked for, cases/HASH.json what each case found.

A case's file appears when the case is finished, whole or not at all. What is in it besides
`seconds` depends on the case alone. A lock says that a sweep is running; one that was killed has
let go of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.arguments import InputError
from ..core.files import locked, write_atomically
from ..core.schemas import builtins, load, read_schema
from ..core.signatures import checked
from ..core.version import __version__
from .case import SCHEMA, Case
from .schema import CaseFile, SweepFile

SWEEP = "sweep.json"
CASES = "cases"
UNSAID = ("sha256", "ctverify", "device")  # in words about a case


@checked
@dataclass(frozen=True)
class Record:
    """A finished case.

    Attributes:
        hash: its name.
        case: its definition, as JSON values.
        status: done or failed.
        result: what it found, as JSON values (schema.Measured); None where it failed.
        error: why it failed; None where it is done.
        seconds: how long it took.
    """

    hash: str
    case: dict[str, Any]
    status: str
    result: dict[str, Any] | None
    error: str | None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The case as JSON values, schema ctverify/sweep/1."""
        return {"schema": SCHEMA, **builtins(self)}

    @classmethod
    def from_dict(cls, data: Any, *, name: str = "the case") -> Record:
        """The case that to_dict wrote.

        Arguments:
            data: JSON values. Unknown fields are ignored, but for settings: they tell cases apart.
            name: what a refusal calls them.

        Returns:
            The case; a number that is written as a whole one is a float where floats are meant.

        Raises:
            InputError: data are not of the schema ctverify/sweep/1; says where.
        """
        file = read_schema(CaseFile, data, name, SCHEMA, finite=True)
        return cls(
            hash=file.hash,
            case=data["case"] | builtins(file.case),
            status=file.status,
            result=builtins(file.result),
            error=file.error,
            seconds=file.seconds,
        )

    @property
    def settings(self) -> str:
        """The definition in words."""
        told = {key: value for key, value in self.case.items() if key not in UNSAID}
        return " ".join(f"{key}={value}" for key, value in told.items() if value is not None)

    @property
    def why(self) -> str:
        """What is wrong: the error, or the laws whose verdict is fail."""
        if self.result is None:
            return str(self.error)
        verdicts = self.result["verdicts"]
        return ", ".join(verdict["law"] for verdict in verdicts if verdict["status"] == "fail")

    @property
    def verdict(self) -> str:
        """The gravest verdict of a certificate, or failed."""
        if self.result is None:
            return "failed"
        statuses = {verdict["status"] for verdict in self.result["verdicts"]}
        for status in ("fail", "inconclusive"):
            if status in statuses:
                return status
        return "pass"


@dataclass(frozen=True)
class Store:
    """A sweep's folder."""

    directory: Path

    def case_file(self, name: str) -> Path:
        """Where the case of that hash is."""
        return self.directory / CASES / f"{name}.json"

    def begin(
        self, content: dict[str, Any], every: Sequence[Case], own: Sequence[Case], resume: bool
    ) -> dict[str, Record]:
        """Write sweep.json, and tell what is there.

        Arguments:
            content: the spec's content.
            every: all cases of the sweep.
            own: those that will be computed here.
            resume: whether the folder may hold a sweep.

        Returns:
            The done ones of `own`, by hash.

        Raises:
            InputError: the folder holds a sweep, and `resume` is not set.
        """
        names = {case.hash for case in own}
        kept = {name: record for name in names if (record := self.read(name)) is not None}
        if not resume and kept:
            raise InputError(
                f"out {str(self.directory)!r} holds {len(kept)} cases of this sweep already: "
                "--resume continues it, another --out starts anew"
            )
        if not resume and (self.directory / SWEEP).exists() and not self._same(every):
            raise InputError(
                f"out {str(self.directory)!r} holds another sweep: --resume adds to it, "
                "another --out starts anew"
            )
        self._clear_drafts(names)
        sweep = {
            "schema": SCHEMA,
            "ctverify": __version__,
            "spec": content,
            "cases": [case.hash for case in every],
        }
        write_atomically(self.directory / SWEEP, _text(sweep))
        return {name: record for name, record in kept.items() if record.status == "done"}

    def keep(self, record: Record) -> None:
        """Write a case's file."""
        write_atomically(self.case_file(record.hash), _text(record.to_dict()))

    def read(self, name: str) -> Record | None:
        """The case of that hash, None where it is not there or is not what this version writes: it
        is computed anew.
        """
        try:
            record = _read(self.case_file(name))
        except InputError:
            return None
        return record if record.hash == name else None

    def locked(self, shard: str) -> AbstractContextManager[None]:
        """Held while a sweep (or a shard of it) runs; InputError where another one does, or the
        folder cannot be written.
        """
        return locked(self.directory, "sweep", f".lock-{shard}")

    def _same(self, every: Sequence[Case]) -> bool:
        """Whether sweep.json asks for these cases."""
        try:
            known = _sweep(self.directory)
        except InputError:
            return False
        return known.cases == tuple(case.hash for case in every)

    def _clear_drafts(self, names: set[str]) -> None:
        """Remove what a killed driver was writing."""
        for draft in (self.directory / CASES).glob(".*.json.*"):
            if draft.name.split(".")[1] in names:
                draft.unlink(missing_ok=True)


@checked
def read_records(directory: str | Path) -> tuple[list[Record], list[str]]:
    """All finished cases of a sweep's folder.

    Arguments:
        directory: the folder.

    Returns:
        The cases by hash, and the hashes that sweep.json asks for but are not there.

    Raises:
        InputError: the folder has no sweep.json, or a file in it is not of its schema.
    """
    folder = Path(directory)
    sweep = _sweep(folder)
    records = [_named(path) for path in sorted((folder / CASES).glob("[!.]*.json"))]
    missing = set(sweep.cases) - {record.hash for record in records}
    return records, sorted(missing)


def _sweep(folder: Path) -> SweepFile:
    """A folder's sweep.json."""
    name = f"{str(folder)!r} must be the folder of a sweep, with a readable {SWEEP}, which"
    content = load(folder / SWEEP, name)
    return read_schema(SweepFile, content, f"{SWEEP} of {str(folder)!r}", SCHEMA)


def _read(path: Path) -> Record:
    name = f"the case {str(path)!r}"
    return Record.from_dict(load(path, name), name=name)


def _named(path: Path) -> Record:
    """A case whose file bears its name."""
    record = _read(path)
    if record.hash != path.stem:
        raise InputError(
            f"the case {str(path)!r} must bear its hash as name, which is {record.hash}"
        )
    return record


def _text(value: dict[str, Any]) -> bytes:
    # default: TOML has dates, which no axis takes
    return (json.dumps(value, indent=1, allow_nan=False, default=str) + "\n").encode()
