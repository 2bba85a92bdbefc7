"""Consistency training by LHW Eq. (14): `train` on a known target, `train_many` on many at once,
`Trainer` on any sampler.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal, overload

from ..core import arguments, limits
from ..core.signatures import checked
from ..core.streams import stream
from ..model.schedule import Schedule, refuse_long
from ..targets import Target, handed_in
from . import model_files
from .flow_map_model import FlowMapModel, trained_flow_map
from .model import ConsistencyModel
from .population import population_flow_map
from .recursion import CLASSES, Levels, Trainer

__all__ = [
    "CLASSES",
    "ConsistencyModel",
    "FlowMapModel",
    "Levels",
    "Trainer",
    "load_model",
    "population_flow_map",
    "train",
    "train_many",
]

COPIES = 6  # of a level's pairs: X_0, Z, X_t, X_(t-1) and the last two whitened


@overload
def train(
    target: Target,
    schedule: Schedule,
    model: str = ...,
    *,
    samples: int = ...,
    device: str = ...,
    seed: int = ...,
    times: Literal[1] = ...,
    progress: bool | Callable[[], Any] = ...,
) -> ConsistencyModel: ...


@overload
def train(
    target: Target,
    schedule: Schedule,
    model: str = ...,
    *,
    samples: int = ...,
    device: str = ...,
    seed: int = ...,
    times: Literal[2],
    progress: bool | Callable[[], Any] = ...,
) -> FlowMapModel: ...


@checked
def train(
    target: Target,
    schedule: Schedule,
    model: str = "mlp",
    *,
    samples: int = 8192,
    device: str = "auto",
    seed: int = 0,
    times: Literal[1, 2] = 1,
    progress: bool | Callable[[], Any] = False,
) -> ConsistencyModel | FlowMapModel:
    """Consistency training, LHW (arXiv 2402.07802) Eq. (14), level by level from t = 2; or, with
    times=2, MeanFlow's (Geng et al., arXiv 2505.13447) of one network for all pairs of levels.

    Arguments:
        target: what to train on; of it the trainer sees draws alone.
        schedule: the noise levels 1..T.
        model: affine or fourier (exact least squares), or mlp (SGD, warm-started).
        samples: fresh pairs a level, at least 1.
        device: auto (CUDA where present), cpu, cuda or cuda:N.
        seed: of all draws, at least 0; the same seed gives the same bits at one thread count.
        times: 1 for a consistency model f(x, t); 2 for a flow map F(x, t, s), model "mlp", which
            sees as many pairs in all.
        progress: True for a bar on stderr (none where it is no terminal), or a function called
            after each level.

    Returns:
        The model, a callable f(x, t) with f_1 the identity; with times=2 F(x, t, s), which lands on
        level s.

    Raises:
        InputError: an argument outside its range; samples too few to determine a level's
            coefficients; times=2 for another model than mlp.

    Example:
        >>> from ctverify import Gaussian, Schedule, train
        >>> f = train(Gaussian(0.0, 1.0), Schedule.li_huang_wei(16), "affine", samples=256)
        >>> f.schedule.T
        16
    """
    if times == 1:
        return train_many(
            [target], schedule, model, samples=samples, device=device, seed=seed, progress=progress
        )[0]
    if model != "mlp":
        raise arguments.InputError(f"model must be mlp with times=2, got {model!r}")
    refuse_long(schedule)
    limits.memory("samples", COPIES * samples * handed_in(target).dim * limits.FLOAT)
    with _told(progress, "mlp of two times", [target], schedule) as after_level:
        return trained_flow_map(
            sample=_sampler(handed_in(target).to("cpu")),
            target=target,
            schedule=schedule,
            samples=arguments.whole("samples", samples),
            device=arguments.device(device),
            seed=arguments.whole("seed", seed, 0),
            progress=after_level,
        )


@checked
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
    """One model a target, trained at once: model i is train(targets[i], seed=seed + i) up to
    rounding.

    A GPU takes all targets in one batch, a CPU as many as stay in its cache.

    Arguments:
        targets: at least one, all of one dimension.
        schedule, model, samples, device, seed: as in `train`.
        progress: as in `train`; a function is called after each level of each target.

    Returns:
        The models, in the order of the targets.

    Raises:
        InputError: as in `train`; no targets, or of several dimensions.
    """
    arguments.choice("model", model, CLASSES)
    samples = arguments.whole("samples", samples)
    on_device = arguments.device(device)
    seed = arguments.whole("seed", seed, 0)
    dimensions = sorted({handed_in(target).dim for target in targets})
    if len(dimensions) != 1:
        raise arguments.InputError(
            f"targets must be at least one, all of one dimension, got dimensions {dimensions}"
        )
    refuse_long(schedule)
    held = COPIES * samples * dimensions[0] * limits.FLOAT
    limits.memory("samples", held)
    samplers = [_sampler(target.to("cpu")) for target in targets]
    seeds = [seed + i for i in range(len(targets))]
    with _told(progress, model, targets, schedule) as after_level:
        levels = Trainer(model, samples, on_device, after_level).together(samplers, schedule, seeds)
    specs = [{"kind": model, "samples": samples, "seed": s} for s in seeds]
    return [
        ConsistencyModel(f, target.to(on_device), spec)
        for f, target, spec in zip(levels, targets, specs, strict=True)
    ]


def load_model(directory: str | Path, device: str = "cpu") -> ConsistencyModel | FlowMapModel:
    """The model of one time or of two that a directory holds.

    Arguments:
        directory: where a model was saved.
        device: auto, cpu, cuda or cuda:N.

    Returns:
        A FlowMapModel where its manifest says times: 2, else a ConsistencyModel.

    Raises:
        InputError: as the two classes' own `load`.
    """
    manifest, _ = model_files.read_manifest(Path(directory))
    if manifest.model.times == 2:
        return FlowMapModel.load(directory, device)
    return ConsistencyModel.load(directory, device)


def _told(
    progress: bool | Callable[[], Any], model: str, targets: Sequence[Target], schedule: Schedule
) -> Any:
    """A context that gives what to call after each level."""
    if callable(progress):
        return nullcontext(progress)
    if not progress:
        return nullcontext(lambda: None)
    from ..core.progress import bar

    name = targets[0].name if len(targets) == 1 else f"{len(targets)} targets"
    return bar(f"training {model} on {name}", len(targets) * (schedule.T - 1))


def _sampler(target: Target) -> Callable[[int, int], Any]:
    return lambda n, seed: target.sample(n, stream("data", seed))
