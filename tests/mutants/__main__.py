"""python -m tests.mutants [NAME...] [--some] [--jobs N]: the matrix of mutants and the laws that kill them.

Each mutant is a copy of ctverify/ and properties/ with one replacement, judged in a process of its own by the quick profile, up
to the first law that fails. Exit code 0 if all are killed by a law of the expected cause and every law is first for some mutant.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from . import Mutant, bound, oracle, population, schedule, training

ROOT = Path(__file__).resolve().parents[2]
MUTANTS: tuple[Mutant, ...] = (
    *schedule.MUTANTS, *oracle.MUTANTS, *population.MUTANTS, *training.MUTANTS, *bound.MUTANTS
)  # fmt: skip
SOME = (
    "sigma without its root", "(23) off by one", "weights in the wrong order", "posterior without 1 - alpha_bar",
    "eigenvectors transposed", "draws with variance for deviation", "upward flow taken for none",
    "one eigenvalue for all directions",
    "independent noise at t and t - 1", "target X_0 instead of f_{t-1}(X_{t-1})", "an average instead of a sum",
    "one draw used twice",
)  # fmt: skip
# shrinking for minutes adds nothing to a matrix; Hypothesis has no public setting for it
RUN = "import sys, hypothesis.internal.conjecture.engine as e; e.MAX_SHRINKING_SECONDS = 15; import pytest; sys.exit(pytest.main())"


@dataclass(frozen=True)
class Verdict:
    """Which law was the first to kill a mutant ("" for none), in what time, on which example."""

    mutant: Mutant
    law: str
    seconds: float
    example: str

    @property
    def right(self) -> bool:
        """Whether the law names the cause."""
        return self.law.partition(".")[0] == self.mutant.law.partition(".")[0]

    def __str__(self) -> str:
        """A row of the matrix; ! where another law than expected was first."""
        mark = " " if self.law == self.mutant.law else "!"
        return f"{self.mutant.name:<48}{mark} {self.law or 'SURVIVES':<28}{self.seconds:5.0f} s  {self.example[:150]}"


def judge(mutant: Mutant, only: bool = False) -> Verdict:
    """Run the suite on the mutant up to its first failure; `only` the expected law."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        mutate(mutant, place)
        report = place / "report.xml"
        words = [
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "--ctverify-profile=quick",
            f"--junitxml={report}",
            "properties",
        ]
        words += ["-k", "test_" + mutant.law.partition(".")[2]] if only else []
        environment = os.environ | {
            "PYTHONPATH": str(place),
            "OMP_NUM_THREADS": "1",
            "HYPOTHESIS_STORAGE_DIRECTORY": str(place),
        }
        done = subprocess.run(
            [sys.executable, "-c", RUN, *words],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode not in (0, 1):
            raise SystemExit(
                f"{mutant.name}: pytest ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        law, example = _first_failure(report)
    return Verdict(mutant, law, time.monotonic() - start, example)


def mutate(mutant: Mutant, place: Path) -> None:
    """Copy ctverify/ and properties/ to `place`, with the replacement made."""
    for package in ("ctverify", "properties"):
        shutil.copytree(
            ROOT / package, place / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    (place / "pytest.ini").write_text("[pytest]\n")
    file = place / "ctverify" / mutant.file
    source = file.read_text()
    if source.count(mutant.old) != 1:
        raise SystemExit(
            f"{mutant.name}: {mutant.old!r} must occur once in {mutant.file}, found {source.count(mutant.old)}"
        )
    file.write_text(source.replace(mutant.old, mutant.new))


def _first_failure(report: Path) -> tuple[str, str]:
    """The law that failed and its shrunk example on one line."""
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        failure = case.find("failure")
        if failure is not None:
            law = next(
                (p.get("value", "") for p in case.iter("property") if p.get("name") == "law"), "?"
            )
            return law, _example(failure.text or "")
    return "", ""


def _example(text: str) -> str:
    """The arguments of Hypothesis's failing test case, on one line."""
    lines = [re.sub(r"  #.*", "", line.removeprefix("E")) for line in text.splitlines()]
    starts = [
        i
        for i, line in enumerate(lines)
        if re.search(r"(Failing test case|explicit example): ", line)
    ]
    if not starts:
        return ""
    rest = lines[starts[0] :]
    ends = next((i for i, line in enumerate(rest) if line.strip() == ")"), 0)
    one = re.sub(r"\s+", " ", " ".join(rest[: ends + 1])).replace("( ", "(").replace(", )", ")")
    return one.partition("(")[2].removesuffix(" )").removesuffix(")").strip().rstrip(",")


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge all mutants, the named ones or a dozen, and print the matrix."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutants by name [all]")
    parser.add_argument(
        "--some", action="store_true", help="a dozen mutants, each against its expected law alone"
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time [one a core]"
    )
    given = parser.parse_args(arguments)
    known = {mutant.name: mutant for mutant in MUTANTS}
    unknown = [name for name in given.names if name not in known]
    if unknown:
        parser.error(f"unknown mutant {unknown[0]!r}; the names are: {'; '.join(known)}")
    chosen = [known[name] for name in (SOME if given.some else given.names or known)]
    verdicts = []
    with ThreadPoolExecutor(given.jobs) as pool:
        for verdict in pool.map(lambda mutant: judge(mutant, given.some), chosen):
            verdicts.append(verdict)
            print(verdict, flush=True)
    return summary(verdicts, whole=len(chosen) == len(MUTANTS))


def summary(verdicts: Sequence[Verdict], whole: bool) -> int:
    """Print what survived, what was killed for another cause, and which laws were never first; the exit code."""
    wrong = [v.mutant.name for v in verdicts if not v.right]
    first = {verdict.law for verdict in verdicts}
    print(
        f"{sum(v.law != '' for v in verdicts)} of {len(verdicts)} mutants killed, by {len(first - {''})} laws"
    )
    if wrong:
        print(f"survive, or are killed for another cause: {'; '.join(wrong)}")
    idle: list[str] = []
    if whole:
        sys.path.insert(0, str(ROOT))
        from properties.law import Law

        idle = sorted(set(Law.catalogue()) - first)
        print(f"laws that are never the first: {', '.join(idle) or 'none'}")
    return int(bool(wrong or idle))


if __name__ == "__main__":
    sys.exit(main())
