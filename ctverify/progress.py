"""A progress bar on stderr, and none where stderr is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def bar(title: str, steps: int) -> Iterator[Callable[..., Any]]:
    """Yield a function that advances the bar by one step; tick(text) also renames it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(title, total=steps)

        def tick(text: str | None = None, advance: int = 1) -> None:
            progress.update(task, advance=advance, description=text)

        yield tick
