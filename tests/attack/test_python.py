"""Calls of the public Python interface with one argument of a wrong kind: an InputError that names
the argument, or a result.
"""

from __future__ import annotations

import inspect
import random
import warnings
from importlib import import_module

import pytest

from .python_calls import MODULES, SKIPPED, STRATEGIES, World, calls

SEED = 2026
SHARE = 60  # one in so many on every change


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Right arguments, and the files that they name."""
    monkeypatch.chdir(tmp_path)
    made = World(tmp_path)
    made.certificate.save(tmp_path / "certificate.json")
    made.model.save(tmp_path / "model")
    (tmp_path / "SPEC.toml").write_text('target = "mild"\nmodel = "population"\n')
    return made


def test_every_public_name_is_checked():
    """Functions and classes alike; who adds one is told here."""
    unchecked = []
    for module in (*MODULES, STRATEGIES):
        home = import_module(module)
        for name in home.__all__:
            thing = getattr(home, name)
            own = vars(thing) if callable(thing) else {"__checked__"}
            function = callable(thing) and not inspect.isclass(thing)
            without = function and not inspect.signature(thing).parameters
            if "__checked__" not in own and name not in SKIPPED and not without:
                unchecked.append(f"{module}.{name}")
    assert unchecked == []


def wrong_of(some) -> list[str]:
    """What is wrong of calls."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is tried before it is refused
        outcomes = [(call.id, call.outcome()) for call in some]
    return [f"{id}: {words}" for id, words in outcomes if words not in ("refused", "taken")]


def test_some_calls(world):
    """A few of every function's."""
    draw = random.Random(SEED)
    assert wrong_of(call for call in calls(world) if draw.randrange(SHARE) == 0) == []


@pytest.mark.slow
def test_all_calls(world):
    """All of them."""
    assert wrong_of(calls(world)) == []
