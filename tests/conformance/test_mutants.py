"""The checks find bugs: each mutant of the references is killed by the check that names its cause,
and every check kills one.
"""

import pytest

from ctverify.conformance.checks import ALL

from .__main__ import verdict
from .mutants import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_killed(mutant):
    """The expected check fails, with what it saw, where, and a script."""
    result = verdict(mutant)
    assert result.status == "fail", result
    assert result.detail and result.configuration and result.reproduce
    compile(result.reproduce, "reproduce", "exec")


def test_every_check_is_needed():
    """A check that no mutant needs would be removed."""
    assert {mutant.id for mutant in MUTANTS} == {check.id for check in ALL}
    assert len(MUTANTS) >= 40 and len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
