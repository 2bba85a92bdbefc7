"""Failures by cause: laws that rest on a broken cause are not judged, in one process or in many.

pytest-xdist's workers leave an empty file a failure in a folder that their controller gives them,
and look there before each law. A law that was under way when an earlier cause failed is folded by
the controller at the end.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CAUSES = ("schedule", "oracle", "population", "training", "bound")
NOT_JUDGED = "not judged: rests on"


@dataclass(frozen=True)
class Failures:
    """The laws that have failed.

    Arguments:
        folder: shared with other workers; None in one process.
    """

    folder: Path | None
    _own: set[str] = field(default_factory=set)

    def add(self, law: str) -> None:
        """Record one, by its id, cause.name."""
        self._own.add(law)
        if self.folder is not None:
            (self.folder / law).touch()

    def before(self, cause: str) -> str:
        """Why a law of a cause is not judged.

        Arguments:
            cause: one of CAUSES.

        Returns:
            A sentence that names what failed in the first broken cause before it, "" if there is
            none.

        Example:
            >>> failures = Failures(None)
            >>> failures.add("oracle.flow")
            >>> failures.before("bound")
            'not judged: rests on oracle, where oracle.flow failed'
        """
        failed = set(self._own)
        if self.folder is not None:
            failed.update(os.listdir(self.folder))
        for earlier in CAUSES[: CAUSES.index(cause)]:
            names = sorted(law for law in failed if cause_of(law) == earlier)
            if names:
                return f"{NOT_JUDGED} {earlier}, where {', '.join(names)} failed"
        return ""


def cause_of(law: str) -> str:
    """The cause in a law's id, cause.name."""
    return law.partition(".")[0]


def fold(stats: dict[str, list[Any]]) -> None:
    """Count the failures that rest on an earlier cause as not judged.

    Arguments:
        stats: the terminal's reports by status, of a run of several workers; changed in place.
    """
    failed = [
        (report, _law_id(report))
        for report in stats.get("failed", ())
        if "XPASS" not in str(report.longrepr)
    ]
    failures = Failures(None)
    for _, law in failed:
        if law:
            failures.add(law)
    for report, law in failed:
        reason = failures.before(cause_of(law)) if law else ""
        if reason:
            stats["failed"].remove(report)
            path, line, _ = report.location
            report.outcome = "skipped"
            report.longrepr = (path, (line or 0) + 1, f"Skipped: {reason}")
            stats.setdefault("skipped", []).append(report)
    if not stats.get("failed", True):
        del stats["failed"]


def _law_id(report: Any) -> str:
    """The law that a report is of, "" where it is of none."""
    counted: Mapping[str, Any] = dict(getattr(report, "user_properties", ()))
    return str(counted.get("law", ""))
