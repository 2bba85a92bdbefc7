"""ctverify check: an implementation, judged formula by formula."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..core.arguments import InputError
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
    adapter, package.module:name. Exit code 0: it conforms, 1: it does not, 2: bad input.
    """
    from ..core.files import write_atomically
    from ..core.progress import bar

    try:
        from ..conformance import view
        from ..conformance.checks import ALL
        from ..conformance.run import check as judge
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
    reasons = _expected(options.xfails)
    before = _baseline(options.baseline)
    only = set(options.only)
    chosen = [one for one in ALL if not only or only & {one.id, one.group}]
    selection: dict[str, Any] = {"checks": options.only} if only else {}
    with bar(f"checking {options.subject}", len(chosen)) as progress:
        report = judge(
            options.subject,
            max_examples=options.max_examples,
            seed=options.seed,
            progress=progress,
            **selection,
        )
    report = report.expecting(reasons)
    if before is not None:
        report = report.since(before)
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
    raise SystemExit(int(not report.conforms))


def _expected(xfails: Path | None) -> dict[str, str]:
    """The reasons of the checks that are expected to fail, by id."""
    if xfails is None:
        return {}
    from ..conformance import expectations

    return expectations.expected(xfails)


def _baseline(file: Path | None) -> Report | None:
    """The earlier report, if there is one."""
    if file is None:
        return None
    from ..conformance import expectations

    return expectations.baseline(file)
