"""ctverify check: an implementation, judged formula by formula."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core.arguments import InputError, missing
from . import results
from .check_files import Written
from .options import FILE, POSITIVE, receives, report_option, seed_option

if TYPE_CHECKING:
    from ..conformance.results.result import Report


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """What `check` is asked for; None where an option is left out."""

    subject: str | None
    only: tuple[str, ...]
    max_examples: int | None
    seed: int
    timeout: float | None
    call_timeout: float
    in_process: bool
    json_file: Path | None
    form: str
    junit: Path | None
    badge: Path | None
    xfails: Path | None
    baseline: Path | None
    listed: bool
    report: Path | None


@click.command()
@click.argument("subject", metavar="SUBJECT", required=False)
@click.option(
    "--only",
    multiple=True,
    metavar="GROUP|ID|GLOB,...",
    help="Judge by these checks only, as --list names them; a comma list, repeatable.",
)
@click.option(
    "--max-examples",
    type=click.IntRange(min=1),
    show_default="each check's own, 3 to 50",
    help="The most examples of a check.",
)
@seed_option
@click.option(
    "--timeout",
    type=POSITIVE,
    metavar="SECONDS",
    help="Stop after so long, with a report of what was judged.",
)
@click.option(
    "--call-timeout",
    type=POSITIVE,
    metavar="SECONDS",
    default=60.0,
    show_default=True,
    help="How long one call of the subject, or its import, may take.",
)
@click.option(
    "--in-process",
    is_flag=True,
    help="Judge in this process, for debuggers: without limits of calls, one check at a time.",
)
@click.option(
    "--json",
    "json_file",
    type=FILE,
    metavar="FILE",
    help="Also write the report there, as it comes; - prints it instead of the table.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "github", "sarif"]),
    default="table",
    show_default=True,
    help="What is printed: a table, GitHub's annotations or SARIF 2.1.0.",
)
@click.option(
    "--junit",
    type=FILE,
    metavar="FILE",
    help="Also write JUnit XML there, one testcase a check.",
)
@click.option(
    "--badge",
    type=FILE,
    metavar="FILE",
    help="Also draw the verdict there, with versions, counts and date, as an SVG.",
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

    It is judged formula by formula, with the oracle in the network's place, in processes of its
    own. SUBJECT is a built-in (reference, reference-trigflow, -meanflow, -flowmap, diffusers-cm,
    -lcm, -scm, -fm-euler, -fm-lcm, -tcd, -flowmap, bayesflow-cm, -scm, sbijax-cmpe, rfp-meanflow)
    or a factory of an adapter, package.module:name. Exit code 0: it conforms, 1: it does not, 2:
    bad input, 3: a check could not be judged, 130: interrupted.
    """
    try:
        import hypothesis  # noqa: F401
    except ImportError as error:
        raise missing("check", "hypothesis", "ctverify[conformance]", error) from None
    if options.listed:
        from ..conformance.results import view
        from ..conformance.subjects import BUILTIN, SINCE

        view.listing([f"{name} ({SINCE[name]})" if name in SINCE else name for name in BUILTIN])
        return
    if options.subject is None:
        raise InputError(
            "SUBJECT must be given: a built-in or package.module:name; --list shows what there is"
        )
    if results.is_dash(options.json_file) and options.form != "table":
        raise InputError(f"--json - and --format {options.form} both print, give --json a file")
    results.check_page(options.report)
    written = Written(options)
    try:
        report = _judged(options.subject, options, written)
    except KeyboardInterrupt:
        if written.last is not None:
            written.end(written.last)
        raise
    raise SystemExit(written.end(report).exit_code)


def _judged(subject: str, options: CheckOptions, written: Written) -> Report:
    """The report, with the progress shown meanwhile."""
    from ..conformance import run
    from ..conformance.processes.verdicts import UNREACHED
    from ..core.progress import bar

    with bar(f"checking {subject}", None) as progress:

        def so_far(report: Report) -> None:
            judged = sum(result.detail != UNREACHED for result in report.results)
            progress(done=judged, steps=len(report.results))
            written.write(report)

        return run.check(
            subject,
            checks=options.only or None,  # None: every check
            max_examples=options.max_examples,
            seed=options.seed,
            timeout=options.timeout,
            call_timeout=options.call_timeout,
            in_process=options.in_process,
            progress=lambda id: progress(id, advance=0),
            so_far=so_far,
        )
