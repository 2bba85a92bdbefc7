"""diffusers' FlowMapEulerDiscreteScheduler: steps between any two times by an average velocity.

    x_t = (1 - t) x_0 + t z,   F(x, t, s) = x - (t - s) u(x, t, s)

t is the scheduler's sigma, a timestep over num_train_timesteps. The network, which diffusers calls
outside of the scheduler, is shown both times of the step that is taken with its output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from hypothesis import strategies as st

from ...core.arguments import InputError
from ...model.convention import Convention
from ..laws import LinearRamp
from .diffusers_fm import ShiftedRamp
from .scheduler import Scheduled, scheduler_class

FIRST = "0.39"  # the first version that is known to have it


def times(scheduler: Any, n: Any) -> Any:
    """The noise levels of n steps."""
    scheduler.set_timesteps(n)
    return scheduler.sigmas[:-1].tolist()


def visited(scheduler: Any, times: Any) -> Any:
    """The noise levels of a list of timesteps, given in the units of scheduler.timesteps."""
    most = scheduler.config.num_train_timesteps
    scheduler.set_timesteps(timesteps=[most * t for t in times])
    return scheduler.sigmas[:-1].tolist()


def flow_map(scheduler: Any, x: Any, t: Any, s: Any, network: Any) -> Any:
    """Any-step sampling: each row from its own timestep to its own r_timestep."""
    most, raw = scheduler.config.num_train_timesteps, network(x, t, s)
    rows = [
        scheduler.step(raw[i : i + 1], most * t[i], x[i : i + 1], r_timestep=most * s[i])
        for i in range(len(x))
    ]
    return torch.cat([row.prev_sample for row in rows])


def sample(scheduler: Any, z: Any, n: Any, network: Any, seed: Any) -> Any:
    """n steps from each timestep to the next, as in the pipelines."""
    levels, x = [*times(scheduler, n), 0.0], z
    for i, step in enumerate(scheduler.timesteps):
        t, s = (torch.full((len(x),), level, dtype=x.dtype) for level in levels[i : i + 2])
        x = scheduler.step(network(x, t, s), step, x).prev_sample
    return x


def sample_at(scheduler: Any, z: Any, times: Any, network: Any, seed: Any) -> Any:
    """Any-step sampling through times of one's own."""
    most, levels, x = scheduler.config.num_train_timesteps, [*times, 0.0], z
    for i, level in enumerate(times):
        t, s = (torch.full((len(x),), one, dtype=x.dtype) for one in levels[i : i + 2])
        raw = network(x, t, s)
        x = scheduler.step(raw, most * level, x, r_timestep=most * levels[i + 1]).prev_sample
    return x


def add_noise(scheduler: Any, x0: Any, t: Any, seed: Any) -> Any:
    """scale_noise at the timestep of t."""
    noise = torch.randn(x0.shape, generator=torch.Generator().manual_seed(seed), dtype=x0.dtype)
    timestep = torch.full((len(x0),), scheduler.config.num_train_timesteps * t, dtype=torch.float64)
    return scheduler.scale_noise(x0, timestep, noise)


@dataclass(frozen=True)
class FlowMapEuler(Scheduled):
    """The scheduler's arguments."""

    num_train_timesteps: int = 1000
    shift: float = 1.0

    name = "diffusers-flowmap"
    scheduler_name = "FlowMapEulerDiscreteScheduler"
    dtypes = (torch.float32, torch.float64)
    wraps = "velocity"
    network_times = ("t", "s")
    gamma = 0.0
    consistency: Any = None  # it steps between any two times
    needed: ClassVar[Any] = {"sample": ("times",)}
    functions: ClassVar[Any] = {
        f.__name__: f for f in (times, visited, flow_map, sample, sample_at, add_noise)
    }

    def __post_init__(self) -> None:
        try:
            scheduler_class(self.scheduler_name)
        except (AttributeError, RuntimeError) as error:
            raise InputError(
                f"the subject needs FlowMapEulerDiscreteScheduler, which diffusers has from {FIRST}"
                f" on ({error})"
            ) from None

    @property
    def convention(self) -> Convention:
        """Straight lines, from 1 to 0; the network is shown x itself."""
        return Convention.linear(scaled_input=False)

    def configurations(self) -> Any:
        """Shifts and numbers of training steps."""
        kinds = st.sampled_from([1000, 500]), st.sampled_from([1.0, 3.0, 0.5, 5.0])
        return st.builds(FlowMapEuler, *kinds)

    @property
    def arguments(self) -> dict[str, Any]:
        """Both."""
        return {"num_train_timesteps": self.num_train_timesteps, "shift": self.shift}

    @property
    def ramp_law(self) -> ShiftedRamp:
        """1 - i/n, shifted once."""
        return ShiftedRamp(0.0, self.shift, None, LinearRamp())

    def visited(self, times: Any) -> list[float]:
        """set_timesteps(timesteps=...)."""
        return self.functions["visited"](self.scheduler, times)

    def flow_map(
        self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor, network: Any
    ) -> torch.Tensor:
        """step with r_timestep, row by row."""
        return self.functions["flow_map"](self.scheduler, x, t, s, network)

    def sample_at(self, z: torch.Tensor, times: Any, network: Any, seed: int) -> torch.Tensor:
        """step with r_timestep, through a list."""
        return self.functions["sample_at"](self.scheduler, z, times, network, seed)

    def add_noise(self, x0: torch.Tensor, t: float, seed: int) -> torch.Tensor:
        """scale_noise."""
        return self.functions["add_noise"](self.scheduler, x0, t, seed)

    def calls(self) -> list[tuple[str, Any]]:
        """What the documentation shows."""
        return [
            (f"scheduler.set_timesteps({n})", lambda n=n: self.scheduler.set_timesteps(n))
            for n in (1, 2, 4, 28)
        ]
