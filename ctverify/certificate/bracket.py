"""The two-sided bracket on W_1(f_T(Z), X_1), Z ~ N(0, I), and the upper limit on W_2.

UPPER  couple f_T(Z) with Phi_T(a_T X_0 + b_T Z), X_0 independent of Z, whose law is exactly that of
X_1: the mean distance bounds
       W_1 and the root mean square W_2, at rate n^(-1/2) in every dimension.
LOWER  a potential fitted on one half of the pairs, its gain estimated on the other (potentials.py).
LINE   in d = 1, W_1 itself: f_T at the scores of N(0, 1) against the quantiles of X_1; both ends
are one number and its
       quadrature error.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from scipy.stats import wasserstein_distance

from ..core.confidence import concentration, lower_limit, upper_limit
from ..core.streams import normal, stream
from ..flow.flow_map import centred_flow
from ..flow.one_dim import Array, law
from .budget import Centred
from .budget_1d import on_line
from .potentials import fit

PAIR_TOLERANCE = (
    1e-7  # of the flow: added to the limits as that fraction of the target's size, sqrt(d) s_0
)


@dataclass(frozen=True)
class Bracket:
    """Limits (lower, upper, w2_upper) and estimates, in the data's unit of length; `method` says
    how they were found.

    `concentration`: how far one pair moves a mean behind a limit (limits.py).
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

    z: torch.Tensor
    model: torch.Tensor
    exact: torch.Tensor


def coupled_pairs(f: Centred, n: int, seed: int) -> Pairs:
    """n coupled pairs."""
    target, schedule = f.target, f.schedule
    generator = stream("certificate/pairs", seed)
    (a, b), x0 = schedule.scales(schedule.T), target.sample(n, generator) - target.mean
    z = normal((n, target.dim), generator, x0)
    exact = centred_flow(target, schedule, (a * x0 + b * z)[None], [schedule.T], 1, PAIR_TOLERANCE)[
        0
    ]
    return Pairs(z, f(z - a * target.mean, schedule.T), exact)


def coupled_bracket(f: Centred, pairs: Pairs, level: float, seed: int) -> Bracket:
    """The bracket from coupled pairs; each of its three limits holds with probability 1 - level."""
    solver = PAIR_TOLERANCE * f.target.spread * f.target.dim**0.5
    distance = torch.linalg.vector_norm(pairs.model - pairs.exact, dim=1)
    half = len(distance) // 2
    potential = fit(pairs.model[:half], pairs.exact[:half], stream("certificate/potential", seed))
    gain = potential.gain(pairs.model[half:], pairs.exact[half:])
    return Bracket(
        lower=max(0.0, lower_limit(gain, level) - solver),
        upper=upper_limit(distance, level) + solver,
        lower_estimate=float(gain.mean()),
        upper_estimate=float(distance.mean()),
        w2_upper=upper_limit(distance.square(), level) ** 0.5 + solver,
        concentration=max(map(concentration, (gain, distance, distance.square()))),
        method=f"coupled pairs; potential of {len(potential.height)} cones on a held-out half; Student limits",
    )


def line_bracket(f: Centred, n: int) -> Bracket:
    """W_1 in d = 1 from n scores, and W_2 under the coupling of equal scores."""
    target, schedule = f.target, f.schedule
    z, exact, weight = law(target, schedule, 1).nodes(n)
    model = on_line(f, schedule.T)(z - schedule.scales(schedule.T)[0] * float(target.mean))
    fine, middle, coarse = (_w1(model, exact, weight, stride) for stride in (1, 2, 4))
    error = abs(fine - middle) + 0.5 * abs(
        middle - coarse
    )  # bounds the fine one's for convergence of first order or better
    square, half = (
        (model - exact) ** 2 @ weight,
        ((model - exact) ** 2 * weight)[::2].sum() / weight[::2].sum(),
    )
    w2 = float(square + abs(square - half)) ** 0.5
    return Bracket(
        max(0.0, fine - error),
        fine + error,
        fine,
        fine,
        w2,
        0.0,
        "quantiles; limits are quadrature errors",
    )


def _w1(model: Array, exact: Array, weight: Array, stride: int) -> float:
    w = weight[::stride]
    return float(wasserstein_distance(model[::stride], exact[::stride], w, w))
