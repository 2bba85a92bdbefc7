"""Samplers of a two-time map F(x, t, s), which carries level t to level s <= t, beside exact twins.

At levels T = tau_1 > ... > tau_n > 1 = tau_{n+1}, each step lands on a level l_k <= tau_{k+1} and
adds noise up to tau_{k+1}:

    U_1 = s Z,   U_{k+1} = r_k F(U_k, tau_k, l_k) + q_k Z_k,   r_k^2 = alpha_bar_{tau_{k+1}}
    / alpha_bar_{l_k},   q_k^2 = 1 - r_k^2,   l_n = 1,   Y = F(U_n, tau_n, 1).

gamma in [0, 1] chooses l_k, the level nearest to sigma_l = sqrt(1 - gamma^2) sigma_{tau_{k+1}} (Kim
et al., CTM, arXiv 2310.02279, Algorithm 3): gamma = 0 is the deterministic sampler, l_k =
tau_{k+1}; gamma = 1 the consistency model's own, l_k = 1 (sampler.py). The twin starts at X_T and
has Phi in place of F: it is at p_tau_k before each step, so that it ends with X_1's law.

Steps without noise between them are ONE one-time model: with s_1 > s_2 > ... their levels,

    f_t(x) = F(., s_{i+1}, s_{i+2}) o ... o F(x, t, s_{i+1})     for s_{i+1} < t <= s_i,

so that f_T is the deterministic sampler, and all that holds of any f_1..f_T holds of it: the
trajectory bound (budget.py), whose sum over the levels of one step is that step's share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from ..core.arguments import InputError
from ..core.streams import normal
from ..model.protocols import FlowMap
from ..model.schedule import Schedule
from .checked_model import CALL, CallFailed, Centred, NotFinite, described
from .coupling import PAIR_TOLERANCE
from .repairing import repaired
from .sampler import EARLIER, renoising
from .starts import DrawStarts, Starts


@dataclass(frozen=True)
class Step:
    """A sampler's step: from which level, and where it lands before noise is added."""

    level: int
    landing: int


def flow_steps(schedule: Schedule, levels: Sequence[int], gamma: float) -> tuple[Step, ...]:
    """The steps of a two-time map's sampler.

    Arguments:
        schedule: the noise levels 1..T.
        levels: tau_1 > tau_2 > ..., T first; a last one of 1 takes no step.
        gamma: in [0, 1].

    Returns:
        A step a level above 1; the last one lands on level 1.

    Example:
        >>> from ctverify import Schedule
        >>> schedule = Schedule.karras(32)
        >>> flow_steps(schedule, [32, 16], 0.0)
        (Step(level=32, landing=16), Step(level=16, landing=1))
        >>> flow_steps(schedule, [32, 16], 1.0)[0].landing
        1
    """
    stops = [level for level in levels if level > 1] + [1]
    landings = [_landing(schedule, stop, gamma) for stop in stops[1:]]
    return tuple(map(Step, stops[:-1], landings))


def _landing(schedule: Schedule, level: int, gamma: float) -> int:
    """The level of 1..level nearest to sqrt(1 - gamma^2) times its sigma."""
    if gamma == 0 or level == 1:
        return level
    if gamma == 1:
        return 1
    wanted = schedule.log_sigma[level] + 0.5 * math.log1p(-gamma * gamma)
    return 1 + int(np.abs(schedule.log_sigma[1 : level + 1] - wanted).argmin())


@dataclass(frozen=True, eq=False)
class Composed:
    """Steps without noise as a one-time model f(x, t), in the paper's coordinates: from t to the
    next stop below it, and on.

    Attributes:
        f: the map F(x, t, s).
        stops: levels in decreasing order, 1 last.
        dtype: of the x that F gets.
    """

    f: FlowMap
    stops: tuple[int, ...]
    dtype: torch.dtype = torch.float64

    convention = None  # x and t are the paper's: no other convention is looked for

    def __post_init__(self) -> None:
        for name in ("__module__", "__qualname__"):  # certificates name the user's own function
            own = getattr(self.f, name, getattr(type(self.f), name))
            object.__setattr__(self, name, own)

    def in_dtype(self, dtype: torch.dtype) -> Composed:
        """The same model, its map called with x of that dtype."""
        return replace(self, dtype=dtype)

    @property
    def spec(self) -> Any:
        """The map's own JSON, if it has one."""
        return getattr(self.f, "spec", None)

    @property
    def start_std(self) -> float:
        """The standard deviation of the noise that users start the map from."""
        return float(getattr(self.f, "start_std", 1.0))

    @property
    def computes_in(self) -> Any:
        """The dtype that the map says it computes in."""
        return getattr(self.f, "computes_in", None)

    def stretch(self, t: int) -> float:
        """What the map's roundings are multiplied by (Convention.wrap)."""
        own = getattr(self.f, "stretch", None)
        return 1.0 if own is None else float(own(t))

    def __call__(self, x: Float[torch.Tensor, "n d"], t: int) -> torch.Tensor:
        """f_t(x); f_1 is F(x, 1, 1)."""
        if t == 1:
            return self.step(x, 1, 1)
        for stop in self.stops:
            if stop < t:
                x = self.step(x, t, stop)
                t = stop
        return x

    def step(self, x: Float[torch.Tensor, "n d"], t: int, s: int) -> torch.Tensor:
        """F(x, t, s), finite and of x's shape."""
        try:
            y = self._raw(x, t, s)
        except Exception as error:  # a user's map may raise anything
            words = " ".join(str(error).split())
            raise CallFailed(
                f"F(x, t, s) must accept x of shape {tuple(x.shape)} and {self.dtype} at t = {t}, "
                f"s = {s}, got {type(error).__name__}: {words}"
            ) from error
        if not isinstance(y, torch.Tensor) or y.shape != x.shape or not y.is_floating_point():
            raise CallFailed(
                f"F must return a float tensor of shape {tuple(x.shape)} at t = {t}, s = {s}, "
                f"got {described(y)}"
            )
        y = y.detach()
        bad = ~y.isfinite().all(1)
        if bool(bad.any()):
            raise NotFinite(f"F(x, {t}, {s}) is not finite at x = {x[bad][0].tolist()}")
        return y

    def _raw(self, x: torch.Tensor, t: int, s: int) -> torch.Tensor:
        """What F returns for x, in the dtype that it is called in."""
        # who changes coordinates does so in float64 and converts himself
        in_dtype = getattr(self.f, "in_dtype", None)
        if in_dtype is not None:
            return in_dtype(self.dtype)(x.double(), t, s)
        return self.f(x.to(self.dtype), t, s)


@dataclass(frozen=True, eq=False)
class FlowWalk:
    """A two-time map's sampler in centred coordinates.

    Attributes:
        f: the steps without noise that end the walk, as a one-time model.
        steps: all of the sampler's.
    """

    f: Centred
    steps: tuple[Step, ...]

    @property
    def noisy(self) -> tuple[Step, ...]:
        """The steps before those, the last of which adds noise."""
        return self.steps[: _noisy(self.steps)]

    def level_after(self, k: int) -> int:
        """The level at which step k + 1 starts; 1 after the last."""
        return self.steps[k + 1].level if k + 1 < len(self.steps) else 1

    def starts(self, first: DrawStarts, repair: int | None = None) -> DrawStarts:
        """Coupled starts of the steps that end the walk.

        Arguments:
            first: starts at level T.
            repair: None, or the rows of a batch within which twins are re-paired before noise is
                added.
        """

        def draw(n: int, generator: torch.Generator) -> Starts:
            starts = first(n, generator)
            for k, step in enumerate(self.noisy):
                model = self.step(starts.model, step)
                exact = self.exact(starts.exact, step, EARLIER * PAIR_TOLERANCE)
                if repair is not None:
                    exact = repaired(model, exact, repair)
                level = self.level_after(k)
                noise = self.noise(k, tuple(exact.shape), generator)
                starts = Starts(
                    level=level,
                    z=starts.z,
                    model=self.noised(model, k, noise),
                    exact=self.noised(exact, k, noise),
                )
            return starts

        return draw

    def step(self, x: Float[torch.Tensor, "n d"], step: Step) -> Float[torch.Tensor, "n d"]:
        """F at centred x (n, d), centred."""
        composed = self.f.f
        assert isinstance(composed, Composed)
        called = composed.in_dtype(self.f.dtype)
        before = self._shift(step.level)
        parts = [called.step(p + before, step.level, step.landing).to(x) for p in x.split(CALL)]
        return torch.cat(parts) - self._shift(step.landing)

    def exact(
        self, x: Float[torch.Tensor, "n d"], step: Step, tolerance: float
    ) -> Float[torch.Tensor, "n d"]:
        """Phi in its place."""
        if step.level == step.landing:
            return x
        flow = self.f.target.centred_flow
        return flow(self.f.schedule, x[None], [step.level], step.landing, tolerance)[0]

    def noise(
        self, k: int, shape: tuple[int, ...], generator: torch.Generator
    ) -> Float[torch.Tensor, "n d"]:
        """Z_k; 0 where step k adds none."""
        if self.steps[k].landing == self.level_after(k):
            return torch.zeros(shape).to(self.f.target.mean)
        return normal(shape, generator, self.f.target.mean)

    def noised(
        self, x: Float[torch.Tensor, "n d"], k: int, noise: Float[torch.Tensor, "n d"]
    ) -> Float[torch.Tensor, "n d"]:
        """r_k x + q_k noise."""
        if self.steps[k].landing == self.level_after(k):
            return x
        r, q = renoising(self.f.schedule, self.level_after(k), self.steps[k].landing)
        return r * x + q * noise

    def _shift(self, t: int) -> Float[torch.Tensor, "d"]:
        """E X_t."""
        return self.f.schedule.scales(t)[0] * self.f.target.mean


def flow_walk(
    F: FlowMap, target: Any, schedule: Schedule, steps: tuple[Step, ...], dtype: torch.dtype
) -> FlowWalk:
    """The walk of a map on a target.

    Arguments:
        F: the map in the paper's coordinates.
        target: the law of X_0, on its device, in float64.
        schedule: the noise levels.
        steps: of the sampler.
        dtype: of the x that F gets.
    """
    if not steps:
        raise InputError("sampler_steps must have a level above 1, got none")
    stops = [step.landing for step in steps[_noisy(steps) :]]
    composed = Composed(F, tuple(stops))
    return FlowWalk(Centred(composed, target, schedule, dtype=dtype), steps)


def _noisy(steps: Sequence[Step]) -> int:
    """How many steps there are up to the last one that adds noise."""
    adding = [k for k, (step, after) in enumerate(pairwise(steps), 1) if step.landing < after.level]
    return adding[-1] if adding else 0
