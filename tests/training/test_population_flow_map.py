"""What exact minimisation of a flow map's discretised losses gives on Gaussians: closed forms
against weighted least squares over quadrature nodes, which are exact for products of two affine
functions.
"""

import math

import numpy as np
import pytest
import torch

from ctverify import (
    Convention,
    Gaussian,
    InputError,
    Schedule,
    certify,
    exact_average_velocity,
    population_model,
)
from ctverify.targets import load
from ctverify.training import population_flow_map

SCHEDULE = Schedule.li_huang_wei(12)
LAM = 0.4

# E over (x_0, z) of polynomials of degree 9 in each: 5 x 5 nodes of Gauss and Hermite
POINT, MASS = np.polynomial.hermite_e.hermegauss(5)
MASS = MASS / MASS.sum()
X0, Z = (grid.ravel() for grid in np.meshgrid(math.sqrt(LAM) * POINT, POINT))
WEIGHT = np.outer(MASS, MASS).ravel()


def least_squares(x, y):
    """The slope that minimises E|c x + e - y|^2 over c and e, and e."""
    design = np.stack([x, np.ones_like(x)], 1) * np.sqrt(WEIGHT)[:, None]
    return np.linalg.lstsq(design, y * np.sqrt(WEIGHT), rcond=None)[0]


@pytest.mark.parametrize("s", [1, 5])
def test_shared_noise_minimiser(s):
    """Level by level from s up, F_t the affine minimiser of E|F(X_t) - F_{t-1}(X_{t-1})|^2: the
    closed form's slope to 1e-12, which is the flow's times cosines.
    """
    F = population_flow_map(Gaussian(0.0, LAM), SCHEDULE)
    one = torch.ones(1, 1, dtype=torch.float64)
    points = {t: np.dot(SCHEDULE.scales(t), (X0, Z)) for t in range(s, 13)}
    value = points[s]
    psi = np.arctan(SCHEDULE.sigma / math.sqrt(LAM))
    for t in range(s + 1, 13):
        slope, offset = least_squares(points[t], value)
        value = slope * points[t] + offset
        assert float(F(one, t, s)) == pytest.approx(slope, rel=1e-11)
        cosines = np.cos(np.diff(psi[s : t + 1])).prod()
        variances = [np.dot(np.square(SCHEDULE.scales(k)), (LAM, 1.0)) for k in (s, t)]
        flow = math.sqrt(variances[0] / variances[1])
        assert slope == pytest.approx(flow * cosines, rel=1e-11)
    assert abs(offset) <= 1e-12


def test_its_samplers_end_in_one_law():
    """Steps compose, F*(., t, 1) is the population model f*_t, and certificates of 1, 2 and 4 steps
    hold the one truth sqrt(v_1) (1 - R) E|Z| of all, with the exact start.
    """
    target = load("gaussian-2d")
    F = population_flow_map(target, SCHEDULE)
    f = population_model(target, SCHEDULE)
    x = torch.randn(20, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(F(F(x, 12, 7), 7, 3), F(x, 12, 3), rtol=1e-12, atol=1e-12)
    assert torch.allclose(F(x, 12, 1), f(x, 12), rtol=1e-12, atol=1e-12)
    assert torch.equal(F(x, 5, 5), x)
    even = Schedule.karras(12, 0.1, 80.0, pure_noise=True)
    plane = Gaussian([0.0, 0.0], LAM * torch.eye(2))
    psi = np.arctan(even.sigma[1:] / math.sqrt(LAM))
    lost = 1 - np.cos(np.diff(psi)).prod()
    first = np.dot(np.square(even.scales(1)), (LAM, 1.0))
    truth = math.sqrt(first) * lost * math.sqrt(math.pi / 2)
    for levels in ([12], [12, 8], [12, 9, 6, 3]):
        rest = {"times": 2, "sampler_steps": levels, "samples": 32, "pairs": 900}
        found = certify(population_flow_map(plane, even), plane, even, **rest)
        assert found.w1.lower <= truth * (1 + 1e-9) and truth <= found.w1.upper <= 1.1 * truth


def discretised_mean_flow(t, s, steps):
    """The slope of u by least squares: from u_0 = v on the diagonal, each u_k minimises E|u - (h v
    + (t_k - s) u_{k-1}(x_{k-1}))/(t_k - s + h)|^2, where du/dt along the conditional velocity is
    the difference over h = (t - s)/steps of one draw's x_{k-1} = x_k - h v.
    """
    h = (t - s) / steps
    v = Z - X0
    before = None
    for k in range(steps + 1):
        at = s + k * h
        x = (1 - at) * X0 + at * Z
        aim = v if before is None else (h * v + k * h * before) / ((k + 1) * h)
        slope, offset = least_squares(x, aim)
        before = slope * x + offset
    return slope


def closed_mean_flow(t, s, steps):
    """(1/(K + 1)) sum_j E[v(X~_j, t_j) | X~_K]: v's slope times the reverse chain's regressions."""
    times = s + (t - s) * np.arange(steps + 1) / steps
    variance = (1 - times) ** 2 * LAM + times**2
    velocity = (times - (1 - times) * LAM) / variance
    covariance = (1 - times[1:]) * (1 - times[:-1]) * LAM + times[1:] * times[:-1]
    regression = covariance / variance[1:]
    carried = np.append(np.cumprod(regression[::-1])[::-1], 1.0)
    return (carried * velocity).mean()


def test_discretised_mean_flow():
    """Closed form and least squares agree to 1e-11; the flow's average velocity is what both tend
    to with h, of first order: halving h halves the error, to a tenth.
    """
    u = exact_average_velocity(Gaussian(0.0, LAM), Convention.linear())
    exact = float(u(torch.ones(1, 1, dtype=torch.float64), 0.9, 0.2))
    errors = []
    for steps in (64, 128):
        slope = discretised_mean_flow(0.9, 0.2, steps)
        assert slope == pytest.approx(closed_mean_flow(0.9, 0.2, steps), rel=1e-11)
        errors.append(slope - exact)
    assert errors[0] / errors[1] == pytest.approx(2.0, rel=0.1)


def test_other_targets_are_refused():
    """A mixture's is not affine."""
    with pytest.raises(InputError, match="population_flow_map needs a Gaussian, got"):
        population_flow_map(load("mixture-2d"), SCHEDULE)
