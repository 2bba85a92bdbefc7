"""Reports of the schema ctverify/conformance/1, which version 0.1.0 wrote: --baseline and the page
still read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ...core.schemas import Natural, Number, builtins, read_schema

SCHEMA = "ctverify/conformance/1"


@dataclass(frozen=True, kw_only=True)
class Result1:
    """One check judged, `examples` times without a refusal."""

    id: str
    group: str
    statement: str
    reference: str
    status: Literal["pass", "fail", "inconclusive", "not_applicable", "expected_failure"]
    detail: str = ""
    observed: Number | None = None
    limit: Number | None = None
    configuration: str | None = None
    reproduce: str | None = None
    examples: Natural = 0
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReportFile1:
    """A report as its JSON had it."""

    subject: str
    version: str
    seed: int
    checks: tuple[Result1, ...]
    conforms: bool
    unexpected: tuple[str, ...]
    known: tuple[str, ...]


def upgraded(data: Any, name: str, schema: str) -> dict[str, Any]:
    """JSON values of this schema as those of `schema`, the present one.

    Arguments:
        data: JSON values.
        name: what a refusal calls them.
        schema: the name of the present schema.

    Returns:
        JSON values; what was not counted then is 0 or empty.

    Raises:
        InputError: data are not of the schema ctverify/conformance/1; says where.
    """
    report: dict[str, Any] = builtins(read_schema(ReportFile1, data, name, SCHEMA))
    for check in report["checks"]:
        check["judged"] = check.pop("examples")
    return {"schema": schema, **report, "notes": [], "complete": True}
