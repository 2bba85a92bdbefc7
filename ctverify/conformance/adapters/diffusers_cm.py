"""diffusers' CMStochasticIterativeScheduler: VE from sigma_max to sigma_min, levels on Karras's
ramp of num_train_timesteps.

f at a level is one step of a schedule of that level alone, whose prev_sample carries no noise
("Noise is not used for onestep sampling").
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from hypothesis import strategies as st

from ...model.convention import Convention
from ..laws import KarrasScalings, LogTime
from .scheduler import Scheduled, loop, single


def times(scheduler: Any, n: Any, custom: Any = False) -> Any:
    """The sigmas of n steps, from set_timesteps(n) or from a list."""
    if custom:
        scheduler.set_timesteps(
            timesteps=[i * scheduler.config.num_train_timesteps // n for i in reversed(range(n))]
        )
    else:
        scheduler.set_timesteps(n)
    return scheduler.sigmas[:-1].tolist()


def level(scheduler: Any, t: Any) -> Any:
    """The index of the level whose sigma is t."""
    scheduler.set_timesteps(scheduler.config.num_train_timesteps)
    return int((scheduler.sigmas[:-1] - t).abs().argmin())


def consistency(scheduler: Any, x: Any, t: Any, network: Any) -> Any:
    """One step at the level of sigma = t."""
    return single(scheduler, x, level(scheduler, t), network)


def sample(scheduler: Any, z: Any, n: Any, network: Any, seed: Any, custom: Any = False) -> Any:
    """n steps."""
    times(scheduler, n, custom)
    return loop(scheduler, z, network, seed)


def add_noise(scheduler: Any, x0: Any, t: Any, seed: Any) -> Any:
    """The scheduler's add_noise at the level of sigma = t."""
    i = level(scheduler, t)
    noise = torch.randn(x0.shape, generator=torch.Generator().manual_seed(seed), dtype=x0.dtype)
    return scheduler.add_noise(x0, noise, scheduler.timesteps[i : i + 1])


@dataclass(frozen=True)
class CM(Scheduled):
    """The scheduler's arguments, and whether set_timesteps is given a list of its own
    (`custom`).
    """

    num_train_timesteps: int = 40
    sigma_min: float = 0.002
    sigma_max: float = 80.0
    sigma_data: float = 0.5
    rho: float = 7.0
    clip_denoised: bool = False
    custom: bool = False

    name = "diffusers-cm"
    scheduler_name = "CMStochasticIterativeScheduler"
    needed: ClassVar[Any] = {
        "sample": ("times", "loop"),
        "consistency": ("level", "single"),
        "add_noise": ("level",),
    }
    functions: ClassVar[Any] = {
        f.__name__: f for f in (level, single, loop, times, consistency, sample, add_noise)
    }

    @property
    def convention(self) -> Convention:
        """VE; clip_denoised clips f to (-1, 1)."""
        clipping = 1.0 if self.clip_denoised else None
        return Convention.ve(
            self.sigma_min, t_max=self.sigma_max, sigma_data=self.sigma_data, clipping=clipping
        )

    def configurations(self) -> Any:
        """Boundaries k/1000 and larger ones, scales of data, ramps, clipping, custom lists."""
        return st.builds(
            CM,
            num_train_timesteps=st.sampled_from([40, 18, 151, 64]),
            sigma_min=st.just(0.002)
            | st.integers(1, 100).map(lambda k: k / 1000)
            | st.sampled_from([0.2, 0.25, 0.3]),
            sigma_max=st.sampled_from([80.0, 10.0, 157.0]),
            sigma_data=st.sampled_from([0.5, 1.0]),
            rho=st.sampled_from([7.0, 3.0]),
            clip_denoised=st.booleans(),
            custom=st.booleans(),
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """All but `custom`, which is an argument of set_timesteps."""
        names = (
            "num_train_timesteps",
            "sigma_min",
            "sigma_max",
            "sigma_data",
            "rho",
            "clip_denoised",
        )
        return {name: getattr(self, name) for name in names}

    @property
    def options(self) -> dict[str, Any]:
        """Whether the times come from a list."""
        return {"custom": True} if self.custom else {}

    # the scheduler's documented paper (arXiv 2303.01469), timesteps in thousandths
    scalings_law = KarrasScalings(LogTime(250.0))

    @property
    def max_steps(self) -> int:
        """num_train_timesteps."""
        return self.num_train_timesteps

    def grid(self) -> list[float]:
        """All levels."""
        return times(self.scheduler, self.num_train_timesteps)

    def scalings(self, t: float) -> tuple[float, float, float, float]:
        """get_scalings_for_boundary_condition, scale_model_input and sigma_to_t."""
        self.scheduler.set_timesteps(timesteps=[level(self.scheduler, t)])
        (step,) = self.scheduler.timesteps
        c_skip, c_out = self.scheduler.get_scalings_for_boundary_condition(self.scheduler.sigmas[0])
        c_in = self.scheduler.scale_model_input(torch.ones((), dtype=torch.float64), step)
        return (
            float(c_skip),
            float(c_out),
            float(c_in),
            float(self.scheduler.sigma_to_t(float(self.scheduler.sigmas[0]))),
        )

    def add_noise(self, x0: torch.Tensor, t: float, seed: int) -> torch.Tensor:
        """add_noise at the level's timestep."""
        return add_noise(self.scheduler, x0, t, seed)

    def calls(self) -> list[tuple[str, Any]]:
        """What the documentation shows."""
        most = self.num_train_timesteps
        steps = {1, 2, 3, math.isqrt(most), most}
        return [
            (f"scheduler.set_timesteps({n})", lambda n=n: self.scheduler.set_timesteps(n))
            for n in sorted(steps)
        ]
