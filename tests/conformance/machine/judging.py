"""Judging a mutant: the likeliest checks first, few examples before many, up to the first FAIL."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ctverify.conformance import search
from ctverify.conformance.checks import ALL
from ctverify.conformance.checks.check import Check
from ctverify.conformance.processes.settings import kept, seed_all
from ctverify.core.arguments import InputError

from ..apart import apart
from .population import Mutant

SECONDS = 600.0  # that a mutant may take, some thirty times what the original does
FEW = 3  # examples of a check at first
LIKELY = {
    "times": ("times.ramp", "times.*"),
    "_ramp": ("times.ramp", "times.*"),
    "curriculum": ("times.curriculum",),
    "scalings": ("scalings.declared",),
    "_scalings": ("scalings.*",),
    "_f": ("scalings.*", "interface.*"),
    "consistency": ("scalings.*", "interface.*"),
    "add_noise": ("pair.add_noise",),
    "sample": ("sampler.renoise", "sampler.*"),
    "training_pair": ("pair.shared", "pair.noise", "pair.*"),
    "_law": ("times.grid", "times.atoms"),
    "_noised": ("pair.noise", "times.law", "loss.stationary"),
    "loss": ("loss.law", "loss.stationary", "loss.restoring", "loss.tangent", "loss.*"),
    "_huber": ("loss.law", "loss.*"),
    "weight": ("loss.weight",),
    "ema": ("loss.ema",),
    "restored": ("interface.state",),
}


@dataclass(frozen=True)
class Verdict:
    """The check that killed a mutant, or "hangs" or "refused"; "" where it survives."""

    mutant: Mutant
    killer: str
    detail: str
    seconds: float


def judged(mutant: Mutant, ids: Iterable[str], seconds: float = SECONDS) -> Verdict:
    """The verdict of these checks, from a process of the mutant's own."""
    start = time.monotonic()
    try:
        killer, detail = apart(_killed, (mutant, frozenset(ids)), seconds)
    except TimeoutError:
        killer, detail = "hangs", f"no verdict after {seconds:g} s"
    return Verdict(mutant, killer, detail, time.monotonic() - start)


def killed(mutant: Mutant, ids: Container[str]) -> tuple[str, str]:
    """(check, what it saw) of the first of these that fails; ("", "") if none does."""
    subject = mutant.subject()
    for check, examples in _asked(mutant, ids):
        with kept():
            seed_all(0)
            try:
                result = search.judge(check, subject, 0, examples)
            except InputError as error:
                return "refused", str(error)
        if result.status == "fail":
            return check.id, result.detail
    return "", ""


def _asked(mutant: Mutant, ids: Container[str]) -> Iterator[tuple[Check, int | None]]:
    """The likely checks with few examples, then all with few, then all with all."""
    patterns = LIKELY.get(mutant.function.rpartition(".")[2], ())
    likely = [c for pattern in patterns for c in ALL if fnmatchcase(c.id, pattern)]
    ordered = {check.id: check for check in (*likely, *ALL) if check.id in ids}.values()
    yield from ((check, FEW) for check in ordered)
    yield from ((check, None) for check in ordered if check.examples > FEW)


def _killed(given: tuple[Mutant, frozenset[str]]) -> tuple[str, str]:
    search.SHRINKS = 0  # a failure need not be small
    return killed(*given)
