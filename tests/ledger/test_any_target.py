"""Theorem A, its forms, A2 and the Gaussian theorem at random points: what is proved in letters
holds in figures, on finite probability spaces, on Gaussians, and at random numbers.
"""

import itertools
import math

import numpy as np
import pytest
import sympy as sp

from ctverify import Schedule
from ctverify.theory.gaussian_law import angles, variance

from .proofs import BY_ID

LEVELS = 5  # T
DRAWS = 2**LEVELS  # equally likely; X_t, .., X_T tell the first LEVELS + 1 - t bits
SEEDS = range(20)
ROUNDING = 1e-12  # of sums of 32 numbers of order 1, each to 1e-16


def given(values, t):
    """E[values | X_t, .., X_T]."""
    blocks = values.reshape(2 ** (LEVELS + 1 - t), -1)
    return np.repeat(blocks.mean(1), blocks.shape[1])


def norm(values):
    return np.sqrt((values**2).mean())


def wasserstein(x, y):
    """W_2 of two laws on the line, each of DRAWS equally likely values."""
    return norm(np.sort(x) - np.sort(y))


@pytest.fixture(params=SEEDS)
def chain(request):
    """X_1 and a model's f_1(X_1), .., f_T(X_T) on a random decreasing filtration, and what the
    claims name: E_t, f*_t, Err, V.
    """
    random = np.random.default_rng(request.param)
    X_1 = random.exponential(size=DRAWS) * random.normal(size=DRAWS)
    model = [
        given(X_1 + random.uniform(0, 2) * random.normal(size=DRAWS), t)
        for t in range(1, LEVELS + 1)
    ]
    guesses = [given(f, t + 2) for t, f in enumerate(model[:-1])]  # E_{t+1} f_t
    eps = np.array([norm(f - g) for f, g in zip(model[1:], guesses, strict=True)])
    lost = [f - g for f, g in zip(model[:-1], guesses, strict=True)]
    Err = norm(model[0] - X_1) + eps.sum()
    return X_1, model, eps, lost, Err


def test_orthogonal_and_distance(chain):
    """any.split, .centred, .orthogonal, .defects, .distance; the norms' sum is no substitute."""
    X_1, model, _, lost, Err = chain
    A = sum(lost)
    V = sum(norm(part) ** 2 for part in lost)
    assert abs(given(A, LEVELS)).max() < ROUNDING
    assert abs(norm(A) ** 2 - V) < ROUNDING * max(1, V)
    B = model[-1] - X_1 + A
    assert norm(B) <= Err + ROUNDING
    assert norm(model[-1] - X_1) <= Err + np.sqrt(V) + ROUNDING
    assert wasserstein(model[-1], X_1) <= Err + np.sqrt(V)


def test_loss_form(chain):
    """any.loss: V = sum loss - sum eps^2 exactly, whatever the model."""
    X_1, model, eps, lost, Err = chain
    V = sum(norm(part) ** 2 for part in lost)
    losses = sum(norm(f - g) ** 2 for f, g in zip(model[1:], model[:-1], strict=True))
    assert abs(losses - (eps**2).sum() - V) < ROUNDING * max(1, losses)
    assert wasserstein(model[-1], X_1) <= Err + np.sqrt(losses)


def test_population_and_spread(chain):
    """any.bias, .population, .spread, theorem_A.star.sum."""
    X_1, model, _, _, Err = chain
    f = model[-1]
    stars = [given(X_1, t) for t in range(1, LEVELS + 1)]
    star = stars[-1]
    distance = wasserstein(f, X_1)
    assert norm(f - star) <= Err + ROUNDING
    assert wasserstein(star, X_1) ** 2 <= X_1.var() - star.var() + ROUNDING
    parts = sum(norm(a - b) ** 2 for a, b in itertools.pairwise(stars))
    assert abs(X_1.var() - star.var() - parts) < ROUNDING * max(1, parts)
    left = max(f.std() - Err, 0)
    assert abs(f.std() - X_1.std()) <= distance + ROUNDING
    assert distance <= Err + np.sqrt(X_1.var() - left**2)
    assert Err + np.sqrt(X_1.var() - left**2) <= Err + X_1.std()


def at_random(relation, low, high, n=2000, seed=0):
    """Values of rhs - lhs at random points between, log-uniform, and the points."""
    symbols = sorted(relation.free_symbols, key=str)
    random = np.random.default_rng(seed)
    points = {s: np.exp(random.uniform(np.log(low), np.log(high), n)) for s in symbols}
    return points, sp.lambdify(symbols, relation.rhs - relation.lhs), symbols


def test_scalar_steps():
    """theorem_A.scalar, theorem_A2.factor, calculus.half_log, calculus.steps at random numbers."""
    points, gap, symbols = at_random(BY_ID["theorem_A.scalar"].statement[0], 1e-2, 1e2)
    named = {str(s): s for s in symbols}
    points[named["M"]] = np.maximum(points[named["M"]], np.maximum(1, points[named["lam"]]))
    high = np.maximum(points[named["sigma"]], points[named["sigma_before"]])
    low = np.minimum(points[named["sigma"]], points[named["sigma_before"]])
    points |= {named["sigma"]: high, named["sigma_before"]: low}
    assert gap(*(points[s] for s in symbols)).min() > -1e-12 * 1e2  # sides up to M = 100
    points, gap, symbols = at_random(BY_ID["theorem_A2.factor"].statement[0], 1e-2, 1e2)
    sides = (1 + 1e2 * 1e4) / 1  # the right side's largest value
    assert gap(*(points[s] for s in symbols)).min() > -1e-14 * sides**2
    points, gap, symbols = at_random(BY_ID["calculus.half_log"].statement[0], 1, 1e6)
    assert gap(*(points[s] for s in symbols)).min() >= 0
    random = np.random.default_rng(1)
    N = np.exp(random.uniform(-5, 10, 2000))
    T = np.maximum(2 * N * np.log(N), 1) * np.exp(random.exponential(size=2000))
    assert (N * np.log(T) <= T).all()


def test_kappa():
    """theorem_A.kappa under (23), r <= 1/2; 0.57 r is not enough (control.A.kappa)."""
    for T in (27, 64, 256):
        for c0 in (0.2, 1.0, 2.0):
            for c1 in (2.0, 4.0, 5.0):
                r = c1 * np.log(T) / T
                if r > 0.5:
                    continue
                growth = np.minimum(T**-c0 * (1 + r) ** np.arange(1, T + 1), 1)
                beta = np.append(T**-c0, r * growth[1:])
                abar = np.cumprod(1 - beta)
                sigma = np.sqrt(1 / abar - 1)
                assert (np.diff(sigma) / (sigma[1:] + sigma[:-1])).max() <= 0.6 * r


def population(sigma, lam):
    """Slopes in x of f*_t, and W_2(f*_T(X_T), X_1) from p_T, of N(0, lam)."""
    abar = 1 / (1 + sigma**2)
    v = abar * lam + 1 - abar
    R = np.append(1, np.cumprod(np.cos(np.diff(np.arctan(sigma / np.sqrt(lam))))))
    return R * np.sqrt(v[0] / v), np.sqrt(v[0]) * (1 - R[-1])


@pytest.mark.parametrize("seed", SEEDS)
def test_theorem_A_and_A2_on_gaussians(seed):
    """theorem_A, theorem_A.star and theorem_A2: any rising levels, diagonal Gaussians, f = f*."""
    random = np.random.default_rng(seed)
    sigma = np.sort(np.exp(random.normal(size=random.integers(2, 30), scale=2)))
    lams = np.exp(random.normal(size=3, scale=2))
    found = [population(sigma, lam) for lam in lams]
    L = max(slopes[:-1].max() for slopes, _ in found)
    distance = np.sqrt(sum(error**2 for _, error in found))
    kappa = (np.diff(sigma) / (sigma[1:] + sigma[:-1])).max()
    abar = 1 / (1 + sigma**2)
    S = np.maximum(1, lams).sum()
    assert distance <= L * np.sqrt(kappa * (abar[0] - abar[-1]) * S)
    alpha = 1 / lams.max()
    assert distance <= np.sqrt(kappa * abar[0] * len(lams) / alpha)
    h, q = 1 - sigma[:-1] / sigma[1:], alpha * sigma[1:] ** 2 / (1 + alpha * sigma[1:] ** 2)
    factors = np.append(1, np.cumprod(1 - h * q))
    top = (1 + alpha * sigma[0] ** 2) / (1 + alpha * sigma**2)
    assert (factors**2 <= top * (1 + ROUNDING)).all()
    for slopes, _ in found:  # theorem_A2.contracts
        assert (slopes <= np.sqrt(abar[0] / abar) * factors * (1 + ROUNDING)).all()


def test_constant_of_theorem_A():
    """N(0, I), T = 2, sigma_1 -> 0, sigma_2 -> oo: within 0.5% of equality."""
    sigma = np.array([1e-3, 1e3])
    _, error = population(sigma, 1.0)
    abar = 1 / (1 + sigma**2)
    kappa = np.diff(sigma)[0] / sigma.sum()
    assert 0.995 < error / np.sqrt(kappa * (abar[0] - abar[1])) <= 1


def test_start():
    """theorem_A.noise: the two forms in order."""
    A = np.random.default_rng(2).uniform(size=1000)
    for size, d in ((0.0, 1), (1.0, 1), (5.0, 30)):
        sharp = np.sqrt(A * size**2 + (1 - np.sqrt(1 - A)) ** 2 * d)
        assert (sharp <= np.sqrt(A) * size + A * np.sqrt(d) + ROUNDING).all()


@pytest.mark.parametrize("T", [27, 64, 256])
def test_gaussian_theorem(T):
    """gaussian.theorem beside the exact law from N(0, I), per direction, c0 = 2, c1 = 4."""
    schedule = Schedule.li_huang_wei(T)
    abar = np.asarray(schedule.alpha_bar)
    random = np.random.default_rng(T)
    for d in (1, 4):
        lams = np.exp(random.normal(size=d))
        mus = random.normal(size=d)
        squares = 0.0
        for lam, mu in zip(lams, mus, strict=True):
            R = np.cos(np.diff(angles(schedule, lam))).prod()
            first, last = variance(schedule, lam, 1), variance(schedule, lam, T)
            slope = R * np.sqrt(first / last)
            squares += (slope * np.sqrt(abar[T]) * mu) ** 2 + (slope - np.sqrt(first)) ** 2
        Lam = max(1, lams.max())
        log = np.log(T)
        constant = np.sqrt(d * Lam) * (1.2 + Lam / (T * log))
        constant += np.sqrt(2 * Lam) * np.linalg.norm(mus) / log
        assert np.sqrt(squares) <= constant * log / T


def test_smooth_functions(chain):
    """theorem_A1 for cosines, |g''| <= 1."""
    X_1 = chain[0]
    star = given(X_1, LEVELS)
    for shift in np.linspace(0, 3, 7):
        error = np.cos(X_1 + shift).mean() - np.cos(star + shift).mean()
        assert abs(error) <= (X_1.var() - star.var()) / 2


def test_small_eigenvalues():
    """theorem_A.m and .m.size at random numbers, lam < 1."""
    random = np.random.default_rng(3)
    lam = np.exp(-random.exponential(size=2000, scale=5))
    low, high = np.sort(np.exp(random.normal(size=(2, 2000), scale=2)), axis=0)
    share = (high - low) ** 2 * lam / ((1 + low**2) * (lam + high**2))
    drop = np.log((lam + high**2) / (1 + high**2) * (1 + low**2) / (lam + low**2))
    drop *= lam / (1 - lam)
    assert (share <= (high - low) / (high + low) * drop * (1 + 1e-9)).all()  # 1 - lam > 1e-5
    assert (drop <= lam * np.log(lam) / (lam - 1) * (1 + 1e-9)).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_steps_of_B_and_D_on_gaussians(seed):
    """theorem_B.step with R = 0 and theorem_D.step with M = 0: D_t = sqrt(v_1) (1 - cos d_t)."""
    random = np.random.default_rng(seed)
    sigma = np.sort(np.exp(random.normal(size=random.integers(2, 20), scale=2)))
    s = np.exp(random.normal())
    rho = np.sqrt(s**2 + sigma**2)
    root = 1 / np.sqrt(1 + sigma**2)  # sqrt(abar)
    D = root[0] * rho[0] * (1 - np.cos(np.diff(np.arctan(sigma / s))))
    for t in range(1, len(sigma)):
        u, step = np.linspace(sigma[t - 1], sigma[t], 20_001, retstep=True)
        eta = u * s**2 / (s**2 + u**2) ** 1.5 * (1 - sigma[t - 1] / u)
        e = step * (eta.sum() - (eta[0] + eta[-1]) / 2)
        quadrature = 1e-4  # of the trapezoids, steps below 1/20,000 of the interval
        assert D[t - 1] <= root[0] * rho[0] / rho[t - 1] * e * (1 + quadrature)
    kappa = (np.diff(sigma) / (sigma[1:] + sigma[:-1])).max()
    h = (1 - sigma[:-1] / sigma[1:]).max()
    L = max(1, (root[0] * rho[0] / (root * rho)).max())
    gamma = 0.75 * math.sqrt(3) * math.sqrt(15)
    assert (kappa * L * gamma * np.diff(np.arcsinh(sigma)) / (1 - h) >= D).all()
