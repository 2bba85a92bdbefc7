"""What is too large is refused before it is begun: files by their size, arrays by the memory that
they certainly need.

    content = read_bytes(path, "target", 20)     whole, if 20 bytes a byte of it are free
    memory("samples", rows * dim * FLOAT)        refused where so much is not free

An estimate counts what is certainly held at once, no more: it refuses nothing that would fit. Only
regular files are read, so that no FIFO or device is waited for, and no more of them than the system
says they hold.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .arguments import InputError

FLOAT = 8  # bytes of a float64
# bytes of memory a byte of a file: of numbers of 17 digits, which are what takes least
TEXT = 2
JSON = 3
CSV = 5
SMALL = 2**26  # bytes that are not worth asking the system for
CGROUP = Path("/sys/fs/cgroup")
# the limit of a container; what is used of it counts cached files too, and says nothing
CONTAINERS = ("memory.max", "memory/memory.limit_in_bytes")
KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def read_bytes(path: Path, name: str, factor: float = 1) -> bytes:
    """A file's content.

    Arguments:
        path: a regular file.
        name: what a refusal calls it.
        factor: how many bytes of memory its reader needs for a byte of it, at least.

    Returns:
        What it holds.

    Raises:
        InputError: it cannot be read, is no regular file, or needs more memory than is free.

    Example:
        >>> read_bytes(Path("/dev/zero"), "target '/dev/zero'")
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: target '/dev/zero' must be a regular file, got a device
    """
    regular(path, name)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            memory(name, size * factor)
            return file.read(size)
    except OSError as error:
        raise InputError(f"{name} cannot be read: {_reason(error)}") from None


def regular(path: Path, name: str) -> None:
    """Refuse what is no regular file, before one who waits for a FIFO opens it.

    Arguments:
        path: where it is.
        name: what a refusal calls it.

    Raises:
        InputError: it is not there, or something else.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        raise InputError(f"{name} cannot be read: {_reason(error)}") from None
    for is_kind, words in KINDS:
        if is_kind(mode):
            raise InputError(f"{name} must be a regular file, got {words}")


def read_text(path: Path, name: str, factor: float = TEXT) -> str:
    """A text file's content.

    Arguments:
        path: a regular file in UTF-8, with or without a byte order mark.
        name: what a refusal calls it.
        factor: how many bytes of memory its reader needs for a byte of it, at least.

    Returns:
        The text.

    Raises:
        InputError: it cannot be read, is no regular file or no UTF-8, or needs more memory than is
            free.
    """
    try:
        return read_bytes(path, name, factor).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} must be text in UTF-8: {error}") from None


def memory(name: str, needed: float) -> None:
    """Refuse what cannot fit.

    Arguments:
        name: what a refusal begins with: the argument that is too large.
        needed: bytes that are certainly held at once.

    Raises:
        InputError: so much is not free.

    Example:
        >>> memory("samples", 1e18)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: samples: at least 1e+06 TB of memory are needed, and ...
    """
    if needed < SMALL:
        return
    free = available()
    if needed > free:
        raise InputError(
            f"{name}: at least {in_words(needed)} of memory are needed, and {in_words(free)} are "
            "free"
        )


def available() -> float:
    """Bytes of memory that this process may still take, as far as the system tells."""
    limits = [_free_of_machine()]
    for file in CONTAINERS:
        limit = _number(CGROUP / file)
        if limit is not None:
            limits.append(limit)
    return min(limits)


def in_words(size: float) -> str:
    """Bytes in a unit that leaves a handy number.

    Example:
        >>> in_words(4.04e10), in_words(2e6)
        ('40.4 GB', '2 MB')
    """
    for unit, bytes_of_it in (("TB", 1e12), ("GB", 1e9)):
        if size >= bytes_of_it:
            return f"{size / bytes_of_it:.3g} {unit}"
    return f"{size / 1e6:.3g} MB"


def _reason(error: Exception) -> str:
    """Why a file cannot be read; a ValueError says that its path holds a NUL."""
    return getattr(error, "strerror", None) or str(error)


def _free_of_machine() -> float:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # on Windows
        return float("inf")


def _number(path: Path) -> float | None:
    """What a file of the system holds; None where it is not there or says "max"."""
    try:
        return float(path.read_text())
    except (OSError, ValueError):
        return None
