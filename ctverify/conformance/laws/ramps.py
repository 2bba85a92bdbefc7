"""The times that a sampler visits, as an adapter can declare them (laws.py)."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...core.arguments import InputError, real, whole
from ...core.signatures import checked
from ...model.convention import Convention


@checked
class Ramp(ABC):
    """Times that fall from the noise end to the boundary: a time for each share of the way.

    Times are the subject's own, as in its `convention`.
    """

    @abstractmethod
    def at(self, share: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
        """The times at shares of the way.

        Arguments:
            share: numbers in [0, 1]; 0 is the noise end, 1 the boundary.
            low: the boundary's time, at least 0.
            high: the noise end's time, above `low`.

        Returns:
            float64 times, of the shape of `share`.
        """

    def size(self, share: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
        """What is rounded on the way to the times: a rounding of relative size r moves a time by
        about r times this.

        Arguments:
            share, low, high: as for `at`.

        Returns:
            float64 numbers, of the shape of `share`; without further knowledge `high`.
        """
        return np.full(np.shape(share), float(high))

    def shares(self, n: int) -> NDArray[np.float64]:
        """The shares that an n-step sampler visits: i/n, i = 0..n - 1, or i/(n - 1) where the
        boundary is visited too (`to_boundary`).

        Arguments:
            n: the number of steps, at least 1.

        Returns:
            n numbers in [0, 1], from 0.
        """
        intervals = max(n - 1, 1) if getattr(self, "to_boundary", False) else n
        return np.arange(n) / intervals

    def times(self, n: int, convention: Convention) -> NDArray[np.float64]:
        """The times of an n-step sampler.

        Arguments:
            n: the number of steps, at least 1.
            convention: whose noise end and boundary are the ramp's ends.

        Returns:
            n times, falling.
        """
        return self.at(self.shares(n), convention.boundary, convention.t_max)

    def levels(self, n: int, convention: Convention) -> NDArray[np.float64]:
        """A training grid of n levels.

        Arguments:
            n: the number of levels, at least 2.
            convention: whose boundary and noise end are the grid's ends.

        Returns:
            n times, rising, from the boundary to the noise end.
        """
        whole("n", n, 2)
        levels = self.at(1 - np.arange(n) / (n - 1), convention.boundary, convention.t_max)
        levels[0], levels[-1] = convention.boundary, convention.t_max
        return levels


@checked
@dataclass(frozen=True)
class KarrasRamp(Ramp):
    """Even steps of the rho-th root.

        t(u) = (high^(1/rho) + u (low^(1/rho) - high^(1/rho)))^rho

    (Karras et al., arXiv 2206.00364, Eq. (5); Song et al., arXiv 2303.01469, Section 2).

    Attributes:
        rho: above 0; 7 in both papers.
        to_boundary: whether the last of n times is the boundary: u = i/(n - 1), else u = i/n.

    Example:
        >>> KarrasRamp(rho=1.0).times(4, Convention.ve(0.0, t_max=8.0)).tolist()
        [8.0, 6.0, 4.0, 2.0]
    """

    rho: float = 7.0
    to_boundary: bool = False

    def __post_init__(self) -> None:
        real("rho", self.rho, 0)

    def at(self, share: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
        """See Ramp."""
        return self._root(share, low, high) ** self.rho

    def size(self, share: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
        """t (1 + |log t| + rho high^(1/rho)/t^(1/rho)): roots are known to roundings of the
        largest, and powers may be taken by logarithms.
        """
        root = np.maximum(self._root(share, low, high), 1e-300)
        first = high ** (1 / self.rho)
        logarithm = abs(self.rho * np.log(root))
        # where t is 0 the root itself is a rounding of the first
        smallest = np.maximum(root, 2.0**-20 * first)
        return smallest**self.rho * (1 + logarithm + self.rho * first / smallest)

    def _root(self, share: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
        first, last = high ** (1 / self.rho), low ** (1 / self.rho)
        return first + np.asarray(share, dtype=float) * (last - first)


@checked
@dataclass(frozen=True)
class LogUniformRamp(Ramp):
    """Even steps of the logarithm: t(u) = high (low/high)^u; a geometric sequence.

    It needs a boundary above 0 (Song and Ermon, arXiv 1907.05600).

    Attributes:
        to_boundary: whether the last of n times is the boundary: u = i/(n - 1), else u = i/n.

    Example:
        >>> LogUniformRamp().times(3, Convention.ve(0.001, t_max=1.0)).round(6).tolist()
        [1.0, 0.1, 0.01]
    """

    to_boundary: bool = False

    def at(self, share: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
        """See Ramp.

        Raises:
            InputError: the boundary is 0.
        """
        if not low > 0:
            raise InputError(f"LogUniformRamp needs a boundary above 0, got {low!r}")
        high = real("high", high, 0)
        share = np.asarray(share, dtype=float)
        return np.exp((1 - share) * math.log(high) + share * math.log(low))

    def size(self, share: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
        """t (1 + |log low| + |log high|): the exponent is known to roundings of its parts."""
        times = self.at(share, low, high)
        return times * (1 + abs(math.log(low)) + abs(math.log(high)))


@checked
@dataclass(frozen=True)
class LinearRamp(Ramp):
    """Even steps of time: t(u) = high + u (low - high).

    In TrigFlow's angles (Lu and Song, arXiv 2410.11081) these are Nichol and Dhariwal's cosine
    schedule (arXiv 2102.09672), in flow matching's times the plain Euler grid.

    Attributes:
        to_boundary: whether the last of n times is the boundary: u = i/(n - 1), else u = i/n.

    Example:
        >>> LinearRamp(to_boundary=True).times(3, Convention.linear()).tolist()
        [1.0, 0.5, 0.0]
    """

    to_boundary: bool = False

    def at(self, share: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
        """See Ramp."""
        return high + np.asarray(share, dtype=float) * (low - high)


@checked
@dataclass(frozen=True)
class CosineRamp(Ramp):
    """A quarter of a cosine: t(u) = low + (high - low) cos(pi u/2), whose steps grow from the noise
    end on.

    Time schedulers of flow matching have it: in their time from noise to data, 1 - cos(pi u/2) (Du
    et al., arXiv 2407.05407, Section 2.3).

    Attributes:
        to_boundary: whether the last of n times is the boundary: u = i/(n - 1), else u = i/n.

    Example:
        >>> CosineRamp().times(3, Convention.linear()).round(6).tolist()
        [1.0, 0.866025, 0.5]
    """

    to_boundary: bool = False

    def at(self, share: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
        """See Ramp."""
        return low + (high - low) * np.cos(math.pi / 2 * np.asarray(share, dtype=float))
