"""A two-time map of another convention in the paper's coordinates on a schedule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float

from ..core import arguments
from .protocols import FlowMap
from .schedule import Schedule

if TYPE_CHECKING:
    from .convention import Convention

ROUNDING = 1e-9  # relative difference of two noise levels that count as one


@dataclass(frozen=True, eq=False)
class WrappedFlowMap:
    """F(x, t, s) of levels t, s in the paper's coordinates; `Convention.wrap_flow_map` makes it.

    Attributes:
        f: the map in its own coordinates and times.
        convention: what its x, t and s mean.
        schedule: on whose levels 1..T it is asked.
        dtype: of the x that `f` gets. Coordinates are changed in the dtype of x, float64.
    """

    f: FlowMap
    convention: Convention
    schedule: Schedule
    dtype: torch.dtype = torch.float64

    def __post_init__(self) -> None:
        arguments.function("F", self.f, "x, t, s")
        end = self.convention.sigma(self.convention.boundary)
        first = float(self.schedule.sigma[1])
        if end > first * (1 + ROUNDING):
            raise arguments.InputError(
                "the schedule's sigma_1 must reach the map's boundary sigma "
                f"{end:.6g}, got {first:.6g}"
            )
        for name in ("__module__", "__qualname__"):  # certificates name the user's own function
            own = getattr(self.f, name, getattr(type(self.f), name))
            object.__setattr__(self, name, own)

    def in_dtype(self, dtype: torch.dtype) -> WrappedFlowMap:
        """The same map, called with x of that dtype."""
        return replace(self, dtype=dtype)

    @property
    def start_std(self) -> float:
        """The standard deviation of the noise that the map is started from, in the paper's
        coordinates.
        """
        T = self.schedule.T
        return self.convention.start(float(self.schedule.sigma[T])) / self._stretch(T)

    def stretch(self, t: int) -> float:
        """The user's x at level t over the paper's, in the unit of where he lands: what his
        roundings are multiplied by.
        """
        return self._stretch(t) / self._stretch(1)

    def __call__(self, x: Float[torch.Tensor, "n d"], t: int, s: int) -> torch.Tensor:
        """F(x, t, s) of x (n, d) and levels t, s in 1..T."""
        t = arguments.level("t", t, self.schedule.T)
        s = arguments.level("s", s, self.schedule.T)
        inward = (self._stretch(t) * x).to(self.dtype)
        landed = self.f(inward, self._time(t), self._time(s))
        return landed.to(x.dtype) / self._stretch(s)

    def _time(self, t: int) -> float:
        """The convention's time of a level; the boundary itself, whatever the rounding."""
        sigma = float(self.schedule.sigma[t])
        end = self.convention.sigma(self.convention.boundary)
        if abs(sigma - end) <= ROUNDING * end:
            return self.convention.boundary
        return self.convention.time(sigma)

    def _stretch(self, t: int) -> float:
        """The user's x over the paper's at level t."""
        a, _ = self.schedule.scales(t)
        return self.convention.signal(float(self.schedule.sigma[t])) / a
