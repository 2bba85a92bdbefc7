"""The checks find bugs: each mutant of the references is killed by the check of its cause.

And every check kills one.
"""

import pytest

from ctverify.conformance import search
from ctverify.conformance.checks import ALL
from tests.anchor import unedited

from .judging import verdict
from .mutants import MUTANTS, PACKAGE

QUICK = {mutant.killer: mutant for mutant in reversed(MUTANTS)}  # the first of each check


def _slow_unless_quick(mutant):
    """One mutant a check always, the others nightly."""
    slow = () if QUICK[mutant.killer] is mutant else (pytest.mark.slow,)
    return pytest.param(mutant, id=mutant.name, marks=slow)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_applies(mutant):
    """Its code occurs once in the package; the edited source compiles and differs."""
    path, source = mutant.applied(PACKAGE)
    compile(source, path.name, "exec")
    assert source != unedited(PACKAGE / path)


@pytest.mark.parametrize("mutant", [_slow_unless_quick(mutant) for mutant in MUTANTS])
def test_killed(mutant, monkeypatch):
    """The expected check fails, with what it saw, where, and a script; it need not be small."""
    monkeypatch.setattr(search, "SHRINKS", 10)
    result = verdict(mutant)
    assert result.status == "fail", result
    assert result.detail
    assert result.configuration
    assert result.reproduce
    compile(result.reproduce, "reproduce", "exec")


def test_every_check_is_needed():
    """A check that no mutant needs would be removed."""
    assert {mutant.killer for mutant in MUTANTS} == {check.id for check in ALL}
    assert len(MUTANTS) >= 120
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
