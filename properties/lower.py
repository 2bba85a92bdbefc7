"""What a bound of W_2 is held against: a lower limit from draws of the model alone, by none of the
certificate's code; and how steep a trained model can be, from its layers.

For any a_i > 0 and b_i, in an orthonormal basis about E X_1, v_i = Var (X_1)_i,

    phi(x) = sum_i ((1 - a_i) x_i^2 - 2 b_i x_i),   psi(y) = sum_i (y_i^2 - (y_i - b_i)^2/a_i)

have |x - y|^2 - phi(x) - psi(y) = sum_i a_i (x_i - (y_i - b_i)/a_i)^2 >= 0, so that by
Kantorovich's duality

    W_2(Y, X_1)^2 >= sum_i (1 - a_i) v_i + E psi(Y)     for Y, X_1 of ANY laws.

It is one mean, of draws of Y. Both sides are equal where X_1 and Y are Gaussian with covariances
diagonal in that basis, a_i the ratio of their deviations and b the mean of Y.
"""

from __future__ import annotations

import math

import torch

from ctverify import Schedule
from ctverify.core.confidence import lower_limit
from ctverify.laws.coverage import approached
from ctverify.model.protocols import Model
from ctverify.targets import Target
from ctverify.training import Levels

DRAWS = 4000
LEAST_RATIO = 1e-4  # of deviations: a model that is nearly constant
NOTHING = 1e-9  # of the size of X_1: a lower limit within it is rounding
SILU_SLOPE = 1.0999  # above the largest slope of x/(1 + e^-x), 1.09984 at x = 2.3994


def one_step_draws(
    f: Model, target: Target, schedule: Schedule, seed: int, n: int = DRAWS
) -> torch.Tensor:
    """Draws of f_T(Z), Z ~ N(0, I).

    Arguments:
        f: the model, on the target's device.
        target, schedule: of the model.
        seed: of the draws.
        n: how many.

    Returns:
        (n, d) float64, where the target is.
    """
    return f(noise(n, target, seed), schedule.T).to(target.mean)


def few_step_draws(
    f: Model, target: Target, schedule: Schedule, levels: tuple[int, ...], seed: int, n: int = DRAWS
) -> torch.Tensor:
    """Draws of the sampler that re-noises: Y = f_tau(U), the next U = r Y + sqrt(1 - r^2) Z with
    r^2 = alpha_bar_tau'/alpha_bar_1.

    Arguments:
        f, target, schedule, seed, n: as in `one_step_draws`.
        levels: T first, decreasing.

    Returns:
        (n, d) float64.
    """
    y = f(noise(n, target, seed), levels[0]).to(target.mean)
    for number, level in enumerate(levels[1:], 1):
        squared = float(schedule.alpha_bar[level] / schedule.alpha_bar[1])
        fresh = noise(n, target, seed + number)
        u = math.sqrt(squared) * y + math.sqrt(1 - squared) * fresh
        y = f(u, level).to(target.mean)
    return y


def noise(n: int, target: Target, seed: int) -> torch.Tensor:
    """N(0, I), where the target is."""
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(n, target.dim, generator=generator, dtype=torch.float64)
    return z.to(target.mean)


def w2_lower(y: torch.Tensor, target: Target, schedule: Schedule, alpha: float) -> float:
    """A lower limit of W_2(Y, X_1) by this file's head; a, b are fitted on half of the draws.

    Arguments:
        y: independent draws of Y, (n, d).
        target, schedule: of X_1.
        alpha: the failure probability, Student's.

    Returns:
        At least 0.

    Example:
        >>> from ctverify import Gaussian
        >>> schedule = Schedule.from_alpha_bar([1 - 1e-12, 1e-4])
        >>> y = torch.zeros(100, 1, dtype=torch.float64)  # W_2 = 3
        >>> round(w2_lower(y, Gaussian(0.0, 9.0), schedule, 1e-9), 3)
        3.0
    """
    a1, b1 = schedule.scales(1)
    eigenvalues, basis = torch.linalg.eigh(target.covariance)
    v = a1**2 * eigenvalues.clamp_min(0.0) + b1**2
    turned = (y - a1 * target.mean) @ basis
    fitting = turned[::2]
    held = turned[1::2]
    b = fitting.mean(0)
    a = (fitting.std(0) / v.sqrt()).clamp_min(LEAST_RATIO)
    psi = (held.square() - (held - b).square() / a).sum(1)
    squared = float(((1 - a) * v).sum()) + lower_limit(psi.cpu(), alpha)
    return math.sqrt(max(0.0, squared))


def check_w2(name: str, observed: float, bound: float, target: Target, schedule: Schedule) -> None:
    """A lower limit of W_2 is at most a bound of it; the search is told their ratio.

    Arguments:
        name: the bound's.
        observed: a lower limit of W_2.
        bound: an upper limit of the bound.
        target, schedule: of X_1, whose size is rounding's unit.

    Raises:
        AssertionError: the bound is below.
    """
    _, b1 = schedule.scales(1)
    size = target.spread + b1 + float(target.mean.norm())
    if observed > NOTHING * size:
        approached(f"W_2 / {name}", observed / bound)
    assert observed <= bound + NOTHING * size, f"W_2 >= {observed:.6g} above {name}, {bound:.6g}"


def steepest_layers(levels: Levels) -> float:
    """An upper bound of the Lipschitz constants of f_1..f_{T-1}, from a trained model's layers.

    f_t(x) = decode_1(u + N_t(u)), u = encode_t(x), with whitening that is diagonal in one basis:
    |N_t| is at most the product of its matrices' spectral norms and of SiLU's slopes, and that of
    cosine features |theta| |omega|.

    Arguments:
        levels: of any of ctverify's function classes.

    Returns:
        The bound, in the paper's coordinates, at least 1.
    """
    largest = 1.0
    at_1 = _deviations(levels, 1)
    for t in range(2, levels.schedule.T):
        at_t = _deviations(levels, t)
        row = {key: value[t - 2][0].double() for key, value in levels.parameters.items()}
        if levels.kind == "mlp":
            product = math.prod(_norm(row[f"weight_{layer}"]) for layer in range(3))
            rest = SILU_SLOPE**2 * product
            linear = float((at_1 / at_t).max())
        else:
            d = len(at_1)
            theta = row["theta"]
            omega = levels.shared["omega"]
            rest = _norm(theta[1 + d :]) * _norm(omega) if omega.numel() else 0.0
            linear = _norm((theta[1 : 1 + d] * at_1) / at_t[:, None])
        largest = max(largest, linear + rest * float(at_1.max() / at_t.min()))
    return largest


def _deviations(levels: Levels, t: int) -> torch.Tensor:
    """The whitening's standard deviations at level t, (d,)."""
    a, b = levels.schedule.scales(t)
    return (a * a * levels.whitening.eigenvalues[0] + b * b).sqrt()


def _norm(matrix: torch.Tensor) -> float:
    """The largest singular value."""
    return float(torch.linalg.matrix_norm(matrix, 2))
