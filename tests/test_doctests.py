"""The examples in docstrings run, and print what they say."""

from __future__ import annotations

import doctest
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

import ctverify

FOLDER = Path(ctverify.__file__).parent
PARENT = FOLDER.parent
# what `find` finds first is small enough for an example: no shrinking
settings.register_profile("examples", phases=(Phase.generate,), database=None, deadline=None)
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def _with_examples() -> list[str]:
    """The modules of the package that hold an example; the others are not imported."""
    files = [file for file in sorted(FOLDER.rglob("*.py")) if ">>> " in file.read_text()]
    names = [".".join(file.relative_to(PARENT).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names]


@pytest.fixture
def _small_search() -> Iterator[None]:
    """Hypothesis as the examples need it."""
    before = settings.get_current_profile_name()
    settings.load_profile("examples")
    yield
    settings.load_profile(before)


@pytest.mark.usefixtures("_small_search")
@pytest.mark.parametrize("name", _with_examples() or [pytest.param("", marks=pytest.mark.skip)])
def test_examples_run(name, tmp_path, monkeypatch):
    """In a folder of their own, where they may write files."""
    monkeypatch.chdir(tmp_path)
    results = doctest.testmod(importlib.import_module(name), optionflags=OPTIONS)
    assert results.attempted > 0 and results.failed == 0
