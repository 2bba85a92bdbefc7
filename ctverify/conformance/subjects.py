"""Subjects by name, by factory or by themselves."""

from __future__ import annotations

from typing import Any

from ..core.arguments import InputError, imported
from ..core.signatures import checked

HERE = "ctverify.conformance."
BUILTIN = {
    "reference": f"{HERE}references.reference:Reference",
    "reference-trigflow": f"{HERE}references.reference_trigflow:TrigFlow",
    "reference-meanflow": f"{HERE}references.reference_meanflow:MeanFlow",
    "reference-flowmap": f"{HERE}references.reference_flowmap:FlowMap",
    "diffusers-cm": f"{HERE}adapters.diffusers_cm:CM",
    "diffusers-lcm": f"{HERE}adapters.diffusers_lcm:LCM",
    "diffusers-scm": f"{HERE}adapters.diffusers_scm:SCM",
    "diffusers-fm-euler": f"{HERE}adapters.diffusers_fm:FlowMatchEuler",
    "diffusers-fm-lcm": f"{HERE}adapters.diffusers_fm:FlowMatchLCM",
    "diffusers-tcd": f"{HERE}adapters.diffusers_tcd:TCD",
    "diffusers-flowmap": f"{HERE}adapters.diffusers_flowmap:FlowMapEuler",
    "bayesflow-cm": f"{HERE}adapters.bayesflow:CM",
    "bayesflow-scm": f"{HERE}adapters.bayesflow:Stable",
    "sbijax-cmpe": f"{HERE}adapters.sbijax:cmpe",
    "rfp-meanflow": f"{HERE}adapters.rfp_meanflow:MeanFlow",
}
# what `--list` says of a subject whose class not every version of its library has
SINCE = {"diffusers-flowmap": "diffusers 0.39 and later have it"}


def known(name: str) -> str:
    """`name`, if it is a built-in's or looks like a factory's."""
    if name not in BUILTIN and ":" not in name:
        raise InputError(
            f"SUBJECT must be one of {', '.join(BUILTIN)} or a factory package.module:name, got"
            f" {name!r}"
        )
    return name


@checked
def subject(name: str) -> Any:
    """The adapter that `name`, a built-in or a zero-argument factory package.module:name, stands
    for.
    """
    factory = imported("SUBJECT", BUILTIN.get(known(name), name))
    from .explaining.origin import remember  # imports torch
    from .oracle.refusals import told

    try:
        made = factory()
    except InputError:
        raise
    except Exception as error:  # SystemExit and its like are a verdict, as on import
        raise InputError(
            f"SUBJECT {name!r} must be a factory without arguments: it raised {told(error)}"
        ) from error
    made = adapter(made)
    remember(BUILTIN.get(name, name), made)
    return made


def adapter(made: Any) -> Any:
    """`made`, if it is an adapter, not a class."""
    from .admission import admitted  # imports torch

    if isinstance(made, type):
        raise InputError(f"SUBJECT must be an adapter, got the class {made.__name__}: pass one")
    return admitted(made)
