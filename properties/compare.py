"""What the laws share: comparing rows within a derived error, and the angles and variances of
Gaussians along a schedule.
"""

from __future__ import annotations

import math

import numpy as np

from ctverify import Schedule

from .reference import Array, variance


def within(gap: Array, allowed: Array, what: str) -> None:
    """Every gap is within its allowed error.

    Arguments:
        gap: (n,), the distances observed.
        allowed: (n,), the derived errors.
        what: what is off, for the message.

    Raises:
        AssertionError: a gap is larger, or is not a number.

    Example:
        >>> within(np.array([0.1]), np.array([0.2]), "off")
    """
    worst = gap.argmax()
    assert (gap <= allowed).all(), (
        f"{what} by {gap.max():.3g}, rounding allows {allowed[worst]:.3g}"
    )


def angles(schedule: Schedule, lam: float) -> Array:
    """psi_t = atan(sigma_t/sqrt(lam)) for t = 1..T, (T,).

    Arguments:
        schedule: of the levels.
        lam: an eigenvalue of the target's covariance, above 0.

    Returns:
        The angles, increasing within (0, pi/2).

    Example:
        >>> angles(Schedule.karras(2, 0.5, 1.0), 1.0)[-1] == math.pi / 4
        True
    """
    levels = range(1, schedule.T + 1)
    a, b = np.array([schedule.scales(t) for t in levels]).T
    return np.arctan2(b, a * math.sqrt(lam))


def flow_slope(schedule: Schedule, lam: float, t: int) -> float:
    """sqrt(v_1/v_t), the slope of the flow map Phi_t of N(m, lam).

    Arguments:
        schedule: of the levels.
        lam: the target's variance, above 0.
        t: the level, 1..T.

    Returns:
        The slope.

    Example:
        >>> flow_slope(Schedule.karras(2, 0.5, 1.0), 1.0, 1)
        1.0
    """
    v1 = variance(lam, *schedule.scales(1))
    v = variance(lam, *schedule.scales(t))
    return math.sqrt(v1 / v)
