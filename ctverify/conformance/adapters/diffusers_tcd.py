"""diffusers' TCDScheduler: VP with the index of a table of alpha_bar as its time; f lands on x at
the index 0, whose noise is not 0.

A step with eta = 1 goes to the index 0 and is noised from there: multistep consistency sampling.
With a smaller eta a step that is not the last is a map between two times: then one step is judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from hypothesis import strategies as st

from ...model.convention import Convention
from .diffusers_lcm import add_noise, consistency, times
from .scheduler import Scheduled, single


def sample(
    scheduler: Any,
    z: Any,
    n: Any,
    network: Any,
    seed: Any,
    strength: Any = 1.0,
    custom: Any = False,
    eta: Any = 1.0,
) -> Any:
    """n steps, as in the pipelines."""
    times(scheduler, n, strength, custom)
    generator = torch.Generator().manual_seed(seed)
    x = z * scheduler.init_noise_sigma
    for t in scheduler.timesteps:
        x_in = scheduler.scale_model_input(x, t)
        x = scheduler.step(network(x_in, t), t, x, eta=eta, generator=generator).prev_sample
    return x


@dataclass(frozen=True)
class TCD(Scheduled):
    """The scheduler's arguments, those of set_timesteps (strength, and whether the times are given
    as a list, `custom`), and step's eta.
    """

    num_train_timesteps: int = 1000
    beta_schedule: str = "scaled_linear"
    original_inference_steps: int = 50
    prediction_type: str = "epsilon"
    rescale_betas_zero_snr: bool = False
    strength: float = 1.0
    custom: bool = False
    eta: float = 1.0

    name = "diffusers-tcd"
    scheduler_name = "TCDScheduler"
    needed: ClassVar[Any] = {"sample": ("times",), "consistency": ("single",)}
    functions: ClassVar[Any] = {
        f.__name__: f for f in (single, times, consistency, sample, add_noise)
    }

    @property
    def convention(self) -> Convention:
        """VP from the scheduler's documented alphas_cumprod; the boundary is the index 0."""
        table = self.scheduler.alphas_cumprod.tolist()
        spacing = self.num_train_timesteps // self.original_inference_steps
        return Convention.vp(
            lambda t: table[round(t)],
            boundary=0.0,
            t_max=float(int(self.original_inference_steps * self.strength) * spacing - 1),
            scaled_input=False,
        )

    def configurations(self) -> Any:
        """Schedules of beta, predictions, grids, strength, eta. Noise prediction at zero signal,
        0/0, is not admissible.
        """
        common = {
            "beta_schedule": st.sampled_from(["scaled_linear", "linear", "squaredcos_cap_v2"]),
            "original_inference_steps": st.sampled_from([50, 20, 100, 40]),
            "strength": st.sampled_from([1.0, 0.5]),
            "custom": st.booleans(),
            "eta": st.sampled_from([1.0, 0.3, 0.0]),
        }
        signal = st.sampled_from(["epsilon", "sample", "v_prediction"])
        none = st.sampled_from(["v_prediction", "sample"])
        return st.builds(type(self), prediction_type=signal, **common) | st.builds(
            type(self), prediction_type=none, rescale_betas_zero_snr=st.just(True), **common
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """All but what set_timesteps and step take."""
        names = (
            "num_train_timesteps",
            "beta_schedule",
            "original_inference_steps",
            "prediction_type",
            "rescale_betas_zero_snr",
        )
        return {name: getattr(self, name) for name in names}

    @property
    def options(self) -> dict[str, Any]:
        """strength and custom, where not the default."""
        given: dict[str, Any] = {"strength": self.strength} if self.strength < 1 else {}
        return given | ({"custom": True} if self.custom else {})

    @property
    def max_steps(self) -> int:
        """The training grid's size; one where steps are maps between two times."""
        return int(self.original_inference_steps * self.strength) if self.eta == 1 else 1

    def grid(self) -> list[float]:
        """The training grid, and the index 0 where f lands."""
        most = int(self.original_inference_steps * self.strength)
        return [*times(self.scheduler, most, self.strength), 0.0]

    def sample(self, z: torch.Tensor, n: int, network: Any, seed: int) -> torch.Tensor:
        """With the eta that is judged."""
        return sample(self.scheduler, z, n, network, seed, **self.options, eta=self.eta)

    def add_noise(self, x0: torch.Tensor, t: float, seed: int) -> torch.Tensor:
        """add_noise at the index."""
        return add_noise(self.scheduler, x0, t, seed)

    def calls(self) -> list[tuple[str, Any]]:
        """What the documentation shows."""
        return [
            (f"scheduler.set_timesteps({n})", lambda n=n: self.scheduler.set_timesteps(n))
            for n in (1, 2, 4, 8)
        ]
