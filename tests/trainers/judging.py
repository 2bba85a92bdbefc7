"""Which law finds fault with a trainer: the suite's laws of trainers, in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from hypothesis import HealthCheck, Phase, settings

from properties import test_training, test_training_claims, test_training_equations
from properties.trainer_claims import claims_of
from properties.trainers import Subject, _sized
from tests.anchor import Mutant, replace

TEXTBOOK = Path(__file__).with_name("textbook.py")
PHASES = (Phase.explicit, Phase.generate)  # a failure need not be small


def laws() -> Iterator[Any]:
    """The tests of laws that take a trainer, in the suite's order."""
    for module in (test_training, test_training_equations, test_training_claims):
        for test in vars(module).values():
            if hasattr(test, "ctverify_law") and test.__module__ == module.__name__:
                yield test


def subject_of(train: Any, quality: float | None = None) -> Subject:
    """A foreign trainer under judgement on the CPU."""
    return Subject("foreign", train, torch.device("cpu"), claims_of(train), quality, _sized(train))


def first_failure(
    subject: Subject,
    examples: int | None = None,
    ids: Sequence[str] = (),
    seed: int | None = None,
) -> tuple[str, str]:
    """The first law that fails and what it says; ("", "") if none does.

    Arguments:
        subject: the trainer.
        examples: of each law at most; None for the quick profile's number.
        ids: the laws to ask, in the suite's order; all that the trainer owes if empty.
        seed: of the examples; None for the fixed ones.
    """
    for test in laws():
        law = test.ctverify_law
        if law.judges(subject) and (not ids or law.id in ids):
            try:
                run(test, subject, min(law.examples, examples or law.examples), seed)
            except Exception as error:  # whatever a wrong trainer raises
                return law.id, _words(error)
    return "", ""


def run(test: Any, subject: Subject | None, examples: int, seed: int | None = None) -> None:
    """One law on one trainer, None where it takes none, without shrinking; a seed draws other
    examples.
    """
    # settings and seed can be given to a test only once, but one process judges many trainers
    test._hypothesis_internal_use_seed = seed
    test._hypothesis_internal_use_settings = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=seed is None,
        phases=PHASES,
        suppress_health_check=list(HealthCheck),
    )
    test(**({} if subject is None else {"subject": subject}))


def mutated(mutant: Mutant) -> ModuleType:
    """The textbook's module, edited."""
    source = replace(TEXTBOOK.read_text(), mutant.edit)
    module = ModuleType(f"textbook, {mutant.name}")
    exec(compile(source, mutant.name, "exec"), vars(module))
    return module


def _words(error: BaseException) -> str:
    """The sentence of a failure, on one line."""
    return " ".join(str(error).split())
