"""What a project says of its own report: failures that are expected, with reasons, and those that
an earlier report had.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..core.arguments import InputError
from .checks import ALL
from .result import SCHEMA, Report


def expected(file: Path) -> dict[str, str]:
    """id -> reason, from lines of an id, then the reason; lines that start with # are comments."""
    reasons, known = {}, {check.id for check in ALL}
    for line in map(str.strip, _read("--xfails", file).splitlines()):
        if not line or line.startswith("#"):
            continue
        id, _, reason = line.partition(" ")
        if id not in known:
            raise InputError(
                f"--xfails: {id!r} is no check's id; `ctverify check --list` shows them"
            )
        if not reason.strip():
            raise InputError(f"--xfails: {id!r} needs a reason after its id, got none")
        reasons[id] = reason.strip()
    return reasons


def baseline(file: Path) -> Report:
    """An earlier report."""
    try:
        data: Any = json.loads(_read("--baseline", file))
        if data["schema"] != SCHEMA:
            raise InputError(
                f"--baseline must hold a report with the schema {SCHEMA}, got {data['schema']!r}"
            )
        return Report.from_dict(data)
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"--baseline must hold a report that --json wrote, got {str(file)!r}: {error}"
        ) from None


def _read(option: str, file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{option} must name a readable text file, got {str(file)!r}: {error}"
        ) from None
