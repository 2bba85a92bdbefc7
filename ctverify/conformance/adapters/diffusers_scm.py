"""diffusers' SCMScheduler: TrigFlow, f(x, t) = cos(t) x - sin(t) F, with noise of standard
deviation sigma_data.

As in its pipeline (SanaSprintPipeline) the network is shown x/sigma_data, its output is multiplied
by sigma_data, and the start is sigma_data z.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from hypothesis import strategies as st

from ...model.convention import Convention
from .scheduler import Scheduled


def times(scheduler: Any, n: Any, max_timesteps: Any = 1.57080) -> Any:
    """The angles of n steps; the last entry, 0, is not visited."""
    between = 1.3 if n == 2 else None
    scheduler.set_timesteps(n, max_timesteps=max_timesteps, intermediate_timesteps=between)
    return scheduler.timesteps[:-1].tolist()


def consistency(scheduler: Any, x: Any, t: Any, network: Any) -> Any:
    """One step from the angle t to 0."""
    scheduler.set_timesteps(1, timesteps=[t, 0.0], max_timesteps=None, intermediate_timesteps=None)
    step, sd = scheduler.timesteps[0], scheduler.config.sigma_data
    scheduler.set_begin_index(0)  # by value t = 0 would be found at the end
    return scheduler.step(sd * network(x / sd, step), step, x).pred_original_sample


def sample(
    scheduler: Any, z: Any, n: Any, network: Any, seed: Any, max_timesteps: Any = 1.57080
) -> Any:
    """n steps, as in the pipeline."""
    times(scheduler, n, max_timesteps)
    generator, sd = torch.Generator().manual_seed(seed), scheduler.config.sigma_data
    x = z * sd
    for step in scheduler.timesteps[:-1]:
        x = scheduler.step(sd * network(x / sd, step), step, x, generator=generator).prev_sample
    return x


@dataclass(frozen=True)
class SCM(Scheduled):
    """The scheduler's arguments, and set_timesteps's max_timesteps."""

    sigma_data: float = 0.5
    max_timesteps: float = 1.57080

    name = "diffusers-scm"
    scheduler_name = "SCMScheduler"
    needed: ClassVar[Any] = {"sample": ("times",)}
    functions: ClassVar[Any] = {f.__name__: f for f in (times, consistency, sample)}

    @property
    def convention(self) -> Convention:
        """TrigFlow, boundary 0."""
        return Convention.trigflow(self.sigma_data, t_max=self.max_timesteps)

    def configurations(self) -> Any:
        """Scales of data; the documented noise end, and the paper's arctan(80/0.5)."""
        return st.builds(
            SCM, st.sampled_from([0.5, 1.0, 0.25]), st.sampled_from([1.57080, 1.56454])
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """sigma_data."""
        return {"sigma_data": self.sigma_data}

    @property
    def options(self) -> dict[str, Any]:
        """max_timesteps, where not the default."""
        return {"max_timesteps": self.max_timesteps} if self.max_timesteps != 1.57080 else {}

    def calls(self) -> list[tuple[str, Any]]:
        """What the documentation shows."""
        return [
            (f"scheduler.set_timesteps({n})", lambda n=n: self.scheduler.set_timesteps(n))
            for n in (2, 1, 4)
        ]
