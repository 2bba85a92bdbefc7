"""Consistency training, LHW (arXiv 2402.07802) Eq. (14), level by level:

    f_1(x) = x,   f_t = argmin_{f in F} E | f(X_t) - f_{t-1}(X_{t-1}) |^2,   t = 2..T,

over fresh shared-noise pairs at every level. A trainer sees a sampler and the schedule, nothing
else of the target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float

from ..core import arguments, limits
from ..core.streams import derive, normal, stream
from ..model.schedule import Schedule
from . import linear, mlp
from .linear import Parameters
from .pairs import Sampler, Whitening, shared_noise

CLASSES = ("affine", "fourier", "mlp")
PILOT = 4096  # draws behind the whitening
CACHED = {"affine": 1, "fourier": 1, "mlp": 8}  # targets at once a CPU thread: more leave its cache


@dataclass(frozen=True, eq=False)
class Levels:
    """The trained maps f_1..f_T for M = 1 target: a parameter of level t is row t - 2 of its
    tensor. Call as f(x, t).
    """

    kind: str
    schedule: Schedule
    whitening: Whitening
    shared: Parameters  # the frequencies of the linear classes
    parameters: Parameters  # each (T - 1, 1, ...)

    def __call__(self, x: Float[torch.Tensor, "n d"], t: int) -> Float[torch.Tensor, "n d"]:
        """f_t(x), (n, d) float64; f_1 is exactly the identity."""
        mean = self.whitening.mean
        t = arguments.level("t", t, self.schedule.T)
        x = arguments.batch("x", x, mean.shape[1]).to(mean)
        if t == 1:
            return x.clone()
        u = self.whitening.encode(x[None], self.schedule.scales(t))
        row = {key: value[t - 2] for key, value in self.parameters.items()}
        predicted = predict(self.kind, row, self.shared, u)
        return self.whitening.decode(predicted, self.schedule.scales(1))[0]


def in_float64(levels: Levels) -> Levels:
    """The same maps with networks evaluated in float64: what float32 costs is the difference."""
    doubled = {key: value.double() for key, value in levels.parameters.items()}
    return replace(levels, parameters=doubled)


def predict(
    kind: str, parameters: Parameters, shared: Parameters, u: Float[torch.Tensor, "M n d"]
) -> Float[torch.Tensor, "M n d"]:
    """The whitened output (M, n, d) of one level."""
    if kind == "mlp":
        single = next(iter(parameters.values())).dtype
        return u + mlp.network(parameters, u.to(single)).to(u.dtype)
    return linear.features(u, shared) @ parameters["theta"]


@dataclass(frozen=True)
class Trainer:
    """trainer(sample, schedule, seed) -> f for one function class, with `samples` fresh pairs a
    level; `together` for many. `width` is that of an MLP's hidden layers.
    """

    kind: str
    samples: int
    device: torch.device
    progress: Callable[[], Any] = lambda: None  # called after each level
    width: int = mlp.WIDTH

    def __call__(self, sample: Sampler, schedule: Schedule, seed: int) -> Levels:
        """Train f_2..f_T on `sample`."""
        return self.together([sample], schedule, [seed])[0]

    def together(
        self, samplers: Sequence[Sampler], schedule: Schedule, seeds: Sequence[int]
    ) -> list[Levels]:
        """One training a sampler, all of one dimension, each as by itself up to rounding."""
        many = len(samplers)
        if self.device.type != "cuda":
            many = CACHED[self.kind] * torch.get_num_threads()
        trained: list[Levels] = []
        for low in range(0, len(samplers), many):
            block = slice(low, low + many)
            trained += self._block(samplers[block], schedule, seeds[block])
        return trained

    def _block(
        self, samplers: Sequence[Sampler], schedule: Schedule, seeds: Sequence[int]
    ) -> list[Levels]:
        """`together` for as many targets as are trained at once."""
        pilot = self._draw(samplers, PILOT, [derive("training/pilot", seed) for seed in seeds])
        whitening = Whitening.of(pilot)
        shared, row = self._initial(pilot, [stream("training/initial", seed) for seed in seeds])
        held = sum(value.nelement() * value.element_size() for value in row.values())
        limits.memory("T levels of the model", 2 * held * (schedule.T - 1))  # and stacked
        rows: list[Parameters] = []
        for t in range(2, schedule.T + 1):
            of_pairs = [derive("training/pairs", seed, t) for seed in seeds]
            x0 = self._draw(samplers, self.samples, of_pairs)
            shape = tuple(x0.shape[1:])
            noise = [normal(shape, stream("training/noise", seed, t), x0) for seed in seeds]
            x, previous = shared_noise(x0, torch.stack(noise), schedule, t)
            u = whitening.encode(x, schedule.scales(t))
            v = whitening.encode(previous, schedule.scales(t - 1))
            row = self._fit(row, shared, t, u, v)
            rows.append(row)
            for _ in seeds:
                self.progress()
        parameters = _stacked(torch.stack, rows)
        return [self._one(i, schedule, whitening, shared, parameters) for i in range(len(seeds))]

    def _draw(
        self, samplers: Sequence[Sampler], n: int, seeds: Sequence[int]
    ) -> Float[torch.Tensor, "M n d"]:
        """n fresh draws of each target, (M, n, d)."""
        draws = [sample(n, seed) for sample, seed in zip(samplers, seeds, strict=True)]
        return torch.stack(draws).to(self.device, torch.float64)

    def _initial(
        self, pilot: torch.Tensor, generators: Sequence[torch.Generator]
    ) -> tuple[Parameters, Parameters]:
        """The frequencies, each (M, ...), and the MLP's parameters before the first level."""
        dim = pilot.shape[2]
        if self.kind == "mlp":
            networks = [
                mlp.initial(dim, generator, pilot.float(), width=self.width)
                for generator in generators
            ]
            return {}, _stacked(torch.cat, networks)
        waves = linear.FEATURES if self.kind == "fourier" else 0
        drawn = [linear.frequencies(dim, waves, generator, pilot) for generator in generators]
        return _stacked(torch.stack, drawn), {}

    def _fit(
        self, row: Parameters, shared: Parameters, t: int, u: torch.Tensor, v: torch.Tensor
    ) -> Parameters:
        """The level's parameters from whitened pairs (u, v), (M, n, d); the values to meet are
        f_{t-1}'s, those of v at t = 2.
        """

        def value(at: torch.Tensor) -> torch.Tensor:
            return at if t == 2 else predict(self.kind, row, shared, at)

        if self.kind != "mlp":
            return {"theta": linear.least_squares(linear.features(u, shared), value(v))}
        parts: Iterator[tuple[torch.Tensor, ...]] = zip(
            u.split(mlp.BATCH, 1), v.split(mlp.BATCH, 1), strict=True
        )
        batches = ((x.float(), value(y).float()) for x, y in parts)
        return mlp.fit(row, batches, steps=-(-self.samples // mlp.BATCH))

    def _one(
        self,
        i: int,
        schedule: Schedule,
        whitening: Whitening,
        shared: Parameters,
        parameters: Parameters,
    ) -> Levels:
        """The maps of target i alone."""
        only = slice(i, i + 1)
        return Levels(
            kind=self.kind,
            schedule=schedule,
            whitening=whitening.one(i),
            shared={key: value[i] for key, value in shared.items()},
            parameters={key: value[:, only].clone() for key, value in parameters.items()},
        )


def _stacked(
    join: Callable[[list[torch.Tensor]], torch.Tensor], parts: Sequence[Parameters]
) -> Parameters:
    """What the parts have by each name, joined."""
    return {key: join([part[key] for part in parts]) for key in parts[0]}
