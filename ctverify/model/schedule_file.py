"""Schedules by name and from files."""

from __future__ import annotations

import json
from pathlib import Path

from ..core import arguments
from .schedule import Schedule

SCHEDULES = ("li_huang_wei", "cosine", "karras", "ddpm")


def named_schedule(
    name: str, steps: int, c0: float | None = None, c1: float | None = None
) -> Schedule:
    """The schedule of that name with T = steps; c0 and c1 are li_huang_wei's."""
    arguments.choice("schedule", name, SCHEDULES)
    given = {key: value for key, value in (("c0", c0), ("c1", c1)) if value is not None}
    if given and name != "li_huang_wei":
        raise arguments.InputError(
            f"{' and '.join(given)} belong to the schedule li_huang_wei, got the schedule {name}"
        )
    schedule: Schedule = getattr(Schedule, name)(steps, **given)
    return schedule


def read_schedule(
    name_or_file: str, steps: int | None, c0: float | None, c1: float | None
) -> Schedule:
    """A schedule by name with T = steps, or from a JSON file: a list of alpha_bar for t = 1..T, or
    an object with alpha_bar.
    """
    path = Path(name_or_file)
    if name_or_file in SCHEDULES or path.suffix != ".json":
        if name_or_file not in SCHEDULES:
            raise arguments.InputError(
                f"schedule must be one of {', '.join(SCHEDULES)} or a .json file, got {name_or_file!r}"
            )
        return named_schedule(name_or_file, 64 if steps is None else steps, c0, c1)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise arguments.InputError(
            f"schedule {name_or_file!r} cannot be read: {error.strerror or error}"
        ) from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise arguments.InputError(f"schedule {name_or_file!r} must hold JSON: {error}") from None
    if isinstance(content, dict) and "alpha_bar" not in content:
        raise arguments.InputError(
            f"schedule {name_or_file!r} must be a list of alpha_bar or an object with alpha_bar"
        )
    schedule = Schedule.from_alpha_bar(
        content["alpha_bar"] if isinstance(content, dict) else content
    )
    if steps is not None and steps != schedule.T:
        raise arguments.InputError(
            f"steps must be the file's {schedule.T}, or be left out, got {steps}"
        )
    if c0 is not None or c1 is not None:
        raise arguments.InputError(
            f"c0 and c1 belong to the schedule li_huang_wei, got the file {name_or_file!r}"
        )
    return schedule
