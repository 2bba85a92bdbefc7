"""ctverify schedule audit and ctverify schedule optimal: what the theory says of a schedule."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import results
from .options import (
    FILE,
    TARGET_HELP,
    bandwidth_option,
    c0_option,
    c1_option,
    load_targets,
    receives,
    seed_option,
    steps_option,
)

if TYPE_CHECKING:
    from ..flow.defects import Defects

OPEN_UNIT = click.FloatRange(0, 1, min_open=True, max_open=True)
STAGES = 5  # of a comparison: the schedules whose defects are summed


@click.group()
def schedule() -> None:
    """Audit a schedule, or find the optimal one."""


@schedule.command()
@click.argument("name_or_file", metavar="NAME|FILE")
@steps_option
@c0_option
@c1_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def audit(
    name_or_file: str, steps: int | None, c0: float | None, c1: float | None, as_json: bool
) -> None:
    """Hold a schedule against the theory, line by line.

    The lines are those of Lemma (27), then the excess over the Gaussian floor for each eigenvalue.
    NAME is li_huang_wei, cosine, karras or ddpm; FILE a .json with alpha_bar for t = 1..T, as a
    list or as an object's field. Exit code 0: whatever the lines say, 2: bad input,
    130: interrupted.
    """
    from ..model.schedule_file import read_schedule
    from ..theory.audit import audit as audited
    from ..theory.tables import show_audit

    result = audited(read_schedule(name_or_file, steps, c0, c1))
    if as_json:
        click.echo(results.json_text(result.to_dict()))
    else:
        show_audit(result)


@dataclass(frozen=True, kw_only=True)
class OptimalOptions:
    """What `schedule optimal` is asked for; None where an option is left out."""

    target: str
    steps: int
    alpha_bar_1: float | None
    alpha_bar_T: float | None
    bandwidth: float | None
    seed: int
    export: Path | None
    as_json: bool


@schedule.command()
@click.option("--target", required=True, metavar="NAME|FILE", help=f"The law: {TARGET_HELP}")
@click.option(
    "--steps",
    type=click.IntRange(min=2),
    default=64,
    show_default=True,
    help="T, the number of noise levels.",
)
@click.option("--alpha-bar-1", type=OPEN_UNIT, show_default="li_huang_wei's", help="The clean end.")
@click.option(
    "--alpha-bar-T",
    "alpha_bar_T",
    type=OPEN_UNIT,
    show_default="li_huang_wei's",
    help="The noisy end.",
)
@bandwidth_option
@seed_option
@click.option(
    "--export",
    type=FILE,
    metavar="FILE",
    help="Write alpha_bar and sigma, t = 1..T, there as JSON.",
)
@click.option("--json", "as_json", is_flag=True, help="Print that JSON instead of the table.")
@receives(OptimalOptions)
def optimal(options: OptimalOptions) -> None:
    """Find the optimal schedule of a target between two ends.

    It has the certificate's discretisation defects in equal shares. The table holds its sum of
    defects against those of named schedules with the same T and ends. Exit code 0: it was found, 2:
    bad input, 130: interrupted.
    """
    from ..core.files import write_atomically
    from ..core.progress import bar
    from ..theory.optimal_schedule import defects, optimal_schedule, rivals, to_dict
    from ..theory.tables import show_optimal

    (target,) = load_targets([options.target], options.bandwidth)
    with bar("measuring the target", STAGES) as progress:
        best = optimal_schedule(
            target,
            options.steps,
            alpha_bar_1=options.alpha_bar_1,
            alpha_bar_T=options.alpha_bar_T,
            seed=options.seed,
        )
        sums: dict[str, Defects] = {}
        for name, rival in {"optimal": best, **rivals(best)}.items():
            progress(f"comparing with {name}")
            # not on the paths that it was fitted on
            sums[name] = defects(target, rival, options.seed + 1)
    text = results.json_text(to_dict(best, target, sums, options.seed)) + "\n"
    if options.export is not None:
        write_atomically(options.export, text.encode())
    if options.as_json:
        click.echo(text, nl=False)
    else:
        show_optimal(target, best, sums, options.export)
