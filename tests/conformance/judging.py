"""Judging a mutant written by hand."""

from __future__ import annotations

import functools
from collections.abc import Container

from ctverify.conformance import search
from ctverify.conformance.checks import ALL
from ctverify.conformance.processes.settings import kept, seed_all
from ctverify.conformance.results.result import Result
from ctverify.conformance.search import judge
from tests.anchor import Mutant

from .mutants import subject

BY_ID = {check.id: check for check in ALL}


def verdict(mutant: Mutant) -> Result:
    """The expected check's."""
    return judge(BY_ID[mutant.killer], subject(mutant), 0, None)


def first(mutant: Mutant, ids: Container[str]) -> tuple[str, str]:
    """The first of these checks that fails, in the order of causes, and follows from no other, and
    what it saw; ("", "") for none.
    """
    made = subject(mutant)

    @functools.cache
    def seen(id: str) -> Result:
        with kept():
            seed_all(0)
            return judge(BY_ID[id], made, 0, None)

    for check in ALL:
        causes = [cause for cause in check.rests_on if cause in ids]
        if check.id not in ids or seen(check.id).status != "fail":
            continue
        if not any(seen(cause).status == "fail" for cause in causes):
            return check.id, seen(check.id).detail
    return "", ""


def judged_first(given: tuple[Mutant, frozenset[str]]) -> tuple[str, str]:
    """first, of a failure that need not be small."""
    search.SHRINKS = 0
    return first(*given)
