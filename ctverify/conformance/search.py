"""Judging one check: Hypothesis looks for a configuration and a case that break the law, and
shrinks them.

Every example ends in a verdict: the law holds, it is broken, it is about another kind of subject,
or the subject refused (refusals.py). A check passes if it holds in every example that was judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.errors import Flaky, Unsatisfiable
from hypothesis.strategies import SearchStrategy

from ..core.arguments import InputError
from ..core.streams import derive
from .admission import configured
from .checks.check import Check, Deviation
from .explaining.reproduce import script, sentence
from .one_time import judged_as
from .oracle.probe import Probe
from .oracle.refusals import (
    NotApplicable,
    Refusal,
    SubjectError,
    asked,
    line,
    pressed,
    raised_at,
    shown,
    told,
)
from .processes import watch
from .protocol import missing, offers
from .results.result import Result

SHRINKS = 150  # examples tried to make a failure smaller
LONGEST = 4000  # characters of a configuration


@dataclass(frozen=True)
class Failure:
    """What was found, and where."""

    found: Deviation
    subject: Any
    case: dict[str, Any]


class Drawn:
    """A subject as Hypothesis sees it, which prints what it has drawn: the subject's own repr may
    raise, or be long. No dataclass: of those it prints the fields.
    """

    def __init__(self, subject: Any) -> None:
        self.subject = subject

    def __repr__(self) -> str:
        return shown(self.subject, LONGEST)


def _drawn(configurations: SearchStrategy[Any]) -> SearchStrategy[Drawn]:
    """Hypothesis prints arguments of strategies too: this one has none."""

    @st.composite
    def drawn(draw: st.DrawFn) -> Drawn:
        return Drawn(draw(configurations))

    return drawn()


@dataclass(frozen=True)
class Refused:
    """Why an example was not judged, and the check whose law the subject broke there."""

    why: str
    cause: str | None


@dataclass
class _Search:
    """What has been seen so far. A failure seen before fails again; once SHRINKS are spent no other
    does.
    """

    failures: dict[str, Failure] = field(default_factory=dict)
    refusals: list[Refused] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    judged: int = 0
    spent: int = 0

    def example(self, check: Check, subject: Any, case: dict[str, Any]) -> None:
        key = f"{shown(subject, LONGEST)} {case!r}"
        watch.example(key)
        if key in self.failures:
            raise self.failures[key].found
        if self.failures:
            self.spent += 1
            if self.spent > SHRINKS:
                return
        try:
            check.run(Probe(subject), **case)
        except Deviation as found:
            self.judged += not self.failures
            self.failures[key] = Failure(found, subject, case)
            raise
        except Refusal as refusal:
            self.refuse(Refused(str(refusal), refusal.cause))
        except NotApplicable as reason:
            self.foreign.append(str(reason))
        except Exception as error:  # of the check's own lines, on what no rule foresaw
            self.refuse(Refused(f"the check raised {told(error)} ({raised_at(error)})", None))
        else:
            self.judged += not self.failures

    def refuse(self, refused: Refused) -> None:
        """Count a refusal; those while a failure is made smaller are no examples."""
        if not self.failures:
            self.refusals.append(refused)

    @property
    def counted(self) -> dict[str, Any]:
        """The counts of a result."""
        why = self.refusals[0].why if self.refusals else ""
        return {"judged": self.judged, "refused": len(self.refusals), "why": line(why)}


def judge(check: Check, subject: Any, seed: int, max_examples: int | None) -> Result:
    """The verdict on one check; what it follows from is told by folding.py, from a whole report.

    Arguments:
        check: the check.
        subject: an adapter that was admitted (admission.py).
        seed: of its examples.
        max_examples: the most of them; the check's own number if None.

    Returns:
        The result: it fails where its law is broken, is inconclusive where every example was
        refused, and not applicable where the subject lacks what it needs. `follows_from` of one
        that is inconclusive is the check whose law the subject broke instead.

    Raises:
        InputError: configurations() yields nothing, raises, or yields something else than adapters
            of the subject's class.
    """
    try:
        subject = asked("looking for its methods", lambda: judged_as(subject, check.needs))
        absent = asked("looking for its methods", lambda: missing(subject, check.needs))
    except SubjectError as error:
        return _result(check, "inconclusive", detail=f"nothing could be judged: {error}")
    if absent:
        return _result(check, "not_applicable", detail=f"the subject has no {', '.join(absent)}")
    search, configurations = _Search(), _configurations(subject)

    @seeded(derive(f"conformance/{check.id}", seed))
    @settings(
        max_examples=min(check.examples, max_examples or check.examples),
        phases=(Phase.generate, Phase.shrink),
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    @given(made=_drawn(configurations), case=st.fixed_dictionaries(dict(check.cases)))
    def law(made: Drawn, case: dict[str, Any]) -> None:
        search.example(check, configured(made.subject, subject), case)

    try:
        with _one_thread():
            law()
    except Deviation as found:
        failure = next(f for f in search.failures.values() if f.found is found)
        return _failure(check, failure, search)
    # the subject is not a function of its arguments, or its repr does not tell its settings: the
    # last will do
    except Flaky:
        if search.failures:
            return _failure(check, list(search.failures.values())[-1], search)
        raise InputError(
            "SUBJECT's configurations() must draw the same adapters again, got others"
        ) from None
    except InputError:
        raise
    except Unsatisfiable:
        raise InputError("SUBJECT's configurations() must yield adapters, it yields none") from None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and pressed(error):
            raise
        raise InputError(f"SUBJECT's configurations() raised {told(error)}") from None
    return _settled(check, search)


def _settled(check: Check, search: _Search) -> Result:
    """The result of a search that found no failure."""
    if search.judged:
        return _result(check, "pass", **search.counted)
    if search.refusals:
        first = search.refusals[0]
        return _result(
            check,
            "inconclusive",
            detail=line(f"nothing could be judged: {first.why}"),
            follows_from=first.cause,
            **search.counted,
        )
    reason = search.foreign[0] if search.foreign else "no example was drawn"
    return _result(check, "not_applicable", detail=reason)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Tensors are small: more threads only wait for each other, and their number would change
    bits.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _configurations(subject: Any) -> SearchStrategy[Any]:
    try:
        if not asked("it", lambda: offers(subject, "configurations")):
            return st.just(subject)
        found = asked("configurations()", subject.configurations)
    except SubjectError as error:
        raise InputError(f"SUBJECT's {error}") from None
    if not isinstance(found, SearchStrategy):
        raise InputError(
            f"SUBJECT's configurations() must return a Hypothesis strategy, got {shown(found)}"
        )
    return found


def _failure(check: Check, failure: Failure, search: _Search) -> Result:
    case = ", ".join(f"{name} = {value!r}" for name, value in failure.case.items())
    subject = shown(failure.subject, LONGEST)
    return _result(
        check,
        "fail",
        detail=_sentence(failure),
        observed=failure.found.observed,
        limit=failure.found.limit,
        configuration=f"{subject}; {case}" if case else subject,
        reproduce=_script(check, failure),
        **search.counted,
    )


def _sentence(failure: Failure) -> str:
    """What was seen, with its likely cause where that can be told."""
    try:
        return sentence(failure.found, failure.subject)
    except Exception:  # settings beyond what can be compared
        return failure.found.detail


def _script(check: Check, failure: Failure) -> str:
    """The script, or a comment that says why there is none."""
    try:
        text: str = asked("it", lambda: script(check, failure.found, failure.subject, failure.case))
    except SubjectError as error:
        return f"# no script: writing {error}\n"
    return text.encode("utf-8", "backslashreplace").decode()


def _result(check: Check, status: Any, **given: Any) -> Result:
    given["detail"] = given.get("detail", "").encode("utf-8", "backslashreplace").decode()
    return Result(check.id, check.group, check.statement, check.reference, status, **given)
