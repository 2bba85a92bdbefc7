"""How pytest uses the machine: a worker a core, one thread a worker, and what is shared stays on
one worker.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

TOGETHER = (
    "tests/ledger/",  # proofs, and sympy's cache
    "tests/report/",  # session fixtures
)
MAX_WORKERS = 4

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One a core; none for a few files, which would pay for the workers' start and gain little."""
    folder = config.invocation_params.dir
    files = 0
    for argument in config.args:
        path = folder / argument.partition("::")[0]
        files += len(list(path.rglob("test_*.py"))) if path.is_dir() else 1
    workers = min(os.cpu_count() or 1, MAX_WORKERS, files // 2)
    return workers if workers > 1 else 0


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file stays on one worker, and so does a folder of TOGETHER."""
    from xdist.scheduler import LoadFileScheduling

    class Folders(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return next((folder for folder in TOGETHER if file.startswith(folder)), file)

    return Folders(config, log) if config.getoption("dist") == "loadfile" else None
