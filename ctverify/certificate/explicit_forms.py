"""Explicit bounds on W_2(f_T(X_T), X_1), X_T ~ p_T, that ask for no Lipschitz constant: any
f_1..f_T in L2, any target with a second moment, any schedule with beta_t < 1.

    E = |f_1 - id| + sum_t eps_t                      the model's own defect, L2 norms
    V = sum_t E tr Cov(f_{t-1}(X_{t-1}) | X_t) = sum_t (loss_t - eps_t^2)
    loss_t = E |f_t(X_t) - f_{t-1}(X_{t-1})|^2        shared noise

    loss form      E + sqrt(V)
    spread form    E + sqrt(tr Cov X_1 - ((sqrt(tr Cov f_T(X_T)) - E)_+)^2)
    trivial        E + sqrt(tr Cov X_1)

The loss form is the proof of Theorem A (explicit_bounds.py) before L enters. The spread form: an
exactly trained f*_T(X_T) is a conditional mean of X_1 along the reverse chain, so that W_2^2 <= tr
Cov X_1 - tr Cov f*_T(X_T), and |f_T - f*_T| <= E in L2(p_T).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..core import arguments
from ..core.arguments import InputError
from ..model.schedule import Array, Schedule


def total_variance(schedule: Schedule, eigenvalues: Sequence[float] | Array) -> float:
    """tr Cov X_1 = abar_1 sum_i lam_i + (1 - abar_1) d.

    Arguments:
        schedule: the noise levels.
        eigenvalues: of Cov X_0, (d,), at least 0.

    Returns:
        tr Cov X_1; its root is the trivial bound without E, that of any f.

    Example:
        >>> from ctverify import Schedule
        >>> round(total_variance(Schedule.li_huang_wei(64), [1.0, 1.0]), 12)
        2.0
    """
    lam = np.asarray(eigenvalues, dtype=float)
    a, b = schedule.scales(1)
    return a * a * float(lam.sum()) + b * b * len(lam)


def loss_form(defect: float, spread: float) -> float:
    """E + sqrt(V), for any f in L2: a certificate from the training loss.

    Arguments:
        defect: E or an upper limit of it, at least 0.
        spread: V = sum_t (loss_t - eps_t^2) or an upper limit of it, sum_t loss_t for example, at
            least 0.

    Returns:
        The bound on W_2, in the data's unit.

    Raises:
        InputError: an argument below 0.

    Example:
        >>> loss_form(0.5, 4.0)
        2.5
    """
    return at_least_0("defect", defect) + math.sqrt(at_least_0("spread", spread))


def spread_form(defect: float, target_variance: float, model_variance: float) -> float:
    """E + sqrt(tr Cov X_1 - ((sqrt(tr Cov f_T(X_T)) - E)_+)^2), for any f in L2.

    Arguments:
        defect: E or an upper limit of it, at least 0.
        target_variance: tr Cov X_1, at least 0.
        model_variance: tr Cov f_T(X_T) or a lower limit of it, at least 0.

    Returns:
        The bound on W_2, in the data's unit; `defect` where the root's argument is negative, which
        no exact numbers make it.

    Raises:
        InputError: an argument below 0.

    Example:
        >>> spread_form(0.0, 25.0, 16.0), spread_form(1.0, 25.0, 16.0)
        (3.0, 5.0)
    """
    defect = at_least_0("defect", defect)
    target_variance = at_least_0("target_variance", target_variance)
    kept = max(0.0, math.sqrt(at_least_0("model_variance", model_variance)) - defect)
    return defect + math.sqrt(max(0.0, target_variance - kept * kept))


def spread_floor(target_variance: float, model_variance: float) -> float:
    """|sqrt(tr Cov X_1) - sqrt(tr Cov f_T(X_T))| <= W_2, for any f in L2.

    Arguments:
        target_variance: tr Cov X_1, at least 0.
        model_variance: tr Cov f_T(X_T), at least 0.

    Returns:
        The lower bound on W_2, in the data's unit.

    Raises:
        InputError: an argument below 0.

    Example:
        >>> spread_floor(25.0, 16.0)
        1.0
    """
    roots = (
        math.sqrt(at_least_0("target_variance", target_variance)),
        math.sqrt(at_least_0("model_variance", model_variance)),
    )
    return abs(roots[0] - roots[1])


def trivial(defect: float, target_variance: float) -> float:
    """E + sqrt(tr Cov X_1), for any f in L2 and any schedule.

    Arguments:
        defect: E or an upper limit of it, at least 0.
        target_variance: tr Cov X_1, at least 0.

    Returns:
        The bound on W_2, in the data's unit.

    Raises:
        InputError: an argument below 0.

    Example:
        >>> trivial(0.5, 4.0)
        2.5
    """
    return loss_form(defect, target_variance)


def smoothed_w1(defect: float, spread: float, width: float) -> float:
    """Theorem A1 for any f: W_1(f_T(X_T) + delta N, X_1 + delta N) <= E + V/(sqrt(2 pi) delta).

    Arguments:
        defect: E or an upper limit of it, at least 0.
        spread: V = sum_t (loss_t - eps_t^2) or an upper limit of it, at least 0.
        width: delta, the standard deviation of the noise N added to both, above 0.

    Returns:
        The bound on that W_1, in the data's unit: of order r, without L.

    Raises:
        InputError: an argument outside its range.

    Example:
        >>> round(smoothed_w1(0.0, 0.1, 0.5), 4)
        0.0798
    """
    width = arguments.real("width", width, 0)
    spread = at_least_0("spread", spread)
    return at_least_0("defect", defect) + spread / (math.sqrt(2 * math.pi) * width)


def at_least_0(name: str, value: float) -> float:
    """A number >= 0, infinity among them, or a refusal that names it."""
    if not value >= 0:  # NaN too
        raise InputError(f"{name} must be a number >= 0, got {value!r}")
    return float(value)
