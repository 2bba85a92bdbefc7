"""Other parametrisations of the same flow: x = a(t) X_0 + b(t) z, z ~ N(0, z_std^2 I), t growing
with the noise.

    VP        a^2 + b^2 = 1, time = the schedule's index     (Ho et al., arXiv 2006.11239)
    VE (EDM)  a = 1,         b = t                           (Karras et al., arXiv 2206.00364)
    TrigFlow  a = cos t,     b = sin t,  z_std = sigma_data  (Lu and Song, arXiv 2410.11081)
    linear    a = 1 - t,     b = t                           (Lipman et al., arXiv 2210.02747)

VP is the paper's own: its time is the index of a schedule, which knows the scales.

All are one flow under y = x/a, sigma = b z_std/a. A model maps (x, t) to its own boundary time e,
where it is the identity: it lands on x_e, not on X_0.

What `ctverify check` must be told of an implementation, because it is a choice and no bug, stands
here too: the time t_max of the noise end, the data's scale sigma_data for which the scalings are
made, clipping of f, which way times are listed, and whether the network's input is scaled.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float

from ..core import arguments
from .protocols import Model
from .schedule import Schedule

AlphaBar = Callable[[float], float]

ROUNDING = 1e-9  # relative difference of two noise levels that count as one
STEEPEST = 1.6  # TrigFlow's times end below it: pi/2, and room for its roundings


@dataclass(frozen=True, kw_only=True, repr=False)
class Convention(ABC):
    """One parametrisation of the flow; build it with vp, ve, trigflow or linear.

    Times are the convention's own. Instances are frozen, hashable and compared by value.

    Attributes:
        kind: the convention's name, "vp", "ve", "trigflow" or "linear".
        boundary: the model's boundary time e, where f(x, e) = x.
        z_std: the standard deviation of the noise z.
        t_max: the time of the noise end.
        sigma_data: the standard deviation of the data for which the network's inputs and outputs
            have unit scale.
        clipping: f lies in [-clipping, clipping]; None where f is not clipped.
        ascending: whether times are listed from the data end.
        scaled_input: whether the network sees c_in x; else it sees x itself.
        knows_scales: whether a(t) and b(t) are known without a schedule.
        default_schedule: the name of the schedule on which such models are certified.

    Example:
        >>> edm = Convention.ve(boundary=0.002)
        >>> edm.a(3.0), edm.b(3.0), edm.sigma(3.0)
        (1.0, 3.0, 3.0)
        >>> edm
        Convention.ve(boundary=0.002, t_max=80.0, sigma_data=0.5, clipping=None, ascending=False, \
scaled_input=True)
    """

    boundary: float
    t_max: float
    sigma_data: float
    clipping: float | None = None
    ascending: bool = False
    scaled_input: bool = True

    kind: ClassVar[str]
    default_schedule: ClassVar[str] = "karras"

    @staticmethod
    def vp(
        alpha_bar: AlphaBar | None = None,
        *,
        boundary: float = 1.0,
        t_max: float = math.inf,
        sigma_data: float = 1.0,
        clipping: float | None = None,
        ascending: bool = False,
        scaled_input: bool = True,
    ) -> Convention:
        """The paper's own: f(x, t) gets sqrt(abar_t) X_0 + sqrt(1 - abar_t) z.

        Arguments:
            alpha_bar: t -> a(t)^2 in (0, 1). Without it t is a schedule's index as in the paper,
                and the schedule alone knows the scales.
            boundary: the boundary time, any finite number.
            t_max: the noise end; with alpha_bar a finite time above the boundary.
            sigma_data: the data's standard deviation, above 0.
            clipping: the largest |f|, above 0; None for no clipping.
            ascending: whether times are listed from the data end.
            scaled_input: whether the network sees c_in x.

        Returns:
            The convention.

        Raises:
            InputError: an argument outside its range.

        Example:
            >>> halved = Convention.vp(lambda t: 0.5**t, boundary=0.0, t_max=4.0)
            >>> round(halved.a(2.0), 12)
            0.5
        """
        return VP(
            alpha_bar=alpha_bar,
            boundary=boundary,
            t_max=t_max,
            sigma_data=sigma_data,
            clipping=clipping,
            ascending=ascending,
            scaled_input=scaled_input,
        )

    @staticmethod
    def ve(
        boundary: float = 0.002,
        *,
        t_max: float = 80.0,
        sigma_data: float = 0.5,
        clipping: float | None = None,
        ascending: bool = False,
        scaled_input: bool = True,
    ) -> Convention:
        """EDM's (Karras et al., arXiv 2206.00364): f(x, t) gets X_0 + t z and the noise level t.

        Arguments:
            boundary: EDM's sigma_min, at least 0.
            t_max: EDM's sigma_max, above the boundary.
            sigma_data: the data's standard deviation, above 0.
            clipping: the largest |f|, above 0; None for no clipping.
            ascending: whether times are listed from the data end.
            scaled_input: whether the network sees c_in x.

        Returns:
            The convention.

        Raises:
            InputError: an argument outside its range.

        Example:
            >>> Convention.ve().time(0.5)
            0.5
        """
        return VE(
            boundary=boundary,
            t_max=t_max,
            sigma_data=sigma_data,
            clipping=clipping,
            ascending=ascending,
            scaled_input=scaled_input,
        )

    @staticmethod
    def trigflow(
        sigma_data: float = 0.5,
        boundary: float = 0.0,
        *,
        t_max: float = math.pi / 2,
        clipping: float | None = None,
        ascending: bool = False,
        scaled_input: bool = True,
    ) -> Convention:
        """TrigFlow's (Lu and Song, arXiv 2410.11081): f(x, t) gets cos(t) X_0 + sin(t) z.

        Arguments:
            sigma_data: the standard deviation of the data and of z, above 0.
            boundary: the boundary angle in [0, pi/2).
            t_max: the noise end, an angle between the boundary and 1.6.
            clipping: the largest |f|, above 0; None for no clipping.
            ascending: whether times are listed from the data end.
            scaled_input: whether the network sees c_in x.

        Returns:
            The convention.

        Raises:
            InputError: an argument outside its range.

        Example:
            >>> round(Convention.trigflow(0.5).time(0.5), 6)  # sigma = sigma_data at pi/4
            0.785398
        """
        return TrigFlow(
            boundary=boundary,
            t_max=t_max,
            sigma_data=sigma_data,
            clipping=clipping,
            ascending=ascending,
            scaled_input=scaled_input,
        )

    @staticmethod
    def linear(
        boundary: float = 0.0,
        *,
        t_max: float = 1.0,
        sigma_data: float = 1.0,
        clipping: float | None = None,
        ascending: bool = False,
        scaled_input: bool = True,
    ) -> Convention:
        """Flow matching's (Lipman et al., arXiv 2210.02747): f(x, t) gets (1 - t) X_0 + t z.

        Arguments:
            boundary: the boundary time in [0, 1).
            t_max: the noise end, between the boundary and 1.
            sigma_data: the data's standard deviation, above 0.
            clipping: the largest |f|, above 0; None for no clipping.
            ascending: whether times are listed from the data end.
            scaled_input: whether the network sees c_in x.

        Returns:
            The convention.

        Raises:
            InputError: an argument outside its range.

        Example:
            >>> Convention.linear().sigma(0.75)
            3.0
        """
        return Linear(
            boundary=boundary,
            t_max=t_max,
            sigma_data=sigma_data,
            clipping=clipping,
            ascending=ascending,
            scaled_input=scaled_input,
        )

    def __post_init__(self) -> None:
        self._set("sigma_data", arguments.real("sigma_data", self.sigma_data, 0))
        if self.clipping is not None:
            self._set("clipping", arguments.real("clipping", self.clipping, 0))
        self._set("ascending", bool(self.ascending))
        self._set("scaled_input", bool(self.scaled_input))
        self._check_times()

    @abstractmethod
    def _check_times(self) -> None:
        """Refuse a boundary or a t_max that the convention does not have."""

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # frozen, but for the checked values

    def _set_times(self, boundary_below: float, t_max_below: float) -> None:
        """0 <= boundary < boundary_below, boundary < t_max < t_max_below, both as floats."""
        # real() excludes its ends, and 0 is allowed
        boundary = arguments.real("boundary", self.boundary, -1e-300, boundary_below)
        self._set("boundary", max(boundary, 0.0))
        self._set("t_max", arguments.real("t_max", self.t_max, self.boundary, t_max_below))

    def __repr__(self) -> str:
        """The call that rebuilds it, but for vp's alpha_bar."""
        shown = [entry.name for entry in fields(self) if entry.repr]
        words = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"Convention.{self.kind}({words})"

    @property
    def z_std(self) -> float:
        """The standard deviation of the noise z."""
        return 1.0

    @property
    def knows_scales(self) -> bool:
        """Whether a(t) and b(t) are known without a schedule."""
        return True

    @abstractmethod
    def a(self, t: float) -> float:
        """The signal's factor.

        Arguments:
            t: a time of the convention.

        Returns:
            a(t), in [0, 1].

        Raises:
            InputError: vp without alpha_bar, whose time is the schedule's index.
        """

    @abstractmethod
    def b(self, t: float) -> float:
        """The noise's factor.

        Arguments:
            t: a time of the convention.

        Returns:
            b(t), at least 0.

        Raises:
            InputError: vp without alpha_bar, whose time is the schedule's index.
        """

    def sigma(self, t: float) -> float:
        """The VE noise level of a time.

        Arguments:
            t: a time of the convention with a(t) > 0.

        Returns:
            b(t) z_std/a(t), in the data's unit.

        Raises:
            InputError: vp without alpha_bar, whose time is the schedule's index.
        """
        return self.b(t) * self.z_std / self.a(t)

    @abstractmethod
    def time(self, sigma: float) -> float:
        """The time of a VE noise level: the inverse of `sigma`.

        Arguments:
            sigma: a noise level of at least 0, in the data's unit.

        Returns:
            The convention's time.

        Raises:
            InputError: vp, whose time is the schedule's index.
        """

    def clock(self, t: Any) -> Any:
        """The time on the axis along which the scalings are smooth: t itself, VE's log t.

        Arguments:
            t: a time above 0, or a NumPy array of them.

        Returns:
            The position on that axis, of the same shape.
        """
        return t

    def time_at(self, clock: Any) -> Any:
        """The time at a position of `clock`'s axis: the inverse of `clock`."""
        return clock

    def wrap(self, f: Model, schedule: Schedule) -> Model:
        """A model in this convention as f(x, t) in the paper's coordinates on a schedule.

        The model lands on its own boundary e: choose sigma_1 = sigma_e. Where sigma_e < sigma_1 it
        has no such level: f_1 is then the identity by Eq. (14), and landing closer to the data than
        X_1 counts as error.

        Arguments:
            f: the model; it gets x (n, d) float64 and its own time as a Python float (vp: the index
                as an int), and returns (n, d).
            schedule: the schedule on whose levels t = 1..T the wrapped model is asked.

        Returns:
            f(x, t) of x (n, d) float64 and the index t in 1..T, as `certify` takes it.

        Raises:
            InputError: sigma_e exceeds the schedule's sigma_1.

        Example:
            >>> karras = Schedule.karras(18)
            >>> model = Convention.ve(0.002).wrap(lambda x, t: x * 0.002 / t, karras)
            >>> x = torch.ones(1, 1, dtype=torch.float64)
            >>> round(model(x, 1).item(), 12)
            1.0
        """
        end = self.sigma(self.boundary)
        first = float(schedule.sigma[1])
        if end > first * (1 + ROUNDING):
            raise arguments.InputError(
                "the schedule's sigma_1 must reach the model's boundary sigma "
                f"{end:.6g}, got {first:.6g}"
            )
        same_boundary = end > first * (1 - ROUNDING)
        a_end = self.a(self.boundary)

        # what f returns is judged by who calls it
        def wrapped(x: Float[torch.Tensor, "n d"], t: int) -> torch.Tensor:
            t = arguments.level("t", t, schedule.T)
            if t == 1 and not same_boundary:
                return x.clone()
            # the boundary itself, whatever the rounding of the time of sigma_1
            time = self.boundary if t == 1 else self.time(float(schedule.sigma[t]))
            a_first, _ = schedule.scales(1)
            a_t, _ = schedule.scales(t)
            landed = f(self.a(time) / a_t * x, time)
            return a_first / a_end * landed

        wrapped.__module__ = f.__module__
        wrapped.__qualname__ = getattr(f, "__qualname__", type(f).__qualname__)
        return wrapped


@dataclass(frozen=True, kw_only=True, repr=False)
class VP(Convention):
    """a^2 + b^2 = 1; the time is a schedule's index, or that of alpha_bar."""

    alpha_bar: AlphaBar | None = field(default=None, repr=False, compare=False)

    kind = "vp"
    default_schedule = "li_huang_wei"

    def _check_times(self) -> None:
        if self.alpha_bar is not None:
            arguments.real("t_max", self.t_max, self.boundary)
        self._set("boundary", arguments.real("boundary", self.boundary))

    @property
    def knows_scales(self) -> bool:
        """Only where alpha_bar is given."""
        return self.alpha_bar is not None

    def a(self, t: float) -> float:
        """sqrt(abar_t)."""
        return math.sqrt(self._alpha_bar(t))

    def b(self, t: float) -> float:
        """sqrt(1 - abar_t)."""
        return math.sqrt(1 - self._alpha_bar(t))

    def time(self, sigma: float) -> float:
        """Refused: the schedule knows it."""
        raise self._ask_the_schedule()

    def wrap(self, f: Model, schedule: Schedule) -> Model:
        """`f` itself: these are the paper's coordinates."""
        return f

    def _alpha_bar(self, t: float) -> float:
        if self.alpha_bar is None:
            raise self._ask_the_schedule()
        return float(self.alpha_bar(t))

    @staticmethod
    def _ask_the_schedule() -> arguments.InputError:
        return arguments.InputError(
            "the vp convention's time is the schedule's index: ask the schedule for its scales"
        )


@dataclass(frozen=True, kw_only=True, repr=False)
class VE(Convention):
    """a = 1, b = t; the time is the noise level."""

    kind = "ve"

    def _check_times(self) -> None:
        self._set_times(math.inf, math.inf)

    def a(self, t: float) -> float:
        """1."""
        return 1.0

    def b(self, t: float) -> float:
        """t."""
        return t

    def time(self, sigma: float) -> float:
        """sigma."""
        return sigma

    def clock(self, t: Any) -> Any:
        """log t: noise levels span many orders of magnitude."""
        return np.log(t)

    def time_at(self, clock: Any) -> Any:
        """exp(clock)."""
        return np.exp(clock)


@dataclass(frozen=True, kw_only=True, repr=False)
class TrigFlow(Convention):
    """a = cos t, b = sin t, z_std = sigma_data; the time is an angle."""

    kind = "trigflow"

    def _check_times(self) -> None:
        self._set_times(math.pi / 2, STEEPEST)

    @property
    def z_std(self) -> float:
        """sigma_data: the noise is as wide as the data."""
        return self.sigma_data

    def a(self, t: float) -> float:
        """cos t."""
        return math.cos(t)

    def b(self, t: float) -> float:
        """sin t."""
        return math.sin(t)

    def time(self, sigma: float) -> float:
        """atan(sigma/sigma_data)."""
        return math.atan(sigma / self.z_std)


@dataclass(frozen=True, kw_only=True, repr=False)
class Linear(Convention):
    """a = 1 - t, b = t; the time runs from 0 to 1."""

    kind = "linear"

    def _check_times(self) -> None:
        self._set_times(1.0, 1.0 + 1e-12)  # 1 itself, and its roundings

    def a(self, t: float) -> float:
        """1 - t."""
        return 1.0 - t

    def b(self, t: float) -> float:
        """t."""
        return t

    def time(self, sigma: float) -> float:
        """sigma/(1 + sigma)."""
        return sigma / (1 + sigma)


KINDS = tuple(convention.kind for convention in (VP, VE, TrigFlow, Linear))


def named(kind: str, sigma_data: float | None = None) -> Convention:
    """The convention of a name, with its defaults.

    Arguments:
        kind: vp, ve, trigflow or linear.
        sigma_data: TrigFlow's, above 0; None for its default, 0.5.

    Returns:
        The convention.

    Raises:
        InputError: another name, or sigma_data for another convention than TrigFlow.

    Example:
        >>> named("trigflow", 0.7).z_std
        0.7
    """
    arguments.choice("convention", kind, KINDS)
    if sigma_data is None:
        convention: Convention = getattr(Convention, kind)()
        return convention
    if kind != TrigFlow.kind:
        raise arguments.InputError(f"sigma_data is for the trigflow convention, got it for {kind}")
    return Convention.trigflow(sigma_data)
