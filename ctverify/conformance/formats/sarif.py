"""SARIF 2.1.0 (OASIS), which code scanning reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...core.version import __version__
from ..results.result import Report, Result
from .sentences import relative, sentence

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
KINDS = {  # of what is listed, with its level; a pass is listed where it was expected to fail
    "fail": ("fail", "error"),
    "pass": ("fail", "error"),
    "expected_failure": ("fail", "error"),
    "inconclusive": ("open", "none"),
}


def sarif(report: Report) -> dict[str, Any]:
    """A SARIF log of one run: a rule for each check, a result for each that does not pass.

    Arguments:
        report: of ctverify check.

    Returns:
        JSON values. What is expected or known from a baseline is suppressed, what follows from
        another failure is told with that one, what is not applicable is left out. A location is
        the subject's own code, relative to the working directory where it lies below it.
    """
    rules = {one.id: number for number, one in enumerate(report.results)}
    driver = {
        "name": "ctverify",
        "version": __version__,
        "rules": [_rule(one) for one in report.results],
    }
    listed = [one for one in report.results if _is_listed(report, one)]
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"ctverify check/{report.subject}/"},
        "invocations": [{"executionSuccessful": report.complete}],
        "results": [_result(report, one, rules[one.id]) for one in listed],
        "properties": {
            "subject": report.subject,
            "version": report.version,
            "seed": report.seed,
            "notes": list(report.notes),
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(one: Result) -> dict[str, Any]:
    return {
        "id": one.id,
        "shortDescription": {"text": one.statement or one.id},
        "help": {"text": one.reference or one.id},
        "properties": {"group": one.group},
    }


def _is_listed(report: Report, one: Result) -> bool:
    if one.id in report.unexpected:
        return True
    return one.status in KINDS and one.status != "pass" and one.follows_from is None


def _result(report: Report, one: Result, rule: int) -> dict[str, Any]:
    kind, level = KINDS[one.status]
    result: dict[str, Any] = {
        "ruleId": one.id,
        "ruleIndex": rule,
        "kind": kind,
        "level": level,
        "message": {"text": sentence(report, one)},
        "properties": {"configuration": one.configuration, "reproduce": one.reproduce},
    }
    if one.file is not None:
        result["locations"] = [_location(one.file, one.line or 1)]
    if one.status == "expected_failure":
        result["suppressions"] = [{"kind": "external", "justification": one.reason or "expected"}]
    if one.id in report.known:
        result["suppressions"] = [{"kind": "external", "justification": "known from the baseline"}]
    return result


def _location(file: str, line: int) -> dict[str, Any]:
    below = relative(file)
    if below is not None:
        where = {"uri": quote(below), "uriBaseId": "%SRCROOT%"}
    else:
        where = {"uri": Path(file).as_uri()}
    return {"physicalLocation": {"artifactLocation": where, "region": {"startLine": line}}}
