"""Theorem 1 of LHW (arXiv 2402.07802), Eq. (24), as an object: hypotheses, right-hand side, and the
C_1 that it would need.

    W_1(f_T(X_T), X_1) <= C_1 L_f^3 d^(5/2) log^5(T)/T + eps + eps_F,
    C_1 universal but UNSPECIFIED.

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

from ..core.schemas import NonNegative, Number, Positive
from ..model.schedule import Array, Schedule
from ..targets import Target

HOLDS = "holds"
VIOLATED = "violated"
ABSENT = "not applicable"
ASSUMED = "assumed"
SLACK = 1 + 8 * np.finfo(np.float64).eps  # each side of (27) is a few roundings


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
    lipschitz = target.lipschitz(schedule, seed).value
    log_t = math.log(schedule.T)
    rhs = lipschitz**3 * target.dim**2.5 * log_t**5 / schedule.T
    a, b = schedule.scales(1)
    trivial = math.sqrt(a * a * float(target.covariance.trace()) + b * b * target.dim)
    return Theorem(
        rhs_over_C1=rhs,
        lipschitz=lipschitz,
        C1_needed=max(0.0, w1_lower - start - eps_sum) / rhs,
        eps_sum=eps_sum,
        hypotheses=hypotheses(target, schedule),
        vacuous=rhs + eps_sum > trivial,
        c2=c2(schedule),
    )


def c2(schedule: Schedule) -> float:
    """-log(abar_T)/log T: the c2 of (27d)."""
    return -float(schedule.log_alpha_bar[-1]) / math.log(schedule.T)


def hypotheses(target: Target, schedule: Schedule) -> dict[str, str]:
    """(19), (22), its tail form, lemma (27) and c2 >= 1000, by equation number."""
    # an unbounded law with Gaussian tails violates (22) and meets its tail form
    known = target.gaussian_tails
    return {
        "19": ASSUMED,
        "22": VIOLATED if known else ASSUMED,
        "22_tail": HOLDS if known else ASSUMED,
        **lemma_27(schedule),
        "c2_1000": HOLDS if c2(schedule) >= 1000 else VIOLATED,
    }


def step_size(schedule: Schedule) -> float:
    """r = c1 log T/T of schedule (23)."""
    return float(schedule.spec["c1"]) * math.log(schedule.T) / schedule.T


def ratios_27(schedule: Schedule) -> tuple[Array, Array, Array]:
    """What (27a) to (27c) bound, t = 2..T: beta_t, beta_t/(1 - abar_{t-1}), (1 - abar_t)/(1 -
    abar_{t-1}).
    """
    beta = schedule.beta[2:]
    before = schedule.one_minus_alpha_bar[1:-1]
    return beta, beta / before, schedule.one_minus_alpha_bar[2:] / before


def lemma_27(schedule: Schedule) -> dict[str, str]:
    """(27a) to (27d), level by level; not applicable to schedules other than (23), which have no
    r.
    """
    if schedule.spec["kind"] != "li_huang_wei":
        return dict.fromkeys(("27a", "27b", "27c", "27d"), ABSENT)
    r = step_size(schedule)
    beta, over_before, growth = ratios_27(schedule)
    true = {
        "27a": bool((beta <= r * SLACK).all()),
        "27b": bool((over_before <= 4 * r * SLACK).all()),
        "27c": bool((growth >= 1).all() and (growth <= (1 + 4 * r) * SLACK).all()),
        "27d": c2(schedule) > 0,
    }
    return {name: HOLDS if value else VIOLATED for name, value in true.items()}
