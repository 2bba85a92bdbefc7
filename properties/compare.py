"""What the laws share: comparing rows within a derived error, levels of a schedule, and the laws of
X_t along it.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from ctverify import Schedule
from ctverify.targets import Target

from .reference import Array, Plain, plain, variance


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


def lengths(rows: torch.Tensor) -> Array:
    """Euclidean norms of rows (n, d), as an array (n,).

    Example:
        >>> lengths(torch.tensor([[3.0, 4.0]])).tolist()
        [5.0]
    """
    return rows.norm(dim=1).numpy()


def column(numbers: Array) -> torch.Tensor:
    """Numbers (n,) as points in d = 1, a tensor (n, 1).

    Example:
        >>> column(np.zeros(3)).shape
        torch.Size([3, 1])
    """
    return torch.from_numpy(numbers[:, None])


def numbers(points: torch.Tensor) -> Array:
    """Points in d = 1, (n, 1), as an array (n,).

    Example:
        >>> numbers(torch.tensor([[1.0], [2.0]])).tolist()
        [1.0, 2.0]
    """
    return points[:, 0].numpy()


def law_at(target: Target, schedule: Schedule, t: int) -> Plain:
    """The law of X_t in d = 1.

    Arguments:
        target: the law of X_0, in d = 1.
        schedule: of the levels.
        t: the level, 1..T.

    Returns:
        A mixture of as many components as the target has.
    """
    a, b = schedule.scales(t)
    return plain(target).along(np.ones(1), a, b)


def spread_at(target: Target, schedule: Schedule, t: int) -> float:
    """The standard deviation of X_t in one coordinate, on average over all: hypot(a spread, b).

    Arguments:
        target: the law of X_0.
        schedule: of the levels.
        t: the level, 1..T.

    Returns:
        Above 0.
    """
    a, b = schedule.scales(t)
    return math.hypot(a * target.spread, b)


def deviation(target: Target, schedule: Schedule, t: int, x: torch.Tensor) -> torch.Tensor:
    """x - E X_t at rows x (n, d) of level t."""
    a, _ = schedule.scales(t)
    return x - a * target.mean


def scales_of(schedule: Schedule) -> tuple[Array, Array]:
    """a_t and b_t for t = 1..T, (T,) each.

    Arguments:
        schedule: of the levels.

    Returns:
        sqrt(alpha_bar_t) and sqrt(1 - alpha_bar_t).

    Example:
        >>> a, b = scales_of(Schedule.karras(9, 0.1, 1.0))
        >>> bool(np.allclose(a**2 + b**2, 1))
        True
    """
    a, b = np.array([schedule.scales(t) for t in range(1, schedule.T + 1)]).T
    return a, b


def condition(v: Array) -> float:
    """The ratio of the largest to the smallest of some variances.

    Example:
        >>> float(condition(np.array([1.0, 4.0])))
        4.0
    """
    return v.max() / v.min()


def rate_of(schedule: Schedule) -> float:
    """r = c1 log T / T of schedule (23)."""
    c1 = schedule.spec["c1"]
    return c1 * math.log(schedule.T) / schedule.T


def angles(schedule: Schedule, lam: float) -> Array:
    """psi_t = atan(sigma_t/sqrt(lam)) for t = 1..T, (T,).

    Arguments:
        schedule: of the levels.
        lam: an eigenvalue of the target's covariance, above 0.

    Returns:
        The angles, increasing within (0, pi/2).

    Example:
        >>> angles(Schedule.karras(2, 0.5, 1.0), 1.0).round(3).tolist()
        [0.464, 0.785]
    """
    a, b = scales_of(schedule)
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
