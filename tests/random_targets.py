"""Random targets and exact tests used across the test files."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import stdtrit

from ctverify import Gaussian, Mixture
from ctverify.targets import Target


def random_mixture(seed: int, dim: int, components: int, spread: float = 1.5) -> Mixture:
    """A mixture in random bases.

    Arguments:
        seed: of everything.
        dim: d.
        components: K.
        spread: standard deviation of the means in each coordinate.

    Returns:
        Weights from Dirichlet(2), means spread * N(0, I), covariances with eigenvalues in 0.05..2.
    """
    rng = np.random.default_rng(seed)
    bases = [_orthogonal(rng, dim) for _ in range(components)]
    covariances = [_covariance(rng, basis) for basis in bases]
    weights = rng.dirichlet([2.0] * components)
    means = spread * rng.normal(size=(components, dim))
    return Mixture(weights, means, covariances)


def _orthogonal(rng: np.random.Generator, dim: int) -> NDArray[np.float64]:
    """A random orthonormal basis, as columns."""
    columns = rng.normal(size=(dim, dim))
    basis, _ = np.linalg.qr(columns)
    return basis


def _covariance(rng: np.random.Generator, basis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Eigenvalues uniform in the logarithm on 0.05..2 in this basis."""
    log_eigenvalues = rng.uniform(np.log(0.05), np.log(2), len(basis))
    eigenvalues = np.diag(np.exp(log_eigenvalues))
    covariance = basis @ eigenvalues @ basis.T
    return (covariance + covariance.T) / 2


def random_target(seed: int) -> Target:
    """A Gaussian or a mixture, every fourth with its mean 20 spreads from 0.

    Arguments:
        seed: of everything.

    Returns:
        A target in d = 1..3 with 1..3 components.
    """
    rng = np.random.default_rng(seed)
    dim = int(rng.integers(1, 4))
    components = int(rng.integers(1, 4))
    target = random_mixture(seed, dim, components, spread=rng.uniform(0, 1.5))
    shift = torch.zeros(dim, dtype=torch.float64)
    if seed % 4 == 0:
        direction = rng.normal(size=dim)
        shift = torch.from_numpy(20 * target.spread * direction)
    if components == 1:
        return Gaussian(target.mean + shift, target.covariance)
    return Mixture(target.weights, target.means + shift, target.covariances)


def mean_is(draws: torch.Tensor, expected: torch.Tensor | float, rate: float) -> bool:
    """Whether the means of draws fit, by Student's t, two-sided.

    Arguments:
        draws: (n, ...), n independent draws of some numbers.
        expected: their means, a number for all or one each.
        rate: the probability of a false alarm, shared over the numbers.

    Returns:
        Whether every mean is within its limit.
    """
    n = len(draws)
    draws = draws.reshape(n, -1)
    means = torch.as_tensor(expected, dtype=draws.dtype).reshape(-1)
    tail = rate / 2 / draws.shape[1]
    quantile = -stdtrit(n - 1, tail)
    bound = quantile * draws.std(0) / math.sqrt(n)
    gap = (draws.mean(0) - means).abs()
    return bool((gap <= bound).all())
