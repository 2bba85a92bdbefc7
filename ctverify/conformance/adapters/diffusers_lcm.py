"""diffusers' LCMScheduler: VP with the index of a table of alpha_bar as its time; f lands on X_0.

Its training grid is t = k, 2k, ... less 1, k = num_train_timesteps // original_inference_steps.
alpha_bar of index 0 is taken to be 1: f(x, 0) = x, and what f gives is noised as X_0 is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from hypothesis import strategies as st

from ...model.convention import Convention
from .scheduler import Scheduled, loop, single


def times(scheduler: Any, n: Any, strength: Any = 1.0, custom: Any = False) -> Any:
    """The indices of n steps, from set_timesteps(n) or from a list."""
    scheduler.set_timesteps(n, strength=strength)
    visited = scheduler.timesteps.tolist()
    # the same times from a list of one's own; with strength 1/2 as many noisier ones before them
    # are skipped
    if custom:
        k = scheduler.config.num_train_timesteps // scheduler.config.original_inference_steps
        noisier = [visited[0] + k * (i + 1) for i in reversed(range(n if strength < 1 else 0))]
        scheduler.set_timesteps(timesteps=noisier + visited, strength=strength)
    return scheduler.timesteps.tolist()


def consistency(scheduler: Any, x: Any, t: Any, network: Any) -> Any:
    """One step at the index t."""
    return single(scheduler, x, round(t), network)


def sample(
    scheduler: Any,
    z: Any,
    n: Any,
    network: Any,
    seed: Any,
    strength: Any = 1.0,
    custom: Any = False,
) -> Any:
    """n steps."""
    times(scheduler, n, strength, custom)
    return loop(scheduler, z, network, seed)


def add_noise(scheduler: Any, x0: Any, t: Any, seed: Any) -> Any:
    """The scheduler's add_noise at the index t."""
    noise = torch.randn(x0.shape, generator=torch.Generator().manual_seed(seed), dtype=x0.dtype)
    return scheduler.add_noise(x0, noise, torch.tensor([round(t)]))


@dataclass(frozen=True)
class LCM(Scheduled):
    """The scheduler's arguments, and those of set_timesteps: strength, and whether the times are
    given as a list (`custom`).
    """

    num_train_timesteps: int = 1000
    beta_schedule: str = "scaled_linear"
    original_inference_steps: int = 50
    prediction_type: str = "epsilon"
    timestep_scaling: float = 10.0
    rescale_betas_zero_snr: bool = False
    strength: float = 1.0
    custom: bool = False

    name = "diffusers-lcm"
    scheduler_name = "LCMScheduler"
    needed: ClassVar[Any] = {"sample": ("times", "loop"), "consistency": ("single",)}
    functions: ClassVar[Any] = {
        f.__name__: f for f in (single, loop, times, consistency, sample, add_noise)
    }

    @property
    def convention(self) -> Convention:
        """VP; sigma_data is 1/2 in the scheduler's own scalings."""
        table = self.scheduler.alphas_cumprod.tolist()
        top = (
            int(self.original_inference_steps * self.strength)
            * (self.num_train_timesteps // self.original_inference_steps)
            - 1
        )

        def alpha_bar(t: float) -> float:
            return table[round(t)] if round(t) > 0 else 1.0

        return Convention.vp(
            alpha_bar, boundary=0.0, t_max=float(top), sigma_data=0.5, scaled_input=False
        )

    def configurations(self) -> Any:
        """Schedules of beta, predictions, grids, strength. Noise prediction at zero signal, 0/0, is
        not admissible.
        """
        common = {
            "beta_schedule": st.sampled_from(["scaled_linear", "linear", "squaredcos_cap_v2"]),
            "original_inference_steps": st.sampled_from([50, 20, 100, 40]),
            "timestep_scaling": st.sampled_from([10.0, 1.0]),
            "strength": st.sampled_from([1.0, 0.5]),
            "custom": st.booleans(),
        }
        signal = st.builds(
            LCM, prediction_type=st.sampled_from(["epsilon", "sample", "v_prediction"]), **common
        )
        none = st.builds(
            LCM,
            prediction_type=st.sampled_from(["v_prediction", "sample"]),
            rescale_betas_zero_snr=st.just(True),
            **common,
        )
        return signal | none

    @property
    def arguments(self) -> dict[str, Any]:
        """All but what set_timesteps takes."""
        names = (
            "num_train_timesteps",
            "beta_schedule",
            "original_inference_steps",
            "prediction_type",
            "timestep_scaling",
        )
        return {name: getattr(self, name) for name in (*names, "rescale_betas_zero_snr")}

    @property
    def options(self) -> dict[str, Any]:
        """strength and custom, where not the default."""
        return ({"strength": self.strength} if self.strength < 1 else {}) | (
            {"custom": True} if self.custom else {}
        )

    @property
    def max_steps(self) -> int:
        """The training grid's size."""
        return int(self.original_inference_steps * self.strength)

    def grid(self) -> list[float]:
        """The training grid."""
        return times(self.scheduler, self.max_steps, self.strength)

    def add_noise(self, x0: torch.Tensor, t: float, seed: int) -> torch.Tensor:
        """add_noise at the index."""
        return add_noise(self.scheduler, x0, t, seed)

    def calls(self) -> list[tuple[str, Any]]:
        """What the documentation shows."""
        return [
            (f"scheduler.set_timesteps({n})", lambda n=n: self.scheduler.set_timesteps(n))
            for n in (1, 2, 4, 8)
        ]
