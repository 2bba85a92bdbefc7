"""The console script `ctverify`: Ctrl-C ends it with 130 and no traceback, from the first import
on.

Within an import it ends the process at once, since libraries may swallow or wrap what is raised in
theirs; elsewhere it raises KeyboardInterrupt, of which each command makes what it must.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

from ..core.exit_codes import INTERRUPTED, WORDS

IMPORTING = "<frozen importlib"  # begins the name of the file whose code imports


def run() -> None:
    """Run the command line on this process's arguments."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else ignored, by nohup say
        signal.signal(signal.SIGINT, interrupt)
    from .main import main

    main(prog_name="ctverify")


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
