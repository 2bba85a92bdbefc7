"""Files written whole or not at all, into what is not replaced, and under names of strangers."""

import os
import stat
import subprocess
import sys
import threading
import time

import pytest

from ctverify import InputError
from ctverify.core import files
from ctverify.core.files import (
    ABANDONED,
    DRAFT,
    locked,
    name_for_file,
    remove,
    replaceable,
    writable_directory,
    write_atomically,
)


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


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_modes_are_kept(tmp_path, mode):
    """A file that is replaced keeps its permissions; a new one has those of any new file."""
    file = tmp_path / "a.json"
    (tmp_path / "other").write_bytes(b"")
    write_atomically(file, b"1")
    assert file.stat().st_mode == (tmp_path / "other").stat().st_mode
    file.chmod(mode)
    write_atomically(file, b"2")
    assert stat.S_IMODE(file.stat().st_mode) == mode and file.read_bytes() == b"2"


def test_a_link_is_followed(tmp_path):
    """Also through a second one, and to a file that is not there yet; the links stay."""
    (tmp_path / "there").mkdir()
    real = tmp_path / "there" / "real.json"
    first = tmp_path / "first.json"
    second = tmp_path / "second.json"
    first.symlink_to("there/real.json")
    second.symlink_to(first)
    for content in (b"1", b"2"):
        write_atomically(second, content)
        assert real.read_bytes() == content
    assert first.is_symlink() and second.is_symlink()
    assert os.listdir(tmp_path / "there") == ["real.json"]
    remove(second)
    assert not real.exists() and first.is_symlink()


def test_a_link_to_itself(tmp_path):
    """One sentence."""
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="cannot write"):
        write_atomically(tmp_path / "loop", b"1")
    assert (tmp_path / "loop").is_symlink()


def test_a_pipe_is_written_to(tmp_path):
    """More than a pipe holds arrives; the pipe stays one."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    content = bytes(300_000)
    write_atomically(pipe, content)
    reader.join(20)
    assert heard == [content]
    remove(pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode) and os.listdir(tmp_path) == ["pipe"]


def test_a_pipe_that_nobody_reads(tmp_path, monkeypatch):
    """One sentence instead of a wait without end."""
    monkeypatch.setattr(files, "READER", 0.0)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="nobody has read this pipe"):
        write_atomically(tmp_path / "pipe", b"1")


def test_a_device_is_written_to():
    """/dev/null is what it was."""
    before = os.stat("/dev/null")
    write_atomically(files.Path("/dev/null"), b"1")
    assert os.stat("/dev/null").st_rdev == before.st_rdev and not replaceable(
        files.Path("/dev/null")
    )


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
def test_standard_output_in_a_file(tmp_path, name):
    """Where the shell's file is standard output, what was printed before and after stays in it."""
    (tmp_path / "link").symlink_to("/dev/stdout")
    place = tmp_path / name  # joining an absolute name gives that name
    words = (
        "from pathlib import Path\n"
        "from ctverify.core.files import write_atomically\n"
        "print('before')\n"
        f"write_atomically(Path({str(place)!r}), b'content\\n')\n"
        "print('after')\n"
    )
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", words], stdout=out, check=True)
    assert (tmp_path / "out").read_text() == "before\ncontent\nafter\n"


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "file/below"])
def test_names_that_are_none(tmp_path, name):
    """One sentence, and nothing is written."""
    (tmp_path / "file").write_bytes(b"1")
    with pytest.raises(InputError, match="cannot write"):
        write_atomically(tmp_path / name, b"1")
    with pytest.raises(InputError, match="cannot write into"):
        writable_directory(tmp_path / name)
    assert os.listdir(tmp_path) == ["file"]


def test_a_name_as_long_as_they_may_be(tmp_path):
    """The draft's name is longer than the file's, but not too long for the system."""
    name = "ä" * 127
    write_atomically(tmp_path / name, b"1")
    assert os.listdir(tmp_path) == [name]


def test_a_file_that_is_protected(tmp_path, monkeypatch):
    """It is not replaced, though its directory would allow it."""
    file = tmp_path / "a.json"
    file.write_bytes(b"1")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everything
    with pytest.raises(InputError, match="Permission denied"):
        write_atomically(file, b"2")
    assert file.read_bytes() == b"1"


def test_drafts_of_the_killed(tmp_path):
    """Old ones go when something begins to work there; young ones may still be written."""
    old = tmp_path / f".a.json.x{DRAFT}"
    young = tmp_path / f".b.json.x{DRAFT}"
    own = tmp_path / ".mine"
    for file in (old, young, own):
        file.write_bytes(b"1")
    then = time.time() - 2 * ABANDONED
    os.utime(old, (then, then))
    os.utime(own, (then, then))
    writable_directory(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted([young.name, own.name])


def test_a_lock_of_one_that_has_ended(tmp_path):
    """It is free again, also after an error."""
    with pytest.raises(KeyError), locked(tmp_path, "run"):
        raise KeyError
    with locked(tmp_path, "run"), locked(tmp_path, "sweep", ".other"):
        pass


HOSTILE = [
    "../../x",
    "..",
    ".",
    "",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "a\0b",
    "x" * 300,
    "ä" * 90,
    "-rf",
    ".hidden",
    "trailing.",
    "trailing ",
    "a\nb",
    "a:b",
    "~",
    "$HOME",
    "*",
    "\ud800",
    "\u202egnp",
    "e\u0301",  # of two forms that some systems take for one
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names(tmp_path, name):
    """They become a file of that directory, and none is another's."""
    safe = name_for_file(name)
    write_atomically(tmp_path / f"certificate-{safe}.json", b"1")
    assert os.listdir(tmp_path) == [f"certificate-{safe}.json"]
    others = {name_for_file(other) for other in HOSTILE if other != name}
    assert safe not in others and name_for_file(safe) == safe


@pytest.mark.parametrize("name", ["mild", "mixture-2d", "T_64.v2", "Gauß", "my points", "x"])
def test_names_that_stay(name):
    """What users call their files."""
    assert name_for_file(name) == name
