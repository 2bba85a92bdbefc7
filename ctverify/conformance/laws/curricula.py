"""N(k), the number of noise levels at training step k, as an adapter can declare it (laws.py)."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from ...core.arguments import whole
from ...core.signatures import checked

SLACK = 2.0**-21  # eight roundings of float32, in which a curriculum may be computed


@checked
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
        return self._exactly(whole("k", k, 0)) - int(self.intervals)

    @abstractmethod
    def _exactly(self, k: int) -> int:
        """N(k)."""


@checked
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


@checked
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
        exact = self._exactly(whole("k", k, 0))
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
