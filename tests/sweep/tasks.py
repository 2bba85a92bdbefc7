"""What a pool's process runs where nothing is computed: it imports nothing heavy."""

import os
import signal
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Numbered:
    """A case that is its seed."""

    seed: int


def dies(case: Numbered) -> dict[str, Any]:
    """A task that kills its worker at one case."""
    if case.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"status": "done", "result": {"seed": case.seed}, "error": None, "seconds": 0.0}
