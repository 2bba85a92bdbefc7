"""Plain scripts for maps of two times."""

from __future__ import annotations

from collections.abc import Callable

from .write import Shown


def fixed(shown: Shown) -> list[str]:
    """A sampler's own times, handed back to it."""
    return [
        f"own = {shown.given('times')!r}",
        *shown.compared("visited(own)", "own", "the sampler's own times"),
    ]


PLAIN: dict[str, Callable[[Shown], list[str] | None]] = {"times.fixed": fixed}
