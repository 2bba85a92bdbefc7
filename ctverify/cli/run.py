"""ctverify run: the demonstration, trained and certified."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core.exit_codes import BAD_INPUT, FAILED, INTERRUPTED
from . import results
from .options import (
    FILE,
    MODELS,
    TARGET_HELP,
    MeasureOptions,
    ScheduleOptions,
    bandwidth_option,
    load_targets,
    measure_options,
    receives,
    schedule_options,
)

if TYPE_CHECKING:
    from ..certificate.demonstration import Demonstration


@dataclass(frozen=True, kw_only=True)
class RunOptions(ScheduleOptions, MeasureOptions):
    """What `run` is asked for."""

    targets: tuple[str, ...]
    bandwidth: float | None
    model: str
    train_samples: int
    out: Path
    resume: bool


@click.command()
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME|FILE",
    help=f"Repeatable: {TARGET_HELP}",
)
@schedule_options("li_huang_wei")
@bandwidth_option
@click.option(
    "--model",
    type=click.Choice(MODELS),
    default="mlp",
    show_default=True,
    help="The class of functions that is trained.",
)
@click.option(
    "--train-samples",
    type=click.IntRange(min=1),
    default=16_384,
    show_default=True,
    help="Fresh pairs a level of training.",
)
@click.option(
    "--out",
    type=FILE,
    default="ctverify-out",
    show_default=True,
    metavar="DIR",
    help="Where certificates and models go.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Keep what is finished there with the same settings, and do the rest.",
)
@measure_options
@receives(RunOptions)
def run(options: RunOptions) -> None:
    """Train consistency models on known targets and certify each.

    Training is Li-Huang-Wei's Eq. (14). Without --target: a 2-D Gaussian, a 2-D mixture, an 8-D
    mixture and the scikit-learn digits (64-D). Targets are computed side by side, each with one
    thread in a process of its own, as many at once as there are cores; on a GPU one after the
    other. Exit code 0: no verdict fails, 1: one does, or a target's process was killed, 2: bad
    input, 3: one could not be judged or --max-w1 lies within the limits, 130: interrupted.
    """
    from ..core.processes import cores, one_thread

    one_thread()  # before torch and NumPy are imported
    from ..certificate.demonstration import Settings
    from ..certificate.demonstration import run as run_all
    from ..certificate.folder import Place
    from ..core.progress import bar
    from ..targets import DEMONSTRATION

    settings = Settings(
        model=options.model,
        samples=options.samples,
        train_samples=options.train_samples,
        max_w1=options.max_w1,
        device=options.device,
        seed=options.seed,
        keep_samples=results.kept_samples(options.report),
    )
    schedule = options.read("li_huang_wei")
    targets = load_targets(options.targets or DEMONSTRATION, options.bandwidth)
    results.check_page(options.report)
    results.retire(options.report)
    steps = 2 * len(targets) * (schedule.T - 1)  # a training and a certificate each
    try:
        with bar("starting", steps) as progress:
            done = run_all(
                targets,
                schedule,
                settings,
                options.out,
                processes=cores(),
                resume=options.resume,
                progress=progress,
                # print, because click would write through the bar, which takes sys.stderr's place
                say=lambda line: print(line, file=sys.stderr),
            )
    except KeyboardInterrupt:
        words = f"stopped: what is finished is in {options.out}, --resume continues"
        click.echo(words, err=True)
        raise SystemExit(INTERRUPTED) from None
    results.finish(
        list(done.certificates.values()),
        [str(Place(options.out, name).certificate) for name in done.certificates],
        closing=f"certificates and models are in {options.out}",
        as_json=options.as_json,
        report=options.report,
        missing=_missing(done),
    )


def _missing(done: Demonstration) -> int | None:
    """The exit code where not every target has a certificate."""
    if done.lost:
        return FAILED
    return BAD_INPUT if done.refused else None
