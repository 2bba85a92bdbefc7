"""Checks of a subject, judged side by side in processes of its own (server.py): whatever it does
there ends in a verdict.
"""

from __future__ import annotations

import os
import queue
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...core.arguments import InputError
from ...core.processes import KILL, Death, cores
from ...core.schemas import read
from ..results.result import Report, Result
from .child import ESCAPED, KILLED, LEAVE, Child, Task
from .verdicts import Head, Last, Verdicts
from .watch import SLOT, Watch

TICK = 0.1  # seconds between looks at the limits
MOST = 4  # checks judged at once
# on a disk, a write to a mapped file may wait for the disk
MEMORY = "/dev/shm"  # nosec B108: mkstemp's names
DEATHS = 3  # of processes that do not fork: each costs an import of the subject
DEAREST = (  # begun first, so that none is left to run alone
    "sampler.last",
    "sampler.pushforward",
    "loss.stationary",
    "sampler.renoise",
    "loss.rows",
    "scalings.semigroup",
    "loss.direction",
    "pair.inputs",
    "scalings.equivariance",
    "pair.residual",
)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds: of all together (None: no limit), and of one call of the subject or its import."""

    whole: float | None
    call: float

    @property
    def words(self) -> str:
        """Why no more was judged."""
        return f"the limit of {self.whole:g} s for all checks was reached"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Who is told what happens: the id of each check that begins, the report after each that is
    judged.
    """

    progress: Callable[[str], None] | None
    so_far: Callable[[Report], None] | None


@dataclass
class Running:
    """A check that is judged now."""

    child: Child
    slot: int
    fork: bool
    asked_to_end: float | None = None  # when


def judge_apart(
    name: str,
    checks: Sequence[str] | None,
    max_examples: int | None,
    seed: int,
    limits: Limits,
    heard: Heard,
) -> Report:
    """The report on a subject by name.

    Raises:
        InputError: the subject, a check or what the subject offers is refused.
    """
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="ctverify-", dir=memory) as folder:
        file = Path(folder) / "watch"
        file.write_bytes(bytes(MOST * SLOT))
        asked = Task(
            name=name,
            checks=None if checks is None else list(checks),
            max_examples=max_examples,
            seed=seed,
            watch=str(file),
            slot=0,
        )
        driver = _Driver(asked, min(cores(), MOST), limits, heard)
        try:
            return driver.judge()
        finally:
            driver.stop()


class _Driver:
    """The processes, and what is known so far."""

    def __init__(self, asked: Task, most: int, limits: Limits, heard: Heard) -> None:
        self.asked, self.most, self.limits, self.heard = asked, most, limits, heard
        self.deadline = None if limits.whole is None else time.monotonic() + limits.whole
        self.messages: queue.Queue[tuple[Child, Any]] = queue.Queue()
        self.watches = [Watch(Path(asked.watch), slot) for slot in range(most)]
        self.making: dict[Child, float] = {}  # since when
        self.forking: dict[Child, bool] = {}  # of those that have made the subject
        self.children: list[Child] = []
        self.running: dict[str, Running] = {}
        self.waiting: list[str] = []
        self.named: dict[str, Any] = {"name": asked.name, "version": "", "notes": []}
        self.verdicts: Verdicts | None = None
        self.complete = True

    def judge(self) -> Report:
        """The report, when all is judged or nothing more can be."""
        self.start(0)
        while self.verdicts is None or not self.verdicts.complete:
            try:
                child, message = self.messages.get(timeout=TICK)
            except queue.Empty:
                pass
            else:
                self.hear(child, message)
            self.look()
            self.dispatch()
        return self.report(complete=self.complete)

    def report(self, *, complete: bool) -> Report:
        """What is known."""
        assert self.verdicts is not None
        return Report(
            self.named["name"],
            self.named["version"],
            self.asked.seed,
            self.verdicts.in_order(),
            notes=tuple(self.named["notes"]),
            complete=complete,
        )

    def stop(self) -> None:
        """End every process."""
        for child in self.children:
            child.stop()
        for watch in self.watches:
            watch.close()

    def start(self, slot: int) -> None:
        """One more process that makes the subject."""
        forks = self.most if slot == 0 else 0
        self.children.append(Child(replace(self.asked, slot=slot), forks, self.messages))

    def hear(self, child: Child, message: dict[str, Any]) -> None:
        """What a process says."""
        match message:
            case {"refused": words}:
                raise InputError(words)
            case {"chosen": heads}:
                self.making[child] = time.monotonic()
                self.choose([read(Head, head, "a check must be one") for head in heads])
            case {"ready": named, "forks": forks}:
                self.ready(child, named, forks=forks)
            case {"unmade": words}:
                self.leave(f"making the subject raised {words}")
            case {"began": id, "pid": pid}:
                child.pids[id] = pid
            case {"result": result}:
                self.judged(read(Result, result, "a result must be one"))
            case {"raised": id, "words": words, "definite": definite} if id in self.running:
                last = self.last(id)
                self.died(id, last, f"{last.name} raised {words}", definite=definite)
                self.freed(id)
            case {"ended": id, "code": code}:
                child.pids.pop(id, None)
                self.ended(id, code)
            case {"gone": True}:
                self.gone(child)

    def choose(self, heads: list[Head]) -> None:
        """The checks that were asked for."""
        if self.verdicts is None:
            self.verdicts = Verdicts({head.id: head for head in heads})
            self.waiting = sorted(self.verdicts.heads, key=_cost)
            self.tell()

    def ready(self, child: Child, named: dict[str, Any], *, forks: bool) -> None:
        """A process has made the subject."""
        del self.making[child]
        self.named, self.forking[child] = named, forks
        if not forks:
            for slot in range(len(self.children), min(self.most, len(self.waiting))):
                self.start(slot)

    def judged(self, result: Result) -> None:
        """A verdict."""
        assert self.verdicts is not None
        if self.verdicts.add(result):
            self.freed(result.id)
            self.tell()

    def died(self, id: str, last: Last, words: str, *, definite: bool) -> None:
        """A check that ended otherwise."""
        assert self.verdicts is not None
        self.verdicts.died(id, last, words, definite=definite)
        self.tell()

    def freed(self, id: str) -> None:
        """The place of a check that was judged without a fork is free."""
        if not self.running[id].fork:
            del self.running[id]

    def ended(self, id: str, code: int) -> None:
        """What judged a check is dead; with a verdict before, that is as it should be."""
        assert self.verdicts is not None
        if id not in self.verdicts.results:
            last = self.last(id)
            if self.running[id].asked_to_end is not None:
                self.verdicts.hung(id, last, self.limits.call)
                self.tell()
            else:
                words = f"{last.where} {_how(code)}"
                self.died(id, last, words, definite=code != -KILL)
        del self.running[id]
        if self.verdicts.spent:
            self.leave(self.verdicts.spent)

    def gone(self, child: Child) -> None:
        """A server is dead."""
        code = child.code()
        made = self.forking.pop(child, None)
        self.making.pop(child, None)
        for id in [id for id, one in self.running.items() if one.child is child]:
            self.ended(id, code)
        if made is None:
            printed = child.prints(None).text()
            said = f"; {printed}" if printed else ""
            self.leave(f"while it was made {_how(code)}{said}")
        elif len(self.children) >= self.most + DEATHS:
            self.leave("too many of its processes have ended")
        elif self.waiting:
            self.start(child.slot)

    def look(self) -> None:
        """Look at the limits."""
        now = time.monotonic()
        if self.deadline is not None and now > self.deadline and self.verdicts is not None:
            self.complete = self.verdicts.complete
            self.waiting += [id for id in self.running if id not in self.verdicts.results]
            self.leave(self.limits.words)
            return
        for since in self.making.values():
            if now > since + self.limits.call:
                self.leave(f"making the subject had not ended after {self.limits.call:g} s")
        for id, one in self.running.items():
            if one.asked_to_end is not None:
                if now > one.asked_to_end + LEAVE:
                    one.child.kill(id, KILLED, fork=one.fork)
            elif now > self.watches[one.slot].read().since + self.limits.call:
                told = one.child.kill(id, signal.SIGABRT, fork=one.fork)
                one.asked_to_end = now if told else None

    def dispatch(self) -> None:
        """Begin the next checks where there is a place for them."""
        for child, forks in self.forking.items():
            taken = {one.slot for one in self.running.values()}
            places = range(self.most) if forks else [child.slot]
            for slot in [slot for slot in places if slot not in taken]:
                id = self.next()
                if id is None:
                    return
                self.watches[slot].begin("")
                child.prints(slot if forks else None).forget()
                self.running[id] = Running(child, slot, forks)
                if self.heard.progress is not None:
                    self.heard.progress(id)
                child.say(judge=id, slot=slot)

    def next(self) -> str | None:
        """The next check that is not left out."""
        assert self.verdicts is not None
        while self.waiting:
            id = self.waiting.pop(0)
            if not self.verdicts.left_out(id):
                return id
            self.tell()
        return None

    def leave(self, why: str) -> None:
        """Judge no other check."""
        assert self.verdicts is not None
        for id in self.waiting:
            self.verdicts.leave(id, why)
        self.waiting = []
        self.tell()

    def last(self, id: str) -> Last:
        """What is known of a check that does not end by itself."""
        one = self.running[id]
        seen = self.watches[one.slot].read()
        printed = one.child.prints(one.slot if one.fork else None)
        return Last(seen.method, seen.example, printed.text())

    def tell(self) -> None:
        """The report so far."""
        if self.heard.so_far is not None:
            self.heard.so_far(self.report(complete=False))


def _cost(id: str) -> int:
    return DEAREST.index(id) if id in DEAREST else len(DEAREST)


def _how(code: int) -> str:
    """The end of a process in words."""
    if code == ESCAPED:
        return "what it speaks through was closed"
    return str(Death(code))
