"""Where a subject is, for the process that watches it: the method that it runs, since when, on
which example.

It stands in a small file that both processes map, so that it can be read when the subject hangs
where no Python runs, and when it is dead. Times are of the monotonic clock, one for all processes.
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SLOT = 4096  # bytes of one subject
METHOD = slice(16, 80)
EXAMPLE = slice(80, SLOT)


@dataclass(frozen=True)
class Seen:
    """What a subject is at: `method` is "" between its calls."""

    method: str
    since: float
    example: str


class Watch:
    """One slot of the file."""

    def __init__(self, file: Path, slot: int) -> None:
        with file.open("r+b") as opened:
            self._bytes = mmap.mmap(opened.fileno(), 0)
        self._start = slot * SLOT
        # one aligned store and load: struct.pack_into would write zeros first, which the other
        # process could see
        self._since = memoryview(self._bytes)[self._start : self._start + 8].cast("d")

    def write(self, method: str, since: float) -> None:
        """The method that runs now."""
        self._put(METHOD, method)
        self._since[0] = since

    def begin(self, example: str) -> None:
        """The example that is judged now."""
        self._put(EXAMPLE, example)
        self.write("", time.monotonic())

    def read(self) -> Seen:
        """What was written last."""
        return Seen(self._text(METHOD), self._since[0], self._text(EXAMPLE))

    def close(self) -> None:
        """Of the process that watches."""
        self._since.release()
        self._bytes.close()

    def _put(self, place: slice, text: str) -> None:
        length = place.stop - place.start
        content = text.encode(errors="replace")[:length].ljust(length, b"\0")
        self._bytes[self._start + place.start : self._start + place.stop] = content

    def _text(self, place: slice) -> str:
        content = self._bytes[self._start + place.start : self._start + place.stop]
        return content.rstrip(b"\0").decode(errors="replace")


_here: Watch | None = None  # this process's, where another watches it


def watched_by(watch: Watch) -> None:
    """From now on `running` and `example` write there."""
    global _here
    _here = watch


@contextmanager
def running(method: str) -> Iterator[None]:
    """A call of the subject, which may be within another: its network asks it for its scalings."""
    if _here is None:
        yield
        return
    outer = _here.read()
    _here.write(method, time.monotonic())
    try:
        yield
    finally:
        if outer.method:
            _here.write(outer.method, outer.since)
        else:
            _here.write("", time.monotonic())


def example(text: str) -> None:
    """An example begins."""
    if _here is not None:
        _here.begin(text)
