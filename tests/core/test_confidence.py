"""Confidence: what n draws exclude, and the limit of stratified draws."""

import math
from fractions import Fraction

import mpmath
import pytest
import torch

from ctverify.core.confidence import resolution, standard_error


@pytest.mark.parametrize("n", [1, 30, 20_000, 10**9, 10**15])
@pytest.mark.parametrize("alpha", [2.5e-7, 0.025, 0.9])
def test_resolution_is_stable(n, alpha):
    """1 - alpha^(1/n) to 8 roundings, where the difference itself would lose all digits too."""
    with mpmath.workdps(40):
        exact = 1 - mpmath.mpf(alpha) ** (mpmath.mpf(1) / n)
        assert abs(resolution(n, alpha) / exact - 1) <= 8 * 2.0**-53


def test_resolution_at_the_defaults():
    """20,000 pairs at (1 - 0.999999)/4."""
    assert resolution(20_000, 2.5e-7) == pytest.approx(7.6e-4, rel=0.01)


def test_rarest_event_is_missed_with_probability_alpha():
    """(1 - p*)^n = alpha."""
    p = resolution(50, 0.01)
    missed = math.prod([1 - p] * 50)
    assert missed == pytest.approx(0.01, rel=1e-12)


def test_standard_error_ignores_strata_safely():
    """One draw of u in each of two cells, h = u: Var(mean) = 1/96 by hand, and E s^2/n is more.

    s^2 = (u_2 - u_1)^2/2 and E (u_2 - u_1)^2 = 1/4 + 1/24.
    """
    variance = Fraction(1, 2) * Fraction(1, 48)
    expected = Fraction(1, 4) * (Fraction(1, 4) + Fraction(1, 24))
    generator = torch.Generator().manual_seed(0)
    within = torch.rand(200_000, 2, generator=generator, dtype=torch.float64)
    u = (torch.arange(2) + within) / 2
    squares = standard_error(u) ** 2
    assert float(u.mean(1).var()) == pytest.approx(float(variance), rel=0.02)
    assert float(squares.mean()) == pytest.approx(float(expected), rel=0.02)
    assert expected >= variance
