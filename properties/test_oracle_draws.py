"""Draws: X_0 and X_0 | X_t = x, through the exact probability transform of a random projection
(decide.py).
"""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from ctverify.core.streams import stream
from ctverify.laws.strategies import datasets, gaussians, mixtures, points, schedules, seeds

from .decide import MARGIN, uniform
from .law import law
from .reference import exact_posterior, plain, unscaled

TARGETS = st.one_of(
    gaussians(dims=(1, 6), condition=1e4),
    mixtures(dims=(1, 6), components=(2, 4), condition=1e4, smallest_weight=0.1),
    datasets(dims=(1, 6), points=(2, 8)),
)
KOLMOGOROV = (
    f"Kolmogorov's exact law at each stage; passes once the distance is certainly below {MARGIN}"
)


def direction(dim, seed):
    """A unit vector of a uniform direction.

    Arguments:
        dim: d.
        seed: of the direction.

    Returns:
        (d,) float64.
    """
    u = np.random.default_rng(seed).normal(size=dim)
    return u / np.linalg.norm(u)


@law(
    "oracle.sampling",
    "F(u . X_0) is uniform for every unit u, F the projection's own distribution function",
    "probability integral transform",
    tolerance=KOLMOGOROV,
    examples=30,
    statistical=True,
)
@given(target=TARGETS, seed=seeds)
def test_sampling(target, seed):
    """decide.py's stages; F is a sum of normal distribution functions, exact to rounding."""
    u = direction(target.dim, seed)
    projection = plain(target).along(u)

    def draw(n, stage):
        x0 = target.sample(n, stream("properties/sampling", seed, stage))
        return projection.cdf(x0.numpy() @ u)

    uniform(draw)


@law(
    "oracle.posterior_draws",
    "F(u . X_0) is uniform for X_0 drawn given X_t = x, F from dense linear algebra",
    "Cov[X_0 | x, j] = sigma^2 C_j V_j^-1; probability integral transform",
    tolerance=KOLMOGOROV,
    examples=90,
    statistical=True,
)
@given(target=TARGETS, schedule=schedules(steps=(2, 64)), seed=seeds, data=st.data())
def test_posterior_draws(target, schedule, seed, data):
    """decide.py's stages, every draw given the same x."""
    at = data.draw(points(target, schedule, rows=1, stretch=2.0))
    u = direction(target.dim, seed)
    posterior = exact_posterior(target, schedule, at.t, at.x)
    projection = posterior.law(0).along(u)
    y, sigma = unscaled(schedule, at.t, at.x)

    def draw(n, stage):
        generator = stream("properties/posterior", seed, stage)
        x0 = target.sample_posterior(y.expand(n, -1), sigma, generator)
        return projection.cdf(x0.numpy() @ u)

    uniform(draw)


def noised(target, schedule, t, n, *keys):
    """Draws of X_t.

    Arguments:
        target: the law of X_0.
        schedule: of the levels.
        t: the level, 1..T.
        n: how many draws.
        keys: whole numbers that name the random stream.

    Returns:
        (n, d) float64 tensor.
    """
    a, b = schedule.scales(t)
    generator = stream("properties/noised", *keys)
    x0 = target.sample(n, generator)
    noise = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    return a * x0 + b * noise
