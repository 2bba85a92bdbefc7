"""Sweeps: a grid of cases, each trained and certified by itself, on any
concurrent.futures.Executor.

    spec.py      SPEC.toml: axes, and the cases that they span
    case.py      what defines a case, and the hash that names it
    measure.py   what a case computes; devices.py: on which device
    store.py     the folder: sweep.json and cases/HASH.json, each written whole or not at all
    schema.py    what these files hold
    engine.py    cases through an executor; executors.py: local processes, Dask
    gather.py    folders as one table

A case is computed anywhere and written by the driver alone: workers share no files with it. Names
are imported on first use (PEP 562): a worker sets its threads before it imports anything that
counts them.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "Case": "case",
    "Record": "store",
    "Spec": "spec",
    "merge": "gather",
    "read_records": "store",
    "read_spec": "spec",
    "run_sweep": "engine",
    "spec_of": "spec",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ctverify.sweep' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
