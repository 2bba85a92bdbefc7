"""Files that are either written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from .arguments import InputError


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it there.

    Arguments:
        path: the file; its directory is made where missing, an older file is replaced.
        content: what it shall hold.

    Raises:
        InputError: the system refuses.

    Example:
        >>> write_atomically(Path("out/levels.json"), b"[0.9, 0.1]")
        >>> Path("out/levels.json").read_text()
        '[0.9, 0.1]'
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes files for the owner alone; ours are like any other program's
            os.chmod(draft, 0o666 & ~_umask())
            os.replace(draft, path)
        except BaseException:
            # interrupted once it had its name: the interrupt must not end as "cannot write"
            with suppress(FileNotFoundError):
                os.unlink(draft)
            raise
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"cannot write {str(path)!r}: {reason}") from None


def writable_directory(directory: Path) -> None:
    """Make a directory and show that it can be written to, before long work starts.

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
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"cannot write into {str(directory)!r}: {reason}") from None


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
