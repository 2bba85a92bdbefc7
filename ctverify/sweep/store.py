"""The folder of a sweep: sweep.json says what is asked for, cases/HASH.json what each case found.

A case's file appears when the case is finished, whole or not at all. What is in it besides
`seconds` depends on the case alone. A lock says that a sweep is running; one that was killed has
let go of it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.arguments import InputError
from ..core.files import writable_directory, write_atomically
from ..core.version import __version__
from .case import SCHEMA, Case
from .shape import check

SWEEP, CASES = "sweep.json", "cases"
STATUSES = ("done", "failed")
UNSAID = ("sha256", "ctverify", "device")  # in words about a case
FIELDS = ("hash", "case", "status", "result", "error", "seconds")


@dataclass(frozen=True)
class Record:
    """A finished case: its definition, and its result (done) or why there is none (failed)."""

    hash: str
    case: dict[str, Any]
    status: str
    result: dict[str, Any] | None
    error: str | None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The schema ctverify/sweep/1 of a case's file."""
        return {"schema": SCHEMA, **{name: getattr(self, name) for name in FIELDS}}

    @classmethod
    def from_dict(cls, data: Any) -> Record:
        """What to_dict wrote; InputError for anything else."""
        if (
            not isinstance(data, dict)
            or data.get("schema") != SCHEMA
            or any(name not in data for name in FIELDS)
        ):
            raise InputError(
                f"a case must be a JSON object with the schema {SCHEMA!r} and {', '.join(FIELDS)}"
            )
        found = cls(**{name: data[name] for name in FIELDS})
        whole = (
            isinstance(found.case, dict)
            and isinstance(found.hash, str)
            and found.status in STATUSES
        )
        result = (
            isinstance(found.result, dict)
            if found.status == "done"
            else isinstance(found.error, str)
        )
        if not (whole and result):
            raise InputError(
                f"a case of the schema {SCHEMA!r} must be done with a result or failed with an error"
            )
        check(found.case, found.result, found.seconds)
        return found

    @property
    def settings(self) -> str:
        """The definition in words."""
        return " ".join(
            f"{key}={value}"
            for key, value in self.case.items()
            if value is not None and key not in UNSAID
        )

    @property
    def why(self) -> str:
        """What is wrong: the error, or the laws whose verdict is fail."""
        if self.result is None:
            return str(self.error)
        return ", ".join(
            verdict["law"] for verdict in self.result["verdicts"] if verdict["status"] == "fail"
        )

    @property
    def verdict(self) -> str:
        """The gravest verdict of a certificate, or failed."""
        if self.result is None:
            return "failed"
        found = {verdict["status"] for verdict in self.result.get("verdicts", [])}
        return next((status for status in ("fail", "inconclusive") if status in found), "pass")


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
        """Write sweep.json; the finished ones of `own` cases. Without `resume` the folder must not
        hold a sweep.
        """
        found = {
            name: record for case in own if (record := self.read(name := case.hash)) is not None
        }
        if not resume and found:
            raise InputError(
                f"out {str(self.directory)!r} holds {len(found)} cases of this sweep already: --resume continues it, "
                "another --out starts anew"
            )
        if not resume and (self.directory / SWEEP).exists() and not self._same(every):
            raise InputError(
                f"out {str(self.directory)!r} holds another sweep: --resume adds to it, another --out starts anew"
            )
        self._clear_drafts({case.hash for case in own})
        about = {
            "schema": SCHEMA,
            "ctverify": __version__,
            "spec": content,
            "cases": [case.hash for case in every],
        }
        write_atomically(self.directory / SWEEP, _text(about))
        return {name: record for name, record in found.items() if record.status == "done"}

    def keep(self, record: Record) -> None:
        """Write a case's file."""
        write_atomically(self.case_file(record.hash), _text(record.to_dict()))

    def read(self, name: str) -> Record | None:
        """The case of that hash, None where it is not there or is not what this version writes: it
        is computed anew.
        """
        try:
            record = Record.from_dict(json.loads(self.case_file(name).read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError):  # InputError is a ValueError
            return None
        return record if record.hash == name else None

    @contextmanager
    def locked(self, shard: str) -> Iterator[None]:
        """Held while a sweep (or a shard of it) runs; InputError where another one does, or the
        folder cannot be written.
        """
        writable_directory(self.directory)
        handle = os.open(self.directory / f".lock-{shard}", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(
                    f"out {str(self.directory)!r} is in use: another sweep is running in it"
                ) from None
            yield
        finally:
            os.close(handle)

    def _same(self, every: Sequence[Case]) -> bool:
        try:
            known = json.loads((self.directory / SWEEP).read_text(encoding="utf-8"))["cases"]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return bool(known == [case.hash for case in every])

    def _clear_drafts(self, names: set[str]) -> None:
        """Remove what a killed driver was writing."""
        for draft in (self.directory / CASES).glob(".*.json.*"):
            if draft.name.split(".")[1] in names:
                draft.unlink(missing_ok=True)


def read_records(directory: str | Path) -> tuple[list[Record], list[str]]:
    """All finished cases of a sweep's folder, by hash, and the hashes that sweep.json asks for but
    are not there.
    """
    folder = Path(directory)
    try:
        about = json.loads((folder / SWEEP).read_text(encoding="utf-8"))
        if not isinstance(about, dict) or about.get("schema") != SCHEMA:
            raise ValueError(f"its {SWEEP} must have the schema {SCHEMA!r}")
        asked = [str(name) for name in about["cases"]]
        found = [_read(path) for path in sorted((folder / CASES).glob("[!.]*.json"))]
    except OSError as error:
        raise InputError(
            f"{str(folder)!r} must be the folder of a sweep, with a readable {SWEEP}: {error.strerror}"
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{str(folder)!r} must be the folder of a sweep: {error}") from None
    return found, sorted(set(asked) - {record.hash for record in found})


def _read(path: Path) -> Record:
    try:
        return Record.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path.name}: {error}") from None


def _text(value: dict[str, Any]) -> bytes:
    return (
        json.dumps(value, indent=1, allow_nan=False, default=str) + "\n"
    ).encode()  # TOML has dates, which no axis takes
