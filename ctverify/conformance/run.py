"""check(subject): a subject by name, by factory or by itself, judged by every check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.arguments import whole
from ..core.version import __version__
from .result import Report, Result
from .subjects import HERE, ISOLATED, adapter, subject


def check(
    subject_or_name: Any,
    *,
    max_examples: int | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Judge a subject, given by name, by factory or as an adapter, by every check; `progress` is
    told each one's id.

    max_examples: the most examples of a check (default: each check's own number, 3 to 50). The same
    seed gives the same report.
    """
    seed, most = (
        whole("seed", seed, 0),
        None if max_examples is None else whole("max_examples", max_examples),
    )
    if isinstance(subject_or_name, str) and subject_or_name in ISOLATED:
        from .isolated import check_apart

        return check_apart(subject_or_name, most, seed, progress)
    from .checks import ALL
    from .search import judge

    chosen = (
        subject(subject_or_name) if isinstance(subject_or_name, str) else adapter(subject_or_name)
    )
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
