"""What another process reads of a subject, at any moment."""

import multiprocessing
import time

from ctverify.conformance.processes import watch
from ctverify.conformance.processes.watch import SLOT, Watch


def test_calls_within_calls(tmp_path, monkeypatch):
    """The outer call goes on where the inner one ends, from when it began."""
    file = tmp_path / "watch"
    file.write_bytes(bytes(2 * SLOT))
    here, there = Watch(file, 1), Watch(file, 1)
    monkeypatch.setattr(watch, "_here", here)
    watch.example("é" * SLOT)
    assert there.read().method == "" and there.read().example.startswith("éé")
    with watch.running("sample"):
        began = there.read()
        with watch.running("consistency"):
            assert there.read().method == "consistency"
        assert there.read() == began
    assert there.read().method == "" and there.read().since >= began.since
    assert Watch(file, 0).read().since == 0.0


def _write(file, least):
    here = Watch(file, 0)
    while True:
        for number in range(1000):
            here.write("sample", least + number)


def test_times_are_whole(tmp_path):
    """No reader sees a time that was not written."""
    file = tmp_path / "watch"
    file.write_bytes(bytes(SLOT))
    there, least = Watch(file, 0), time.monotonic() + 1.0
    there.write("", least)
    writer = multiprocessing.get_context("fork").Process(target=_write, args=(file, least))
    writer.start()
    try:
        seen = {there.read().since - least for _ in range(100_000)}
    finally:
        writer.kill()
        writer.join()
    assert len(seen) > 1 and all(0 <= one < 1000 for one in seen)
