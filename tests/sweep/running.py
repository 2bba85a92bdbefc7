"""Sweeps as a user runs them: commands, and processes to start, watch and kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from ctverify.cli.main import main

PATIENCE = 120  # seconds for anything to happen on a loaded machine
SPEC = """
model = "affine"
train_samples = 100
paths = 32
pairs = 64
[[grid]]
target = "mixture-2d"
steps = [24, 26]
seed = [0, 1, 2]
"""
CASES = 6
JUDGED = (0, 3)  # exit codes where no verdict fails; those on few paths may be inconclusive
LONG_SPEC = SPEC.replace("[24, 26]", "[60, 64, 68, 72]").replace("[0, 1, 2]", "[0, 1, 2, 3]")
LONG_CASES = 16


def written(path: Path, text: str = SPEC) -> Path:
    """SPEC.toml in a folder."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "spec.toml").write_text(text)
    return path / "spec.toml"


def command(*arguments: Any) -> list[str]:
    """`ctverify ARGUMENTS` as a process of its own."""
    return [sys.executable, "-m", "ctverify", *map(str, arguments)]


def started(*arguments: Any) -> subprocess.Popen[str]:
    """A running `ctverify ARGUMENTS`, leader of its own process group, that hears Ctrl-C even where
    these tests do not.
    """
    pipes = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        "start_new_session": True,
    }
    return subprocess.Popen(
        command(*arguments),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **pipes,
    )


def called(*arguments: Any) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `ctverify ARGUMENTS`, whose driver is this process."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def until(happened: Callable[[], Any]) -> Any:
    """Wait for something, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := happened()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


def workers(driver: int) -> list[int]:
    """The pool's processes of a driver."""
    children = Path(f"/proc/{driver}/task/{driver}/children").read_text().split()
    return [
        int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill(pid: int) -> None:
    """kill -9."""
    os.kill(pid, signal.SIGKILL)


def finished(out: Path) -> dict[str, tuple[int, int]]:
    """The case files that are there: inode and time of writing, which change where one is written
    again.
    """
    return {
        path.stem: (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in (out / "cases").glob("[!.]*.json")
    }


def results(*outs: Path) -> dict[str, Any]:
    """What each case found, without how long it took."""
    files = [path for out in outs for path in (out / "cases").glob("[!.]*.json")]
    found = {
        path.stem: {k: v for k, v in json.loads(path.read_text()).items() if k != "seconds"}
        for path in files
    }
    assert len(found) == len(files), "a case is in two folders"
    return found
