"""Sweeps: what the driver adds to the cases, and the population model by reverse chains against
plain Monte Carlo.
"""

import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from ctverify import Schedule
from ctverify.certificate.chain_bracket import chain_bracket, coupled_chains
from ctverify.certificate.checked_model import Centred
from ctverify.core.streams import stream
from ctverify.sweep import spec_of
from ctverify.sweep.engine import drive
from ctverify.sweep.executors import Engine
from ctverify.sweep.store import Record, Store
from ctverify.targets import load
from ctverify.training.population import population_model

from .certificates import exact_w1
from .compare import ratio, seconds

SCHEDULE = Schedule.li_huang_wei(256)
CASES = spec_of({"target": "mild", "seed": list(range(300))}).cases
OUTCOME = {
    "status": "failed",
    "result": None,
    "error": "x" * 3000,
    "seconds": 0.0,
}  # as long as a usual result
STARTS, CHAINS = 512, 8


class Driver:
    """300 cases that compute nothing."""

    timeout = 120

    def setup(self) -> None:
        self.pool = ThreadPoolExecutor(1)

    def teardown(self) -> None:
        self.pool.shutdown()

    def sweep(self) -> None:
        """Through an executor into a folder."""
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder))
            store.begin({}, CASES, CASES, False)
            drive(
                CASES,
                Engine.of(self.pool),
                lambda _: OUTCOME,
                lambda case, found: store.keep(_record(case, found)),
            )

    def time_sweep(self) -> None:
        self.sweep()

    def track_over_plain_files(self) -> float:
        """Our time over that of a loop that writes the same JSON and flushes it to the disk."""
        return ratio(self.sweep, plain_files, 3)


def _record(case, found) -> Record:
    return Record(hash=case.hash, case=case.definition, **found)


def plain_files() -> None:
    """The peer: open, json.dump, fsync."""
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            with open(f"{folder}/{case.hash}.json", "w") as file:
                json.dump(_record(case, OUTCOME).to_dict(), file, indent=1)
                file.flush()
                os.fsync(file.fileno())


class Chains:
    """mixture-2d at T = 256: 512 starts of 8 chains."""

    timeout = 300

    def setup(self) -> None:
        self.law = load("mixture-2d")

    def time_bracket(self) -> None:
        chain_bracket(self.law, SCHEDULE, pairs=STARTS, chains=CHAINS)

    def track_over_plain_chains(self) -> float:
        """Time at equal noise over that of plain chains: the ratio of times, times that of
        variances.
        """
        halves, exact = coupled_chains(self.law, SCHEDULE, STARTS, CHAINS, 0)
        ours = seconds(lambda: coupled_chains(self.law, SCHEDULE, STARTS, CHAINS, 0)) * float(
            (halves[0] - halves[1]).var()
        )
        plain = self.plain(exact)
        return ours / (seconds(lambda: self.plain(exact)) * float((plain[0] - plain[1]).var()))

    def plain(self, x: torch.Tensor) -> torch.Tensor:
        """The peer: chains from X_T in the paper's notation, their means in two halves."""
        generator = stream("benchmark/chains", 0)
        state = x.repeat(CHAINS, 1)
        for t in range(SCHEDULE.T, 1, -1):
            (a, b), (a1, b1) = SCHEDULE.scales(t), SCHEDULE.scales(t - 1)
            x0 = self.law.conditional_draw(state, a, b, generator)
            state = a1 * x0 + b1 * (state - a * x0) / b
        return state.unflatten(0, (2, CHAINS // 2, len(x))).mean(1)


class OnTheLine:
    """Chains where W_1 is known."""

    params = ["mild", "separated", "sharp"]
    param_names = ["target"]
    timeout = 300

    def track_upper_over_exact(self, target: str) -> float:
        """The estimate of the coupled distance over W_1 by quantiles."""
        law = load(target)
        model = Centred(population_model(law, SCHEDULE), law, SCHEDULE)
        return chain_bracket(law, SCHEDULE, pairs=4096).upper_estimate / exact_w1(model)
