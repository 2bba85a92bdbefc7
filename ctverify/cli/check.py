"""ctverify check: an implementation, judged formula by formula."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core.arguments import InputError
from ..core.exit_codes import code_of
from . import results
from .options import FILE, receives, report_option, seed_option

if TYPE_CHECKING:
    from ..conformance.result import Report


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """What `check` is asked for; None where an option is left out."""

    subject: str | None
    only: tuple[str, ...]
    max_examples: int | None
    seed: int
    json_file: Path | None
    junit: Path | None
    xfails: Path | None
    baseline: Path | None
    listed: bool
    report: Path | None


@click.command()
@click.argument("subject", metavar="SUBJECT", required=False)
@click.option(
    "--only",
    multiple=True,
    metavar="GROUP|ID",
    help="Repeatable: judge by these checks only, as --list names them.",
)
@click.option(
    "--max-examples",
    type=click.IntRange(min=1),
    show_default="each check's own, 3 to 50",
    help="The most examples of a check.",
)
@seed_option
@click.option(
    "--json",
    "json_file",
    type=FILE,
    metavar="FILE",
    help="Also write the report there; - prints it instead of the table.",
)
@click.option(
    "--junit",
    type=FILE,
    metavar="FILE",
    help="Also write JUnit XML there, one testcase a check.",
)
@click.option(
    "--xfails",
    type=FILE,
    metavar="FILE",
    help="Checks that are expected to fail, one a line: the id, then the reason.",
)
@click.option(
    "--baseline",
    type=FILE,
    metavar="FILE",
    help="An earlier report: fail only on what is new.",
)
@click.option("--list", "listed", is_flag=True, help="List the checks and the built-in subjects.")
@report_option
@receives(CheckOptions)
def check(options: CheckOptions) -> None:
    """Judge a consistency model's code around an exact oracle.

    It is judged formula by formula, with the oracle in the network's place. SUBJECT is a built-in
    (reference, reference-trigflow, diffusers-cm, -lcm, -scm, bayesflow-cm, -scm) or a factory of an
    adapter, package.module:name. Exit code 0: it conforms, 1: it does not, 2: bad input,
    3: a check could not be judged, 130: interrupted.
    """
    try:
        from ..conformance import view
        from ..conformance.subjects import BUILTIN
    except ModuleNotFoundError as error:
        raise InputError(
            f"check needs the packages of pip install 'ctverify[conformance]': {error}"
        ) from None
    if options.listed:
        view.listing(list(BUILTIN))
        return
    if options.subject is None:
        raise InputError(
            "SUBJECT must be given: a built-in or package.module:name; --list shows what there is"
        )
    results.check_page(options.report)
    report = _judged(options.subject, options)
    _show(report, options)
    unjudged = any(result.status == "inconclusive" for result in report.results)
    raise SystemExit(code_of(failed=not report.conforms, unjudged=unjudged))


def _judged(subject: str, options: CheckOptions) -> Report:
    """The report, marked with what --xfails expects and what --baseline knows."""
    from ..conformance import expectations, run
    from ..core.progress import bar

    reasons: dict[str, str] = {}
    if options.xfails is not None:
        reasons = expectations.expected(options.xfails)
    before: Report | None = None
    if options.baseline is not None:
        before = expectations.baseline(options.baseline)
    only = options.only or None  # None: every check
    with bar(f"checking {subject}", len(run.selected(only))) as progress:
        report = run.check(
            subject,
            checks=only,
            max_examples=options.max_examples,
            seed=options.seed,
            progress=progress,
        )
    report = report.expecting(reasons)
    return report if before is None else report.since(before)


def _show(report: Report, options: CheckOptions) -> None:
    """Print the report, and write the files that are asked for."""
    from ..conformance import view
    from ..core.files import write_atomically

    data = report.to_dict()
    text = results.json_text(data)
    prints_json = results.is_dash(options.json_file)
    if prints_json:
        click.echo(text)
    else:
        view.show(report)
    results.write_json(text, options.json_file)
    if options.junit is not None:
        write_atomically(options.junit, view.junit(report))
    if options.report is not None:
        results.conformance_page(data, options.report, err=prints_json)
