"""Times of a subject that counts them from noise, 0, to data, 1: checks count from the data, and
ask for 1 - t.
"""

from __future__ import annotations

from typing import Any

from ...model.convention import Convention

TIME = {"consistency": 1, "add_noise": 1, "scalings": 0}  # where a method's own time stands


def from_data(convention: Convention) -> tuple[Convention, bool]:
    """The convention that counts times from the data, and whether that is the other way round.

    Example:
        >>> turned, backwards = from_data(Convention.linear(data_at=1))
        >>> turned.a(0.25), backwards
        (0.75, True)
    """
    if getattr(convention, "data_at", 0) != 1:
        return convention, False
    turned = Convention.linear(
        boundary=1 - convention.boundary,
        t_max=1 - convention.t_max,
        sigma_data=convention.sigma_data,
        clipping=convention.clipping,
        ascending=convention.ascending,
        scaled_input=convention.scaled_input,
    )
    return turned, True


def asked_at(name: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """A method's arguments with its time turned round."""
    place = TIME.get(name)
    if place is None:
        return arguments
    return (*arguments[:place], 1 - arguments[place], *arguments[place + 1 :])


def told_at(name: str, value: Any) -> Any:
    """What a method returned, in plain types, with its times turned round."""
    if name in ("times", "grid", "visited"):
        return [1 - t for t in value]
    if name == "training_pair":
        x_t, t, x_s, s = value
        return x_t, 1 - t, x_s, 1 - s
    return value
