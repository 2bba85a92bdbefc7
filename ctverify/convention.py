"""Other parametrisations of the same flow: x = a(t) X_0 + b(t) z, z ~ N(0, z_std^2 I), t growing with the noise.

    VP        a^2 + b^2 = 1, time = the schedule's index       (Ho et al., arXiv 2006.11239; the paper's own)
    VE (EDM)  a = 1,         b = t                             (Karras et al., arXiv 2206.00364)
    TrigFlow  a = cos t,     b = sin t,  z_std = sigma_data    (Lu and Song, arXiv 2410.11081)
    linear    a = 1 - t,     b = t                             (Lipman et al., arXiv 2210.02747)

All are one flow under y = x/a, sigma = b z_std/a. A model maps (x, t) to its own boundary time e, where it is the identity: it
lands on x_e, not on X_0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from . import arguments
from .population import Model
from .schedule import Schedule

KINDS = ("vp", "ve", "trigflow", "linear")


@dataclass(frozen=True)
class Convention:
    """One parametrisation. `boundary` is the model's own boundary time e; z_std the standard deviation of its noise."""

    kind: str
    boundary: float = 0.0
    z_std: float = 1.0

    @classmethod
    def vp(cls) -> Convention:
        """x and t as in the paper: f(x, t) gets X_t in VP coordinates and the schedule's index t = 1..T."""
        return cls("vp", boundary=1.0)

    @classmethod
    def ve(cls, boundary: float = 0.002) -> Convention:
        """f(x, t) gets X_0 + t z and the noise level t itself; boundary >= 0 is EDM's sigma_min."""
        return cls("ve", _boundary(boundary))

    @classmethod
    def trigflow(cls, sigma_data: float = 0.5, boundary: float = 0.0) -> Convention:
        """f(x, t) gets cos(t) X_0 + sin(t) z, z ~ N(0, sigma_data^2 I), and the angle t in [0, pi/2)."""
        return cls("trigflow", _boundary(boundary, math.pi / 2), arguments.real("sigma_data", sigma_data, 0))

    @classmethod
    def linear(cls, boundary: float = 0.0) -> Convention:
        """f(x, t) gets (1 - t) X_0 + t z and the time t in [0, 1)."""
        return cls("linear", _boundary(boundary, 1.0))

    def a(self, t: float) -> float:
        """The signal's factor at the convention's time t (not for vp, whose time is an index)."""
        return {"ve": lambda: 1.0, "trigflow": lambda: math.cos(t), "linear": lambda: 1.0 - t}[self._continuous()]()

    def b(self, t: float) -> float:
        """The noise's factor at the convention's time t (not for vp)."""
        return {"ve": lambda: t, "trigflow": lambda: math.sin(t), "linear": lambda: t}[self._continuous()]()

    def sigma(self, t: float) -> float:
        """b z_std/a: the VE noise level of the convention's time t."""
        return self.b(t) * self.z_std / self.a(t)

    def time(self, sigma: float) -> float:
        """The time whose VE noise level is sigma >= 0."""
        ratio = sigma / self.z_std
        kind = self._continuous()
        return {"ve": lambda: sigma, "trigflow": lambda: math.atan(ratio), "linear": lambda: ratio / (1 + ratio)}[kind]()

    def wrap(self, f: Model, schedule: Schedule) -> Model:
        """`f`, a model in this convention, as f(x, t) in the paper's coordinates on `schedule`.

        f gets x (n, d) float64 and its own time as a Python float (vp: the index as an int). It lands on its own boundary e:
        choose sigma_1 = sigma_e. Where sigma_e < sigma_1 the model has no such level: f_1 is then the identity by Eq. (14), and
        landing closer to the data than X_1 counts as error. sigma_e > sigma_1 raises InputError.
        """
        if self.kind == "vp":
            return f
        end, first = self.sigma(self.boundary), float(schedule.sigma[1])
        if end > first * (1 + 1e-9):
            raise arguments.InputError(f"the schedule's sigma_1 must reach the model's boundary sigma {end:.6g}, got {first:.6g}")
        same_boundary = end > first * (1 - 1e-9)
        a_end = self.a(self.boundary)

        def wrapped(x: torch.Tensor, t: int) -> torch.Tensor:
            t = arguments.level("t", t, schedule.T)
            if t == 1 and not same_boundary:
                return x.clone()
            time = self.boundary if t == 1 else self.time(float(schedule.sigma[t]))
            return schedule.scales(1)[0] / a_end * f(self.a(time) / schedule.scales(t)[0] * x, time)

        wrapped.__module__, wrapped.__qualname__ = f.__module__, getattr(f, "__qualname__", type(f).__qualname__)
        return wrapped

    def _continuous(self) -> str:
        if self.kind == "vp":
            raise arguments.InputError("the vp convention's time is the schedule's index: ask the schedule for its scales")
        return self.kind


def _boundary(value: float, high: float = math.inf) -> float:
    number = arguments.real("boundary", value, -1e-300, high)
    return max(number, 0.0)


def named(kind: str, sigma_data: float | None = None) -> Convention:
    """The convention of that name with its defaults; sigma_data is TrigFlow's."""
    arguments.choice("convention", kind, KINDS)
    if sigma_data is not None and kind != "trigflow":
        raise arguments.InputError(f"sigma_data is for the trigflow convention, got it for {kind}")
    return Convention.trigflow(sigma_data) if sigma_data is not None else getattr(Convention, kind)()
