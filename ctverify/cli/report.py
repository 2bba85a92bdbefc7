"""ctverify report: one page of what other commands found."""

from __future__ import annotations

from pathlib import Path

import click

from . import results
from .options import FILE


@click.command()
@click.argument("sources", metavar="DIR|FILE...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    type=FILE,
    default="report.html",
    show_default=True,
    metavar="FILE",
    help="The page to write.",
)
def report(sources: tuple[str, ...], output: Path) -> None:
    """Write one HTML page of what other commands found.

    Each FILE is JSON that run, certify, check, prove or sweep wrote; of a DIR, searched with its
    subdirectories, JSON of another kind is passed over. Exit code 0: the page is written, whatever
    its verdicts, which those commands told, 2: bad input, 130: interrupted.
    """
    from ..report.page import report as write_page

    collection = write_page(sources, output)
    results.announce_page(collection, output, err=False)
