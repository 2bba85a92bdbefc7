"""A GPU is used by one case at a time: a file lock for each device of a machine, which a killed
process lets go of.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..core import arguments

PAUSE = 0.1  # seconds between two looks at devices that are all taken


@contextmanager
def claimed(device: str) -> Iterator[str]:
    """The device for one case.

    Arguments:
        device: auto, cpu, cuda (any GPU) or cuda:N.

    Yields:
        The CPU at once; of the GPUs that `device` allows the first that is free, which is nobody
        else's meanwhile.
    """
    wanted = gpus(device)
    if not wanted:
        yield "cpu"
        return
    with first_free(wanted) as free:
        yield free
        import torch

        torch.cuda.empty_cache()  # the next case may run in another process


def gpus(device: str) -> dict[str, str]:
    """The GPUs that a device's name allows.

    Arguments:
        device: auto, cpu, cuda or cuda:N.

    Returns:
        By the name that torch has for each, one that all processes of the machine share; none for
        the CPU.
    """
    import torch

    wanted_device = arguments.device(device)
    if wanted_device.type != "cuda":
        return {}
    every = (
        range(torch.cuda.device_count()) if device in ("auto", "cuda") else [wanted_device.index]
    )
    shared = {}
    for i in every:
        properties = torch.cuda.get_device_properties(i)
        shared[f"cuda:{i}"] = str(getattr(properties, "uuid", i))
    return shared


@contextmanager
def first_free(names: Mapping[str, str]) -> Iterator[str]:
    """Hold the lock of the first device that is free, waiting for one.

    Arguments:
        names: by device, the name that all processes of the machine share.

    Yields:
        The device.
    """
    folder = Path(tempfile.gettempdir())
    while True:
        for device, shared in names.items():
            handle = _opened(folder / f"ctverify-gpu-{shared}.lock")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(handle)
                continue
            try:
                yield device
            finally:
                os.close(handle)
            return
        time.sleep(PAUSE)


def _opened(lock: Path) -> int:
    """Another user's lock can be held too: it is only read, and created where it is not there."""
    try:
        return os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        return os.open(lock, os.O_RDONLY | os.O_CREAT, 0o644)
