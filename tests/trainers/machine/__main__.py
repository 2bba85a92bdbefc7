"""python -m tests.trainers.machine [--sample N] [--seed S] [--jobs J]: the machine's mutants.

All single-operator mutants of ctverify's own training and schedule, or N of them, each judged up to
the first law that fails. Exit code 0 if every survivor is known to be equivalent (equivalent.py).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.conformance.machine.population import sample

from .equivalent import EQUIVALENT
from .judging import Verdict, judged
from .population import population


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row a mutant, then the survivors, each with its reason."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.trainers.machine", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--sample", type=int, metavar="N", help="so many, at random [all]")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the sample [0]")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time [one a core]"
    )
    options = parser.parse_args(arguments)
    chosen = sample(population(), options.sample, options.seed)
    verdicts = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for verdict in pool.map(judged, chosen):
            verdicts.append(verdict)
            killer = verdict.killer or "SURVIVES"
            print(f"{killer:<28}{verdict.seconds:5.0f} s  {verdict.mutant.key}", flush=True)
    return summary(verdicts)


def summary(verdicts: Sequence[Verdict]) -> int:
    """Print the score, the killers and the survivors; the exit code."""
    killers = Counter(verdict.killer for verdict in verdicts if verdict.killer)
    survivors = [verdict.mutant.key for verdict in verdicts if not verdict.killer]
    unknown = [key for key in survivors if key not in EQUIVALENT]
    wrong = [v.mutant.key for v in verdicts if v.killer and v.mutant.key in EQUIVALENT]
    known = {mutant.key for mutant in population()}
    stale = sorted(set(EQUIVALENT) - known)
    equivalent = len(survivors) - len(unknown)
    print(f"{sum(killers.values())} of {len(verdicts)} killed, {equivalent} equivalent, by:")
    print(", ".join(f"{killer} {count}" for killer, count in killers.most_common()))
    for key in survivors:
        print(f"survives: {key}\n    {EQUIVALENT.get(key, 'NO REASON KNOWN')}")
    for key in wrong:
        print(f"called equivalent, but killed: {key}")
    for key in stale:
        print(f"called equivalent, but not made: {key}")
    return int(bool(unknown or wrong or stale))


if __name__ == "__main__":
    sys.exit(main())
