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

from .compare import deviation, lengths, within
from .law import law
from .reference import U, as_mixture, exact_posterior, plain, unscaled

ROUNDING = (
    "reference.py's first-order bound on the rounding of D and log p, summed over both routes"
)
LEVELS = schedules(steps=(2, 256))
TARGETS = targets(dims=(1, 6))
MIXTURES = mixtures(dims=(1, 6), components=(1, 5))
COMPONENTS = gaussians(dims=(1, 6)) | MIXTURES


def identity(v):
    """v itself."""
    return v


def compared(target, other, schedule, at, x, y, draw=identity, density=0.0, times=1.0):
    """D and log p of `target` at x, moved by `draw`, against those of `other` at y.

    Each may be off by the sum of both routes' rounding bounds; log p also by 4 u of its terms.

    Arguments:
        target, other: two laws of X_0 that are the same up to `draw`.
        schedule: of the levels.
        at: the Points whose level is taken.
        x, y: (n, d), points of the level for `target` and for `other`.
        draw: the map from target's space to other's, of rows (n, d).
        density: log p of `other` less that of `target`.
        times: how much `draw` stretches lengths: other's sigma is that much larger.

    Raises:
        AssertionError: they differ by more than rounding.
    """
    x, sigma = unscaled(schedule, at.t, x)
    y, _ = unscaled(schedule, at.t, y)
    moved_sigma = times * sigma
    one = plain(target).posterior(x.numpy(), sigma)
    two = plain(other).posterior(y.numpy(), moved_sigma)
    clean_one = draw(target.denoise(x, sigma))
    clean_two = other.denoise(y, moved_sigma)
    error = times * one.mean_error + two.mean_error
    within(lengths(clean_one - clean_two), error, "denoisers differ")
    log_one = target.log_density(x, sigma)
    log_two = other.log_density(y, moved_sigma)
    terms = log_one.abs() + log_two.abs() + abs(density)
    of_routes = one.log_density_error + two.log_density_error
    error = of_routes + 4 * U * terms.numpy()
    gap = (log_one + density - log_two).abs().numpy()
    within(gap, error, "log densities differ")


@law(
    "oracle.permutation",
    "permuting components, splitting one in two and merging equal ones leave denoiser and density "
    "as they are",
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
    """The components backwards, the first of them split in two; `compared` says what is allowed."""
    at = data.draw(points(target, schedule))
    k = len(target.weights)
    order = torch.tensor([*reversed(range(k)), 0])
    weights = target.weights[order].clone()
    weights[-1] *= share
    weights[k - 1] *= 1 - share
    means = target.means[order]
    other = Mixture(weights, means, target.covariances[order])
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
    """A shift of up to 30 spreads in a random direction; `compared` says what is allowed."""
    at = data.draw(points(target, schedule))
    direction = np.random.default_rng(seed).normal(size=target.dim)
    s = torch.from_numpy(direction) * length * target.spread
    eye = torch.eye(target.dim, dtype=torch.float64)
    other = moved(target, eye, s, 1.0)
    a, _ = schedule.scales(at.t)
    y = at.x + a * s
    compared(target, other, schedule, at, at.x, y, draw=lambda v: v + s)


@law(
    "oracle.rotation",
    "Q X_0: D(Q y) = Q D(y), the same density, for orthogonal Q",
    "change of variables",
    tolerance=ROUNDING,
    examples=30,
)
@given(target=targets(dims=(2, 6)), schedule=LEVELS, seed=seeds, data=st.data())
def test_rotation(target, schedule, seed, data):
    """A rotation of Haar's law; `compared` says what is allowed."""
    at = data.draw(points(target, schedule))
    q = torch.from_numpy(special_ortho_group.rvs(target.dim, random_state=seed))
    origin = torch.zeros(target.dim, dtype=torch.float64)
    other = moved(target, q, origin, 1.0)
    y = at.x @ q.T
    compared(target, other, schedule, at, at.x, y, draw=lambda v: v @ q.T)


@law(
    "oracle.scaling",
    "c X_0 and c sigma: D(c y, c sigma) = c D(y, sigma), log density less d log c",
    "change of variables",
    tolerance=ROUNDING,
    examples=30,
)
@given(target=TARGETS, schedule=LEVELS, log_c=st.floats(-2, 2), data=st.data())
def test_scaling(target, schedule, log_c, data):
    """A factor in 0.01..100; `compared` says what is allowed."""
    at = data.draw(points(target, schedule))
    c = 10**log_c
    eye = torch.eye(target.dim, dtype=torch.float64)
    origin = torch.zeros(target.dim, dtype=torch.float64)
    compared(
        target,
        moved(target, eye, origin, c),
        schedule,
        at,
        at.x,
        c * at.x,
        draw=lambda v: c * v,
        density=-target.dim * math.log(c),
        times=c,
    )


def moved(target, q, s, c):
    """The law of c Q X_0 + s.

    Arguments:
        target: the law of X_0.
        q: (d, d), orthogonal.
        s: (d,).
        c: above 0.

    Returns:
        A target of the same class.
    """
    kind = target.spec["kind"]
    if kind == "dataset":
        points = c * target.points @ q.T + s
        return Dataset(points, c * target.bandwidth)
    same = plain(target)
    means = torch.from_numpy(same.means)
    means = c * means @ q.T + s
    covariances = torch.from_numpy(same.covariances)
    covariances = c * c * q @ covariances @ q.T
    covariances = (covariances + covariances.mT) / 2
    if kind == "gaussian":
        return Gaussian(means[0], covariances[0])
    return Mixture(same.weights, means, covariances)


def product(one, two):
    """The product law of two mixtures in d = 1.

    Arguments:
        one, two: the laws of the first and the second coordinate.

    Returns:
        The mixture in d = 2 of every pair of components.

    Example:
        >>> from ctverify.laws.strategies import mixture
        >>> len(product(mixture(components=2), mixture(components=3)).weights)
        6
    """
    weights = torch.outer(one.weights, two.weights).ravel()
    means = torch.cartesian_prod(one.means.ravel(), two.means.ravel())
    variances = torch.cartesian_prod(one.covariances.ravel(), two.covariances.ravel())
    return Mixture(weights, means, torch.diag_embed(variances))


# mixtures in d = 1, where the flow is known by quantiles
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
    """Rounding bounds of both factors and of the product; of log p also 8 u of the sum."""
    both = product(one, two)
    at = data.draw(points(both, schedule))
    y, sigma = unscaled(schedule, at.t, at.x)
    first, second = y.split(1, dim=1)
    x_first, x_second = at.x.split(1, dim=1)
    exact_first = exact_posterior(one, schedule, at.t, x_first)
    exact_second = exact_posterior(two, schedule, at.t, x_second)
    whole = exact_posterior(both, schedule, at.t, at.x)
    of_factors = exact_first.mean_error + exact_second.mean_error
    parts = torch.cat(
        [one.denoise(first, sigma), two.denoise(second, sigma)],
        dim=1,
    )
    gap = lengths(both.denoise(y, sigma) - parts)
    within(gap, whole.mean_error + of_factors, "the denoiser does not factorise: off")
    log_first = one.log_density(first, sigma)
    logs = log_first + two.log_density(second, sigma)
    of_factors = exact_first.log_density_error + exact_second.log_density_error
    of_routes = whole.log_density_error + of_factors
    error = of_routes + 8 * U * logs.abs().numpy()
    gap = (both.log_density(y, sigma) - logs).abs().numpy()
    within(gap, error, "the density does not factorise: off")


@law(
    "oracle.posterior_moments",
    "D(y, sigma) = sum_j r_j (m_j + C_j V_j^-1 (y - m_j)), by dense solves",
    "Bayes' formula for Gaussian components",
    tolerance=ROUNDING,
    examples=40,
)
@given(target=COMPONENTS, schedule=LEVELS, data=st.data())
def test_posterior_moments(target, schedule, data):
    """Twice the rounding bound: the target's own route and the dense one."""
    at = data.draw(points(target, schedule))
    exact = exact_posterior(target, schedule, at.t, at.x)
    y, sigma = unscaled(schedule, at.t, at.x)
    clean = target.denoise(y, sigma).numpy()
    gap = np.linalg.norm(clean - exact.mean, axis=1)
    within(gap, 2 * exact.mean_error, "off")


@law(
    "oracle.tweedie",
    "D(y, sigma) = y + sigma^2 grad log p_sigma(y)",
    "Tweedie's formula (Robbins 1956; Efron 2011)",
    tolerance="4 times the rounding of D; 32 d u (|y| + |sigma^2 grad log p| + "
    "sum_j r_j (|y - m_j| + |m_j|)), as eigenvectors are orthonormal to 8 d u only; "
    "4 u |log p| |sigma^2 grad log p|, as autograd's responsibilities are e^{logit - log p}",
    examples=30,
)
@given(target=TARGETS, schedule=LEVELS, data=st.data())
def test_tweedie(target, schedule, data):
    """The gradient by autograd of log p, which is independent of D's own code.

    Autograd differentiates the rounded logits: their condition enters through 1/min V, as for D,
    hence 4 times D's rounding for the two; then the other two terms of the tolerance.
    """
    at = data.draw(points(target, schedule))
    y, sigma = unscaled(schedule, at.t, at.x)
    y.requires_grad_()
    log_p = target.log_density(y, sigma)
    (score,) = torch.autograd.grad(log_p.sum(), y)
    y = y.detach()
    step = sigma**2 * score
    exact = exact_posterior(target, schedule, at.t, at.x)
    means = plain(target).means
    res = y.numpy()[:, None] - means
    own = np.linalg.norm(means, axis=-1)
    arms = np.linalg.norm(res, axis=-1) + own
    size = lengths(y) + lengths(step) + (exact.r * arms).sum(1)
    # e^{logit - log p} in the gradient
    sizes_of_steps = np.linalg.norm(step.numpy(), axis=1)
    lost = 4 * U * np.abs(exact.log_density) * sizes_of_steps
    of_vectors = 32 * target.dim * U * size
    error = 4 * exact.mean_error + of_vectors + lost
    gap = lengths(target.denoise(y, sigma) - y - step)
    within(gap, error, "off")


@law(
    "oracle.ddim",
    "E[X_{t-1} | X_t = x] = a' D + b' (x - a D)/b, the DDIM step, under shared noise",
    "conditional expectation of X_{t-1} = (b'/b) X_t + (a' - b' a/b) X_0",
    tolerance="(a' + b' a/b) times the rounding of D, and 16 u of each term of the step",
    examples=40,
)
@given(target=TARGETS, schedule=LEVELS, data=st.data())
def test_ddim(target, schedule, data):
    """The step moves D by (a' + b' a/b), once for each of the two routes; 16 d u of its terms."""
    at = data.draw(points(target, schedule))
    t = max(2, at.t)
    a, b = schedule.scales(t)
    a1, b1 = schedule.scales(t - 1)
    clean = target.denoise(*unscaled(schedule, t, at.x))
    noise = b1 * (at.x - a * clean) / b
    step = a1 * clean + noise
    x_centred = deviation(target, schedule, t, at.x)
    centred = target.conditional_mean(x_centred, a, b, a1, b1)
    conditional = a1 * target.mean + centred
    gain = a1 + b1 * a / b
    of_clean = clean.norm(dim=1) + target.mean.norm()
    of_x = b1 / b * at.x.norm(dim=1)
    size = gain * of_clean + of_x
    exact = exact_posterior(target, schedule, t, at.x)
    of_terms = 16 * target.dim * U * size.numpy()
    error = 2 * gain * exact.mean_error + of_terms
    within(lengths(conditional - step), error, "off")


@law(
    "oracle.dataset",
    "a data set is the mixture of its points with covariance h^2 I: denoiser, density, mean, "
    "covariance",
    "definition of the smoothed empirical law",
    tolerance=ROUNDING + "; moments: 4 N u of the largest term",
    examples=30,
)
@given(target=datasets(dims=(1, 6)), schedule=LEVELS, data=st.data())
def test_dataset(target, schedule, data):
    """`compared` says what denoiser and density may differ by; moments are sums of N terms."""
    at = data.draw(points(target, schedule))
    other = as_mixture(target)
    compared(target, other, schedule, at, at.x, at.x)
    size = 8 * len(target.points) * U
    largest = other.means.norm(dim=1).max()
    mean_gap = float((target.mean - other.mean).norm())
    assert mean_gap <= size * float(largest)
    largest_square = float(largest**2 + 1)
    covariance_gap = float((target.covariance - other.covariance).norm())
    assert covariance_gap <= 4 * size * largest_square
