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
from .reference import exact_posterior, plain

TARGETS = st.one_of(
    gaussians(dims=(1, 6), condition=1e4),
    mixtures(dims=(1, 6), components=(2, 4), condition=1e4, smallest_weight=0.1),
    datasets(dims=(1, 6), points=(2, 8)),
)
KOLMOGOROV = (
    f"Kolmogorov's exact law at each stage; passes once the distance is certainly below {MARGIN}"
)


def direction(dim, seed):
    """A unit vector."""
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
    u = direction(target.dim, seed)
    law_along = plain(target).along(u)
    uniform(
        lambda n, stage: law_along.cdf(
            target.sample(n, stream("properties/sampling", seed, stage)).numpy() @ u
        )
    )


@law(
    "oracle.posterior_draws",
    "F(u . X_0) is uniform for X_0 drawn given X_t = x, F from dense linear algebra",
    "Cov[X_0 | x, j] = sigma^2 C_j V_j^-1; probability integral transform",
    tolerance=KOLMOGOROV,
    examples=30,
    statistical=True,
)
@given(target=TARGETS, schedule=schedules(steps=(2, 64)), seed=seeds, data=st.data())
def test_posterior_draws(target, schedule, seed, data):
    at = data.draw(points(target, schedule, rows=1, stretch=2.0))
    u = direction(target.dim, seed)
    law_along = exact_posterior(target, schedule, at.t, at.x).law(0).along(u)
    y, sigma = at.x / schedule.scales(at.t)[0], float(schedule.sigma[at.t])

    def draw(n, stage):
        generator = stream("properties/posterior", seed, stage)
        return law_along.cdf(target.sample_posterior(y.expand(n, -1), sigma, generator).numpy() @ u)

    uniform(draw)


def noised(target, schedule, t, n, *keys):
    """n draws of X_t."""
    (a, b), generator = schedule.scales(t), stream("properties/noised", *keys)
    x0 = target.sample(n, generator)
    return a * x0 + b * torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
