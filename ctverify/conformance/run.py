"""check(subject): a subject by name, by factory or by itself, judged by every check."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from ..core.arguments import InputError, MissingPackage, real, whole
from ..core.signatures import checked
from ..core.version import __version__
from .processes.isolated import Heard, Limits, judge_apart
from .processes.verdicts import Head, Last, Verdicts
from .results.result import Report, Result
from .subjects import HERE, adapter, known, subject

if TYPE_CHECKING:
    from .checks.check import Check

MOST_EXAMPLES = 10**6  # of a check: at a millisecond each, a quarter of an hour
CALL_SECONDS = 60.0  # that a call of a subject may take, its import and its making included


@checked
def check(
    subject_or_name: Any,
    *,
    checks: Sequence[str] | None = None,
    max_examples: int | None = None,
    seed: int = 0,
    in_process: bool = False,
    timeout: float | None = None,
    call_timeout: float = CALL_SECONDS,
    progress: Callable[[str], None] | None = None,
    so_far: Callable[[Report], None] | None = None,
) -> Report:
    """Judge a subject by every check, or by some.

    A subject by name is made and judged in processes of its own, side by side on up to four cores:
    what it changes, prints or leaves running stays there, and where it hangs or dies that is a
    verdict. An adapter itself is judged in this process, one check after another; what it changes
    of torch's and NumPy's settings, of random generators, the working directory, the environment
    and signal handlers is put back, and what it prints goes to standard error.

    Arguments:
        subject_or_name: an adapter, or the name of a built-in subject or of a factory of one,
            package.module:name.
        checks: ids of checks ("sampler.renoise"), names of groups ("sampler"), globs of ids
            ("loss.*") and comma lists of these; all checks if None. The verdict of a check does
            not depend on which others run.
        max_examples: the most examples of a check, at least 1 (each check's own number, 3 to 50,
            if None).
        seed: at least 0; the same seed gives the same report.
        in_process: judge a subject by name in this process too, as debuggers need it.
        timeout: seconds, above 0, after which no more is judged and the report is incomplete;
            None: no limit. In this process it is looked at between checks.
        call_timeout: seconds, above 0, that one call of the subject may take, or its import; not
            looked at in this process.
        progress: called with the id of each check before it runs.
        so_far: called with the report so far, marked as incomplete, as verdicts come.

    Returns:
        A report with one result for each check, in the order of causes. A check that could not be
        judged because the subject hung is inconclusive; of those in which a call ended its
        process, the first fails.

    Raises:
        InputError: the subject is no adapter, a check is unknown or a number is out of range.

    Example:
        >>> from ctverify.conformance import check
        >>> report = check("reference", checks=["times.finite"], max_examples=1)
        >>> report.conforms, report.results[0].id
        (True, 'times.finite')
    """
    seed = whole("seed", seed, 0)
    examples = (
        None if max_examples is None else whole("max_examples", max_examples, 1, MOST_EXAMPLES)
    )
    limits = Limits(
        whole=None if timeout is None else real("timeout", timeout, 0),
        call=real("call_timeout", call_timeout, 0),
    )
    heard = Heard(progress=progress, so_far=so_far)
    names = None if checks is None else listed(checks)
    if isinstance(subject_or_name, str):
        name = known(subject_or_name)
        if not in_process:
            return judge_apart(name, names, examples, seed, limits, heard)
    return _judge_here(subject_or_name, names, examples, seed, limits, heard)


def listed(checks: Sequence[str]) -> list[str]:
    """The names in a list of names and comma lists."""
    if isinstance(checks, str) or not checks:
        raise InputError(f"checks must be a list of at least one id or group, got {checks!r}")
    return [name.strip() for one in checks for name in one.split(",")]


def selected(names: Sequence[str] | None) -> tuple[Check, ...]:
    """The checks of these ids, groups and globs, in the order of causes; all of them for None."""
    from .checks import ALL

    if names is None:
        return ALL
    for name in names:
        if not any(_matches(one, name) for one in ALL):
            groups = dict.fromkeys(one.group for one in ALL)
            raise InputError(
                f"checks must be groups ({', '.join(groups)}), ids of checks "
                f"({', '.join(one.id for one in ALL)}) or globs of ids, got {name!r}"
            )
    return tuple(one for one in ALL if any(_matches(one, name) for name in names))


def _matches(check: Check, name: str) -> bool:
    return name == check.group or fnmatchcase(check.id, name)


def heads(checks: Iterable[Check]) -> list[Head]:
    """What a report says of checks."""
    return [
        Head(
            id=one.id,
            group=one.group,
            statement=one.statement,
            reference=one.reference,
            needs=one.needs,
            rests_on=one.rests_on,
        )
        for one in checks
    ]


def made(given: Any) -> tuple[Any, dict[str, Any]]:
    """A subject by name or by itself, and its `name`, `version` and `notes` for the report."""
    from .admission import notes  # imports torch

    one = subject(given) if isinstance(given, str) else adapter(given)
    try:
        named = {"name": name_of(one, given), "version": version_of(one)}
        return one, {**named, "notes": list(notes(one))}
    except MissingPackage:
        raise
    except Exception as error:
        raise InputError(
            f"SUBJECT's name and version must be text: {type(error).__name__}: {error}"
        ) from error


def judged(check: Check, subject: Any, seed: int, max_examples: int | None) -> Result:
    """The verdict on one check; where it is not good, also where the subject's code is."""
    from .explaining.place import place
    from .search import judge

    result = judge(check, subject, seed, max_examples)
    if result.status in ("pass", "not_applicable"):
        return result  # nothing points there, and sources take their time
    found = place(subject, check.needs)
    return result if found is None else replace(result, file=found[0], line=found[1])


def _judge_here(
    given: Any,
    names: Sequence[str] | None,
    examples: int | None,
    seed: int,
    limits: Limits,
    heard: Heard,
) -> Report:
    """One check after another in this process, whose settings are put back after each."""
    from .processes.settings import kept, seed_all

    chosen = selected(names)
    verdicts = Verdicts({head.id: head for head in heads(chosen)})
    named: dict[str, Any] = {"name": _asked_by(given), "version": "", "notes": []}

    def report(*, complete: bool) -> Report:
        results, notes = verdicts.in_order(), tuple(named["notes"])
        return Report(
            named["name"], named["version"], seed, results, notes=notes, complete=complete
        )

    begun = time.monotonic()
    try:
        with kept():
            one, named = made(given)
    except BaseException as error:
        words = _escaped(error)
        for check in chosen:
            verdicts.leave(check.id, f"making the subject raised {words}")
        return report(complete=True)
    for number, check in enumerate(chosen):
        if limits.whole is not None and time.monotonic() > begun + limits.whole:
            for left in chosen[number:]:
                verdicts.leave(left.id, limits.words)
            return report(complete=False)
        if heard.progress is not None:
            heard.progress(check.id)
        with kept():
            seed_all(seed)
            try:
                verdicts.add(judged(check, one, seed, examples))
            except BaseException as error:
                words, definite = _escaped(error), not isinstance(error, Exception)
                last = Last("")
                verdicts.died(check.id, last, f"{last.name} raised {words}", definite=definite)
        if heard.so_far is not None:
            heard.so_far(report(complete=False))
    return report(complete=True)


def _escaped(error: BaseException) -> str:
    """What a subject raised through everything, in words; what is not the subject's is raised."""
    from .oracle.refusals import pressed, told

    if isinstance(error, InputError):
        raise error
    if isinstance(error, KeyboardInterrupt) and pressed(error):
        raise error
    return told(error)


def name_of(made: Any, given: Any) -> str:
    """The subject's own name, else the one it was asked for by, else its class."""
    own = getattr(made, "name", None)
    return str(own) if own else _asked_by(given)


def _asked_by(given: Any) -> str:
    """What a subject is called before it has said its own name."""
    return given if isinstance(given, str) else type(given).__qualname__


def version_of(made: Any) -> str:
    """The version of the subject's library; ctverify's for what is ours."""
    ours = type(made).__module__.startswith(HERE) and not getattr(made, "version", "")
    return __version__ if ours else str(getattr(made, "version", ""))
