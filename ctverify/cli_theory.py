"""The command line of the theory: prove, plan, schedule audit. Bad input is refused as in cli.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from .arguments import InputError


@click.command()
@click.argument("claims", metavar="[CLAIM]...", nargs=-1)
@click.option("--json", "json_file", metavar="FILE", help="Also write the results there; - prints them instead of the table.")
@click.option("--latex", metavar="FILE", help="Also write every claim and proof step there, for pdflatex.")
@click.option("--rigorous", is_flag=True, help="Intervals by python-flint's arb in place of mpmath.")
def prove(claims: tuple[str, ...], json_file: str | None, latex: str | None, rigorous: bool) -> None:
    """Check the ledger: the constants of the bound, each with its hypotheses, proof and axioms. Named CLAIMs are shown in full.

    Exit code 0: every claim came out as the ledger expects, 1: one did not, 2: bad input.
    """
    from . import ledger
    from .files import write_atomically
    from .ledger import view
    from .ledger.latex import document
    from .progress import bar

    with bar("proving", len(claims) or len(ledger.claims())) as tick:
        results = ledger.prove_all(claims, rigorous=rigorous, progress=tick)
    text = json.dumps(view.to_dict(results, "arb" if rigorous else "mpmath"), indent=1, allow_nan=False)
    if json_file == "-":
        click.echo(text)
    else:
        view.show(results, details=bool(claims))
    if json_file not in (None, "-"):
        write_atomically(Path(str(json_file)), text.encode())
    if latex is not None:
        write_atomically(Path(latex), document(results).encode())
    raise SystemExit(int(not all(result.expected for result in results)))


COMMANDS = (prove,)
