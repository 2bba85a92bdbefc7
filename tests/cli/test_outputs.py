"""Where commands write: devices, pipes and links are written to, and hold one result."""

from __future__ import annotations

import json
import os
import threading

import pytest

from .test_exit_codes import call

QUICK = ("check", "reference", "--in-process", "--only", "times.ends", "--max-examples", 2)


@pytest.fixture(scope="module")
def fifo(tmp_path_factory):
    """A pipe, and what check wrote into it."""
    pipe = tmp_path_factory.mktemp("pipe") / "pipe"
    os.mkfifo(pipe)
    heard = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    said = call(*QUICK, "--json", pipe)
    reader.join(20)
    return said, heard


def test_a_pipe_gets_one_report(fifo):
    """Not those of which a file would hold the last."""
    (code, out, _), (text,) = fifo
    assert code == 0 and "conforms" in out
    assert json.loads(text)["schema"] == "ctverify/conformance/2"


@pytest.mark.parametrize("option", ["--json", "--junit", "--report"])
def test_dev_null(option, tmp_path, monkeypatch):
    """It is not replaced, and nothing is made beside it."""
    monkeypatch.chdir(tmp_path)
    assert call(*QUICK, option, "/dev/null")[0] == 0
    assert not os.path.isfile("/dev/null") and os.listdir(tmp_path) == []


def test_a_link_stays_one(tmp_path):
    """The report is in the file that it names, whose mode stays."""
    (tmp_path / "real.json").write_text("")
    (tmp_path / "real.json").chmod(0o600)
    (tmp_path / "link.json").symlink_to("real.json")
    assert call(*QUICK, "--json", tmp_path / "link.json")[0] == 0
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "real.json").read_text())["checks"]
