"""What the process of a mutant does; it is forked, and this imports nothing that the copy has."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

SHRINKING = 15  # seconds: minutes would add nothing to a matrix


def run(folder: Path, options: Sequence[str], printed: Path) -> None:
    """A process that judges the copy in `folder`."""
    with printed.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(folder)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder)
    sys.path.insert(0, str(folder))
    import ctverify

    assert Path(ctverify.__file__).is_relative_to(folder), "the copy is not what is judged"
    import hypothesis.internal.conjecture.engine
    import pytest
    import torch

    torch.set_num_threads(1)
    # Hypothesis has no public setting for it
    hypothesis.internal.conjecture.engine.MAX_SHRINKING_SECONDS = SHRINKING
    sys.exit(pytest.main(list(options)))
