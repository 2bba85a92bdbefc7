"""How tables look in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

COLOURS = {"pass": "green", "fail": "bold red", "inconclusive": "yellow"}


def console() -> Console:
    """Standard output, 150 columns wide where it is no terminal."""
    terminal = Console()
    return terminal if terminal.is_terminal else Console(width=150)


def plain(*columns: str, left: tuple[str, ...] = ("law", "equation", "share of total")) -> Table:
    """A table without lines; the first column and those `left` are flush left."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for i, name in enumerate(columns):
        table.add_column(
            name, justify="left" if i == 0 or name in left else "right", overflow="fold"
        )
    return table
