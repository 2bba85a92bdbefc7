"""What the adapters of diffusers' schedulers share: a scheduler built from its configuration, and
functions written for it.

The functions (in diffusers_cm.py, diffusers_lcm.py, diffusers_scm.py) use nothing but torch and the
scheduler's documented API. A failure's script is made of their source.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from functools import cached_property
from importlib.metadata import version
from typing import Any, ClassVar, cast

import torch

from ...core.arguments import missing


def scheduler_class(name: str) -> Any:
    """The class in diffusers; InputError where that is not installed."""
    try:
        import diffusers
    except ImportError as error:
        raise missing("SUBJECT", "diffusers", "ctverify[diffusers]", error) from None
    diffusers.utils.logging.set_verbosity_error()
    return getattr(diffusers, name)


def single(scheduler: Any, x: Any, timestep: Any, network: Any) -> Any:
    """f at one time: a schedule of this timestep alone, whose one step adds no noise."""
    scheduler.set_timesteps(timesteps=[timestep])
    (step,) = scheduler.timesteps
    x_in = scheduler.scale_model_input(x, step)
    return scheduler.step(network(x_in, step), step, x).prev_sample


def loop(scheduler: Any, z: Any, network: Any, seed: Any) -> Any:
    """The pipelines' loop over the timesteps that are set."""
    generator = torch.Generator().manual_seed(seed)
    x = z * scheduler.init_noise_sigma
    for step in scheduler.timesteps:
        x_in = scheduler.scale_model_input(x, step)
        x = scheduler.step(network(x_in, step), step, x, generator=generator).prev_sample
    return x


class Scheduled:
    """A frozen dataclass of a scheduler's arguments inherits the protocol's methods from here."""

    scheduler_name: ClassVar[str]
    functions: ClassVar[dict[str, Callable[..., Any]]]
    needed: ClassVar[dict[str, tuple[str, ...]]]  # functions that others call
    dtypes: tuple[torch.dtype, ...] = (torch.float32, torch.float64, torch.float16)

    @property
    def arguments(self) -> dict[str, Any]:
        """The scheduler's own arguments."""
        raise NotImplementedError

    @property
    def version(self) -> str:
        """That of diffusers, which is imported by then, once for all processes that judge it."""
        scheduler_class(self.scheduler_name)
        return version("diffusers")

    @cached_property
    def scheduler(self) -> Any:
        """The scheduler, whose every use begins with set_timesteps."""
        return scheduler_class(self.scheduler_name)(**self.arguments)

    @property
    def initial_std(self) -> float | None:
        """init_noise_sigma, "standard deviation of the initial noise distribution"; some have
        none.
        """
        found = getattr(self.scheduler, "init_noise_sigma", None)
        return None if found is None else float(found)

    def times(self, n: int) -> list[float]:
        """set_timesteps."""
        return self.functions["times"](self.scheduler, n, **self.options)

    def consistency(self, x: torch.Tensor, t: float, network: Any) -> torch.Tensor:
        """A schedule of this time alone, one step."""
        return self.functions["consistency"](self.scheduler, x, t, network)

    def sample(self, z: torch.Tensor, n: int, network: Any, seed: int) -> torch.Tensor:
        """As the pipelines do."""
        return self.functions["sample"](self.scheduler, z, n, network, seed, **self.options)

    @property
    def options(self) -> dict[str, Any]:
        """Documented arguments of set_timesteps other than the number of steps."""
        return {}

    def restored(self) -> Any:
        """from_config of the configuration."""
        other = dataclasses.replace(cast(Any, self))
        vars(other)["scheduler"] = scheduler_class(self.scheduler_name).from_config(
            self.scheduler.config
        )
        return other

    def source(self, method: str) -> str:
        """Lines that build the scheduler and define `method`."""
        given = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        lines = [
            "from functools import partial",
            "",
            f"from diffusers import {self.scheduler_name}",
            "",
        ]
        lines += [f"scheduler = {self.scheduler_name}({given})", ""]
        wanted = [
            name for name in self.functions if name == method or name in self.needed.get(method, ())
        ]
        for name in wanted:
            lines += [
                inspect.getsource(self.functions[name]).replace(": Any", "").replace(" -> Any", ""),
                "",
            ]
        if method in self.functions:
            options = "".join(f", {name}={value!r}" for name, value in self.options.items())
            tail = options if method in ("times", "sample") else ""
            lines += [f"{method} = partial({method}, scheduler{tail})"]
        if method == "initial_std":
            lines += ["initial_std = scheduler.init_noise_sigma"]
        return "\n".join(lines)
