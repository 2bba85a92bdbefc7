"""What processes of tests compute: nothing that needs a heavy import."""

from __future__ import annotations

import os
import signal
import time

from ctverify import InputError
from ctverify.core.processes import THREADS, Tell


def doubled(number: int, tell: Tell) -> int:
    """Tells the number, returns twice as much."""
    tell(number)
    return 2 * number


def threads(_tell: Tell) -> list[str | None]:
    """How many threads the process asks for."""
    return [os.environ.get(name) for name in THREADS]


def hears_ctrl_c(_tell: Tell) -> bool:
    """Whether an interrupt reaches the task."""
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
    except KeyboardInterrupt:
        return True
    return False


def dies(_tell: Tell) -> None:
    """Killed."""
    os.kill(os.getpid(), signal.SIGKILL)


def leaves(_tell: Tell) -> None:
    """Ends its process."""
    os._exit(3)


def refuses(tell: Tell) -> None:
    """Raises."""
    tell("about to refuse")
    raise InputError("no such thing")


def lingers(tell: Tell) -> None:
    """Does not end by itself."""
    tell("here")
    time.sleep(600)
