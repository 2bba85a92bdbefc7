"""check(subject): a subject by name, by factory or by itself, judged by every check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import __version__
from ..arguments import InputError, imported, whole
from ..convention import Convention
from .result import Report, Result

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
    """The adapter that `name`, a built-in or a zero-argument factory package.module:name, stands for."""
    if name not in BUILTIN and ":" not in name:
        raise InputError(f"SUBJECT must be one of {', '.join(BUILTIN)} or a factory package.module:name, got {name!r}")
    factory = imported("SUBJECT", BUILTIN.get(name, name))
    try:
        made = factory()
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"SUBJECT {name!r} must be a factory without arguments: {type(error).__name__}: {error}") from error
    return adapter(made)


def adapter(made: Any) -> Any:
    """`made`, if it declares its convention."""
    if not isinstance(getattr(made, "convention", None), Convention):
        raise InputError(f"SUBJECT must be an adapter with a ctverify Convention as its `convention`, got {made!r}")
    if made.convention.kind == "vp" and made.convention.alpha_bar is None:
        raise InputError("SUBJECT's convention must say what alpha_bar is: Convention.vp(alpha_bar, t_max=...)")
    return made


def check(
    subject_or_name: Any, *, max_examples: int | None = None, seed: int = 0, progress: Callable[[str], None] | None = None
) -> Report:
    """Judge a subject, given by name, by factory or as an adapter, by every check; `progress` is told each one's id.

    max_examples: the most examples of a check (default: each check's own number, 3 to 50). The same seed gives the same report.
    """
    seed, most = whole("seed", seed, 0), None if max_examples is None else whole("max_examples", max_examples)
    if isinstance(subject_or_name, str) and subject_or_name in ISOLATED:
        from .isolated import check_apart

        return check_apart(subject_or_name, most, seed, progress)
    from .checks import ALL
    from .search import judge

    chosen = subject(subject_or_name) if isinstance(subject_or_name, str) else adapter(subject_or_name)
    results: list[Result] = []
    for one in ALL:
        if progress is not None:
            progress(one.id)
        results.append(judge(one, chosen, seed, most))
    return Report(name_of(chosen, subject_or_name), version_of(chosen), seed, tuple(results))


def name_of(made: Any, given: Any) -> str:
    """The subject's own name, else the one it was asked for by, else its class."""
    own = getattr(made, "name", None)
    return str(own) if own else given if isinstance(given, str) else type(made).__qualname__


def version_of(made: Any) -> str:
    """The version of the subject's library; ctverify's for what is ours."""
    ours = type(made).__module__.startswith(HERE) and not hasattr(made, "version")
    return __version__ if ours else str(getattr(made, "version", ""))
