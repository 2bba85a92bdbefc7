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
    """One trainer on one device.

    Arguments:
        kind: a function class of ctverify's, or "foreign".
        train: the trainer, as in this file's head.
        device: where its models are called.
    """

    kind: str
    train: Callable[..., Any] = field(repr=False)
    device: torch.device

    def __call__(self, target: Target, schedule: Schedule, seed: int) -> Model:
        """A model trained on draws of the target alone.

        Arguments:
            target: the law of X_0, which the trainer sees only through its draws.
            schedule: of the levels.
            seed: of the training; the draws take the seeds that the trainer asks for.

        Returns:
            f(x, t), without gradients; what the trainer's own f returns is checked at every call.
        """

        def sample(n: int, key: int) -> torch.Tensor:
            return target.sample(n, stream("data", key))

        f = self.train(sample, schedule, seed)

        def checked(x: torch.Tensor, t: int) -> torch.Tensor:
            with torch.no_grad():
                y = f(x, t)
            _check_output(y, x, t)
            return y

        return checked


def subjects(spec: str | None, device: str) -> list[Subject]:
    """The trainers to judge.

    Arguments:
        spec: PACKAGE.MODULE:TRAIN of a foreign trainer; None for ctverify's function classes.
        device: cpu, cuda or cuda:N; auto is the CPU and, for ctverify's own classes, CUDA where
            present.

    Returns:
        One subject a trainer and device.

    Raises:
        InputError: spec names no importable callable, or there is no such device.

    Example:
        >>> [subject.kind for subject in subjects(None, "cpu")] == list(CLASSES)
        True
    """
    if device == "auto":
        devices = [torch.device("cpu")]
        if spec is None and torch.cuda.is_available():
            devices.append(torch.device("cuda"))
    else:
        devices = [arguments.device(device)]
    if spec is not None:
        train = arguments.imported("--ctverify-trainer", spec)
        return [Subject("foreign", train, where) for where in devices]
    return [
        Subject(kind, Trainer(kind, SAMPLES, where), where) for where in devices for kind in CLASSES
    ]


def _check_output(y: Any, x: torch.Tensor, t: int) -> None:
    """Refuse what no model returns at x."""
    wanted = f"f(x, {t}) must return a float tensor of shape {tuple(x.shape)}"
    assert isinstance(y, torch.Tensor), f"{wanted}, got {type(y).__name__}"
    assert y.shape == x.shape and y.is_floating_point(), (
        f"{wanted}, got {tuple(y.shape)} of {y.dtype}"
    )
