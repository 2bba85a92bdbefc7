"""Normal equations against closed forms: affine models of Gaussians, and least squares by NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from ctverify import Gaussian, Schedule
from ctverify.core.arguments import InputError
from properties.trainer_claims import Claims, claims_of
from properties.trainer_residuals import (
    ETA,
    Draws,
    Residuals,
    level_residuals,
    rho,
    sampling,
    scores,
    tolerance,
)

SCHEDULE = Schedule.karras(3, 0.3, 3.0)
CLAIMS = Claims()


def affine_residuals(slope, n=200_000):
    """Level 2 of a model of N(1, 4) with f_2(x) - E f_2 = slope (x - E x), the mean right."""
    target = Gaussian(1.0, 4.0)
    a, _ = SCHEDULE.scales(2)
    a1, _ = SCHEDULE.scales(1)

    def f(x, t):
        return x if t == 1 else a1 + slope * (x - a)

    return level_residuals(f, target, SCHEDULE, 2, Draws.of(target, 0, 2, n), CLAIMS, "cpu")


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_rho_of_an_affine_model(slope):
    """E r u = (slope v - cov)/sqrt(v), E r^2 = slope^2 v + v' - 2 slope cov, v' the values'."""
    a, b = SCHEDULE.scales(2)
    a1, b1 = SCHEDULE.scales(1)
    v = 4 * a * a + b * b
    v1 = 4 * a1 * a1 + b1 * b1
    covariance = 4 * a * a1 + b * b1
    moment = (slope * v - covariance) / math.sqrt(v)
    square = slope**2 * v + v1 - 2 * slope * covariance
    exact = abs(moment) / math.sqrt(square + ETA**2 * v1)
    part = affine_residuals(slope)
    assert abs(rho([part]) - exact) <= sampling([part])


def test_rho_at_the_minimiser():
    """0 up to the draws."""
    a, b = SCHEDULE.scales(2)
    a1, b1 = SCHEDULE.scales(1)
    best = (4 * a * a1 + b * b1) / (4 * a * a + b * b)
    part = affine_residuals(best)
    assert rho([part]) <= sampling([part])


def test_rho_does_not_depend_on_the_basis():
    """Nor on the units of a coordinate of r."""
    generator = torch.Generator().manual_seed(0)
    r, h = torch.randn(2, 500, 3, generator=generator, dtype=torch.float64)
    mixing = torch.randn(3, 3, generator=generator, dtype=torch.float64)
    part = Residuals(r + h, h, torch.eye(3, dtype=torch.float64))
    mixed = Residuals((r + h) @ mixing.T, h, mixing @ mixing.T)
    assert rho([part]) == pytest.approx(rho([mixed]), rel=1e-9)


def test_scores_are_standard_normal():
    """Least squares by NumPy on N pairs, judged on n others: root mean square 1 within the error of
    a chi^2 with as many degrees of freedom as scores, 5 deviations.
    """
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        x, y = rng.normal(size=(2, 300, 1))
        fresh_x, fresh_y = rng.normal(size=(2, 700, 1))
        design = np.hstack([np.ones_like(x), x])
        theta = np.linalg.lstsq(design, y, rcond=None)[0]
        h = np.hstack([np.ones_like(fresh_x), fresh_x])
        part = Residuals(
            torch.from_numpy(h @ theta - fresh_y), torch.from_numpy(h), torch.ones(1, 1)
        )
        z, limit = scores(part, 300)
        assert bool((z.abs() < limit).all())
        found.append(z.numpy())
    squares = np.array(found) ** 2
    assert abs(squares.mean() - 1) <= 5 * math.sqrt(2 / squares.size)


def test_tolerance():
    """Falls as one over the root of the pairs, and is never vacuous."""
    assert tolerance(40_000) == pytest.approx(0.1)
    assert tolerance(1) == 0.6


def test_claims_are_checked():
    """Out of range, misspelt, or contradictory: one sentence."""

    def train(sample, schedule, seed):
        raise NotImplementedError

    train.losses = "square"
    with pytest.raises(InputError, match="a trainer's attribute must be one of"):
        claims_of(train)
    del train.losses
    train.loss = "pseudo-huber"
    with pytest.raises(InputError, match="huber_c must be declared with"):
        claims_of(train)
    train.huber_c = 0.1
    train.equivariant = "rotation"
    with pytest.raises(InputError, match="equivariant must be a tuple of"):
        claims_of(train)
    train.equivariant = ("rotation",)
    assert claims_of(train).huber_c == 0.1
