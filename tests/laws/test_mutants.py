"""The mutants: each replaces something that is there, and one of them is run to its death."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ctverify.laws.grouping import CAUSES
from properties.law import Law
from tests.anchor import unedited
from tests.mutants.__main__ import MUTANTS, ROOT, SOME, judge, summary
from tests.trainers.wrong import WRONG


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_applies(mutant):
    """Its code occurs once in the package; the edited source compiles and differs."""
    path, source = mutant.applied(ROOT / "ctverify")
    compile(source, path.name, "exec")
    assert source != unedited(ROOT / "ctverify" / path)


def test_the_matrix_is_whole():
    """At least 60 mutants, of different names; every law is expected to kill one first."""
    names = {mutant.name for mutant in MUTANTS}
    assert len(MUTANTS) >= 60
    assert len(names) == len(MUTANTS)
    killers = {mutant.killer for mutant in (*MUTANTS, *WRONG)}
    assert killers == set(Law.catalogue())
    assert set(SOME) <= names
    some = {mutant.killer.partition(".")[0] for mutant in MUTANTS if mutant.name in SOME}
    assert some == set(CAUSES)  # a change is judged by one of each cause at least


def test_a_mutant_dies_by_the_law_that_names_its_cause():
    """In a process of its own: the law, and an example that rebuilds target and schedule."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "(23) off by one")
    verdict = judge(mutant)
    assert verdict.law == "schedule.definition"
    assert verdict.right
    assert verdict.example.startswith("schedule=Schedule.li_huang_wei(T=2")
    assert summary([verdict], whole=False) == 0


def test_unknown_names_are_refused():
    """One sentence with the known names, exit code 2."""
    completed = subprocess.run(
        [sys.executable, "-m", "tests.mutants", "nonsense"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert completed.returncode == 2
    assert "unknown mutant 'nonsense'" in completed.stderr
