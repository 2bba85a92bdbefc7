"""Targets: the exact denoiser and its relatives, against golden values, mpmath-free closed forms,
autograd and exact tests.
"""

import json

import numpy as np
import pytest
import torch

from ctverify import Dataset, Gaussian, InputError, Mixture, Schedule
from ctverify.targets import NAMED, from_spec, load
from tests.conftest import RATE
from tests.random_targets import mean_is, random_mixture

EPS = torch.finfo(torch.float64).eps


def test_golden_denoiser(golden):
    """The mixture denoiser to 1e-11 relative at every golden row (x in the paper's coordinates, y =
    x/sqrt(abar)).
    """
    for case in golden["mixture"]:
        target = Mixture(case["weights"], case["means"], case["covariances"])
        schedule = Schedule.li_huang_wei(case["T"], case["c0"], case["c1"])
        half = case["T"] // 2
        rows = case["rows"]
        x = torch.tensor([row["x"] for row in rows], dtype=torch.float64)
        expected = torch.tensor([row["denoise_at_T_half"] for row in rows], dtype=torch.float64)
        a, _ = schedule.scales(half)
        denoised = target.denoise(x / a, float(schedule.sigma[half]))
        error = (denoised - expected).norm(dim=1)
        assert bool((error <= 1e-11 * expected.norm(dim=1)).all())


def squares(offset):
    """The products of all pairs of coordinates, in a row."""
    products = offset[:, :, None] * offset[:, None, :]
    return products.flatten(1)


def gaussian_by_inverse(target, y, sigma):
    """m + S (S + sigma^2)^-1 (y - m) by a dense solve."""
    covariance = target.covariance
    identity = torch.eye(len(covariance), dtype=covariance.dtype)
    gain = torch.linalg.solve(covariance + sigma**2 * identity, covariance)
    return target.mean + (y - target.mean) @ gain


@pytest.mark.parametrize("sigma", [1e-3, 0.3, 2.0, 1e3])
def test_gaussian_denoiser_is_linear_regression(sigma, generator):
    """N(m, S): the eigenbasis formula equals a dense solve, to cond(S + sigma^2) roundings of y."""
    covariance = [[2.0, 0.3, 0.0], [0.3, 1.0, -0.4], [0.0, -0.4, 0.5]]
    target = Gaussian([1.0, -2.0, 0.5], covariance)
    y = 3 * torch.randn(50, 3, dtype=torch.float64, generator=generator)
    expected = gaussian_by_inverse(target, y, sigma)
    assert torch.allclose(target.denoise(y, sigma), expected, rtol=0, atol=200 * EPS * 10)


@pytest.mark.parametrize("name", ["gaussian-2d", "mixture-2d", "mixture-8d", "sharp"])
@pytest.mark.parametrize("sigma", [0.05, 0.7, 5.0])
def test_tweedie(name, sigma, generator):
    """D(y, sigma) = y + sigma^2 grad log p_sigma(y): autograd of log_density, an independent path
    through the mixture.
    """
    target = load(name)
    y = 2 * torch.randn(40, target.dim, dtype=torch.float64, generator=generator)
    leaf = y.clone().requires_grad_()
    log_density = target.log_density(leaf, sigma)
    (score,) = torch.autograd.grad(log_density.sum(), leaf)
    by_score = y + sigma**2 * score
    # the score's rounding grows as the residual over the least variance, (|y|/sigma^2) eps; it is
    # multiplied by sigma^2
    assert torch.allclose(target.denoise(y, sigma), by_score, rtol=0, atol=1e4 * EPS * 10)


@pytest.mark.parametrize("name", ["gaussian-2d", "mixture-2d", "mild"])
def test_density_integrates_to_one(name):
    """The density of X_0 + sigma Z has mass 1 on a grid (trapezoidal rule, spectrally accurate for
    Gaussians).
    """
    target = load(name)
    sigma = 0.5
    axis = torch.linspace(-12, 12, 400, dtype=torch.float64)
    grid = torch.cartesian_prod(*[axis] * target.dim).reshape(-1, target.dim)
    cell = (axis[1] - axis[0]) ** target.dim
    mass = target.log_density(grid, sigma).exp().sum() * cell
    assert float(mass) == pytest.approx(1.0, abs=1e-10)


@pytest.mark.parametrize("name", ["gaussian-2d", "mixture-2d", "mixture-8d", "separated"])
def test_sample_moments(name, generator):
    """Sample mean and second moments fit `mean` and `covariance` at the stated false-alarm rate."""
    target = load(name)
    x = target.sample(20_000, generator)
    offset = x - target.mean
    assert mean_is(offset, 0.0, RATE / 2)
    assert mean_is(squares(offset), target.covariance, RATE / 2)


@pytest.mark.parametrize(
    "target",
    [load("mixture-2d"), load("sharp"), Dataset([[0.0, 1.0], [2.0, -1.0], [0.5, 0.5]], 0.4)],
    ids=str,
)
def test_posterior_draws_fit_the_denoiser(target, generator):
    """Draws of X_0 | y have the denoiser as mean and sigma^2 dD/dy as covariance (both exact
    identities of the posterior).
    """
    sigma = 0.8
    y = target.sample(1, generator) + 0.5
    draws = target.sample_posterior(y.expand(20_000, -1), sigma, generator)
    offset = draws - target.denoise(y, sigma)
    rows = []
    for shift in 1e-5 * torch.eye(target.dim, dtype=torch.float64):
        (above,) = target.denoise(y + shift, sigma)
        (below,) = target.denoise(y - shift, sigma)
        rows.append((above - below) / 2e-5)
    jacobian = torch.stack(rows)
    assert mean_is(offset, 0.0, RATE / 2)
    assert mean_is(squares(offset), sigma**2 * jacobian, RATE / 2)


def test_zero_noise_and_enormous_noise(generator):
    """D(y, 0) = y exactly; as sigma grows D tends to the mean; sigma near float64's end neither
    overflows nor gives NaN.
    """
    for target in (load("mixture-2d"), Gaussian([3.0], [[0.0]]), Dataset([[1.0], [1.0]], 0.1)):
        y = target.sample(5, generator)
        assert torch.equal(target.denoise(y, 0.0), y)
        assert torch.equal(target.sample_posterior(y, 0.0, generator), y)
        enormous = 1e200 * (1 + y[:, 0].abs())
        far = target.denoise(1e200 * y, enormous)
        assert bool(far.isfinite().all())
        mean = target.mean.expand_as(y)
        assert torch.allclose(target.denoise(y, 1e12), mean, atol=1e-9)
        assert bool(target.log_density(y, 1e150).isfinite().all())


def test_sigma_by_row_equals_sigma_one_by_one(generator):
    """An (n,) sigma gives each row its own noise level."""
    for target in (load("mixture-2d"), Dataset([[0.0, 1.0], [2.0, -1.0]], 0.3)):
        y = target.sample(6, generator)
        sigma = torch.tensor([0.0, 0.01, 0.1, 1.0, 10.0, 100.0], dtype=torch.float64)
        single = []
        for row, level in zip(y, sigma, strict=True):
            single.append(target.denoise(row[None], float(level)))
        by_row = target.denoise(y, sigma)
        assert torch.allclose(by_row, torch.cat(single), rtol=0, atol=64 * EPS * 10)


@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_dataset_is_its_mixture(offset, generator):
    """A data set equals the mixture of its points with covariance h^2 I.

    The attention logits y.p/v are rounded at the size of |y||p|/v after centring: 1e3 here, hence
    the tolerance 1e4 eps.
    """
    points = torch.randn(30, 3, dtype=torch.float64, generator=generator) + offset
    h = 0.3
    data = Dataset(points, h)
    identity = torch.eye(3, dtype=torch.float64)
    covariances = h * h * identity.expand(30, 3, 3)
    mixture = Mixture([1 / 30] * 30, points, covariances)
    y = data.sample(100, generator)
    for sigma in (0.05, 0.5, 5.0):
        denoised = mixture.denoise(y, sigma)
        atol = (1e4 + 10 * offset) * EPS * 4
        assert torch.allclose(data.denoise(y, sigma), denoised, rtol=0, atol=atol)
        density = mixture.log_density(y, sigma)
        atol = 1e5 * EPS * (1 + offset)
        assert torch.allclose(data.log_density(y, sigma), density, rtol=0, atol=atol)
    assert torch.allclose(data.mean, mixture.mean)
    assert torch.allclose(data.covariance, mixture.covariance)


def test_constant_dataset_is_a_gaussian(generator):
    """A data set of equal points p is N(p, h^2 I)."""
    data = Dataset([[1.0, 2.0]] * 7, 0.5)
    gaussian = Gaussian([1.0, 2.0], [[0.25, 0.0], [0.0, 0.25]])
    y = data.sample(20, generator)
    assert torch.allclose(data.denoise(y, 0.7), gaussian.denoise(y, 0.7), atol=64 * EPS)


def test_splitting_and_permuting_components_changes_nothing(generator):
    """A component cut in two, a zero weight and another order leave the law as it is."""
    whole = random_mixture(3, 2, 2)
    first, second = whole.weights
    order = [1, 0, 1, 0]
    weights = [second / 4, first, 3 * second / 4, 0.0]
    shift = torch.tensor([[0], [0], [0], [9]])
    split = Mixture(weights, whole.means[order] + shift, whole.covariances[order])
    y = whole.sample(30, generator)
    density = whole.log_density(y, 0.4)
    assert torch.allclose(whole.denoise(y, 0.4), split.denoise(y, 0.4), atol=256 * EPS)
    assert torch.allclose(density, split.log_density(y, 0.4), atol=256 * EPS)


def test_spec_and_move(generator):
    """Specs survive JSON and rebuild the same bits; `to` changes dtype and keeps the law."""
    for name in NAMED:
        target = load(name)
        text = json.dumps(target.spec)
        again = from_spec(json.loads(text))
        y = target.sample(10, generator)
        assert torch.equal(again.denoise(y, 0.5), target.denoise(y, 0.5))
        assert again.name == target.name
        single = target.to("cpu", torch.float32)
        denoised = single.denoise(y.float(), 0.5).double()
        error = (denoised - target.denoise(y, 0.5)).abs()
        assert single.mean.dtype == torch.float32
        assert float(error.max()) < 1e4 * torch.finfo(torch.float32).eps


G2 = ([0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]])


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (
            lambda: Mixture([0.5, 0.4], [0.0, 1.0], [1.0, 1.0]),
            "weights must be numbers >= 0 that sum to 1.*0.9",
        ),
        (lambda: Mixture([1.5, -0.5], [0.0, 1.0], [1.0, 1.0]), "weights must be numbers >= 0"),
        (lambda: Mixture([0.5, 0.5], [0.0], [1.0]), r"means must have shape \(2, d\)"),
        (lambda: Mixture([1.0], [[0.0, 0.0]], [[1.0]]), r"covariances must have shape \(1, 2, 2\)"),
        (
            lambda: Mixture([1.0], [float("nan")], [1.0]),
            "means must hold finite numbers only, got nan",
        ),
        (lambda: Mixture([1.0], [0.0], [-1.0]), "covariance must be positive semidefinite"),
        (lambda: Mixture([0.5, 0.5], [1e200, -1e200], [1.0, 1.0]), "overflow"),
        (
            lambda: Gaussian([0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]]),
            "positive semidefinite, got the eigenvalue -1",
        ),
        (lambda: Gaussian([0.0, 0.0], [[1.0, 0.5], [0.0, 1.0]]), "must be symmetric"),
        (lambda: Gaussian([0.0, 0.0], 1.0), r"covariance must have shape \(2, 2\)"),
        (lambda: Gaussian([], []), "mean must not be empty"),
        (lambda: Gaussian("ab", 1.0), "rectangular array of real numbers"),
        (lambda: Gaussian([1j], 1.0), "rectangular array of real numbers"),
        (lambda: Gaussian([None], 1.0), "rectangular array of real numbers"),
        (
            lambda: Dataset(np.zeros(3, dtype=[("a", "f8")]), 1.0),
            "rectangular array of real numbers",
        ),
        (lambda: Dataset([[1.0], [1.0, 2.0]], 0.5), "points must be a rectangular"),
        (lambda: Dataset([[1.0]], 0.0), "bandwidth must be a finite number above 0, got 0"),
        (lambda: Dataset([[[1.0]]], 0.1), r"points must have shape \(N, d\)"),
        (
            lambda: Gaussian(*G2).denoise(torch.zeros(3, 3), 1.0),
            r"y must have shape \(n, 2\), got \(3, 3\)",
        ),
        (
            lambda: Gaussian(*G2).denoise(torch.full((1, 2), torch.nan), 1.0),
            "y must hold finite numbers",
        ),
        (
            lambda: Gaussian(*G2).denoise(torch.zeros(3, 2), -1.0),
            "sigma must be a finite number >= 0",
        ),
        (lambda: Gaussian(*G2).denoise(torch.zeros(3, 2), torch.ones(2)), "tensor of 3 of them"),
        (
            lambda: Gaussian(*G2).sample(0, torch.Generator()),
            "n must be a whole number of at least 1",
        ),
        (lambda: Gaussian([0.0], [0.0]).log_density(torch.zeros(1, 1), 0.0), "needs sigma > 0"),
        (lambda: load("nonsense"), "target must be one of gaussian-2d"),
        (lambda: from_spec({"kind": "gaussian"}), "must name its arguments"),
        (lambda: from_spec({"kind": "poisson"}), "must be one of dataset, gaussian, mixture"),
    ],
)
def test_bad_input_is_one_sentence(build, words):
    """Each refusal names the argument, what was given and what is allowed."""
    with pytest.raises(InputError, match=words) as refusal:
        build()
    assert "\n" not in str(refusal.value)


def test_files(tmp_path):
    """Mixtures from JSON, points from npy and csv; the default bandwidth is Scott's rule."""
    (tmp_path / "two.json").write_text(
        '{"weights": [0.5, 0.5], "means": [-1, 1], "covariances": [0.5, 0.5], "comment": 0}'
    )
    np.save(tmp_path / "p.npy", np.arange(12.0).reshape(6, 2))
    (tmp_path / "q.csv").write_text("1,2\n3,4\n\n5,7\n", encoding="utf-8-sig")
    assert load(str(tmp_path / "two.json")).dim == 1
    points = load(str(tmp_path / "p.npy"))
    assert points.dim == 2
    deviation = np.arange(0, 12, 2).std()
    assert points.bandwidth == pytest.approx(deviation * 6 ** (-1 / 6))
    table = str(tmp_path / "q.csv")
    assert load(table, 0.2).bandwidth == 0.2
    assert load(table).name == "q"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", b"{", "must hold JSON"),
        ("a.json", b"\xff\xfe", "must hold JSON"),
        ("a.json", b"[1]", "JSON object with weights"),
        ("a.csv", b"x,y\n1,2\n", "comma-separated numbers"),
        ("a.csv", b"1,2\n3\n", "rectangular"),
        ("a.csv", b"", "must not be empty"),
        ("a.csv", b"1,nan\n", "finite numbers"),
        ("a.npy", b"junk", "must be a .npy file"),
        ("a.txt", b"1", "must be one of"),
    ],
)
def test_bad_files(tmp_path, name, content, words):
    """Empty, ragged, non-numeric and unknown files are one sentence each."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        load(str(tmp_path / name))


def test_pickles_folders_and_missing_files_are_refused(tmp_path):
    """Nothing a user hands in is unpickled; a folder or a missing file is named."""
    objects = np.array([{"a": 1}], dtype=object)
    np.save(tmp_path / "evil.npy", objects, allow_pickle=True)
    (tmp_path / "folder.csv").mkdir()
    for name, words in (
        ("evil.npy", "no pickles"),
        ("folder.csv", "must be a regular file, got a directory"),
        ("none.npy", "cannot be read"),
    ):
        with pytest.raises(InputError, match=words):
            load(str(tmp_path / name))
