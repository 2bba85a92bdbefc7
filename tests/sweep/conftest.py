"""Sweeps whose processes are threads of this one, where no process is what is tested."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from ctverify.sweep.executors import Engine


@pytest.fixture
def threads() -> Iterator[None]:
    """Cases in this process set torch to one thread: put back what was."""
    count = torch.get_num_threads()
    yield
    torch.set_num_threads(count)


@pytest.fixture
def in_process(threads: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`--executor local:N` computes here, without the seconds that a process takes to import."""
    with ThreadPoolExecutor(1) as pool:
        engine = Engine.of(pool)
        monkeypatch.setattr("ctverify.sweep.executors.local", lambda processes=None: engine)
        yield
