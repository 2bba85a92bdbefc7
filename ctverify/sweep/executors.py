"""Where cases run: processes of this machine, or the workers of a Dask cluster.

Every worker computes with one thread (core/processes.py). Dask's workers get this from Dask's own
defaults (its nannies start them with OMP_NUM_THREADS=1).
"""

from __future__ import annotations

import logging
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from ..core.arguments import InputError, missing, whole
from ..core.processes import Context, begin, cores

MOST_PROCESSES = 1024  # of one machine
WINDOW = 256  # cases handed to a cluster at once: each carries its target
PATIENCE = 10  # seconds for a scheduler to answer


@dataclass(frozen=True)
class Engine:
    """How executors are made and stopped.

    Attributes:
        make: makes one.
        window: how many cases fly at once.
        stop: stops one.
        replaceable: whether a broken one can be made anew.
    """

    make: Callable[[], Executor]
    window: int
    stop: Callable[[Executor], Any]
    replaceable: bool = True

    @classmethod
    def of(cls, executor: Executor) -> Engine:
        """A given executor, which stays its owner's: only what waits in it is cancelled."""
        return cls(lambda: executor, WINDOW, lambda _: None, replaceable=False)


def engine(text: str) -> Engine:
    """The executors of a name.

    Arguments:
        text: local, local:N (N processes) or dask:ADDRESS.

    Returns:
        How they are made.

    Raises:
        InputError: another name, or a cluster that does not answer.

    Example:
        >>> engine("local:3").window
        3
    """
    kind, _, rest = text.partition(":")
    if kind == "local" and (not rest or rest.isdigit()):
        return local(whole("executor's N", _number(rest), 1, MOST_PROCESSES) if rest else None)
    if kind == "dask" and rest:
        return dask(rest)
    raise InputError(f"executor must be local, local:N or dask:ADDRESS, got {text!r}")


def _number(digits: str) -> int:
    """InputError where there are more digits than Python reads."""
    try:
        return int(digits)
    except ValueError as error:
        raise InputError(f"executor's N must be a whole number: {error}") from None


def local(processes: int | None = None) -> Engine:
    """Processes of this machine.

    Arguments:
        processes: how many; None for one a core that this process may use.

    Returns:
        How they are started, each with one thread, and stopped.
    """
    count = processes or cores()
    before = set(multiprocessing.active_children())
    context = Context()

    def stop(executor: Executor) -> None:
        # waited for, because a pool that is still closing when Python exits writes a traceback;
        # by a thread, because it waits for children that are first to be told to go
        closing = threading.Thread(target=executor.shutdown, kwargs={"cancel_futures": True})
        closing.start()
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()  # in the middle of a case that nobody waits for any more
        closing.join()

    return Engine(lambda: ProcessPoolExecutor(count, context, begin), count, stop)


def dask(address: str) -> Engine:
    """A Dask cluster.

    Arguments:
        address: of its scheduler.

    Returns:
        How cases are handed to it; it stays when they are done.

    Raises:
        InputError: the scheduler does not answer, or Dask is not installed.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise missing("executor dask", "distributed", "ctverify[dask]", error) from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:  # TimeoutError is an OSError
        raise InputError(
            f"executor dask:{address} must be the address of a running scheduler: {error}"
        ) from None
    # a lost scheduler is told of by the sweep, in one sentence
    logging.getLogger("distributed").setLevel(logging.CRITICAL)

    def stop(executor: Executor) -> None:
        executor.shutdown(wait=False)
        client.close()

    return Engine(lambda: client.get_executor(pure=False), WINDOW, stop, replaceable=False)
