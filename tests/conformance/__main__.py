"""python -m tests.conformance [NAME...]: the matrix of mutants.

The check expected to kill each, and the first of all to fail.
"""

from __future__ import annotations

import sys
import time

import torch

from ctverify.conformance.checks import ALL
from ctverify.conformance.result import Result
from ctverify.conformance.search import judge
from tests.anchor import Mutant

from .mutants import MUTANTS, subject

BY_ID = {check.id: check for check in ALL}


def verdict(mutant: Mutant) -> Result:
    """The expected check's."""
    return judge(BY_ID[mutant.killer], subject(mutant), 0, None)


def first(mutant: Mutant) -> str:
    """The first check that fails, in the order of causes; "" if none does."""
    for check in ALL:
        if judge(check, subject(mutant), 0, None).status == "fail":
            return check.id
    return ""


def main(names: list[str]) -> int:
    """Print a row a mutant; 0 if all are killed as expected and every check kills one."""
    torch.set_num_threads(1)
    chosen = list(MUTANTS)
    if names:
        chosen = [mutant for mutant in MUTANTS if mutant.name in names]
    survivors = []
    for mutant in chosen:
        start = time.monotonic()
        result = verdict(mutant)
        earliest = first(mutant)
        killer = mutant.killer
        if result.status != "fail":
            survivors.append(mutant.name)
            killer = "SURVIVES"
        seconds = time.monotonic() - start
        mark = _mark(mutant, earliest)
        row = f"{mutant.name:<44} {killer:<22}{mark} {earliest:<22}"
        detail = result.detail[:110]
        print(f"{row} {seconds:4.0f} s  {detail}", flush=True)
    idle = []
    if not names:
        idle = sorted(set(BY_ID) - {mutant.killer for mutant in chosen})
    killed = len(chosen) - len(survivors)
    summary = f"{killed} of {len(chosen)} killed by the expected check"
    print(f"{summary}; earlier: * its group, ! another group")
    survive = "; ".join(survivors) or "none"
    print(f"survive: {survive}; checks without a mutant: {', '.join(idle) or 'none'}")
    return int(bool(survivors or idle))


def _mark(mutant: Mutant, earliest: str) -> str:
    """Whether the first check to fail is the expected one, one of its group or another."""
    if earliest == mutant.killer:
        return " "
    if earliest.partition(".")[0] == mutant.killer.partition(".")[0]:
        return "*"
    return "!"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
