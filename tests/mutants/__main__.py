"""python -m tests.mutants [NAME...] [--some] [--jobs N]: which law kills which mutant.

Each mutant is a copy of ctverify/ and properties/ with one replacement, judged in a process of its
own by the quick profile, up to the first law that fails. Exit code 0 if all are killed by a law of
the expected cause and every law is first for some mutant.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.anchor import Mutant
from tests.trainers.wrong import WRONG

from . import (
    bound,
    judging,
    oracle,
    pairing,
    population,
    resolution,
    schedule,
    training,
    trajectory,
)

ROOT = Path(__file__).resolve().parents[2]
MUTANTS: tuple[Mutant, ...] = (
    *schedule.MUTANTS,
    *oracle.MUTANTS,
    *population.MUTANTS,
    *training.MUTANTS,
    *bound.MUTANTS,
    *trajectory.MUTANTS,
    *pairing.MUTANTS,
    *resolution.MUTANTS,
)
SOME = (
    "sigma without its root",
    "weights in the wrong order",
    "draws with variance for deviation",
    "upward flow taken for none",
    "one eigenvalue for all directions",
    "independent noise at t and t - 1",
    "an average instead of a sum",
    "one draw used twice",
)
# a process of a mutant is forked from one that has imported this, which takes longer than most laws
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["torch", "scipy.stats", "hypothesis", "pytest"])


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
        return _cause(self.law) == _cause(self.mutant.killer)

    def __str__(self) -> str:
        """A row of the matrix; ! where another law than expected was first."""
        mark = " " if self.law == self.mutant.killer else "!"
        law = self.law or "SURVIVES"
        example = self.example[:150]
        return f"{self.mutant.name:<48}{mark} {law:<28}{self.seconds:5.0f} s  {example}"


def judge(mutant: Mutant, only: bool = False) -> Verdict:
    """Run the suite on the mutant up to its first failure; `only` the expected law."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mutate(mutant, folder)
        report = folder / "report.xml"
        _run_suite(mutant, folder, report, only)
        law, example = _first_failure(report)
    return Verdict(mutant=mutant, law=law, seconds=time.monotonic() - start, example=example)


def mutate(mutant: Mutant, folder: Path) -> None:
    """Copy ctverify/ and properties/ to `folder`, with the replacement made."""
    for package in ("ctverify", "properties"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    (folder / "pytest.ini").write_text("[pytest]\n")
    try:
        path, source = mutant.applied(ROOT / "ctverify")
    except LookupError as error:
        raise SystemExit(str(error)) from error
    (folder / "ctverify" / path).write_text(source)


def _cause(law: str) -> str:
    """The group of a law: "schedule" of "schedule.algebra"."""
    return law.partition(".")[0]


def _run_suite(mutant: Mutant, folder: Path, report: Path, only: bool) -> None:
    """Run pytest on the mutated copy in `folder`; the outcome is in the JUnit file `report`."""
    options = ["-x", "-q", "-p", "no:cacheprovider", "--ctverify-profile=quick"]
    options += [f"--junitxml={report}", "properties"]
    if only:
        options += ["-k", "test_" + mutant.killer.partition(".")[2]]
    printed = folder / "printed.txt"
    process = FORKS.Process(target=judging.run, args=(folder, options, printed))
    process.start()
    process.join()
    if process.exitcode not in (0, 1) or not report.exists():
        ends = printed.read_text()[-4000:]
        raise SystemExit(f"{mutant.name}: pytest ended with {process.exitcode}:\n{ends}")


def _first_failure(report: Path) -> tuple[str, str]:
    """The law that failed and its shrunk example on one line."""
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        failure = case.find("failure")
        if failure is None:
            continue
        properties = {p.get("name"): p.get("value", "") for p in case.iter("property")}
        return properties.get("law", "?"), _example(failure.text or "")
    return "", ""


def _example(text: str) -> str:
    """The arguments of Hypothesis's failing test case, on one line."""
    lines = [re.sub(r"  #.*", "", line.removeprefix("E")) for line in text.splitlines()]
    heading = re.compile(r"(Failing test case|explicit example): ")
    start = next((i for i, line in enumerate(lines) if heading.search(line)), None)
    if start is None:
        return ""
    call = lines[start:]
    end = next((i for i, line in enumerate(call) if line.strip() == ")"), 0)
    joined = re.sub(r"\s+", " ", " ".join(call[: end + 1]))
    joined = joined.replace("( ", "(").replace(", )", ")")
    arguments = joined.partition("(")[2].removesuffix(" )").removesuffix(")")
    return arguments.strip().rstrip(",")


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge all mutants, the named ones or a dozen, and print the matrix."""
    summary_sentence = __doc__.partition("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=summary_sentence)
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutants by name [all]")
    parser.add_argument(
        "--some",
        action="store_true",
        help="a dozen mutants, each against its expected law alone",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        help="processes at a time [one a core]",
    )
    options = parser.parse_args(arguments)
    by_name = {mutant.name: mutant for mutant in MUTANTS}
    unknown = [name for name in options.names if name not in by_name]
    if unknown:
        parser.error(f"unknown mutant {unknown[0]!r}; the names are: {'; '.join(by_name)}")
    names = options.names or list(by_name)
    if options.some:
        names = SOME
    verdicts = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for verdict in pool.map(lambda name: judge(by_name[name], options.some), names):
            verdicts.append(verdict)
            print(verdict, flush=True)
    return summary(verdicts, whole=len(names) == len(MUTANTS))


def summary(verdicts: Sequence[Verdict], whole: bool) -> int:
    """Print what survived or died of another cause, and the laws never first; the exit code."""
    wrong = [verdict.mutant.name for verdict in verdicts if not verdict.right]
    killed = [verdict for verdict in verdicts if verdict.law]
    first = {verdict.law for verdict in killed}
    print(f"{len(killed)} of {len(verdicts)} mutants killed, by {len(first)} laws")
    if wrong:
        print(f"survive, or are killed for another cause: {'; '.join(wrong)}")
    idle: list[str] = []
    if whole:
        sys.path.insert(0, str(ROOT))
        from properties.law import Law

        of_trainers = {mutant.killer for mutant in WRONG}  # python -m tests.trainers
        idle = sorted(set(Law.catalogue()) - first - of_trainers)
        print(f"laws that are never the first: {', '.join(idle) or 'none'}")
    return int(bool(wrong or idle))


if __name__ == "__main__":
    sys.exit(main())
