"""The command line of the theory: prove, plan, schedule audit. Bad input is refused as in cli.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..core.arguments import InputError

if TYPE_CHECKING:
    from ..theory.plan import Problem


@click.command()
@click.argument("claims", metavar="[CLAIM]...", nargs=-1)
@click.option(
    "--json",
    "json_file",
    metavar="FILE",
    help="Also write the results there; - prints them instead of the table.",
)
@click.option(
    "--latex", metavar="FILE", help="Also write every claim and proof step there, for pdflatex."
)
@click.option(
    "--rigorous", is_flag=True, help="Intervals by python-flint's arb in place of mpmath."
)
def prove(
    claims: tuple[str, ...], json_file: str | None, latex: str | None, rigorous: bool
) -> None:
    """Check the ledger: the constants of the bound, each with its hypotheses, proof and axioms.
    Named CLAIMs are shown in full.

    Exit code 0: every claim came out as the ledger expects, 1: one did not, 2: bad input.
    """
    from .. import ledger
    from ..core.files import write_atomically
    from ..core.progress import bar
    from ..ledger import view
    from ..ledger.latex import document

    with bar("proving", len(claims) or len(ledger.claims())) as tick:
        results = ledger.prove_all(claims, rigorous=rigorous, progress=tick)
    text = json.dumps(
        view.to_dict(results, "arb" if rigorous else "mpmath"), indent=1, allow_nan=False
    )
    if json_file == "-":
        click.echo(text)
    else:
        view.show(results, details=bool(claims))
    if json_file not in (None, "-"):
        write_atomically(Path(str(json_file)), text.encode())
    if latex is not None:
        write_atomically(Path(latex), document(results).encode())
    raise SystemExit(int(not all(result.expected for result in results)))


@click.command()
@click.option("--dim", type=int, required=True, help="d, the dimension.")
@click.option("--error", type=float, required=True, help="The distance to reach.")
@click.option(
    "--target", metavar="NAME|FILE", help="A law to plan for: its certificate is worked out."
)
@click.option(
    "--eigenvalues",
    metavar="LO,HI",
    help="A Gaussian with covariance eigenvalues between these.  [default: 1,1]",
)
@click.option(
    "--schedule",
    default="li_huang_wei",
    show_default=True,
    metavar="NAME",
    help="li_huang_wei, cosine, karras or ddpm.",
)
@click.option("--c0", type=float, help="li_huang_wei's c0.  [default: 2]")
@click.option("--c1", type=float, help="li_huang_wei's c1.  [default: 4]")
@click.option("--lipschitz", type=float, help="L_f, at least 1.  [default: worked out]")
@click.option("--bandwidth", type=float, help="Smoothing of data points.")
@click.option(
    "--seed", type=int, default=0, show_default=True, help="The seed of everything random."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
def plan(**given: Any) -> None:
    """How many steps T reach an error, by every claim that can tell: what is necessary, the exact
    Gaussian law, the explicit theorem, the certificate of a target, and Theorem 1 as a function of
    its unspecified C_1.
    """
    from .. import ledger
    from ..core.progress import bar
    from ..theory.plan import plan as answers_to
    from ..theory.plan import to_dict
    from ..theory.tables import show_plan

    asked = _problem(given)
    with bar("planning", 8) as tick:
        answers = answers_to(asked, tick)
        names = sorted({name for answer in answers for name in answer.claims})
        tick("checking the claims")
        status = {result.claim.id: result.status for result in ledger.prove_all(names)}
    if given["as_json"]:
        click.echo(json.dumps(to_dict(asked, answers, status), indent=1, allow_nan=False))
    else:
        show_plan(asked, answers, status)


def _problem(given: dict[str, Any]) -> Problem:
    from ..model.schedule_file import named_schedule
    from ..theory.plan import LONGEST, problem
    from .main import load_targets

    name, c0, c1 = given["schedule"], given["c0"], given["c1"]
    named_schedule(name, LONGEST, c0, c1)  # refuses what no T can have, before any work
    target = (
        None if given["target"] is None else load_targets([given["target"]], given["bandwidth"])[0]
    )
    if target is None and given["bandwidth"] is not None:
        raise InputError("bandwidth needs a target")
    return problem(
        given["dim"],
        given["error"],
        lambda T: named_schedule(name, T, c0, c1),
        eigenvalues=None if given["eigenvalues"] is None else _pair(given["eigenvalues"]),
        target=target,
        lipschitz=given["lipschitz"],
        seed=given["seed"],
    )


def _pair(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        raise InputError(
            f"eigenvalues must be LO,HI, two numbers with a comma, got {text!r}"
        ) from None
    return low, high


@click.group()
def schedule() -> None:
    """What the theory says of a schedule."""


@schedule.command()
@click.argument("name_or_file", metavar="NAME|FILE")
@click.option(
    "--steps", type=int, help="T, the number of noise levels.  [default: 64, or the file's]"
)
@click.option("--c0", type=float, help="li_huang_wei's c0.  [default: 2]")
@click.option("--c1", type=float, help="li_huang_wei's c1.  [default: 4]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def audit(
    name_or_file: str, steps: int | None, c0: float | None, c1: float | None, as_json: bool
) -> None:
    """Lemma (27) line by line, and the excess over the Gaussian floor per eigenvalue.

    NAME is li_huang_wei, cosine, karras or ddpm; FILE a .json with alpha_bar for t = 1..T, as a
    list or as an object's field.
    """
    from ..model.schedule_file import read_schedule
    from ..theory.audit import audit as look_at
    from ..theory.tables import show_audit

    found = look_at(read_schedule(name_or_file, steps, c0, c1))
    if as_json:
        click.echo(json.dumps(found.to_dict(), indent=1, allow_nan=False))
    else:
        show_audit(found)


@schedule.command()
@click.option(
    "--target",
    required=True,
    metavar="NAME|FILE",
    help="The law: a name, a mixture .json, points .npy/.csv.",
)
@click.option(
    "--steps", type=int, default=64, show_default=True, help="T, the number of noise levels."
)
@click.option("--alpha-bar-1", type=float, help="The clean end.  [default: li_huang_wei's]")
@click.option(
    "--alpha-bar-T", "alpha_bar_T", type=float, help="The noisy end.  [default: li_huang_wei's]"
)
@click.option(
    "--bandwidth",
    type=float,
    help="Smoothing of data points.  [default: 0.5 for digits, else Scott's rule]",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="The seed of everything random."
)
@click.option(
    "--export", metavar="FILE", help="Write alpha_bar and sigma, t = 1..T, there as JSON."
)
@click.option("--json", "as_json", is_flag=True, help="Print that JSON instead of the table.")
def optimal(
    target: str,
    steps: int,
    bandwidth: float | None,
    seed: int,
    export: str | None,
    as_json: bool,
    **ends: Any,
) -> None:
    """The schedule that is optimal for a target between two ends: the certificate's discretisation
    defects in equal shares.

    The table holds its sum of defects against those of named schedules with the same T and ends.
    """
    from ..core.files import write_atomically
    from ..core.progress import bar
    from ..theory.optimal_schedule import defects, optimal_schedule, rivals, to_dict
    from ..theory.tables import show_optimal
    from .main import load_targets

    law = load_targets([target], bandwidth)[0]
    with bar("measuring the target", 5) as tick:
        found = optimal_schedule(law, steps, seed=seed, **ends)
        sums: dict[str, Any] = {}
        for name, schedule in {"optimal": found, **rivals(found)}.items():
            tick(f"comparing with {name}")
            sums[name] = defects(law, schedule, seed + 1)  # not the paths that it was fitted on
    text = json.dumps(to_dict(found, law, sums, seed), indent=1, allow_nan=False) + "\n"
    if export is not None:
        write_atomically(Path(export), text.encode())
    if as_json:
        click.echo(text, nl=False)
    else:
        show_optimal(law, found, sums, export)


COMMANDS = (prove, plan, schedule)
