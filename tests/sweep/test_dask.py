"""A real Dask scheduler: the same bits as local processes and as shards, and kill -9."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest

from ctverify import InputError
from ctverify.sweep import merge
from ctverify.sweep.executors import Engine, engine

from . import running
from .running import JUDGED, called, finished, kill, results, started, until, written

pytestmark = pytest.mark.skipif(
    find_spec("distributed") is None, reason="the extra dask is not installed"
)

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


@pytest.fixture
def thread(threads):
    """The address of a scheduler whose one worker is a thread of this process."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address=None,
    ) as made:
        yield made.scheduler_address


def swept(folder, grid, address):
    """What a cluster found, and what two shards of this process did."""
    spec = written(folder, SPEC + grid)
    executor = f"dask:{address}"
    code, _, err = called("sweep", spec, "--out", folder / "dask", "--executor", executor)
    assert code != 2, err
    parts = [folder / f"part-{i}" for i in (1, 2)]
    with ThreadPoolExecutor(1) as pool, pytest.MonkeyPatch.context() as patch:
        patch.setattr("ctverify.sweep.executors.local", lambda processes=None: Engine.of(pool))
        for i, part in enumerate(parts, 1):
            command = ("sweep", spec, "--out", part, "--shard", f"{i}/2", "--executor", "local:1")
            assert called(*command)[0] != 2
    found = results(*parts)
    assert results(folder / "dask") == found
    merged = merge([folder / "dask", *parts], folder / "results.csv")
    counts = (merged.cases, merged.failed, merged.missing, merged.differing)
    assert counts == (len(found), 0, 0, 0)
    return found


def test_same_bits_by_dask(tmp_path, thread):
    """A Dask scheduler and two shards find the same, to the last bit, for every kind of model,
    whatever the verdicts on so few pairs are; test_faults.py has local processes.
    """
    assert len(swept(tmp_path, SMALL, thread)) == 5


@pytest.mark.slow  # its processes import torch three times
def test_same_bits_everywhere(tmp_path, cluster):
    """Local processes, the processes of a Dask cluster and two shards do."""
    found = swept(tmp_path, WHOLE, cluster)
    local = ("sweep", tmp_path / "spec.toml", "--out", tmp_path / "local", "--executor", "local:1")
    code, _, err = called(*local)
    assert code != 2, err
    assert results(tmp_path / "local") == found and len(found) == 8


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
