"""The standard normal law in R^d."""

from __future__ import annotations

import math


def norm_mean(dim: int) -> float:
    """E|Z| = sqrt(2) Gamma((d + 1)/2)/Gamma(d/2), Z ~ N(0, I_d).

    Arguments:
        dim: d, at least 1.

    Returns:
        The mean norm.

    Example:
        >>> round(norm_mean(1) ** 2 * math.pi / 2, 12)
        1.0
    """
    return math.sqrt(2) * math.exp(math.lgamma((dim + 1) / 2) - math.lgamma(dim / 2))
