"""The public count of false alarms: right models and right implementations, judged with ever new
seeds, of which none may fail.

    python -m tests.false_alarms --seconds 3000 --count false-alarms.json

The goal is none in 10,000. The file holds how many runs of each kind there were, and the seeds of
those that raised an alarm; the next call goes on with new seeds. Exit code 1: a new alarm.

Each limit of a certificate fails with probability at most 1e-6 by itself: in 10,000 certificates of
ten limits 0.1 alarms are to be expected, and two have probability 0.005.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ctverify import Schedule, certify, flow_map, population_model
from ctverify.conformance import check
from ctverify.core.files import write_atomically
from ctverify.core.verdict import Verdict
from ctverify.laws.strategies import schedule
from ctverify.targets import Target

from .random_targets import random_target

GOAL = 10_000
KINDS = ("li_huang_wei", "cosine", "karras", "from_alpha_bar")
SMALL = {"samples": 16, "pairs": 600}


def levels(seed: int) -> Schedule:
    """A schedule of a random kind, length and ends."""
    rng = np.random.default_rng(seed)
    kind = KINDS[rng.integers(len(KINDS))]
    steps = int(rng.integers(12, 40))
    return schedule(kind=kind, T=steps, near=rng.uniform(), far=rng.uniform(), seed=seed)


def failed(verdicts: tuple[Verdict, ...]) -> list[str]:
    """The laws that are said to fail. How good the samples are is another question: on a schedule
    that does not end in noise the exact flow itself is worse than a constant.
    """
    return [one.law for one in verdicts if one.status == "fail" and one.kind == "sanity"]


def flow(seed: int) -> list[str]:
    """The exact flow itself: no law may fail."""
    target, own = random_target(seed), levels(seed)
    made = certify(lambda x, t: flow_map(target, own, x, t, 1), target, own, seed=seed, **SMALL)
    return failed(made.verdicts)


def population(seed: int) -> list[str]:
    """Exact training: no law may fail."""
    target, own = random_target(seed), levels(seed)
    if target.dim > 1 and target.normal_form() is None:
        target = target.along(_direction(target, seed))
    made = certify(population_model(target, own), target, own, seed=seed, **SMALL)
    return failed(made.verdicts)


def _direction(target: Target, seed: int) -> Any:
    import torch

    generator = torch.Generator().manual_seed(seed)
    u = torch.randn(target.dim, generator=generator, dtype=target.mean.dtype)
    return u / u.norm()


def implementation(seed: int) -> list[str]:
    """The reference implementations: no check may fail."""
    name = ("reference", "reference-trigflow")[seed % 2]
    report = check(name, seed=seed, max_examples=1, in_process=True)
    return [result.id for result in report.results if result.status == "fail"]


RUNS: dict[str, tuple[Callable[[int], list[str]], int]] = {  # and how many of them in a round
    "the exact flow certified": (flow, 20),
    "exact training certified": (population, 20),
    "a reference implementation checked": (implementation, 1),
}


def count(known: dict[str, Any], seconds: float) -> int:
    """Go on for so long; how many new alarms there were.

    Arguments:
        known: of each kind its runs and its alarms, which are brought up to date.
        seconds: after so many no round is begun.
    """
    begun = time.monotonic()
    new = 0
    while time.monotonic() < begun + seconds:
        for kind, (run, many) in RUNS.items():
            own = known.setdefault(kind, {"runs": 0, "alarms": []})
            for seed in itertools.islice(itertools.count(own["runs"]), many):
                wrong = run(seed)
                own["runs"] += 1
                if wrong:
                    new += 1
                    own["alarms"].append({"seed": seed, "failed": wrong})
    return new


def summary(known: dict[str, Any]) -> str:
    """The count as a table in Markdown."""
    lines = ["| right runs | so far | false alarms |", "| --- | --- | --- |"]
    for kind, own in known.items():
        lines.append(f"| {kind} | {own['runs']} | {len(own['alarms'])} |")
    runs = sum(own["runs"] for own in known.values())
    alarms = sum(len(own["alarms"]) for own in known.values())
    lines.append(f"| all (goal: none in {GOAL}) | {runs} | {alarms} |")
    return "\n".join(lines)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--count", type=Path, default=Path("false-alarms.json"))
    options = parser.parse_args()
    known: dict[str, Any] = {}
    if options.count.exists():
        known = json.loads(options.count.read_text())
    new = count(known, options.seconds)
    write_atomically(options.count, json.dumps(known, indent=1).encode())
    print(summary(known))
    sys.exit(new > 0)


if __name__ == "__main__":
    main()
