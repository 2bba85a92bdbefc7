"""Other parametrisations of the same flow: x = a(t) X_0 + b(t) z, z ~ N(0, z_std^2 I), t growing
with the noise.

    VP        a^2 + b^2 = 1, time = the schedule's index       (Ho et al., arXiv 2006.11239; the paper's own)
    VE (EDM)  a = 1,         b = t                             (Karras et al., arXiv 2206.00364)
    TrigFlow  a = cos t,     b = sin t,  z_std = sigma_data    (Lu and Song, arXiv 2410.11081)
    linear    a = 1 - t,     b = t                             (Lipman et al., arXiv 2210.02747)

All are one flow under y = x/a, sigma = b z_std/a. A model maps (x, t) to its own boundary time e,
where it is the identity: it lands on x_e, not on X_0.

What `ctverify check` must be told of an implementation, because it is a choice and no bug, stands
here too: the time t_max of the noise end, the data's scale sigma_data for which the scalings are
made, clipping of f, which way times are listed, and whether the network's input is scaled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from ..core import arguments
from .protocols import Model
from .schedule import Schedule

KINDS = ("vp", "ve", "trigflow", "linear")


AlphaBar = Callable[[float], float]


@dataclass(frozen=True)
class Convention:
    """One parametrisation. Built by vp, ve, trigflow or linear; times are the convention's own.

    boundary: the model's boundary time e. z_std: the standard deviation of its noise. t_max: the
    noise end. sigma_data: the standard deviation of the data for which inputs and outputs have unit
    scale. clipping: f lies in [-clipping, clipping]. ascending: times are listed from the data end.
    scaled_input: the network sees c_in x, not x. alpha_bar: vp's a(t)^2.
    """

    kind: str
    boundary: float = 0.0
    z_std: float = 1.0
    t_max: float = math.inf
    sigma_data: float = 1.0
    clipping: float | None = None
    ascending: bool = False
    scaled_input: bool = True
    alpha_bar: AlphaBar | None = field(default=None, repr=False, compare=False)

    @classmethod
    def vp(
        cls,
        alpha_bar: AlphaBar | None = None,
        *,
        boundary: float = 1.0,
        t_max: float = math.inf,
        sigma_data: float = 1.0,
        clipping: float | None = None,
        ascending: bool = False,
        scaled_input: bool = True,
    ) -> Convention:
        """f(x, t) gets sqrt(abar_t) X_0 + sqrt(1 - abar_t) z. Without alpha_bar(t), t is a
        schedule's index as in the paper.
        """
        if alpha_bar is not None:
            arguments.real("t_max", t_max, boundary)
        common = _declared(sigma_data, clipping, ascending, scaled_input)
        return cls(
            "vp", arguments.real("boundary", boundary), 1.0, t_max, alpha_bar=alpha_bar, **common
        )

    @classmethod
    def ve(
        cls,
        boundary: float = 0.002,
        *,
        t_max: float = 80.0,
        sigma_data: float = 0.5,
        clipping: float | None = None,
        ascending: bool = False,
        scaled_input: bool = True,
    ) -> Convention:
        """f(x, t) gets X_0 + t z and the noise level t itself; boundary >= 0 is EDM's sigma_min,
        t_max its sigma_max.
        """
        common = _declared(sigma_data, clipping, ascending, scaled_input)
        return cls(
            "ve", _boundary(boundary), 1.0, arguments.real("t_max", t_max, boundary), **common
        )

    @classmethod
    def trigflow(
        cls,
        sigma_data: float = 0.5,
        boundary: float = 0.0,
        *,
        t_max: float = math.pi / 2,
        clipping: float | None = None,
        ascending: bool = False,
        scaled_input: bool = True,
    ) -> Convention:
        """f(x, t) gets cos(t) X_0 + sin(t) z, z ~ N(0, sigma_data^2 I), and the angle t in [0,
        pi/2].
        """
        e, common = (
            _boundary(boundary, math.pi / 2),
            _declared(sigma_data, clipping, ascending, scaled_input),
        )
        return cls(
            "trigflow", e, common["sigma_data"], arguments.real("t_max", t_max, e, 1.6), **common
        )

    @classmethod
    def linear(
        cls,
        boundary: float = 0.0,
        *,
        t_max: float = 1.0,
        sigma_data: float = 1.0,
        clipping: float | None = None,
        ascending: bool = False,
        scaled_input: bool = True,
    ) -> Convention:
        """f(x, t) gets (1 - t) X_0 + t z and the time t in [0, 1]."""
        e, common = (
            _boundary(boundary, 1.0),
            _declared(sigma_data, clipping, ascending, scaled_input),
        )
        return cls("linear", e, 1.0, arguments.real("t_max", t_max, e, 1.0 + 1e-12), **common)

    def a(self, t: float) -> float:
        """The signal's factor at the convention's time t (vp: needs alpha_bar)."""
        if self.kind == "vp":
            return math.sqrt(self._alpha_bar(t))
        return {"ve": lambda: 1.0, "trigflow": lambda: math.cos(t), "linear": lambda: 1.0 - t}[
            self.kind
        ]()

    def b(self, t: float) -> float:
        """The noise's factor at the convention's time t (vp: needs alpha_bar)."""
        if self.kind == "vp":
            return math.sqrt(1 - self._alpha_bar(t))
        return {"ve": lambda: t, "trigflow": lambda: math.sin(t), "linear": lambda: t}[self.kind]()

    def sigma(self, t: float) -> float:
        """b z_std/a: the VE noise level of the convention's time t."""
        return self.b(t) * self.z_std / self.a(t)

    def time(self, sigma: float) -> float:
        """The time whose VE noise level is sigma >= 0."""
        ratio = sigma / self.z_std
        if self.kind == "vp":
            raise arguments.InputError(
                "the vp convention's time is the schedule's index: ask the schedule for its scales"
            )
        return {
            "ve": lambda: sigma,
            "trigflow": lambda: math.atan(ratio),
            "linear": lambda: ratio / (1 + ratio),
        }[self.kind]()

    def wrap(self, f: Model, schedule: Schedule) -> Model:
        """`f`, a model in this convention, as f(x, t) in the paper's coordinates on `schedule`.

        f gets x (n, d) float64 and its own time as a Python float (vp: the index as an int). It
        lands on its own boundary e: choose sigma_1 = sigma_e. Where sigma_e < sigma_1 the model has
        no such level: f_1 is then the identity by Eq. (14), and landing closer to the data than X_1
        counts as error. sigma_e > sigma_1 raises InputError.
        """
        if self.kind == "vp":
            return f
        end, first = self.sigma(self.boundary), float(schedule.sigma[1])
        if end > first * (1 + 1e-9):
            raise arguments.InputError(
                f"the schedule's sigma_1 must reach the model's boundary sigma {end:.6g}, got {first:.6g}"
            )
        same_boundary = end > first * (1 - 1e-9)
        a_end = self.a(self.boundary)

        def wrapped(x: torch.Tensor, t: int) -> torch.Tensor:
            t = arguments.level("t", t, schedule.T)
            if t == 1 and not same_boundary:
                return x.clone()
            time = self.boundary if t == 1 else self.time(float(schedule.sigma[t]))
            return schedule.scales(1)[0] / a_end * f(self.a(time) / schedule.scales(t)[0] * x, time)

        wrapped.__module__, wrapped.__qualname__ = (
            f.__module__,
            getattr(f, "__qualname__", type(f).__qualname__),
        )
        return wrapped

    def _alpha_bar(self, t: float) -> float:
        if self.alpha_bar is None:
            raise arguments.InputError(
                "the vp convention's time is the schedule's index: ask the schedule for its scales"
            )
        return float(self.alpha_bar(t))


def _declared(
    sigma_data: float, clipping: float | None, ascending: bool, scaled_input: bool
) -> dict[str, Any]:
    return {
        "sigma_data": arguments.real("sigma_data", sigma_data, 0),
        "clipping": None if clipping is None else arguments.real("clipping", clipping, 0),
        "ascending": bool(ascending),
        "scaled_input": bool(scaled_input),
    }


def _boundary(value: float, high: float = math.inf) -> float:
    number = arguments.real("boundary", value, -1e-300, high)
    return max(number, 0.0)


def named(kind: str, sigma_data: float | None = None) -> Convention:
    """The convention of that name with its defaults; sigma_data is TrigFlow's."""
    arguments.choice("convention", kind, KINDS)
    if sigma_data is not None and kind != "trigflow":
        raise arguments.InputError(f"sigma_data is for the trigflow convention, got it for {kind}")
    return (
        Convention.trigflow(sigma_data) if sigma_data is not None else getattr(Convention, kind)()
    )
