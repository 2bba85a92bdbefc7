"""What commands do with their results: JSON, files, the page of --report, the exit code."""

from __future__ import annotations

import importlib
import json
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from ..certificate.certificate import Certificate
    from ..report.collect import Collection

PACKAGE = str(Path(__file__).parents[1])  # begins the names of our own files
KEPT = 2000  # samples behind the figures of --report
IMPORTLIB = str(importlib.__file__)
DASH = "-"  # names standard output in the place of a file


def json_text(data: Any) -> str:
    """JSON as every command writes it.

    Arguments:
        data: what `json` can write, without NaN or infinity.

    Returns:
        The text, indented by one space.

    Example:
        >>> print(json_text({"T": 64}))
        {
         "T": 64
        }
    """
    return json.dumps(data, indent=1, allow_nan=False)


def write_json(text: str, file: Path | None, *, complete: bool = True) -> None:
    """Write the file of --json FILE.

    Arguments:
        text: the content.
        file: where it goes; None for nowhere, "-" for standard output, where it was printed.
        complete: whether no other follows; into a device or a pipe nothing else goes.

    Raises:
        InputError: the file cannot be written.
    """
    from ..core.files import replaceable, write_atomically

    if file is None or is_dash(file):
        return
    if complete or replaceable(file):
        write_atomically(file, text.encode())


def is_dash(file: Path | None) -> bool:
    """Whether a file's name is "-", for standard output."""
    return file is not None and str(file) == DASH


def finish(
    certificates: Sequence[Certificate],
    files: Sequence[str],
    *,
    closing: str | None,
    as_json: bool,
    report: Path | None,
    missing: int | None = None,
) -> NoReturn:
    """Show certificates, write their page and exit.

    Arguments:
        certificates: what there is to show.
        files: the file that each is in, "" where there is none.
        closing: the line below a comparison of them; None shows the first one whole.
        as_json: print a JSON array instead.
        report: where their page goes; None for nowhere.
        missing: the exit code where a certificate of what was asked for is missing, else None.

    Raises:
        SystemExit: always, with `missing`, else the code that verdict.exit_code makes of all
            verdicts.
    """
    if as_json:
        click.echo(json_text([certificate.to_dict() for certificate in certificates]))
    elif certificates:
        from ..certificate.table import show

        show(certificates, closing)
    if report is not None and certificates:
        certificates_page(certificates, files, report, err=as_json)
    from ..core.verdict import exit_code

    verdicts = [verdict for certificate in certificates for verdict in certificate.verdicts]
    raise SystemExit(exit_code(verdicts) if missing is None else missing)


def show_cause(error: BaseException) -> None:
    """Print the traceback of the user's own error behind one of ours, from his code on.

    Arguments:
        error: ours, raised from the user's.
    """
    cause = error.__cause__
    assert cause is not None
    trace = cause.__traceback__
    while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    words = traceback.format_exception(type(cause), cause, trace)
    click.echo("".join(words), err=True, nl=False)


def _is_ours(file: str) -> bool:
    """Whether a frame of that file is ours, or of the machinery of imports."""
    return file.startswith((PACKAGE, "<frozen importlib")) or file == IMPORTLIB


def check_page(report: Path | None) -> None:
    """Refuse a page that cannot be written, before long work.

    Arguments:
        report: where it is to go; None for nowhere.

    Raises:
        InputError: it is a directory, or cannot be written.
    """
    if report is not None:
        from ..report.page import ready

        ready(report)


def retire(report: Path | None) -> None:
    """Remove the page of an earlier result, or another file about it, just before what it shows
    changes.

    Arguments:
        report: where the new one is to go; None for nowhere.

    Raises:
        InputError: it cannot be removed.
    """
    from ..core.files import remove

    if report is not None:
        remove(report)


def kept_samples(report: Path | None) -> int:
    """How many samples certificates must keep for the figures of their page."""
    return 0 if report is None else KEPT


def certificates_page(
    certificates: Sequence[Certificate], files: Sequence[str], report: Path, *, err: bool
) -> None:
    """Write the page of certificates just made, with the samples that they keep.

    Arguments:
        certificates: what the page shows.
        files: the file that each is in, "" where there is none.
        report: where the page goes.
        err: say so on standard error, because standard output holds JSON.

    Raises:
        InputError: the page cannot be written.
    """
    from ..report.collect import Certified, Collection
    from ..report.page import write_report

    parts = [
        Certified(certificate, certificate.samples, file)
        for certificate, file in zip(certificates, files, strict=True)
    ]
    collection = Collection(tuple(parts))
    write_report(collection, report)
    announce_page(collection, report, err=err)


def conformance_page(conformance: dict[str, Any], report: Path, *, err: bool) -> None:
    """Write the page of one conformance report.

    Arguments:
        conformance: the report as JSON-ready data.
        report: where the page goes.
        err: say so on standard error, because standard output holds JSON.

    Raises:
        InputError: the page cannot be written.
    """
    from ..report.collect import Collection
    from ..report.page import write_report

    collection = Collection(conformance=(conformance,))
    write_report(collection, report)
    announce_page(collection, report, err=err)


def announce_page(collection: Collection, report: Path, *, err: bool) -> None:
    """Say where the page is and how large, and what it leaves out.

    Arguments:
        collection: what the page shows.
        report: where the page is.
        err: say so on standard error.
    """
    from ..core.files import replaceable

    for note in collection.notes:
        click.echo(note, err=True)
    if replaceable(report):
        kilobytes = report.stat().st_size / 1000
        click.echo(f"report: {report} ({kilobytes:.0f} kB)", err=err)
