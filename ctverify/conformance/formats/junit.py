"""JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree

from ..results.result import Report, Result
from .sentences import sentence

ALLOWED = {9, 10, 13}  # control characters that XML may hold


def junit(report: Report) -> bytes:
    """JUnit XML: one testcase a check, its group as the class.

    Arguments:
        report: of ctverify check.

    Returns:
        The file. Failures that are a defect each are failures, what could not be judged is an
        error; what is not applicable, expected, known, or follows from another failure is skipped.
    """
    failed = {one.id for one in report.failed} | set(report.unexpected)
    tags = [_tag(one, failed) for one in report.results]
    counts = {
        "tests": len(tags),
        "failures": tags.count("failure"),
        "errors": tags.count("error"),
        "skipped": tags.count("skipped"),
    }
    attributes = {name: str(count) for name, count in counts.items()}
    name = _text(f"ctverify check {report.subject}")
    suite = ElementTree.Element("testsuite", {"name": name, **attributes})
    for one, tag in zip(report.results, tags, strict=True):
        kind = _text(f"{report.subject}.{one.group}")
        case = ElementTree.SubElement(suite, "testcase", classname=kind, name=one.id)
        if tag == "skipped":
            ElementTree.SubElement(case, tag, message=_text(_why_skipped(report, one)))
        elif tag is not None:
            message = _text(sentence(report, one))
            ElementTree.SubElement(case, tag, message=message).text = _text(_body(one))
    return ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)


def _tag(one: Result, failed: set[str]) -> str | None:
    if one.id in failed:
        return "failure"
    if one.status == "inconclusive" and one.follows_from is None:
        return "error"
    return None if one.status == "pass" else "skipped"


def _why_skipped(report: Report, one: Result) -> str:
    if one.id in report.known:
        return f"known from the baseline: {one.detail}"
    if one.follows_from is not None:
        return f"follows from {one.follows_from}: {one.detail}"
    return f"{one.status}: {one.reason or one.detail}"


def _body(one: Result) -> str:
    head = f"{one.statement}\n[{one.reference}]\n{one.detail}\nat: {one.configuration}"
    return f"{head}\n\n{one.reproduce or ''}"


def _text(text: str) -> str:
    """Without what XML cannot hold."""
    kept = (c if ord(c) >= 32 or ord(c) in ALLOWED else "\N{REPLACEMENT CHARACTER}" for c in text)
    return "".join(kept).encode("utf-8", "replace").decode()
