"""ctverify targets: the oracles, laws on which few-step models are compared."""

from __future__ import annotations

import click

from . import results


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
def targets(as_json: bool) -> None:
    """List the oracles: laws with an exact flow map.

    Each is a --target of run, certify and sweep, and ctverify.oracles(NAME) in Python. A name never
    changes its law within a version of the catalogue. Exit code 0: they are listed, 2: bad
    input, 130: interrupted.
    """
    from ..core.console import console, plain
    from ..targets.oracle_catalogue import CATALOGUE, VERSION

    if as_json:
        rows = [entry.to_dict() for entry in CATALOGUE.values()]
        click.echo(results.json_text({"schema": VERSION, "oracles": rows}))
        return
    table = plain("name", "d", "law", "source", "sha256", left=("law", "source", "sha256"))
    for entry in CATALOGUE.values():
        table.add_row(entry.name, str(entry.dim), entry.law, entry.source, entry.digest[:12])
    console().print(f"{VERSION}, {len(CATALOGUE)} laws")
    console().print(table)
