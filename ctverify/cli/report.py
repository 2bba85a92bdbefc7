"""The command line of the page: ctverify report, and the option --report of other commands. Bad
input is refused as in cli.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..certificate.certificate import Certificate
    from ..report.collect import Collection

KEPT = 2000  # samples behind the figures of --report

option = click.option(
    "--report", metavar="FILE", help="Also write a page of the result there, one HTML file."
)


@click.command()
@click.argument("sources", metavar="DIR|FILE...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    default="report.html",
    show_default=True,
    metavar="FILE",
    help="The page to write.",
)
def report(sources: tuple[str, ...], output: str) -> None:
    """Write one HTML page of what run, certify, check, prove and sweep found.

    Each FILE is JSON that one of them wrote; of a DIR, searched with its subdirectories, JSON of
    another kind is passed over. Exit code 0: the page is written, whatever its verdicts; 2: bad
    input.
    """
    from ..report.page import report as write

    _said(write(sources, output), output, err=False)


def certificates(
    found: Sequence[Certificate], sources: Sequence[str], path: str, *, err: bool
) -> None:
    """The page of certificates just made, with the samples that they keep."""
    from ..report.collect import Certified, Collection
    from ..report.page import write_report

    parts = tuple(Certified(c, c.samples, source) for c, source in zip(found, sources, strict=True))
    write_report(collection := Collection(parts), path)
    _said(collection, path, err)


def conformance(found: dict[str, Any], path: str, *, err: bool) -> None:
    """The page of one conformance report."""
    from ..report.collect import Collection
    from ..report.page import write_report

    write_report(collection := Collection(conformance=(found,)), path)
    _said(collection, path, err)


def ready(path: str | None) -> None:
    """Refuse a page that cannot be written before long work."""
    if path is not None:
        from ..report.page import ready as check

        check(path)


def _said(collection: Collection, path: str, err: bool) -> None:
    for note in collection.notes:
        click.echo(note, err=True)
    click.echo(f"report: {path} ({Path(path).stat().st_size / 1000:.0f} kB)", err=err)


COMMANDS = (report,)
