"""Trainers under judgement: ctverify's three function classes, or one named by --ctverify-trainer;
each on every device.

A trainer is train(sample, schedule, seed) -> f(x, t): sample(n, seed) gives n fresh draws of X_0,
(n, d) float64 on the CPU; x is a float64 tensor (n, d) on the device under test and t = 1..T, in
the paper's coordinates. What it declares of itself: trainer_claims.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch

from ctverify import Schedule
from ctverify.core import arguments
from ctverify.core.streams import stream
from ctverify.targets import Target
from ctverify.training import CLASSES, Trainer

from .trainer_claims import MOTIONS, Claims, claims_of

SAMPLES = 1024  # fresh pairs a level for ctverify's own classes
OWN = {
    "affine": Claims(
        function_class="affine", solver="least-squares", samples=SAMPLES, equivariant=MOTIONS
    ),
    "fourier": Claims(function_class="affine", solver="least-squares", samples=SAMPLES),
    "mlp": Claims(samples=SAMPLES),
}


@dataclass(frozen=True)
class Trained:
    """A trained model under judgement: what its f returns is checked at every call.

    Arguments:
        f: what the trainer returned.
        samples: pairs a level, as declared or, else, the draws that were asked for, shared by the
            levels.
    """

    f: Callable[..., Any] = field(repr=False)
    samples: int

    def __call__(self, x: torch.Tensor, t: int) -> torch.Tensor:
        """f_t(x), without gradients.

        Arguments:
            x: (n, d) float64.
            t: the level, 1..T.

        Returns:
            (n, d), in whatever float dtype the trainer's own f has.

        Raises:
            AssertionError: f returns anything else.
        """
        with torch.no_grad():
            y = self.f(x, t)
        _check_output(y, x, t)
        return y


@dataclass(frozen=True, repr=False)
class Subject:
    """One trainer on one device.

    Arguments:
        kind: a function class of ctverify's, or "foreign".
        train: the trainer, as in this file's head.
        device: where its models are called.
        claims: what it declares of itself.
        quality: the correlation that its residuals are allowed, in 0..1; None for the default.
        sized: sized(n) is the trainer with n pairs a level; None where it has no such choice.
    """

    kind: str
    train: Callable[..., Any] = field(repr=False)
    device: torch.device
    claims: Claims = field(default_factory=Claims)
    quality: float | None = None
    sized: Callable[[int], Callable[..., Any]] | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        """As it stands in a failing example."""
        return f"<{self.kind} trainer on {self.device}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis would print the fields of a dataclass."""
        printer.text(repr(self))

    def at(self, samples: int | None) -> Subject:
        """The trainer with so many pairs a level.

        Arguments:
            samples: pairs a level, at least 1; None for its own choice.

        Returns:
            A subject that trains so, or this one where the trainer has no such choice.
        """
        if samples is None or self.sized is None:
            return self
        claims = replace(self.claims, samples=samples)
        return replace(self, train=self.sized(samples), claims=claims)

    def __call__(self, target: Target, schedule: Schedule, seed: int) -> Trained:
        """A model trained on draws of the target alone.

        Arguments:
            target: the law of X_0, which the trainer sees only through its draws.
            schedule: of the levels.
            seed: of the training; the draws take the seeds that the trainer asks for.

        Returns:
            f(x, t), and how many pairs a level it is made of.
        """
        rows = 0

        def sample(n: int, key: int) -> torch.Tensor:
            nonlocal rows
            rows += n
            return target.sample(n, stream("data", key))

        f = self.train(sample, schedule, seed)
        samples = self.claims.samples or max(1, rows // (schedule.T - 1))
        return Trained(f, samples)


def subjects(spec: str | None, device: str, quality: float | None = None) -> list[Subject]:
    """The trainers to judge.

    Arguments:
        spec: PACKAGE.MODULE:TRAIN of a foreign trainer; None for ctverify's function classes.
        device: cpu, cuda or cuda:N; auto is the CPU and, for ctverify's own classes, CUDA where
            present.
        quality: the correlation that residuals are allowed; None for the default.

    Returns:
        One subject a trainer and device.

    Raises:
        InputError: spec names no importable callable, what it declares is out of range, or there
            is no such device.

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
        return [
            Subject("foreign", train, where, claims_of(train), quality, _sized(train))
            for where in devices
        ]
    return [
        Subject(
            kind=kind,
            train=Trainer(kind, SAMPLES, where),
            device=where,
            claims=OWN[kind],
            sized=partial(_own, kind, where),
        )
        for where in devices
        for kind in CLASSES
    ]


def _own(kind: str, where: torch.device, samples: int) -> Trainer:
    """A trainer of ctverify's own."""
    return Trainer(kind, samples, where)


def _sized(train: Callable[..., Any]) -> Callable[[int], Callable[..., Any]] | None:
    """The foreign trainer by its pairs a level, where it takes a keyword `samples`."""
    try:
        taken = "samples" in inspect.signature(train).parameters
    except (TypeError, ValueError):  # a callable without a signature
        return None
    return (lambda samples: partial(train, samples=samples)) if taken else None


def _check_output(y: Any, x: torch.Tensor, t: int) -> None:
    """Refuse what no model returns at x."""
    wanted = f"f(x, {t}) must return a float tensor of shape {tuple(x.shape)}"
    assert isinstance(y, torch.Tensor), f"{wanted}, got {type(y).__name__}"
    assert y.shape == x.shape and y.is_floating_point(), (
        f"{wanted}, got {tuple(y.shape)} of {y.dtype}"
    )
