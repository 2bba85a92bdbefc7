"""The process in which a subject is imported and judged.

It imports torch, Hypothesis and the subject once. Each check is then judged in a fork of it, so
that none sees what another has changed; where forks are not safe (not on Linux, or a thread was
started by an import) it judges one check after another itself. What it tells its driver
(isolated.py) are lines of JSON on the standard output that it was started with; whatever the
subject prints is kept apart from them.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import select
import signal
import sys
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ...core.arguments import InputError
from ...core.schemas import builtins
from .child import ESCAPED, Task
from .watch import Watch, watched_by

POLL = 0.02  # seconds between looks at forks, where the system does not tell of their end
TASKS = Path("/proc/self/task")  # a folder a thread, also of those that Python does not know


@dataclass(frozen=True)
class Fork:
    """A check that is judged in a fork; `end` becomes readable when the fork ends, where the
    system has that.
    """

    id: str
    pid: int
    slot: int
    end: int | None


def main(task: str) -> None:
    """The process's life; `task` is a Task as JSON."""
    asked = Task(**json.loads(task))
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    commands = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    faulthandler.enable()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a dead fork flushes none
    _no_core_files()
    Server(asked, said, commands).serve()


class Server:
    """What the driver speaks to."""

    def __init__(self, asked: Task, said: IO[str], commands: int) -> None:
        self.asked, self.said, self.commands = asked, said, commands
        self.forks: dict[int, Fork] = {}
        self.subject: Any = None

    def serve(self) -> None:
        """Until there are no more commands."""
        import torch

        from ..oracle.refusals import told
        from ..run import heads, made, selected

        torch.set_num_threads(1)
        try:
            self.chosen = {one.id: one for one in selected(self.asked.checks)}
            say(self.said, chosen=builtins(heads(self.chosen.values())))
            self.subject, named = made(self.asked.name)
        except InputError as error:
            say(self.said, refused=str(error))
            return
        except BaseException as error:  # the subject's: SystemExit, whatever
            traceback.print_exc()
            say(self.said, unmade=told(error))
            return
        forks = bool(self.asked.slots) and _single_threaded()
        say(self.said, ready=named, forks=forks)
        if forks:
            _warm_up()
            self.serve_forks()
        else:
            self.serve_here()

    def serve_forks(self) -> None:
        """A fork a check."""
        gc.collect()
        gc.freeze()  # a collection in a fork would write to every page
        lines = b""
        while True:
            ends = [fork.end for fork in self.forks.values() if fork.end is not None]
            blind = len(ends) < len(self.forks)
            ready, _, _ = select.select([self.commands, *ends], [], [], POLL if blind else None)
            self.reap()
            if self.commands not in ready:
                continue
            read = os.read(self.commands, 65536)
            if not read:
                break
            lines += read
            while b"\n" in lines:
                line, _, lines = lines.partition(b"\n")
                command = json.loads(line)
                self.fork(command["judge"], command["slot"])
        for fork in self.forks.values():
            _kill(fork.pid)

    def fork(self, id: str, slot: int) -> None:
        """Begin to judge a check."""
        messages, prints = self.asked.slots[slot]
        pid = os.fork()
        if pid == 0:
            try:
                os.setpgid(0, 0)
                os.dup2(prints, 1)
                os.dup2(prints, 2)
                with os.fdopen(os.dup(messages), "w") as said:
                    self.judge(id, slot, said)
            finally:
                os._exit(ESCAPED)  # into the server's own loop it must not come
        with suppress(OSError):  # it was quicker, or is gone
            os.setpgid(pid, pid)
        self.forks[pid] = Fork(id, pid, slot, _end_of(pid))
        self.say_in(slot, began=id, pid=pid)

    def reap(self) -> None:
        """Tell of the forks that have ended, and end what they have left running."""
        for fork in list(self.forks.values()):
            ended = os.waitid(os.P_PID, fork.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                continue
            _kill(fork.pid)  # its children: its own number is taken until it is waited for
            _, status = os.waitpid(fork.pid, 0)
            if fork.end is not None:
                os.close(fork.end)
            del self.forks[fork.pid]
            self.say_in(fork.slot, ended=fork.id, code=os.waitstatus_to_exitcode(status))

    def say_in(self, slot: int, **message: Any) -> None:
        """In the place where the fork speaks, so that it comes after what the fork has said."""
        with os.fdopen(os.dup(self.asked.slots[slot][0]), "w") as said:
            say(said, **message)

    def serve_here(self) -> None:
        """One check after another in this process; it ends when its driver does."""
        from .settings import kept

        waiting: list[dict[str, Any]] = []
        some = threading.Condition()
        threading.Thread(target=self._listen, args=(waiting, some), daemon=True).start()
        while True:
            with some:
                some.wait_for(lambda: bool(waiting))
                command = waiting.pop(0)
            with kept():
                self.judge(command["judge"], self.asked.slot, self.said)

    def _listen(self, waiting: list[dict[str, Any]], some: threading.Condition) -> None:
        with os.fdopen(self.commands) as commands:
            for line in commands:
                with some:
                    waiting.append(json.loads(line))
                    some.notify()
        os._exit(0)

    def judge(self, id: str, slot: int, said: IO[str]) -> None:
        """Judge a check and say the verdict, whatever escapes from it."""
        from ..oracle.refusals import told
        from ..run import judged
        from .settings import seed_all

        watched_by(Watch(Path(self.asked.watch), slot))
        seed_all(self.asked.seed)
        try:
            result = judged(self.chosen[id], self.subject, self.asked.seed, self.asked.max_examples)
        except InputError as error:
            say(said, refused=str(error))
        except BaseException as error:
            traceback.print_exc()
            definite = not isinstance(error, Exception)
            say(said, raised=id, words=told(error), definite=definite)
        else:
            say(said, result=builtins(result))


def say(said: IO[str], **message: Any) -> None:
    """A line to the driver; an empty one before it ends what a dead fork has left unfinished."""
    said.write(f"\n{json.dumps(message)}\n")
    said.flush()


def _single_threaded() -> bool:
    """Whether nothing but this thread runs: a fork would have this one alone, and the locks that
    others hold for ever.
    """
    return sys.platform == "linux" and threading.active_count() == 1 and len(_threads()) == 1


def _threads() -> list[Path]:
    return list(TASKS.iterdir()) if TASKS.exists() else []


def _end_of(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _kill(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _no_core_files() -> None:
    try:
        import resource
    except ImportError:  # on Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _warm_up() -> None:
    """What Hypothesis does once a process, done before the forks."""
    from hypothesis import given, settings
    from hypothesis import strategies as st

    @settings(max_examples=20, database=None, deadline=None, derandomize=True)
    @given(st.integers(0, 9), st.floats(0, 1))
    def nothing(whole: int, share: float) -> None:
        pass

    nothing()
