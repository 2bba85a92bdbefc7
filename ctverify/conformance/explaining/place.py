"""Where a subject's code is, for formats that point at a line."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..protocol import offers

OURS = str(Path(__file__).parents[1] / "protocol.py")  # of placeholders, which are nobody's code
ALIASES = {"network": "consistency"}


def place(subject: Any, needs: Sequence[str]) -> tuple[str, int] | None:
    """The file and the line of the first of these methods that the subject defines, else of its
    class; None where neither is in a file.
    """
    names = [ALIASES.get(name, name) for name in needs]
    kind = type(subject)
    candidates = [getattr(kind, name, None) for name in names if offers(subject, name)]
    for one in [*candidates, kind]:
        found = _defined(one)
        if found is not None and found[0] != OURS:
            return found
    return None


def _defined(thing: Any) -> tuple[str, int] | None:
    try:
        thing = inspect.unwrap(getattr(thing, "fget", None) or thing)
        file = inspect.getsourcefile(thing)
        _, line = inspect.getsourcelines(thing)
    except (TypeError, OSError, ValueError):  # no function, no source, wrapped in a circle
        return None
    return None if file is None else (str(Path(file).resolve()), max(line, 1))
