"""Annotations of GitHub's workflows: commands on standard output, one a line.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from ..results.result import Report, Result
from .sentences import relative, sentence

LEVELS = {"fail": "error", "pass": "error", "inconclusive": "warning"}  # pass: an unexpected one


def github(report: Report) -> str:
    """Annotations: an error for each defect, a warning for each check that could not be judged.

    Arguments:
        report: of ctverify check.

    Returns:
        Lines, "" where there is nothing to say; each names the file and the line of the subject's
        code where it lies below the working directory.

    Example:
        >>> from ctverify.conformance.results.result import Report, Result
        >>> result = Result("loss.rows", "loss", "rows count", "", "fail", "50 %")
        >>> print(github(Report("mine", "", 0, (result,))))
        ::error title=ctverify mine%3A loss.rows::50 %25%0Alaw: rows count
    """
    shown = [*report.failed]
    shown += [one for one in report.results if one.id in report.unexpected]
    shown += [one for one in report.results if one.status == "inconclusive"]
    lines = [_command(report, one) for one in shown]
    if not report.complete:
        title = _property(f"ctverify {report.subject}")
        lines.append(f"::warning title={title}::the report is incomplete")
    return "\n".join(lines)


def _command(report: Report, one: Result) -> str:
    properties = {"title": f"ctverify {report.subject}: {one.id}"}
    file = None if one.file is None else relative(one.file)
    if file is not None:
        properties = {"file": file, "line": str(one.line or 1), **properties}
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    words = [sentence(report, one), f"law: {one.statement}"]
    if one.configuration:
        words.append(f"at: {one.configuration}")
    return f"::{LEVELS[one.status]} {given}::{_data(chr(10).join(words))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
