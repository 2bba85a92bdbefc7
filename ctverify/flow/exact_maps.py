"""The exact two-time maps that are handed out: oracles for flow maps and average velocities, in
the convention's own x and times. Formulas: two_times.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray

from ..core import arguments
from ..core.signatures import checked
from ..model.convention import Convention
from .laws import Law
from .two_times import Pair, Values, map_and_velocity, tangent

Points = torch.Tensor | NDArray[np.float64]
OUTSIDE = 1e-9  # rounding of a time at an end, in its scales


@dataclass(frozen=True, eq=False)
class ExactTwoTimes(ABC):
    """A function of (x, t, s) with its exact derivatives; `exact_flow_map` and
    `exact_average_velocity` make it.

    Attributes:
        target: the law of X_0.
        convention: what x and the times mean.
    """

    target: Law
    convention: Convention

    def __call__(self, x: Points, t: Any, s: Any) -> Points:
        """The value at x, t, s.

        Arguments:
            x: points x_t, (n, d), a tensor or an array of NumPy.
            t, s: times of the convention, numbers or (n,), in either order; they may be equal.

        Returns:
            (n, d), float64, of the kind of x.

        Raises:
            InputError: another shape, numbers that are not finite, times outside the convention's,
                points too far out to be followed in float64.
        """
        points = self._points("x", x)
        pair, _ = self._pair(points, t, s, 0.0, 0.0)
        values = map_and_velocity(self.target, points, pair)
        return _like(x, self._value(points, pair, values))

    def jvp(
        self, x: Points, t: Any, s: Any, dx: Points, dt: Any = 0.0, ds: Any = 0.0
    ) -> tuple[Points, Points]:
        """The value at x, t, s and its derivative along (dx, dt, ds).

        Arguments:
            x: points x_t, (n, d).
            t, s: times, numbers or (n,).
            dx: the direction in x, (n, d).
            dt, ds: the directions in the times, numbers or (n,).

        Returns:
            Two of (n, d), float64, of the kind of x: the value, and d/de at e = 0 of the value at
            (x + e dx, t + e dt, s + e ds).

        Raises:
            InputError: as in the call; a target whose conditional_mean torch cannot differentiate.
        """
        points = self._points("x", x)
        direction = self._points("dx", dx)
        if direction.shape != points.shape:
            raise arguments.InputError(
                f"dx must have the shape of x, {tuple(points.shape)}, got {tuple(direction.shape)}"
            )
        pair, change = self._pair(points, t, s, dt, ds)
        values, tangents = tangent(self.target, points, pair, direction, change)
        return _like(x, self._value(points, pair, values)), _like(x, self._slope(tangents))

    @abstractmethod
    def _value(self, x: torch.Tensor, pair: Pair, values: Values) -> torch.Tensor:
        """The value, of the map and the velocity."""

    @abstractmethod
    def _slope(self, tangents: Values) -> torch.Tensor:
        """The value's derivative, of those of the map and the velocity."""

    def _points(self, name: str, x: Points) -> Float[torch.Tensor, "n d"]:
        return arguments.batch(name, x, self.target.dim).to(self.target.mean)

    def _pair(
        self, x: Float[torch.Tensor, "n d"], t: Any, s: Any, dt: Any, ds: Any
    ) -> tuple[Pair, Pair]:
        """The scales of both times, and their change along (dt, ds)."""
        n = len(x)
        t_n = _each("t", t, n)
        s_n = _each("s", s, n)
        dt_n = _each("dt", dt, n)
        ds_n = _each("ds", ds, n)
        scales = self.convention.pair(t_n, s_n)
        self._refuse_times(t_n, scales.value[:2], "t")
        self._refuse_times(s_n, scales.value[2:4], "s")
        change = scales.by_t * dt_n + scales.by_s * ds_n
        return (
            Pair(torch.from_numpy(scales.value).to(x), torch.from_numpy(t_n - s_n).to(x)),
            Pair(torch.from_numpy(change).to(x), torch.from_numpy(dt_n - ds_n).to(x)),
        )

    def _refuse_times(self, times: NDArray[np.float64], scales: Any, name: str) -> None:
        size = np.abs(scales).max(0)
        wrong = ~((scales >= -OUTSIDE * size).all(0) & (size > 0) & np.isfinite(size))
        if wrong.any():
            raise arguments.InputError(
                f"{name} must hold times of {self.convention!r}, got {times[wrong][0]:g}"
            )


class ExactFlowMap(ExactTwoTimes):
    """Phi_{t->s}(x)."""

    def _value(self, x: torch.Tensor, pair: Pair, values: Values) -> torch.Tensor:
        """The map, x itself where t = s."""
        return torch.where(pair.gap[:, None] == 0, x, values[0])

    def _slope(self, tangents: Values) -> torch.Tensor:
        """The map's."""
        return tangents[0]


class ExactAverageVelocity(ExactTwoTimes):
    """u(x, t, s)."""

    def _value(self, x: torch.Tensor, pair: Pair, values: Values) -> torch.Tensor:
        """The velocity."""
        return values[1]

    def _slope(self, tangents: Values) -> torch.Tensor:
        """The velocity's."""
        return tangents[1]


@checked
def exact_flow_map(target: Law, convention: Convention) -> ExactFlowMap:
    """The exact map of two times F(x, t, s) = Phi_{t->s}(x): x at time t lands on x_s.

    Arguments:
        target: the law of X_0.
        convention: what x and the times mean; vp with alpha_bar.

    Returns:
        F, called with x (n, d) and times t, s, numbers or (n,); `F.jvp(x, t, s, dx, dt, ds)` gives
        the value and its derivative. F(x, t, t) = x.

    Raises:
        InputError: vp without alpha_bar; no convention.

    Example:
        >>> import torch
        >>> from ctverify import Convention, Gaussian, exact_flow_map
        >>> F = exact_flow_map(Gaussian(0.0, 1.0), Convention.linear())
        >>> x = torch.ones(1, 1, dtype=torch.float64)
        >>> F(x, 1.0, 0.0).item()  # pure noise to data: both N(0, 1)
        1.0
        >>> value, rate = F.jvp(x, 1.0, 0.0, 0 * x, ds=1.0)
        >>> rate.item()  # v(x, 0) = E[z - x_0 | x_0 = x]
        -1.0
    """
    return ExactFlowMap(target, _known(convention))


@checked
def exact_average_velocity(target: Law, convention: Convention) -> ExactAverageVelocity:
    """The exact average velocity u(x, t, s) = (x - Phi_{t->s}(x))/(t - s), u(x, t, t) = v(x, t).

    Arguments:
        target: the law of X_0.
        convention: what x and the times mean; vp with alpha_bar.

    Returns:
        u, called with x (n, d) and times t, s, numbers or (n,); `u.jvp(x, t, s, dx, dt, ds)` gives
        the value and its derivative, near and at t = s as accurate as elsewhere.

    Raises:
        InputError: vp without alpha_bar; no convention.

    Example:
        >>> import torch
        >>> from ctverify import Convention, Gaussian, exact_average_velocity
        >>> u = exact_average_velocity(Gaussian(3.0, 1.0), Convention.linear())
        >>> u(torch.zeros(1, 1, dtype=torch.float64), 1.0, 1.0).item()  # E[z - x_0 | z = 0]
        -3.0
    """
    return ExactAverageVelocity(target, _known(convention))


def _known(convention: Convention) -> Convention:
    if not isinstance(convention, Convention):
        raise arguments.InputError(
            f"convention must be a Convention, such as Convention.linear(), got {convention!r}"
        )
    if not convention.knows_scales:
        raise arguments.InputError(
            "convention must know its scales: give Convention.vp its alpha_bar, or use "
            "flow_map(target, schedule, x, start, stop), got vp without it"
        )
    return convention


def _each(name: str, times: Any, n: int) -> NDArray[np.float64]:
    """A number for each of n rows."""
    given = arguments.tensor(name, times).numpy()
    if given.shape not in ((), (n,)):
        raise arguments.InputError(
            f"{name} must be a number or have shape ({n},), got {tuple(given.shape)}"
        )
    return np.array(np.broadcast_to(given, (n,)))


def _like(x: Points, value: torch.Tensor) -> Points:
    return value if isinstance(x, torch.Tensor) else value.cpu().numpy()
