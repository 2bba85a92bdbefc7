"""Gives each law that takes a `subject` the trainers under judgement."""

from __future__ import annotations

import pytest

from .trainers import subjects


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run of the law a trainer and device."""
    if "subject" not in metafunc.fixturenames:
        return
    law = metafunc.function.ctverify_law
    trainer = metafunc.config.getoption("--ctverify-trainer")
    device = metafunc.config.getoption("--ctverify-device")
    chosen = []
    for subject in subjects(trainer, device):
        if law.kinds is None or subject.kind in law.kinds:
            name = f"{subject.kind}-{subject.device.type}"
            chosen.append(pytest.param(subject, id=name))
    if not chosen:
        own = ", ".join(law.kinds or ())
        skip = pytest.mark.skip(reason=f"not applicable: a law of ctverify's own {own}")
        chosen.append(pytest.param(None, id="foreign", marks=skip))
    metafunc.parametrize("subject", chosen)
