"""ctverify prove: the ledger of claims behind the bound."""

from __future__ import annotations

from pathlib import Path

import click

from ..core.exit_codes import code_of
from . import results
from .options import FILE


@click.command()
@click.argument("claims", metavar="[CLAIM]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Print every claim, not only the headlines.")
@click.option(
    "--json",
    "json_file",
    type=FILE,
    metavar="FILE",
    help="Also write the results there; - prints them instead of the table.",
)
@click.option(
    "--latex",
    type=FILE,
    metavar="FILE",
    help="Also write every claim and proof step there, for pdflatex.",
)
def prove(claims: tuple[str, ...], every: bool, json_file: Path | None, latex: Path | None) -> None:
    """Check the ledger: every constant of the bound.

    A summary by subject and the headline theorems; --all lists every claim with its hypotheses,
    proof and axioms; named CLAIMs are shown in full. Exit code 0: every claim came out as the
    ledger expects, 1: one did not, 2: bad input, 130: interrupted.
    """
    from .. import ledger
    from ..core.files import write_atomically
    from ..core.progress import bar
    from ..ledger import view
    from ..ledger.latex import document

    with bar("proving", len(claims) or len(ledger.claims())) as progress:
        proofs = ledger.prove_all(claims, progress=progress)
    text = results.json_text(view.to_dict(proofs))
    if results.is_dash(json_file):
        click.echo(text)
    else:
        view.show(proofs, details=bool(claims), every=every or bool(claims))
    results.write_json(text, json_file)
    if latex is not None:
        write_atomically(latex, document(proofs).encode())
    raise SystemExit(code_of(failed=not all(proof.expected for proof in proofs)))
