"""Other parametrisations of the same flow: x = a(t) X_0 + b(t) z, z ~ N(0, z_std^2 I), t growing
with the noise, unless the data are declared at 1.

    VP        a^2 + b^2 = 1, time = the schedule's index     (Ho et al., arXiv 2006.11239)
    VE (EDM)  a = 1,         b = t                           (Karras et al., arXiv 2206.00364)
    TrigFlow  a = cos t,     b = sin t,  z_std = sigma_data  (Lu and Song, arXiv 2410.11081)
    linear    a = 1 - t,     b = t                           (Lipman et al., arXiv 2210.02747),
              a = t,         b = 1 - t  where the data are at 1

VP is the paper's own: its time is the index of a schedule, which knows the scales.

All are one flow under y = x/a, sigma = b z_std/a. A model maps (x, t) to its own boundary time e,
where it is the identity: it lands on x_e, not on X_0.

Users start their models at s z, z ~ N(0, I), on the last level, where X_0 is nearly gone: s is
sigma_T for VE, sigma_data for TrigFlow, 1 for linear. In the paper's coordinates that is N(0,
start_std^2 I), start_std = s a_T/a(t_T): for VE sqrt(1 - abar_T), near the 1 of the paper's own VP
but not 1.

What `ctverify check` must be told of an implementation, because it is a choice and no bug, stands
here too: the time t_max of the noise end, the data's scale sigma_data for which the scalings are
made, clipping of f, which way times are listed, and whether the network's input is scaled.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike

from ..core import arguments
from ..core.signatures import checked
from .pair_scales import (
    Array,
    Motion,
    PairScales,
    motion_of_values,
    pair_of_squares,
    pair_scales,
)
from .protocols import FlowMap, Model
from .schedule import Schedule
from .schedule_file import named_schedule
from .wrapped_flow_map import ROUNDING, WrappedFlowMap

AlphaBar = Callable[[float], float]

SIGMA_MIN = 0.002  # ends of the default schedule (Karras et al.)
SIGMA_MAX = 80.0
STEEPEST = 1.6  # TrigFlow's times end below it: pi/2, and room for its roundings


@checked
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
        boundary: float | None = None,
        *,
        t_max: float | None = None,
        data_at: int = 0,
        sigma_data: float = 1.0,
        clipping: float | None = None,
        ascending: bool = False,
        scaled_input: bool = True,
    ) -> Convention:
        """Flow matching's (Lipman et al., arXiv 2210.02747): f(x, t) gets (1 - t) X_0 + t z, or,
        with the data at 1, t X_0 + (1 - t) z.

        Arguments:
            boundary: the boundary time in [0, 1), with the data at 1 in (0, 1]; None for the data's
                own.
            t_max: the noise end, between the boundary and pure noise's time; None for that.
            data_at: the time of the data, 0 or 1; the noise is at the other.
            sigma_data: the data's standard deviation, above 0.
            clipping: the largest |f|, above 0; None for no clipping.
            ascending: whether times are listed from the data end.
            scaled_input: whether the network sees c_in x.

        Returns:
            The convention.

        Raises:
            InputError: an argument outside its range.

        Example:
            >>> Convention.linear().sigma(0.75), Convention.linear(data_at=1).sigma(0.25)
            (3.0, 3.0)
        """
        if data_at not in (0, 1):
            raise arguments.InputError(f"data_at must be 0 or 1, got {data_at!r}")
        return Linear(
            boundary=data_at if boundary is None else boundary,
            t_max=1 - data_at if t_max is None else t_max,
            data_at=data_at,
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

    @abstractmethod
    def motion(self, t: Array) -> Motion:
        """a(t) and b(t) z_std with two derivatives each.

        Arguments:
            t: times, (n,).

        Returns:
            The two functions at the n times.

        Raises:
            InputError: vp without alpha_bar, whose time is the schedule's index.
        """

    def pair(self, t: Array, s: Array) -> PairScales:
        """The scales of two times, their divided differences and derivatives.

        Arguments:
            t, s: times, (n,) each, in either order; they may be equal.

        Returns:
            The scales, finite also where t = s (vp: where b(t) > 0).

        Raises:
            InputError: vp without alpha_bar, whose time is the schedule's index.

        Example:
            >>> pair = Convention.linear().pair(np.array([0.5]), np.array([0.5]))
            >>> pair.value.ravel().tolist()  # a and b at t, at s, and their slopes
            [0.5, 0.5, 0.5, 0.5, -1.0, 1.0]
        """
        return pair_scales(self.motion, t, s)

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

    @abstractmethod
    def signal(self, sigma: float) -> float:
        """The signal's factor at a noise level, accurate where a(time(sigma)) is lost in rounding.

        Arguments:
            sigma: a noise level of at least 0, in the data's unit.

        Returns:
            a(t) at the time t of that level, above 0.

        Raises:
            InputError: vp, whose time is the schedule's index.
        """

    @abstractmethod
    def start(self, sigma: float) -> float:
        """How wide the noise is that users start a model from on a level.

        Arguments:
            sigma: the level's sigma.

        Returns:
            The standard deviation, in the convention's own coordinates.

        Raises:
            InputError: vp, whose time is the schedule's index.
        """

    def clock(self, t: ArrayLike) -> Any:
        """The time on the axis along which the scalings are smooth: t itself, VE's log t.

        Arguments:
            t: a time above 0, or a NumPy array of them.

        Returns:
            The position on that axis, of the same shape.
        """
        return t

    def time_at(self, clock: ArrayLike) -> Any:
        """The time at a position of `clock`'s axis: the inverse of `clock`."""
        return clock

    def schedule(
        self, T: int, sigma_min: float | None = None, sigma_max: float | None = None
    ) -> Schedule:
        """The schedule on which models of this convention are certified where none is given.

        It is Karras's from the boundary to where users start: VE's t_max, TrigFlow's sigma = 80,
        linear's t = 1, pure noise, one level after sigma = 80.

        Arguments:
            T: the number of steps, at least 2 (linear: 3).
            sigma_min: sigma_1, above 0; None for the boundary's, 0.002 where that is 0.
            sigma_max: the last of Karras's levels; None for the one above.

        Returns:
            The schedule.

        Raises:
            InputError: an argument outside its range.

        Example:
            >>> Convention.ve(t_max=10.0).schedule(64).spec["sigma_max"]
            10.0
            >>> Convention.linear().time(float(Convention.linear().schedule(64).sigma[-1]))
            1.0
        """
        if sigma_min is None:
            sigma_min = self.sigma(self.boundary) or SIGMA_MIN
        if sigma_max is None:
            sigma_max = self._largest_sigma()
        return Schedule.karras(T, sigma_min, sigma_max, pure_noise=self._ends_in_noise())

    def _largest_sigma(self) -> float:
        """The default schedule's last level but pure noise."""
        if self.a(self.t_max) <= 0:
            return SIGMA_MAX
        return min(SIGMA_MAX, self.sigma(self.t_max))

    def _ends_in_noise(self) -> bool:
        """Whether the default schedule ends in a level of pure noise."""
        return False

    def wrap(self, f: Model, schedule: Schedule) -> Model:
        """A model in this convention as f(x, t) in the paper's coordinates on a schedule.

        The model lands on its own boundary e: choose sigma_1 = sigma_e. Where sigma_e < sigma_1 it
        has no such level: f_1 is then the identity by Eq. (14), and landing closer to the data than
        X_1 counts as error. It is certified as users start it, on the schedule's last level: let
        that be where you sample (`schedule`).

        Arguments:
            f: the model; it gets x (n, d) float64 (or as `in_dtype` says) and its own time as a
                Python float (vp: the index as an int), and returns (n, d).
            schedule: the schedule on whose levels t = 1..T the wrapped model is asked.

        Returns:
            f(x, t) of x (n, d) float64 and the index t in 1..T, as `certify` takes it.

        Raises:
            InputError: sigma_e exceeds the schedule's sigma_1; f cannot be called.

        Example:
            >>> karras = Schedule.karras(18)
            >>> model = Convention.ve(0.002).wrap(lambda x, t: x * 0.002 / t, karras)
            >>> x = torch.ones(1, 1, dtype=torch.float64)
            >>> round(model(x, 1).item(), 12)
            1.0
        """
        return Wrapped(f, self, schedule)

    def wrap_flow_map(self, F: FlowMap, schedule: Schedule) -> FlowMap:
        """A map of two times in this convention as F(x, t, s) in the paper's coordinates on a
        schedule.

        Arguments:
            F: the map; it gets x (n, d) float64 (or as the certificate's dtype says) and its own
                times t, s as Python floats (vp: the indices as ints), and returns x at time s. Of
                an average velocity u it is lambda x, t, s: x - (t - s) * u(x, t, s).
            schedule: the schedule on whose levels 1..T the wrapped map is asked, sigma_1 not below
                the boundary's sigma.

        Returns:
            F(x, t, s) of x (n, d) float64 and the indices t, s in 1..T, as `certify` takes it with
            times=2.

        Raises:
            InputError: sigma_e exceeds the schedule's sigma_1; F cannot be called.

        Example:
            >>> karras = Schedule.karras(18)
            >>> F = Convention.ve(0.002).wrap_flow_map(lambda x, t, s: x * s / t, karras)
            >>> x = torch.ones(1, 1, dtype=torch.float64)
            >>> round(F(x, 18, 18).item(), 12)
            1.0
        """
        return WrappedFlowMap(F, self, schedule)


@dataclass(frozen=True, eq=False)
class Wrapped:
    """A model of another convention in the paper's coordinates on a schedule; `Convention.wrap`
    makes it.

    Attributes:
        f: the model.
        convention: what its x and t mean.
        schedule: on whose levels t = 1..T it is asked.
        dtype: of the x that `f` gets. Coordinates are changed in the dtype of x, float64.
    """

    f: Model
    convention: Convention
    schedule: Schedule
    dtype: torch.dtype = torch.float64

    def __post_init__(self) -> None:
        arguments.function("f", self.f)
        end = self.convention.sigma(self.convention.boundary)
        first = float(self.schedule.sigma[1])
        if end > first * (1 + ROUNDING):
            raise arguments.InputError(
                "the schedule's sigma_1 must reach the model's boundary sigma "
                f"{end:.6g}, got {first:.6g}"
            )
        # certificates name the user's own function
        for name in ("__module__", "__qualname__"):
            own = getattr(self.f, name, getattr(type(self.f), name))
            object.__setattr__(self, name, own)

    def in_dtype(self, dtype: torch.dtype) -> Wrapped:
        """The same model, called with x of that dtype."""
        return replace(self, dtype=dtype)

    @property
    def start_std(self) -> float:
        """The standard deviation of the noise that the model is started from, in the paper's
        coordinates.
        """
        T = self.schedule.T
        sigma = float(self.schedule.sigma[T])
        a, _ = self.schedule.scales(T)
        return self.convention.start(sigma) * (a / self.convention.signal(sigma))

    def stretch(self, t: int) -> float:
        """The user's x over the paper's at level t, in the unit in which he returns: what his
        roundings are multiplied by.
        """
        return self._inward(t) * self._outward()

    def __call__(self, x: Float[torch.Tensor, "n d"], t: int) -> torch.Tensor:
        """f(x, t) of x (n, d) and the index t; what f returns is judged by who calls it."""
        t = arguments.level("t", t, self.schedule.T)
        if t == 1 and not self._has_first_level():
            return x.clone()
        # the boundary itself, whatever the rounding of the time of sigma_1
        time = self.convention.boundary
        if t > 1:
            time = self.convention.time(float(self.schedule.sigma[t]))
        landed = self.f((self._inward(t) * x).to(self.dtype), time)
        return self._outward() * landed

    def _has_first_level(self) -> bool:
        """Whether the schedule begins at the model's boundary."""
        end = self.convention.sigma(self.convention.boundary)
        return end > float(self.schedule.sigma[1]) * (1 - ROUNDING)

    def _inward(self, t: int) -> float:
        """The user's x over the paper's at level t."""
        a, _ = self.schedule.scales(t)
        if t == 1 and self._has_first_level():
            return self.convention.a(self.convention.boundary) / a
        return self.convention.signal(float(self.schedule.sigma[t])) / a

    def _outward(self) -> float:
        """The paper's x over the user's where the model lands."""
        a_first, _ = self.schedule.scales(1)
        return a_first / self.convention.a(self.convention.boundary)


@checked
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

    def motion(self, t: Array) -> Motion:
        """By differences of alpha_bar, at b > 0."""
        square = self._square(t)
        value = np.sqrt(np.concatenate([square.value, 1 - square.value]))
        sign = np.array([[1.0], [-1.0]])
        rate = sign * square.rate / (2 * value)
        bend = (sign * square.bend / 2 - rate * rate) / value
        return Motion(value, rate, bend)

    def pair(self, t: Array, s: Array) -> PairScales:
        """From alpha_bar, which is smooth where b is steep."""
        return pair_of_squares(self._square, t, s)

    def _square(self, t: Array) -> Motion:
        """alpha_bar with two derivatives."""
        if self.alpha_bar is None:
            raise self._ask_the_schedule()
        return motion_of_values(self._alpha_bar, t, self.boundary, self.t_max)

    def time(self, sigma: float) -> float:
        """Refused: the schedule knows it."""
        raise self._ask_the_schedule()

    def signal(self, sigma: float) -> float:
        """Refused: the schedule knows it."""
        raise self._ask_the_schedule()

    def start(self, sigma: float) -> float:
        """Refused: N(0, I) in the paper's coordinates."""
        raise self._ask_the_schedule()

    def schedule(
        self, T: int, sigma_min: float | None = None, sigma_max: float | None = None
    ) -> Schedule:
        """li_huang_wei, which has no sigma_min and no sigma_max."""
        return named_schedule(self.default_schedule, T, sigma_min=sigma_min, sigma_max=sigma_max)

    def wrap(self, f: Model, schedule: Schedule) -> Model:
        """`f` itself: these are the paper's coordinates."""
        return f

    def wrap_flow_map(self, F: FlowMap, schedule: Schedule) -> FlowMap:
        """`F` itself: these are the paper's coordinates."""
        return F

    def _alpha_bar(self, t: float) -> float:
        if self.alpha_bar is None:
            raise self._ask_the_schedule()
        return float(self.alpha_bar(t))

    @staticmethod
    def _ask_the_schedule() -> arguments.InputError:
        return arguments.InputError(
            "the vp convention's time is the schedule's index: ask the schedule for its scales"
        )


@checked
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

    def motion(self, t: Array) -> Motion:
        """(1, t), (0, 1), (0, 0)."""
        one = np.ones_like(t)
        none = np.zeros_like(t)
        return Motion(np.stack([one, t]), np.stack([none, one]), np.stack([none, none]))

    def time(self, sigma: float) -> float:
        """sigma."""
        return sigma

    def signal(self, sigma: float) -> float:
        """1."""
        return 1.0

    def start(self, sigma: float) -> float:
        """sigma: x = sigma z."""
        return sigma

    def _largest_sigma(self) -> float:
        """t_max itself."""
        return self.t_max

    def clock(self, t: ArrayLike) -> Any:
        """log t: noise levels span many orders of magnitude."""
        return np.log(t)

    def time_at(self, clock: ArrayLike) -> Any:
        """exp(clock)."""
        return np.exp(clock)


@checked
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

    def motion(self, t: Array) -> Motion:
        """A circle's, and after two derivatives its opposite point's."""
        cosine = np.cos(t)
        sine = np.sin(t)
        place = np.stack([cosine, self.z_std * sine])
        return Motion(place, np.stack([-sine, self.z_std * cosine]), -place)

    def time(self, sigma: float) -> float:
        """atan(sigma/sigma_data)."""
        return math.atan(sigma / self.z_std)

    def signal(self, sigma: float) -> float:
        """cos(atan(sigma/sigma_data))."""
        return 1 / math.hypot(1.0, sigma / self.z_std)

    def start(self, sigma: float) -> float:
        """sigma_data: x = sigma_data z, whatever the angle."""
        return self.z_std


@checked
@dataclass(frozen=True, kw_only=True, repr=False)
class Linear(Convention):
    """a = 1 - t, b = t; the time runs from 0 to 1. With the data at 1, a = t, b = 1 - t."""

    data_at: int = 0

    kind = "linear"

    def _check_times(self) -> None:
        if self.data_at == 0:
            self._set_times(1.0, 1.0 + 1e-12)  # 1 itself, and its roundings
            return
        # real() excludes its ends, and 1 and 0 are allowed
        boundary = arguments.real("boundary", self.boundary, 0.0, 1.0 + 1e-12)
        self._set("boundary", min(boundary, 1.0))
        self._set("t_max", max(0.0, arguments.real("t_max", self.t_max, -1e-12, self.boundary)))

    def a(self, t: float) -> float:
        """1 - t, or t."""
        return t if self.data_at else 1.0 - t

    def b(self, t: float) -> float:
        """t, or 1 - t."""
        return 1.0 - t if self.data_at else t

    def motion(self, t: Array) -> Motion:
        """(1 - t, t), (-1, 1), (0, 0), or with the data at 1 the two in the other order."""
        one = np.ones_like(t)
        none = np.zeros_like(t)
        value = np.stack([1 - t, t])
        rate = np.stack([-one, one])
        order = [1, 0] if self.data_at else [0, 1]
        return Motion(value[order], rate[order], np.stack([none, none]))

    def time(self, sigma: float) -> float:
        """sigma/(1 + sigma), or 1 less it."""
        share = 1 if self.data_at else sigma
        return share / (1 + sigma)

    def signal(self, sigma: float) -> float:
        """1/(1 + sigma)."""
        return 1 / (1 + sigma)

    def start(self, sigma: float) -> float:
        """1: x = z, whatever the time."""
        return 1.0

    def _ends_in_noise(self) -> bool:
        """Where t_max is pure noise's time."""
        return self.a(self.t_max) <= 0


KINDS = tuple(convention.kind for convention in (VP, VE, TrigFlow, Linear))


def named(
    kind: str,
    sigma_data: float | None = None,
    *,
    sigma_min: float | None = None,
    sigma_max: float | None = None,
) -> Convention:
    """The convention of a name, with its defaults.

    Arguments:
        kind: vp, ve, trigflow or linear.
        sigma_data: TrigFlow's, above 0; None for its default, 0.5.
        sigma_min, sigma_max: VE's boundary and noise end; not used by the others, whose boundary is
            0 and whose noise end is pure noise. None for the defaults.

    Returns:
        The convention.

    Raises:
        InputError: another name, or sigma_data for another convention than TrigFlow.

    Example:
        >>> named("trigflow", 0.7).z_std
        0.7
        >>> named("ve", sigma_max=10.0).t_max
        10.0
    """
    arguments.choice("convention", kind, KINDS)
    if sigma_data is not None and kind != TrigFlow.kind:
        raise arguments.InputError(f"sigma_data is for the trigflow convention, got it for {kind}")
    if sigma_data is not None:
        return Convention.trigflow(sigma_data)
    if kind == VE.kind:
        boundary = SIGMA_MIN if sigma_min is None else sigma_min
        end = SIGMA_MAX if sigma_max is None else sigma_max
        return Convention.ve(boundary, t_max=arguments.real("sigma_max", end, boundary))
    convention: Convention = getattr(Convention, kind)()
    return convention
