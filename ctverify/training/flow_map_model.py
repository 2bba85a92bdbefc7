"""A trained flow map of two times, and its training (mean_flow.py); how it is kept is said in
model_files.py.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float

from ..core import arguments
from ..core.schemas import builtins
from ..core.signatures import checked
from ..core.streams import derive, normal, stream
from ..model.schedule import Schedule
from ..targets import Target, from_spec
from . import mean_flow, model_files
from .linear import Parameters
from .model_files import SHARED
from .pairs import Sampler, Whitening
from .recursion import PILOT


@checked
@dataclass(frozen=True, eq=False)
class FlowMapModel:
    """A trained map F(x, t, s), x (n, d) float64: it carries level t to level s, 1 <= s <= t <= T.

    Attributes:
        parameters: of the one network for all pairs of levels.
        whitening: the coordinates in which it works.
        schedule: the levels; between them the network knows every noise level.
        target: the law that it was trained on.
        spec: JSON that says how it was trained: kind, samples a level, seed, times.
    """

    parameters: Parameters
    whitening: Whitening
    schedule: Schedule
    target: Target
    spec: dict[str, Any]

    def __call__(self, x: Float[torch.Tensor, "n d"], t: int, s: int) -> Float[torch.Tensor, "n d"]:
        """F(x, t, s), (n, d) float64; F(x, t, t) is exactly x.

        Arguments:
            x: points of level t, (n, d).
            t, s: levels in 1..T, s <= t.

        Raises:
            InputError: x of another shape, levels outside 1..T, s above t.
        """
        mean = self.whitening.mean
        t = arguments.level("t", t, self.schedule.T)
        s = arguments.level("s", s, self.schedule.T)
        if s > t:
            raise arguments.InputError(f"s must be at most t = {t}, got {s}")
        x = arguments.batch("x", x, mean.shape[1]).to(mean)
        if s == t:
            return x.clone()
        y = self.whitening.encode(x[None], self.schedule.scales(t))[0]
        single = next(iter(self.parameters.values())).dtype
        later = torch.full((len(x),), self._angle(t)).to(y)
        earlier = torch.full((len(x),), self._angle(s)).to(y)
        at = (array.to(single) for array in (y, later, earlier))
        velocity = mean_flow.network(self.parameters, *at).to(y)
        landed = y - (later - earlier)[:, None] * velocity
        return self.whitening.decode(landed[None], self.schedule.scales(s))[0]

    @property
    def computes_in(self) -> torch.dtype:
        """The dtype of its network, though x and F(x, t, s) are float64."""
        return next(iter(self.parameters.values())).dtype

    @property
    def sha256(self) -> str:
        """The SHA-256 of the manifest.json that `save` writes."""
        return hashlib.sha256(self._content().manifest).hexdigest()

    def save(self, directory: str | Path) -> None:
        """Write model.HASH.safetensors and then manifest.json, each atomically.

        Arguments:
            directory: where to; made where missing.

        Raises:
            InputError: a file cannot be written.
        """
        self._content().write(Path(directory))

    def _content(self) -> model_files.Content:
        """What `save` writes."""
        tensors = {
            "mean": self.whitening.mean,
            "eigenvalues": self.whitening.eigenvalues,
            "basis": self.whitening.basis,
        }
        tensors |= {SHARED + key: value for key, value in self.parameters.items()}
        return model_files.content(tensors, self.spec, self.target.spec, self.schedule.spec)

    @classmethod
    def load(cls, directory: str | Path, device: str = "cpu") -> FlowMapModel:
        """The map that `save` wrote.

        Arguments:
            directory: where it is.
            device: auto, cpu, cuda or cuda:N.

        Returns:
            A map that returns the same bits.

        Raises:
            InputError: the directory is incomplete, damaged, of another schema or of a one-time
                model.

        Example:
            >>> from ctverify import FlowMapModel, Gaussian, Schedule, train
            >>> schedule = Schedule.li_huang_wei(16)
            >>> train(Gaussian(0.0, 1.0), schedule, times=2, samples=512).save("map")
            >>> FlowMapModel.load("map").spec["times"]
            2
        """
        path = Path(directory)
        name = f"the model directory {str(path)!r}"
        manifest, spec = model_files.read_manifest(path)
        if manifest.model.times != 2:
            raise arguments.InputError(
                f"{name} must hold a map of two times, got a model of one: ConsistencyModel.load"
            )
        tensors = model_files.read_tensors(path, manifest)
        torch_device = arguments.device(device)
        target = from_spec(manifest.target)
        schedule = Schedule.from_spec(builtins(manifest.schedule))
        try:
            model_files.check_flow_map_shapes(tensors, target.dim, 4 * len(mean_flow.WAVES))
        except ValueError as error:
            raise arguments.InputError(f"{name} is incomplete or damaged: {error}") from None
        parts = {key: value.to(torch_device) for key, value in tensors.items()}
        own = {key.removeprefix(SHARED): v for key, v in parts.items() if key.startswith(SHARED)}
        whitening = Whitening(parts["mean"], parts["eigenvalues"], parts["basis"])
        return cls(own, whitening, schedule, target.to(torch_device), spec)

    def _angle(self, t: int) -> float:
        """theta of a level."""
        return angle(self.schedule, t, mean_flow.unit(self.whitening))


def angle(schedule: Schedule, t: int, s0: float) -> float:
    """theta, tan(theta) = sigma_t/s_0."""
    a, b = schedule.scales(t)
    return math.atan2(b, a * s0)


def trained_flow_map(
    sample: Sampler,
    target: Target,
    schedule: Schedule,
    samples: int,
    device: torch.device,
    seed: int,
    progress: Callable[[], Any],
) -> FlowMapModel:
    """MeanFlow training on fresh pairs, as many in all as a one-time model sees over its levels.

    Arguments:
        sample: sample(n, seed) gives n draws of X_0; all that is seen of the target.
        target: the law, for the record.
        schedule: the noise levels, whose ends are the first and the last angle.
        samples: pairs a level, at least 1: samples (T - 1) in all.
        device: where it is trained.
        seed: of all draws.
        progress: called T - 1 times.

    Returns:
        The map.
    """
    pilot = sample(PILOT, derive("training/pilot", seed)).to(device, torch.float64)
    whitening = Whitening.of(pilot[None])
    begin = mean_flow.initial(target.dim, stream("training/initial", seed), pilot.float())
    rounds = schedule.T - 1
    steps = rounds * -(-samples // mean_flow.BATCH)
    fit = mean_flow.Fit.begun(begin, steps)
    s0 = mean_flow.unit(whitening)
    low = angle(schedule, 1, s0)
    high = angle(schedule, schedule.T, s0)
    for number in range(rounds):
        x0 = sample(samples, derive("training/pairs", seed, number)).to(pilot)
        z = normal(tuple(x0.shape), stream("training/noise", seed, number), x0)
        angles = stream("training/angles", seed, number)
        t, s = mean_flow.draw_angles(samples, low, high, angles)
        pairs = mean_flow.moving_pairs(whitening, x0, z, t.to(pilot), s.to(pilot))
        for batch in pairs.split(mean_flow.BATCH):
            fit = fit.after(batch)
        progress()
    spec = {"kind": "mlp", "samples": samples, "seed": seed, "times": 2}
    return FlowMapModel(fit.parameters, whitening, schedule, target.to(device), spec)
