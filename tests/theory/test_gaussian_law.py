"""The sharp Gaussian law in numbers: against the population model, the certificate, the claims of
the ledger and a quadrature.
"""

import math

import mpmath
import numpy as np
import pytest
import torch

from ctverify import Gaussian, Schedule, certify, flow_map, population_model
from ctverify.certificate.chain_defects import sampled_defects
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.theorem1 import c2
from ctverify.core.normal import norm_mean
from ctverify.theory import gaussian_law

SCHEDULES = [
    Schedule.li_huang_wei(64),
    Schedule.cosine(40),
    Schedule.karras(24),
    Schedule.li_huang_wei(9, 0.5, 1.0),
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
@pytest.mark.parametrize("lam", [0.01, 1.0, 30.0])
def test_shrinkage_is_the_population_models(schedule, lam):
    """1 - R from cosines is 1 minus the slope of f*_T over that of Phi_T."""
    target = Gaussian([0.0], [[lam]])
    x = torch.ones(1, 1, dtype=torch.float64)
    population = population_model(target, schedule)(x, schedule.T)
    slope = float(population / flow_map(target, schedule, x, schedule.T, 1))
    lost = gaussian_law.shrinkage(schedule, lam)
    # T products in float64
    assert lost == pytest.approx(1 - slope, abs=1e-13 * schedule.T)
    assert lost >= gaussian_law.floor(schedule, lam) * (1 - 1e-9)


def test_start_distance_is_the_certificates():
    """W_2 from N(0, I) between the certificate's W_1 lower limit and its W_2 upper limit."""
    schedule = Schedule.li_huang_wei(64)
    target = Gaussian([3.0], [[0.5]])
    w2 = gaussian_law.start_distance(schedule, 0.5, 3.0)
    f = population_model(target, schedule)
    w1 = certify(f, target, schedule, samples=64, pairs=2000).w1
    assert w1.lower <= w2
    assert w2 <= w1.w2_upper * (1 + 1e-3)  # in d = 1 limits are quadratures: 1e-4 off


def test_defect_sum_is_the_sampled_budgets():
    """sum D_t in closed form against the sampled budget, whose draws are exact for affine maps up
    to their norm.
    """
    schedule = Schedule.li_huang_wei(32, 1.0, 2.0)
    eigenvalues = np.array([0.2, 1.0, 6.0])
    target = Gaussian([0.0, 0.0, 0.0], np.diag(eigenvalues))
    f = population_model(target, schedule)
    budget = sampled_defects(Centred(f, target, schedule), 4096, 1e-6, seed=0)
    seen = sum(budget.discretisation_defect)
    # 4,096 paths: 2 % of a squared norm
    assert target.defects(schedule).total == pytest.approx(seen, rel=0.05)


def test_norm_mean():
    """E|Z| of N(0, I) in R^d is its integral over the chi density, to 1e-12."""
    for d in (1, 2, 5):
        factor = 2 ** (1 - d / 2) / mpmath.gamma(mpmath.mpf(d) / 2)

        def density(z, d=d, factor=factor):
            return factor * z**d * mpmath.exp(-(z**2) / 2)

        exact = mpmath.quad(density, [0, 2, 5, mpmath.inf])
        assert norm_mean(d) == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize(
    "T, c0, c1", [(27, 2, 4), (64, 2, 4), (64, 1, 5), (1000, 2, 3), (4096, 0.5, 8), (64, 3, 4)]
)
@pytest.mark.parametrize("lam", [1e-3, 0.3, 1.0, 1.78, 40.0])
def test_the_proved_bounds_hold(T, c0, c1, lam):
    """1 - R <= 0.3 r and its sharp forms, (27d), and the explicit theorem, at schedules of the
    numeric code.
    """
    r = c1 * math.log(T) / T
    schedule = Schedule.li_huang_wei(T, c0, c1)
    if r > 0.5:
        pytest.skip("r > 1/2 is outside the claims")
    lost = gaussian_law.shrinkage(schedule, lam)
    assert lost <= 0.3 * r
    assert lost <= math.log1p(2.25 * r / (1 - r)) / 8
    assert lost <= math.log1p((1 + r) / -math.expm1(-1) * r / (1 - r)) / 8
    assert c2(schedule) >= c1 - c0 / (1 - r / 2)
    A = math.exp(schedule.log_alpha_bar[-1])
    top = max(1.0, lam)
    mu = 2.5
    d = 7
    distance = gaussian_law.start_distance(schedule, lam, mu / math.sqrt(d))
    exact = math.hypot(*[distance] * d)
    if A <= 0.5:
        shrinkage = math.sqrt(d * top) * (0.3 * r + top * A)
        start = math.sqrt(2 * top * A) * mu
        assert exact <= shrinkage + start


def test_the_constant_K():
    """(1 - R)/r at T = 2^18 is K(1) of the ledger within 1/1000, and K(1) is its integral."""

    def integrand(u):
        return min(u, 1) / (8 * mpmath.expm1(u))

    digits = 0.154522472437
    integral = mpmath.quad(integrand, [1e-30, 1, 10, 100])
    assert float(integral) == pytest.approx(digits, abs=1e-12)
    T = 2**18
    r = 4 * math.log(T) / T
    lost = gaussian_law.shrinkage(Schedule.li_huang_wei(T), 1.0)
    assert lost / r == pytest.approx(digits, rel=1e-3)


def test_c2_reaches_1000():
    """At T = 13,747 with every beta = 1/2, at 13,771 with c0 = 1; not one step before."""
    for T, c0, reached in (
        (13746, math.log(2) / math.log(13746), False),
        (13747, math.log(2) / math.log(13747), True),
        (13770, 1.0, False),
        (13771, 1.0, True),
    ):
        c1 = T / (2 * math.log(T))
        schedule = Schedule.li_huang_wei(T, c0, c1)
        assert (c2(schedule) >= 1000) == reached
