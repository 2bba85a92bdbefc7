"""python -m tests.trainers [--seeds K]: which law finds which wrong trainer, and that none finds
fault with right ones in other styles, at K seeds each.

Exit code 0 if every wrong trainer dies by the expected law and no right one does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import textbook
from .judging import first_failure, mutated, subject_of
from .styles import STYLES
from .wrong import WRONG

FEW = 3  # examples of a law at seeds after the first


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row a trainer; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.trainers", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--seeds", type=int, default=3, metavar="K", help="of right trainers [3]")
    options = parser.parse_args(arguments)
    wrong = 0
    for mutant in WRONG:
        law, words = first_failure(subject_of(mutated(mutant).train))
        wrong += law != mutant.killer
        mark = " " if law == mutant.killer else "!"
        print(f"{mutant.name:<48}{mark} {law or 'SURVIVES':<28}{words[:150]}", flush=True)
    for name, train in {"textbook": textbook.train, **STYLES}.items():
        for seed in range(options.seeds):
            law, words = first_failure(subject_of(train), FEW if seed else None, seed=seed or None)
            wrong += bool(law)
            print(f"{name}, seed {seed:<10} {law or 'no alarm':<28}{words[:150]}", flush=True)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
