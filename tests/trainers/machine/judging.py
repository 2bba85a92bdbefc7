"""Judging a mutant: few examples of every law first, then all, up to the first that fails."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from properties import test_population, test_schedule
from properties.trainers import subjects
from tests.conformance.apart import FORKS, apart

from ..judging import laws, run
from .population import Mutant

FORKS.set_forkserver_preload(["tests.trainers.machine.judging"])
SECONDS = 900.0  # that a mutant may take, some thirty times what the original does
FEW = 2  # examples of a law at first
# the function classes that a module's code is in, the cheapest first
KINDS = {
    "training.pairs": ("affine", "mlp", "fourier"),
    "training.recursion": ("affine", "mlp", "fourier"),
    "training.linear": ("affine", "fourier"),
    "training.adam": ("mlp",),
    "training.mlp": ("mlp",),
}


@dataclass(frozen=True)
class Verdict:
    """The law that killed a mutant, or "hangs"; "" where it survives."""

    mutant: Mutant
    killer: str
    detail: str
    seconds: float


def judged(mutant: Mutant, seconds: float = SECONDS) -> Verdict:
    """The verdict of the laws, from a process of the mutant's own."""
    start = time.monotonic()
    try:
        killer, detail = apart(killed, mutant, seconds)
    except TimeoutError:
        killer, detail = "hangs", f"no verdict after {seconds:g} s"
    return Verdict(mutant, killer, detail, time.monotonic() - start)


def killed(mutant: Mutant) -> tuple[str, str]:
    """(law, what it saw) of the first that fails; ("", "") if none does. Installs the mutant."""
    import torch

    torch.set_num_threads(1)
    mutant.install()
    asked = list(_asked(mutant.module))
    for few in (True, False):
        for test, subject in asked:
            examples = test.ctverify_law.examples
            if few or examples > FEW:
                try:
                    run(test, subject, min(FEW, examples) if few else examples)
                except Exception as error:  # whatever wrong code raises
                    return test.ctverify_law.id, " ".join(str(error).split())[:200]
    return "", ""


def _asked(module: str) -> Iterator[tuple[Any, Any]]:
    """The laws of a module's cause with the trainers that owe them, cheap ones first."""
    if module == "model.schedule":
        for tests in (test_schedule, test_population):
            for test in vars(tests).values():
                if hasattr(test, "ctverify_law") and test.__module__ == tests.__name__:
                    yield test, None
        return
    own = {subject.kind: subject for subject in subjects(None, "cpu")}
    for kind in KINDS[module]:
        for test in laws():
            if test.ctverify_law.judges(own[kind]):
                yield test, own[kind]
