"""Wrong implementations of ctverify, each one small and plausible, that the property suite must kill.

A mutant is a piece of ctverify's source, replaced. `python -m tests.mutants` judges a mutated copy of the package by the quick
profile and prints the matrix: which law was the first, in the order of causes, to kill it, in what time, and on which example.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """`old` in ctverify/`file`, which occurs once, becomes `new`; `law` is expected to be the first to kill it."""

    name: str
    law: str
    file: str
    old: str
    new: str
