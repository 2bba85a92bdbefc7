"""What formats say of a result, and where."""

from __future__ import annotations

from pathlib import Path

from ..results.result import Report, Result


def sentence(report: Report, result: Result) -> str:
    """What was seen, and what follows from it."""
    if result.id in report.unexpected:
        return "was expected to fail, and passes: take it out of the xfails file"
    following = ", ".join(one.id for one in report.following(result.id))
    seen = result.detail or result.statement
    return f"{seen} (so fails: {following})" if following else seen


def relative(file: str) -> str | None:
    """A file below the working directory, as from there; None of another."""
    try:
        return Path(file).relative_to(Path.cwd()).as_posix()
    except ValueError:
        return None
