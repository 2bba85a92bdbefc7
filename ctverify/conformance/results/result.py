"""What `ctverify check` found: one result a check, and the report that holds them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from ...core.exit_codes import code_of
from ...core.schemas import Natural, Number, builtins, read_schema
from ...core.signatures import checked
from . import schema_1

Status = Literal["pass", "fail", "inconclusive", "not_applicable", "expected_failure"]
SCHEMA = "ctverify/conformance/2"


@checked
@dataclass(frozen=True)
class Result:
    """One check judged.

    detail: what was seen at the smallest failure, which `configuration` and `reproduce` are of
    judged, refused: examples that were judged, and those that the subject did not let be judged
    why: what was said at the first refusal
    follows_from: the check whose failure is the cause; what follows is no failure of its own
    reason: of an expected failure
    file, line: where the subject's code is that the check is about, where that can be told
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
    judged: Natural = 0
    refused: Natural = 0
    why: str = ""
    follows_from: str | None = None
    reason: str | None = None
    file: str | None = None
    line: Natural | None = None

    @property
    def count(self) -> str:
        """How many examples were judged, in words; "" where all were."""
        if not self.refused:
            return ""
        drawn = self.judged + self.refused
        return f"judged {self.judged} of {drawn}, {self.refused} refused: {self.why}"


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
    notes: tuple[str, ...]
    complete: bool


@checked
@dataclass(frozen=True)
class Report:
    """A subject judged by every check that was asked for; `complete` where none was cut short, by
    a limit of time or by Ctrl-C.
    """

    subject: str
    version: str
    seed: int
    results: tuple[Result, ...]
    unexpected: tuple[str, ...] = ()  # checks that were expected to fail and pass
    known: tuple[str, ...] = ()  # failures that the baseline has
    notes: tuple[str, ...] = ()  # what is no verdict, in sentences
    complete: bool = True

    @property
    def failed(self) -> list[Result]:
        """Failures that are neither expected nor in the baseline, and follow from no other: one a
        defect.
        """
        return [
            result
            for result in self.results
            if result.status == "fail"
            and result.follows_from is None
            and result.id not in self.known
        ]

    @property
    def conforms(self) -> bool:
        """Whether the report is complete, nothing failed that was not expected, and nothing passed
        that was expected to fail.
        """
        return self.complete and not self.failed and not self.unexpected

    @property
    def unjudged(self) -> bool:
        """Whether a check could not be judged, or was not reached."""
        open_ones = (result for result in self.results if result.status == "inconclusive")
        return not self.complete or any(open_ones)

    @property
    def exit_code(self) -> int:
        """Of the command that prints it."""
        failed = bool(self.failed or self.unexpected)
        return code_of(failed=failed, unjudged=self.unjudged)

    def following(self, id: str) -> list[Result]:
        """The results that are folded under the failure of this check."""
        return [result for result in self.results if result.follows_from == id]

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values, schema ctverify/conformance/2; numbers that are not finite
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
            notes=self.notes,
            complete=self.complete,
        )
        return {"schema": SCHEMA, **builtins(file)}

    @classmethod
    def from_dict(cls, data: Any, *, name: str = "the report") -> Report:
        """The report that to_dict wrote, or that version 0.1.0 did.

        Arguments:
            data: JSON values; unknown fields are ignored.
            name: what a refusal calls them.

        Returns:
            The report; whether it conforms is told from its results.

        Raises:
            InputError: data are of neither schema, ctverify/conformance/2 or /1; says where.
        """
        if isinstance(data, dict) and data.get("schema") == schema_1.SCHEMA:
            data = schema_1.upgraded(data, name, SCHEMA)
        file = read_schema(ReportFile, data, name, SCHEMA)
        return cls(
            subject=file.subject,
            version=file.version,
            seed=file.seed,
            results=file.checks,
            unexpected=file.unexpected,
            known=file.known,
            notes=file.notes,
            complete=file.complete,
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
        """Failures that the baseline has too are known. What follows from a known failure and is
        not in the baseline stands by itself: something else has changed.
        """
        before = {r.id for r in baseline.results if r.status in ("fail", "expected_failure")}
        results = tuple(
            replace(r, follows_from=None)
            if r.status == "fail" and r.follows_from in before and r.id not in before
            else r
            for r in self.results
        )
        known = tuple(r.id for r in results if r.status == "fail" and r.id in before)
        return replace(self, results=results, known=known)
