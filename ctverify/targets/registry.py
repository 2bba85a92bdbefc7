"""Targets from their specs, and the check of a target that a user hands in."""

from __future__ import annotations

from typing import Any

from ..core.arguments import InputError, brief, choice
from .base import CUSTOM, KINDS, Target


def from_spec(spec: Any) -> Target:
    """The target whose `spec` this is.

    Arguments:
        spec: a JSON object with a `kind`: one of ours, or one that a subclass of Target registered
            (`class Mine(Target, kind="mine")`).

    Returns:
        The target.

    Raises:
        InputError: no such object, a kind that is not known, arguments that are missing or wrong.

    Example:
        >>> from ctverify.targets import from_spec, load
        >>> from_spec(load("mild").spec)
        <Mixture mild, d = 1>
    """
    if not isinstance(spec, dict):
        raise InputError(f"a target's spec must be a JSON object with a kind, got {brief(spec)}")
    if spec.get("kind") == CUSTOM:
        raise InputError(
            f"a target of the class {spec.get('class')} cannot be rebuilt from its spec: "
            "give the class a kind, a spec and from_spec"
        )
    arguments = dict(spec)
    kind = choice("the target's kind", arguments.pop("kind", None), KINDS)
    try:
        return KINDS[kind].from_spec(arguments)
    except (KeyError, TypeError) as error:
        raise InputError(f"a {kind} target's spec must name its arguments: {error}") from None
    except RecursionError:
        raise InputError(f"a {kind} target's spec must not be nested so deeply") from None


def handed_in(target: Any) -> Target:
    """`target` where it is one with a mean and a covariance."""
    if not isinstance(target, Target):
        raise InputError(
            f"target must be a ctverify.targets.Target, got {type(target).__name__}: "
            "subclass Target for a law of your own"
        )
    if not all(hasattr(target, key) for key in ("name", "mean", "covariance")):
        raise InputError(
            f"target must have a name, a mean and a covariance, but {type(target).__name__} has "
            "not called super().__init__(name=..., mean=..., covariance=...)"
        )
    return target
