"""Hostile command lines and files: each is refused in a sentence, or taken; nothing hangs, and
nothing lies where it should not.

300 of them on every change, in this process and without the work behind them; all nightly, and some
in processes of their own with all their work. A fixed seed: who mends one sees it mended.
"""

from __future__ import annotations

import itertools

import pytest

from .lines import FILES, Attack, attacks
from .running import run_apart, run_here, without_work

SEED = 2026
SOME = 300
ALL = 2600
APART = 20
PROVING = ("prove",)  # a claim is ten seconds where nobody has imported sympy


def drawn(start: int, stop: int) -> list[Attack]:
    """So many of the attacks."""
    return list(itertools.islice(attacks(SEED), start, stop))


def wrong_of(some: list[Attack], tmp_path, monkeypatch) -> list[str]:
    """What is wrong of attacks, each in a folder of its own."""
    found = []
    with without_work():
        for number, attack in enumerate(some):
            folder = tmp_path / str(number) / "here"
            folder.mkdir(parents=True)
            monkeypatch.chdir(folder)
            wrong = run_here(attack, folder)
            if wrong:
                found.append(f"{attack.kind}: {attack.words}: {wrong}")
    return found


def test_some(tmp_path, monkeypatch):
    """A few of every kind."""
    assert wrong_of(drawn(0, SOME), tmp_path, monkeypatch) == []


def test_kinds():
    """Every kind of file, and every option, comes round; the same seed gives the same attacks."""
    every = drawn(0, ALL)
    kinds = {attack.kind for attack in every}
    assert set(FILES) <= kinds and len(kinds) > len(FILES) + 12
    assert len({(attack.words, *attack.files.values()) for attack in every}) > 2000
    assert drawn(0, 60) == every[:60]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(SOME, ALL, 100))
def test_all(part, tmp_path, monkeypatch):
    """The others."""
    assert wrong_of(drawn(part, part + 100), tmp_path, monkeypatch) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", range(0, 3 * APART, 3))
def test_apart(number, tmp_path):
    """As a user meets them."""
    (attack,) = drawn(number, number + 1)
    folder = tmp_path / "here"
    folder.mkdir()
    assert run_apart(attack, folder) == ""
