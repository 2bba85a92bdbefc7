"""Cases through any concurrent.futures.Executor: none is lost, none is done twice, and a bad one
does not end the sweep.

The driver alone writes. A worker that dies breaks a pool of processes; the cases that were in it
are then tried again one at a time in a new pool, and one that kills its worker while it is alone is
reported as failed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.arguments import InputError
from ..core.signatures import checked
from .case import Case
from .executors import Engine, local
from .spec import Spec
from .store import Record, Store

Task = Callable[[Case], dict[str, Any]]
Outcome = tuple[Case, dict[str, Any]]


@dataclass(frozen=True)
class Summary:
    """What a sweep (or its shard) came to: all its records, by hash, and how many of them were
    there before.
    """

    records: tuple[Record, ...]
    kept: int

    @property
    def failed(self) -> tuple[Record, ...]:
        """Cases without a result."""
        return tuple(record for record in self.records if record.status == "failed")

    @property
    def good(self) -> bool:
        """Whether every case has a result and no verdict fails."""
        return all(record.verdict not in ("failed", "fail") for record in self.records)


@checked
def run_sweep(
    spec: Spec,
    out: str | Path,
    *,
    executor: Executor | Engine | None = None,
    shard: tuple[int, int] = (1, 1),
    resume: bool = False,
    progress: Callable[..., Any] = lambda *_, **__: None,
) -> Summary:
    """Compute the cases of a sweep that a folder lacks.

    Processes are spawned: a script calls this under `if __name__ == "__main__"`.

    Arguments:
        spec: the sweep.
        out: the folder.
        executor: where cases run; None for a process a core.
        shard: (I, N), the I-th of N parts of the sweep, 1 <= I <= N.
        resume: whether finished cases are kept, and failed ones tried again.
        progress: progress(start=number kept) is called first, progress() after each case.

    Returns:
        All records of the shard.

    Raises:
        InputError: `out` cannot be written (what is finished stays), holds a sweep already, or is
            in use.
    """
    own = spec.shard(*shard)
    store = Store(Path(out))
    engine = _engine(executor)
    with store.locked("-of-".join(map(str, shard))):
        records = store.begin(spec.content, spec.cases, own, resume)
        kept = len(records)
        waiting = [case for case in own if case.hash not in records]

        def finished(case: Case, outcome: dict[str, Any]) -> None:
            record = Record(hash=case.hash, case=case.definition, **outcome)
            records[case.hash] = record
            store.keep(record)
            progress()

        progress(start=kept)
        if waiting:
            from .measure import run_case

            drive(waiting, engine, run_case, finished)
    return Summary(tuple(records[name] for name in sorted(records)), kept)


def _engine(executor: Executor | Engine | None) -> Engine:
    if executor is None:
        return local()
    return executor if isinstance(executor, Engine) else Engine.of(executor)


def drive(
    cases: Iterable[Case],
    engine: Engine,
    task: Task,
    finished: Callable[[Case, dict[str, Any]], None],
) -> None:
    """Run cases through an executor.

    Arguments:
        cases: what is to be done.
        engine: how executors are made and stopped.
        task: what computes a case's outcome, in a worker.
        finished: finished(case, outcome) is called once for each case, as they come.

    Raises:
        InputError: the executor broke, and cannot be replaced.
    """
    crew = _Crew(engine, task, deque(cases))
    try:
        while crew.busy:
            for case, outcome in crew.next():
                finished(case, outcome)
    finally:
        if not engine.replaceable:  # else stopping the pool cancels what waits in it
            for future in crew.flying:
                future.cancel()
        engine.stop(crew.executor)


@dataclass(eq=False)
class _Crew:
    """The cases that wait, those under suspicion (their pool broke), and those that fly."""

    engine: Engine
    task: Task
    waiting: deque[Case]
    suspects: deque[Case] = field(default_factory=deque)
    flying: dict[Future[dict[str, Any]], Case] = field(default_factory=dict)
    trial: bool = False  # what flies is a suspect, alone
    over: bool = False  # the executor broke and cannot be replaced

    def __post_init__(self) -> None:
        self.executor = self.engine.make()

    @property
    def busy(self) -> bool:
        return bool(self.waiting or self.suspects or self.flying or self.over)

    def next(self) -> list[Outcome]:
        """Hand out cases, wait for some, and return what came of them."""
        if self.over:
            raise InputError(
                "the executor broke while it ran cases; what is finished is kept, "
                "--resume continues"
            )
        broken = self._launch()
        ready = wait(self.flying, return_when=FIRST_COMPLETED).done
        outcomes, more = self._collect(ready)
        broken += more
        self.over = bool(broken) and not self.engine.replaceable
        if broken and not self.over:
            # all break at once, but for those that had just finished
            last, more = self._collect(wait(self.flying).done)
            outcomes += last + self._replace([*broken, *more])
        return outcomes

    def _collect(self, ready: Iterable[Future[dict[str, Any]]]) -> tuple[list[Outcome], list[Case]]:
        """What came of the futures that are ready, and the cases whose executor broke."""
        outcomes: list[Outcome] = []
        broken = []
        for future in ready:
            case = self.flying.pop(future)
            try:
                outcomes.append((case, future.result()))
            # cancelled: by a cluster that has lost its scheduler
            except (BrokenExecutor, CancelledError):
                broken.append(case)
            # the executor's own: a case that cannot be sent, a worker given up
            except Exception as error:
                outcomes.append((case, _failed(f"{type(error).__name__}: {error}")))
        return outcomes, broken

    def _launch(self) -> list[Case]:
        """Submit as many as may fly; the case that found the executor broken, if one did."""
        self.trial = self.trial and bool(self.flying)
        while (self.waiting or self.suspects) and len(self.flying) < self.engine.window:
            if self.trial or (self.suspects and self.flying):
                break
            self.trial = bool(self.suspects)
            case = (self.suspects or self.waiting).popleft()
            try:
                self.flying[self.executor.submit(self.task, case)] = case
            except BrokenExecutor:  # before the case ran
                self.trial = False
                return [case]
        return []

    def _replace(self, broken: Sequence[Case]) -> list[Outcome]:
        """A new executor; the case that was alone in the broken one is to blame, others are tried
        again.
        """
        self.engine.stop(self.executor)
        self.executor = self.engine.make()
        if self.trial and len(broken) == 1:
            self.trial = False
            reason = (
                "its worker process died twice (killed, or out of memory), the second time alone"
            )
            return [(broken[0], _failed(reason))]
        self.suspects.extendleft(reversed(broken))
        return []


def _failed(error: str) -> dict[str, Any]:
    return {"status": "failed", "result": None, "error": error, "seconds": 0.0}
