"""The demonstration of `run`: side by side as one after the other, and what may happen to it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from ctverify import Schedule
from ctverify.certificate.demonstration import Settings, run
from ctverify.cli.main import main
from ctverify.targets import load

from ..sweep.running import alive, started, until, workers
from .handed import Dear, Fatal

SCHEDULE = Schedule.li_huang_wei(4, 1, 2)
QUICK = Settings(model="mlp", train_samples=300, samples=16)


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_side_by_side_is_one_after_the_other(tmp_path):
    """The same files to the bit, lines in the targets' order; d = 2, where all is torch's."""
    modes = Dear([0.5, 0.5], [[-1.0, 0.0], [1.0, 0.0]], [torch.eye(2)] * 2, name="two modes")
    one = Dear([1.0], [[0.0, 0.0]], [torch.eye(2)], name="one mode")
    targets = [modes, one]
    threads = torch.get_num_threads()
    together = []
    steps = []

    def progress(text=None, advance=1):
        steps.append(advance)

    done = run(
        targets,
        SCHEDULE,
        QUICK,
        tmp_path / "together",
        processes=2,
        progress=progress,
        say=together.append,
    )
    alone = []
    again = run(targets, SCHEDULE, QUICK, tmp_path / "alone", say=alone.append)
    assert files(tmp_path / "together") == files(tmp_path / "alone")
    assert list(done.certificates) == ["two modes", "one mode"] and not done.lost
    assert done == again
    assert together == alone
    assert [line.partition(":")[0] for line in alone] == list(done.certificates)
    assert sum(steps) == 2 * 2 * (SCHEDULE.T - 1)  # as many as the bar has
    assert torch.get_num_threads() == threads


def test_costliest_first(tmp_path, monkeypatch):
    """Targets are handed out by their cost, whatever their order."""
    handed = []
    monkeypatch.setattr(
        "ctverify.certificate.demonstration.side_by_side",
        lambda tasks, *_: handed.extend(task.args[1].name for task in tasks),
    )
    targets = [load(name) for name in ("mixture-2d", "mixture-8d", "gaussian-2d")]
    with pytest.raises(KeyError):  # nothing was computed
        run(targets, SCHEDULE, QUICK, tmp_path, processes=2)
    assert handed == ["mixture-8d", "mixture-2d", "gaussian-2d"]


def test_killed_target(tmp_path, monkeypatch):
    """One sentence that names it, exit code 1; the others are certified and written."""
    fatal = Fatal([0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], name="fatal")
    targets = [fatal, load("mild")]
    monkeypatch.setattr("ctverify.cli.run.load_targets", lambda *_: targets)
    monkeypatch.setattr("ctverify.core.processes.cores", lambda: 2)
    words = "run --json --model affine --steps 8 --c0 1 --c1 2 --samples 16 --train-samples 100"
    result = CliRunner().invoke(main, [*words.split(), "--out", str(tmp_path)])
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines[0].startswith("fatal: no certificate, its process was killed (signal 9)")
    assert lines[1].startswith("mild: W_1 at least ") and len(lines) == 2
    (certificate,) = json.loads(result.stdout)
    assert json.loads((tmp_path / "certificate-mild.json").read_text()) == certificate
    assert not (tmp_path / "certificate-fatal.json").exists()


def test_interrupted(tmp_path):
    """Ctrl-C: the shell's exit code, one line, no traceback, no process left."""
    out = tmp_path / "out"
    words = "run --target gaussian-2d --target mixture-2d --train-samples 1000000 --out"
    driver = started(*words.split(), out)
    until(out.exists)
    crew = workers(driver.pid)
    os.killpg(driver.pid, signal.SIGINT)
    printed, err = driver.communicate()
    assert driver.returncode == 130 and printed == ""
    assert err == f"stopped: what is finished is in {out}, --resume continues\n"
    until(lambda: not any(map(alive, crew)))
