"""Trainers under judgement: ctverify's three function classes, or one named by --ctverify-trainer;
each on every device.

A trainer is train(sample, schedule, seed) -> f(x, t): sample(n, seed) gives n fresh draws of X_0,
(n, d) float64 on the CPU; x is a float64 tensor (n, d) on the device under test and t = 1..T, in
the paper's coordinates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from ctverify import Schedule
from ctverify.core import arguments
from ctverify.core.streams import stream
from ctverify.model.protocols import Model
from ctverify.targets import Target
from ctverify.training import CLASSES, Trainer

SAMPLES = 1024  # fresh pairs a level for ctverify's own classes


@dataclass(frozen=True)
class Subject:
    """One trainer on one device; kind is a function class of ctverify's, or "foreign"."""

    kind: str
    train: Callable[..., Any] = field(repr=False)
    device: torch.device

    def __call__(self, target: Target, schedule: Schedule, seed: int) -> Model:
        """f, trained on draws of the target alone; what it returns is checked, and no gradients are
        kept.
        """
        f = self.train(lambda n, key: target.sample(n, stream("data", key)), schedule, seed)

        def checked(x: torch.Tensor, t: int) -> torch.Tensor:
            with torch.no_grad():
                y = f(x, t)
            assert isinstance(y, torch.Tensor) and y.shape == x.shape and y.is_floating_point(), (
                f"f(x, {t}) must return a float tensor of shape {tuple(x.shape)}, got "
                + (
                    f"{tuple(y.shape)} of {y.dtype}"
                    if isinstance(y, torch.Tensor)
                    else type(y).__name__
                )
            )
            return y

        return checked


def subjects(spec: str | None, device: str) -> list[Subject]:
    """The trainers to judge: "auto" is the CPU and, for ctverify's own classes, CUDA where present."""
    places = [torch.device("cpu")] if device == "auto" else [arguments.device(device)]
    if device == "auto" and spec is None and torch.cuda.is_available():
        places.append(torch.device("cuda"))
    if spec is not None:
        return [
            Subject("foreign", arguments.imported("--ctverify-trainer", spec), place)
            for place in places
        ]
    return [
        Subject(kind, Trainer(kind, SAMPLES, place), place) for place in places for kind in CLASSES
    ]
