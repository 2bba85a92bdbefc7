"""Independent references: a target as a plain mixture sum_j w_j N(m_j, C_j) in NumPy, by dense
solves, with rounding bounds.

For y = X_0 + sigma Z, V_j = C_j + sigma^2 I, res_j = y - m_j:

    logit_j = log w_j - (res_j^T V_j^-1 res_j + log det V_j)/2,   r = softmax(logit),
    E[X_0 | y, j] = mu_j = m_j + C_j V_j^-1 res_j,   Cov[X_0 | y, j] = sigma^2 C_j V_j^-1,   D = sum_j r_j mu_j.

Rounding, to first order, u = 2^-53 (Higham, Accuracy and Stability, chapters 3 and 10): res_j
carries u (|y| + |m_j| + |m|), m being subtracted first; C_j itself carries d u lam_max, by which
its eigenvectors and eigenvalues, or a solve, are off, so that

    |d logit_j| <= 8 d u (|res_j| (|res_j| + |y| + |m_j| + |m|)/min V_j + max V_j |V_j^-1 res_j|^2 + 1 + cond V_j),
    |d mu_j|    <= 8 d u (lam_max/min V_j (|res_j| + |y| + |m|) + |m_j| + |m|),
    |d D|       <= sum_j r_j (|d mu_j| + K u |mu_j - m| + (e^{2 |d logit_j|} - 1) |mu_j - D|),   K terms being summed.

A data set's logits are expanded products, hence (|y - m| + |m_j - m|)^2 in place of |res_j| (...).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp, ndtr, softmax

from ctverify import Dataset, Gaussian, Mixture, Schedule
from ctverify.targets import Target

Array = NDArray[np.float64]
U = 2.0**-53
TINY = 1e-160  # below 1e-154 the square behind a norm underflows


@dataclass(frozen=True)
class Plain:
    """weights (K,), means (K, d), covariances (K, d, d)."""

    weights: Array
    means: Array
    covariances: Array
    expanded: bool = False  # whether its code expands |y - m_j|^2

    @property
    def mean(self) -> Array:
        """sum_j w_j m_j, (d,)."""
        return self.weights @ self.means

    def along(self, direction: Array, a: float = 1.0, b: float = 0.0) -> Plain:
        """The law of direction . (a X_0 + b Z), a mixture in d = 1; |direction| = 1."""
        variance = a * a * np.einsum("i,kij,j->k", direction, self.covariances, direction) + b * b
        return Plain(self.weights, a * (self.means @ direction)[:, None], variance[:, None, None])

    def cdf(self, x: Array) -> Array:
        """P(X <= x) in d = 1."""
        return ndtr(self._z(x)) @ self.weights

    def log_density(self, x: Array) -> Array:
        """log of the density in d = 1."""
        logs = np.log(self.weights) - 0.5 * np.log(2 * math.pi * self.covariances[:, 0, 0])
        return logsumexp(logs - 0.5 * self._z(x) ** 2, axis=-1)

    def log_smaller_tail(self, x: Array) -> Array:
        """log min(P(X <= x), P(X > x)) in d = 1."""
        z = self._z(x)
        return np.minimum(
            *(logsumexp(log_ndtr(side * z), axis=-1, b=self.weights) for side in (1.0, -1.0))
        )

    def posterior(self, y: Array, sigma: float) -> Posterior:
        """X_0 | X_0 + sigma Z = y at rows y (n, d)."""
        d = y.shape[1]
        v = self.covariances + sigma**2 * np.eye(d)
        spectra = np.linalg.eigvalsh(v)
        low, lam = spectra[:, 0], np.linalg.eigvalsh(self.covariances)[:, -1]
        res = y[:, None] - self.means
        solved = np.linalg.solve(v[None], res[..., None])[..., 0]
        logit = np.log(self.weights) - 0.5 * ((res * solved).sum(-1) + np.log(spectra).sum(-1))
        log_density = logsumexp(logit, axis=1) - 0.5 * d * math.log(2 * math.pi)
        r = softmax(logit, axis=1)
        means = self.means + np.einsum("kij,nkj->nki", self.covariances, solved)
        size = np.linalg.norm(res, axis=-1)
        far = np.linalg.norm(y, axis=-1)[:, None] + np.linalg.norm(self.mean)
        own = np.linalg.norm(self.means, axis=-1)
        arms = size * (size + far + own)
        if self.expanded:
            y_c, m_c = (
                np.linalg.norm(y - self.mean, axis=-1)[:, None],
                np.linalg.norm(self.means - self.mean, axis=-1),
            )
            arms = arms + (y_c + m_c) ** 2
        turned = spectra[:, -1] * (solved**2).sum(-1)
        d_logit = 8 * d * U * (arms / low + turned + 1 + spectra[:, -1] / low)
        d_mu = 8 * d * U * (lam / low * (size + far) + own + np.linalg.norm(self.mean)) + TINY
        d_mu = d_mu + len(self.weights) * U * np.linalg.norm(means - self.mean, axis=-1)
        shrunk = sigma**2 * np.linalg.solve(v, self.covariances)
        return Posterior(r, means, (shrunk + shrunk.swapaxes(1, 2)) / 2, log_density, d_logit, d_mu)

    def _z(self, x: Array) -> Array:
        return (x[..., None] - self.means[:, 0]) / np.sqrt(self.covariances[:, 0, 0])


@dataclass(frozen=True)
class Posterior:
    """Responsibilities (n, K), means (n, K, d), covariances (K, d, d), log density (n,), and
    rounding of logits and means.
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
        apart = np.linalg.norm(self.means - self.mean[:, None], axis=-1)
        return (self.r * (self.d_mu + np.expm1(np.minimum(2 * self.d_logit, 50)) * apart)).sum(1)

    @property
    def log_density_error(self) -> Array:
        """|d log density|, (n,)."""
        return (self.r * np.expm1(np.minimum(self.d_logit, 50))).sum(1)

    def law(self, row: int) -> Plain:
        """The posterior of one row, without the components whose weight underflows."""
        kept = self.r[row] > 0
        return Plain(self.r[row][kept], self.means[row][kept], self.covariances[kept])


def plain(target: Target) -> Plain:
    """The target as a mixture of its documented parameters."""
    form = target.mixture_form()
    arrays = (form.weights.numpy(), form.means.numpy(), form.covariances.numpy())
    return Plain(*arrays, expanded=target.spec["kind"] == "dataset")


def exact_posterior(target: Target, schedule: Schedule, t: int, x: torch.Tensor) -> Posterior:
    """X_0 given X_t = x, by the dense route."""
    return plain(target).posterior(x.numpy() / schedule.scales(t)[0], float(schedule.sigma[t]))


def as_mixture(target: Target) -> Mixture:
    """The same law as a Mixture of our own."""
    same = plain(target)
    return Mixture(same.weights, same.means, same.covariances)
