"""One command for an accelerator: python asv_benchmarks/gpu.py [--device D] [--targets M] [--out
FILE]

Trains M MLPs for M drawn mixtures in d = 2 as one batch, certifies all of them on the device, and
says how well the device was used: pairs a second, the network's operations a second against a
matrix product's in the same run, the time against a loop over targets, the agreement with the CPU,
and what float32 costs the oracle, which runs in float64. Models to keep: properties/kept.py.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from ctverify import Certificate, ConsistencyModel, Mixture, Schedule, certify, train, train_many
from ctverify.certificate.identity import versions
from ctverify.core import arguments
from ctverify.core.files import write_atomically
from ctverify.core.progress import bar
from ctverify.laws.strategies import mixture
from ctverify.training.mlp import WIDTH

SCHEDULE, SAMPLES, SEED, DIM = Schedule.li_huang_wei(16, 1, 2), 8192, 0, 2
# of a certificate; re-paired, a limit would not be continuous in the model
COUNTS = {"samples": 128, "pairs": 4096, "repair_batch": 1, "seed": 0}
COMPARED = 8  # models certified on the CPU too
LOOP = 4  # targets trained one by one
OPERATIONS = 8 * (
    2 * DIM * WIDTH + WIDTH * WIDTH
)  # a pair: the teacher forward (2 a weight), the student and its gradient (6)


def targets(count: int) -> list[Mixture]:
    """Three components each, drawn from seeds 0, 1, ..."""
    return [
        mixture(dim=DIM, components=3, log_condition=0.5, separation=2.0, tilt=0.5, seed=seed)
        for seed in range(count)
    ]


def timed(call: Callable[[], Any], device: torch.device) -> tuple[Any, float]:
    """What the call returns, and its seconds, the device's queue included."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    found = call()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return found, time.perf_counter() - start


def ceiling(device: torch.device) -> float:
    """Operations a second of a float32 matrix product."""
    n = 8192 if device.type == "cuda" else 1024
    a = torch.randn(n, n, device=device)
    return 2 * n**3 / min(timed(lambda: a @ a, device)[1] for _ in range(10))


def training(
    laws: Sequence[Mixture], device: torch.device
) -> tuple[list[ConsistencyModel], dict[str, float]]:
    """The models, and how fast they came."""
    settings: dict[str, Any] = {"samples": SAMPLES, "device": str(device)}
    train(laws[0], SCHEDULE, **settings)
    _, alone = timed(
        lambda: [train(law, SCHEDULE, seed=i, **settings) for i, law in enumerate(laws[:LOOP])],
        device,
    )
    models, spent = timed(
        lambda: train_many(laws, SCHEDULE, seed=SEED, progress=True, **settings), device
    )
    pairs = len(laws) * (SCHEDULE.T - 1) * SAMPLES
    most = ceiling(device)
    return models, {
        "seconds": spent,
        "pairs_per_second": pairs / spent,
        "over_loop": spent / (alone / LOOP * len(laws)),
        "operations_per_second": pairs * OPERATIONS / spent,
        "matrix_product_operations_per_second": most,
        "share_of_matrix_product": pairs * OPERATIONS / spent / most,
    }


def certificates(
    models: Sequence[ConsistencyModel], device: torch.device
) -> tuple[list[Certificate], float]:
    """One a model, and their seconds."""

    def judge() -> list[Certificate]:
        with bar("certifying", len(models)) as tick:
            found = []
            for model in models:
                found.append(certify(model, model.target, SCHEDULE, device=str(device), **COUNTS))
                tick()
        return found

    return timed(judge, device)


def on_cpu(model: ConsistencyModel) -> ConsistencyModel:
    """The same numbers on the CPU."""
    with tempfile.TemporaryDirectory() as place:
        model.save(place)
        return ConsistencyModel.load(place)


def agreement(models: Sequence[ConsistencyModel], found: Sequence[Certificate]) -> dict[str, float]:
    """The largest relative difference of W_1's upper limit and of the budget between the device and
    the CPU.
    """
    pairs = [
        (certify(on_cpu(m), on_cpu(m).target, SCHEDULE, device="cpu", **COUNTS), c)
        for m, c in zip(models, found, strict=True)
    ]
    upper = max(abs(here.w1.upper / there.w1.upper - 1) for here, there in pairs)
    return {
        "w1_upper": upper,
        "budget": max(abs(here.budget.total / there.budget.total - 1) for here, there in pairs),
    }


def single_precision(law: Mixture, device: torch.device) -> dict[str, float]:
    """The largest error of the denoiser and of the flow map in float32, over the target's
    spread.
    """
    target, narrow = law.to(device, torch.float64), law.to(device, torch.float32)
    x = torch.randn(4096, DIM, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(
        device
    )
    denoised = max(
        float((target.denoise(y, s) - narrow.denoise(y.float(), s).double()).abs().max())
        for s in SCHEDULE.sigma[1:].tolist()
        for y in [float(s) * x + target.mean]
    )
    exact, rounded = (
        law.centred_flow(SCHEDULE, z[None], [SCHEDULE.T], 1, tolerance).double()
        for law, z, tolerance in ((target, x, 1e-10), (narrow, x.float(), 1e-5))
    )
    return {
        "denoiser": denoised / target.spread,
        "flow": float((exact - rounded).abs().max()) / target.spread,
    }


def main(arguments_: Sequence[str] | None = None) -> None:
    """Run it all, and print the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N [auto]")
    parser.add_argument("--targets", type=int, default=256, help="how many targets [256]")
    parser.add_argument("--out", type=Path, help="also write the JSON there")
    given = parser.parse_args(arguments_)
    device = arguments.device(given.device)
    laws = targets(arguments.whole("targets", given.targets, LOOP))
    name = (
        torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else f"CPU, {torch.get_num_threads()} threads"
    )
    about = {"device": name, "machine": platform.machine(), "versions": versions()}
    models, speed = training(laws, device)
    found, spent = certificates(models, device)
    report = {
        "schema": "ctverify/gpu/1",
        **about,
        "targets": len(laws),
        "T": SCHEDULE.T,
        "samples": SAMPLES,
        "training": speed,
        "certificates_per_second": len(found) / spent,
        "certificates_failed": sum(certificate.failed for certificate in found),
        "difference_from_cpu": agreement(models[:COMPARED], found[:COMPARED]),
        "float32_error": single_precision(laws[0], device),
    }
    text = json.dumps(report, indent=1) + "\n"
    print(text, end="")
    if given.out:
        write_atomically(given.out, text.encode())


if __name__ == "__main__":
    main()
