"""What an adapter can declare of its subject: laws that are computed here, never by the code under
test.

    curriculum_law   Doubling, SquareRoot                           N(k), the number of noise levels
    ramp_law         KarrasRamp, LogUniformRamp, LinearRamp, CosineRamp      the sampler's times
    time_law()       LogNormalTimes, or LogNormalTimes(...).cut(levels)      the training times
    loss_law         PseudoHuber, Squared, Metric, with InverseGap or ConstantWeight      the loss

Each is a frozen dataclass; whatever has the same methods may stand in its place.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from ..core.arguments import InputError, real, whole
from ..model.convention import Convention

SLACK = 2.0**-21  # eight roundings of float32, in which a curriculum may be computed


class Curriculum(ABC):
    """N(k), the number of noise levels at training step k of K.

    Attributes:
        s0: the first number of intervals (Doubling) or levels (SquareRoot), at least 1.
        s1: the last number of intervals, at least s0.
        K: the number of training steps, at least 1.
        intervals: whether the subject counts intervals, one fewer than levels.
    """

    s0: int
    s1: int
    K: int
    intervals: bool

    def __post_init__(self) -> None:
        whole("s0", self.s0)
        whole("s1", self.s1, self.s0)
        whole("K", self.K)

    @abstractmethod
    def allowed(self, k: int) -> set[int]:
        """What a right implementation may count at step k.

        Arguments:
            k: a training step, 0 to K - 1.

        Returns:
            N(k), and its neighbour where the last bits of a logarithm or a root decide.
        """

    @abstractmethod
    def turns(self) -> list[int]:
        """The steps k at which N(k) is another than N(k - 1), in order."""

    def levels(self, k: int) -> int:
        """N(k) in exact arithmetic: levels, or intervals where the subject counts these.

        Arguments:
            k: a training step, 0 to K - 1.

        Returns:
            N(k), or N(k) - 1 with `intervals`.
        """
        return self._exactly(k) - int(self.intervals)

    @abstractmethod
    def _exactly(self, k: int) -> int:
        """N(k)."""


@dataclass(frozen=True)
class Doubling(Curriculum):
    """Song and Dhariwal's curriculum, which doubles.

        N(k) = min(s0 2^floor(k/K'), s1) + 1,   K' = floor(K/(log2 floor(s1/s0) + 1))

    (arXiv 2310.14189, Section 3.4). Where K' is 0 every step doubles.

    Attributes:
        s0: the first number of intervals, at least 1.
        s1: the last number of intervals, at least s0.
        K: the number of training steps, at least 1.
        intervals: whether the subject counts intervals, one fewer than levels.

    Example:
        >>> law = Doubling(s0=10, s1=1280, K=1000)
        >>> [law.levels(k) for k in (0, 124, 125, 999)]
        [11, 11, 21, 1281]
        >>> law.turns()
        [125, 250, 375, 500, 625, 750, 875]
    """

    s0: int
    s1: int
    K: int
    intervals: bool = False

    def allowed(self, k: int) -> set[int]:
        """N(k), for each K' that a rounded logarithm may give; see Curriculum."""
        return {self._at(k, period) - int(self.intervals) for period in self._periods()}

    def turns(self) -> list[int]:
        """The multiples of K' at which N(k) grows; see Curriculum."""
        steps = (j * self._period() for j in range(1, self.K))
        turns = []
        for k in steps:
            if k >= self.K or self._exactly(k) == self._exactly(k - 1):
                break
            turns.append(k)
        return turns

    def _exactly(self, k: int) -> int:
        return self._at(k, self._period())

    def _period(self) -> int:
        return max(math.floor(self._real_period()), 1)

    def _periods(self) -> set[int]:
        period = self._real_period()
        return {max(math.floor(period * (1 + slack)), 1) for slack in (-SLACK, 0, SLACK)}

    def _real_period(self) -> float:
        return self.K / (math.log2(self.s1 // self.s0) + 1)

    def _at(self, k: int, period: int) -> int:
        doublings = min(k // period, (self.s1 // self.s0).bit_length())
        return min(self.s0 * 2**doublings, self.s1) + 1


@dataclass(frozen=True)
class SquareRoot(Curriculum):
    """Song et al.'s curriculum, whose square grows evenly.

        N(k) = ceil(sqrt(k/K ((s1 + 1)^2 - s0^2) + s0^2) - 1) + 1

    (arXiv 2303.01469, Appendix C). It begins with s0 LEVELS and ends with s1 + 1.

    Attributes:
        s0: the first number of levels, at least 1.
        s1: the last number of intervals, at least s0.
        K: the number of training steps, at least 1.
        intervals: whether the subject counts intervals, one fewer than levels.

    Example:
        >>> law = SquareRoot(s0=2, s1=150, K=800_000)
        >>> [law.levels(k) for k in (0, 1, 400_000, 799_999)]
        [2, 3, 107, 151]
    """

    s0: int
    s1: int
    K: int
    intervals: bool = False

    def allowed(self, k: int) -> set[int]:
        """N(k), and what a rounded root may make of it; see Curriculum."""
        exact = self._exactly(k)
        if k == 0:  # no rounding: the root of s0^2
            return {exact - int(self.intervals)}
        root = math.sqrt(k / self.K * self._growth() + self.s0**2)
        rounded = {math.ceil(root * (1 + slack)) for slack in (-SLACK, SLACK)}
        return {n - int(self.intervals) for n in {exact, *rounded}}

    def turns(self) -> list[int]:
        """The first step of each number of levels; see Curriculum."""
        last = [
            (n * n - self.s0**2) * self.K // self._growth() for n in range(self.s0, self.s1 + 1)
        ]
        return sorted({k + 1 for k in last if k + 1 < self.K})

    def _growth(self) -> int:
        return (self.s1 + 1) ** 2 - self.s0**2

    def _exactly(self, k: int) -> int:
        square = -(-(k * self._growth() + self.s0**2 * self.K) // self.K)  # rounded up
        return math.isqrt(square - 1) + 1


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
        share = np.asarray(share, dtype=float)
        return np.exp((1 - share) * math.log(high) + share * math.log(low))

    def size(self, share: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
        """t (1 + |log low| + |log high|): the exponent is known to roundings of its parts."""
        return self.at(share, low, high) * (1 + abs(math.log(low)) + abs(math.log(high)))


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


@dataclass(frozen=True)
class LogNormalTimes:
    """Training times whose noise level sigma = b(t) z_std/a(t) has a normal logarithm.

        log sigma ~ N(mean, std^2)

    (Karras et al., arXiv 2206.00364, Table 1; Song and Dhariwal, arXiv 2310.14189, Section 3.5; Lu
    and Song, arXiv 2410.11081, Section 4.1: their angle is arctan(e^tau/sigma_data)). In VE sigma
    is t, in TrigFlow sigma_data tan t, in flow matching t/(1 - t), whose law is the logit-normal.

    Attributes:
        mean: of log sigma, any finite number.
        std: of log sigma, above 0.

    Example:
        >>> edm = LogNormalTimes(mean=0.0, std=1.0)
        >>> float(edm.cdf(1.0, Convention.ve()))
        0.5
        >>> support, probabilities = edm.cut([0.5, 1.0, 2.0])
        >>> support.tolist(), probabilities.tolist()
        ([1.0, 2.0], [0.5, 0.5])
    """

    mean: float
    std: float

    def __post_init__(self) -> None:
        real("mean", self.mean)
        real("std", self.std, 0)

    def cdf(self, t: ArrayLike, convention: Convention) -> NDArray[np.float64]:
        """The law's distribution function.

        Arguments:
            t: times of the convention.
            convention: whose times they are.

        Returns:
            P(time <= t), of the shape of t.
        """
        times = np.asarray(t, dtype=float)
        signal = np.array([convention.a(v) for v in times.ravel().tolist()]).reshape(times.shape)
        noise = np.array([convention.b(v) for v in times.ravel().tolist()]).reshape(times.shape)
        with np.errstate(divide="ignore"):  # the ends, at log 0 and log inf
            z = np.log(noise * convention.z_std) - np.log(np.maximum(signal, 0)) - self.mean
        return ndtr(z / self.std)

    def cut(self, levels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The discrete law of Song and Dhariwal on a grid of noise levels.

            P(t_i) ~ erf((log t_{i+1} - mean)/(sqrt(2) std)) - erf((log t_i - mean)/(sqrt(2) std))

        is the probability of the PAIR (t_{i+1}, t_i), given here to its upper time.

        Arguments:
            levels: at least 2 noise levels, rising, the first at least 0.

        Returns:
            The levels without the first, and their probabilities, which sum to 1.

        Raises:
            InputError: fewer than two levels, or not rising from 0 or above.
        """
        levels = np.asarray(levels, dtype=float)
        if levels.ndim != 1 or len(levels) < 2 or levels[0] < 0 or not (np.diff(levels) > 0).all():
            raise InputError(f"levels must be at least two numbers that rise, got {levels!r}")
        with np.errstate(divide="ignore"):  # a first level of 0
            z = (np.log(levels) - self.mean) / self.std
        # of the nearer tail: differences of numbers near 1 lose the far one
        upper, lower = np.where(z[:-1] > 0, -z[:-1], z[1:]), np.where(z[:-1] > 0, -z[1:], z[:-1])
        shares = ndtr(upper) - ndtr(lower)
        if not shares.sum() > 0:
            raise InputError("levels must lie where the law has mass, got none of it between them")
        return levels[1:], shares / shares.sum()


@dataclass(frozen=True)
class InverseGap:
    """The weight 1/(t - s) (Song and Dhariwal, arXiv 2310.14189, Section 3.1).

    Example:
        >>> InverseGap()(torch.tensor([3.0]), torch.tensor([1.0])).tolist()
        [0.5]
    """

    def __call__(self, t: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        """The weights.

        Arguments:
            t, s: times (n,), s < t.

        Returns:
            1/(t - s), (n,).
        """
        return 1 / (t - s)


@dataclass(frozen=True)
class ConstantWeight:
    """The same weight at all times (Song et al., arXiv 2303.01469, Section 5: lambda = 1).

    Attributes:
        value: the weight, above 0.

    Example:
        >>> ConstantWeight()(torch.tensor([3.0]), torch.tensor([1.0])).tolist()
        [1.0]
    """

    value: float = 1.0

    def __post_init__(self) -> None:
        real("value", self.value, 0)

    def __call__(self, t: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        """The weights.

        Arguments:
            t, s: times (n,), s < t.

        Returns:
            The weight, (n,).
        """
        return torch.full_like(t, self.value)


Distance = Callable[[torch.Tensor], torch.Tensor]
Weight = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Metric:
    """A discrete loss of one's own: weight times distance, averaged over rows.

        loss = mean(weight(t, s) distance(f(x_t, t) - f(x_s, s)))

    PseudoHuber, Squared and InverseGap are better where they apply: they do not call the code
    under test.

    Attributes:
        distance: of differences (n, d) to (n,), rising with each |coordinate|.
        weight: of t and s, each (n,), to (n,), above 0.

    Example:
        >>> l1 = Metric(distance=lambda difference: difference.abs().sum(1), weight=InverseGap())
        >>> l1.distance(torch.tensor([[3.0, -4.0]])).tolist()
        [7.0]
    """

    distance: Distance
    weight: Weight


@dataclass(frozen=True)
class PseudoHuber:
    """The pseudo-Huber loss (Song and Dhariwal, arXiv 2310.14189, Section 3.3).

        vector:        sqrt(|f_t - f_s|^2 + c^2) - c,   |.| over all d coordinates
        element-wise:  the mean over the coordinates of sqrt((f_t - f_s)_j^2 + c^2) - c

    Attributes:
        c: above 0; None for 0.00054 sqrt(d).
        elementwise: whether each coordinate has a loss of its own.
        weight: of t and s, each (n,), to (n,).

    Example:
        >>> PseudoHuber(c=4.0).distance(torch.tensor([[3.0]])).tolist()
        [1.0]
        >>> PseudoHuber(c=4.0, elementwise=True).distance(torch.tensor([[3.0, 0.0]])).tolist()
        [0.5]
    """

    c: float | None = None
    elementwise: bool = False
    weight: Weight = field(default_factory=InverseGap)

    def __post_init__(self) -> None:
        if self.c is not None:
            real("c", self.c, 0)

    def distance(self, difference: torch.Tensor) -> torch.Tensor:
        """The loss of each row.

        Arguments:
            difference: f(x_t, t) - f(x_s, s), (n, d).

        Returns:
            (n,), at least 0.
        """
        c = 0.00054 * math.sqrt(difference.shape[1]) if self.c is None else self.c
        square = difference.square() if self.elementwise else difference.square().sum(1)
        # sqrt(square + c^2) - c without its cancellation
        loss = square / ((square + c**2).sqrt() + c)
        return loss.mean(1) if self.elementwise else loss


@dataclass(frozen=True)
class Squared:
    """The squared distance |f_t - f_s|^2 (Song et al., arXiv 2303.01469, Section 5).

    Attributes:
        elementwise: whether it is averaged over the coordinates, not summed.
        weight: of t and s, each (n,), to (n,).

    Example:
        >>> Squared().distance(torch.tensor([[3.0, 4.0]])).tolist()
        [25.0]
        >>> Squared(elementwise=True).distance(torch.tensor([[3.0, 4.0]])).tolist()
        [12.5]
    """

    elementwise: bool = False
    weight: Weight = field(default_factory=ConstantWeight)

    def distance(self, difference: torch.Tensor) -> torch.Tensor:
        """The loss of each row.

        Arguments:
            difference: f(x_t, t) - f(x_s, s), (n, d).

        Returns:
            (n,), at least 0.
        """
        square = difference.square()
        return square.mean(1) if self.elementwise else square.sum(1)
