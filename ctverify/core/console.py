"""How tables look in a terminal, and what else may write there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress

from rich.console import Console
from rich.table import Table

from .arguments import InputError

COLOURS = {"pass": "green", "fail": "bold red", "inconclusive": "yellow"}
WIDTH = 150  # columns where standard output is no terminal


class _Output(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command line: rich would exit with 1, which says that something fails."""
        raise BrokenPipeError


def console() -> Console:
    """Standard output, 150 columns wide where it is no terminal."""
    terminal = _Output()
    if terminal.is_terminal:
        return terminal
    return _Output(width=WIDTH)


@contextmanager
def of_others(name: str) -> Iterator[None]:
    """While code of others runs: what it prints goes to standard error, also from C, and where it
    would end the process that is a refusal.

    Arguments:
        name: what a refusal calls that code.

    Raises:
        InputError: the code raised SystemExit.

    Example:
        >>> with of_others("F"):
        ...     print("epoch 1")
        ...     raise SystemExit(0)
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: F ended the process with exit code 0
    """
    sys.stdout.flush()
    own = None
    with suppress(OSError, ValueError, AttributeError):  # there may be none
        own = os.dup(1)
        os.dup2(sys.stderr.fileno(), 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    except SystemExit as error:
        raise InputError(f"{name} ended the process with exit code {error.code}") from error
    finally:
        if own is not None:
            os.dup2(own, 1)
            os.close(own)


def plain(*columns: str, left: tuple[str, ...] = ("law", "equation", "share of total")) -> Table:
    """A table without lines.

    Arguments:
        columns: their headings.
        left: the headings of columns that are flush left, as the first one always is.

    Returns:
        The table, without rows.

    Example:
        >>> table = plain("law", "observed")
        >>> table.add_row("(27a)", "0.25")
        >>> table.row_count
        1
    """
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, name in enumerate(columns):
        flush_left = number == 0 or name in left
        table.add_column(name, justify="left" if flush_left else "right", overflow="fold")
    return table
