"""check(subject): a subject by name, by factory or by itself, judged by every check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..core.arguments import InputError, whole
from ..core.version import __version__
from .result import Report, Result
from .subjects import HERE, ISOLATED, adapter, subject

if TYPE_CHECKING:
    from .checks.check import Check


def check(
    subject_or_name: Any,
    *,
    checks: Sequence[str] | None = None,
    max_examples: int | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Judge a subject by every check, or by some.

    Arguments:
        subject_or_name: an adapter, a factory of one, or the name of a built-in subject.
        checks: ids of checks ("sampler.renoise") and names of groups ("sampler"); all checks if
            None. The verdict of a check does not depend on which others run.
        max_examples: the most examples of a check, at least 1 (each check's own number, 3 to 50,
            if None).
        seed: at least 0; the same seed gives the same report.
        progress: called with the id of each check before it runs.

    Returns:
        A report with one result for each check, in the order of causes.

    Raises:
        InputError: the subject is no adapter, a check is unknown or a number is out of range.

    Example:
        >>> from ctverify.conformance import check
        >>> report = check("reference", checks=["times"], max_examples=1)
        >>> report.conforms, len(report.results)
        (True, 6)
    """
    seed = whole("seed", seed, 0)
    examples = None if max_examples is None else whole("max_examples", max_examples)
    if isinstance(subject_or_name, str) and subject_or_name in ISOLATED:
        from .isolated import check_apart

        return check_apart(subject_or_name, checks, examples, seed, progress)
    from .admission import notes
    from .folding import folded
    from .search import judge

    chosen = selected(checks)
    judged = (
        subject(subject_or_name) if isinstance(subject_or_name, str) else adapter(subject_or_name)
    )
    results: list[Result] = []
    for one in chosen:
        if progress is not None:
            progress(one.id)
        results.append(judge(one, judged, seed, examples))
    name, version = name_of(judged, subject_or_name), version_of(judged)
    return Report(name, version, seed, folded(results), notes=notes(judged))


def selected(checks: Sequence[str] | None) -> tuple[Check, ...]:
    """The checks of these ids and groups, in the order of causes; all of them for None."""
    from .checks import ALL

    if checks is None:
        return ALL
    if isinstance(checks, str) or not checks:
        raise InputError(f"checks must be a list of at least one id or group, got {checks!r}")
    ids = [one.id for one in ALL]
    groups = list(dict.fromkeys(one.group for one in ALL))
    for name in checks:
        if name not in (*groups, *ids):
            raise InputError(
                f"checks must be groups ({', '.join(groups)}) or ids of checks "
                f"({', '.join(ids)}), got {name!r}"
            )
    return tuple(one for one in ALL if one.id in checks or one.group in checks)


def name_of(made: Any, given: Any) -> str:
    """The subject's own name, else the one it was asked for by, else its class."""
    own = getattr(made, "name", None)
    return str(own) if own else given if isinstance(given, str) else type(made).__qualname__


def version_of(made: Any) -> str:
    """The version of the subject's library; ctverify's for what is ours."""
    ours = type(made).__module__.startswith(HERE) and not getattr(made, "version", "")
    return __version__ if ours else str(getattr(made, "version", ""))
