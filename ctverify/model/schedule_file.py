"""Schedules by name and from files."""

from __future__ import annotations

from pathlib import Path

from ..core import arguments
from ..core.schemas import load, read
from .schedule import Schedule
from .schedule_spec import LevelsFile, ScheduleFile

SCHEDULES = ("li_huang_wei", "cosine", "karras", "ddpm")
STEPS = 64  # where none are asked for


# the arguments of named schedules that a user may give, by the schedule that has them
OWNERS = {
    "c0": "li_huang_wei",
    "c1": "li_huang_wei",
    "sigma_min": "karras",
    "sigma_max": "karras",
}


def named_schedule(
    name: str,
    steps: int,
    c0: float | None = None,
    c1: float | None = None,
    *,
    sigma_min: float | None = None,
    sigma_max: float | None = None,
) -> Schedule:
    """The schedule of a name.

    Arguments:
        name: li_huang_wei, cosine, karras or ddpm.
        steps: T, at least 2 (ddpm: 21).
        c0, c1: constants of li_huang_wei, above 0; None for its own.
        sigma_min, sigma_max: ends of karras, above 0; None for its own.

    Returns:
        The schedule with T = steps.

    Raises:
        InputError: an argument outside what is allowed, or one of another schedule.

    Example:
        >>> named_schedule("li_huang_wei", 64, c1=5)
        Schedule.li_huang_wei(T=64, c0=2.0, c1=5.0)
    """
    arguments.choice("schedule", name, SCHEDULES)
    constants = _left_in(c0=c0, c1=c1, sigma_min=sigma_min, sigma_max=sigma_max)
    _refuse_foreign(constants, name, f"the schedule {name}")
    schedule: Schedule = getattr(Schedule, name)(steps, **constants)
    return schedule


def read_schedule(
    name_or_file: str,
    steps: int | None,
    c0: float | None,
    c1: float | None,
    *,
    sigma_min: float | None = None,
    sigma_max: float | None = None,
) -> Schedule:
    """A schedule by name or from a file.

    Arguments:
        name_or_file: a schedule's name, or a .json file: a list of alpha_bar for t = 1..T, or an
            object with that list as alpha_bar.
        steps: T; None for 64, or the file's.
        c0, c1: constants of li_huang_wei; None for its own.
        sigma_min, sigma_max: ends of karras; None for its own.

    Returns:
        The schedule.

    Raises:
        InputError: the name is not known, the file does not hold such levels, or what is asked for
            contradicts it.
    """
    if name_or_file in SCHEDULES:
        return named_schedule(
            name_or_file,
            STEPS if steps is None else steps,
            c0,
            c1,
            sigma_min=sigma_min,
            sigma_max=sigma_max,
        )
    path = Path(name_or_file)
    if path.suffix != ".json":
        raise arguments.InputError(
            f"schedule must be one of {', '.join(SCHEDULES)} or a .json file, got {name_or_file!r}"
        )
    name = f"schedule {name_or_file!r}"
    content = load(path, name)
    sentence = f"{name} must be a list of alpha_bar or an object with alpha_bar"
    levels = read(ScheduleFile, content, sentence)
    if isinstance(levels, LevelsFile):
        levels = levels.alpha_bar
    schedule = Schedule.from_alpha_bar(levels)
    if steps is not None and steps != schedule.T:
        raise arguments.InputError(
            f"steps must be the file's {schedule.T}, or be left out, got {steps}"
        )
    constants = _left_in(c0=c0, c1=c1, sigma_min=sigma_min, sigma_max=sigma_max)
    _refuse_foreign(constants, None, f"the file {name_or_file!r}")
    return schedule


def _left_in(**constants: float | None) -> dict[str, float]:
    """Those that are not None."""
    return {name: value for name, value in constants.items() if value is not None}


def _refuse_foreign(constants: dict[str, float], schedule: str | None, words: str) -> None:
    """InputError where some constant belongs to another schedule."""
    foreign = [name for name in constants if OWNERS[name] != schedule]
    if foreign:
        owners = " and ".join(dict.fromkeys(OWNERS[name] for name in foreign))
        raise arguments.InputError(
            f"{' and '.join(foreign)} belong to the schedule {owners}, got {words}"
        )
