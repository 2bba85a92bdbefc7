"""One failure a defect: what follows from another check's failure is folded under it.

A check says what it rests on: checks whose law its own law, or the way in which it is judged, takes
for granted. Where one of those FAILED in the same report, this one's failure, or that it could not
be judged, is folded under the first of them in the order of causes, and under what that one follows
from. Where the cause passed or was not judged, the failure stands by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .result import Result

RestsOn = Mapping[str, Sequence[str]]


def folded(results: Sequence[Result], rests_on: RestsOn) -> tuple[Result, ...]:
    """The results of a whole report, each with what it follows from.

    Arguments:
        results: of different checks, in the order of causes; of those that could not be judged
            `follows_from` may name the check whose law the subject broke there.
        rests_on: the checks that each check rests on, by its id.

    Returns:
        The same in their order.
    """
    failing = {result.id: result for result in results if result.status == "fail"}
    return tuple(_placed(result, failing, rests_on) for result in results)


def _placed(result: Result, failing: dict[str, Result], rests_on: RestsOn) -> Result:
    if result.status not in ("fail", "inconclusive"):
        return replace(result, follows_from=None)
    cause = _root(result, failing, rests_on)
    if result.status == "inconclusive" and cause is not None:
        return replace(result, follows_from=cause, detail=f"not judged: follows from {cause}")
    return replace(result, follows_from=cause)


def _root(result: Result, failing: dict[str, Result], rests_on: RestsOn) -> str | None:
    """The first that failed of what this result rests on, and of what that one rests on in turn."""
    named = () if result.follows_from is None else (result.follows_from,)
    suspects = {*named, *rests_on.get(result.id, ())}
    others = {id: cause for id, cause in failing.items() if id != result.id}  # so that this ends
    for id, cause in others.items():  # in the order of causes
        if id in suspects:
            return _root(cause, others, rests_on) or id
    return None
