"""A certificate's two files: its JSON, and the samples that were kept for figures.

    NAME.json        says the SHA-256 of the samples in samples_sha256, null where there are none
    NAME.HASH.npz    the samples; HASH is how their SHA-256 begins

The samples are written first and under a name of their own, so that a process that is killed leaves
the old certificate or the new one. Certificates of 0.1.0 say nothing of their samples, which are in
NAME.npz.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ..core.arguments import InputError
from ..core.files import replaceable, write_atomically
from ..core.limits import memory, read_bytes
from ..core.schemas import load

FIELD = "samples_sha256"
DIGEST = re.compile(r"[0-9a-f]{64}")
HASHED = re.compile(r"\.[0-9a-f]{16}\.npz")


def write(path: Path, samples: Mapping[str, Any], text: Any) -> None:
    """Write samples, then the JSON that names them, and remove those that nothing names any more.

    Arguments:
        path: the JSON's file; into a device or a pipe the JSON alone is written.
        samples: arrays by name, none where it is empty.
        text: text(sha256) -> the JSON as bytes; sha256 is None without samples.

    Raises:
        InputError: a file cannot be written.
    """
    if not replaceable(path):
        write_atomically(path, text(None))
        return
    before = _unbound(path)
    digest = None
    kept = None
    if samples:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **samples)
        data = buffer.getvalue()
        digest = hashlib.sha256(data).hexdigest()
        kept = file_of(path, digest)
        write_atomically(kept, data)
    write_atomically(path, text(digest))
    for file in [*_bound(path), *before]:
        if file != kept:
            with suppress(OSError):  # nothing names it, so that it may as well stay
                file.unlink()


def remove(path: Path) -> None:
    """Remove a certificate and then its samples, so that neither is ever without what it names.

    Arguments:
        path: the JSON's file; nothing happens where there is none.

    Raises:
        InputError: the system refuses.
    """
    before = _unbound(path)
    try:
        path.unlink(missing_ok=True)
        for file in [*_bound(path), *before]:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot remove {str(path)!r}: {error.strerror or error}") from None


def read(path: Path, data: Mapping[str, Any], names: Collection[str] | None = None) -> Any:
    """The samples of a certificate.

    Arguments:
        path: the JSON's file.
        data: the JSON's content, of a schema.
        names: which arrays; None for all.

    Returns:
        Arrays by name; none where none were kept, or their file is not there.

    Raises:
        InputError: they cannot be read, or are not those that the JSON names.
    """
    file = named(path, data)
    if file is None or not file.is_file():
        return {}
    try:
        content = read_bytes(file, "the file")
        if FIELD in data and hashlib.sha256(content).hexdigest() != data[FIELD]:
            raise ValueError(f"its SHA-256 is not the one in {path.name}")
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            memory("its arrays", sum(part.file_size for part in archive.zip.infolist()))
            wanted = [name for name in archive.files if names is None or name in names]
            return {name: archive[name] for name in wanted}
    except Exception as error:  # a damaged archive raises whatever its decoder does
        raise InputError(f"samples {str(file)!r} cannot be read: {error}") from None


def named(path: Path, data: Mapping[str, Any]) -> Path | None:
    """The file of samples of a certificate, whether it is there or not; None where it has none.

    Arguments:
        path: the JSON's file.
        data: the JSON's content; whatever its samples_sha256, the file is beside `path`.
    """
    if FIELD not in data:
        return path.with_suffix(".npz")
    digest = data[FIELD]
    if isinstance(digest, str) and DIGEST.fullmatch(digest):  # of schema 1 nobody has checked it
        return file_of(path, digest)
    return None


def file_of(path: Path, sha256: str) -> Path:
    """The file of samples with that hash, beside the certificate's."""
    return path.with_name(f"{path.stem}.{sha256[:16]}.npz")


def _bound(path: Path) -> list[Path]:
    """All files of samples of certificates that this file has held."""
    start = path.stem
    return [
        file
        for file in path.parent.iterdir()
        if file.name.startswith(start) and HASHED.fullmatch(file.name[len(start) :])
    ]


def _unbound(path: Path) -> list[Path]:
    """The samples of 0.1.0, where a certificate of it is there."""
    if not path.is_file():
        return []
    try:
        data = load(path, "the certificate")
    except InputError:
        return []
    ours = isinstance(data, dict) and str(data.get("schema")).startswith("ctverify/certificate/")
    if not ours or FIELD in data:
        return []
    return [path.with_suffix(".npz")]
