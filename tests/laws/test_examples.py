"""The examples in the property suite's docstrings run."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import properties

FOLDER = Path(properties.__file__).parent
MODULES = sorted(file.stem for file in FOLDER.glob("*.py") if ">>> " in file.read_text())


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    """Each prints what it says."""
    results = doctest.testmod(importlib.import_module(f"properties.{name}"))
    assert results.attempted > 0
    assert results.failed == 0
