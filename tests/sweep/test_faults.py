"""What may happen to a sweep: kill -9 of the driver and of a worker, a bad case, no room, no
permission, a second driver.
"""

import errno
import json
import os
import resource
import signal
import subprocess
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from ctverify import InputError
from ctverify.sweep import read_spec, run_sweep, spec_of
from ctverify.sweep.engine import drive
from ctverify.sweep.executors import Engine, engine, local
from ctverify.sweep.store import Store

from .running import (
    CASES,
    JUDGED,
    LONG_CASES,
    LONG_SPEC,
    SPEC,
    alive,
    called,
    command,
    finished,
    kill,
    results,
    started,
    until,
    workers,
    written,
)
from .tasks import Numbered, dies


@dataclass(frozen=True)
class Whole:
    """A sweep that nothing happened to, and how many processes are to do it when something does."""

    spec: str
    cases: int
    processes: int
    results: dict[str, Any]


@pytest.fixture(
    scope="module",
    params=[(SPEC, CASES, 1), pytest.param((LONG_SPEC, LONG_CASES, 2), marks=pytest.mark.slow)],
    ids=["short", "long"],
)
def whole(request, tmp_path_factory):
    """It is computed in this process."""
    spec, cases, processes = request.param
    folder = tmp_path_factory.mktemp("whole")
    count = torch.get_num_threads()
    with ThreadPoolExecutor(1) as pool:
        run_sweep(read_spec(written(folder, spec)), folder / "out", executor=pool)
    torch.set_num_threads(count)
    return Whole(spec=spec, cases=cases, processes=processes, results=results(folder / "out"))


def test_killed_driver(tmp_path, whole, in_process):
    """kill -9 of the driver in mid-run: workers leave, --resume keeps what is finished untouched
    and does the rest.
    """
    out = tmp_path / "out"
    executor = f"local:{whole.processes}"
    driver = started("sweep", written(tmp_path, whole.spec), "--out", out, "--executor", executor)
    until(lambda: len(finished(out)) >= 2)
    crew = workers(driver.pid)
    kill(driver.pid)
    driver.communicate()
    before = finished(out)
    assert len(crew) == whole.processes and 2 <= len(before) < whole.cases
    until(lambda: not any(map(alive, crew)))
    assert called("sweep", tmp_path / "spec.toml", "--out", out)[0] == 2  # not without --resume
    code, said, _ = called(
        "sweep", tmp_path / "spec.toml", "--out", out, "--executor", "local:2", "--resume"
    )
    assert code in JUDGED and f"{whole.cases} done ({len(before)} of them before)" in said
    assert {name: stamp for name, stamp in finished(out).items() if name in before} == before
    assert results(out) == whole.results and not list((out / "cases").glob(".*"))


@pytest.mark.slow
def test_killed_worker(tmp_path, whole):
    """kill -9 of a worker in mid-case: the sweep itself goes on, no case is lost, and --resume
    finds nothing to do.
    """
    out = tmp_path / "out"
    executor = f"local:{whole.processes}"
    driver = started("sweep", written(tmp_path, whole.spec), "--out", out, "--executor", executor)
    until(lambda: len(finished(out)) >= 1)
    kill(workers(driver.pid)[0])
    before = finished(out)
    said, err = driver.communicate()
    assert (
        driver.returncode in JUDGED
        and f"{whole.cases} done" in said
        and err == ""
        and results(out) == whole.results
    )
    after = finished(out)
    assert {name: after[name] for name in before} == before
    assert (
        run_sweep(read_spec(tmp_path / "spec.toml"), out, resume=True).kept == whole.cases
        and finished(out) == after
    )


def test_interrupted(tmp_path, whole, in_process):
    """Ctrl-C, some time after kill -9 of a worker: the shell's exit code, one line that says what
    to do, no traceback, no worker; what was finished is kept, and nothing is lost.
    """
    out = tmp_path / "out"
    words = ("sweep", written(tmp_path, whole.spec), "--out", out, "--executor", "local:1")
    driver = started(*words)
    until(lambda: finished(out))
    kill(workers(driver.pid)[0])
    before = len(finished(out))
    until(lambda: len(finished(out)) > before)
    crew = workers(driver.pid)
    os.killpg(driver.pid, signal.SIGINT)
    _, err = driver.communicate()
    assert (
        driver.returncode == 130
        and err == f"stopped: what is finished is in {out}, --resume continues\n"
    )
    until(lambda: not any(map(alive, crew)))
    kept = finished(out)
    assert called(*words, "--resume")[0] in JUDGED
    assert {name: stamp for name, stamp in finished(out).items() if name in kept} == kept
    assert results(out) == whole.results


def test_bad_case(tmp_path, in_process):
    """A case that cannot be is reported with its reason, the others are done, the exit code is 1;
    --resume tries it again.
    """
    spec = written(
        tmp_path,
        'model = "population"\ntarget = "gaussian-2d"\nsteps = [8, 32]\npaths = 32\npairs = 64\n',
    )
    code, said, _ = called("sweep", spec, "--out", tmp_path / "out", "--executor", "local:1")
    assert (
        code == 1
        and "1 done, 1 failed" in said
        and "r = c1 log T / T must be below 1" in " ".join(said.split())
    )
    records = results(tmp_path / "out").values()
    assert sorted(record["status"] for record in records) == ["done", "failed"]
    again = run_sweep(read_spec(spec), tmp_path / "out", executor=engine("local:1"), resume=True)
    assert again.kept == 1 and len(again.failed) == 1 and not again.good


def test_case_that_kills_its_worker():
    """It alone is reported as failed; those that were in the pool with it are done."""
    cases = [Numbered(seed) for seed in (0, 1, 2, 3)]
    outcomes = {}
    drive(cases, local(2), dies, lambda case, outcome: outcomes.update({case.seed: outcome}))
    assert {seed for seed, outcome in outcomes.items() if outcome["status"] == "failed"} == {1}
    assert "died twice" in outcomes[1]["error"] and set(outcomes) == {0, 1, 2, 3}


SMALL = {
    "target": "gaussian-2d",
    "model": "population",
    "steps": [32, 33],
    "paths": 32,
    "pairs": 64,
}


def test_no_room(tmp_path, monkeypatch, threads):
    """A full disk ends the sweep with one sentence; what is finished stays, no draft does, and
    --resume goes on.
    """
    real, calls = os.fsync, []

    def full(handle):
        calls.append(handle)
        if len(calls) > 2:  # sweep.json and one case
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    spec = spec_of(SMALL)
    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(InputError, match=r"cannot write '.*json': No space left on device"):
            run_sweep(spec, tmp_path, executor=pool)
        monkeypatch.undo()
        assert len(finished(tmp_path)) == 1 and not list((tmp_path / "cases").glob(".*"))
        assert run_sweep(spec, tmp_path, executor=pool, resume=True).kept == 1


def test_no_room_for_the_command(tmp_path):
    """The kernel refuses to write: exit code 2, one line, no traceback."""
    spec = written(tmp_path)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # noqa: E731
    done = subprocess.run(
        command("sweep", spec, "--out", tmp_path / "out"),
        capture_output=True,
        text=True,
        preexec_fn=limit,
    )
    assert (
        done.returncode == 2 and "File too large" in done.stderr and "Traceback" not in done.stderr
    )


def test_unwritable(tmp_path):
    """A folder that cannot be made is refused before any work."""
    spec = written(tmp_path)
    (tmp_path / "file").write_text("")
    code, _, err = called("sweep", spec, "--out", tmp_path / "file" / "out")
    assert code == 2 and "cannot write into" in err and "Traceback" not in err


def test_one_driver_at_a_time(tmp_path):
    """A second sweep into the same folder is refused, one of another shard is not."""
    store = Store(tmp_path)
    with (
        store.locked("1-of-2"),
        store.locked("2-of-2"),
        pytest.raises(InputError, match="in use"),
        store.locked("1-of-2"),
    ):
        pass
    with store.locked("1-of-2"):
        pass


class _Broken(Executor):
    """An executor that has given up."""

    def submit(self, *_args, **_kwargs):
        future = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_executor_of_ones_own_breaks(tmp_path):
    """It cannot be made anew: the sweep ends with one sentence, no case is blamed, and what had
    just finished is kept.
    """
    with pytest.raises(InputError, match="the executor broke"):
        run_sweep(spec_of(SMALL), tmp_path, executor=_Broken())
    assert finished(tmp_path) == {}
    kept = []

    class Late(_Broken):
        def submit(self, task, case):
            done = Future()
            done.set_result(dies(case))
            return done if case.seed == 0 else super().submit(task, case)

    with pytest.raises(InputError, match="the executor broke"):
        drive(
            spec_of({"target": "mild", "seed": [0, 2]}).cases,
            Engine.of(Late()),
            dies,
            lambda case, _: kept.append(case.seed),
        )
    assert kept == [0]


def test_damaged_case_is_done_again(tmp_path, threads):
    """A case file that was cut off or is another's is not taken for a result."""
    spec = spec_of(SMALL)
    with ThreadPoolExecutor(1) as pool:
        run_sweep(spec, tmp_path, executor=pool)
        good = results(tmp_path)
        files = [Path(tmp_path, "cases", f"{case.hash}.json") for case in spec.cases]
        files[0].write_text(files[0].read_text()[:40])
        files[1].write_text(json.dumps(good[spec.cases[0].hash] | {"seconds": 1}))
        assert run_sweep(spec, tmp_path, executor=pool, resume=True).kept == 0
    assert results(tmp_path) == good


def test_engines_are_stopped():
    """What waits in an executor of one's own is cancelled when writing fails."""
    cancelled = []

    class Waiting(Executor):
        def submit(self, task, case):
            future = Future()
            if case.seed == 0:
                future.set_result(dies(case))
            else:
                future.add_done_callback(lambda f: cancelled.append(f.cancelled()))
            return future

    def refuses(case, outcome):
        raise InputError("no room")

    with pytest.raises(InputError, match="no room"):
        drive(
            spec_of({"target": "mild", "seed": [0, 2, 3]}).cases,
            Engine.of(Waiting()),
            dies,
            refuses,
        )
    assert cancelled == [True, True]
