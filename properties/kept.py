"""The zoo: 256 models by one command, kept in zoo/ and checked on every machine.

    python -m properties zoo [--device DEVICE] [--into DIRECTORY]

trains one small MLP a target (families, dimensions and schedules in turn), those of a dimension and
schedule as one batch, certifies each, and writes all of it, with a manifest: the device, the
versions, and of each model the SHA-256 of its numbers, values of f_T at fixed starts, what float32
costs it, the coupled distance and the limits on W_1. Every 16th lies in zoo/ itself and is part of
a wheel; the others are in zoo/rest/, of a checkout and a source distribution.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from ctverify import ConsistencyModel, Schedule, certify
from ctverify.certificate.identity import versions
from ctverify.core.files import write_atomically
from ctverify.core.progress import bar
from ctverify.core.streams import stream
from ctverify.laws.strategies import dataset, gaussian, mixture, product
from ctverify.targets import Target
from ctverify.training import Trainer
from ctverify.training.recursion import in_float64

ZOO = Path(__file__).parent / "zoo"
REST = "rest"  # the folder, within the zoo, of what no wheel holds
MANIFEST = "manifest.json"
SCHEMA = "ctverify/zoo/2"
MODELS = 256
OF_WHEEL = 16  # every so many models one is part of a wheel
SAMPLES = 4096  # pairs a level
WIDTH = 16
# of a certificate; re-paired, a distance would not be continuous in the model
COUNTS = {"samples": 16, "pairs": 512, "repair_batch": 1, "seed": 0}
POINTS = 4  # starts at which values are kept
STARTS = 2**14  # over which float32's error is taken


@dataclass(frozen=True)
class Plan:
    """One model to train.

    Arguments:
        seed: its number, 0..255; of the target and of the training.
        target: what on.
        schedule: of the levels.
    """

    seed: int
    target: Target = field(repr=False)
    schedule: Schedule = field(repr=False)

    @property
    def name(self) -> str:
        """Three digits."""
        return f"{self.seed:03d}"

    @property
    def folder(self) -> Path:
        """Where its model lies within the zoo."""
        return Path(self.name) if self.seed % OF_WHEEL == 0 else Path(REST) / self.name


def plans(count: int = MODELS) -> list[Plan]:
    """What to train: the wheel's share has all families, dimensions and schedules too.

    Arguments:
        count: how many, at least 1.

    Returns:
        A plan a seed 0, 1, ...

    Example:
        >>> {plan.target.spec["kind"] for plan in plans()[::16]} == {
        ...     plan.target.spec["kind"] for plan in plans()
        ... }
        True
    """
    return [_plan(seed) for seed in range(count)]


def _plan(seed: int) -> Plan:
    """Target and schedule of one seed."""
    block = seed // OF_WHEEL
    dim = 1 + (seed // 4 + block) % 3
    shape: dict[str, Any] = {"dim": dim, "seed": seed}
    modes = {"log_condition": 0.5, "separation": 1.5, "tilt": 0.5}
    builders: tuple[Callable[[], Target], ...] = (
        lambda: mixture(**shape, **modes, components=3),
        lambda: dataset(**shape, points=6, bandwidth=0.4),
        lambda: product(**shape, **modes, components=2, turned=True),
        lambda: gaussian(**shape, log_condition=1.0, offset=1.0),
    )
    target = builders[(seed + block) % len(builders)]()
    schedules = (
        Schedule.li_huang_wei(8, 1, 2),
        Schedule.cosine(8, alpha_bar_1=0.999, alpha_bar_T=1e-4),
    )
    return Plan(seed=seed, target=target, schedule=schedules[block // 2 % len(schedules)])


def trained(chosen: list[Plan], device: torch.device) -> list[ConsistencyModel]:
    """The models of plans, one batch for each dimension and schedule.

    Arguments:
        chosen: what to train.
        device: where.

    Returns:
        A model a plan, in their order.
    """
    batches: dict[tuple[int, int], list[Plan]] = {}
    for plan in chosen:
        batches.setdefault((plan.target.dim, id(plan.schedule)), []).append(plan)
    models: dict[int, ConsistencyModel] = {}
    levels_of_all = sum(plan.schedule.T - 1 for plan in chosen)
    with bar(f"training {len(chosen)} models", levels_of_all) as after_level:
        trainer = Trainer("mlp", SAMPLES, device, after_level, WIDTH)
        for batch in batches.values():
            samplers = [_sampler(plan.target) for plan in batch]
            seeds = [plan.seed for plan in batch]
            found = trainer.together(samplers, batch[0].schedule, seeds)
            for plan, levels in zip(batch, found, strict=True):
                spec = {"kind": "mlp", "samples": SAMPLES, "seed": plan.seed}
                target = plan.target.to(device)
                models[plan.seed] = ConsistencyModel(levels=levels, target=target, spec=spec)
    return [models[plan.seed] for plan in chosen]


def _sampler(target: Target) -> Callable[[int, int], torch.Tensor]:
    """What a trainer sees of a target."""
    return lambda n, key: target.sample(n, stream("data", key))


def write(place: Path, device: torch.device, count: int = MODELS) -> None:
    """Train, certify and keep the zoo.

    Arguments:
        place: the zoo's folder.
        device: where to train and certify.
        count: how many models.
    """
    chosen = plans(count)
    models = trained(chosen, device)
    entries = []
    with bar(f"certifying {count} models", count) as after_model:
        for plan, model in zip(chosen, models, strict=True):
            model.save(place / plan.folder)
            entries.append(entry(plan, model, place, device))
            after_model()
    name = "CPU"
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    about = {
        "schema": SCHEMA,
        "device": name,
        "machine": platform.machine(),
        "versions": versions(),
        "certificate": COUNTS,
    }
    write_atomically(place / MANIFEST, _text(about, entries).encode())


def _text(about: dict[str, Any], entries: list[dict[str, Any]]) -> str:
    """The manifest, a line a model, so that a change of one shows as one."""
    head = json.dumps(about, indent=1).removesuffix("\n}")
    lines = ",\n".join(f"  {json.dumps(one)}" for one in entries)
    return f'{head},\n "models": [\n{lines}\n ]\n}}\n'


def entry(plan: Plan, model: ConsistencyModel, place: Path, device: torch.device) -> dict[str, Any]:
    """What the manifest says of one model, whose files are written.

    Arguments:
        plan, model: which.
        place: the zoo's folder.
        device: where it is certified.

    Returns:
        JSON.
    """
    certificate = certify(model, model.target, model.schedule, device=str(device), **COUNTS)
    assert certificate.w1 is not None, f"{plan.name} is not finite"
    return {
        "name": plan.name,
        "folder": plan.folder.as_posix(),
        "sha256": digest(place / plan.folder),
        "values": values(model).tolist(),
        "float32_error": rounding(model),
        "coupled": certificate.w1.upper_estimate,
        "w1_upper": certificate.w1.upper,
        "w1_lower": certificate.w1.lower,
    }


def digest(folder: Path) -> str:
    """The SHA-256 of a model's numbers."""
    (numbers,) = folder.glob("model*.safetensors")
    return hashlib.sha256(numbers.read_bytes()).hexdigest()


def values(model: ConsistencyModel) -> torch.Tensor:
    """f_T at fixed starts, (POINTS, d) on the CPU."""
    return model(_starts(model, POINTS), model.schedule.T).cpu()


def rounding(model: ConsistencyModel) -> float:
    """How far a model in float32 is from the same network in float64, on this machine.

    Arguments:
        model: a model in float32.

    Returns:
        The largest difference of f_T over STARTS normal draws.
    """
    wide = in_float64(model.levels)
    z = _starts(model, STARTS)
    T = model.schedule.T
    return float((model(z, T) - wide(z, T)).abs().max())


def present(place: Path = ZOO) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The kept models that are here: all in a checkout, a sixteenth in a wheel.

    Arguments:
        place: the zoo's folder.

    Yields:
        A model's folder and what the manifest says of it.
    """
    for one in manifest(place)["models"]:
        folder = place / one["folder"]
        if folder.is_dir():
            yield folder, one


def manifest(place: Path = ZOO) -> dict[str, Any]:
    """What the manifest says."""
    return json.loads((place / MANIFEST).read_text())


def _starts(model: ConsistencyModel, n: int) -> torch.Tensor:
    """N(0, I), the same at each call, where the model is."""
    generator = torch.Generator().manual_seed(1)
    z = torch.randn(n, model.target.dim, generator=generator, dtype=torch.float64)
    return z.to(model.target.mean)
