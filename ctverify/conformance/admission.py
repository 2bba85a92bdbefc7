"""What is refused before anything is judged, in one sentence; and notes on what nobody asks for.

A subject, and each adapter that its configurations() yields, must say what ctverify computes with:
its convention and dtypes. What it computes itself is judged, not refused.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import torch

from ..core.arguments import InputError
from ..model.convention import Convention
from .declarations import by_subject
from .laws import Curriculum, Ramp, ScalingsLaw
from .oracle.refusals import SubjectError, asked, line, shown
from .protocol import ATTRIBUTES, METHODS, Adapter, offers

NEAR = 0.8  # difflib's ratio from which on names are near
WRAPS = ("map", "velocity", "ctm", "angle")  # what the network of a flow map may stand for


def admitted(made: Any, name: str = "SUBJECT") -> Any:
    """An adapter that can be asked.

    Arguments:
        made: what is handed in.
        name: what a refusal calls it.

    Returns:
        `made`.

    Raises:
        InputError: it declares no convention, a declaration is of another type than the protocol
            has, or a method is none.

    Example:
        >>> from ctverify import Convention
        >>> class Mine(Adapter):
        ...     convention = Convention.ve()
        ...     dtypes = "float32"
        >>> admitted(Mine())
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: SUBJECT's dtypes must be floating dtypes of torch, got \
'float32'
    """
    convention = _declared(made, name, "convention", None)
    if not isinstance(convention, Convention):
        raise InputError(
            f"{name} must be an adapter with a ctverify Convention as its `convention`, got"
            f" {shown(made)}"
        )
    if not convention.knows_scales:
        raise InputError(
            f"{name}'s convention must say what alpha_bar is: Convention.vp(alpha_bar, t_max=...)"
        )
    for attribute, (right, allowed) in _DECLARED.items():
        given = _declared(made, name, attribute, getattr(Adapter, attribute))
        if not right(given):
            raise InputError(f"{name}'s {attribute} must be {allowed}, got {shown(given)}")
    for method in METHODS:
        given = _declared(made, name, method, None)
        if given is not None and not callable(given):
            raise InputError(f"{name}'s {method} must be a method, got {shown(given)}")
    if offers(made, "flow_map"):
        _check_map(made, name)
    return made


def _check_map(made: Any, name: str) -> None:
    """What a flow map has to say of its network and of its clock."""
    wraps = _declared(made, name, "wraps", None)
    if wraps not in WRAPS:
        raise InputError(
            f"{name} has a flow_map, and has to say what its network stands for: wraps must be one"
            f" of {', '.join(WRAPS)}, got {shown(wraps)}"
        )


def configured(made: Any, subject: Any) -> Any:
    """An adapter that the subject's configurations() yielded.

    Raises:
        InputError: it is of another class, whose verdict would not be the subject's, or no adapter.
    """
    wanted, got = type(subject), type(made)
    if not isinstance(made, wanted):
        raise InputError(
            f"SUBJECT's configurations() must yield adapters of its own class {_named(wanted)}, got"
            f" {shown(made)} of class {_named(got)}"
        )
    return made if made is subject else admitted(made, "an adapter of SUBJECT's configurations()")


def notes(subject: Any) -> tuple[str, ...]:
    """Sentences on public names that nothing asks for, and that resemble one that is asked for and
    that the subject lacks; and on declarations that call what they judge.
    """
    asked_for = (*METHODS, *ATTRIBUTES)
    lacking = [name for name in asked_for if not _has(subject, name)]
    own = [name for name in _public(subject) if name not in asked_for]
    found = []
    for name in own:
        for near in get_close_matches(name, lacking, 1, NEAR):
            found.append(f"{type(subject).__name__}.{name} is never asked for: is {near} meant?")
    return (*found, *by_subject(subject))


def _public(subject: Any) -> list[str]:
    """The names that the subject and its classes define, in alphabetical order."""
    names = set(getattr(subject, "__dict__", None) or ())
    for kind in type(subject).__mro__:
        if kind not in (object, Adapter):
            names |= set(vars(kind))
    return sorted(str(name) for name in names if not str(name).startswith("_"))


def _has(subject: Any, name: str) -> bool:
    """Whether the subject says anything under this name."""
    if name in METHODS:
        return offers(subject, name)
    return name in _public(subject)


def _declared(made: Any, name: str, attribute: str, default: Any) -> Any:
    """An attribute; raising is refused."""
    try:
        return asked(attribute, lambda: getattr(made, attribute, default))
    except SubjectError as error:
        raise InputError(f"{name}'s {error}") from None


def _named(kind: type) -> str:
    return line(f"{kind.__module__}.{kind.__qualname__}")


def _is_dtypes(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) > 0 and all(map(_is_dtype, value))


def _is_dtype(value: Any) -> bool:
    return isinstance(value, torch.dtype) and value.is_floating_point


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _or_none(right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or right(value)


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _is_a(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind)


def _is_loss(value: Any) -> bool:
    discrete = callable(getattr(value, "distance", None)) and callable(
        getattr(value, "weight", None)
    )
    return discrete or callable(getattr(value, "normalized", None))


def _is_shown(value: Any) -> bool:
    two = isinstance(value, tuple | list) and len(value) == 2 and value[0] != value[1]
    return two and all(time in ("t", "s", "t - s") for time in value)


_DECLARED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (lambda value: isinstance(value, str), "a string"),
    "version": (lambda value: isinstance(value, str), "a string"),
    "dtypes": (_is_dtypes, "floating dtypes of torch"),
    "body_dtype": (_or_none(_is_dtype), "a floating dtype of torch or None"),
    "injectable": (lambda value: isinstance(value, bool), "True or False"),
    "shares_dropout": (_or_none(lambda value: isinstance(value, bool)), "True or False"),
    "min_steps": (_is_count, "a whole number of at least 1"),
    "max_steps": (_or_none(_is_count), "a whole number of at least 1 or None"),
    "t_min": (_or_none(_is_time), "a number or None"),
    "curriculum_law": (_or_none(_is_a(Curriculum)), "a Doubling, a SquareRoot or None"),
    "loss_law": (_or_none(_is_loss), "a PseudoHuber, a Metric, another loss or None"),
    "scalings_law": (_or_none(_is_a(ScalingsLaw)), "a KarrasScalings, other scalings or None"),
    "ramp_law": (_or_none(_is_a(Ramp)), "a KarrasRamp, another ramp or None"),
    "network_times": (_is_shown, "two of 't', 's' and 't - s'"),
    "identity": (_or_none(lambda value: value == "eulerian"), "'eulerian' or None"),
    "detached": (lambda value: isinstance(value, bool), "True or False"),
    "one_call": (lambda value: isinstance(value, bool), "True or False"),
    "one_time": (lambda value: isinstance(value, bool), "True or False"),
    "gamma": (_or_none(lambda value: _is_time(value) and 0 <= value <= 1), "from 0 to 1 or None"),
}
