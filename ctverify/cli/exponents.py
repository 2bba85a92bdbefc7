"""ctverify exponents: how a sweep's errors grow."""

from __future__ import annotations

from pathlib import Path

import click

from . import results
from .options import FILE


@click.command()
@click.argument("folders", metavar="DIR...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
@click.option("--figure", type=FILE, metavar="FILE", help="Also write them as a figure, one SVG.")
def exponents(folders: tuple[str, ...], as_json: bool, figure: Path | None) -> None:
    """Fit how a sweep's errors grow, beside the theory.

    The error grows in r = c1 log T/T, d and L_f; Theorem 1's exponents and the Gaussian law's stand
    beside. Cases that differ in T, dim or contrast (and the seed) alone are fitted; what cannot
    carry a fit is refused, with the reason. Exit code 0: whatever was found, 2: bad input,
    130: interrupted.
    """
    from ..core.files import write_atomically
    from ..sweep.exponents import fits, to_dict
    from ..sweep.gather import gather
    from ..sweep.tables import show_exponents

    records, missing, _ = gather(folders)
    fitted = fits(records)
    failed = sum(record.status == "failed" for record in records)
    if figure is not None:
        from ..report.standalone import standalone

        write_atomically(figure, standalone(fitted).encode())
    if as_json:
        click.echo(results.json_text(to_dict(fitted)))
    else:
        show_exponents(fitted, len(missing) + failed)
