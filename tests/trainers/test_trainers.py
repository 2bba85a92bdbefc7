"""Wrong trainers die by the law that is meant for them, and are told why; right ones in other
styles raise no alarm. Some here, all by python -m tests.trainers.
"""

from __future__ import annotations

import pytest

from . import textbook
from .judging import first_failure, mutated, subject_of
from .styles import STYLES
from .wrong import WRONG

BY_NAME = {mutant.name: mutant for mutant in WRONG}
CAUSES = {
    "noise drawn anew at t - 1": "the noise at t - 1 is drawn anew",
    "X_t from X_{t-1} along the chain": "predecessor in the forward chain (5)",
    "noise scaled by 1 - alpha_bar": "the scale b^2 = 1 - alpha_bar",
    "teacher two levels below": "the teacher is f_{t-2} at X_{t-1}",
    "the last level is not trained": "or level t is not trained",
    "values without their mean": "the constant alone is wrong",
}
SOME = ("noise drawn anew at t - 1", "the last level is not trained")  # of CAUSES, on each change
OTHERS = (
    "f_1 shrinks by a thousandth",
    "level 2 is not trained",
    "coefficients shared by all models",
    "values clipped far out, at -15..15",
    "samples without effect",
)


@pytest.mark.parametrize("mutant", WRONG, ids=lambda mutant: mutant.name)
def test_every_wrong_trainer_can_be_made(mutant):
    """Its code occurs once in the textbook."""
    assert callable(mutated(mutant).train)


@pytest.mark.parametrize(
    "name",
    [name if name in SOME else pytest.param(name, marks=pytest.mark.slow) for name in CAUSES],
)
def test_the_cause_is_told(name):
    """With the level."""
    mutant = BY_NAME[name]
    law, words = first_failure(subject_of(mutated(mutant).train), 1, [mutant.killer])
    assert law == mutant.killer
    assert CAUSES[name] in words
    assert words.startswith("level")


@pytest.mark.parametrize("name", OTHERS)
def test_by_its_law(name):
    """The law that is meant for it."""
    mutant = BY_NAME[name]
    law, words = first_failure(subject_of(mutated(mutant).train), 2, [mutant.killer])
    assert law == mutant.killer, words


def test_the_textbook_is_right():
    """By the laws that kill the others."""
    killers = [BY_NAME[name].killer for name in (*SOME, *OTHERS)]
    assert first_failure(subject_of(textbook.train), 1, killers) == ("", "")


@pytest.mark.parametrize("name", ["few_samples", "constant_alone"])
def test_no_alarm(name):
    """On right trainers, at another seed than the textbook's."""
    assert first_failure(subject_of(STYLES[name]), 1, seed=1) == ("", "")


def test_what_is_declared_is_what_is_owed():
    """A slope that is not trained owes the constant alone; undeclared it is found out."""
    train = STYLES["constant_alone"]

    def undeclared(sample, schedule, seed):
        return train(sample, schedule, seed)

    equations = ["training.normal_equations", "training.least_squares"]
    assert first_failure(subject_of(train), 1, equations) == ("", "")
    law, words = first_failure(subject_of(undeclared, quality=0.05), 1, equations)
    assert law == "training.normal_equations"
    assert "the slope alone is wrong" in words


@pytest.mark.slow
@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize("name", STYLES)
def test_no_alarm_in_any_style(name, seed):
    """All styles, all laws."""
    assert first_failure(subject_of(STYLES[name]), 3, seed=seed) == ("", "")


@pytest.mark.slow
@pytest.mark.parametrize("mutant", WRONG, ids=lambda mutant: mutant.name)
def test_every_wrong_trainer_dies(mutant):
    """First by the law that is meant for it."""
    law, words = first_failure(subject_of(mutated(mutant).train))
    assert law == mutant.killer, words
