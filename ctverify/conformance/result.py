"""What `ctverify check` found: one result a check, and the report that holds them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from ..core.schemas import Natural, Number, builtins, read_schema

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
    observed: Number | None = None
    limit: Number | None = None
    configuration: str | None = None
    reproduce: str | None = None
    examples: Natural = 0
    reason: str | None = None  # of an expected failure, or of one that is in the baseline


@dataclass(frozen=True, kw_only=True)
class ReportFile:
    """A report as its JSON has it."""

    subject: str
    version: str
    seed: int
    checks: tuple[Result, ...]
    conforms: bool
    unexpected: tuple[str, ...]
    known: tuple[str, ...]


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
        """The report as JSON values, schema ctverify/conformance/1; numbers that are not finite
        are strings (core/schemas.py).
        """
        file = ReportFile(
            subject=self.subject,
            version=self.version,
            seed=self.seed,
            checks=self.results,
            conforms=self.conforms,
            unexpected=self.unexpected,
            known=self.known,
        )
        return {"schema": SCHEMA, **builtins(file)}

    @classmethod
    def from_dict(cls, data: Any, *, name: str = "the report") -> Report:
        """The report that to_dict wrote.

        Arguments:
            data: JSON values; unknown fields are ignored.
            name: what a refusal calls them.

        Returns:
            The report; whether it conforms is told from its results.

        Raises:
            InputError: data are not of the schema ctverify/conformance/1; says where.
        """
        file = read_schema(ReportFile, data, name, SCHEMA)
        return cls(
            subject=file.subject,
            version=file.version,
            seed=file.seed,
            results=file.checks,
            unexpected=file.unexpected,
            known=file.known,
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
