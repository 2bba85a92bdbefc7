"""The demonstration behind `ctverify run`: train a model on each target by Eq. (14), certify it, keep both."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import arguments
from .budget import cost, paths
from .certificate import Certificate, certify
from .files import writable_directory
from .limits import LEAST
from .schedule import Schedule
from .targets import Target
from .training import CLASSES, train

SCHEDULES = ("li_huang_wei", "cosine", "karras", "ddpm")


@dataclass(frozen=True)
class Settings:
    """What `run` is asked for; None means a default that fits the target's cost."""

    model: str = "mlp"
    samples: int | None = None
    train_samples: int = 16_384
    max_w1: float | None = None
    device: str = "auto"
    seed: int = 0
    keep_samples: int = 0

    def __post_init__(self) -> None:
        arguments.choice("model", self.model, CLASSES)
        if self.samples is not None:
            arguments.whole("samples", self.samples, LEAST)
        arguments.whole("train-samples", self.train_samples)
        arguments.whole("seed", self.seed, 0)
        if self.max_w1 is not None:
            arguments.real("max-w1", self.max_w1, 0)
        arguments.device(self.device)


def named_schedule(name: str, steps: int, c0: float | None = None, c1: float | None = None) -> Schedule:
    """The schedule of that name with T = steps; c0 and c1 are li_huang_wei's."""
    arguments.choice("schedule", name, SCHEDULES)
    given = {key: value for key, value in (("c0", c0), ("c1", c1)) if value is not None}
    if given and name != "li_huang_wei":
        raise arguments.InputError(f"{' and '.join(given)} belong to the schedule li_huang_wei, got the schedule {name}")
    schedule: Schedule = getattr(Schedule, name)(steps, **given)
    return schedule


def read_schedule(name_or_file: str, steps: int | None, c0: float | None, c1: float | None) -> Schedule:
    """A schedule by name with T = steps, or from a JSON file: a list of alpha_bar for t = 1..T, or an object with alpha_bar."""
    path = Path(name_or_file)
    if name_or_file in SCHEDULES or path.suffix != ".json":
        if name_or_file not in SCHEDULES:
            raise arguments.InputError(f"schedule must be one of {', '.join(SCHEDULES)} or a .json file, got {name_or_file!r}")
        return named_schedule(name_or_file, 64 if steps is None else steps, c0, c1)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise arguments.InputError(f"schedule {name_or_file!r} cannot be read: {error.strerror or error}") from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise arguments.InputError(f"schedule {name_or_file!r} must hold JSON: {error}") from None
    if isinstance(content, dict) and "alpha_bar" not in content:
        raise arguments.InputError(f"schedule {name_or_file!r} must be a list of alpha_bar or an object with alpha_bar")
    schedule = Schedule.from_alpha_bar(content["alpha_bar"] if isinstance(content, dict) else content)
    if steps is not None and steps != schedule.T:
        raise arguments.InputError(f"steps must be the file's {schedule.T}, or be left out, got {steps}")
    if c0 is not None or c1 is not None:
        raise arguments.InputError(f"c0 and c1 belong to the schedule li_huang_wei, got the file {name_or_file!r}")
    return schedule


def counts(target: Target, samples: int | None) -> dict[str, int]:
    """Paths and coupled pairs that keep a certificate near 20 seconds on 2 cores; `samples` overrides the paths."""
    return {"samples": paths(target) if samples is None else samples, "pairs": min(20_000, max(4096, 2**24 // cost(target)))}


def run(
    targets: Sequence[Target], schedule: Schedule, settings: Settings, out: Path, tick: Callable[..., Any] = lambda *_, **__: None
) -> list[Certificate]:
    """One certificate and one saved model a target, in `out`; equal names get a suffix."""
    writable_directory(out)
    certificates = []
    for target, name in zip(targets, unique_names(targets), strict=True):
        tick(f"training {settings.model} on {name}", advance=0)
        model = train(
            target,
            schedule,
            settings.model,
            samples=settings.train_samples,
            device=settings.device,
            seed=settings.seed,
            progress=tick,
        )
        model.save(out / f"model-{name}")
        tick(f"certifying {name}", advance=0)
        certificate = certify(
            model,
            target,
            schedule,
            **counts(target, settings.samples),
            device=settings.device,
            seed=settings.seed,
            max_w1=settings.max_w1,
            keep_samples=settings.keep_samples,
            progress=tick,
        )
        certificate.save(out / f"certificate-{name}.json")
        certificates.append(certificate)
    return certificates


def unique_names(targets: Sequence[Target]) -> list[str]:
    """The targets' names; the second of a kind gets -2, the third -3."""
    names: list[str] = []
    for target in targets:
        name, number = target.name, 1
        while name in names:
            number += 1
            name = f"{target.name}-{number}"
        names.append(name)
    return names
