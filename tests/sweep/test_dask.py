"""A real Dask scheduler with worker processes: the same bits as local processes and as shards, and
kill -9.
"""

import json
import os
import subprocess
import sys

import pytest

from ctverify import InputError
from ctverify.sweep import merge
from ctverify.sweep.executors import engine

from . import running
from .running import JUDGED, called, finished, kill, results, started, until, written

pytest.importorskip("distributed", reason="the extra dask is not installed")

SPEC = """
paths = 32
pairs = 64
train_samples = 300
steps = 24
"""
SMALL = """
[[grid]]
target = "mild"
model = ["population", "affine", "mlp"]
[[grid]]
target = "mixture-2d"
model = ["population", "fourier"]
"""
LONG = (running.LONG_SPEC, running.LONG_CASES)
WHOLE = """
[[grid]]
target = ["mild", "gaussian-2d"]
model = ["population", "affine", "mlp"]
[[grid]]
target = "mixture-2d"
model = ["population", "fourier"]
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The address of a scheduler with two worker processes of one thread each, which their nannies
    start anew.
    """
    file = tmp_path_factory.mktemp("cluster") / "scheduler.json"
    # Dask would look a hundred times a second what a worker does
    environment = os.environ | {"DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    common = ["--scheduler-file", str(file), "--no-dashboard"]
    dask = [sys.executable, "-m", "distributed.cli."]
    scheduler = subprocess.Popen(
        [*dask[:2], dask[2] + "dask_scheduler", *common, "--port", "0"], **quiet
    )
    crew = subprocess.Popen(
        [*dask[:2], dask[2] + "dask_worker", *common, "--nworkers", "2", "--nthreads", "1"], **quiet
    )
    yield json.loads(until(lambda: file.exists() and file.read_text()))["address"]
    for process in (crew, scheduler):
        process.terminate()
    for process in (crew, scheduler):
        process.wait()


@pytest.mark.parametrize(
    ("grid", "cases"), [(SMALL, 5), pytest.param(WHOLE, 8, marks=pytest.mark.slow)]
)
def test_same_bits_everywhere(tmp_path, cluster, request, grid, cases):
    """Local processes, a Dask cluster and two shards find the same, to the last bit, for every kind
    of model, whatever the verdicts on so few pairs are.
    """
    spec = written(tmp_path, SPEC + grid)
    code, _, err = called("sweep", spec, "--out", tmp_path / "local", "--executor", "local:1")
    assert code != 2, err
    executor = f"dask:{cluster}"
    code, _, err = called("sweep", spec, "--out", tmp_path / "dask", "--executor", executor)
    assert code != 2, err
    request.getfixturevalue("in_process")
    parts = [tmp_path / f"part-{i}" for i in (1, 2)]
    for i, part in enumerate(parts, 1):
        command = ("sweep", spec, "--out", part, "--shard", f"{i}/2", "--executor", "local:1")
        assert called(*command)[0] != 2
    assert results(tmp_path / "local") == results(tmp_path / "dask") == results(*parts)
    assert len(results(*parts)) == cases
    merged = merge([tmp_path / "dask", *parts], tmp_path / "results.csv")
    assert (merged.cases, merged.failed, merged.missing, merged.differing) == (cases, 0, 0, 0)


@pytest.mark.slow  # its processes import torch five times; test_faults.py kills local ones always
@pytest.mark.parametrize(
    ("spec", "cases"), [(running.SPEC, running.CASES), LONG], ids=["short", "long"]
)
def test_kill_on_a_cluster(tmp_path, cluster, spec, cases):
    """kill -9 of a cluster's worker in mid-case: the case runs elsewhere; of the driver: --resume
    does the rest.
    """
    from distributed import Client

    out = tmp_path / "out"
    arguments = ("sweep", written(tmp_path, spec), "--out", out, "--executor", f"dask:{cluster}")
    with Client(cluster, set_as_default=False) as client:
        driver = started(*arguments)
        until(lambda: len(finished(out)) >= 1)
        kill(next(iter(client.run(os.getpid).values())))
        until(lambda: len(finished(out)) >= 3)
        kill(driver.pid)
        driver.communicate()
    before = finished(out)
    code, said, _ = called(*arguments, "--resume")
    assert code in JUDGED and f"{cases} done ({len(before)} of them before)" in said
    after = finished(out)
    assert len(after) == cases and {name: after[name] for name in before} == before
    assert {record["status"] for record in results(out).values()} == {"done"}


def test_no_scheduler(monkeypatch):
    """An address where nothing answers is refused in one sentence."""
    monkeypatch.setattr("ctverify.sweep.executors.PATIENCE", 1)
    with pytest.raises(InputError, match="must be the address of a running scheduler"):
        engine("dask:tcp://127.0.0.1:1")
