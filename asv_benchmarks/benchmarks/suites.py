"""The property suite and the conformance checks: what an example costs, and how many wrong
implementations they kill.

The peer of the property suite is the same law's body under plain pytest parametrisation, on as many
drawn schedules.
"""

import contextlib
import importlib
import importlib.util
import io
import os
import re
import sys
import tempfile
from pathlib import Path

import pytest
import torch

from .compare import seconds

ENVIRONMENT = os.environ.get("ASV_ENV_DIR")
ROOT = (
    Path(ENVIRONMENT) / "project" if ENVIRONMENT else Path(__file__).parents[2]
)  # the sources of the commit under test
SUITE = (
    "ctverify.properties" if importlib.util.find_spec("ctverify.properties") else "properties"
)  # a wheel, or a checkout
PLAIN = f"""
import numpy as np
import pytest
import {SUITE}.test_schedule as laws
from ctverify.strategies import schedule

def draw(seed):
    rng = np.random.default_rng(seed)
    kind = ("li_huang_wei", "cosine", "karras", "ddpm")[rng.integers(4)]
    T = int(np.exp(rng.uniform(np.log(21), np.log(4096))))
    return schedule(kind=kind, T=T, near=rng.random(), far=rng.random(), seed=seed)

@pytest.mark.parametrize("seed", range(480))
def test_plain(seed):
    laws.test_monotone.hypothesis.inner_test(schedule=draw(seed))
"""


def silently(*words: str) -> str:
    """pytest in this process; its output, and its exit code must be 0."""
    output = io.StringIO()
    with (
        contextlib.redirect_stdout(output),
        tempfile.TemporaryDirectory() as place,
        contextlib.chdir(place),
    ):
        code = pytest.main(
            [
                "-q",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:randomly",
                "-c",
                os.devnull,
                "--rootdir",
                place,
                *words,
            ]
        )
    assert code == 0, output.getvalue()
    return output.getvalue()


def monotone() -> int:
    """Run the law schedule.monotone in the nightly profile; how many examples it took."""
    module = importlib.import_module(f"{SUITE}.test_schedule")
    words = ["-k", "test_monotone", "--ctverify-profile=nightly"]
    return sum(map(int, re.findall(r"(\d+) examples", silently(str(module.__file__), *words))))


def kernel() -> float:
    """The seconds of the yardstick: ten 512 x 512 products in float64."""
    a = torch.randn(512, 512, dtype=torch.float64)
    return min(seconds(lambda: [a @ a for _ in range(10)]) for _ in range(5))


class Properties:
    """The time of an example of schedule.monotone, 480 of them."""

    timeout = 600

    def setup(self) -> None:
        sys.path.insert(0, str(ROOT))

    def track_example_in_kernels(self) -> float:
        """In units of the yardstick, timed in the same process."""
        return self.example() / kernel()

    def track_example_over_plain(self) -> float:
        """Over that of one under plain parametrisation."""
        with tempfile.TemporaryDirectory() as place:
            file = Path(place) / "test_plain.py"
            file.write_text(PLAIN)
            silently(str(file), "--collect-only")
            plain = min(seconds(lambda: silently(str(file))) for _ in range(3)) / 480
        return self.example() / plain

    def example(self) -> float:
        found = [monotone()]
        return min(seconds(lambda: found.append(monotone())) for _ in range(3)) / found[0]


class Conformance:
    """`ctverify check reference` at ten examples a check at most."""

    timeout = 300

    def report(self):
        from ctverify.conformance.run import check

        return check("reference", max_examples=10)

    def time_check_reference(self) -> None:
        self.report()

    def track_passed(self) -> int:
        """Checks that the reference passes."""
        return sum(result.status == "pass" for result in self.report().results)


class Mutants:
    """Wrong implementations, each judged by the law or the check of its cause."""

    timeout = 900

    def setup(self) -> None:
        sys.path.insert(0, str(ROOT))

    def track_killed(self) -> int:
        """Of 12 wrong implementations of ctverify: those killed by the law of their cause."""
        from tests.mutants.__main__ import MUTANTS, SOME, judge

        return sum(judge(mutant, only=True).right for mutant in MUTANTS if mutant.name in SOME)

    def track_killed_by_checks(self) -> int:
        """Of the wrong implementations of other libraries' formulas: those killed by the check of
        their cause.
        """
        from tests.conformance.__main__ import verdict
        from tests.conformance.mutants import MUTANTS

        return sum(verdict(mutant).status == "fail" for mutant in MUTANTS)
