"""An attack is run and judged.

In this process the work behind a command is left out: who gets as far has refused nothing, and ends
with 0. What is wrong of an attack is a traceback, a hang, an exit code outside the table (or 70, a
defect of ours), words that do not say so in one line, a file that is half written or lies
elsewhere.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
from click.testing import CliRunner

from ctverify.cli.main import main
from ctverify.core.exit_codes import BAD_INPUT, FAILED, GOOD, UNHEARD, UNJUDGED
from ctverify.core.files import DRAFT

from .lines import FIFO, Attack

PATIENCE = 20  # seconds until something hangs
CODES = (GOOD, FAILED, BAD_INPUT, UNJUDGED, UNHEARD)
WORK = (
    "ctverify.certificate.certify._measure",
    "ctverify.certificate.demonstration.side_by_side",
    "ctverify.training.recursion.Trainer._block",
    "ctverify.theory.optimal_schedule.shares",
    "ctverify.sweep.engine.drive",
    "ctverify.ledger.prove_claim",
    "ctverify.conformance.run.judge_apart",
    "ctverify.conformance.run._judge_here",
    "ctverify.theory.plan.plan",
)


class Hang(BaseException):
    """An attack took too long."""


def left_out(*_: Any, **__: Any) -> Any:
    """In the place of work: the command ends well."""
    raise click.exceptions.Exit(GOOD)


@contextmanager
def without_work() -> Iterator[None]:
    """No command gets beyond its checks of what it was given."""
    with ExitStack() as held:
        for name in WORK:
            held.enter_context(patch(name, left_out))
        yield


def laid(attack: Attack, folder: Path) -> set[Path]:
    """Put an attack's files into a folder; all that is there then."""
    for name, content in attack.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is FIFO:
            os.mkfifo(path)
        else:
            assert isinstance(content, bytes)
            path.write_bytes(content)
    if "folder.json/in.txt" in attack.files:
        (folder / "loop.json").symlink_to("loop.json")
    return _there(folder)


def run_here(attack: Attack, folder: Path) -> str:
    """What is wrong of an attack in this process, "" where nothing is; the folder is the current
    one.
    """
    before = laid(attack, folder)
    outside = _there(folder.parent) - {folder}
    with _watchdog():
        try:
            result = CliRunner().invoke(main, list(attack.words))
        except Hang:
            return f"took more than {PATIENCE} s"
    error = result.exception
    if isinstance(error, Hang):
        return f"took more than {PATIENCE} s"
    if error is not None and not isinstance(error, SystemExit):
        return f"raised {type(error).__name__}: {error}"
    wrong = judged(result.exit_code, result.stderr)
    strays = _there(folder.parent) - outside - before - {folder}
    return wrong or written(strays, folder)


def run_apart(attack: Attack, folder: Path) -> str:
    """The same in a process of its own, with all the work."""
    before = laid(attack, folder)
    outside = _there(folder.parent) - {folder}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ctverify", *attack.words],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE * 6,  # with its imports, on a busy machine
        )
    except subprocess.TimeoutExpired:
        return "hangs"
    wrong = judged(done.returncode, done.stderr)
    return wrong or written(_there(folder.parent) - outside - before - {folder}, folder)


def judged(code: int, err: str) -> str:
    """What is wrong with how a command ended."""
    if code not in CODES:
        return f"exit code {code}: {err[-300:]}"
    if "Traceback" in err:
        return f"a traceback: {err[-300:]}"
    last = err.strip().splitlines()[-1:] or [""]
    usage = err.startswith("Usage:")
    if code == BAD_INPUT and not usage and not last[0].startswith("Error: "):
        return f"no sentence: {err[-300:]!r}"
    if len(err) > 10_000:
        return f"{len(err)} characters of refusal"
    return ""


def written(new: set[Path], folder: Path) -> str:
    """What is wrong with files that were written."""
    for path in sorted(new):
        if not path.is_relative_to(folder):
            return f"{path} lies outside"
        if not path.is_file():
            continue
        if path.suffix == ".json":
            try:
                json.loads(path.read_text())
            except ValueError as error:
                return f"{path.name} is half written: {error}"
        elif path.name.endswith(DRAFT):
            return f"{path.name} is a draft that was left"
    return ""


def _there(folder: Path) -> set[Path]:
    return {Path(at) / name for at, folders, files in os.walk(folder) for name in folders + files}


@contextmanager
def _watchdog() -> Iterator[None]:
    """Hang where something takes longer than PATIENCE."""

    def ring(*_: Any) -> None:
        raise Hang

    before: Callable[..., Any] | int | None = signal.signal(signal.SIGALRM, ring)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
