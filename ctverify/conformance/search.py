"""Judging one check: Hypothesis looks for a configuration and a case that break the law, and
shrinks them.
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
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from ..core.arguments import InputError
from ..core.streams import derive
from . import watch
from .checks.check import Check, Deviation
from .probe import NotApplicable, NotFinite, Probe, SubjectError, Uncounted
from .protocol import missing, offers
from .reproduce import script, sentence
from .result import Result

SHRINKS = 150  # examples tried to make a failure smaller


@dataclass(frozen=True)
class Failure:
    """What was found, and where."""

    found: Deviation
    subject: Any
    case: dict[str, Any]


@dataclass
class _Search:
    """What has been seen so far. A failure seen before fails again; once SHRINKS are spent no other
    does.
    """

    failures: dict[str, Failure] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    judged: int = 0
    spent: int = 0

    def example(self, check: Check, subject: Any, case: dict[str, Any]) -> None:
        key = repr((subject, case))
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
            self.failures[key] = Failure(found, subject, case)
            raise
        except (SubjectError, NotFinite, Uncounted) as refusal:
            self.refusals.append(str(refusal))
        except NotApplicable as reason:
            self.foreign.append(str(reason))
        else:
            self.judged += 1


def judge(check: Check, subject: Any, seed: int, max_examples: int | None) -> Result:
    """The verdict on one check. Where the subject raises or returns NaN, the checks whose law that
    is judge it, no others.
    """
    absent = missing(subject, check.needs)
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
    @given(configured=configurations, case=st.fixed_dictionaries(dict(check.cases)))
    def law(configured: Any, case: dict[str, Any]) -> None:
        search.example(check, configured, case)

    try:
        with _one_thread():
            law()
    except Deviation as found:
        return _failure(
            check, next(f for f in search.failures.values() if f.found is found), search.judged
        )
    # the subject is not a function of its arguments, or its repr does not tell its settings: the
    # last will do
    except Flaky:
        return _failure(check, list(search.failures.values())[-1], search.judged)
    if search.judged:
        return _result(check, "pass", judged=search.judged)
    if search.refusals:
        return _result(
            check, "inconclusive", detail=f"nothing could be judged: {search.refusals[0]}"
        )
    return _result(
        check,
        "not_applicable",
        detail=search.foreign[0] if search.foreign else "no example was drawn",
    )


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
    if not offers(subject, "configurations"):
        return st.just(subject)
    try:
        found = subject.configurations()
    except Exception as error:
        raise InputError(
            f"SUBJECT's configurations() raised {type(error).__name__}: {error}"
        ) from error
    if not isinstance(found, SearchStrategy):
        raise InputError(
            f"SUBJECT's configurations() must return a Hypothesis strategy, got {found!r}"
        )
    return found


def _failure(check: Check, failure: Failure, judged: int) -> Result:
    shown = ", ".join(f"{name} = {value!r}" for name, value in failure.case.items())
    return _result(
        check,
        "fail",
        detail=sentence(failure.found, failure.subject),
        observed=failure.found.observed,
        limit=failure.found.limit,
        configuration=f"{failure.subject!r}; {shown}" if shown else repr(failure.subject),
        reproduce=script(check, failure.found, failure.subject, failure.case),
        judged=judged,
    )


def _result(check: Check, status: Any, **given: Any) -> Result:
    return Result(check.id, check.group, check.statement, check.reference, status, **given)
