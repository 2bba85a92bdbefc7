"""ctverify certify: a saved model, or a function of the user's own."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core.arguments import InputError, imported
from . import results
from .options import (
    CONVENTIONS,
    DTYPES,
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
    from ..certificate.certificate import Certificate
    from ..model.convention import Convention
    from ..model.protocols import FlowMap, Model
    from ..model.schedule import Schedule
    from ..targets import Target

# what a saved model brings itself; each option is None where it is left out
OWN_TO_SAVED_MODELS = (
    "steps",
    "schedule",
    "c0",
    "c1",
    "sigma_min",
    "sigma_max",
    "convention",
    "sigma_data",
    "times",
)


@dataclass(frozen=True, kw_only=True)
class CertifyOptions(ScheduleOptions, MeasureOptions):
    """What `certify` is asked for."""

    subject: str
    convention: str | None
    sigma_data: float | None
    sigma_min: float | None
    sigma_max: float | None
    dtype: str
    target: str | None
    bandwidth: float | None
    pairs: int | None
    sampler_steps: str | None
    confidence: float
    lipschitz: float | None
    times: int | None
    gamma: float
    out: Path | None
    debug: bool


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
    "--dtype",
    type=click.Choice(DTYPES),
    default="auto",
    show_default=True,
    help="Of the x that F gets; auto: of F's parameters.",
)
@click.option(
    "--target",
    metavar="NAME|FILE",
    help=f"The law the model was trained on (a saved model knows its own): {TARGET_HELP}",
)
@schedule_options("li_huang_wei for vp, else karras from 0.002 to 80")
@click.option("--sigma-min", type=POSITIVE, show_default="0.002", help="karras' first level.")
@click.option(
    "--sigma-max",
    type=POSITIVE,
    show_default="80",
    help="karras' last level: where you sample (linear: t = 1, one level more).",
)
@bandwidth_option
@click.option(
    "--pairs",
    type=click.IntRange(min=32),
    show_default="by the target's cost",
    help="Coupled pairs of the bracket.",
)
@click.option(
    "--sampler-steps",
    metavar="N|T,T2,...",
    show_default="one step",
    help="Also certify a sampler of N steps, or on these levels.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.999999,
    show_default=True,
    help="With which all limits hold together.",
)
@click.option(
    "--lipschitz",
    type=POSITIVE,
    show_default="known for affine models alone",
    help="L of every f_1..f_(T-1), for Theorem A.",
)
@click.option(
    "--times",
    type=click.IntRange(1, 2),
    show_default="1, a saved model's own",
    help="2: F(x, t, s) is a flow map, which lands on time s.",
)
@click.option(
    "--gamma",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Noise that a flow map's sampler adds anew: 0 none, 1 all.",
)
@click.option(
    "--out",
    type=FILE,
    metavar="DIR",
    help="Also write certificate-TARGET.json there; one of another model is not replaced.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error in F.")
@measure_options
@receives(CertifyOptions)
def certify(options: CertifyOptions) -> None:
    """Certify a saved model, or your own function f(x, t).

    MODEL_DIR is what `run` or a model's save() wrote. PACKAGE.MODULE:F names a callable F(x, t),
    deterministic and row by row: x a tensor (n, d), t in F's convention; it returns (n, d). The
    current directory is searched too. With --times 2 it is a flow map F(x, t, s), and a sampler's
    steps go from level to level.

    vp: x = X_t and t = 1..T as in the paper, started at z. ve: x = X_0 + t z (EDM), started at
    sigma_max z. trigflow: x = cos(t) X_0 + sin(t) z, started at z on the last level. linear: x =
    (1-t) X_0 + t z, started at z, t = 1. Exit code 0: no verdict fails, 1: one does, 2: bad input,
    3: one could not be judged or --max-w1 lies within the limits, 130: interrupted.
    """
    from ..core.console import of_others

    results.check_page(options.report)
    try:
        with ExitStack() as held, of_others(options.subject):
            certificate, file = _certified(options, held)
    except InputError as error:
        if error.__cause__ is None:
            raise
        if options.debug:
            results.show_cause(error)
            raise
        raise InputError(f"{error} (--debug shows the traceback)") from error
    results.finish(
        [certificate], [file], closing=None, as_json=options.as_json, report=options.report
    )


def _certified(options: CertifyOptions, held: ExitStack) -> tuple[Certificate, str]:
    """The certificate that is asked for, and the file that it is in, "" for none."""
    from ..certificate.certify import certify as certify_model
    from ..certificate.folder import Place
    from ..core.progress import bar
    from ..training import FlowMapModel

    model: Model | FlowMap
    if ":" in options.subject and not Path(options.subject).exists():
        model, target, schedule = _own_function(options)
    else:
        model, target, schedule = _saved_model(options)
    place = None
    if options.out is not None:
        place = Place(options.out, target.name)
        held.enter_context(place.locked("certify"))
        place.refuse_another(model)
    with bar(f"certifying {options.subject}", schedule.T - 1) as progress:
        certificate = certify_model(
            model,
            target,
            schedule,
            samples=options.samples,
            pairs=options.pairs,
            confidence=options.confidence,
            device=options.device,
            seed=options.seed,
            max_w1=options.max_w1,
            keep_samples=results.kept_samples(options.report),
            sampler_steps=_sampler_steps(options.sampler_steps),
            lipschitz=options.lipschitz,
            dtype=options.dtype,
            times=2 if isinstance(model, FlowMapModel) else options.times or 1,
            gamma=options.gamma,
            progress=progress,
        )
    results.retire(options.report)
    if place is None:
        return certificate, ""
    certificate.save(place.certificate)
    return certificate, str(place.certificate)


def _sampler_steps(text: str | None) -> int | list[int] | None:
    """How many steps, or the levels."""
    if text is None:
        return None
    try:
        numbers = [int(word) for word in text.split(",")]
    except ValueError:
        raise InputError(
            f"sampler-steps must be a number of steps, or levels T,T2,..., got {text!r}"
        ) from None
    return numbers if len(numbers) > 1 else numbers[0]


def _saved_model(options: CertifyOptions) -> tuple[Model | FlowMap, Target, Schedule]:
    """The model of a directory, of one time or two, its target (or the one asked for) and its
    schedule.
    """
    from ..training import load_model

    model = load_model(options.subject, options.device)
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


def _own_function(options: CertifyOptions) -> tuple[Model | FlowMap, Target, Schedule]:
    """The user's function in the paper's coordinates, the target and the schedule asked for."""
    from ..model.convention import named

    kind = options.convention or "vp"
    sigma_min = options.sigma_min
    sigma_max = options.sigma_max
    convention = named(kind, options.sigma_data, sigma_min=sigma_min, sigma_max=sigma_max)
    if options.target is None:
        raise InputError(
            f"target must be given for {options.subject}: the law that the model was trained on"
        )
    schedule = _schedule(options, convention)
    function = imported("MODEL", options.subject)
    model: Model | FlowMap
    if options.times == 2:
        model = convention.wrap_flow_map(function, schedule)
    else:
        model = convention.wrap(function, schedule)
    (target,) = load_targets([options.target], options.bandwidth)
    return model, target, schedule


def _schedule(options: CertifyOptions, convention: Convention) -> Schedule:
    """The schedule asked for; where it is the convention's own, it ends where users sample."""
    from ..model.schedule_file import STEPS, read_schedule

    name = options.schedule or convention.default_schedule
    if name == "karras" and convention.knows_scales and options.c0 is None and options.c1 is None:
        steps = STEPS if options.steps is None else options.steps
        return convention.schedule(steps, options.sigma_min, options.sigma_max)
    return read_schedule(
        name,
        options.steps,
        options.c0,
        options.c1,
        sigma_min=options.sigma_min,
        sigma_max=options.sigma_max,
    )
