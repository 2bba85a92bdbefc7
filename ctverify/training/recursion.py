"""Consistency training, LHW (arXiv 2402.07802) Eq. (14), level by level:

    f_1(x) = x,   f_t = argmin_{f in F} E | f(X_t) - f_{t-1}(X_{t-1}) |^2,   t = 2..T,

over fresh shared-noise pairs at every level. A trainer sees a sampler and the schedule, nothing else of the target.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from .. import arguments
from ..schedule import Schedule
from ..streams import derive, normal, stream
from . import linear, mlp
from .linear import Parameters
from .pairs import Sampler, Whitening, shared_noise

CLASSES = ("affine", "fourier", "mlp")
PILOT = 4096  # draws behind the whitening


@dataclass(frozen=True, eq=False)
class Levels:
    """The trained maps f_1..f_T for M = 1 target: a parameter of level t is row t - 2 of its tensor. Call as f(x, t)."""

    kind: str
    schedule: Schedule
    whitening: Whitening
    shared: Parameters  # the frequencies of the linear classes
    parameters: Parameters  # each (T - 1, 1, ...)

    def __call__(self, x: torch.Tensor, t: int) -> torch.Tensor:
        """f_t(x), (n, d) float64; f_1 is exactly the identity."""
        t = arguments.level("t", t, self.schedule.T)
        x = arguments.batch("x", x, self.whitening.mean.shape[1]).to(self.whitening.mean)
        if t == 1:
            return x.clone()
        u = self.whitening.encode(x[None], self.schedule.scales(t))
        row = {key: value[t - 2] for key, value in self.parameters.items()}
        return self.whitening.decode(predict(self.kind, row, self.shared, u), self.schedule.scales(1))[0]


def predict(kind: str, parameters: Parameters, shared: Parameters, u: torch.Tensor) -> torch.Tensor:
    """The whitened output (M, n, d) of one level."""
    if kind == "mlp":
        single = next(iter(parameters.values())).dtype
        return u + mlp.network(parameters, u.to(single)).to(u.dtype)
    return linear.features(u, shared) @ parameters["theta"]


@dataclass(frozen=True)
class Trainer:
    """trainer(sample, schedule, seed) -> f for one function class, with `samples` fresh pairs a level."""

    kind: str
    samples: int
    device: torch.device
    tick: Callable[[], Any] = lambda: None  # called after each level

    def __call__(self, sample: Sampler, schedule: Schedule, seed: int) -> Levels:
        """Train f_2..f_T on `sample`."""
        pilot = sample(PILOT, derive("training/pilot", seed)).to(self.device, torch.float64)[None]
        whitening = Whitening.of(pilot)
        generator = stream("training/initial", seed)
        waves = linear.FEATURES if self.kind == "fourier" else 0
        shared = {} if self.kind == "mlp" else linear.frequencies(pilot.shape[2], waves, generator, pilot)
        row = mlp.initial(pilot.shape[2], generator, pilot.float()) if self.kind == "mlp" else {}
        rows: list[Parameters] = []
        for t in range(2, schedule.T + 1):
            x0 = sample(self.samples, derive("training/pairs", seed, t)).to(pilot)[None]
            z = normal(tuple(x0.shape), stream("training/noise", seed, t), x0)
            x, previous = shared_noise(x0, z, schedule, t)
            u, v = whitening.encode(x, schedule.scales(t)), whitening.encode(previous, schedule.scales(t - 1))
            y = v if t == 2 else predict(self.kind, row, shared, v)
            row = self._fit(row, shared, u, y)
            rows.append(row)
            self.tick()
        return Levels(self.kind, schedule, whitening, shared, {key: torch.stack([r[key] for r in rows]) for key in rows[0]})

    def _fit(self, row: Parameters, shared: Parameters, u: torch.Tensor, y: torch.Tensor) -> Parameters:
        if self.kind != "mlp":
            return {"theta": linear.least_squares(linear.features(u, shared), y)}
        batches = list(zip(u.float().split(mlp.BATCH, 1), y.float().split(mlp.BATCH, 1), strict=True))
        return mlp.fit(row, batches, len(batches))
