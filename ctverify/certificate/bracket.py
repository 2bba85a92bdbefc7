"""The two-sided bracket on W_1(f_T(Z), X_1), Z ~ N(0, I), and the upper limit on W_2.

UPPER  couple f_T(Z) with Phi_T(a_T X_0 + b_T Z), X_0 independent of Z, whose law is exactly that of
       X_1: the mean distance bounds W_1 and the root mean square W_2, at rate n^(-1/2) in every
       dimension.
LOWER  a potential fitted on one half of the pairs, its gain estimated on the other
       (lower_end.py).
d = 1  W_1 itself: f_T at the scores of N(0, 1) against the quantiles of X_1; both ends are one
       number and its quadrature error.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from scipy.stats import wasserstein_distance

from ..core.confidence import concentration, lower_limit, upper_limit
from ..core.streams import normal, stream
from ..flow.one_dim import Array, NormalMixture1D
from .checked_model import Centred
from .lower_end import fit

# of the flow: added to the limits as that fraction of the target's size, sqrt(d) s_0
PAIR_TOLERANCE = 1e-7


@dataclass(frozen=True)
class Bracket:
    """Limits (lower, upper, w2_upper) and estimates, in the data's unit of length; `method` says
    how they were found.

    `concentration`: how far one pair moves a mean behind a limit (core/confidence.py).
    """

    lower: float
    upper: float
    lower_estimate: float
    upper_estimate: float
    w2_upper: float
    concentration: float
    method: str


@dataclass(frozen=True, eq=False)
class Pairs:
    """Coupled rows: z ~ N(0, I), model = f_T(z), exact = Phi_T(a_T X_0 + b_T z), the last two
    centred at X_1's mean; (n, d).
    """

    z: Float[torch.Tensor, "n d"]
    model: Float[torch.Tensor, "n d"]
    exact: Float[torch.Tensor, "n d"]


def coupled_pairs(f: Centred, n: int, seed: int) -> Pairs:
    """n coupled pairs."""
    target = f.target
    schedule = f.schedule
    T = schedule.T
    generator = stream("certificate/pairs", seed)
    a, b = schedule.scales(T)
    x0 = target.sample(n, generator) - target.mean
    z = normal((n, target.dim), generator, x0)
    x = a * x0 + b * z
    exact = target.centred_flow(schedule, x[None], [T], 1, PAIR_TOLERANCE)[0]
    return Pairs(z, f(f.start_std * z - a * target.mean, T), exact)


def coupled_bracket(f: Centred, pairs: Pairs, alpha: float, seed: int) -> Bracket:
    """The bracket from coupled pairs; each of its three limits holds with probability 1 - alpha."""
    solver = PAIR_TOLERANCE * f.target.spread * f.target.dim**0.5
    distance = torch.linalg.vector_norm(pairs.model - pairs.exact, dim=1)
    half = len(distance) // 2
    generator = stream("certificate/potential", seed)
    potential = fit(pairs.model[:half], pairs.exact[:half], generator)
    gain = potential.gain(pairs.model[half:], pairs.exact[half:])
    return Bracket(
        lower=max(0.0, lower_limit(gain, alpha) - solver),
        upper=upper_limit(distance, alpha) + solver,
        lower_estimate=float(gain.mean()),
        upper_estimate=float(distance.mean()),
        w2_upper=upper_limit(distance.square(), alpha) ** 0.5 + solver,
        concentration=max(map(concentration, (gain, distance, distance.square()))),
        method=(
            f"coupled pairs; potential fitted on a held-out half: {potential.form}; Student limits"
        ),
    )


def quantile_bracket(f: Centred, form: NormalMixture1D, n: int) -> Bracket:
    """W_1 in d = 1 from n scores, and W_2 under the coupling of equal scores.

    `form`: the law of X_0 - mean.
    """
    schedule = f.schedule
    T = schedule.T
    z, exact, weight = form.noised(*schedule.scales(1)).nodes(n)
    model = f.in_one_dimension(T)(f.start_std * z - schedule.scales(T)[0] * float(f.target.mean))
    fine, middle, coarse = (_w1(model, exact, weight, stride) for stride in (1, 2, 4))
    # bounds the fine one's error for convergence of first order or better
    error = abs(fine - middle) + 0.5 * abs(middle - coarse)
    apart = (model - exact) ** 2
    square = apart @ weight
    half = (apart * weight)[::2].sum() / weight[::2].sum()
    return Bracket(
        lower=max(0.0, fine - error),
        upper=fine + error,
        lower_estimate=fine,
        upper_estimate=fine,
        w2_upper=float(square + abs(square - half)) ** 0.5,
        concentration=0.0,
        method="quantiles; limits are quadrature errors",
    )


def _w1(model: Array, exact: Array, weight: Array, stride: int) -> float:
    w = weight[::stride]
    return float(wasserstein_distance(model[::stride], exact[::stride], w, w))
