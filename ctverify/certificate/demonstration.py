"""The demonstration behind `ctverify run`: train a model on each target by Eq. (14), certify it,
keep both.

Each target is computed with one thread, whether in this process or side by side with others, each
in a process of its own: models and certificates are the same, bit by bit. (In d = 1 NumPy's BLAS
must have one thread too, which it takes from the environment when it is imported.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch

from ..core import arguments
from ..core.confidence import FEWEST_DRAWS
from ..core.files import writable_directory
from ..core.processes import Death, Tell, side_by_side
from ..model.schedule import Schedule
from ..targets import Target
from ..training import CLASSES, train
from .certificate import Certificate
from .certify import certify
from .table import worst


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


@dataclass(frozen=True)
class Demonstration:
    """What `run` came to.

    Attributes:
        certificates: by the targets' names (`unique_names`), in the order of the targets.
        lost: by name, why a target has none: its process was killed.
    """

    certificates: dict[str, Certificate]
    lost: dict[str, str]


def run(
    targets: Sequence[Target],
    schedule: Schedule,
    settings: Settings,
    out: Path,
    *,
    processes: int = 1,
    progress: Callable[..., Any] = lambda *_, **__: None,
    say: Callable[[str], Any] = lambda _: None,
) -> Demonstration:
    """Train a model on each target by Eq. (14), certify it, and keep both.

    torch computes with one thread meanwhile. With processes > 1 several targets are computed side
    by side, the costliest first, each in a spawned process: a script then calls this under
    `if __name__ == "__main__"`, and a target of a class of one's own must be one that pickle can
    write. The numbers are those of one process (this file's head). On a GPU, which targets would
    only share, and with one target all is done in this process.

    Arguments:
        targets: what is trained on; of equal names the later ones get a suffix.
        schedule: the noise levels.
        settings: how it is done.
        out: a directory, made where missing: model-NAME and certificate-NAME.json go there.
        processes: how many targets are computed at once, at least 1.
        progress: progress(text, advance=0) is called with what is being done, progress() after each
            level.
        say: called with a line on each target in their order, as soon as it and those before it
            are done.

    Returns:
        A certificate for each target but those whose process was killed.

    Raises:
        InputError: `out` cannot be written to, a target cannot be pickled, or trained on so.

    Example:
        >>> from ctverify.targets import load
        >>> schedule = Schedule.li_huang_wei(8, 1, 2)
        >>> quick = Settings(model="affine", train_samples=100, samples=16)
        >>> done = run([load("gaussian-2d")], schedule, quick, Path("out"))
        >>> list(done.certificates)
        ['gaussian-2d']
    """
    processes = arguments.whole("processes", processes)
    writable_directory(out)
    names = unique_names(targets)
    tasks = [
        partial(_one_target, target, name, schedule, settings, out)
        for target, name in zip(targets, names, strict=True)
    ]
    log = _Log(names, progress, say)
    on_gpu = arguments.device(settings.device).type == "cuda"
    if on_gpu or min(processes, len(tasks)) <= 1:
        for number, task in enumerate(tasks):
            log.finished(number, task(partial(log.heard, number)))
    else:
        order = sorted(range(len(tasks)), key=lambda number: -targets[number].cost)
        side_by_side(
            [tasks[number] for number in order],
            processes,
            lambda place, text: log.heard(order[place], text),
            lambda place, result: log.finished(order[place], result),
        )
    return log.demonstration()


def _one_target(
    target: Target, name: str, schedule: Schedule, settings: Settings, out: Path, tell: Tell
) -> Certificate:
    """One target's certificate, kept with its model; tells what it does, and None after a level."""
    with _one_torch_thread():
        tell(f"training {name}")
        model = train(
            target,
            schedule,
            settings.model,
            samples=settings.train_samples,
            device=settings.device,
            seed=settings.seed,
            progress=lambda: tell(None),
        )
        model.save(out / f"model-{name}")
        tell(f"certifying {name}")
        certificate = certify(
            model,
            target,
            schedule,
            samples=settings.samples,
            device=settings.device,
            seed=settings.seed,
            max_w1=settings.max_w1,
            keep_samples=settings.keep_samples,
            progress=lambda: tell(None),
        )
    certificate.save(out / f"certificate-{name}.json")
    return certificate


@contextmanager
def _one_torch_thread() -> Iterator[None]:
    """torch computes with one thread meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(eq=False)
class _Log:
    """What targets came to, by number, and what is said of it meanwhile."""

    names: Sequence[str]
    progress: Callable[..., Any]
    say: Callable[[str], Any]
    doing: dict[int, str] = field(default_factory=dict)  # by target, what is being done
    results: dict[int, Certificate | Death] = field(default_factory=dict)
    said: int = 0  # of how many targets there was a line

    def heard(self, number: int, text: str | None) -> None:
        """A target's work tells what it does, or, by None, that a level is done."""
        if text is None:
            self.progress()
            return
        self.doing[number] = text
        self.progress(", ".join(self.doing.values()), advance=0)

    def finished(self, number: int, result: Certificate | Death) -> None:
        """A target is done: say what is due."""
        del self.doing[number]
        self.results[number] = result
        while self.said in self.results:
            self.say(_line(self.names[self.said], self.results[self.said]))
            self.said += 1

    def demonstration(self) -> Demonstration:
        """All targets in their order."""
        certificates = {}
        lost = {}
        for name, number in zip(self.names, range(len(self.names)), strict=True):
            result = self.results[number]
            if isinstance(result, Death):
                lost[name] = str(result)
            else:
                certificates[name] = result
        return Demonstration(certificates, lost)


def _line(name: str, result: Certificate | Death) -> str:
    """One line on a target."""
    if isinstance(result, Death):
        return f"{name}: no certificate, {result}"
    if result.w1 is None:
        return f"{name}: {worst(result)}"
    w1 = result.w1
    return f"{name}: W_1 at least {w1.lower:.4g}, at most {w1.upper:.4g}; {worst(result)}"


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
