"""How tables look in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

COLOURS = {"pass": "green", "fail": "bold red", "inconclusive": "yellow"}
WIDTH = 150  # columns where standard output is no terminal


def console() -> Console:
    """Standard output, 150 columns wide where it is no terminal."""
    terminal = Console()
    if terminal.is_terminal:
        return terminal
    return Console(width=WIDTH)


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
