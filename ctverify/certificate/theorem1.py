"""Theorem 1 of LHW (arXiv 2402.07802), Eq. (24), as an object: hypotheses, right-hand side, and the
C_1 that it would need.

    W_1(f_T(X_T), X_1) <= C_1 L_f^3 d^(5/2) log^5(T)/T + eps + eps_F        C_1 universal but UNSPECIFIED.

Hypotheses: (19) every Phi_{t->k} is L_f-Lipschitz; (22) |X_0| <= T^{c_R} almost surely; and lemma
(27), t >= 2, for schedule (23) with r = c1 log T/T <= 1/2:

    (27a) beta_t <= r                                       (27b) beta_t/(1 - abar_{t-1}) <= 4r
    (27c) 1 <= (1 - abar_t)/(1 - abar_{t-1}) <= 1 + 4r      (27d) abar_T <= T^{-c2}.

Equation numbers (20), (27) and "c2 >= 1000" are from a secondary source. eps + eps_F enters as the
sum of the model's defects.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from ..core.schemas import NonNegative, Number, Positive
from ..core.streams import normal, stream
from ..flow.jacobian import spread_levels, tangents
from ..flow.one_dim import law
from ..model.schedule import Array, Schedule
from ..targets import Gaussian, Product, Target

HOLDS, VIOLATED, ABSENT, ASSUMED = "holds", "violated", "not applicable", "assumed"
LARGEST = 1e60  # an L_f above it is reported as it: still a lower estimate, and its cube a float64
SLACK = 1 + 8 * np.finfo(np.float64).eps  # each side of (27) is a few roundings
PATHS = 2048  # paths times (d + 1) behind the measured L_f in d > 1


@dataclass(frozen=True)
class Theorem:
    """Where Theorem 1 stands for one model.

    rhs_over_C1: L_f^3 d^(5/2) log^5(T)/T. lipschitz: L_f, exact for Gaussians, else the largest
    value seen (a lower estimate). eps_sum: the summed model defects. C1_needed: the least C_1 that
    the W_1 lower limit allows, max(0, lower - start - eps_sum)/rhs. vacuous: with C_1 = 1 the
    right-hand side exceeds sqrt(tr Cov X_1), which the constant model E X_1 already reaches.
    hypotheses: holds, violated, assumed or not applicable, by equation number. c2 =
    -log(abar_T)/log T.
    """

    rhs_over_C1: NonNegative
    lipschitz: Positive
    C1_needed: NonNegative
    eps_sum: NonNegative
    hypotheses: dict[str, str]
    vacuous: bool
    c2: Number


def theorem_1(
    target: Target, schedule: Schedule, eps_sum: float, start: float, w1_lower: float, seed: int
) -> Theorem:
    """Theorem 1 for a model with these measured numbers."""
    lipschitz, log_t = lipschitz_constant(target, schedule, seed), math.log(schedule.T)
    rhs = lipschitz**3 * target.dim**2.5 * log_t**5 / schedule.T
    a, b = schedule.scales(1)
    trivial = math.sqrt(a * a * float(target.covariance.trace()) + b * b * target.dim)
    return Theorem(
        rhs_over_C1=rhs,
        lipschitz=lipschitz,
        C1_needed=max(0.0, w1_lower - start - eps_sum) / rhs,
        eps_sum=eps_sum,
        hypotheses=hypotheses(schedule),
        vacuous=rhs + eps_sum > trivial,
        c2=c2(schedule),
    )


def c2(schedule: Schedule) -> float:
    """-log(abar_T)/log T: the c2 of (27d)."""
    return -float(schedule.log_alpha_bar[-1]) / math.log(schedule.T)


def hypotheses(schedule: Schedule) -> dict[str, str]:
    """(19), (22), its tail form, lemma (27) and c2 >= 1000 for a Gaussian, a mixture or a smoothed
    data set.
    """
    tail = dict.fromkeys(("19",), ASSUMED) | {
        "22": VIOLATED,
        "22_tail": HOLDS,
    }  # unbounded laws with Gaussian tails
    return tail | lemma_27(schedule) | {"c2_1000": HOLDS if c2(schedule) >= 1000 else VIOLATED}


def step_size(schedule: Schedule) -> float:
    """r = c1 log T/T of schedule (23)."""
    return float(schedule.spec["c1"]) * math.log(schedule.T) / schedule.T


def ratios_27(schedule: Schedule) -> tuple[Array, Array, Array]:
    """What (27a) to (27c) bound, t = 2..T: beta_t, beta_t/(1 - abar_{t-1}), (1 - abar_t)/(1 -
    abar_{t-1}).
    """
    beta, before = schedule.beta[2:], schedule.one_minus_alpha_bar[1:-1]
    return beta, beta / before, schedule.one_minus_alpha_bar[2:] / before


def lemma_27(schedule: Schedule) -> dict[str, str]:
    """(27a) to (27d), level by level; not applicable to schedules other than (23), which have no r."""
    names = ("27a", "27b", "27c", "27d")
    if schedule.spec["kind"] != "li_huang_wei":
        return dict.fromkeys(names, ABSENT)
    r, (beta, over_before, growth) = step_size(schedule), ratios_27(schedule)
    true = (
        bool((beta <= r * SLACK).all()),
        bool((over_before <= 4 * r * SLACK).all()),
        bool((growth >= 1).all() and (growth <= (1 + 4 * r) * SLACK).all()),
        c2(schedule) > 0,
    )
    return {name: HOLDS if value else VIOLATED for name, value in zip(names, true, strict=True)}


def lipschitz_constant(target: Target, schedule: Schedule, seed: int) -> float:
    """L_f: the largest slope of Phi_{t->k}, t >= k; exact for Gaussians, over scores in d = 1, else
    over sampled paths.

    That of a product is its largest factor's: its derivative is diagonal in the factors' basis.
    """
    if isinstance(target, Product):
        return max(lipschitz_constant(factor, schedule, seed) for factor, _ in target.groups)
    if isinstance(target, Gaussian):
        variances = [
            a * a * target.components.eigenvalues[0] + b * b
            for a, b in map(schedule.scales, range(1, schedule.T + 1))
        ]
        return max(1.0, _largest_rise(0.5 * torch.stack(variances).log()))
    if target.dim == 1:
        z = law(target, schedule, 1).nodes(256)[0]
        laws = [law(target, schedule, t) for t in spread_levels(schedule, target.spread)]
        densities = [
            torch.from_numpy(-mixture.log_density(mixture.at_scores(z))) for mixture in laws
        ]
        return max(1.0, _largest_rise(torch.stack(densities)))
    n = max(2, PATHS // (target.dim + 1))
    generator, (a, b) = stream("certificate/lipschitz", seed), schedule.scales(schedule.T)
    x0 = target.sample(n, generator) - target.mean
    bundle = tangents(target, schedule, a * x0 + b * normal((n, target.dim), generator, x0))
    count = len(bundle.levels)
    norms = [
        torch.linalg.matrix_norm(bundle.between(t, k), 2).max()
        for t in range(count)
        for k in range(t)
    ]
    return min(max(1.0, float(torch.stack(norms).max())), LARGEST)


def _largest_rise(log_scale: torch.Tensor) -> float:
    """exp of the largest log_scale[k] - log_scale[t] over k <= t: along a path the slope of
    Phi_{t->k} is a ratio of scales.
    """
    rise = float((torch.cummax(log_scale, 0).values - log_scale).max())
    return math.exp(min(rise, math.log(LARGEST)))
