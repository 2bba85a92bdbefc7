"""Which checks run which functions of a reference: a mutant of one is judged by those alone."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ctverify.conformance import search
from ctverify.conformance.checks import ALL
from ctverify.conformance.processes.settings import kept, seed_all
from ctverify.conformance.references.reference import Reference
from ctverify.conformance.references.reference_flowmap import FlowMap
from ctverify.conformance.references.reference_meanflow import MeanFlow
from ctverify.conformance.references.reference_trigflow import TrigFlow

SUBJECTS = {"Reference": Reference, "TrigFlow": TrigFlow, "MeanFlow": MeanFlow, "FlowMap": FlowMap}
EXAMPLES = 5  # after which no check runs another function


def reached() -> dict[str, frozenset[str]]:
    """The ids of the checks that run "Reference._f", by whatever way, and so on."""
    found: dict[str, set[str]] = {}
    for name, kind in SUBJECTS.items():
        for check in ALL:
            with _called(kind) as parts, kept():
                seed_all(0)
                search.judge(check, kind(), 0, EXAMPLES)
            for part in parts:
                found.setdefault(f"{name}.{part}", set()).add(check.id)
    return {part: frozenset(ids) for part, ids in found.items()}


@contextmanager
def _called(kind: type) -> Iterator[set[str]]:
    """The names of the functions of a class that are called meanwhile."""
    names: set[str] = set()

    def noting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def noted(*given: Any, **named: Any) -> Any:
            names.add(name)
            return function(*given, **named)

        return noted

    functions = {
        name: function
        for name, function in vars(kind).items()
        if inspect.isfunction(function) and not name.startswith("__")
    }
    for name, function in functions.items():
        setattr(kind, name, noting(name, function))
    try:
        yield names
    finally:
        for name, function in functions.items():
            setattr(kind, name, function)
