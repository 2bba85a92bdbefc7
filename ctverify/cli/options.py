"""Options that commands share, and the records in which commands get them.

The names of schedules, conventions, classes of functions and targets are written out here: to ask
the library for them would import torch, and `ctverify --help` needs click alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..core.arguments import InputError

if TYPE_CHECKING:
    from ..model.schedule import Schedule
    from ..targets import Target

SCHEDULES = ("li_huang_wei", "cosine", "karras", "ddpm")
CONVENTIONS = ("vp", "ve", "trigflow", "linear")
DTYPES = ("auto", "float64", "float32", "bfloat16", "float16")
MODELS = ("affine", "fourier", "mlp")
TARGETS = ("gaussian-2d", "mixture-2d", "mixture-8d", "digits", "mild", "separated", "sharp")

TARGET_HELP = (
    f"{', '.join(TARGETS)}; a name of `ctverify targets`; a mixture .json; points .npy, .csv."
)


class _File(click.Path):
    """A path, which is no more than looked at here."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, parameter: Any, context: Any) -> Any:
        """A Path; click would ask the system of one with a NUL in it."""
        if "\0" in str(value):
            self.fail(f"{str(value)!r} has a NUL in it, as no file's name has", parameter, context)
        return super().convert(value, parameter, context)


FILE = _File()
POSITIVE = click.FloatRange(min=0, min_open=True)

Options = TypeVar("Options")
Command = TypeVar("Command", bound=Callable[..., Any])


def receives(record: Callable[..., Options]) -> Callable[[Callable[[Options], None]], Any]:
    """The decorator by which a command gets its options as one record.

    Arguments:
        record: a frozen dataclass with a field for each option and argument of the command.

    Returns:
        A decorator for a function of such a record; click calls the result by keyword.

    Example:
        >>> @dataclass(frozen=True, kw_only=True)
        ... class Greeting:
        ...     name: str
        >>> @receives(Greeting)
        ... def greet(options: Greeting) -> None:
        ...     print("hello", options.name)
        >>> greet(name="Li")
        hello Li
    """

    def decorate(command: Callable[[Options], None]) -> Callable[..., None]:
        @functools.wraps(command)
        def call(**values: Any) -> None:
            command(record(**values))

        return call

    return decorate


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """One decorator for several of click's, which --help lists in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@dataclass(frozen=True, kw_only=True)
class ScheduleOptions:
    """The schedule that is asked for; None where an option is left out."""

    steps: int | None
    schedule: str | None
    c0: float | None
    c1: float | None

    def read(self, default: str) -> Schedule:
        """The schedule, of the name `default` where none is given.

        Arguments:
            default: a name, one of SCHEDULES.

        Returns:
            The schedule, with T = 64 where neither --steps nor a file says otherwise.

        Raises:
            InputError: no schedule is like that.
        """
        from ..model.schedule_file import read_schedule

        return read_schedule(self.schedule or default, self.steps, self.c0, self.c1)


@dataclass(frozen=True, kw_only=True)
class MeasureOptions:
    """How a certificate is measured, and what is written of it."""

    samples: int | None
    max_w1: float | None
    device: str
    seed: int
    as_json: bool
    report: Path | None


c0_option = click.option(
    "--c0",
    type=POSITIVE,
    show_default="2",
    help="li_huang_wei's c0: beta_1 = T^-c0.",
)
c1_option = click.option(
    "--c1",
    type=POSITIVE,
    show_default="4",
    help="li_huang_wei's c1: r = c1 log T / T < 1.",
)
steps_option = click.option(
    "--steps",
    type=click.IntRange(min=2),
    show_default="64, or the file's",
    help="T, the number of noise levels.",
)
bandwidth_option = click.option(
    "--bandwidth",
    type=POSITIVE,
    show_default="0.5 for digits, else Scott's rule",
    help="Smoothing of data points.",
)
device_option = click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="auto|cpu|cuda|cuda:N",
    help="Where torch computes.",
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The seed of everything random.",
)
report_option = click.option(
    "--report",
    type=FILE,
    metavar="FILE",
    help="Also write a page of the result there, one HTML file.",
)


def schedule_options(default: str) -> Callable[[Command], Command]:
    """--steps, --schedule, --c0 and --c1, the fields of ScheduleOptions.

    Arguments:
        default: what --help says of a schedule that is left out.

    Returns:
        The decorator that adds them to a command.
    """
    return together(
        steps_option,
        click.option(
            "--schedule",
            metavar="NAME|FILE",
            show_default=default,
            help=f"{', '.join(SCHEDULES)}; a .json with alpha_bar.",
        ),
        c0_option,
        c1_option,
    )


measure_options = together(
    click.option(
        "--samples",
        type=click.IntRange(min=16),
        show_default="by the target's cost",
        help="Paths of the error budget.",
    ),
    click.option(
        "--max-w1",
        type=POSITIVE,
        help="A threshold: fail where W_1 certainly exceeds it.",
    ),
    device_option,
    seed_option,
    click.option(
        "--json",
        "as_json",
        is_flag=True,
        help="Print one JSON array of certificates instead of tables.",
    ),
    report_option,
)


def load_targets(names: Sequence[str], bandwidth: float | None) -> list[Target]:
    """The targets that --target names.

    Arguments:
        names: names or files, as --target takes them.
        bandwidth: how far data sets among them are smoothed, above 0; None for each one's default.

    Returns:
        The targets, in this order.

    Raises:
        InputError: a name or a file is none, or there is a bandwidth and no data set.
    """
    from ..targets import is_dataset, load

    if bandwidth is not None and not any(map(is_dataset, names)):
        listed = ", ".join(names)
        raise InputError(f"bandwidth is for data sets (digits, .npy, .csv), got only {listed}")
    return [load(name, bandwidth if is_dataset(name) else None) for name in names]
