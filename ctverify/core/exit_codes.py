"""The exit codes of every command; whatever else is to be said is in its --help.

0    nothing fails, or there was nothing to judge
1    a verdict, a check, a claim or a case fails
2    bad input, or the system refuses: a file, memory, a full disk
3    nothing fails, but something could not be judged, or a given threshold lies within limits
70   a defect of ctverify itself, which you may report
130  interrupted by Ctrl-C
141  who read standard output has gone, as `| head` does
"""

from __future__ import annotations

GOOD = 0
FAILED = 1
BAD_INPUT = 2
UNJUDGED = 3
DEFECT = 70  # sysexits.h's EX_SOFTWARE
INTERRUPTED = 130  # as shells have it: 128 and SIGINT's number

UNHEARD = 141  # 128 and SIGPIPE's number

WORDS = "interrupted"  # on standard error, with the last


def code_of(*, failed: bool, unjudged: bool = False) -> int:
    """The exit code of a command that judges.

    Arguments:
        failed: whether something fails.
        unjudged: whether something could not be judged.

    Returns:
        1, else 3, else 0.

    Example:
        >>> code_of(failed=False, unjudged=True)
        3
    """
    if failed:
        return FAILED
    return UNJUDGED if unjudged else GOOD
