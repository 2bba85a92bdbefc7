"""Independent references: a target as a plain mixture sum_j w_j N(m_j, C_j) in NumPy, by dense
solves, with rounding bounds.

For y = X_0 + sigma Z, V_j = C_j + sigma^2 I, res_j = y - m_j:

    logit_j = log w_j - (res_j^T V_j^-1 res_j + log det V_j)/2,   r = softmax(logit),
    E[X_0 | y, j] = mu_j = m_j + C_j V_j^-1 res_j,   Cov[X_0 | y, j] = sigma^2 C_j V_j^-1,
    D = sum_j r_j mu_j.

Rounding, to first order, u = 2^-53 (Higham, Accuracy and Stability, chapters 3 and 10): res_j
carries u (|y| + |m_j| + |m|), m being subtracted first; C_j itself carries d u lam_max, by which
its eigenvectors and eigenvalues, or a solve, are off, so that

    |d logit_j| <= 8 d u (|res_j| (|res_j| + |y| + |m_j| + |m|)/min V_j
                          + max V_j |V_j^-1 res_j|^2 + 1 + cond V_j),
    |d mu_j|    <= 8 d u (lam_max/min V_j (|res_j| + |y| + |m|) + |m_j| + |m|),
    |d D|       <= sum_j r_j (|d mu_j| + K u |mu_j - m| + (e^{2 |d logit_j|} - 1) |mu_j - D|),

K terms being summed. A data set's logits are expanded products, hence (|y - m| + |m_j - m|)^2 in
addition to |res_j| (...).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp, ndtr, softmax

from ctverify import Mixture, Schedule
from ctverify.targets import Target

Array = NDArray[np.float64]
U = 2.0**-53
TINY = 1e-160  # below 1e-154 the square behind a norm underflows
LOG_2_PI = math.log(2 * math.pi)
OVERFLOW = 50  # a larger rounding of a logit says nothing; e^50 is still a number


def variance(lam: Array | float, a: float, b: float) -> Array | float:
    """Var(a X_0 + b Z) along an eigen-direction of X_0's covariance.

    Arguments:
        lam: eigenvalues of the covariance of X_0, of any shape.
        a, b: the scales of X_0 and of the noise Z ~ N(0, I).

    Returns:
        a^2 lam + b^2, of lam's shape.

    Example:
        >>> variance(2.0, a=1.0, b=3.0)
        11.0
    """
    return a * a * lam + b * b


@dataclass(frozen=True)
class Plain:
    """A mixture of Gaussians by its parameters.

    Arguments:
        weights: (K,), summing to 1.
        means: (K, d).
        covariances: (K, d, d).
        expanded: whether the target's own code expands |y - m_j|^2, which rounds more.
    """

    weights: Array
    means: Array
    covariances: Array
    expanded: bool = False

    @property
    def mean(self) -> Array:
        """sum_j w_j m_j, (d,)."""
        return self.weights @ self.means

    @property
    def centres(self) -> Array:
        """The means in d = 1, (K,)."""
        return self.means[:, 0]

    @property
    def deviations(self) -> Array:
        """The standard deviations in d = 1, (K,)."""
        return np.sqrt(self.covariances[:, 0, 0])

    def along(self, direction: Array, a: float = 1.0, b: float = 0.0) -> Plain:
        """The law of direction . (a X_0 + b Z), a mixture in d = 1.

        Arguments:
            direction: (d,), of length 1.
            a, b: the scales of X_0 and of the noise Z ~ N(0, I).

        Returns:
            A mixture of the same weights in d = 1.

        Example:
            >>> normal = Plain(np.ones(1), np.zeros((1, 2)), np.eye(2)[None])
            >>> normal.along(np.array([0.6, 0.8]), a=1.0, b=2.0).covariances.round(12).tolist()
            [[[5.0]]]
        """
        clean = np.einsum("i,kij,j->k", direction, self.covariances, direction)
        variances = variance(clean, a, b)
        means = a * (self.means @ direction)
        return Plain(self.weights, means[:, None], variances[:, None, None])

    def cdf(self, x: Array) -> Array:
        """P(X <= x) in d = 1."""
        return ndtr(self._z(x)) @ self.weights

    def log_density(self, x: Array) -> Array:
        """log of the density in d = 1."""
        variances = self.covariances[:, 0, 0]
        log_norm = 0.5 * np.log(2 * math.pi * variances)
        heights = np.log(self.weights) - log_norm
        quadratic = 0.5 * self._z(x) ** 2
        return logsumexp(heights - quadratic, axis=-1)

    def log_smaller_tail(self, x: Array) -> Array:
        """log min(P(X <= x), P(X > x)) in d = 1."""
        z = self._z(x)
        below = logsumexp(log_ndtr(z), axis=-1, b=self.weights)
        above = logsumexp(log_ndtr(-z), axis=-1, b=self.weights)
        return np.minimum(below, above)

    def posterior(self, y: Array, sigma: float) -> Posterior:
        """X_0 | X_0 + sigma Z = y, by dense solves, with this file's rounding bounds.

        Arguments:
            y: (n, d), points of the noised law.
            sigma: the noise's standard deviation, above 0.

        Returns:
            The posterior at each row of y.

        Example:
            >>> normal = Plain(np.ones(1), np.zeros((1, 1)), np.ones((1, 1, 1)))
            >>> normal.posterior(np.array([[2.0]]), sigma=1.0).mean.tolist()
            [[1.0]]
        """
        d = y.shape[1]
        v = self.covariances + sigma**2 * np.eye(d)
        spectra = np.linalg.eigvalsh(v)
        res = y[:, None] - self.means
        solved = np.linalg.solve(v[None], res[..., None])[..., 0]
        quadratic = (res * solved).sum(-1)
        log_det = np.log(spectra).sum(-1)
        logit = np.log(self.weights) - 0.5 * (quadratic + log_det)
        log_density = logsumexp(logit, axis=1) - 0.5 * d * LOG_2_PI
        means = self.means + np.einsum("kij,nkj->nki", self.covariances, solved)
        shrunk = sigma**2 * np.linalg.solve(v, self.covariances)
        return Posterior(
            r=softmax(logit, axis=1),
            means=means,
            covariances=(shrunk + shrunk.swapaxes(1, 2)) / 2,
            log_density=log_density,
            d_logit=self._logit_rounding(y, res, solved, spectra),
            d_mu=self._mean_rounding(y, res, means, spectra),
        )

    def _logit_rounding(self, y: Array, res: Array, solved: Array, spectra: Array) -> Array:
        """|d logit_j| of this file's head, (n, K)."""
        size = _length(res)
        own = _length(self.means)
        arms = size * (size + self._far(y) + own)
        if self.expanded:
            y_centred = _length(y - self.mean)[:, None]
            m_centred = _length(self.means - self.mean)
            arms = arms + (y_centred + m_centred) ** 2
        low = spectra[:, 0]
        high = spectra[:, -1]
        turned = high * (solved**2).sum(-1)
        conditioning = high / low
        roundings = arms / low + turned + 1 + conditioning
        return 8 * y.shape[1] * U * roundings

    def _mean_rounding(self, y: Array, res: Array, means: Array, spectra: Array) -> Array:
        """|d mu_j| + K u |mu_j - m| of this file's head, (n, K)."""
        lam_max = np.linalg.eigvalsh(self.covariances)[:, -1]
        arms = _length(res) + self._far(y)
        conditioned = lam_max / spectra[:, 0] * arms
        own = _length(self.means)
        roundings = conditioned + own + np.linalg.norm(self.mean)
        d_mu = 8 * y.shape[1] * U * roundings
        apart = _length(means - self.mean)
        return d_mu + TINY + len(self.weights) * U * apart

    def _far(self, y: Array) -> Array:
        """|y| + |m|, (n, 1)."""
        return _length(y)[:, None] + np.linalg.norm(self.mean)

    def _z(self, x: Array) -> Array:
        """The scores of x under each component in d = 1, (..., K)."""
        return (x[..., None] - self.centres) / self.deviations


@dataclass(frozen=True)
class Posterior:
    """X_0 given X_0 + sigma Z = y, at n points y.

    Arguments:
        r: (n, K), responsibilities.
        means: (n, K, d), E[X_0 | y, j].
        covariances: (K, d, d), Cov[X_0 | y, j], which does not depend on y.
        log_density: (n,), log of the density of X_0 + sigma Z at y.
        d_logit: (n, K), rounding of the logits.
        d_mu: (n, K), rounding of the means.
    """

    r: Array
    means: Array
    covariances: Array
    log_density: Array
    d_logit: Array
    d_mu: Array

    @property
    def mean(self) -> Array:
        """D(y, sigma), (n, d)."""
        return np.einsum("nk,nki->ni", self.r, self.means)

    @property
    def mean_error(self) -> Array:
        """|d D|, (n,)."""
        apart = _length(self.means - self.mean[:, None])
        shifted = np.expm1(np.minimum(2 * self.d_logit, OVERFLOW))
        errors = self.d_mu + shifted * apart
        return (self.r * errors).sum(1)

    @property
    def log_density_error(self) -> Array:
        """|d log density|, (n,)."""
        shifted = np.expm1(np.minimum(self.d_logit, OVERFLOW))
        return (self.r * shifted).sum(1)

    def law(self, row: int) -> Plain:
        """The posterior of one row, without the components whose weight underflows."""
        kept = self.r[row] > 0
        weights = self.r[row][kept]
        means = self.means[row][kept]
        return Plain(weights, means, self.covariances[kept])


def _length(vectors: Array) -> Array:
    """Euclidean norms over the last axis."""
    return np.linalg.norm(vectors, axis=-1)


def unscaled(schedule: Schedule, t: int, x: torch.Tensor) -> tuple[torch.Tensor, float]:
    """y = x/a_t = X_0 + sigma_t Z of points of the law of X_t.

    Arguments:
        schedule: of the levels.
        t: the level, 1..T.
        x: (n, d).

    Returns:
        y (n, d) and sigma_t.
    """
    a, _ = schedule.scales(t)
    return x / a, float(schedule.sigma[t])


def plain(target: Target) -> Plain:
    """The target as a mixture of the parameters in its spec, read off without its own code.

    Arguments:
        target: a Gaussian, a mixture, a data set, or a product of these.

    Returns:
        Its components; a data set's points are N of them, a product's are all combinations of its
        factors' own.

    Example:
        >>> from ctverify import Gaussian
        >>> plain(Gaussian(0.0, 4.0)).covariances.tolist()
        [[[4.0]]]
    """
    spec = target.spec
    return READERS[spec["kind"]](spec)


def _plain_gaussian(spec: dict[str, Any]) -> Plain:
    mean = np.array(spec["mean"])
    covariance = np.array(spec["covariance"])
    return Plain(np.ones(1), mean[None], covariance[None])


def _plain_mixture(spec: dict[str, Any]) -> Plain:
    weights, means, covariances = (
        np.array(spec[key]) for key in ("weights", "means", "covariances")
    )
    return Plain(weights, means, covariances)


def _plain_dataset(spec: dict[str, Any]) -> Plain:
    points = np.array(spec["points"])
    n, d = points.shape
    covariances = np.broadcast_to(spec["bandwidth"] ** 2 * np.eye(d), (n, d, d))
    return Plain(np.full(n, 1 / n), points, covariances, expanded=True)


def _plain_product(spec: dict[str, Any]) -> Plain:
    factors = [READERS[factor["kind"]](factor) for factor in spec["factors"]]
    # one index a factor, the last running fastest
    chosen = np.indices([len(factor.weights) for factor in factors]).reshape(len(factors), -1)
    pairs = list(zip(factors, chosen, strict=True))
    weights = np.prod([factor.weights[at] for factor, at in pairs], 0)
    means = np.stack([factor.centres[at] for factor, at in pairs], 1)
    variances = np.stack([factor.covariances[at, 0, 0] for factor, at in pairs], 1)
    q = np.eye(len(factors)) if spec["rotation"] is None else np.array(spec["rotation"])
    covariances = np.einsum("ij,kj,lj->kil", q, variances, q)
    return Plain(weights, means @ q.T, covariances)


# by the kind in a target's spec, its documented JSON: no method of the target itself is believed
READERS: dict[str, Callable[[dict[str, Any]], Plain]] = {
    "gaussian": _plain_gaussian,
    "mixture": _plain_mixture,
    "dataset": _plain_dataset,
    "product": _plain_product,
}


def exact_posterior(target: Target, schedule: Schedule, t: int, x: torch.Tensor) -> Posterior:
    """X_0 given X_t = x, by the dense route.

    Arguments:
        target: the law of X_0.
        schedule: of the levels.
        t: the level, 1..T.
        x: (n, d) float64, points of the law of X_t.

    Returns:
        The posterior at each row of x, with its rounding.

    Example:
        >>> from ctverify import Gaussian
        >>> levels = Schedule.karras(2, 0.5, 1.0)
        >>> x = levels.scales(2)[0] * torch.tensor([[2.0]], dtype=torch.float64)
        >>> exact_posterior(Gaussian(0.0, 1.0), levels, 2, x).mean.round(12).tolist()
        [[1.0]]
    """
    y, sigma = unscaled(schedule, t, x)
    return plain(target).posterior(y.numpy(), sigma)


def as_mixture(target: Target) -> Mixture:
    """The same law as a Mixture, whose code is another than the target's.

    Example:
        >>> from ctverify import Gaussian
        >>> as_mixture(Gaussian(0.0, 4.0)).weights.tolist()
        [1.0]
    """
    same = plain(target)
    return Mixture(same.weights, same.means, same.covariances)
