"""python -m tests.conformance [NAME...]: the matrix of mutants: the check expected to kill each,
and the first of all to fail.
"""

from __future__ import annotations

import sys
import time

import torch

from ctverify.conformance.checks import ALL
from ctverify.conformance.result import Result
from ctverify.conformance.search import judge

from .mutants import MUTANTS, Mutant

BY_ID = {check.id: check for check in ALL}


def verdict(mutant: Mutant) -> Result:
    """The expected check's."""
    return judge(BY_ID[mutant.id], mutant.subject(), 0, None)


def first(mutant: Mutant) -> str:
    """The first check that fails, in the order of causes."""
    return next(
        (check.id for check in ALL if judge(check, mutant.subject(), 0, None).status == "fail"), ""
    )


def main(names: list[str]) -> int:
    """Print a row a mutant; 0 if all are killed as expected and every check kills one."""
    torch.set_num_threads(1)
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    survivors = []
    for mutant in chosen:
        start = time.monotonic()
        result, before = verdict(mutant), first(mutant)
        mark = (
            " "
            if before == mutant.id
            else "*"
            if before.partition(".")[0] == mutant.id.partition(".")[0]
            else "!"
        )
        killed = mutant.id if result.status == "fail" else "SURVIVES"
        print(
            f"{mutant.name:<44} {killed:<22}{mark} {before:<22} {time.monotonic() - start:4.0f} s  {result.detail[:110]}",
            flush=True,
        )
        survivors += [mutant.name] if result.status != "fail" else []
    idle = sorted(set(BY_ID) - {mutant.id for mutant in chosen}) if not names else []
    print(
        f"{len(chosen) - len(survivors)} of {len(chosen)} killed by the expected check; earlier: * its group, ! another group"
    )
    print(
        f"survive: {'; '.join(survivors) or 'none'}; checks without a mutant: {', '.join(idle) or 'none'}"
    )
    return int(bool(survivors or idle))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
