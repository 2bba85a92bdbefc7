"""What a subject may change of the process that it runs in."""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np
import torch

from ...core.streams import derive

NUMPYS = 2**32  # seeds of NumPy's global generator are below


@contextmanager
def kept() -> Iterator[None]:
    """Judge in this process: what changes of SETTINGS is put back, what is printed goes to standard
    error.
    """
    before = [get() for get, _ in SETTINGS]
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        for (_, put), value in zip(SETTINGS, before, strict=True):
            put(value)


def seed_all(seed: int) -> None:
    """The global generators, which a subject may draw from, at the start of a stream."""
    start = derive("conformance/global", seed)
    torch.manual_seed(start)
    np.random.seed(start % NUMPYS)  # noqa: NPY002
    random.seed(start)


def _set_device(device: torch.device) -> None:
    if torch.get_default_device() != device:
        torch.set_default_device(device)


def _set_deterministic(before: bool) -> None:
    if torch.are_deterministic_algorithms_enabled() != before:
        torch.use_deterministic_algorithms(before)  # imports torch's compiler, seconds


def _set_directory(directory: str | None) -> None:
    if directory is not None:
        os.chdir(directory)


def _directory() -> str | None:
    try:
        return os.getcwd()
    except FileNotFoundError:
        return None


def _set_environment(before: dict[str, str]) -> None:
    if dict(os.environ) != before:
        os.environ.clear()
        os.environ.update(before)


def _handlers() -> dict[int, Any]:
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.getsignal(number) for number in signal.valid_signals()}


def _set_handlers(before: dict[int, Any]) -> None:
    for number, handler in before.items():
        if handler is not None and signal.getsignal(number) is not handler:
            signal.signal(number, handler)


def _logging() -> tuple[int, list[logging.Handler], int]:
    return logging.root.level, list(logging.root.handlers), logging.root.manager.disable


def _set_logging(before: tuple[int, list[logging.Handler], int]) -> None:
    level, handlers, disabled = before
    logging.root.setLevel(level)
    logging.root.handlers[:] = handlers
    logging.disable(disabled)


def _set_path(before: list[str]) -> None:
    sys.path[:] = before


def _streams() -> tuple[Any, Any]:
    return sys.stdout, sys.stderr


def _set_streams(before: tuple[Any, Any]) -> None:
    sys.stdout, sys.stderr = before


def _set_filters(before: list[Any]) -> None:
    warnings.filters[:] = before  # type: ignore[index]  # a list, whatever its type says


SETTINGS: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.get_default_device, _set_device),
    (torch.is_grad_enabled, torch.set_grad_enabled),
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    (torch.are_deterministic_algorithms_enabled, _set_deterministic),
    (torch.get_rng_state, torch.set_rng_state),
    (np.geterr, lambda before: np.seterr(**before)),
    (np.random.get_state, np.random.set_state),
    (random.getstate, random.setstate),
    (_directory, _set_directory),
    (lambda: dict(os.environ), _set_environment),
    (_handlers, _set_handlers),
    (_logging, _set_logging),
    (lambda: list(sys.path), _set_path),
    (lambda: list(warnings.filters), _set_filters),
    (_streams, _set_streams),
)
