"""kill -9 between two writes, and at any moment: every file is whole and agrees with its
neighbours, and the command run again ends as if nothing had happened.

Between writes a command is stopped in this process: what it would do next never happens, as all
that a killed process leaves is what it has renamed, removed or begun to write.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from ctverify.cli.main import main
from ctverify.sweep import executors
from ctverify.sweep.executors import Engine

from ..whole import check_whole, visible

KILLS = 50  # of a command at random moments
RUN = "run --target mild --model affine --steps 8 --c0 1 --c1 2 --samples 16 --train-samples 100"
SPEC = """
model = "affine"
target = "mild"
steps = 8
c0 = 1
c1 = 2
train_samples = 50
paths = 16
pairs = 32
seed = [0, 1, 2]
"""


class Killed(BaseException):
    """The process is no more."""


@pytest.fixture(scope="module", autouse=True)
def one_process():
    """All happens in this process."""
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as monkeypatch, ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr("ctverify.core.processes.cores", lambda: 1)
        engine = Engine.of(pool)
        monkeypatch.setattr("ctverify.sweep.executors.local", lambda processes=None: engine)
        yield
    torch.set_num_threads(threads)  # cases set it to one


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """What earlier commands left: seed 0, with samples for a page; a sweep, and its table."""
    home = tmp_path_factory.mktemp("before")
    call(f"{RUN} --seed 0 --out {home}/o --report {home}/r.html")
    call(f"report {home}/o -o {home}/report.html")
    (home / "spec.toml").write_text(SPEC)
    call(f"sweep {home}/spec.toml --executor local:1 --out {home}/sweep")
    call(f"merge {home}/sweep -o {home}/table.csv")
    few = "--in-process --only times.ends --max-examples 1"
    call(f"check reference {few} --json {home}/c.json --junit {home}/c.xml --report {home}/c.html")
    check_whole(home)
    return home


def call(words: str) -> int:
    """The exit code of `ctverify WORDS` in this process."""
    result = CliRunner().invoke(main, words.split())
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code


COMMANDS = {
    "run": f"{RUN} --seed 5 --out {{home}}/o --report {{home}}/r.html",
    "resume": f"{RUN} --seed 5 --resume --out {{home}}/o --report {{home}}/r.html",
    "certify": "certify {home}/o/model-mild --seed 7 --samples 16 --pairs 64 --out {home}/o "
    "--report {home}/r.html",
    "report": "report {home}/o -o {home}/report.html",
    "merge": "merge {home}/sweep -o {home}/table.csv",
    "check": "check reference --in-process --only times.ends --max-examples 1 --seed 3 "
    "--json {home}/c.json --junit {home}/c.xml --report {home}/c.html",
    "sweep": "sweep {home}/spec.toml --executor local:1 --resume --out {home}/sweep",
}
"""Each into the folder of `before`, where something else or the same lies already."""

GOOD = (0, 3)  # few draws may leave a verdict open


class Seams:
    """os.replace and the removal of files, after `alive` of which the process is no more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, alive: int) -> None:
        self.alive = alive
        self.count = 0
        self.stopped = False
        for name in ("replace", "unlink"):
            monkeypatch.setattr(os, name, self._stopping(getattr(os, name)))
        # `Path.unlink` has its own name for os.unlink
        monkeypatch.setattr(Path, "unlink", self._stopping(Path.unlink))

    def _stopping(self, do):
        def stopping(*arguments, **options):
            if self.count >= self.alive:
                self.stopped = True
                raise Killed
            result = do(*arguments, **options)
            self.count += 1
            return result

        return stopping


def seams(home: Path, words: str) -> int:
    """How many of them a command has."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        counted = Seams(monkeypatch, 10**9)
        assert call(words.format(home=home)) in GOOD
    return counted.count


def found(home: Path) -> dict[str, bytes | None]:
    """The files, with their content where it says nothing of time."""
    content: dict[str, bytes | None] = {}
    for path in visible(home):
        timeless = path.suffix != ".html" and path.parent.name != "cases"
        timeless = timeless and path.suffix not in (".csv", ".xml")
        content[str(path.relative_to(home))] = path.read_bytes() if timeless else None
    return content


@pytest.fixture(scope="module", params=COMMANDS)
def undisturbed(request, before, tmp_path_factory):
    """A command, how many seams it has, and what it leaves where nothing happens to it."""
    home = tmp_path_factory.mktemp("undisturbed") / "h"
    shutil.copytree(before, home)
    count = seams(home, COMMANDS[request.param])
    check_whole(home)
    return request.param, count, found(home)


def killed_and_done(before: Path, home: Path, name: str, alive: int) -> dict[str, bytes | None]:
    """What a command leaves that was stopped at a seam and then done again."""
    shutil.copytree(before, home)
    words = COMMANDS[name].format(home=home)
    with pytest.MonkeyPatch.context() as monkeypatch:
        stopping = Seams(monkeypatch, alive)
        CliRunner().invoke(main, words.split())  # which may tell of Killed as of a defect
    assert stopping.stopped
    check_whole(home)
    resumed = words + " --resume" if name == "run" else words
    assert call(resumed) in GOOD
    check_whole(home)
    return found(home)


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_between_two_writes(before, undisturbed, tmp_path, part):
    """At the first seam, in the middle and at the last."""
    name, count, whole = undisturbed
    left = killed_and_done(before, tmp_path / "h", name, round(part * (count - 1)))
    assert left == whole


@pytest.mark.slow
def test_between_any_two_writes(before, undisturbed, tmp_path):
    """At every seam."""
    name, count, whole = undisturbed
    for alive in range(count):
        left = killed_and_done(before, tmp_path / str(alive), name, alive)
        assert left == whole, f"seam {alive} of {count}"


def forked(words: str) -> int:
    """A process of its own that does `ctverify WORDS`, with all its imports done; its pid."""
    torch.set_num_threads(1)  # a pool of threads would not survive
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of other threads, none of which work
        pid = os.fork()
    if pid:
        return pid
    try:
        os.setpgid(0, 0)
        with ThreadPoolExecutor(1) as pool:
            executors.local = lambda processes=None: Engine.of(pool)
            os._exit(call(words))
    finally:
        os._exit(99)


def survived(words: str, seconds: float | None) -> float:
    """How long a command took that is killed after so long, where it is not done by then."""
    start = time.monotonic()
    pid = forked(words)
    if seconds is not None:
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) in (*GOOD, -signal.SIGKILL)
    return time.monotonic() - start


def kill_at_random(before: Path, undisturbed, folder: Path, kills: int) -> None:
    """At random moments of as long as the command takes; what is left is killed again, and the
    command ends as it does undisturbed.
    """
    name, _, whole = undisturbed
    words = COMMANDS[name]
    shutil.copytree(before, folder / "whole")
    seconds = survived(words.format(home=folder / "whole"), None)
    moments = random.Random(name)
    home = folder / "h"
    shutil.copytree(before, home)
    words = words.format(home=home)
    for _ in range(kills):
        survived(words, moments.uniform(0, seconds))
        check_whole(home)
        if moments.random() < 0.5:
            assert call(words + " --resume" * (name == "run")) in GOOD
            assert found(home) == whole
    assert call(words) in GOOD
    assert found(home) == whole


@pytest.mark.parametrize("undisturbed", ["resume", "check"], indirect=True)
def test_kill_9(before, undisturbed, tmp_path):
    """A real one, whenever it comes."""
    kill_at_random(before, undisturbed, tmp_path, 1)


@pytest.mark.slow
def test_kill_9_at_any_moment(before, undisturbed, tmp_path):
    """Fifty of each command."""
    kill_at_random(before, undisturbed, tmp_path, KILLS)
