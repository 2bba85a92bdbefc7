"""Gives each law that takes a `subject` the trainers under judgement; one thread a worker."""

from __future__ import annotations

import os

import pytest
import torch

from .trainers import subjects

if "PYTEST_XDIST_WORKER" in os.environ:
    torch.set_num_threads(1)  # workers side by side: more threads only spin


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run of the law a trainer and device."""
    if "subject" not in metafunc.fixturenames:
        return
    law = metafunc.function.ctverify_law
    option = metafunc.config.getoption
    judged = subjects(
        option("--ctverify-trainer"), option("--ctverify-device"), option("--ctverify-quality")
    )
    chosen = []
    for subject in judged:
        if law.judges(subject):
            name = f"{subject.kind}-{subject.device.type}"
            chosen.append(pytest.param(subject, id=name))
    if not chosen:
        reason = f"not owed by this trainer: {judged[0].claims}"
        if law.kinds is not None:
            reason = f"not applicable: a law of ctverify's own {', '.join(law.kinds)}"
        skip = pytest.mark.skip(reason=reason)
        chosen.append(pytest.param(None, id="foreign", marks=skip))
    metafunc.parametrize("subject", chosen)
