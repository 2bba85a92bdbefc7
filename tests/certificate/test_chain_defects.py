"""The error budget: unbiased squares, honest limits, and the certificate inequality on random
targets.
"""

import math

import numpy as np
import pytest
import torch
from scipy.stats import binom

from ctverify import Gaussian, InputError, Mixture, Schedule, certify, flow_map, population_model
from ctverify.certificate.chain_defects import sampled_defects
from ctverify.certificate.chain_defects_1d import quadrature_defects
from ctverify.certificate.checked_model import Centred, NotFinite
from ctverify.core.confidence import (
    concentration,
    lower_limit,
    root_bias,
    sum_of_roots_limit,
    upper_limit,
)
from ctverify.targets import load
from tests.conftest import RATE
from tests.random_targets import random_target

LHW = Schedule.li_huang_wei(64)
FEW = Schedule.li_huang_wei(16, 1, 2)


def wrong(target, schedule):
    """A smooth model that is nobody's optimum: it bends and shifts the flow of the target's
    Gaussian, more at higher levels.
    """
    first = schedule.scales(1)[0] * target.mean
    gaussian = Gaussian(target.mean, target.covariance)

    def f(x, t):
        if t == 1:
            return x
        y = flow_map(gaussian, schedule, x, t, 1) - first
        bend = 0.1 * (t / schedule.T) * torch.sin(2 * y)
        return first + y + bend + 0.02

    return f


def exact_w2(schedule, eigenvalues):
    """W_2 from X_T ~ p_T for a Gaussian: the root of the sum of v_1 (1 - R)^2 (the sharp Gaussian
    law).
    """
    total = 0.0
    for lam in eigenvalues:
        deviation = math.sqrt(lam)
        angles = np.arctan(schedule.sigma[1:] / deviation)
        ratio = np.prod(np.cos(np.diff(angles)))
        v = schedule.alpha_bar[1] * lam + schedule.one_minus_alpha_bar[1]
        total += v * (1 - ratio) ** 2
    return math.sqrt(total)


@pytest.mark.parametrize(
    ("eigenvalues", "tightness"),
    [([1.0, 1.0], 1.1), ([0.05] * 4, 1.1), ([0.01, 0.1, 1.0, 5.0, 25.0], 1.2)],
)
def test_tight_on_gaussians(eigenvalues, tightness):
    """(total - start)/W_2 of the population model is at least 1 and under 1.1 (isotropic) or 1.2
    (anisotropic).
    """
    covariance = torch.diag(torch.tensor(eigenvalues))
    target = Gaussian([0.0] * len(eigenvalues), covariance)
    f = Centred(population_model(target, LHW), target, LHW)
    budget = sampled_defects(f, 2000, 1e-6, seed=1)
    ratio = (budget.total - budget.start) / exact_w2(LHW, eigenvalues)
    # the statistical error of the sum of roots is far below 1 %: eps vanishes and D has no noise
    # after the control variate
    assert 0.99 <= ratio < tightness
    assert max(budget.model_defect) < 1e-10


@pytest.mark.parametrize(
    ("name", "tightness"),
    [
        ("mild", 1.3),
        pytest.param("separated", 15.0, marks=pytest.mark.slow),
        pytest.param("sharp", 15.0, marks=pytest.mark.slow),
    ],
)
def test_tight_on_mixtures(name, tightness):
    """The population model's own defects vanish, and the sum stays within the known looseness of
    W_2.
    """
    target = load(name)
    f = population_model(target, LHW)
    form = target.one_dimensional_form()
    budget = quadrature_defects(Centred(f, target, LHW), form)
    a, b = LHW.scales(1)
    last, noise = LHW.scales(64)
    mean = float(target.mean)
    z, end, weight = form.noised(a, b).nodes(4001)
    start = form.noised(last, noise).at_scores(z) + last * mean
    image = f(torch.from_numpy(start[:, None]), 64)
    error = image[:, 0].numpy() - a * mean - end
    w2 = math.sqrt(weight @ error**2)
    assert 1.0 <= (budget.total - budget.start) / w2 < tightness
    assert budget.eps_sum < 1e-3 * budget.total


@pytest.mark.parametrize("name", ["mild", "separated"])
def test_sampling_agrees_with_quadrature(name):
    """In d = 1 the two-draw estimates with their control variate are unbiased for the quadrature's
    squares, level by level.

    Two routes: paths and posterior draws against nodes and Gauss-Hermite. Each of the 4T checks at
    RATE/(4T), Student's t.
    """
    target = load(name)
    f = Centred(wrong(target, FEW), target, FEW)
    quadrature = quadrature_defects(f, target.one_dimensional_form())
    drawn = sampled_defects(f, 4000, 1e-6, seed=7)
    # |t| of a normal approximation at 1e-6/64, with room for the tails that products of draws have
    bound = 6.2
    for kind in ("model", "discretisation"):
        field = f"{kind}_defect_squared"
        exact = np.array(getattr(quadrature, field))
        estimate = np.array(getattr(drawn, field))
        error = np.array(getattr(drawn, f"{field}_error"))
        gap = np.abs(estimate - exact)
        assert (gap <= bound * error + 1e-9).all()
    assert drawn.start == pytest.approx(quadrature.start, rel=0.2)
    assert drawn.total == pytest.approx(quadrature.total, rel=0.1)
    assert drawn.total_upper >= quadrature.total


def test_product_target_adds_squares():
    """For a product law D_t^2 is the sum over the factors: a 2-D sampled budget against two 1-D
    quadratures.
    """
    a = load("mild")
    b = Mixture([0.5, 0.5], [0.0, 1.5], [0.4, 0.2])
    weights = torch.outer(a.weights, b.weights).ravel()
    means = torch.cartesian_prod(a.means.ravel(), b.means.ravel())
    variances = torch.cartesian_prod(a.covariances.ravel(), b.covariances.ravel())
    covariances = torch.stack([torch.diag(pair) for pair in variances])
    product = Mixture(weights, means, covariances)

    def identity(x, t):
        return x

    drawn = sampled_defects(Centred(identity, product, FEW), 2000, 1e-6, seed=3)
    budgets = [
        quadrature_defects(Centred(identity, factor, FEW), factor.one_dimensional_form())
        for factor in (a, b)
    ]
    exact = sum(np.array(budget.discretisation_defect_squared) for budget in budgets)
    error = np.array(drawn.discretisation_defect_squared_error)
    gap = np.abs(np.array(drawn.discretisation_defect_squared) - exact)
    assert (gap <= 6.2 * error + 1e-9).all()


@pytest.mark.parametrize(
    "seeds",
    [
        range(3),
        pytest.param(range(3, 20), marks=pytest.mark.slow),
        *(pytest.param(range(i, i + 20), marks=pytest.mark.slow) for i in range(20, 200, 20)),
    ],
    ids=str,
)
def test_inequality_on_random_targets(seeds):
    """W_1's lower limit stays below the upper limits of both budgets, that of the chain and that of
    the trajectory, for a wrong model on random targets, means to 20 spreads from 0.
    """
    for seed in seeds:
        target = random_target(seed)
        f = wrong(target, FEW)
        certificate = certify(f, target, FEW, samples=64, pairs=400, seed=seed)
        sanity = [verdict for verdict in certificate.verdicts if verdict.kind == "sanity"]
        status = {verdict.law: verdict.status for verdict in sanity}
        assert "fail" not in status.values(), f"seed {seed}: {certificate}"
        assert status["W_1 within the trajectory budget"] == "pass"
        budget = sampled_defects(Centred(f, target, FEW), 64, 1e-6, seed)
        assert certificate.w1.lower <= budget.total_upper


def test_control_variate_works_at_any_scale():
    """The 2-D mixture blown up 100 times: the noise of D_t^2 stays a few times D_t^2 (plain draws
    have hundreds).
    """
    small = load("mixture-2d")
    large = Mixture(small.weights, 100 * small.means, 1e4 * small.covariances)
    for target, schedule in (
        (small, Schedule.karras(64)),
        (large, Schedule.karras(64, 0.2, 8000.0)),
    ):
        f = Centred(lambda x, t: x, target, schedule)
        budget = sampled_defects(f, 200, 1e-6, seed=0)
        square = np.array(budget.discretisation_defect_squared)
        error = np.array(budget.discretisation_defect_squared_error)
        assert np.median(error * 200**0.5 / np.abs(square)) < 10


def test_start_term_is_needed():
    """Without `start` the inequality is false for a mean far from 0: N(20, 0.01), population model,
    T = 64.
    """
    target = Gaussian(20.0, 0.01)
    certificate = certify(population_model(target, LHW), target, LHW, samples=1024)
    without_start = certificate.budget.total - certificate.budget.start
    assert without_start < 0.0035
    assert certificate.w1.lower > 0.0146
    assert certificate.w1.upper <= certificate.budget.total


def test_sum_of_roots_limit_covers():
    """1,000 experiments at level 0.05: coverage failures fit Binomial(1000, 0.05) from above at
    RATE; and it is not loose.
    """
    generator = torch.Generator().manual_seed(5)
    q = torch.logspace(-6, -2, 30, dtype=torch.float64)
    truth = float(q.sqrt().sum())
    misses = 0
    excess = []
    for _ in range(1000):
        normal = torch.randn(30, 400, dtype=torch.float64, generator=generator)
        noise = normal**2 - 1
        draws = q[:, None] * (1 + 2 * noise)
        limit, _ = sum_of_roots_limit(draws, 0.05, 1.0)
        misses += limit < truth
        excess.append(limit / truth - 1)
    assert misses <= binom.isf(RATE, 1000, 0.05)
    # roots are known to 14 % each (se/q = 0.28 at 200 draws), their sum to a third of that, times
    # Student's 1.97: 0.1
    assert np.median(excess) < 0.1


def test_one_heavy_draw_is_told():
    """Concentration is how far one draw moves the mean: 1/2 of (0, 2), 0 of a constant, near 1 with
    an outlier.
    """
    assert concentration(torch.tensor([0.0, 2.0])) == pytest.approx(0.5)
    assert concentration(torch.ones(9)) == 0
    generator = torch.Generator().manual_seed(0)
    draws = torch.randn(1000, dtype=torch.float64, generator=generator)
    assert concentration(draws) < 0.01
    draws[3] = 1e5
    assert concentration(draws) > 0.9


def test_limits_are_students():
    """mean +- t se on a case worked by hand: draws 0, 2 have mean 1, se 1, t_1(0.95) = 6.3138."""
    draws = torch.tensor([0.0, 2.0], dtype=torch.float64)
    assert upper_limit(draws, 0.05) == pytest.approx(1 + 6.313752, rel=1e-6)
    assert lower_limit(draws, 0.05) == pytest.approx(1 - 6.313752, rel=1e-6)


def test_root_bias_bounds_the_bias():
    """|E sqrt(max(x, 0)) - sqrt(q)| stays below the stated bound for normal x of any signal to
    noise.
    """
    generator = torch.Generator().manual_seed(2)
    for q, error in ((1.0, 0.01), (1e-3, 1e-2), (0.0, 1.0)):
        noise = torch.randn(200_000, dtype=torch.float64, generator=generator)
        x = q + error * noise
        mean_root = float(x.clamp_min(0).sqrt().mean())
        bias = abs(mean_root - math.sqrt(q))
        squares = torch.tensor([q], dtype=torch.float64)
        errors = torch.tensor([error], dtype=torch.float64)
        assert bias <= root_bias(squares, errors)


def test_discontinuous_and_single_precision_models():
    """Jumps and float32 outputs are certified too: the control variate is clipped and rounding
    stays rounding.
    """
    target = load("mixture-2d")

    def steps(x, t):
        if t == 1:
            return x
        y = flow_map(target, FEW, x, t, 1)
        return (y * 4).round().float() / 4

    certificate = certify(steps, target, FEW, samples=256, pairs=600)
    assert not certificate.failed
    assert certificate.budget.total_upper < 20


@pytest.mark.parametrize(
    ("f", "error", "words"),
    [
        (
            lambda x, t: x[:, :1],
            InputError,
            r"f must return a float tensor of shape \(5, 2\) at t = 3, got \(5, 1\)",
        ),
        (lambda x, t: x.numpy(), InputError, "got ndarray"),
        (lambda x, t: x.long(), InputError, "torch.int64"),
        (lambda x, t: 1 / 0, InputError, "ZeroDivisionError"),
        (lambda x, t: x * torch.nan, NotFinite, "is not finite at x = "),
    ],
)
def test_what_f_returns_is_checked(f, error, words):
    """A wrong shape or type is bad input, a NaN is a finding."""
    with pytest.raises(error, match=words):
        centred = Centred(f, load("mixture-2d"), LHW)
        centred(torch.zeros(5, 2, dtype=torch.float64), 3)
