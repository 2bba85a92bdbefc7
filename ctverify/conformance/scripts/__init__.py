"""Plain scripts: what a failure's check looked at, computed by the subject's own API, beside what
is right, as a formula or as recorded numbers with their origin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..checks.check import Check, Deviation
from ..oracle.probe import Probe
from . import interface, loss, maps, pair, sampler, scalings, times, training_times
from .write import Shown, Untold

Lines = Callable[[Shown], list[str] | None]

PLAIN: dict[str, Lines] = {
    **times.PLAIN,
    **training_times.PLAIN,
    **scalings.PLAIN,
    **pair.PLAIN,
    **loss.PLAIN,
    **sampler.PLAIN,
    **interface.PLAIN,
    **maps.PLAIN,
}


def plain(
    check: Check, found: Deviation, subject: Any, case: Mapping[str, Any], said: str
) -> tuple[str, list[str]] | None:
    """The subject's method that is called and the lines that show the failure by it; None where
    they need more than that method.
    """
    if found.replay is None or check.id not in PLAIN:
        return None
    try:
        lines = PLAIN[check.id](Shown(found, found.replay, Probe(subject), case, said))
    except Untold:
        return None
    return None if lines is None else (found.replay.method, lines)
