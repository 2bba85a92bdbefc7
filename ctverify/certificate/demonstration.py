"""The demonstration behind `ctverify run`: train a model on each target by Eq. (14), certify it,
keep both. What lies in its folder then, and how it is bound: folder.py.

Each target is computed with one thread, whether in this process or side by side with others, each
in a process of its own: models and certificates are the same, bit by bit. (In d = 1 NumPy's BLAS
must have one thread too, which it takes from the environment when it is imported.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from ..core import arguments
from ..core.arguments import InputError
from ..core.confidence import FEWEST_DRAWS
from ..core.files import writable_directory
from ..core.processes import Death, Tell, side_by_side
from ..core.schemas import builtins
from ..core.verdict import THRESHOLD
from ..model.schedule import Schedule, refuse_long
from ..targets import Target
from ..training import CLASSES, train
from .certificate import Certificate
from .certify import certify
from .counts import counts
from .folder import Place
from .identity import versions
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
        refused: by name, why a target has none: it could not be trained on or certified so.
    """

    certificates: dict[str, Certificate]
    lost: dict[str, str]
    refused: dict[str, str]


def run(
    targets: Sequence[Target],
    schedule: Schedule,
    settings: Settings,
    out: Path,
    *,
    processes: int = 1,
    resume: bool = False,
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
        resume: whether models and certificates that are there, of the same settings and versions,
            are kept; the others are computed and replaced.
        progress: progress(text, advance=0) is called with what is being done, progress() after each
            level.
        say: called with a line on each target in their order, as soon as it and those before it
            are done.

    Returns:
        A certificate for each target but those whose process was killed, and those that were
        refused.

    Raises:
        InputError: `out` cannot be written to, or a target of the same name is being computed in
            it; a target cannot be pickled; no target can be trained on so.

    Example:
        >>> from ctverify.targets import load
        >>> schedule = Schedule.li_huang_wei(8, 1, 2)
        >>> quick = Settings(model="affine", train_samples=100, samples=16)
        >>> done = run([load("gaussian-2d")], schedule, quick, Path("out"))
        >>> list(done.certificates)
        ['gaussian-2d']
    """
    refuse_long(schedule)  # before a process is started
    processes = arguments.whole("processes", processes)
    writable_directory(out)
    names = unique_names(targets)
    places = [Place(out, name) for name in names]
    tasks = [
        partial(_one_or_refused, target, place, schedule, settings, resume)
        for target, place in zip(targets, places, strict=True)
    ]
    log = _Log(names, progress, say)
    on_gpu = arguments.device(settings.device).type == "cuda"
    with ExitStack() as held:
        for place in places:
            held.enter_context(place.locked("run"))
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


@dataclass(frozen=True)
class Refused:
    """Why a target cannot be trained on or certified so."""

    reason: str

    def __str__(self) -> str:
        return self.reason


def _one_or_refused(
    target: Target, place: Place, schedule: Schedule, settings: Settings, resume: bool, tell: Tell
) -> Certificate | Refused:
    """One target's certificate, or why there is none: the others go on."""
    try:
        return _one_target(target, place, schedule, settings, resume, tell)
    except InputError as error:
        return Refused(str(error))


def _one_target(
    target: Target, place: Place, schedule: Schedule, settings: Settings, resume: bool, tell: Tell
) -> Certificate:
    """One target's certificate, kept with its model; tells what it does, and None after a level."""
    wanted = Wanted(target, schedule, settings)
    name = place.name
    with _one_torch_thread():
        tell(f"training {name}")
        model = None
        if resume:
            found = place.read(settings.device)
            if found is not None and wanted.is_certified(found[0]):
                for _ in range(2 * (schedule.T - 1)):
                    tell(None)
                return found[0]
            if found is not None and wanted.is_trained(found[0]):
                model = found[1]
            else:
                model = place.trained(wanted.training, settings.device)
        if model is None:
            model = train(
                target,
                schedule,
                settings.model,
                samples=settings.train_samples,
                device=settings.device,
                seed=settings.seed,
                progress=lambda: tell(None),
            )
            place.keep_trained(model, wanted.training)
        else:
            model = replace(model, target=target.to(arguments.device(settings.device)))
            for _ in range(schedule.T - 1):
                tell(None)
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
    place.keep(model, certificate)
    return certificate


@dataclass(frozen=True)
class Wanted:
    """What `run` is asked for of one target, to be compared with what is there."""

    target: Target
    schedule: Schedule
    settings: Settings

    @property
    def training(self) -> dict[str, Any]:
        """All that the model depends on, as a certificate's JSON has it."""
        settings = self.settings
        asked = {
            "target": self.target.spec,
            "schedule": self.schedule.spec,
            "model": {
                "kind": settings.model,
                "samples": settings.train_samples,
                "seed": settings.seed,
            },
            "device": str(arguments.device(settings.device)),
            "versions": versions(),
        }
        return dict(json.loads(json.dumps(builtins(asked))))

    def is_trained(self, certificate: Certificate) -> bool:
        """Whether a certificate is of a model that was trained so."""
        found = certificate.to_dict()
        asked = self.training
        return {name: found[name] for name in asked} == asked

    def is_certified(self, certificate: Certificate) -> bool:
        """Whether it was made so, too."""
        settings = self.settings
        kept = len(certificate.samples.get("z", ()))
        limits = [one.limit for one in certificate.verdicts if one.law == THRESHOLD]
        thresholds = [] if settings.max_w1 is None else [settings.max_w1]
        finite = certificate.w1 is not None  # else nothing is judged by a threshold
        return (
            self.is_trained(certificate)
            and certificate.seed == settings.seed
            and certificate.counts == counts(self.target, settings.samples)
            and (not finite or kept >= settings.keep_samples)
            and (not finite or limits == thresholds)
        )


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
    results: dict[int, Certificate | Death | Refused] = field(default_factory=dict)
    said: int = 0  # of how many targets there was a line

    def heard(self, number: int, text: str | None) -> None:
        """A target's work tells what it does, or, by None, that a level is done."""
        if text is None:
            self.progress()
            return
        self.doing[number] = text
        self.progress(", ".join(self.doing.values()), advance=0)

    def finished(self, number: int, result: Certificate | Death | Refused) -> None:
        """A target is done: say what is due."""
        self.doing.pop(number, None)
        self.results[number] = result
        if len(self.names) == 1 and isinstance(result, Refused):
            return  # said as bad input is
        while self.said in self.results:
            self.say(_line(self.names[self.said], self.results[self.said]))
            self.said += 1

    def demonstration(self) -> Demonstration:
        """All targets in their order."""
        certificates = {}
        lost = {}
        refused = {}
        for name, number in zip(self.names, range(len(self.names)), strict=True):
            result = self.results[number]
            if isinstance(result, Death):
                lost[name] = str(result)
            elif isinstance(result, Refused):
                refused[name] = str(result)
            else:
                certificates[name] = result
        if refused and len(refused) == len(self.names):
            raise InputError(next(iter(refused.values())))
        return Demonstration(certificates, lost, refused)


def _line(name: str, result: Certificate | Death | Refused) -> str:
    """One line on a target."""
    if isinstance(result, Death | Refused):
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
