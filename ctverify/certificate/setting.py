"""What was certified, and how: the part of a certificate that was not measured, and what holds of
every file of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, TypedDict

from msgspec import Meta

from ..core.schemas import Count, Natural, Share

Steps = Annotated[int, Meta(ge=2)]


class Counts(TypedDict):
    """How many draws a certificate rests on."""

    samples: Natural
    pairs: Natural


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What was certified, and how.

    Attributes:
        target: the JSON that rebuilds the target.
        dim: its dimension d.
        schedule: the JSON that rebuilds the schedule.
        model: the model's own JSON where it has one, else the callable's name.
        steps: T.
        seed: of all random streams.
        device: where the model ran.
        versions: of what the numbers depend on.
        confidence: with which all limits hold together.
        counts: paths of the budget (samples) and coupled pairs of the bracket (pairs).
    """

    target: dict[str, Any]
    dim: Count
    schedule: dict[str, Any]
    model: Any
    steps: Steps
    seed: Natural
    device: str
    versions: dict[str, str]
    confidence: Share
    counts: Counts


def check_schedule(schedule: dict[str, Any]) -> None:
    """ValueError where a schedule has no kind."""
    if not isinstance(schedule.get("kind"), str):
        raise ValueError("its schedule must have a kind")


def check_levels(name: str, profile: Any, steps: int) -> None:
    """ValueError where a list of a profile has not an entry for each of t = 2..T in order.

    Arguments:
        name: what a refusal calls the profile.
        profile: a record with the levels `t` and lists beside them, `sigma` perhaps among them.
        steps: T.
    """
    if profile.t != list(range(2, steps + 1)):
        raise ValueError(f"its {name} must have the levels 2..{steps} as t")
    columns = [value for value in vars(profile).values() if isinstance(value, list)]
    if any(len(column) != steps - 1 for column in columns):
        raise ValueError(f"each list of its {name} must have an entry for each of t = 2..{steps}")
    sigma = getattr(profile, "sigma", [])
    if any(after <= before for before, after in pairwise(sigma)):
        raise ValueError(f"its {name}'s sigma must increase")
