"""The command line. Exit codes: 0 no verdict fails, 1 some verdict fails, 2 bad input.

Nothing heavy is imported before it is used: `ctverify --help` needs click alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from ..core.arguments import InputError, imported
from ..core.version import __version__
from . import report as cli_report
from . import sweep as cli_sweep
from . import theory as cli_theory

if TYPE_CHECKING:
    from ..certificate.certificate import Certificate
    from ..model.protocols import Model
    from ..model.schedule import Schedule
    from ..targets import Target


class _Refusal(click.ClickException):
    exit_code = 2


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        """Bad input as one sentence, without a traceback."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            raise _Refusal(str(error)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ctverify")
def main() -> None:
    """Tell whether a consistency model (one-step diffusion sampler) is right."""


for _command in (*cli_theory.COMMANDS, *cli_report.COMMANDS, *cli_sweep.COMMANDS):
    main.add_command(_command)


def _options(*options: Callable[..., Any]) -> Callable[..., Any]:
    def apply(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return apply


_LAW = _options(
    click.option(
        "--steps", type=int, help="T, the number of noise levels.  [default: 64, or the file's]"
    ),
    click.option(
        "--schedule",
        metavar="NAME|FILE",
        help="li_huang_wei, cosine, karras, ddpm or a .json.  [default: li_huang_wei]",
    ),
    click.option("--c0", type=float, help="li_huang_wei's c0: beta_1 = T^-c0.  [default: 2]"),
    click.option("--c1", type=float, help="li_huang_wei's c1: r = c1 log T / T < 1.  [default: 4]"),
    click.option(
        "--bandwidth",
        type=float,
        help="Smoothing of data points.  [default: 0.5 for digits, else Scott's rule]",
    ),
)
_COUNTS = _options(
    click.option(
        "--samples",
        type=int,
        help="Paths of the error budget, at least 16.  [default: by the target's cost]",
    ),
    click.option("--max-w1", type=float, help="A threshold: fail where W_1 certainly exceeds it."),
    click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N."),
    click.option(
        "--seed", type=int, default=0, show_default=True, help="The seed of everything random."
    ),
    click.option(
        "--json",
        "as_json",
        is_flag=True,
        help="Print one JSON array of certificates instead of tables.",
    ),
)


@main.command()
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME|FILE",
    help="Repeatable: a name, a mixture .json, points .npy/.csv.",
)
@_LAW
@click.option("--model", default="mlp", show_default=True, help="affine, fourier or mlp.")
@click.option(
    "--train-samples",
    type=int,
    default=16_384,
    show_default=True,
    help="Fresh pairs a level of training.",
)
@_COUNTS
@click.option(
    "--out",
    default="ctverify-out",
    show_default=True,
    metavar="DIR",
    help="Where certificates and models go.",
)
@cli_report.option
def run(
    targets: tuple[str, ...],
    model: str,
    train_samples: int,
    as_json: bool,
    out: str,
    report: str | None,
    **given: Any,
) -> None:
    """Train consistency models by Li-Huang-Wei's Eq. (14) on known targets and certify each.

    Without --target: a 2-D Gaussian, a 2-D mixture, an 8-D mixture and the scikit-learn digits
    (64-D).
    """
    from pathlib import Path

    from ..certificate.demonstration import Settings, unique_names
    from ..certificate.demonstration import run as run_all
    from ..core.progress import bar
    from ..targets import DEMONSTRATION

    kept = 0 if report is None else cli_report.KEPT
    settings = Settings(
        model,
        given["samples"],
        train_samples,
        given["max_w1"],
        given["device"],
        given["seed"],
        kept,
    )
    levels = _schedule(given, "li_huang_wei")
    laws = load_targets(targets or DEMONSTRATION, given["bandwidth"])
    cli_report.ready(report)
    with bar("starting", 2 * len(laws) * (levels.T - 1)) as tick:
        certificates = run_all(laws, levels, settings, Path(out), tick)
    files = [str(Path(out) / f"certificate-{name}.json") for name in unique_names(laws)]
    _finish(certificates, as_json, f"certificates and models are in {out}", files, report)


@main.command()
@click.argument("subject", metavar="MODEL_DIR|PACKAGE.MODULE:F")
@click.option(
    "--convention",
    metavar="NAME",
    help="vp, ve, trigflow or linear: what F's x and t mean.  [default: vp]",
)
@click.option("--sigma-data", type=float, help="TrigFlow's sigma_data.  [default: 0.5]")
@click.option(
    "--target",
    metavar="NAME|FILE",
    help="The law the model was trained on; a saved model knows its own.",
)
@_LAW
@click.option(
    "--pairs",
    type=int,
    help="Coupled pairs of the bracket, at least 32.  [default: by the target's cost]",
)
@_COUNTS
@click.option("--out", metavar="DIR", help="Also write certificate-TARGET.json there.")
@cli_report.option
@click.pass_context
def certify(
    context: click.Context,
    /,
    subject: str,
    pairs: int | None,
    as_json: bool,
    out: str | None,
    report: str | None,
    **given: Any,
) -> None:
    """Certify a saved model, or your own f(x, t): x a float64 tensor (n, d), t in F's convention;
    returns (n, d).

    vp: x = X_t and t = 1..T as in the paper. ve: x = X_0 + t z (EDM). trigflow: x = cos(t) X_0 +
    sin(t) z. linear: x = (1-t) X_0 + t z. The schedule's default is li_huang_wei for vp and karras
    (0.002 to 80) for the others. Few-step sampling is not certified.
    """
    from pathlib import Path

    from ..certificate.certificate import certify as certify_model
    from ..certificate.demonstration import counts
    from ..core.files import writable_directory
    from ..core.progress import bar

    if ":" in subject and not Path(subject).exists():
        f, law, levels = _own(subject, given)
    else:
        f, law, levels = _saved(
            subject, given, [name for name in _FIXED if _was_given(context, name)]
        )
    if out is not None:
        writable_directory(Path(out))
    cli_report.ready(report)
    settings: dict[str, Any] = {name: given[name] for name in ("device", "seed", "max_w1")}
    settings["keep_samples"] = 0 if report is None else cli_report.KEPT
    settings |= counts(law, given["samples"]) | ({} if pairs is None else {"pairs": pairs})
    with bar(f"certifying {subject}", levels.T - 1) as tick:
        certificate = certify_model(f, law, levels, **settings, progress=tick)
    file = "" if out is None else str(Path(out) / f"certificate-{law.name}.json")
    if file:
        certificate.save(file)
    _finish([certificate], as_json, None, [file], report)


@main.command()
@click.argument("subject", metavar="SUBJECT", required=False)
@click.option(
    "--max-examples",
    type=int,
    help="The most examples of a check.  [default: each check's own, 3 to 50]",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="The seed of everything random."
)
@click.option(
    "--json",
    "json_file",
    metavar="FILE",
    help="Also write the report there; - prints it instead of the table.",
)
@click.option("--junit", metavar="FILE", help="Also write JUnit XML there, one testcase a check.")
@click.option(
    "--xfails",
    metavar="FILE",
    help="Checks that are expected to fail, one a line: the id, then the reason.",
)
@click.option("--baseline", metavar="FILE", help="An earlier report: fail only on what is new.")
@click.option("--list", "listed", is_flag=True, help="List the checks and the built-in subjects.")
@cli_report.option
def check(
    subject: str | None, max_examples: int | None, seed: int, listed: bool, **files: str | None
) -> None:
    """Judge an implementation of consistency models, formula by formula, around an exact oracle in
    the network's place.

    SUBJECT is a built-in (reference, reference-trigflow, diffusers-cm, -lcm, -scm, bayesflow-cm,
    -scm) or a factory of an adapter, package.module:name. Exit code 0: it conforms, 1: it does not,
    2: bad input.
    """
    from pathlib import Path

    from ..core.files import write_atomically

    try:
        from ..conformance import expectations, view
        from ..conformance.checks import ALL
        from ..conformance.run import check as judge
        from ..conformance.subjects import BUILTIN
    except ModuleNotFoundError as error:
        raise InputError(
            f"check needs the packages of pip install 'ctverify[conformance]': {error}"
        ) from None
    if listed:
        view.listing(list(BUILTIN))
        return
    if subject is None:
        raise InputError(
            "SUBJECT must be given: a built-in or package.module:name; --list shows what there is"
        )
    cli_report.ready(files["report"])
    reasons = expectations.expected(Path(files["xfails"])) if files["xfails"] else {}
    before = expectations.baseline(Path(files["baseline"])) if files["baseline"] else None
    from ..core.progress import bar

    with bar(f"checking {subject}", len(ALL)) as tick:
        report = judge(subject, max_examples=max_examples, seed=seed, progress=tick).expecting(
            reasons
        )
    report = report if before is None else report.since(before)
    text = json.dumps(report.to_dict(), indent=1, allow_nan=False)
    if files["json_file"] == "-":
        click.echo(text)
    else:
        view.show(report)
    if files["json_file"] not in (None, "-"):
        write_atomically(Path(str(files["json_file"])), text.encode())
    if files["junit"]:
        write_atomically(Path(files["junit"]), view.junit(report))
    if files["report"]:
        cli_report.conformance(report.to_dict(), files["report"], err=files["json_file"] == "-")
    raise SystemExit(int(not report.conforms))


_FIXED = (
    "steps",
    "schedule",
    "c0",
    "c1",
    "convention",
    "sigma_data",
)  # what a saved model brings itself


def _saved(
    directory: str, given: dict[str, Any], fixed: list[str]
) -> tuple[Model, Target, Schedule]:
    from ..training import ConsistencyModel

    model = ConsistencyModel.load(directory, given["device"])
    if fixed:
        names = ", ".join("--" + name.replace("_", "-") for name in fixed)
        raise InputError(
            f"{names} cannot be given with a saved model, whose schedule and convention are its own"
        )
    if given["target"] is not None:
        return model, load_targets([given["target"]], given["bandwidth"])[0], model.schedule
    if given["bandwidth"] is not None:
        raise InputError("bandwidth needs --target: a saved model brings its own target")
    return model, model.target, model.schedule


def _own(subject: str, given: dict[str, Any]) -> tuple[Model, Target, Schedule]:
    from ..model.convention import named

    convention = named(given["convention"] or "vp", given["sigma_data"])
    if given["target"] is None:
        raise InputError(
            f"target must be given for {subject}: the law that the model was trained on"
        )
    levels = _schedule(given, "li_huang_wei" if convention.kind == "vp" else "karras")
    return (
        convention.wrap(imported("MODEL", subject), levels),
        load_targets([given["target"]], given["bandwidth"])[0],
        levels,
    )


def _schedule(given: dict[str, Any], default: str) -> Schedule:
    from ..model.schedule_file import read_schedule

    return read_schedule(given["schedule"] or default, given["steps"], given["c0"], given["c1"])


def load_targets(names: Sequence[str], bandwidth: float | None) -> list[Target]:
    """The targets, those that are data sets smoothed by `bandwidth`."""
    from ..targets import is_dataset, load

    if bandwidth is not None and not any(map(is_dataset, names)):
        raise InputError(
            f"bandwidth is for data sets (digits, .npy, .csv), got only {', '.join(names)}"
        )
    return [load(name, bandwidth if is_dataset(name) else None) for name in names]


def _was_given(context: click.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


def _finish(
    certificates: list[Certificate],
    as_json: bool,
    closing: str | None,
    files: list[str],
    report: str | None,
) -> None:
    if as_json:
        click.echo(
            json.dumps(
                [certificate.to_dict() for certificate in certificates], indent=1, allow_nan=False
            )
        )
    else:
        from ..certificate.table import show

        show(certificates, closing)
    if report is not None:
        cli_report.certificates(certificates, files, report, err=as_json)
    raise SystemExit(int(any(certificate.failed for certificate in certificates)))
