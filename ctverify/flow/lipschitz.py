"""L_f, the largest slope of any Phi_{t->k}, t >= k: hypothesis (19) of LHW (arXiv 2402.07802).

Along a path the slope of Phi_{t->k} is a ratio of scales: of standard deviations for a Gaussian, of
inverse densities at equal ranks in d = 1. Elsewhere it is read off the tangents of sampled paths.
What is read off at some points or paths is a LOWER estimate of a largest value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float

from ..model.schedule import Schedule
from .jacobian import spread_levels, tangents
from .laws import Law
from .one_dim import NormalMixture1D

LARGEST = 1e60  # an L_f above it is reported as it: still a lower estimate, and its cube a float64
SCORES = 256  # at which densities are compared in d = 1


@dataclass(frozen=True)
class Lipschitz:
    """L_f >= 1: exact, or a lower estimate."""

    value: float
    exact: bool


def largest_rise(log_scale: Float[torch.Tensor, "L *n"]) -> float:
    """exp of the largest log_scale[k] - log_scale[t] over k <= t, at least 1; levels in the first
    axis.
    """
    rise = float((torch.cummax(log_scale, 0).values - log_scale).max())
    return max(1.0, math.exp(min(rise, math.log(LARGEST))))


def slope_by_densities(form: NormalMixture1D, schedule: Schedule, s0: float) -> float:
    """The largest slope in d = 1 over fixed scores and a few levels, X_0 - mean of law `form`."""
    z = form.noised(*schedule.scales(1)).nodes(SCORES)[0]
    log_scales = []
    for t in spread_levels(schedule, s0):
        level = form.noised(*schedule.scales(t))
        log_scales.append(torch.from_numpy(-level.log_density(level.at_scores(z))))
    return largest_rise(torch.stack(log_scales))


def slope_along_paths(law: Law, schedule: Schedule, x: Float[torch.Tensor, "n d"]) -> float:
    """The largest slope along the paths that start at CENTRED x (n, d) at level T."""
    bundle = tangents(law, schedule, x)
    count = len(bundle.levels)
    norms = [
        torch.linalg.matrix_norm(bundle.between(t, k), 2).max()
        for t in range(count)
        for k in range(t)
    ]
    return min(max(1.0, float(torch.stack(norms).max())), LARGEST)
