"""Laws of the two training times t and s of a flow map, as an adapter can declare them (laws.py).

    SortedTimes(law, equal)   t and s are the larger and the smaller of two independent draws
    TimesBelow(law, equal)    t is a draw, s is uniform between the boundary and t

and with probability `equal` s is t, whatever it was before. Times are the convention's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...core.arguments import InputError, brief, real
from ...core.signatures import checked
from ...model.convention import Convention
from .time_laws import LogNormalTimes

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PairLaw(ABC):
    """A law of (t, s), s <= t: that of t, that of s given t where they differ, and how often they
    do not.

    Attributes:
        law: of single draws, LogNormalTimes or a frozen SciPy distribution of the convention's
            times.
        equal: the probability of s = t, from 0 to 1.
        by_batch: whether it is decided once for the whole batch.
    """

    law: Any
    equal: float = 0.0
    by_batch: bool = False

    def __post_init__(self) -> None:
        if not callable(getattr(self.law, "cdf", None)):
            raise InputError(f"law must have a distribution function, cdf, got {brief(self.law)}")
        if not 0 <= real("equal", self.equal) <= 1:
            raise InputError(f"equal must be a probability, got {self.equal!r}")

    @abstractmethod
    def ranks(self, t: ArrayLike, s: ArrayLike, convention: Convention) -> tuple[Floats, Floats]:
        """Uniform and independent where t and s, different, have the law.

        Arguments:
            t, s: times of the convention, (n,) each, s < t.
            convention: whose times they are.

        Returns:
            The rank of t, and that of s among those below t; (n,) each.
        """

    @abstractmethod
    def ranks_of_equal(self, t: ArrayLike, convention: Convention) -> Floats:
        """The rank of t where s was set to t."""

    def _single(self, t: ArrayLike, convention: Convention) -> Floats:
        """The distribution function of one draw."""
        if isinstance(self.law, LogNormalTimes):
            return self.law.cdf(t, convention)
        return np.asarray(self.law.cdf(np.asarray(t, dtype=float)), dtype=float)


@checked
@dataclass(frozen=True)
class SortedTimes(PairLaw):
    """Two independent draws, the larger is t.

    P(max <= t) = F(t)^2, P(min <= s | t) = F(s)/F(t) (Geng et al., arXiv 2505.13447, Section 4.3).

    Attributes:
        keeps: which of the two s = t is made of: "larger", or "first", a single draw.

    Example:
        >>> from scipy import stats
        >>> law = SortedTimes(stats.uniform(), equal=0.25)
        >>> [rank.tolist() for rank in law.ranks([0.5], [0.25], Convention.linear())]
        [[0.25], [0.5]]
    """

    keeps: str = "larger"

    def ranks(self, t: ArrayLike, s: ArrayLike, convention: Convention) -> tuple[Floats, Floats]:
        """See PairLaw."""
        later, earlier = self._single(t, convention), self._single(s, convention)
        return later**2, earlier / later

    def ranks_of_equal(self, t: ArrayLike, convention: Convention) -> Floats:
        """See PairLaw."""
        rank = self._single(t, convention)
        return rank**2 if self.keeps == "larger" else rank


@checked
@dataclass(frozen=True)
class TimesBelow(PairLaw):
    """t is one draw, s is uniform between the boundary and t.

    Example:
        >>> from scipy import stats
        >>> law = TimesBelow(stats.uniform())
        >>> [rank.tolist() for rank in law.ranks([0.5], [0.25], Convention.linear())]
        [[0.5], [0.5]]
    """

    def ranks(self, t: ArrayLike, s: ArrayLike, convention: Convention) -> tuple[Floats, Floats]:
        """See PairLaw."""
        low = convention.boundary
        share = (np.asarray(s, dtype=float) - low) / (np.asarray(t, dtype=float) - low)
        return self._single(t, convention), share

    def ranks_of_equal(self, t: ArrayLike, convention: Convention) -> Floats:
        """See PairLaw."""
        return self._single(t, convention)
