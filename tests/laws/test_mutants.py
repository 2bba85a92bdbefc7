"""The mutants: each replaces something that is there, and one of them is run to its death."""

from __future__ import annotations

import subprocess
import sys

import pytest

from properties.law import Law
from tests.mutants.__main__ import MUTANTS, ROOT, SOME, judge, summary


def test_every_mutant_replaces_one_place():
    """At least 60, of different names; `old` occurs once in its file, `new` differs, and the law
    exists.
    """
    assert len(MUTANTS) >= 60 and len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    for mutant in MUTANTS:
        source = (ROOT / "ctverify" / mutant.file).read_text()
        assert source.count(mutant.old) == 1 and mutant.new != mutant.old, mutant.name
        compile(source.replace(mutant.old, mutant.new), mutant.file, "exec")
    assert {mutant.law for mutant in MUTANTS} == set(Law.catalogue()), (
        "every law is expected to be the first for some mutant"
    )
    assert len(SOME) >= 12 and set(SOME) <= {mutant.name for mutant in MUTANTS}


def test_a_mutant_dies_by_the_law_that_names_its_cause():
    """Judged in a process of its own: the law, and an example that rebuilds the target and the
    schedule.
    """
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "(23) off by one")
    verdict = judge(mutant)
    assert (
        verdict.law == "schedule.definition"
        and verdict.right
        and verdict.example.startswith("schedule=Schedule.li_huang_wei(T=2")
    )
    assert summary([verdict], whole=False) == 0


@pytest.mark.parametrize("words", [["nonsense"]])
def test_unknown_names_are_refused(words):
    """One sentence with the known names, exit code 2."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutants", *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2 and "unknown mutant 'nonsense'" in done.stderr
