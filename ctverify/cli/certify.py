"""ctverify certify: a saved model, or a function of the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core.arguments import InputError, imported
from . import results
from .options import (
    CONVENTIONS,
    FILE,
    POSITIVE,
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
    from ..model.protocols import Model
    from ..model.schedule import Schedule
    from ..targets import Target

# what a saved model brings itself; each option is None where it is left out
OWN_TO_SAVED_MODELS = ("steps", "schedule", "c0", "c1", "convention", "sigma_data")


@dataclass(frozen=True, kw_only=True)
class CertifyOptions(ScheduleOptions, MeasureOptions):
    """What `certify` is asked for."""

    subject: str
    convention: str | None
    sigma_data: float | None
    target: str | None
    bandwidth: float | None
    pairs: int | None
    out: Path | None


@click.command()
@click.argument("subject", metavar="MODEL_DIR|PACKAGE.MODULE:F")
@click.option(
    "--convention",
    type=click.Choice(CONVENTIONS),
    show_default="vp",
    help="What F's x and t mean.",
)
@click.option("--sigma-data", type=POSITIVE, show_default="0.5", help="TrigFlow's sigma_data.")
@click.option(
    "--target",
    metavar="NAME|FILE",
    help=f"The law the model was trained on (a saved model knows its own): {TARGET_HELP}",
)
@schedule_options("li_huang_wei for vp, else karras from 0.002 to 80")
@bandwidth_option
@click.option(
    "--pairs",
    type=click.IntRange(min=32),
    show_default="by the target's cost",
    help="Coupled pairs of the bracket.",
)
@click.option(
    "--out",
    type=FILE,
    metavar="DIR",
    help="Also write certificate-TARGET.json there.",
)
@measure_options
@receives(CertifyOptions)
def certify(options: CertifyOptions) -> None:
    """Certify a saved model, or your own function f(x, t).

    MODEL_DIR is what `run` or a model's save() wrote. PACKAGE.MODULE:F names a callable F(x, t): x
    a float64 tensor (n, d), t in F's convention; it returns (n, d). The current directory is
    searched too.

    vp: x = X_t and t = 1..T as in the paper. ve: x = X_0 + t z (EDM). trigflow: x = cos(t) X_0 +
    sin(t) z. linear: x = (1-t) X_0 + t z. Few-step sampling is not certified. Exit code 0: no
    verdict fails, 1: one does, 2: bad input.
    """
    from ..certificate.certificate import certify as certify_model
    from ..certificate.counts import counts
    from ..core.files import writable_directory
    from ..core.progress import bar

    if ":" in options.subject and not Path(options.subject).exists():
        model, target, schedule = _own_function(options)
    else:
        model, target, schedule = _saved_model(options)
    if options.out is not None:
        writable_directory(options.out)
    results.check_page(options.report)
    with bar(f"certifying {options.subject}", schedule.T - 1) as progress:
        certificate = certify_model(
            model,
            target,
            schedule,
            **counts(target, options.samples, options.pairs),
            device=options.device,
            seed=options.seed,
            max_w1=options.max_w1,
            keep_samples=results.kept_samples(options.report),
            progress=progress,
        )
    file = ""
    if options.out is not None:
        file = str(options.out / f"certificate-{target.name}.json")
        certificate.save(file)
    results.finish(
        [certificate], [file], closing=None, as_json=options.as_json, report=options.report
    )


def _saved_model(options: CertifyOptions) -> tuple[Model, Target, Schedule]:
    """The model of a directory, its target (or the one asked for) and its schedule."""
    from ..training import ConsistencyModel

    model = ConsistencyModel.load(options.subject, options.device)
    refused = [name for name in OWN_TO_SAVED_MODELS if getattr(options, name) is not None]
    if refused:
        names = ", ".join("--" + name.replace("_", "-") for name in refused)
        raise InputError(
            f"{names} cannot be given with a saved model, whose schedule and convention are its own"
        )
    if options.target is not None:
        (target,) = load_targets([options.target], options.bandwidth)
        return model, target, model.schedule
    if options.bandwidth is not None:
        raise InputError("bandwidth needs --target: a saved model brings its own target")
    return model, model.target, model.schedule


def _own_function(options: CertifyOptions) -> tuple[Model, Target, Schedule]:
    """The user's function in the paper's coordinates, the target and the schedule asked for."""
    from ..model.convention import named

    convention = named(options.convention or "vp", options.sigma_data)
    if options.target is None:
        raise InputError(
            f"target must be given for {options.subject}: the law that the model was trained on"
        )
    schedule = options.read(convention.default_schedule)
    model = convention.wrap(imported("MODEL", options.subject), schedule)
    (target,) = load_targets([options.target], options.bandwidth)
    return model, target, schedule
