"""The driver's end of the process in which a subject is judged (server.py)."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import IO, Any

from ...core.processes import THREADS

ESCAPED = 70  # the exit code of a fork that is done
KILLED = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has the latter, as definite there
TAIL = 20_000  # bytes that are kept of what a subject prints
SHOWN = 300  # characters of them in a sentence
FATAL = "Fatal Python error: "  # begins what faulthandler prints
FRAMES = 3
PROBE = str(Path(__file__).parents[1] / "oracle" / "probe.py")  # its frames and outer ones: ours
LEAVE = 1.0  # seconds that a process is given to end by itself
START = "import sys; sys.path[:] = {path!r}; from {module} import main; main({task!r})"


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a server is asked for.

    slots: for each fork that may run at once, the descriptors of its messages and its prints
    slot: in `watch`, of a server that does not fork
    """

    name: str
    checks: list[str] | None
    max_examples: int | None
    seed: int
    watch: str
    slot: int
    slots: list[list[int]] = field(default_factory=list)


class Prints:
    """The end of what was printed; the rest is dropped."""

    def __init__(self, source: IO[bytes]) -> None:
        self._end = b""
        threading.Thread(target=self._drain, args=(source,), daemon=True).start()

    def _drain(self, source: IO[bytes]) -> None:
        with source:
            while read := os.read(source.fileno(), 65536):
                self._end = (self._end + read)[-TAIL:]

    def forget(self) -> None:
        """What is printed from now on is another check's."""
        self._end = b""

    def text(self) -> str:
        """What has been printed last, and the lines where a process was that ended by a signal."""
        text = self._end.decode(errors="replace")
        printed, fatal, trace = text.rpartition(FATAL)
        lines = [line.strip() for line in trace.splitlines()]
        frames = [line for line in lines if line.startswith("File ")]
        own = list(takewhile(lambda line: PROBE not in line, frames)) or frames
        said = " ".join((printed if fatal else text).split())[-SHOWN:]
        parts = [f"it printed last: {said}"] if said else []
        if fatal and frames:
            parts.append(f"it was at {', called at '.join(own[:FRAMES])}")
        return "; ".join(parts)


class Child:
    """A server, and the pipes that it and its forks speak through.

    Whatever they say is put into `heard` as (child, message); {"gone": True} is a server's last.
    """

    def __init__(self, asked: Task, forks: int, heard: queue.Queue[tuple[Child, Any]]) -> None:
        self.slot, self._heard = asked.slot, heard
        self.pids: dict[str, int] = {}  # of the checks that are judged in forks
        self._prints: list[Prints] = []
        given: list[list[int]] = []
        if sys.platform == "linux":
            given = [[self._pipe(self._listen), self._pipe(self._watch)] for _ in range(forks)]
        task = json.dumps({**asdict(asked), "slots": given})
        module = f"{__package__}.server"
        command = START.format(path=sys.path, module=module, task=task)
        fds = [fd for pair in given for fd in pair]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=fds,
            env=os.environ | dict.fromkeys(THREADS, "1") | _fixed_hashes(),
            start_new_session=True,  # no part in Ctrl-C, and a group that can be killed
        )
        for fd in fds:
            os.close(fd)
        assert self._process.stdout is not None and self._process.stderr is not None
        self._own = Prints(self._process.stderr)
        self._listen(self._process.stdout, last={"gone": True})

    def say(self, **message: Any) -> None:
        """A command."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # that it is gone is heard in its place
            self._process.stdin.write(f"{json.dumps(message)}\n".encode())
            self._process.stdin.flush()

    def prints(self, slot: int | None) -> Prints:
        """What the fork in a slot prints, or the server itself."""
        return self._own if slot is None else self._prints[slot]

    def code(self) -> int:
        """The exit code of a server that is gone; what it has started ends too."""
        self._kill()
        return self._process.wait()

    def kill(self, id: str, number: int, *, fork: bool) -> bool:
        """Send what judges a check a signal, with all that it has started; SIGABRT makes it tell
        where it is (faulthandler) and end. False where the fork is not known yet.
        """
        if fork and id not in self.pids:
            return False
        _signal(self.pids[id] if fork else self._process.pid, number)
        return True

    def stop(self) -> None:
        """End all."""
        for pid in self.pids.values():
            _signal(pid)
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()  # it ends its forks, also those just begun
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LEAVE)
        self._kill()
        self._process.wait()

    def _kill(self) -> None:
        if self._process.returncode is None:
            _signal(self._process.pid)

    def _pipe(self, reader: Any) -> int:
        """The end to write into."""
        end, start = os.pipe()
        reader(os.fdopen(end, "rb"))
        return start

    def _watch(self, source: IO[bytes]) -> None:
        self._prints.append(Prints(source))

    def _listen(self, source: IO[bytes], last: Any = None) -> None:
        threading.Thread(target=self._hear, args=(source, last), daemon=True).start()

    def _hear(self, source: IO[bytes], last: Any) -> None:
        with source:
            for line in source:
                with suppress(ValueError):  # the half of a line that a killed fork has left
                    self._heard.put((self, json.loads(line)))
        if last is not None:
            self._heard.put((self, last))


def _fixed_hashes() -> dict[str, str]:
    """The order of a subject's sets is the same every time."""
    return {} if "PYTHONHASHSEED" in os.environ else {"PYTHONHASHSEED": "0"}


def _signal(group: int, number: int = KILLED) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(group, number)
        else:
            os.kill(group, number)
