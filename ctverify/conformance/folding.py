"""One failure a defect: what follows from another check's failure is folded under it.

A check says what it rests on: checks whose law its own law, or the way in which it is judged, takes
for granted. Where one of those FAILED in the same report, this one's failure, or that it could not
be judged, is folded under the first of them in the order of causes, and under what that one follows
from. Where the cause passed or was not judged, the failure stands by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .checks import ALL
from .result import Result

RESTS_ON = {check.id: check.rests_on for check in ALL}
ORDER = {check.id: place for place, check in enumerate(ALL)}


def folded(results: Sequence[Result]) -> tuple[Result, ...]:
    """The results of a whole report, each with what it follows from.

    Arguments:
        results: of different checks; of those that could not be judged `follows_from` may name the
            check whose law the subject broke there.

    Returns:
        The same in their order.
    """
    failing = {result.id: result for result in results if result.status == "fail"}
    return tuple(_placed(result, failing) for result in results)


def _placed(result: Result, failing: dict[str, Result]) -> Result:
    if result.status not in ("fail", "inconclusive"):
        return replace(result, follows_from=None)
    cause = _root(result.id, _suspects(result), failing)
    if result.status == "inconclusive" and cause is not None:
        return replace(result, follows_from=cause, detail=f"not judged: follows from {cause}")
    return replace(result, follows_from=cause)


def _suspects(result: Result) -> tuple[str, ...]:
    """The checks that this one rests on."""
    named = () if result.follows_from is None else (result.follows_from,)
    return (*named, *RESTS_ON.get(result.id, ()))


def _root(id: str, suspects: Iterable[str], failing: dict[str, Result]) -> str | None:
    """The first of the suspects that failed, and of what that one rests on in turn."""
    found = sorted((s for s in suspects if s in failing and s != id), key=ORDER.__getitem__)
    if not found:
        return None
    return _root(found[0], _suspects(failing[found[0]]), failing) or found[0]
