"""Consistency training by LHW Eq. (14): `train` on a known target, `Trainer` on any sampler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import arguments
from ..schedule import Schedule
from ..streams import stream
from ..targets import Target
from .model import ConsistencyModel
from .recursion import CLASSES, Levels, Trainer

__all__ = ["CLASSES", "ConsistencyModel", "Levels", "Trainer", "train"]


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
    """Train f_2..f_T by Eq. (14) on `samples` fresh pairs a level; the same seed gives the same bits at one thread count.

    model: affine or fourier (exact least squares), mlp (SGD, warm-started). device: auto, cpu, cuda or cuda:N. progress: True
    for a bar on stderr (none where it is no terminal), or a function called after each level.
    """
    arguments.choice("model", model, CLASSES)
    samples, place = arguments.whole("samples", samples), arguments.device(device)
    here = target.to("cpu")
    if callable(progress) or not progress:
        tick = progress if callable(progress) else lambda: None
        levels = Trainer(model, samples, place, tick)(_sampler(here), schedule, seed)
    else:
        from ..progress import bar

        with bar(f"training {model} on {target.name}", schedule.T - 1) as tick:
            levels = Trainer(model, samples, place, tick)(_sampler(here), schedule, seed)
    return ConsistencyModel(levels, target.to(place), {"kind": model, "samples": samples, "seed": seed})


def _sampler(target: Target) -> Callable[[int, int], Any]:
    return lambda n, seed: target.sample(n, stream("data", seed))
