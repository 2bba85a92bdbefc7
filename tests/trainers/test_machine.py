"""The machine's mutants of training and schedule: each is other code; some are judged here, all by
python -m tests.trainers.machine.
"""

from __future__ import annotations

import pytest

from tests.conformance.machine.population import sample

from .machine.equivalent import EQUIVALENT
from .machine.population import MODULES, population


def keys():
    """The names of all."""
    return [mutant.key for mutant in population()]


def test_population():
    """More than a thousand, of one name each, of all modules; each compiles."""
    assert len(population()) > 1000
    assert len(set(keys())) == len(keys())
    assert {mutant.module for mutant in population()} == set(MODULES)
    for mutant in sample(population(), 10, 1):
        compile(mutant.source(), mutant.key, "exec")


def test_equivalent_ones_are_made():
    """No reason is left of a mutant that is no more."""
    assert set(EQUIVALENT) <= set(keys())
    assert all(len(reason) > 20 for reason in EQUIVALENT.values())


@pytest.mark.parametrize(
    ("key", "law"),
    [
        ("shared_noise: b1 * z -> b1 / z", "training."),
        ("cosine_rate: rate * 0.5 -> 0.5", "training."),
    ],
)
@pytest.mark.slow
def test_killed(key, law):
    """In a process of its own."""
    from .machine.judging import judged

    verdict = judged(population()[keys().index(key)])
    assert verdict.killer.startswith(law)
