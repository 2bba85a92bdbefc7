"""Subjects by name, by factory or by themselves."""

from __future__ import annotations

from typing import Any

from ..core.arguments import InputError, imported

HERE = "ctverify.conformance."
BUILTIN = {
    "reference": f"{HERE}reference:Reference",
    "reference-trigflow": f"{HERE}reference_trigflow:TrigFlow",
    "diffusers-cm": f"{HERE}adapters.diffusers_cm:CM",
    "diffusers-lcm": f"{HERE}adapters.diffusers_lcm:LCM",
    "diffusers-scm": f"{HERE}adapters.diffusers_scm:SCM",
    "bayesflow-cm": f"{HERE}adapters.bayesflow:CM",
    "bayesflow-scm": f"{HERE}adapters.bayesflow:Stable",
}
ISOLATED = ("bayesflow-cm", "bayesflow-scm")  # importing the library changes the process


def subject(name: str) -> Any:
    """The adapter that `name`, a built-in or a zero-argument factory package.module:name, stands
    for.
    """
    if name not in BUILTIN and ":" not in name:
        raise InputError(
            f"SUBJECT must be one of {', '.join(BUILTIN)} or a factory package.module:name, got"
            f" {name!r}"
        )
    factory = imported("SUBJECT", BUILTIN.get(name, name))
    from .refusals import SubjectError, asked  # imports torch

    try:
        made = asked("it", factory, passes=(InputError,))
    except SubjectError as error:
        raise InputError(
            f"SUBJECT {name!r} must be a factory without arguments: {error}"
        ) from error
    return adapter(made)


def adapter(made: Any) -> Any:
    """`made`, if it is an adapter."""
    from .admission import admitted  # imports torch

    return admitted(made)
