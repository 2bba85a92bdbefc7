"""Loads: what is asked of a certificate, a sweep, a page and a check at their largest, with the
peak of their memory. Each is the load itself in all that memory depends on; levels and paths, on
which it does not, are few.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ctverify import Certificate, Dataset, Mixture, Schedule, certify
from ctverify.conformance import check
from ctverify.conformance.references.reference import Reference
from ctverify.report.page import report
from ctverify.sweep import spec_of
from ctverify.sweep.gather import merge
from ctverify.sweep.store import Record, Store
from ctverify.targets import Target, load

FEW = Schedule.li_huang_wei(4, 1, 2)
OUTCOME = {"status": "failed", "result": None, "error": "x" * 3000, "seconds": 0.0}
MEGABYTE = 1e6
GIVEN = 30.0  # seconds


def identity(x: torch.Tensor, t: int) -> torch.Tensor:
    """A model that costs nothing, so that all that is measured is ours."""
    return x


def certified(
    target: Target, schedule: Schedule, samples: int, pairs: int, keep: int = 0
) -> Certificate:
    """Its certificate."""
    sizes = {"samples": samples, "pairs": pairs, "keep_samples": keep}
    return certify(identity, target, schedule, device="cpu", **sizes)


class Components:
    """500 components in d = 64."""

    timeout = 1200

    def setup(self) -> None:
        generator = torch.Generator().manual_seed(0)
        means = torch.randn(500, 64, dtype=torch.float64, generator=generator)
        spread = 0.3 * torch.eye(64, dtype=torch.float64).expand(500, 64, 64)
        weights = torch.full((500,), 1 / 500, dtype=torch.float64)
        self.law = Mixture(weights, means, spread)

    def peakmem_certify(self) -> None:
        certified(self.law, FEW, 16, 256)


class Points:
    """50,000 points in d = 64."""

    timeout = 1200

    def setup(self) -> None:
        points = np.random.default_rng(0).normal(size=(50_000, 64))
        self.law = Dataset(points, 0.5)

    def peakmem_certify(self) -> None:
        certified(self.law, FEW, 16, 64)


class Pairs:
    """A million coupled pairs."""

    timeout = 1200

    def peakmem_certify(self) -> None:
        certified(load("gaussian-2d"), FEW, 16, 10**6)


class Levels:
    """T = 4,096."""

    timeout = 600

    def peakmem_certify(self) -> None:
        certified(load("mixture-2d"), Schedule.li_huang_wei(4096), 16, 64)


class Cases:
    """A sweep of 10,000 cases that compute nothing, killed after 9,000, resumed and merged."""

    timeout = 600

    def setup(self) -> None:
        self.cases = spec_of({"target": "mild", "seed": list(range(10_000))}).cases
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name))
        self.store.begin({}, self.cases, self.cases, False)
        for case in self.cases[:9_000]:
            self.store.keep(Record(hash=case.hash, case=case.definition, **OUTCOME))

    def teardown(self) -> None:
        self.folder.cleanup()

    def peakmem_resume(self) -> None:
        self.store.begin({}, self.cases, self.cases, True)

    def peakmem_merge(self) -> None:
        merge([self.folder.name], Path(self.folder.name) / "table.csv")


class Page:
    """300 certificates with samples, T = 64, in d = 1, 2 and 8."""

    timeout = 600

    def setup(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        schedule = Schedule.li_huang_wei(64)
        found: list[Certificate] = [
            certified(load(name), schedule, 16, 64, keep=2000)
            for name in ("mild", "mixture-2d", "mixture-8d")
        ]
        for i in range(300):
            found[i % 3].save(Path(self.folder.name) / f"certificate-{i}.json")
        self.page = Path(self.folder.name) / "page.html"

    def teardown(self) -> None:
        self.folder.cleanup()

    def peakmem_report(self) -> None:
        report([self.folder.name], self.page)

    def track_megabytes(self) -> float:
        """Of the page (goal at most 10)."""
        report([self.folder.name], self.page)
        return self.page.stat().st_size / MEGABYTE


class Slow(Reference):
    """An implementation of which each call takes a second."""

    def configurations(self) -> Any:
        """The reference's."""
        return super().configurations().map(lambda made: Slow(**vars(made)))

    def consistency(self, x: torch.Tensor, t: float, network: Any) -> torch.Tensor:
        """f(x, t)."""
        time.sleep(1.0)
        return super().consistency(x, t, network)


class SlowSubject:
    """check with 30 seconds for a subject that takes one a call; its own processes are not in the
    peak.
    """

    timeout = 180

    def peakmem_check(self) -> None:
        check(f"{__name__}:Slow", timeout=GIVEN)

    def track_seconds_over_given(self) -> float:
        """How long it takes, over what it is given."""
        start = time.perf_counter()
        check(f"{__name__}:Slow", timeout=GIVEN)
        return (time.perf_counter() - start) / GIVEN
