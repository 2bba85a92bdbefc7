"""A process of its own for each mutant, which is ended where the mutant does not end.

They are forked from one that has done what is slow once (warm.py), several at a time.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

Given = TypeVar("Given")
Answer = TypeVar("Answer")

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.conformance.warm"])


def apart(function: Callable[[Given], Answer], given: Given, seconds: float) -> Answer:
    """What a function answers in a process of its own.

    Raises:
        TimeoutError: it has not answered in time.
        SystemExit: its process ended without an answer, whose traceback is printed.
    """
    heard, said = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_tell, args=(function, given, said))
    process.start()
    said.close()
    try:
        if not heard.poll(seconds):
            raise TimeoutError
        answer: Answer = heard.recv()
    except EOFError:
        raise SystemExit(f"no answer about {given!r}") from None
    finally:
        process.kill()
        process.join()
    return answer


def _tell(function: Callable[[Given], Answer], given: Given, said: Connection) -> None:
    said.send(function(given))
