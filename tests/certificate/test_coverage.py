"""How often limits fail, over seeds, where W_1 and W_2 are known: no more than is claimed.

N(0, lam I) and affine models: a sampler's law is N(0, s^2 I), W_1 = |s - sqrt(v_1)| E|Z| and W_2 =
sqrt(d) |s - sqrt(v_1)|. Each limit may fail with probability 0.1; the number of failures is judged
by the binomial law.
"""

import math

import pytest
import torch
from scipy.stats import binom

from ctverify import Gaussian, Schedule
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.sampler import few_step_bracket

from ..conftest import RATE

ALPHA = 0.1
LAM = 0.5
SCHEDULE = Schedule.li_huang_wei(64)
NORM = {1: math.sqrt(2 / math.pi), 2: math.sqrt(math.pi / 2)}


def variance(t):
    """Var X_t a coordinate."""
    return SCHEDULE.alpha_bar[t] * LAM + SCHEDULE.one_minus_alpha_bar[t]


def slope(t):
    """Of the model at level t: the flow's, and 30 % more at T."""
    share = (t - 1) / (SCHEDULE.T - 1)
    return math.sqrt(variance(1) / variance(t)) * (1 + 0.3 * share)


def truth(dim, levels):
    """W_1 and W_2 after the last level."""
    deviation = 1.0
    for number, level in enumerate(levels):
        if number:
            ratio = SCHEDULE.alpha_bar[level] / SCHEDULE.alpha_bar[1]
            deviation = math.sqrt(ratio * deviation**2 + 1 - ratio)
        deviation *= slope(level)
    kappa = abs(deviation - math.sqrt(variance(1)))
    return kappa * NORM[dim], kappa * math.sqrt(dim)


def failures(dim, levels, seeds):
    """How often lower, upper and w2_upper are on the wrong side."""
    target = Gaussian([0.0] * dim, LAM * torch.eye(dim, dtype=torch.float64))
    f = Centred(lambda x, t: slope(t) * x, target, SCHEDULE)
    w1, w2 = truth(dim, levels)
    wrong = [0, 0, 0]
    for seed in range(seeds):
        found = few_step_bracket(f, levels, 600, ALPHA, seed)
        wrong[0] += found.lower > w1
        wrong[1] += found.upper < w1
        wrong[2] += found.w2_upper < w2
    return wrong


@pytest.mark.parametrize(
    ("dim", "levels", "seeds"),
    [
        (2, (64,), 12),
        *(
            pytest.param(dim, levels, 1000, marks=pytest.mark.slow)
            for dim in (1, 2)
            for levels in ((64,), (64, 30))
        ),
    ],
)
def test_limits_fail_no_more_often_than_claimed(dim, levels, seeds):
    """Failures of each limit within the binomial law's quantile of 1 - RATE."""
    most = binom.ppf(1 - RATE, seeds, ALPHA)
    wrong = failures(dim, levels, seeds)
    assert max(wrong) <= most, f"{wrong} of {seeds}: lower, upper, w2_upper"
