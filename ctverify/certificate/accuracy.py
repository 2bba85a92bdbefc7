"""What convicts a model that claims an accuracy: lower limits of

    E = |f_1 - id| + sum_{t>=2} eps_t,   eps_t = |f_t(X_t) - E[f_{t-1}(X_{t-1}) | X_t]|,

L2 norms, X_T ~ p_T, from shared-noise draws of X_1..X_T alone: no flow and no posterior draw. With
f*_T the population model, |f_T - f*_T| <= E (explicit_bounds.py) and f*_T(X_T) a conditional mean
of X_1 along the reverse chain,

    mean      |E f_T - E X_1| <= E
    spread    sd <e, f_T> <= sd <e, X_1> + E    for each fixed unit vector e
    total     sqrt(tr Cov f_T) >= sqrt((tr Cov X_1 - V*)_+) - E,   V* >= tr Cov X_1 - tr Cov f*_T
    steps     E sum_t <r_t, phi_t(X_t)> <= E    for any |phi_t|_L2 <= 1,

r_t = f_t(X_t) - f_{t-1}(X_{t-1}) and r_1 = f_1(X_1) - X_1: given X_t the mean of r_t is f_t - g_t.
phi_t is affine in X_t and fitted on half of the draws, so that it is fixed for the other half; it
has norm 1 as X_t is whitened by its own mean and covariance. Where f is affine and X_0 Gaussian the
last is an equality. What an affine phi_t does not see, posterior draws do (`defects_floor`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from scipy.special import stdtrit

from ..core.confidence import lower_limit, upper_limit
from ..core.schemas import NonNegative
from ..core.streams import normal, stream
from .budget import Budget
from .checked_model import Centred

LIMITS = 4  # that share alpha: one a condition
SMALLEST = 1e-300  # a length below which a direction is none


@dataclass(frozen=True, kw_only=True)
class Floors:
    """Lower limits of E, one a condition of this file's head, in the data's unit.

    Attributes:
        mean, spread, steps: at least 0; all four hold together with probability 1 - alpha.
        total: the same; None where no V* is known.
    """

    mean: NonNegative
    spread: NonNegative
    steps: NonNegative
    total: NonNegative | None

    @property
    def largest(self) -> float:
        """What E is at least."""
        return max(self.mean, self.spread, self.steps, self.total or 0.0)


def accuracy_floors(
    f: Centred, samples: int, alpha: float, seed: int, spread_lost: float | None = None
) -> Floors:
    """Lower limits of E.

    Arguments:
        f: the model, with its target and schedule.
        samples: shared-noise draws, at least 8; half of them fit directions.
        alpha: the failure probability of all limits together, in (0, 1); Student's limits.
        seed: of all draws.
        spread_lost: V*, at least tr Cov X_1 - tr Cov f*_T; None where it is not known.

    Returns:
        Floors.

    Raises:
        NotFinite: f returned NaN or infinity.
        InputError: f cannot be called so.

    Example:
        >>> from ctverify import Gaussian, Schedule
        >>> target, schedule = Gaussian(0.0, 1.0), Schedule.li_huang_wei(8, 1, 2)
        >>> f = Centred(lambda x, t: x if t == 1 else x + 3.0, target, schedule)
        >>> 2.5 < accuracy_floors(f, 4000, 1e-6, 0).largest < 3.5  # E is about 3
        True
    """
    alpha = alpha / LIMITS
    generator = stream("certificate/accuracy", seed)
    target = f.target
    x0 = target.sample(samples, generator) - target.mean
    z = normal((samples, target.dim), generator, x0)
    symmetric = (target.covariance + target.covariance.T) / 2
    eigenvalues, basis = torch.linalg.eigh(symmetric)
    lam = eigenvalues.clamp_min(0.0)
    held = torch.zeros(samples - samples // 2, dtype=x0.dtype, device=x0.device)
    before = None
    for t in range(1, f.schedule.T + 1):
        a, b = f.schedule.scales(t)
        x = a * x0 + b * z
        value = f(x, t)
        rest = value - (x if before is None else before)
        scores = x @ basis / (a * a * lam + b * b).sqrt()
        held += _along_fitted(rest, scores)
        before = value
    a1, b1 = f.schedule.scales(1)
    v1 = a1 * a1 * lam + b1 * b1
    return Floors(
        mean=max(0.0, lower_limit(_off_centre(value, scores), alpha)),
        spread=_wider(value @ basis, v1, alpha),
        steps=max(0.0, lower_limit(held, alpha)),
        total=_narrower(value, float(v1.sum()), spread_lost, alpha),
    )


def defects_floor(budget: Budget, draws: int, alpha: float) -> float:
    """A lower limit of sum_t eps_t from posterior draws, at any X_t alike.

    Arguments:
        budget: whose eps_t^2 are means of that many draws, with standard errors.
        draws: behind each, at least 2.
        alpha: the failure probability, shared by the levels; Student's limits.

    Returns:
        At least 0, in the data's unit.
    """
    squares = budget.model_defect_squared
    quantile = -float(stdtrit(draws - 1, alpha / max(1, len(squares))))
    errors = budget.model_defect_squared_error
    floors = [q - quantile * e for q, e in zip(squares, errors, strict=True)]
    return sum(math.sqrt(max(0.0, floor)) for floor in floors)


def _along_fitted(rest: torch.Tensor, scores: torch.Tensor) -> Float[torch.Tensor, "m"]:
    """<r, phi(X)> on the second half, phi = B (1, scores) with B = E r (1, scores)^T of the first,
    of Frobenius norm 1.
    """
    half = len(rest) // 2
    features = torch.cat([torch.ones_like(scores[:, :1]), scores], 1)
    slope = rest[:half].T @ features[:half]
    slope = slope / torch.linalg.matrix_norm(slope).clamp_min(SMALLEST)
    return (rest[half:] * (features[half:] @ slope.T)).sum(1)


def _off_centre(value: torch.Tensor, scores: torch.Tensor) -> Float[torch.Tensor, "m"]:
    """Draws of <e, f_T> on the second half, less what is linear in X_T and has mean 0; e is the
    direction of the first half's mean, and E X_1 = 0 in centred coordinates.
    """
    half = len(value) // 2
    features = torch.cat([torch.ones_like(scores[:, :1]), scores], 1)
    fitted = torch.linalg.lstsq(features[:half], value[:half]).solution
    centre = fitted[0]
    direction = centre / torch.linalg.vector_norm(centre).clamp_min(SMALLEST)
    return (value[half:] - scores[half:] @ fitted[1:]) @ direction


def _wider(turned: torch.Tensor, variances: torch.Tensor, alpha: float) -> float:
    """How much larger sd <e, f_T> is than sd <e, X_1>, over the target's principal directions."""
    largest = 0.0
    for column, variance in zip(_halved_squares(turned).T, variances.tolist(), strict=True):
        own = max(0.0, lower_limit(column, alpha / len(variances)))
        largest = max(largest, math.sqrt(own) - math.sqrt(variance))
    return largest


def _narrower(
    value: torch.Tensor, total: float, spread_lost: float | None, alpha: float
) -> float | None:
    """How much smaller sqrt(tr Cov f_T) is than that of an exactly trained model, at least."""
    if spread_lost is None:
        return None
    own = max(0.0, upper_limit(_halved_squares(value).sum(1), alpha))
    return max(0.0, math.sqrt(max(0.0, total - spread_lost)) - math.sqrt(own))


def _halved_squares(value: torch.Tensor) -> Float[torch.Tensor, "m d"]:
    """Half the squared differences of pairs of draws: each has the variance for its mean."""
    half = len(value) // 2
    return (value[:half] - value[half : 2 * half]).square() / 2
