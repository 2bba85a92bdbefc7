"""ctverify merge: the cases of sweeps as one table."""

from __future__ import annotations

from pathlib import Path

import click

from .options import FILE


@click.command()
@click.argument("folders", metavar="DIR...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    type=FILE,
    required=True,
    metavar="FILE",
    help="results.parquet or results.csv.",
)
def merge(folders: tuple[str, ...], output: Path) -> None:
    """Put the cases of sweeps into one table, a row each.

    Each DIR is a sweep's --out, of a whole sweep or of a shard. Exit code 0: the table is written,
    whatever is in it, 2: bad input, 130: interrupted.
    """
    from ..sweep import merge as merge_folders

    merged = merge_folders(folders, output)
    words = [f"{merged.cases} cases in {output}"]
    if merged.failed:
        words.append(f"{merged.failed} of them failed")
    if merged.missing:
        words.append(f"{merged.missing} are missing")
    if merged.differing:
        words.append(f"{merged.differing} differ between folders, of which the first was taken")
    click.echo(", ".join(words))
