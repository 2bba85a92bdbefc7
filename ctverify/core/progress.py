"""A progress bar on stderr with an estimate of the time left, and none where stderr is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

WINDOW = 3600.0  # seconds of the past from which the time left is estimated: steps may take minutes


@contextmanager
def bar(title: str, steps: int) -> Iterator[Callable[..., Any]]:
    """Yield a function that advances the bar by one step; tick(text) also renames it, tick(start=n)
    sets out from n steps.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    left = (TextColumn("left"), TimeRemainingColumn())
    off = not console.is_terminal
    with Progress(
        *columns, *left, console=console, disable=off, transient=True, speed_estimate_period=WINDOW
    ) as progress:
        task = progress.add_task(title, total=steps)

        def tick(text: str | None = None, advance: int = 1, start: int | None = None) -> None:
            if start is not None:
                progress.reset(task, completed=start)
            else:
                progress.update(task, advance=advance, description=text)

        yield tick
