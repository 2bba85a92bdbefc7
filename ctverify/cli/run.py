"""ctverify run: the demonstration, trained and certified."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

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


@dataclass(frozen=True, kw_only=True)
class RunOptions(ScheduleOptions, MeasureOptions):
    """What `run` is asked for."""

    targets: tuple[str, ...]
    bandwidth: float | None
    model: str
    train_samples: int
    out: Path


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
@measure_options
@receives(RunOptions)
def run(options: RunOptions) -> None:
    """Train consistency models on known targets and certify each.

    Training is Li-Huang-Wei's Eq. (14). Without --target: a 2-D Gaussian, a 2-D mixture, an 8-D
    mixture and the scikit-learn digits (64-D). Exit code 0: no verdict
    fails, 1: one does, 2: bad input, 3: one could not be judged or --max-w1 lies within the limits,
    130: interrupted.
    """
    from ..certificate.demonstration import Settings, unique_names
    from ..certificate.demonstration import run as run_all
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
    steps = 2 * len(targets) * (schedule.T - 1)  # a training and a certificate each
    with bar("starting", steps) as progress:
        certificates = run_all(targets, schedule, settings, options.out, progress)
    names = unique_names(targets)
    results.finish(
        certificates,
        [str(options.out / f"certificate-{name}.json") for name in names],
        closing=f"certificates and models are in {options.out}",
        as_json=options.as_json,
        report=options.report,
    )
