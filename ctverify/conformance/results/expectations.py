"""What a project says of its own report: failures that are expected, with reasons, and those that
an earlier report had.
"""

from __future__ import annotations

from pathlib import Path

from ...core.arguments import InputError
from ...core.limits import read_text
from ...core.schemas import parse
from .result import Report


def expected(file: Path) -> dict[str, str]:
    """The failures that a project expects.

    Arguments:
        file: text with a line a check, its id and then the reason; lines that start with # are
            comments.

    Returns:
        The reason by the check's id.

    Raises:
        InputError: the file cannot be read, an id is no check's, or a reason is missing.
    """
    from ..checks import ALL  # imports torch

    reasons = {}
    known = {check.id for check in ALL}
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
    """An earlier report, read from the JSON that --json wrote.

    Arguments:
        file: that JSON.

    Returns:
        The report.

    Raises:
        InputError: the file cannot be read, or holds something else.
    """
    name = f"--baseline must hold a report that --json wrote, and {str(file)!r}"
    content = parse(_read("--baseline", file).encode(), name)
    return Report.from_dict(content, name=name)


def _read(option: str, file: Path) -> str:
    return read_text(file, f"{option} {str(file)!r}")
