"""The console script `ctverify`: Ctrl-C ends it with 130 and no traceback, from the first import
on.

Within an import it ends the process at once, since libraries may swallow or wrap what is raised in
theirs; elsewhere it raises KeyboardInterrupt, of which each command makes what it must.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

from ..core.exit_codes import BAD_INPUT, INTERRUPTED, UNHEARD, WORDS

IMPORTING = "<frozen importlib"  # begins the name of the file whose code imports


def run() -> None:
    """Run the command line on this process's arguments."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else ignored, by nohup say
        signal.signal(signal.SIGINT, interrupt)
    from .main import main

    try:
        main(prog_name="ctverify")
    except SystemExit as ended:
        sys.exit(written(ended.code))


def written(code: str | int | None) -> str | int | None:
    """The exit code once standard output is written: what Python does about it at the end of a
    process would be a traceback and a code of its own.

    Arguments:
        code: what the command ended with.

    Returns:
        `code`, 141 where nobody reads any more, 2 where the system refuses.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = UNHEARD
    except (OSError, ValueError) as error:
        os.write(2, f"Error: standard output cannot be written: {error}\n".encode())
        code = BAD_INPUT
    else:
        return code
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for the flush to come
    return code


def interrupt(number: int, frame: FrameType | None) -> None:
    """What SIGINT does: KeyboardInterrupt, or the process's end where something is being imported.

    Arguments:
        number: the signal's.
        frame: what was interrupted.

    Raises:
        KeyboardInterrupt: nothing is being imported.
    """
    outer = frame
    while outer is not None:
        if outer.f_code.co_filename.startswith(IMPORTING):
            os.write(2, f"{WORDS}\n".encode())
            os._exit(INTERRUPTED)
        outer = outer.f_back
    raise KeyboardInterrupt
