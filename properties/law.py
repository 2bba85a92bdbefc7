"""What a law is: an id (cause.name), a statement, its equation, how many examples, and where its
tolerance comes from.

A law that holds exactly is checked to a tolerance derived from roundings and conditioning. A
statistical example raises a false alarm with probability RATE at most, so that 1,000 examples of a
law stay below 1e-6: by an exact null law wherever there is one, growing its samples until it
passes, fails or reaches its budget (decide.py), else as its tolerance says. A budget reached is
INCONCLUSIVE, which is counted and shown.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis.errors import UnsatisfiedAssumption

from .trainers import Subject

RATE = 1e-9  # false alarms of one statistical example on correct code


class Inconclusive(Exception):
    """The budget was reached without a decision."""


@dataclass(frozen=True)
class Law:
    """One law of the suite.

    Arguments:
        id: cause.name; the cause is schedule, oracle, population, training or bound.
        statement: what is claimed.
        equation: the formula or the paper it comes from.
        tolerance: what is allowed, and why.
        examples: how many the quick profile draws.
        statistical: whether an example may raise a false alarm, with probability RATE at most.
        kinds: the function classes of ctverify's own that a law of a trainer is about; None for any
            trainer.
        owed_by: whether a trainer owes the law, by what it declares of itself (trainer_claims.py);
            None where every trainer does.
    """

    id: str
    statement: str
    equation: str
    tolerance: str
    examples: int
    statistical: bool
    kinds: tuple[str, ...] | None
    owed_by: Callable[[Subject], bool] | None = None

    @property
    def cause(self) -> str:
        """What is wrong where the law fails: schedule, oracle, population, training or bound."""
        return self.id.partition(".")[0]

    def judges(self, subject: Subject) -> bool:
        """Whether this trainer owes the law."""
        if self.kinds is not None and subject.kind not in self.kinds:
            return False
        return self.owed_by is None or self.owed_by(subject)

    @property
    def kind(self) -> str:
        """statistical or exact."""
        return "statistical" if self.statistical else "exact"

    def described(self) -> str:
        """The law in a few lines, for the report of its failure."""
        head = f"{self.id}: {self.statement}"
        source = f"({self.equation}; {self.kind})"
        return f"{head}\n{source}\ntolerance: {self.tolerance}"

    @staticmethod
    def catalogue() -> dict[str, Law]:
        """Every law of the suite by its id.

        Returns:
            The laws of all test modules of this package, in the order of modules and definitions.

        Example:
            >>> Law.catalogue()["oracle.semigroup"].cause
            'oracle'
        """
        package = importlib.import_module(__package__)
        laws: dict[str, Law] = {}
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("test_"):
                continue
            tests = vars(importlib.import_module(f"{__package__}.{module.name}"))
            for value in tests.values():
                if hasattr(value, "ctverify_law"):
                    laws[value.ctverify_law.id] = value.ctverify_law
        return laws


@dataclass
class Tally:
    """Examples run, and why some were inconclusive, since the last clear."""

    examples: int = 0
    inconclusive: list[str] = field(default_factory=list)

    def clear(self) -> None:
        """Start again."""
        self.examples = 0
        self.inconclusive = []


def law(
    id: str,
    statement: str,
    equation: str,
    *,
    tolerance: str,
    examples: int,
    statistical: bool = False,
    kinds: tuple[str, ...] | None = None,
    owed_by: Callable[[Subject], bool] | None = None,
) -> Callable[[Any], Any]:
    """Mark a Hypothesis test as the check of a law, and count its examples.

    Arguments:
        id, statement, equation, tolerance, examples, statistical, kinds, owed_by: as in Law.

    Returns:
        A decorator, to stand above `hypothesis.given`. The test gains `ctverify_law` and
        `ctverify_tally`, and an example that raises Inconclusive is counted instead of failing.
    """
    record = Law(
        id=id,
        statement=statement,
        equation=equation,
        tolerance=tolerance,
        examples=examples,
        statistical=statistical,
        kinds=kinds,
        owed_by=owed_by,
    )

    def mark(test: Any) -> Any:
        inner = test.hypothesis.inner_test
        tally = Tally()

        # inside Hypothesis's loop, so that every example is counted, not the test
        @functools.wraps(inner)
        def counted(*args: Any, **kwargs: Any) -> None:
            tally.examples += 1
            try:
                inner(*args, **kwargs)
            except Inconclusive as reason:
                tally.inconclusive.append(str(reason))
            except UnsatisfiedAssumption:  # passed over, not judged
                tally.examples -= 1
                raise

        test.hypothesis.inner_test = counted
        test.ctverify_law = record
        test.ctverify_tally = tally
        return test

    return mark
