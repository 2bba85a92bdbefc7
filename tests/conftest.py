"""What the tests share: golden values, seeds, and the false-alarm rate of a statistical check."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from . import shapes

shapes.install()  # before anything that carries shapes is imported

RATE = 1e-6  # false alarms of one statistical check on correct code
TESTS = Path(__file__).parent
# for properties and tests.mutants, which are not part of the package under test
sys.path.append(str(TESTS.parent))


@pytest.fixture(scope="session")
def golden() -> dict[str, Any]:
    """The independently computed oracles (golden/README.md)."""
    return json.loads((TESTS / "golden" / "oracles.json").read_text())


@pytest.fixture
def generator() -> torch.Generator:
    """A fresh generator of a fixed seed."""
    return torch.Generator().manual_seed(20240207)


@pytest.fixture(autouse=True)
def _shapes_anew() -> None:
    """The first calls of each test are checked."""
    shapes.calls.clear()
