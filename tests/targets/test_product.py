"""Products and families against closed forms: Gaussians, and the mixture of all combinations of
components.
"""

import itertools
import json
import math

import numpy as np
import pytest
import torch
from scipy import stats

from ctverify import (
    Gaussian,
    InputError,
    Mixture,
    Product,
    Schedule,
    certify,
    flow_map,
    population_model,
)
from ctverify.certificate.chain_defects import sampled_defects
from ctverify.certificate.checked_model import Centred
from ctverify.targets import FAMILIES, Dataset, family, from_spec, load
from ctverify.targets.families import rotation
from ctverify.theory.optimal_schedule import defects
from tests.conftest import RATE

Q = torch.tensor([[0.6, -0.8], [0.8, 0.6]], dtype=torch.float64)
ONE = Mixture([0.3, 0.7], [-1.0, 2.0], [0.4, 0.2])
TWO = Mixture([0.5, 0.5], [0.0, 1.5], [0.3, 0.6])
ROUNDING = {"rtol": 1e-11, "atol": 1e-11}  # sums of tens of terms of size 1 to 10


def combined(q=None):
    """ONE x TWO, turned by q, written out: four components in the plane."""
    if q is None:
        q = torch.eye(2, dtype=torch.float64)
    weights = []
    means = []
    covariances = []
    for i, j in itertools.product(range(2), range(2)):
        weights.append(float(ONE.weights[i] * TWO.weights[j]))
        mean = torch.stack([ONE.means[i, 0], TWO.means[j, 0]])
        means.append(q @ mean)
        variances = torch.stack([ONE.covariances[i, 0, 0], TWO.covariances[j, 0, 0]])
        covariances.append((q * variances) @ q.T)
    return Mixture(weights, torch.stack(means), torch.stack(covariances))


def columns(x):
    """The coordinates of points, each as points in d = 1."""
    return x.split(1, dim=1)


@pytest.mark.parametrize("q", [None, Q], ids=["plain", "rotated"])
def test_product_of_mixtures_is_their_combinations(q, generator):
    """Mean, covariance, denoiser, density and conditional means on batches of levels are those of
    the mixture written out.
    """
    product = Product([ONE, TWO], q)
    whole = combined(q)
    torch.testing.assert_close(product.mean, whole.mean, **ROUNDING)
    torch.testing.assert_close(product.covariance, whole.covariance, **ROUNDING)
    y = 3 * torch.randn(50, 2, generator=generator, dtype=torch.float64)
    sigma = torch.linspace(0.1, 9, 50).double()
    for noise in (0.5, sigma):
        denoised = whole.denoise(y, noise)
        density = whole.log_density(y, noise)
        torch.testing.assert_close(product.denoise(y, noise), denoised, **ROUNDING)
        torch.testing.assert_close(product.log_density(y, noise), density, **ROUNDING)
    x = y.reshape(5, 10, 2)
    a = torch.linspace(0.2, 0.9, 5).double()[:, None]
    scales = (a, (1 - a * a).sqrt(), -a, 0.5)
    mean = whole.conditional_mean(x, *scales)
    torch.testing.assert_close(product.conditional_mean(x, *scales), mean, **ROUNDING)


def test_flow_of_a_product():
    """The solver on a rotated product, each coordinate by the quantiles of its own law: to the
    solver's 1e-9.
    """
    schedule = Schedule.li_huang_wei(32)
    y = torch.tensor([[0.3, -1.0], [2.0, 0.1]], dtype=torch.float64)
    first, second = columns(y)
    one = flow_map(ONE, schedule, first, 32, 1)
    two = flow_map(TWO, schedule, second, 32, 1)
    expected = torch.cat([one, two], 1) @ Q.T
    product = Product([ONE, TWO], Q)
    carried = flow_map(product, schedule, y @ Q.T, 32, 1)
    torch.testing.assert_close(carried, expected, rtol=0, atol=1e-8)


def test_draws_have_the_law(generator):
    """Samples and posterior draws, coordinate by coordinate: the exact KS law of the probability
    integral transform.
    """
    product = Product([ONE, TWO], Q)
    n = 4000
    samples = product.sample(n, generator) @ Q
    x = torch.tensor([[0.4, -0.7]], dtype=torch.float64)
    sigma = torch.full((n,), 0.8).double()
    drawn = product.sample_posterior(x.expand(n, 2), sigma, generator) @ Q
    for i, factor in enumerate((ONE, TWO)):
        uniform = _distribution(factor, samples[:, i])
        assert stats.kstest(uniform, "uniform").pvalue > RATE / 4
        y = float((x @ Q)[0, i])
        uniform = _distribution(_posterior(factor, y, 0.64), drawn[:, i])
        assert stats.kstest(uniform, "uniform").pvalue > RATE / 4


def _posterior(factor, y, noise):
    """The law of X_0 in d = 1 given X_0 + N(0, noise) = y: a mixture again."""
    variances = factor.covariances[:, 0, 0]
    observed = variances + noise
    offset = y - factor.means[:, 0]
    bells = torch.exp(-0.5 * offset**2 / observed)
    weights = factor.weights * bells / observed.sqrt()
    centre = factor.means[:, 0] + variances / observed * offset
    return Mixture(weights / weights.sum(), centre, noise * variances / observed)


def _distribution(mixture, x):
    """The distribution function of a mixture in d = 1."""
    deviations = mixture.covariances[:, 0, 0].sqrt()
    z = (x[:, None] - mixture.means[:, 0]) / deviations
    return (torch.special.ndtr(z) @ mixture.weights).numpy()


def test_population_of_a_product():
    """Each coordinate by its own population model; for Gaussians the Gaussian's closed form in any
    basis.
    """
    schedule = Schedule.li_huang_wei(32)
    x = torch.tensor([[0.3, -1.0], [2.0, 0.1], [-3.0, 4.0]], dtype=torch.float64)
    first, second = columns(x)
    one = population_model(ONE, schedule)(first, 20)
    two = population_model(TWO, schedule)(second, 20)
    model = population_model(Product([ONE, TWO], Q), schedule)
    own = torch.cat([one, two], 1) @ Q.T
    torch.testing.assert_close(model(x @ Q.T, 20), own, **ROUNDING)
    product = Product([Gaussian(1.0, 2.0), Gaussian(-2.0, 0.1)], Q)
    gaussian = Gaussian(product.mean, product.covariance)
    by_factors = population_model(product, schedule)(x, 32)
    known = population_model(gaussian, schedule)(x, 32)
    torch.testing.assert_close(by_factors, known, **ROUNDING)


def test_lipschitz_constant_is_the_largest_factors():
    """L_f is the largest of the factors'; for Gaussians it is that of the Gaussian."""
    schedule = Schedule.li_huang_wei(64)
    parts = [f.lipschitz(schedule, 0).value for f in (ONE, TWO)]
    assert Product([ONE, TWO], Q).lipschitz(schedule, 0).value == max(parts)
    product = Product([Gaussian(0.0, 4.0), Gaussian(0.0, 0.1)])
    # sqrt(v_1/v_T), abar_T = 2e-4
    assert product.lipschitz(schedule, 0).value == pytest.approx(2.0, rel=1e-3)


def test_defects_of_a_product():
    """D_t^2 is the sum of the factors', rotated or not: for Gaussians the closed form of the
    Gaussian.
    """
    schedule = Schedule.li_huang_wei(16, 1, 2)
    q = rotation(3)
    factors = [Gaussian(1.0, 2.0), Gaussian(-2.0, 0.1), Gaussian(1.0, 2.0)]
    product = Product(factors, q)
    known = defects(Gaussian(product.mean, product.covariance), schedule, 0).root
    np.testing.assert_allclose(defects(product, schedule, 0).root, known, rtol=1e-9)
    mixed = defects(Product([ONE, TWO], Q), schedule, 0)
    squares = [defects(f, schedule, 0).square for f in (ONE, TWO)]
    np.testing.assert_allclose(mixed.square, sum(squares), rtol=1e-12)
    f = Centred(lambda x, t: x, combined(Q), schedule)
    sampled = sampled_defects(f, 2048, 1e-6, 0)
    gap = np.abs(mixed.square - sampled.discretisation_defect_squared)
    error = np.array(sampled.discretisation_defect_squared_error)
    # 15 normal deviates at a rate of 1e-6 stay below 5.6, with a margin for Student's tails
    assert (gap / error).max() < 6.5


def test_equal_factors_are_one_law():
    """Coordinates of one law are evaluated together; the order of the others is kept."""
    product = Product([ONE, TWO, ONE])
    assert [at.tolist() for _, at in product.groups] == [[0, 2], [1]]
    assert product.cost == 6
    y = torch.tensor([[0.1, 0.2, 0.3]], dtype=torch.float64)
    expected = []
    for factor, column in zip((ONE, TWO, ONE), columns(y), strict=True):
        expected.append(factor.denoise(column, 0.5))
    torch.testing.assert_close(product.denoise(y, 0.5), torch.cat(expected, 1), **ROUNDING)


def test_spec_rebuilds():
    """Through JSON; also of a data set's product, and moved to float32."""
    product = Product([ONE, Dataset([0.0, 1.0], 0.3)], Q, name="p")
    text = json.dumps(product.spec)
    again = from_spec(json.loads(text))
    y = torch.tensor([[0.4, -0.2]], dtype=torch.float64)
    assert again.name == "p"
    assert torch.equal(again.denoise(y, 0.5), product.denoise(y, 0.5))
    single = product.to(dtype=torch.float32)
    assert single.denoise(y.float(), 0.5).dtype == torch.float32
    assert product.mean.dtype == torch.float64


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([],), "factors must be at least one target"),
        (([ONE, load("mixture-2d")],), "all in d = 1"),
        (([ONE, TWO], torch.eye(3)), r"rotation must have shape \(2, 2\)"),
        (([ONE, TWO], [[1.0, 0.1], [0.0, 1.0]]), "rotation must be orthogonal"),
    ],
)
def test_refusals(arguments, words):
    """No factor, a factor in d > 1, and a matrix that is no rotation are refused."""
    with pytest.raises(InputError, match=words):
        Product(*arguments)


def test_certificate_of_a_rotated_product():
    """The population model of a rotated product is certified: no verdict fails."""
    target = family("mild-rotated", 3)
    schedule = Schedule.li_huang_wei(32)
    f = population_model(target, schedule)
    certificate = certify(f, target, schedule, samples=64, pairs=256, device="cpu")
    assert not certificate.failed
    assert certificate.w1.lower <= certificate.w1.upper


@pytest.mark.parametrize("name", FAMILIES)
def test_covariance_of_families(name):
    """Mean and covariance from the formulas, for d = 1 and 4."""
    for dim in (1, 4):
        target = family(name, dim, 2.0)
        base, kind = name.split("-")
        assert target.name == name
        assert target.dim == dim
        if base == "gaussian":
            lowest = {"isotropic": 2.0, "anisotropic": 0.2, "rotated": 0.2}[kind]
            expected = np.geomspace(2.0, lowest, dim)
        else:
            mixture = load(base)
            within = float(mixture.weights @ (mixture.covariances[:, 0, 0] / 2))
            square = float(mixture.weights @ mixture.means[:, 0] ** 2)
            mean = float(mixture.mean[0])
            expected = np.full(dim, within + square - mean**2)
            if kind == "cross":
                diagonal = np.eye(dim) * (within + square / dim)
                expected = np.linalg.eigvalsh(diagonal - (mean / dim) ** 2)
        eigenvalues = np.linalg.eigvalsh(target.covariance.numpy())
        np.testing.assert_allclose(np.sort(eigenvalues), np.sort(expected), rtol=1e-12)


def test_families_in_one_dimension_are_the_catalogues():
    """In d = 1 every kind of a mixture is the mixture itself; contrast divides its variances."""
    y = torch.linspace(-3, 3, 7).double()[:, None]
    for base in ("mild", "separated", "sharp"):
        denoised = load(base).denoise(y, 0.7)
        for kind in ("product", "rotated", "cross"):
            target = family(f"{base}-{kind}", 1)
            torch.testing.assert_close(target.denoise(y, 0.7), denoised, **ROUNDING)
    variances = load("sharp").covariances[:, 0, 0]
    narrow = family("sharp-cross", 1, 4.0)
    torch.testing.assert_close(narrow.covariances[:, 0, 0], variances / 4)


def test_cross_is_no_product():
    """Uncorrelated up to its mean, but its density is not that of independent coordinates."""
    target = family("mild-cross", 2)
    axis = torch.tensor([0.0, 1.0], dtype=torch.float64)
    corners = torch.cartesian_prod(axis, axis)
    zero, two, one, both = target.log_density(corners, 0.0).tolist()
    assert abs((both - one) - (two - zero)) > 0.1


def test_rotation_is_orthogonal_and_fixed():
    """Q^T Q = I in every dimension, [[1]] in d = 1, the same at each call, and no coordinate axis
    is kept.
    """
    for dim in (1, 2, 5, 16):
        q = rotation(dim)
        identity = torch.eye(dim, dtype=torch.float64)
        torch.testing.assert_close(q.T @ q, identity, **ROUNDING)
        assert torch.equal(q, rotation(dim))
        if dim > 1:
            assert float(q.abs().max()) < 1 - 1e-3


def test_family_refusals():
    """An unknown name, a dimension below 1 and a contrast of 0 are refused."""
    for arguments, words in (
        (("mild", 2), "family must be one of"),
        (("mild-cross", 0), "dim"),
        (("mild-cross", 1, 0), "contrast"),
    ):
        with pytest.raises(InputError, match=words):
            family(*arguments)
    assert math.isclose(float(family("gaussian-anisotropic", 1).covariance), 1.0)
