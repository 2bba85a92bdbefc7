"""The law of the training times, as an adapter can declare it (laws.py)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from ...core.arguments import InputError, real
from ...core.signatures import checked
from ...model.convention import Convention


@checked
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
        right_tail = z[:-1] > 0
        upper = np.where(right_tail, -z[:-1], z[1:])
        lower = np.where(right_tail, -z[1:], z[:-1])
        shares = ndtr(upper) - ndtr(lower)
        if not shares.sum() > 0:
            raise InputError("levels must lie where the law has mass, got none of it between them")
        return levels[1:], shares / shares.sum()
