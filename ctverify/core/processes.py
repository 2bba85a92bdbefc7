"""Processes of this machine that compute side by side, with one thread each.

One thread, for torch and for BLAS: the thread count changes bits, and on a busy machine the threads
of one computation wait for each other. A process takes no part in its driver's Ctrl-C and does not
outlive the driver. It imports nothing from the current directory that the driver would not.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from typing import Any

from .arguments import InputError

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SAFE_PATH = "PYTHONSAFEPATH"  # set, Python leaves the current directory out of its path
KILL = 9  # the signal that cannot be refused; Windows has no name for it

Tell = Callable[[Any], None]
Task = Callable[[Tell], Any]
"""task(tell) -> result; tell(value) is how it speaks to the driver meanwhile."""


@dataclass(frozen=True)
class Death:
    """A process that ended before its task did.

    Attributes:
        code: its exit code, or -N where signal N killed it.
    """

    code: int | None

    def __str__(self) -> str:
        if self.code == -KILL:
            return f"its process was killed (signal {KILL}), as happens where memory runs out"
        if self.code is not None and self.code < 0:
            return f"its process was killed (signal {-self.code})"
        return f"its process ended with exit code {self.code}"


def cores() -> int:
    """How many cores this process may use, where the system tells; else how many there are."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def one_thread() -> None:
    """Ask torch and BLAS for one thread, which they heed where they are not yet imported; processes
    that are started later inherit it.
    """
    os.environ.update(dict.fromkeys(THREADS, "1"))


def begin() -> None:
    """What a started process does first: one thread, no part in the driver's Ctrl-C, no life after
    the driver's.
    """
    one_thread()
    os.environ.pop(SAFE_PATH, None)  # it was for this process's own start
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


class Process(SpawnProcess):
    """A spawned process. It starts as `python -c`, for which Python looks into the current
    directory for each module, those of multiprocessing itself among them: not here.
    """

    def start(self) -> None:
        """Start it."""
        with _safe_path():
            super().start()


class Context(SpawnContext):
    """How processes are spawned; what multiprocessing and concurrent.futures take for a context."""

    Process = Process

    def __init__(self) -> None:
        super().__init__()
        with _safe_path():
            resource_tracker.ensure_running()  # a process of multiprocessing's own


def side_by_side(
    tasks: Sequence[Task],
    processes: int,
    heard: Callable[[int, Any], Any],
    finished: Callable[[int, Any], Any],
) -> None:
    """Compute tasks, each in a process of its own.

    Processes are spawned: a script calls this under `if __name__ == "__main__"`. None is left when
    it returns or raises, also by Ctrl-C.

    Arguments:
        tasks: what is computed, started in this order; pickled, as are what they tell and return.
        processes: how many run at once, at least 1.
        heard: heard(i, value) is called for what task i tells.
        finished: finished(i, result) is called once for each task, as they come; the result is a
            Death where the process died.

    Raises:
        InputError: a task that cannot be pickled.
        Exception: what a task raised; the others are stopped.
    """
    waiting = deque(enumerate([_packed(task) for task in tasks]))
    running: dict[Connection, tuple[int, BaseProcess]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                number, task = waiting.popleft()
                with _ctrl_c_held(), _one_thread_inherited():
                    connection, process = _started(task)
                    running[connection] = (number, process)
            ready = wait(list(running))
            for connection, (number, process) in list(running.items()):
                if connection not in ready:
                    continue
                kind, value = _received(connection, process)
                if kind == "heard":
                    heard(number, value)
                    continue
                del running[connection]
                process.join()
                if kind == "raised":
                    raise value
                finished(number, value)
    finally:
        for _, process in running.values():
            process.terminate()
        for _, process in running.values():
            process.join()


def _packed(task: Task) -> bytes:
    """A plain pickle: multiprocessing's own would move tensors through shared memory, of which
    containers have little.
    """
    try:
        return pickle.dumps(task)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InputError(
            f"processes must be 1 where what they compute cannot be pickled: {error}"
        ) from error


@contextmanager
def _ctrl_c_held() -> Iterator[None]:
    """Ctrl-C waits meanwhile, and a process that is started hears none: until `begin` runs there it
    would end with a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    with _safe_path():
        resource_tracker.ensure_running()  # which lets Ctrl-C through when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _one_thread_inherited() -> Iterator[None]:
    """A process that is started asks for one thread from its first import: it may import NumPy with
    the driver's script, before `begin` runs there.
    """
    with _environment(dict.fromkeys(THREADS, "1")):
        yield


@contextmanager
def _safe_path() -> Iterator[None]:
    """A process that is started looks for no module in the current directory."""
    with _environment({SAFE_PATH: "1"}):
        yield


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Variables of the environment, set meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _started(task: bytes) -> tuple[Connection, BaseProcess]:
    """A process that computes a task, and the connection on which it speaks."""
    context = Context()
    connection, far_end = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(far_end, task), daemon=True)
    process.start()
    far_end.close()  # else the end of the process would not be the end of the connection
    return connection, process


def _serve(connection: Connection, task: bytes) -> None:
    """The process's life."""
    begin()

    def say(kind: str, value: Any) -> None:
        connection.send_bytes(pickle.dumps((kind, value)))

    try:
        result = pickle.loads(task)(lambda value: say("heard", value))  # nosec B301: the driver's
    except Exception as error:  # whatever the task raises is the driver's to raise
        error.add_note(f"in a process of its own:\n{traceback.format_exc()}")
        say("raised", error)
    else:
        say("finished", result)


def _received(connection: Connection, process: BaseProcess) -> tuple[str, Any]:
    """The next that a process says; its death is its last word."""
    try:
        message = connection.recv_bytes()
    except (EOFError, OSError):  # OSError: it died in the middle of a message
        process.join()
        return "finished", Death(process.exitcode)
    said: tuple[str, Any] = pickle.loads(message)  # nosec B301: our own process's
    return said
