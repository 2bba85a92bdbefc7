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
from ctverify.certificate.budget import sampled_budget
from ctverify.certificate.checked_model import Centred
from ctverify.targets import FAMILIES, Dataset, family, from_spec, load
from ctverify.targets.families import rotation
from ctverify.theory.optimal_schedule import defects
from tests.conftest import RATE

Q = torch.tensor([[0.6, -0.8], [0.8, 0.6]], dtype=torch.float64)
ONE, TWO = Mixture([0.3, 0.7], [-1.0, 2.0], [0.4, 0.2]), Mixture([0.5, 0.5], [0.0, 1.5], [0.3, 0.6])
ROUNDING = {"rtol": 1e-11, "atol": 1e-11}  # sums of tens of terms of size 1 to 10


def combined(rotation=None):
    """ONE x TWO written out: four components in the plane."""
    q = torch.eye(2, dtype=torch.float64) if rotation is None else rotation
    parts = list(itertools.product(range(2), range(2)))
    weights = [float(ONE.weights[i] * TWO.weights[j]) for i, j in parts]
    means = torch.stack([q @ torch.stack([ONE.means[i, 0], TWO.means[j, 0]]) for i, j in parts])
    variances = [
        torch.stack([ONE.covariances[i, 0, 0], TWO.covariances[j, 0, 0]]) for i, j in parts
    ]
    return Mixture(weights, means, torch.stack([(q * v) @ q.T for v in variances]))


@pytest.mark.parametrize("q", [None, Q], ids=["plain", "rotated"])
def test_product_of_mixtures_is_their_combinations(q, generator):
    """Mean, covariance, denoiser, density and conditional means on batches of levels are those of
    the mixture written out.
    """
    product, whole = Product([ONE, TWO], q), combined(q)
    torch.testing.assert_close(product.mean, whole.mean, **ROUNDING)
    torch.testing.assert_close(product.covariance, whole.covariance, **ROUNDING)
    y, sigma = (
        3 * torch.randn(50, 2, generator=generator, dtype=torch.float64),
        torch.linspace(0.1, 9, 50).double(),
    )
    for noise in (0.5, sigma):
        torch.testing.assert_close(product.denoise(y, noise), whole.denoise(y, noise), **ROUNDING)
        torch.testing.assert_close(
            product.log_density(y, noise), whole.log_density(y, noise), **ROUNDING
        )
    x, a = y.reshape(5, 10, 2), torch.linspace(0.2, 0.9, 5).double()[:, None]
    given = (a, (1 - a * a).sqrt(), -a, 0.5)
    torch.testing.assert_close(
        product.conditional_mean(x, *given), whole.conditional_mean(x, *given), **ROUNDING
    )


def test_flow_of_a_product():
    """The solver on a rotated product, each coordinate by the quantiles of its own law: to the
    solver's 1e-9.
    """
    schedule, y = (
        Schedule.li_huang_wei(32),
        torch.tensor([[0.3, -1.0], [2.0, 0.1]], dtype=torch.float64),
    )
    factors = [flow_map(f, schedule, y[:, i : i + 1], 32, 1) for i, f in enumerate((ONE, TWO))]
    carried = flow_map(Product([ONE, TWO], Q), schedule, y @ Q.T, 32, 1)
    torch.testing.assert_close(carried, torch.cat(factors, 1) @ Q.T, rtol=0, atol=1e-8)


def test_draws_have_the_law(generator):
    """Samples and posterior draws, coordinate by coordinate: the exact KS law of the probability
    integral transform.
    """
    product, n = Product([ONE, TWO], Q), 4000
    uniform = [
        _distribution(f, column)
        for f, column in zip((ONE, TWO), (product.sample(n, generator) @ Q).T, strict=True)
    ]
    x = torch.tensor([[0.4, -0.7]], dtype=torch.float64)
    drawn = product.sample_posterior(x.expand(n, 2), torch.full((n,), 0.8).double(), generator) @ Q
    for i, f in enumerate((ONE, TWO)):
        y, v = float((x @ Q)[0, i]), f.covariances[:, 0, 0] + 0.64
        weights = f.weights * torch.exp(-0.5 * (y - f.means[:, 0]) ** 2 / v) / v.sqrt()
        centre = f.means[:, 0] + f.covariances[:, 0, 0] / v * (y - f.means[:, 0])
        posterior = Mixture(weights / weights.sum(), centre, 0.64 * f.covariances[:, 0, 0] / v)
        uniform.append(_distribution(posterior, drawn[:, i]))
    for values in uniform:
        assert stats.kstest(values, "uniform").pvalue > RATE / 4


def _distribution(f, x):
    z = (x[:, None] - f.means[:, 0]) / f.covariances[:, 0, 0].sqrt()
    return (torch.special.ndtr(z) @ f.weights).numpy()


def test_population_of_a_product():
    """Each coordinate by its own population model; for Gaussians the Gaussian's closed form in any
    basis.
    """
    schedule, x = (
        Schedule.li_huang_wei(32),
        torch.tensor([[0.3, -1.0], [2.0, 0.1], [-3.0, 4.0]], dtype=torch.float64),
    )
    own = torch.cat(
        [population_model(f, schedule)(x[:, i : i + 1], 20) for i, f in enumerate((ONE, TWO))], 1
    )
    torch.testing.assert_close(
        population_model(Product([ONE, TWO], Q), schedule)(x @ Q.T, 20), own @ Q.T, **ROUNDING
    )
    product = Product([Gaussian(1.0, 2.0), Gaussian(-2.0, 0.1)], Q)
    gaussian = Gaussian(product.mean, product.covariance)
    ours, known = (population_model(target, schedule)(x, 32) for target in (product, gaussian))
    torch.testing.assert_close(ours, known, **ROUNDING)


def test_lipschitz_constant_is_the_largest_factors():
    """By factors; for Gaussians that of the Gaussian."""
    schedule = Schedule.li_huang_wei(64)
    parts = [f.lipschitz(schedule, 0).value for f in (ONE, TWO)]
    assert Product([ONE, TWO], Q).lipschitz(schedule, 0).value == max(parts)
    product = Product([Gaussian(0.0, 4.0), Gaussian(0.0, 0.1)])
    assert product.lipschitz(schedule, 0).value == pytest.approx(
        2.0, rel=1e-3
    )  # sqrt(v_1/v_T), abar_T = 2e-4


def test_defects_of_a_product():
    """D_t^2 is the sum of the factors', rotated or not: for Gaussians the closed form of the
    Gaussian.
    """
    schedule, q = Schedule.li_huang_wei(32), rotation(3)
    factors = [Gaussian(1.0, 2.0), Gaussian(-2.0, 0.1), Gaussian(1.0, 2.0)]
    product = Product(factors, q)
    known = defects(Gaussian(product.mean, product.covariance), schedule, 0).root
    np.testing.assert_allclose(defects(product, schedule, 0).root, known, rtol=1e-9)
    mixed = defects(Product([ONE, TWO], Q), schedule, 0)
    squares = [defects(f, schedule, 0).square for f in (ONE, TWO)]
    np.testing.assert_allclose(mixed.square, sum(squares), rtol=1e-12)
    sampled = sampled_budget(Centred(lambda x, t: x, combined(Q), schedule), 2048, 1e-6, 0)
    off = np.abs(mixed.square - sampled.discretisation_defect_squared) / np.array(
        sampled.discretisation_defect_squared_error
    )
    assert (
        off.max() < 6.5
    )  # 31 normal deviates at a rate of 1e-6 stay below 5.6, with a margin for Student's tails


def test_equal_factors_are_one_law():
    """Coordinates of one law are evaluated together; the order of the others is kept."""
    product = Product([ONE, TWO, ONE])
    assert [at.tolist() for _, at in product.groups] == [[0, 2], [1]] and product.cost == 6
    y = torch.tensor([[0.1, 0.2, 0.3]], dtype=torch.float64)
    expected = [f.denoise(y[:, i : i + 1], 0.5)[0, 0] for i, f in enumerate((ONE, TWO, ONE))]
    torch.testing.assert_close(product.denoise(y, 0.5)[0], torch.stack(expected), **ROUNDING)


def test_spec_rebuilds():
    """Through JSON; also of a data set's product, and moved to float32."""
    product = Product([ONE, Dataset([0.0, 1.0], 0.3)], Q, name="p")
    again = from_spec(json.loads(json.dumps(product.spec)))
    y = torch.tensor([[0.4, -0.2]], dtype=torch.float64)
    assert again.name == "p" and torch.equal(again.denoise(y, 0.5), product.denoise(y, 0.5))
    single = product.to(dtype=torch.float32)
    assert (
        single.denoise(y.float(), 0.5).dtype == torch.float32
        and product.mean.dtype == torch.float64
    )


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
    """What is no product."""
    with pytest.raises(InputError, match=words):
        Product(*arguments)


def test_certificate_of_a_rotated_product():
    """The population model of a rotated product is certified: no verdict fails."""
    target, schedule = family("mild-rotated", 3), Schedule.li_huang_wei(32)
    certificate = certify(
        population_model(target, schedule), target, schedule, samples=64, pairs=256, device="cpu"
    )
    assert not certificate.failed and certificate.w1.lower <= certificate.w1.upper


@pytest.mark.parametrize("name", FAMILIES)
def test_covariance_of_families(name):
    """Mean and covariance from the formulas, for d = 1 and 4."""
    for dim in (1, 4):
        target = family(name, dim, 2.0)
        base, kind = name.split("-")
        assert target.name == name and target.dim == dim
        if base == "gaussian":
            least = 2.0 if kind == "isotropic" else 0.2
            expected = np.geomspace(2.0, least, dim)
        else:
            line = load(base)
            within, square = (
                float(line.weights @ v)
                for v in (line.covariances[:, 0, 0] / 2, line.means[:, 0] ** 2)
            )
            mean = float(line.mean[0])
            expected = np.full(dim, within + square - mean**2)
            if kind == "cross":
                full = np.eye(dim) * (within + square / dim) - (mean / dim) ** 2
                expected = np.linalg.eigvalsh(full)
        found = np.linalg.eigvalsh(target.covariance.numpy())
        np.testing.assert_allclose(np.sort(found), np.sort(expected), rtol=1e-12)


def test_families_on_the_line_are_the_catalogues():
    """In d = 1 every kind of a mixture is the mixture itself; contrast divides its variances."""
    y = torch.linspace(-3, 3, 7).double()[:, None]
    for base in ("mild", "separated", "sharp"):
        for kind in ("product", "rotated", "cross"):
            torch.testing.assert_close(
                family(f"{base}-{kind}", 1).denoise(y, 0.7), load(base).denoise(y, 0.7), **ROUNDING
            )
    narrow = family("sharp-cross", 1, 4.0)
    torch.testing.assert_close(narrow.covariances[:, 0, 0], load("sharp").covariances[:, 0, 0] / 4)


def test_cross_is_no_product():
    """Uncorrelated up to its mean, but its density is not that of independent coordinates."""
    target = family("mild-cross", 2)
    at = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], dtype=torch.float64)
    zero, one, two, both = target.log_density(at, 0.0).tolist()
    assert abs((both - one) - (two - zero)) > 0.1


def test_rotation_is_orthogonal_and_fixed():
    """Q^T Q = I in every dimension, [[1]] in d = 1, the same at each call, and no coordinate axis
    is kept.
    """
    for dim in (1, 2, 5, 16):
        q = rotation(dim)
        torch.testing.assert_close(q.T @ q, torch.eye(dim, dtype=torch.float64), **ROUNDING)
        assert torch.equal(q, rotation(dim)) and (dim == 1 or float(q.abs().max()) < 1 - 1e-3)


def test_family_refusals():
    """An unknown name, a dimension or a contrast that cannot be."""
    for arguments, words in (
        (("mild", 2), "family must be one of"),
        (("mild-cross", 0), "dim"),
        (("mild-cross", 1, 0), "contrast"),
    ):
        with pytest.raises(InputError, match=words):
            family(*arguments)
    assert math.isclose(float(family("gaussian-anisotropic", 1).covariance), 1.0)
