"""Gives each law that takes a `subject` the trainers under judgement."""

from __future__ import annotations

import pytest

from .trainers import subjects


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run of the law a trainer and device."""
    if "subject" not in metafunc.fixturenames:
        return
    option, law = metafunc.config.getoption, metafunc.function.ctverify_law
    found = subjects(option("--ctverify-trainer"), option("--ctverify-device"))
    chosen = [
        pytest.param(s, id=f"{s.kind}-{s.device.type}")
        for s in found
        if law.kinds is None or s.kind in law.kinds
    ]
    apart = pytest.mark.skip(
        reason=f"not applicable: a law of ctverify's own {', '.join(law.kinds or ())}"
    )
    metafunc.parametrize("subject", chosen or [pytest.param(None, id="foreign", marks=apart)])
