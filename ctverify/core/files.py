"""Files that are either written whole or not at all, and names that are safe to give them.

A regular file is written as a draft beside its place and renamed there, so that a process that is
killed leaves the old file or the new one. Its draft begins with a dot and ends with DRAFT. A device
or a pipe is written to, and a link is followed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .arguments import InputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

DRAFT = ".ctverify-draft"
ABANDONED = 3600.0  # seconds after which nobody is writing a draft any more
LOCK = ".ctverify-lock"
LONGEST = 100  # bytes of a name that goes into a file's
LONGEST_DRAFT = 180  # bytes of a file's name that its draft's repeats; systems allow 255
READABLE = re.compile(r"\w([\w .-]*\w)?")  # names that are a file's as they are
LINKS = 40  # links to follow, as Linux does
DESCRIPTORS = re.compile(r"/proc/(self|\d+)/fd|/dev/fd")
READER = 10.0  # seconds to wait for somebody who reads a pipe


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it there.

    A link is followed, and a device or a pipe (/dev/null, /dev/stdout) is written to. The file
    keeps the permissions of the one that it replaces.

    Arguments:
        path: the file; its directory is made where missing, an older file is replaced.
        content: what it shall hold.

    Raises:
        InputError: the system refuses, or nobody reads a pipe.

    Example:
        >>> write_atomically(Path("out/levels.json"), b"[0.9, 0.1]")
        >>> Path("out/levels.json").read_text()
        '[0.9, 0.1]'
    """
    try:
        number = _descriptor(path)
        if number is not None:
            _write_to(os.dup(number), content)
        elif not replaceable(path):
            _write_to(_opened(path), content)
        else:
            _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"cannot write {str(path)!r}: {reason}") from None
    except ValueError as error:  # a NUL in the name
        raise InputError(f"cannot write {str(path)!r}: {error}") from None


def replaceable(path: Path) -> bool:
    """Whether a file is a regular one, or can become one; a device or a pipe is none.

    Arguments:
        path: the file; links are followed.

    Example:
        >>> replaceable(Path("new.json"))
        True
        >>> replaceable(Path("/dev/null"))
        False
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):  # missing: writing it will tell
        return True
    if _descriptor(path) is not None:
        return False
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)  # a directory is refused when it is written


def remove(path: Path) -> None:
    """Remove a regular file, where there is one: what it says holds no longer.

    Arguments:
        path: the file; of a link the file that it names, devices and pipes are left.

    Raises:
        InputError: the system refuses.

    Example:
        >>> remove(Path("page-of-the-last-run.html"))
    """
    if not replaceable(path) or path.is_dir():
        return
    try:
        os.unlink(os.path.realpath(path))
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(f"cannot remove {str(path)!r}: {error.strerror or error}") from None


def writable_directory(directory: Path) -> None:
    """Make a directory and show that it can be written to, before long work starts; drafts that
    were left in it long ago are removed.

    Arguments:
        directory: the directory; those above it are made too.

    Raises:
        InputError: the system refuses.

    Example:
        >>> writable_directory(Path("results/today"))
        >>> Path("results/today").is_dir()
        True
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
        _clear_drafts(directory)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"cannot write into {str(directory)!r}: {reason}") from None
    except ValueError as error:  # a NUL in the name
        raise InputError(f"cannot write into {str(directory)!r}: {error}") from None


@contextmanager
def locked(directory: Path, user: str, name: str = LOCK) -> Iterator[None]:
    """Held while something that must be alone works in a directory; who is killed has let go of it.

    Arguments:
        directory: the directory; made where missing.
        user: what a refusal says is working in it.
        name: the lock's file.

    Raises:
        InputError: it is held, or the directory cannot be written.

    Example:
        >>> with locked(Path("results"), "run"), locked(Path("results"), "run"):
        ...     pass
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: out 'results' is in use: another run is running in it
    """
    writable_directory(directory)
    path = directory / name
    try:
        handle = _locked(path)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"cannot write into {str(directory)!r}: {reason}") from None
    if handle is None:
        raise InputError(f"out {str(directory)!r} is in use: another {user} is running in it")
    try:
        yield
    finally:
        try:
            with suppress(OSError):
                os.unlink(path)
        finally:
            os.close(handle)


def name_for_file(name: str) -> str:
    """A name as part of a file's name, whatever is in it.

    Arguments:
        name: any text; it may come from a file of a stranger's.

    Returns:
        `name` itself where it is letters, digits, "_", "-", "." and spaces, at most 100 bytes, and
        begins and ends with one of the first three; else what is left of it so, and a hash of it.
        Put it behind a word of your own: a system may reserve it ("nul").

    Example:
        >>> name_for_file("mixture-2d")
        'mixture-2d'
        >>> name_for_file("../../etc/passwd")
        'etc-passwd-3754d6cb'
    """
    plain = name.isprintable() and unicodedata.is_normalized("NFC", name)
    encoded = name.encode(errors="replace")
    if plain and len(encoded) <= LONGEST and READABLE.fullmatch(name):
        return name
    words = re.findall(r"[A-Za-z0-9_]+", name)
    short = "-".join(words)[: LONGEST // 2].strip("-")
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{short}-{digest}" if short else digest


def _replace(path: Path, content: bytes) -> None:
    """A regular file: its draft, then its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = _status(path)
    if before is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    start = os.fsencode(path.name)[:LONGEST_DRAFT].decode(errors="ignore")
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{start}.", suffix=DRAFT)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files for the owner alone; ours are like any other program's
        mode = 0o666 & ~_umask()
        if before is not None:
            with suppress(OSError, AttributeError):  # another's file, or Windows
                os.chown(draft, before.st_uid, before.st_gid)
            mode = stat.S_IMODE(before.st_mode)
        os.chmod(draft, mode)
        os.replace(draft, path)
    except BaseException:
        # interrupted once it had its name: the interrupt must not end as "cannot write"
        with suppress(FileNotFoundError):
            os.unlink(draft)
        raise


def _status(path: Path) -> os.stat_result | None:
    """What the system knows of a file, None where there is none."""
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _descriptor(path: Path) -> int | None:
    """The number of the open file of this process that a path names, as /dev/stdout does: opened
    anew it would be another file, with an end of its own.
    """
    place = os.path.abspath(path)
    for _ in range(LINKS):
        directory, name = os.path.split(place)
        directory = os.path.realpath(directory)
        ours = DESCRIPTORS.fullmatch(directory) and directory.split("/")[2] in (
            "self",
            "fd",
            str(os.getpid()),
        )
        if ours and name.isdecimal():
            return int(name)
        place = os.path.join(directory, name)
        if not os.path.islink(place):
            return None
        place = os.path.join(directory, os.readlink(place))
    return None


def _opened(path: Path) -> int:
    """A device or a pipe, open for writing; somebody must read a pipe."""
    deadline = time.monotonic() + READER
    while True:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > deadline:
                words = f"nobody has read this pipe for {READER:g} seconds"
                raise OSError(errno.ENXIO, words) from None
            time.sleep(0.05)
        else:
            os.set_blocking(handle, True)
            return handle


def _write_to(handle: int, content: bytes) -> None:
    """All of it to an open file, which is closed."""
    with suppress(AttributeError, OSError, ValueError):
        sys.stdout.flush()  # what was printed before comes before
    with os.fdopen(handle, "wb", buffering=0) as file:
        rest = memoryview(content)
        while rest:
            rest = rest[file.write(rest) :]


def _clear_drafts(directory: Path) -> None:
    """Remove the drafts of writers that were killed."""
    with suppress(OSError), os.scandir(directory) as entries:  # others may be as quick
        drafts = [entry for entry in entries if entry.name.endswith(DRAFT)]
        for draft in drafts:
            if time.time() - draft.stat().st_mtime > ABANDONED:
                os.unlink(draft)


def _locked(path: Path) -> int | None:
    """A lock's file, open and held by this process; None where another one holds it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if fcntl is None:
            return handle
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        except OSError:  # a file system without locks: better to work than to refuse
            return handle
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), os.stat(path)):
                return handle
        os.close(handle)  # who held it has just removed it


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
