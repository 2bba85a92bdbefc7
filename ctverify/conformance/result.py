"""What `ctverify check` found: one result a check, and the report that holds them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

Status = Literal["pass", "fail", "inconclusive", "not_applicable", "expected_failure"]
SCHEMA = "ctverify/conformance/1"


@dataclass(frozen=True)
class Result:
    """One check judged. `configuration` and `reproduce` are of the smallest failure; `detail` says
    what was seen there.
    """

    id: str
    group: str
    statement: str
    reference: str
    status: Status
    detail: str = ""
    observed: float | None = None
    limit: float | None = None
    configuration: str | None = None
    reproduce: str | None = None
    examples: int = 0
    reason: str | None = None  # of an expected failure, or of one that is in the baseline

    def to_dict(self) -> dict[str, Any]:
        """JSON: numbers that are not finite are null."""
        fields = dict(vars(self))
        for name in ("observed", "limit"):
            value = fields[name]
            fields[name] = value if value is not None and math.isfinite(value) else None
        return fields


@dataclass(frozen=True)
class Report:
    """A subject judged by every check."""

    subject: str
    version: str
    seed: int
    results: tuple[Result, ...]
    unexpected: tuple[str, ...] = ()  # checks that were expected to fail and pass
    known: tuple[str, ...] = ()  # failures that the baseline has

    @property
    def failed(self) -> list[Result]:
        """Failures that are neither expected nor in the baseline."""
        return [
            result
            for result in self.results
            if result.status == "fail" and result.id not in self.known
        ]

    @property
    def conforms(self) -> bool:
        """Whether nothing failed that was not expected, and nothing passed that was expected to
        fail.
        """
        return not self.failed and not self.unexpected

    def to_dict(self) -> dict[str, Any]:
        """JSON, "schema": "ctverify/conformance/1"."""
        head = {
            "schema": SCHEMA,
            "subject": self.subject,
            "version": self.version,
            "seed": self.seed,
        }
        tail = {
            "conforms": self.conforms,
            "unexpected": list(self.unexpected),
            "known": list(self.known),
        }
        return {**head, "checks": [result.to_dict() for result in self.results], **tail}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Report:
        """The report that to_dict wrote."""
        results = tuple(
            Result(**{name: check[name] for name in Result.__dataclass_fields__})
            for check in data["checks"]
        )
        return cls(
            data["subject"],
            data["version"],
            data["seed"],
            results,
            tuple(data["unexpected"]),
            tuple(data["known"]),
        )

    def expecting(self, reasons: dict[str, str]) -> Report:
        """Failures in `reasons` become expected_failure; what passes in spite of its reason is
        listed.
        """
        results = tuple(
            replace(r, status="expected_failure", reason=reasons[r.id])
            if r.id in reasons and r.status == "fail"
            else r
            for r in self.results
        )
        passing = tuple(r.id for r in self.results if r.id in reasons and r.status == "pass")
        return replace(self, results=results, unexpected=passing)

    def since(self, baseline: Report) -> Report:
        """Failures that the baseline has too are known."""
        before = {r.id for r in baseline.results if r.status in ("fail", "expected_failure")}
        return replace(
            self, known=tuple(r.id for r in self.results if r.status == "fail" and r.id in before)
        )
