"""A progress bar on stderr with an estimate of the time left; none where stderr is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

WINDOW = 3600.0  # seconds of the past from which the time left is estimated: steps may take minutes


@contextmanager
def bar(title: str, steps: int | None) -> Iterator[Callable[..., Any]]:
    """A progress bar for the time of a `with`.

    Arguments:
        title: what is being done.
        steps: how many steps there are; None where that is told later.

    Yields:
        progress(text=None, advance=1, start=None, done=None, steps=None), which advances the bar by
        `advance` steps and renames it `text`; with `start` it sets out from so many steps instead;
        with `done` that many of `steps` are done.

    Example:
        >>> with bar("training", 3) as progress:
        ...     for level in (3, 2, 1):
        ...         progress(f"level {level}")
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
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns,
        console=console,
        disable=not console.is_terminal,
        transient=True,
        speed_estimate_period=WINDOW,
    ) as shown:
        task = shown.add_task(title, total=steps)

        def progress(
            text: str | None = None,
            advance: int = 1,
            start: int | None = None,
            done: int | None = None,
            steps: int | None = None,
        ) -> None:
            if start is not None:
                shown.reset(task, completed=start)
            elif done is not None:
                shown.update(task, completed=done, total=steps)
            else:
                shown.update(task, advance=advance, description=text)

        yield progress
