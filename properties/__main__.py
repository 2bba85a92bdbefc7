"""python -m properties (or ctverify.properties): the table of laws; with `worst`, the worst cases
of the bound found so far.
"""

from __future__ import annotations

import sys

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from ctverify import certify, population_model
from ctverify.laws.pytest_plugin import CAUSES

from .law import Law
from .test_bound import SIZES
from .worst import WORST


def laws() -> Table:
    """One row a law, in the order of causes."""
    table = Table(
        title=f"{len(Law.catalogue())} laws", title_justify="left", box=SIMPLE_HEAD, pad_edge=False
    )
    for name in ("id", "kind", "statement", "from", "tolerance"):
        table.add_column(name, overflow="fold", no_wrap=name == "id")
    for law in sorted(Law.catalogue().values(), key=lambda law: CAUSES.index(law.cause)):
        kind = "statistical" if law.statistical else "exact"
        table.add_row(law.id, kind, law.statement, law.equation, law.tolerance)
    return table


def worst() -> Table:
    """The kept cases, certified anew: the C_1 that Theorem 1 needs, and how far the error budget
    exceeds W_1's upper limit.
    """
    table = Table(
        title="Worst cases of the bound, population models",
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for name in (
        "case",
        "target and schedule",
        "W_1 lower",
        "W_1 upper",
        "budget",
        "budget / W_1",
        "L_f",
        "C_1 needed",
    ):
        table.add_column(
            name,
            justify="left" if name in ("case", "target and schedule") else "right",
            overflow="fold",
        )
    for name, case in WORST.items():
        target, schedule = case["target"](), case["schedule"]()
        found = certify(
            population_model(target, schedule), target, schedule, **SIZES, seed=case["seed"]
        )
        numbers = (
            found.w1.lower,
            found.w1.upper,
            found.budget.total_upper,
            found.budget.total_upper / found.w1.upper,
        )
        numbers += (found.theorem.lipschitz, found.theorem.C1_needed)
        built = [f"{part.func.__name__}({', '.join(f'{k}={v!r}' for k, v in part.keywords.items())})"
                 for part in (case["target"], case["schedule"])]  # fmt: skip
        table.add_row(name, "\n".join(built), *(f"{number:.4g}" for number in numbers))
    return table


def main() -> None:
    """Print the table that was asked for."""
    if sys.argv[1:] not in ([], ["worst"]):
        print(
            f"the argument must be worst or nothing, got {' '.join(sys.argv[1:])}", file=sys.stderr
        )
        raise SystemExit(2)
    console = Console()
    (console if console.is_terminal else Console(width=160)).print(
        worst() if sys.argv[1:] else laws()
    )


if __name__ == "__main__":
    main()
