"""ctverify plan: how many steps reach an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ..core.arguments import InputError
from ..core.exit_codes import code_of
from . import results
from .options import (
    POSITIVE,
    SCHEDULES,
    TARGET_HELP,
    bandwidth_option,
    c0_option,
    c1_option,
    load_targets,
    receives,
    seed_option,
)

if TYPE_CHECKING:
    from ..model.schedule import Schedule
    from ..targets import Target
    from ..theory.problem import Problem

STAGES = 11  # of a plan, each of which is told to the progress bar


@dataclass(frozen=True, kw_only=True)
class PlanOptions:
    """What `plan` is asked for; None where an option is left out."""

    dim: int
    error: float
    target: str | None
    eigenvalues: str | None
    schedule: str
    c0: float | None
    c1: float | None
    lipschitz: float | None
    bandwidth: float | None
    seed: int
    as_json: bool

    def schedule_of(self, steps: int) -> Schedule:
        """The schedule with T = steps.

        Arguments:
            steps: T, at least 2.

        Returns:
            The schedule of that name.

        Raises:
            InputError: the schedule has no such T, c0 or c1.
        """
        from ..model.schedule_file import named_schedule

        return named_schedule(self.schedule, steps, self.c0, self.c1)


@click.command()
@click.option("--dim", type=click.IntRange(min=1), required=True, help="d, the dimension.")
@click.option("--error", type=POSITIVE, required=True, help="The distance to reach.")
@click.option(
    "--target",
    metavar="NAME|FILE",
    help=f"A law to plan for, whose certificate is worked out: {TARGET_HELP}",
)
@click.option(
    "--eigenvalues",
    metavar="LO,HI",
    show_default="1,1",
    help="A Gaussian with covariance eigenvalues between these.",
)
@click.option(
    "--schedule",
    type=click.Choice(SCHEDULES),
    default="li_huang_wei",
    show_default=True,
    help="The schedule whose T is asked for.",
)
@c0_option
@c1_option
@click.option(
    "--lipschitz",
    type=click.FloatRange(min=1),
    show_default="worked out",
    help="L_f, and L of Theorem A.",
)
@bandwidth_option
@seed_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
@receives(PlanOptions)
def plan(options: PlanOptions) -> None:
    """Tell how many steps T reach an error.

    Every claim that can tell is asked: what is necessary, the exact Gaussian law, the explicit
    theorems (of Gaussians, A of any target, A2 and B where they apply), the certificate of a
    target, and Theorem 1 as a function of its unspecified C_1. Exit code 0: the plan is made, 1: a
    claim that it rests on did not come out as the ledger expects, 2: bad input, 130: interrupted.
    """
    from .. import ledger
    from ..core.progress import bar
    from ..theory.plan import plan as answers_to
    from ..theory.plan import to_dict
    from ..theory.tables import show_plan

    problem = _problem(options)
    with bar("planning", STAGES) as progress:
        answers = answers_to(problem, progress)
        claims = sorted({name for answer in answers for name in answer.claims})
        progress("checking the claims")
        proofs = ledger.prove_all(claims)
    status = {proof.claim.id: proof.status for proof in proofs}
    if options.as_json:
        click.echo(results.json_text(to_dict(problem, answers, status)))
    else:
        show_plan(problem, answers, status)
    raise SystemExit(code_of(failed=not all(proof.expected for proof in proofs)))


def _problem(options: PlanOptions) -> Problem:
    """The problem that the options pose."""
    from ..theory.problem import LONGEST, problem

    options.schedule_of(LONGEST)  # refuses what no T can have, before any work
    eigenvalues = None
    if options.eigenvalues is not None:
        eigenvalues = _pair(options.eigenvalues)
    return problem(
        options.dim,
        options.error,
        options.schedule_of,
        eigenvalues=eigenvalues,
        target=_target(options),
        lipschitz=options.lipschitz,
        seed=options.seed,
    )


def _target(options: PlanOptions) -> Target | None:
    if options.target is not None:
        (target,) = load_targets([options.target], options.bandwidth)
        return target
    if options.bandwidth is not None:
        raise InputError("bandwidth needs a target")
    return None


def _pair(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        raise InputError(
            f"eigenvalues must be LO,HI, two numbers with a comma, got {text!r}"
        ) from None
    return low, high
