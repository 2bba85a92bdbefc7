"""Denoisers and densities: what cannot matter changes nothing, dense linear algebra agrees,
Tweedie's formula, the DDIM step.

Tolerances are reference.py's rounding bounds |d D| and |d log p|, once for each of the two routes
that are compared.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import special_ortho_group

from ctverify import Dataset, Gaussian, Mixture
from ctverify.laws.strategies import (
    datasets,
    gaussians,
    mixtures,
    points,
    schedules,
    seeds,
    targets,
)

from .law import law
from .reference import U, as_mixture, exact_posterior, plain

ROUNDING = (
    "reference.py's first-order bound on the rounding of D and log p, summed over both routes"
)
LEVELS = schedules(steps=(2, 256))
TARGETS = targets(dims=(1, 6))
COMPONENTS = gaussians(dims=(1, 6)) | mixtures(dims=(1, 6), components=(1, 5))


def compared(target, other, schedule, at, x, y, draw=lambda v: v, density=0.0, times=1.0):
    """D and log p of `target` at (x, at.t), moved by `draw`, against those of `other` at y; the
    densities differ by `density`.

    `times` is how much `draw` stretches lengths: other's sigma is that much larger.
    """
    a, sigma = schedule.scales(at.t)[0], float(schedule.sigma[at.t])
    here, there = target.denoise(x / a, sigma), other.denoise(y / a, times * sigma)
    one = plain(target).posterior(x.numpy() / a, sigma)
    two = plain(other).posterior(y.numpy() / a, times * sigma)
    error = times * one.mean_error + two.mean_error
    gap = (draw(here) - there).norm(dim=1).numpy()
    assert (gap <= error).all(), (
        f"denoisers differ by {gap.max():.3g}, rounding allows {error[gap.argmax()]:.3g}"
    )
    log_one, log_two = target.log_density(x / a, sigma), other.log_density(y / a, times * sigma)
    error = (
        one.log_density_error
        + two.log_density_error
        + 4 * U * (log_one.abs() + log_two.abs() + abs(density)).numpy()
    )
    gap = (log_one + density - log_two).abs().numpy()
    assert (gap <= error).all(), (
        f"log densities differ by {gap.max():.3g}, rounding allows {error[gap.argmax()]:.3g}"
    )


@law(
    "oracle.permutation",
    "permuting components, splitting one in two and merging equal ones leave denoiser and density as they are",
    "a mixture is its set of weighted components",
    tolerance=ROUNDING,
    examples=30,
)
@given(
    target=mixtures(dims=(1, 6), components=(1, 5)),
    schedule=LEVELS,
    share=st.floats(0.1, 0.9),
    data=st.data(),
)
def test_permutation(target, schedule, share, data):
    at = data.draw(points(target, schedule))
    w, k = target.weights, len(target.weights)
    order = torch.tensor([*reversed(range(k)), 0])
    weights = w[order].clone()
    weights[-1] *= share
    weights[k - 1] *= 1 - share
    other = Mixture(weights, target.means[order], target.covariances[order])
    compared(target, other, schedule, at, at.x, at.x)


@law(
    "oracle.shift",
    "X_0 + s: D(y + s) = D(y) + s, the same density",
    "change of variables",
    tolerance=ROUNDING,
    examples=30,
)
@given(target=TARGETS, schedule=LEVELS, length=st.floats(0, 30), seed=seeds, data=st.data())
def test_shift(target, schedule, length, seed, data):
    at = data.draw(points(target, schedule))
    s = (
        torch.from_numpy(np.random.default_rng(seed).normal(size=target.dim))
        * length
        * target.spread
    )
    other = moved(target, torch.eye(target.dim, dtype=torch.float64), s, 1.0)
    compared(
        target, other, schedule, at, at.x, at.x + schedule.scales(at.t)[0] * s, lambda v: v + s
    )


@law(
    "oracle.rotation",
    "Q X_0: D(Q y) = Q D(y), the same density, for orthogonal Q",
    "change of variables",
    tolerance=ROUNDING,
    examples=30,
)
@given(target=targets(dims=(2, 6)), schedule=LEVELS, seed=seeds, data=st.data())
def test_rotation(target, schedule, seed, data):
    at = data.draw(points(target, schedule))
    q = torch.from_numpy(special_ortho_group.rvs(target.dim, random_state=seed))
    other = moved(target, q, torch.zeros(target.dim, dtype=torch.float64), 1.0)
    compared(target, other, schedule, at, at.x, at.x @ q.T, lambda v: v @ q.T)


@law(
    "oracle.scaling",
    "c X_0 and c sigma: D(c y, c sigma) = c D(y, sigma), log density less d log c",
    "change of variables",
    tolerance=ROUNDING,
    examples=30,
)
@given(target=TARGETS, schedule=LEVELS, log_c=st.floats(-2, 2), data=st.data())
def test_scaling(target, schedule, log_c, data):
    at, c = data.draw(points(target, schedule)), 10**log_c
    other = moved(
        target,
        torch.eye(target.dim, dtype=torch.float64),
        torch.zeros(target.dim, dtype=torch.float64),
        c,
    )
    density = -target.dim * math.log(c)
    compared(target, other, schedule, at, at.x, c * at.x, lambda v: c * v, density, c)


def moved(target, q, s, c):
    """The law of c Q X_0 + s."""
    if isinstance(target, Dataset):
        return Dataset(c * target.points @ q.T + s, c * target.bandwidth)
    same = plain(target)
    means = c * torch.from_numpy(same.means) @ q.T + s
    covariances = c * c * q @ torch.from_numpy(same.covariances) @ q.T
    covariances = (covariances + covariances.mT) / 2
    if isinstance(target, Gaussian):
        return Gaussian(means[0], covariances[0])
    return Mixture(same.weights, means, covariances)


def product(one, two):
    """The product law of two mixtures in d = 1, in d = 2."""
    weights = torch.outer(one.weights, two.weights).ravel()
    means = torch.cartesian_prod(one.means.ravel(), two.means.ravel())
    covariances = torch.diag_embed(
        torch.cartesian_prod(one.covariances.ravel(), two.covariances.ravel())
    )
    return Mixture(weights, means, covariances)


LINES = mixtures(
    dims=(1, 1),
    components=(2, 3),
    condition=100,
    separation=5,
    smallest_weight=1e-6,
    offset=3,
    variances=(0.1, 10),
)


@law(
    "oracle.products",
    "a product law factorises: D = (D_1, D_2), log p = log p_1 + log p_2",
    "independence",
    tolerance=ROUNDING,
    examples=40,
)
@given(one=LINES, two=LINES, schedule=LEVELS, data=st.data())
def test_products(one, two, schedule, data):
    both = product(one, two)
    at = data.draw(points(both, schedule))
    a, sigma = schedule.scales(at.t)[0], float(schedule.sigma[at.t])
    y = at.x / a
    exact = [
        exact_posterior(m, schedule, at.t, at.x[:, i : i + 1]) for i, m in enumerate((one, two))
    ]
    whole = exact_posterior(both, schedule, at.t, at.x)
    error = whole.mean_error + sum(e.mean_error for e in exact)
    parts = torch.cat([m.denoise(y[:, i : i + 1], sigma) for i, m in enumerate((one, two))], 1)
    assert ((both.denoise(y, sigma) - parts).norm(dim=1).numpy() <= error).all(), (
        "the denoiser does not factorise"
    )
    logs = sum(m.log_density(y[:, i : i + 1], sigma) for i, m in enumerate((one, two)))
    error = (
        whole.log_density_error
        + sum(e.log_density_error for e in exact)
        + 8 * U * logs.abs().numpy()
    )
    assert ((both.log_density(y, sigma) - logs).abs().numpy() <= error).all(), (
        "the density does not factorise"
    )


@law(
    "oracle.posterior_moments",
    "D(y, sigma) = sum_j r_j (m_j + C_j V_j^-1 (y - m_j)), by dense solves",
    "Bayes' formula for Gaussian components",
    tolerance=ROUNDING,
    examples=40,
)
@given(target=COMPONENTS, schedule=LEVELS, data=st.data())
def test_posterior_moments(target, schedule, data):
    at = data.draw(points(target, schedule))
    exact = exact_posterior(target, schedule, at.t, at.x)
    found = target.denoise(at.x / schedule.scales(at.t)[0], float(schedule.sigma[at.t])).numpy()
    gap = np.linalg.norm(found - exact.mean, axis=1)
    assert (gap <= 2 * exact.mean_error).all(), (
        f"off by {gap.max():.3g}, rounding allows {2 * exact.mean_error.max():.3g}"
    )


@law(
    "oracle.tweedie",
    "D(y, sigma) = y + sigma^2 grad log p_sigma(y)",
    "Tweedie's formula (Robbins 1956; Efron 2011)",
    tolerance="4 times the rounding of D; 32 d u (|y| + |sigma^2 grad log p| + sum_j r_j (|y - m_j| + |m_j|)), as eigenvectors "
    "are orthonormal to 8 d u only; 4 u |log p| |sigma^2 grad log p|, as autograd's responsibilities are e^{logit - log p}",
    examples=30,
)
@given(target=TARGETS, schedule=LEVELS, data=st.data())
def test_tweedie(target, schedule, data):
    at = data.draw(points(target, schedule))
    sigma = float(schedule.sigma[at.t])
    y = (at.x / schedule.scales(at.t)[0]).requires_grad_()
    (score,) = torch.autograd.grad(target.log_density(y, sigma).sum(), y)
    y = y.detach()
    step = sigma**2 * score
    exact = exact_posterior(target, schedule, at.t, at.x)
    # autograd differentiates the rounded logits: their condition enters through 1/min V, as for D
    means = plain(target).means
    arms = np.linalg.norm(y.numpy()[:, None] - means, axis=-1) + np.linalg.norm(means, axis=-1)
    size = (y.norm(dim=1) + step.norm(dim=1)).numpy() + (exact.r * arms).sum(1)
    lost = (
        4 * U * np.abs(exact.log_density) * np.linalg.norm(step.numpy(), axis=1)
    )  # e^{logit - log p} in the gradient
    error = 4 * exact.mean_error + 32 * target.dim * U * size + lost
    gap = (target.denoise(y, sigma) - y - step).norm(dim=1).numpy()
    assert (gap <= error).all(), (
        f"off by {gap.max():.3g}, rounding allows {error[gap.argmax()]:.3g}"
    )


@law(
    "oracle.ddim",
    "E[X_{t-1} | X_t = x] = a' D + b' (x - a D)/b, the DDIM step, under shared noise",
    "conditional expectation of X_{t-1} = (b'/b) X_t + (a' - b' a/b) X_0",
    tolerance="(a' + b' a/b) times the rounding of D, and 16 u of each term of the step",
    examples=40,
)
@given(target=TARGETS, schedule=LEVELS, data=st.data())
def test_ddim(target, schedule, data):
    at = data.draw(points(target, schedule))
    t = max(2, at.t)
    (a, b), (a1, b1) = schedule.scales(t), schedule.scales(t - 1)
    clean = target.denoise(at.x / a, float(schedule.sigma[t]))
    step = a1 * clean + b1 * (at.x - a * clean) / b
    found = a1 * target.mean + target.conditional_mean(at.x - a * target.mean, a, b, a1, b1)
    size = (a1 + b1 * a / b) * (clean.norm(dim=1) + target.mean.norm()) + b1 / b * at.x.norm(dim=1)
    error = (
        2 * (a1 + b1 * a / b) * exact_posterior(target, schedule, t, at.x).mean_error
        + 16 * target.dim * U * size.numpy()
    )
    gap = (found - step).norm(dim=1).numpy()
    assert (gap <= error).all(), (
        f"off by {gap.max():.3g}, rounding allows {error[gap.argmax()]:.3g}"
    )


@law(
    "oracle.dataset",
    "a data set is the mixture of its points with covariance h^2 I: denoiser, density, mean, covariance",
    "definition of the smoothed empirical law",
    tolerance=ROUNDING + "; moments: 4 N u of the largest term",
    examples=30,
)
@given(target=datasets(dims=(1, 6)), schedule=LEVELS, data=st.data())
def test_dataset(target, schedule, data):
    at = data.draw(points(target, schedule))
    other = as_mixture(target)
    compared(target, other, schedule, at, at.x, at.x)
    size = 8 * len(target.points) * U
    assert float((target.mean - other.mean).norm()) <= size * float(other.means.norm(dim=1).max())
    assert float((target.covariance - other.covariance).norm()) <= 4 * size * float(
        other.means.norm(dim=1).max() ** 2 + 1
    )
