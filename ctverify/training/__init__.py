"""Consistency training by LHW Eq. (14): `train` on a known target, `train_many` on many at once,
`Trainer` on any sampler.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from ..core import arguments
from ..core.streams import stream
from ..model.schedule import Schedule
from ..targets import Target
from .model import ConsistencyModel
from .recursion import CLASSES, Levels, Trainer

__all__ = ["CLASSES", "ConsistencyModel", "Levels", "Trainer", "train", "train_many"]


def train(
    target: Target,
    schedule: Schedule,
    model: str = "mlp",
    *,
    samples: int = 8192,
    device: str = "auto",
    seed: int = 0,
    progress: bool | Callable[[], Any] = False,
) -> ConsistencyModel:
    """Train f_2..f_T by Eq. (14) on `samples` fresh pairs a level; the same seed gives the same
    bits at one thread count.

    model: affine or fourier (exact least squares), mlp (SGD, warm-started). device: auto, cpu, cuda
    or cuda:N. progress: True for a bar on stderr (none where it is no terminal), or a function
    called after each level (of each target).
    """
    return train_many(
        [target], schedule, model, samples=samples, device=device, seed=seed, progress=progress
    )[0]


def train_many(
    targets: Sequence[Target],
    schedule: Schedule,
    model: str = "mlp",
    *,
    samples: int = 8192,
    device: str = "auto",
    seed: int = 0,
    progress: bool | Callable[[], Any] = False,
) -> list[ConsistencyModel]:
    """One model a target, all of one dimension, trained at once: model i is train(targets[i],
    seed=seed + i) up to rounding.

    A GPU takes all targets in one batch, a CPU as many as stay in its cache. The rest is as in
    `train`.
    """
    arguments.choice("model", model, CLASSES)
    samples, place, seed = (
        arguments.whole("samples", samples),
        arguments.device(device),
        arguments.whole("seed", seed, 0),
    )
    if len({target.dim for target in targets}) != 1:
        raise arguments.InputError(
            f"targets must be at least one, all of one dimension, got dimensions {sorted({target.dim for target in targets})}"
        )
    samplers, seeds = (
        [_sampler(target.to("cpu")) for target in targets],
        [seed + i for i in range(len(targets))],
    )
    with _ticks(progress, model, targets, schedule) as tick:
        levels = Trainer(model, samples, place, tick).together(samplers, schedule, seeds)
    specs = [{"kind": model, "samples": samples, "seed": s} for s in seeds]
    return [
        ConsistencyModel(f, target.to(place), spec)
        for f, target, spec in zip(levels, targets, specs, strict=True)
    ]


def _ticks(
    progress: bool | Callable[[], Any], model: str, targets: Sequence[Target], schedule: Schedule
) -> Any:
    if callable(progress) or not progress:
        return nullcontext(progress if callable(progress) else lambda: None)
    from ..core.progress import bar

    name = targets[0].name if len(targets) == 1 else f"{len(targets)} targets"
    return bar(f"training {model} on {name}", len(targets) * (schedule.T - 1))


def _sampler(target: Target) -> Callable[[int, int], Any]:
    return lambda n, seed: target.sample(n, stream("data", seed))
