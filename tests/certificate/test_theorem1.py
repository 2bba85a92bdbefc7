"""Theorem 1 as an object: the measured L_f, lemma (27), c2, and the numbers that follow."""

import math

import pytest
import torch

from ctverify import Gaussian, Mixture, Schedule
from ctverify.certificate.theorem1 import c2, hypotheses, lemma_27, theorem_1
from ctverify.targets import load

LHW = Schedule.li_huang_wei(64)


def test_lipschitz_of_a_gaussian_is_exact():
    """max over t >= k of sqrt(v_k/v_t): by brute force over all pairs."""
    target = Gaussian([0.0, 0.0], [[25.0, 0.0], [0.0, 0.01]])
    scales = [LHW.scales(t) for t in range(1, 65)]
    ratios = []
    for lam in (25.0, 0.01):
        variances = [a * a * lam + b * b for a, b in scales]
        for t, variance in enumerate(variances):
            ratios += [math.sqrt(variances[k] / variance) for k in range(t + 1)]
    brute = max(ratios)
    assert target.lipschitz(LHW, 0).value == pytest.approx(brute, rel=1e-12)


@pytest.mark.parametrize("rest", [[], [0.3]])
def test_measured_lipschitz_agrees_with_closed_form(rest):
    """The routes for mixtures (densities in d = 1, paths in d > 1) on a Gaussian in disguise: 12
    levels, hence 3 %.
    """
    eigenvalues = torch.tensor([4.0, *rest], dtype=torch.float64)
    gaussian = Gaussian(torch.zeros_like(eigenvalues), torch.diag(eigenvalues))
    disguised = Mixture([1.0], gaussian.mean[None], gaussian.covariance[None])
    exact = gaussian.lipschitz(LHW, 0).value
    assert 0.97 * exact <= disguised.lipschitz(LHW, 0).value <= 1.001 * exact


def test_c2_and_its_counterexample():
    """c2 = 2.0902 at (2, 4), T = 65,536; 1.138 at (1000, 2, 3), where abar_T <= T^{-c1/2} is
    false.
    """
    assert c2(Schedule.li_huang_wei(65_536)) == pytest.approx(2.0902, abs=5e-5)
    assert c2(Schedule.li_huang_wei(1000, 2.0, 3.0)) == pytest.approx(1.138, abs=5e-4)


def test_hypotheses():
    """Lemma (27) holds under (23) with r <= 1/2, has no meaning elsewhere; (22) fails for unbounded
    laws, its tail form holds.
    """
    for T, c0, c1 in ((64, 2.0, 4.0), (1000, 1.0, 8.0), (13_771, 1.0, 700.0)):
        assert set(lemma_27(Schedule.li_huang_wei(T, c0, c1)).values()) == {"holds"}
    assert set(lemma_27(Schedule.karras(10)).values()) == {"not applicable"}
    status = hypotheses(load("mild"), LHW)
    assert status["22"] == "violated"
    assert status["22_tail"] == "holds"
    assert status["19"] == "assumed"
    assert status["c2_1000"] == "violated"
    assert list(status) == ["19", "22", "22_tail", "27a", "27b", "27c", "27d", "c2_1000"]


def test_numbers():
    """rhs = L^3 d^2.5 log^5 T/T, C1_needed from the lower limit less start and eps, vacuous against
    sqrt(tr Cov X_1).
    """
    target = load("gaussian-2d")
    theorem = theorem_1(target, LHW, eps_sum=0.1, start=0.05, w1_lower=0.4, seed=0)
    rhs = theorem.lipschitz**3 * 2**2.5 * math.log(64) ** 5 / 64
    assert theorem.rhs_over_C1 == pytest.approx(rhs)
    assert theorem.C1_needed == pytest.approx(0.25 / theorem.rhs_over_C1)
    assert theorem.vacuous
    below_eps = theorem_1(target, LHW, eps_sum=0.5, start=0.0, w1_lower=0.4, seed=0)
    assert below_eps.C1_needed == 0
