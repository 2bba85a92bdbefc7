"""Random targets and exact tests used across the test files."""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy.special import stdtrit

from ctverify import Gaussian, Mixture
from ctverify.targets import Target


def random_mixture(seed: int, dim: int, components: int, spread: float = 1.5) -> Mixture:
    """Weights from Dirichlet(2), means of size `spread`, covariances with eigenvalues in 0.05..2 in
    random bases.
    """
    rng = np.random.default_rng(seed)
    bases = [np.linalg.qr(rng.normal(size=(dim, dim)))[0] for _ in range(components)]
    covariances = [
        q @ np.diag(np.exp(rng.uniform(np.log(0.05), np.log(2), dim))) @ q.T for q in bases
    ]
    covariances = [(c + c.T) / 2 for c in covariances]
    return Mixture(
        rng.dirichlet([2.0] * components), spread * rng.normal(size=(components, dim)), covariances
    )


def random_target(seed: int) -> Target:
    """d in 1..3, a Gaussian or a mixture of up to 3, every fourth with its mean 20 spreads from 0."""
    rng = np.random.default_rng(seed)
    dim, components = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    target = random_mixture(seed, dim, components, spread=rng.uniform(0, 1.5))
    shift = 20 * target.spread * rng.normal(size=dim) if seed % 4 == 0 else np.zeros(dim)
    if components == 1:
        return Gaussian(target.mean + torch.from_numpy(shift), target.covariance)
    return Mixture(target.weights, target.means + torch.from_numpy(shift), target.covariances)


def mean_is(draws: torch.Tensor, expected: torch.Tensor | float, rate: float) -> bool:
    """Whether the column means of (n, m) draws fit `expected`: Student's t, two-sided, `rate`
    shared over the m columns.
    """
    draws = draws.reshape(len(draws), -1)
    expected = torch.as_tensor(expected, dtype=draws.dtype).reshape(-1)
    bound = (
        -stdtrit(len(draws) - 1, rate / 2 / draws.shape[1]) * draws.std(0) / math.sqrt(len(draws))
    )
    return bool(((draws.mean(0) - expected).abs() <= bound).all())
