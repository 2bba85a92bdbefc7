"""python -m properties (or ctverify.properties): the table of laws; with `worst`, the worst cases
of the bound found so far; with `zoo`, train and certify the models that zoo/ keeps, anew.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from ctverify import certify, population_model
from ctverify.core import arguments
from ctverify.laws.pytest_plugin import CAUSES

from . import kept
from .law import Law
from .test_bound import SIZES
from .worst import WORST

WORDS = ("case", "target and schedule")
NUMBERS = ("W_1 lower", "W_1 upper", "budget", "budget / W_1", "L_f", "C_1 needed")


def laws() -> Table:
    """The laws, one row each, in the order of causes.

    Returns:
        A table of id, kind, statement, equation and tolerance, to be printed by rich.

    Example:
        >>> laws().row_count == len(Law.catalogue())
        True
    """
    catalogue = list(Law.catalogue().values())
    catalogue.sort(key=lambda law: CAUSES.index(law.cause))
    table = _table(f"{len(catalogue)} laws")
    for name in ("id", "kind", "statement", "from", "tolerance"):
        table.add_column(name, overflow="fold", no_wrap=name == "id")
    for law in catalogue:
        table.add_row(law.id, law.kind, law.statement, law.equation, law.tolerance)
    return table


def worst() -> Table:
    """The kept cases, certified anew: the C_1 that Theorem 1 needs, and how far the error budget
    exceeds W_1's upper limit.

    Returns:
        A table with one row a case of WORST, to be printed by rich.
    """
    table = _table("Worst cases of the bound, population models")
    for name in WORDS:
        table.add_column(name, overflow="fold")
    for name in NUMBERS:
        table.add_column(name, justify="right", overflow="fold")
    for name, case in WORST.items():
        target = case["target"]()
        schedule = case["schedule"]()
        model = population_model(target, schedule)
        certificate = certify(model, target, schedule, **SIZES, seed=case["seed"])
        w1 = certificate.w1
        total = certificate.budget.total_upper
        theorem = certificate.theorem
        numbers = (
            w1.lower,
            w1.upper,
            total,
            total / w1.upper,
            theorem.lipschitz,
            theorem.C1_needed,
        )
        built = f"{_call(case['target'])}\n{_call(case['schedule'])}"
        table.add_row(name, built, *(f"{number:.4g}" for number in numbers))
    return table


def main(words: Sequence[str] | None = None) -> None:
    """Print the table that was asked for, or make the zoo."""
    parser = argparse.ArgumentParser(
        prog="python -m ctverify.properties", description="The laws of the property suite."
    )
    commands = parser.add_subparsers(dest="command", metavar="{worst,zoo}")
    commands.add_parser("worst", help="the worst cases of the bound found so far")
    zoo = commands.add_parser("zoo", help=f"train and certify {kept.MODELS} models, and keep them")
    zoo.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N [auto]")
    zoo.add_argument("--into", type=Path, default=kept.ZOO, help="the folder [the suite's own]")
    asked = parser.parse_args(words)
    if asked.command == "zoo":
        try:
            kept.write(asked.into, arguments.device(asked.device))
        except arguments.InputError as error:
            parser.error(str(error))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)  # rich's 80 columns of a pipe fold every row
    console.print(worst() if asked.command == "worst" else laws())


def _table(title: str) -> Table:
    """An empty table in the suite's style."""
    return Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)


def _call(part: partial[Any]) -> str:
    """The call that a partial makes."""
    words = [f"{name}={value!r}" for name, value in part.keywords.items()]
    return f"{part.func.__name__}({', '.join(words)})"


if __name__ == "__main__":
    main()
