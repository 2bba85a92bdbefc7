"""What ctverify check prints and writes."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from . import results

if TYPE_CHECKING:
    from ..conformance.results.result import Report


class Asked(Protocol):
    """Of the command's options, those that say where a report goes."""

    @property
    def json_file(self) -> Path | None: ...
    @property
    def form(self) -> str: ...
    @property
    def junit(self) -> Path | None: ...
    @property
    def badge(self) -> Path | None: ...
    @property
    def xfails(self) -> Path | None: ...
    @property
    def baseline(self) -> Path | None: ...
    @property
    def report(self) -> Path | None: ...


class Written:
    """A report as it comes: --json's file is rewritten with each, the rest is done at the end.

    Arguments:
        asked: the command's options; the files of --xfails and --baseline are read now.

    Raises:
        InputError: one of those files is refused.
    """

    def __init__(self, asked: Asked) -> None:
        from ..conformance.results import expectations

        self._asked = asked
        self._reasons = {} if asked.xfails is None else expectations.expected(asked.xfails)
        self._before = None if asked.baseline is None else expectations.baseline(asked.baseline)
        self.last: Report | None = None

    def write(self, report: Report) -> None:
        """A report that is not complete.

        Raises:
            InputError: a file cannot be written, or removed.
        """
        if self.last is None:  # from now on what an earlier check wrote is of another report
            for stale in (self._asked.junit, self._asked.report):
                results.retire(stale)
        self.last = report
        text = results.json_text(self._marked(report).to_dict())
        results.write_json(text, self._asked.json_file, complete=False)

    def end(self, report: Report) -> Report:
        """Print the last report and write every file that is asked for.

        Arguments:
            report: it may be incomplete.

        Returns:
            The report, marked with what --xfails expects and what --baseline knows.

        Raises:
            InputError: a file cannot be written.
        """
        from ..conformance.formats.badge import badge
        from ..conformance.formats.junit import junit
        from ..core.files import write_atomically

        report = self._marked(report)
        data = report.to_dict()
        text = results.json_text(data)
        self._print(report, text)
        results.write_json(text, self._asked.json_file)
        if self._asked.junit is not None:
            write_atomically(self._asked.junit, junit(report))
        if self._asked.badge is not None:
            today = datetime.date.today()
            write_atomically(self._asked.badge, badge(report, today).encode())
        if self._asked.report is not None:
            table = self._asked.form == "table" and not results.is_dash(self._asked.json_file)
            results.conformance_page(data, self._asked.report, err=not table)
        return report

    def _marked(self, report: Report) -> Report:
        report = report.expecting(self._reasons)
        return report if self._before is None else report.since(self._before)

    def _print(self, report: Report, text: str) -> None:
        from ..conformance.formats.github import github
        from ..conformance.formats.sarif import sarif
        from ..conformance.results import view

        if results.is_dash(self._asked.json_file):
            click.echo(text)
        elif self._asked.form == "sarif":
            click.echo(results.json_text(sarif(report)))
        elif self._asked.form == "github":
            click.echo(f"{github(report)}\n{view.verdict(report)}".strip())
        else:
            view.show(report)
