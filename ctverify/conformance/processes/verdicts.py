"""The verdicts of one run: those of the checks, and what is said of checks that their subject did
not let end.

Where a call ends its process, the first such check in the order of causes fails, and what dies of
the same call follows from it. A call that does not end in time is no proof: such checks are
inconclusive, and those that need the same call are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..results.folding import folded
from ..results.result import Result

HANGS = 3  # calls that do not end, each as long as the limit, until no more are tried
UNREACHED = "not judged yet"


@dataclass(frozen=True, kw_only=True)
class Head:
    """A check as its report names it, where torch is not imported."""

    id: str
    group: str
    statement: str
    reference: str
    needs: tuple[str, ...]
    rests_on: tuple[str, ...]

    def result(self, status: str, detail: str, **more: object) -> Result:
        """A result of it."""
        return Result(self.id, self.group, self.statement, self.reference, status, detail, **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Last:
    """What is known of a check that did not end: the method, "" outside of all; the example; what
    was printed.
    """

    method: str
    example: str = ""
    printed: str = ""

    @property
    def name(self) -> str:
        """The method in a sentence."""
        return self.method or "the subject"

    @property
    def where(self) -> str:
        """The place in a sentence."""
        return f"in {self.method}" if self.method else "between its calls"


@dataclass
class Verdicts:
    """What is known so far of the checks that were asked for, in the order of causes."""

    heads: Mapping[str, Head]
    results: dict[str, Result] = field(default_factory=dict)
    deaths: dict[str, str] = field(default_factory=dict)  # the method of each check that died of it
    hangs: dict[str, str] = field(default_factory=dict)

    def add(self, result: Result) -> bool:
        """A verdict; False where there is one: a fork of the subject's may come back twice."""
        if result.id in self.results or result.id not in self.heads:
            return False
        self.results[result.id] = result
        return True

    def died(self, id: str, last: Last, words: str, *, definite: bool) -> None:
        """A check's process ended: a failure, or inconclusive where somebody else may have ended
        it.
        """
        status = "fail" if definite else "inconclusive"
        if self.add(self._unended(id, last, status, words)) and definite:
            self.deaths[id] = last.method

    def hung(self, id: str, last: Last, seconds: float) -> None:
        """A check's process was ended because a call did not end."""
        where = last.method or "the subject, outside of its methods,"
        words = f"{where} had not ended after {seconds:g} s"
        if self.add(self._unended(id, last, "inconclusive", words)):
            self.hangs[id] = last.method

    def leave(self, id: str, why: str) -> None:
        """A check that is not judged."""
        self.add(self.heads[id].result("inconclusive", f"not judged: {why}"))

    def left_out(self, id: str) -> bool:
        """Whether a check needs what hung before, and is not judged therefore."""
        for other, method in self.hangs.items():
            if method in self.heads[id].needs:
                self.leave(id, f"{method} had not ended in {other}")
                return True
        return False

    @property
    def spent(self) -> str:
        """Why no more is tried; "" where there is no reason."""
        for other, method in self.hangs.items():
            if not method:
                return f"the subject had not ended in {other}"
        return f"{HANGS} calls had not ended" if len(self.hangs) >= HANGS else ""

    @property
    def complete(self) -> bool:
        """Whether there is one for each check."""
        return len(self.results) == len(self.heads)

    def in_order(self) -> tuple[Result, ...]:
        """One result a check, in the order of causes, each with what it follows from."""
        first: dict[str, str] = {}
        ordered = []
        for id, head in self.heads.items():
            result = self.results.get(id) or head.result("inconclusive", UNREACHED)
            if id in self.deaths:
                cause = first.setdefault(self.deaths[id], id)
                result = result if cause == id else replace(result, follows_from=cause)
            ordered.append(result)
        return folded(ordered, {id: head.rests_on for id, head in self.heads.items()})

    def _unended(self, id: str, last: Last, status: str, words: str) -> Result:
        words = f"{words}; {last.printed}" if last.printed else words
        return self.heads[id].result(status, words, configuration=last.example or None)
