"""python -m tests.conformance [NAME...] [--jobs J]: the matrix of mutants written by hand.

The check expected to kill each, and the first that fails and follows from no other.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.anchor import Mutant

from .apart import apart
from .judging import BY_ID, judged_first
from .mutants import MUTANTS
from .reached import reached

SECONDS = 900.0  # that a mutant may take


@dataclass(frozen=True)
class Verdict:
    """The check that a mutant fails first, but for what follows from another; "" for none."""

    mutant: Mutant
    first: str
    detail: str
    seconds: float

    @property
    def right(self) -> bool:
        """Whether it is the check of the cause."""
        return self.first == self.mutant.killer

    def __str__(self) -> str:
        """A row of the matrix; ! where another check than expected is the first."""
        mark = " " if self.right else "!"
        killer, first = self.mutant.killer, self.first or "SURVIVES"
        row = f"{self.mutant.name:<50}{killer:<22}{mark} {first:<22}"
        return f"{row}{self.seconds:4.0f} s  {self.detail[:110]}"


def matched(mutant: Mutant, ids: frozenset[str]) -> Verdict:
    """The row of a mutant judged by these checks, from a process of its own."""
    start = time.monotonic()
    id, detail = apart(judged_first, (mutant, ids), SECONDS)
    return Verdict(mutant, id, detail, time.monotonic() - start)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row a mutant; 0 if each is killed first by the check of its cause, and every check
    kills one.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutants by name [all]")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time [one a core]"
    )
    options = parser.parse_args(arguments)
    chosen = [one for one in MUTANTS if not options.names or one.name in options.names]
    ids, every, verdicts = reached(), frozenset(BY_ID), []
    with ThreadPoolExecutor(options.jobs) as pool:
        for row in pool.map(lambda one: matched(one, ids.get(one.edit.function, every)), chosen):
            verdicts.append(row)
            print(row, flush=True)
    wrong = [row.mutant.name for row in verdicts if not row.right]
    idle = [] if options.names else sorted(set(BY_ID) - {row.first for row in verdicts})
    print(
        f"{len(verdicts) - len(wrong)} of {len(verdicts)} killed by the check of the cause, first"
    )
    print(f"others: {'; '.join(wrong) or 'none'}")
    print(f"checks that are never the first: {', '.join(idle) or 'none'}")
    return int(bool(wrong or idle))


if __name__ == "__main__":
    sys.exit(main())
