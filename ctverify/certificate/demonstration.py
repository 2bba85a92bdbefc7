"""The demonstration behind `ctverify run`: train a model on each target by Eq. (14), certify it,
keep both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import arguments
from ..core.confidence import FEWEST_DRAWS
from ..core.files import writable_directory
from ..model.schedule import Schedule
from ..targets import Target
from ..training import CLASSES, train
from .certificate import Certificate, certify
from .counts import counts


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How `run` trains and certifies; every field is checked.

    Attributes:
        model: the class of functions, one of `training.CLASSES`.
        samples: paths of the error budget, at least 16; None for a number that fits the target.
        train_samples: fresh pairs a level of training, at least 1.
        max_w1: a threshold for W_1, above 0; None for none.
        device: "auto", "cpu", "cuda" or "cuda:N".
        seed: at least 0.
        keep_samples: how many samples certificates keep, for figures.
    """

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
            arguments.whole("samples", self.samples, FEWEST_DRAWS)
        arguments.whole("train-samples", self.train_samples)
        arguments.whole("seed", self.seed, 0)
        if self.max_w1 is not None:
            arguments.real("max-w1", self.max_w1, 0)
        arguments.device(self.device)


def run(
    targets: Sequence[Target],
    schedule: Schedule,
    settings: Settings,
    out: Path,
    progress: Callable[..., Any] = lambda *_, **__: None,
) -> list[Certificate]:
    """Train a model on each target by Eq. (14), certify it, and keep both.

    Arguments:
        targets: what is trained on; of equal names the later ones get a suffix.
        schedule: the noise levels.
        settings: how it is done.
        out: a directory, made where missing: model-NAME and certificate-NAME.json go there.
        progress: called with what is being done, and after each level.

    Returns:
        One certificate a target.

    Raises:
        InputError: `out` cannot be written to.
    """
    writable_directory(out)
    certificates = []
    for target, name in zip(targets, unique_names(targets), strict=True):
        progress(f"training {settings.model} on {name}", advance=0)
        model = train(
            target,
            schedule,
            settings.model,
            samples=settings.train_samples,
            device=settings.device,
            seed=settings.seed,
            progress=progress,
        )
        model.save(out / f"model-{name}")
        progress(f"certifying {name}", advance=0)
        certificate = certify(
            model,
            target,
            schedule,
            **counts(target, settings.samples),
            device=settings.device,
            seed=settings.seed,
            max_w1=settings.max_w1,
            keep_samples=settings.keep_samples,
            progress=progress,
        )
        certificate.save(out / f"certificate-{name}.json")
        certificates.append(certificate)
    return certificates


def unique_names(targets: Sequence[Target]) -> list[str]:
    """The targets' names, told apart.

    Arguments:
        targets: the targets, of which several may have one name.

    Returns:
        Their names; the second of a name gets -2, the third -3.

    Example:
        >>> from ctverify.targets import load
        >>> unique_names([load("mild"), load("mild")])
        ['mild', 'mild-2']
    """
    names: list[str] = []
    for target in targets:
        name = target.name
        number = 1
        while name in names:
            number += 1
            name = f"{target.name}-{number}"
        names.append(name)
    return names
