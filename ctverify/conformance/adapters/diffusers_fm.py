"""diffusers' flow-matching schedulers that can sample as consistency models do:
FlowMatchLCMScheduler, and FlowMatchEulerDiscreteScheduler with stochastic_sampling.

    x_t = (1 - t) x_0 + t z,   f(x, t) = x - t F: lands on X_0, which is noised afresh

t is the scheduler's sigma, or 1 - sigma where sigmas are inverted. f at t is the one step of a
schedule of t alone, to which no shift and no ramp is applied. Without stochastic_sampling a step
that does not end at 0 is a map between two times: then one step is judged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta

from ...model.convention import Convention
from ..laws import KarrasRamp, LinearRamp, LogUniformRamp, Ramp
from .scheduler import Scheduled

RAMPS = {
    "linear": {},
    "karras": {"use_karras_sigmas": True},
    "exponential": {"use_exponential_sigmas": True},
    "beta": {"use_beta_sigmas": True},
}


def times(scheduler: Any, n: Any, mu: Any = None, custom: Any = None) -> Any:
    """The noise levels of n steps: from set_timesteps(n), or from even levels as a list of sigmas
    or of timesteps.
    """
    even = [1 - i / n for i in range(n)]
    if custom == "sigmas":
        scheduler.set_timesteps(sigmas=even, mu=mu)
    elif custom == "timesteps":
        most = scheduler.config.num_train_timesteps
        scheduler.set_timesteps(timesteps=[most * sigma for sigma in even], mu=mu)
    else:
        scheduler.set_timesteps(n, mu=mu)
    sigmas = scheduler.sigmas[:-1]
    return (1 - sigmas if scheduler.config.invert_sigmas else sigmas).tolist()


def level(scheduler: Any, t: Any) -> Any:
    """A scheduler of the same configuration, but for what spaces times, whose schedule is t."""
    spacing = {"shift": 1.0, "use_dynamic_shifting": False, "shift_terminal": None}
    ramps = ["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"]
    spacing |= dict.fromkeys(ramps, False)
    alone = type(scheduler).from_config(scheduler.config, **spacing)
    alone.set_timesteps(sigmas=[t])
    return alone


def consistency(scheduler: Any, x: Any, t: Any, network: Any) -> Any:
    """One step from t to 0."""
    alone, generator = level(scheduler, t), torch.Generator().manual_seed(0)
    (step,) = alone.timesteps
    return alone.step(network(x, step), step, x, generator=generator).prev_sample


def sample(
    scheduler: Any, z: Any, n: Any, network: Any, seed: Any, mu: Any = None, custom: Any = None
) -> Any:
    """n steps, as in the pipelines."""
    times(scheduler, n, mu, custom)
    generator, x = torch.Generator().manual_seed(seed), z
    for step in scheduler.timesteps:
        x = scheduler.step(network(x, step), step, x, generator=generator).prev_sample
    return x


def add_noise(scheduler: Any, x0: Any, t: Any, seed: Any) -> Any:
    """The scheduler's scale_noise at the level t."""
    alone = level(scheduler, t)
    noise = torch.randn(x0.shape, generator=torch.Generator().manual_seed(seed), dtype=x0.dtype)
    return alone.scale_noise(x0, alone.timesteps, noise)


@dataclass(frozen=True)
class BetaRamp(Ramp):
    """Quantiles of Beta(0.6, 0.6) (Lee et al., arXiv 2407.12173)."""

    def at(self, share: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
        """See Ramp."""
        return low + (high - low) * beta.ppf(1 - np.asarray(share, dtype=float), 0.6, 0.6)


@dataclass(frozen=True)
class ShiftedRamp(Ramp):
    """Even levels from 1 to `last`, or a list's 1 - i/n where that is 0; shifted ONCE (Esser et
    al., arXiv 2403.03206, Eq. (23)); stretched so that the last is the terminal; then, between the
    same ends, spaced by another ramp where one is asked for.
    """

    last: float
    shift: float
    terminal: float | None
    spacing: Ramp

    def shares(self, n: int) -> NDArray[np.float64]:
        """i/(n - 1), where all levels are even."""
        return np.arange(n) / max(n - 1, 1)

    def at(self, share: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
        """See Ramp; `share` are those of all n levels."""
        share = np.asarray(share, dtype=float)
        n = len(share)
        level = 1 - np.arange(n) / n if self.last == 0 else 1 + share * (self.last - 1)
        level = self.shift * level / (1 + (self.shift - 1) * level)
        if self.terminal is not None and n > 1:
            level = 1 - (1 - level) * (1 - self.terminal) / (1 - level[-1])
        if isinstance(self.spacing, LinearRamp):
            return level
        return self.spacing.at(share, float(level[-1]), float(level[0]))


SPACINGS = {
    "linear": LinearRamp(),
    "karras": KarrasRamp(7.0),
    "exponential": LogUniformRamp(),
    "beta": BetaRamp(),
}


@dataclass(frozen=True)
class FlowMatching(Scheduled):
    """The arguments that both schedulers have, and those of set_timesteps: mu, where shifting is
    dynamic, and what a list of one's own is given as (`custom`).
    """

    shift: float = 1.0
    ramp: str = "linear"
    shift_terminal: float | None = None
    time_shift_type: str = "exponential"
    invert_sigmas: bool = False
    mu: float | None = None
    custom: str | None = None

    needed: ClassVar[Any] = {
        "sample": ("times",),
        "consistency": ("level",),
        "add_noise": ("level",),
    }
    functions: ClassVar[Any] = {
        f.__name__: f for f in (level, times, consistency, sample, add_noise)
    }

    @property
    def convention(self) -> Convention:
        """Linear, from 1 to 0; the network is shown x itself."""
        return Convention.linear(scaled_input=False)

    @property
    def ramp_law(self) -> Ramp:
        """What the arguments are documented to mean."""
        shift = self.shift
        if self.mu is not None:
            shift = math.exp(self.mu) if self.time_shift_type == "exponential" else self.mu
        last = 0.0 if self.custom else 1 / 1000
        return ShiftedRamp(last, shift, self.shift_terminal, SPACINGS[self.ramp])

    @property
    def arguments(self) -> dict[str, Any]:
        """Those that differ from the defaults."""
        given: dict[str, Any] = {} if self.shift == 1 else {"shift": self.shift}
        given |= RAMPS[self.ramp]
        if self.shift_terminal is not None:
            given["shift_terminal"] = self.shift_terminal
        if self.mu is not None:
            given["use_dynamic_shifting"] = True
            given["time_shift_type"] = self.time_shift_type
        return given | ({"invert_sigmas": True} if self.invert_sigmas else {})

    @property
    def options(self) -> dict[str, Any]:
        """mu and custom, where given."""
        given = {"mu": self.mu, "custom": self.custom}
        return {name: value for name, value in given.items() if value is not None}

    def add_noise(self, x0: torch.Tensor, t: float, seed: int) -> torch.Tensor:
        """scale_noise."""
        return add_noise(self.scheduler, x0, t, seed)

    def calls(self) -> list[tuple[str, Any]]:
        """What the documentation shows."""
        return [
            (f"scheduler.set_timesteps({n})", lambda n=n: self.scheduler.set_timesteps(n))
            for n in (1, 2, 4, 28)
            if self.mu is None
        ]

    def drawn(self, *lists: str, **more: Any) -> Any:
        """Adapters with one or two settings that are not the default; `lists` are what custom
        lists may be given as, `more` what is drawn besides.
        """
        shift = st.sampled_from([1.0, 3.0, 0.5])
        families: list[dict[str, Any]] = [
            {"shift": shift},
            {"ramp": st.sampled_from([*RAMPS]), "shift": shift},
            {"shift_terminal": st.just(0.1), "shift": shift},
            {
                "mu": st.sampled_from([0.5, 1.15]),
                "time_shift_type": st.sampled_from(["exponential", "linear"]),
            },
            {"custom": st.sampled_from(lists), "shift": shift},
            {"invert_sigmas": st.just(True)},
        ]
        return st.one_of(*(st.builds(type(self), **family, **more) for family in families))


@dataclass(frozen=True)
class FlowMatchLCM(FlowMatching):
    """FlowMatchLCMScheduler."""

    name = "diffusers-fm-lcm"
    scheduler_name = "FlowMatchLCMScheduler"

    def configurations(self) -> Any:
        """Shifts, fixed and dynamic, ramps, inversion, lists."""
        return self.drawn("sigmas", "timesteps")


@dataclass(frozen=True)
class FlowMatchEuler(FlowMatching):
    """FlowMatchEulerDiscreteScheduler; whether it samples stochastically."""

    stochastic_sampling: bool = True

    name = "diffusers-fm-euler"
    scheduler_name = "FlowMatchEulerDiscreteScheduler"

    def configurations(self) -> Any:
        """Those of FlowMatchLCM but lists of timesteps: set_timesteps warns that it does not shift
        these while it shifts their sigmas.
        """
        return self.drawn("sigmas", stochastic_sampling=st.sampled_from([True, False]))

    @property
    def arguments(self) -> dict[str, Any]:
        """stochastic_sampling among them."""
        return super().arguments | {"stochastic_sampling": self.stochastic_sampling}

    @property
    def max_steps(self) -> int | None:
        """One where steps are maps between two times."""
        return None if self.stochastic_sampling else 1
