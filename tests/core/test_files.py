"""Files written whole or not at all."""

import os

import pytest

from ctverify.core.files import write_atomically


def test_interrupted_when_done(tmp_path, monkeypatch):
    """An interrupt right after the rename is that interrupt, and the file stands whole."""
    replace = os.replace

    def interrupted(draft, path):
        replace(draft, path)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    file = tmp_path / "report.json"
    with pytest.raises(KeyboardInterrupt):
        write_atomically(file, b"{}")
    assert file.read_bytes() == b"{}" and os.listdir(tmp_path) == ["report.json"]
