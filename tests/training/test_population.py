"""The population model: golden slopes, the sharp Gaussian law, the reverse-chain law, the 1-D
table.
"""

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from ctverify import Dataset, Gaussian, InputError, Mixture, Schedule, flow_map, population_model
from ctverify.flow.one_dim import monotone
from ctverify.flow.reverse_1d import expect, posterior
from ctverify.targets import load

EPS = np.finfo(np.float64).eps


def coupled_quantiles(target, schedule):
    """Points of X_T, those of X_1 at the same scores, and the weights of a quadrature over them."""
    form = target.one_dimensional_form()
    mean = float(target.mean)
    a, b = schedule.scales(1)
    z, end, weight = form.noised(a, b).nodes(4001)
    a_T, b_T = schedule.scales(schedule.T)
    start = form.noised(a_T, b_T).at_scores(z) + a_T * mean
    return start, end + a * mean, weight


def images(target, schedule, start):
    """f*_T at points in d = 1."""
    f = population_model(target, schedule)
    x = torch.from_numpy(start[:, None])
    return f(x, schedule.T)[:, 0].numpy()


def test_golden_population_slopes(golden):
    """The population slope to 1e-12 relative at every row, and the golden relative error 1 - R."""
    one = torch.ones(1, 1, dtype=torch.float64)
    for row in golden["gaussian"]:
        schedule = Schedule.li_huang_wei(row["T"], row["c0"], row["c1"])
        target = Gaussian(0.0, row["variance"])
        slope = float(population_model(target, schedule)(one, row["T"]))
        assert slope == pytest.approx(float(row["population_slope"]), rel=1e-12)
        flow_slope = float(flow_map(target, schedule, one, row["T"], 1))
        error = 1 - slope / flow_slope
        assert error == pytest.approx(float(row["relative_error"]), abs=1e-13)


@pytest.mark.parametrize(
    "schedule",
    [Schedule.li_huang_wei(64), Schedule.karras(40), Schedule.cosine(32)],
    ids=lambda s: s.name,
)
def test_product_of_cosines(schedule):
    """slope of f*_T / slope of Phi_T = prod cos(psi_t - psi_{t-1}), psi = atan(sigma/sqrt(lam)), in
    every eigen-direction.
    """
    basis = torch.tensor([[1.0, 2.0], [3.0, -1.0]], dtype=torch.float64)
    q, _ = torch.linalg.qr(basis)
    eigenvalues = torch.tensor([0.05, 4.0], dtype=torch.float64)
    target = Gaussian([1.0, -3.0], q @ torch.diag(eigenvalues) @ q.T)
    a, _ = schedule.scales(1)
    a_T, _ = schedule.scales(schedule.T)
    x = a_T * target.mean + q.T
    centre = a * target.mean
    model = population_model(target, schedule)(x, schedule.T) - centre
    flow = flow_map(target, schedule, x, schedule.T, 1) - centre
    for i in range(2):
        direction = q[:, i]
        ratio = model[i] @ direction / (flow[i] @ direction)
        deviation = np.sqrt(float(eigenvalues[i]))
        psi = np.arctan(schedule.sigma[1:] / deviation)
        cosines = np.cos(np.diff(psi))
        assert float(ratio) == pytest.approx(np.prod(cosines), rel=1e-11)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("mild", 0.0200, marks=pytest.mark.slow),
        ("separated", 0.0934),
        pytest.param("sharp", 0.1120, marks=pytest.mark.slow),
    ],
)
def test_population_error_table(name, expected):
    """Population W_1 at T = 256 under (23) within 1 % (to the table's rounding)."""
    target = load(name)
    schedule = Schedule.li_huang_wei(256)
    start, end, weight = coupled_quantiles(target, schedule)
    values = images(target, schedule, start)
    assert (np.diff(values) >= 0).all()
    assert weight @ np.abs(values - end) == pytest.approx(expected, rel=0.01)


def test_one_step_against_quad():
    """f*_2 and E[exp(X_2) | X_3 = x] by SciPy's adaptive quadrature over X_0: the posterior without
    our formulas.
    """
    target = load("sharp")
    schedule = Schedule.li_huang_wei(32)
    form = target.one_dimensional_form()
    for t, h in ((2, np.asarray), (20, np.exp)):
        for x in (-1.0, 0.2, 0.9):
            (value,) = expect(form, schedule, t, np.array([x]), h)
            exact = expected_by_quad(target, schedule, t, x, h)
            assert value == pytest.approx(exact, rel=1e-8)


def expected_by_quad(target, schedule, t, x, h):
    """E[h(X_{t-1}) | X_t = x] in centred coordinates, as a quotient of two integrals over X_0."""
    weights = target.weights.ravel().numpy()
    means = target.means.ravel().numpy() - float(target.mean)
    variances = target.covariances.ravel().numpy()
    a, b = schedule.scales(t)
    a1, b1 = schedule.scales(t - 1)

    def density(x0):
        bells = np.exp(-((x0 - means) ** 2) / (2 * variances))
        prior = (weights / np.sqrt(variances) * bells).sum()
        noise = x - a * x0
        return prior * np.exp(-(noise**2) / (2 * b * b))

    def weighted(x0):
        noise = (x - a * x0) / b
        return density(x0) * h(a1 * x0 + b1 * noise)

    edges = np.sort(np.concatenate([means, [x / a]]))
    options = {"points": edges, "epsabs": 0, "epsrel": 1e-11, "limit": 500}
    numerator, _ = quad(weighted, -8, 8, **options)
    mass, _ = quad(density, -8, 8, **options)
    return numerator / mass


def test_one_dimensional_gaussian_by_table():
    """A one-component mixture goes through the 1-D table and must agree with the Gaussian's closed
    form (fourth-order table).
    """
    schedule = Schedule.li_huang_wei(64)
    x = torch.linspace(-4, 4, 41, dtype=torch.float64)[:, None]
    table = population_model(Mixture([1.0], [2.0], [0.3]), schedule)
    exact = population_model(Gaussian(2.0, 0.3), schedule)
    assert torch.allclose(table(x, 64), exact(x, 64), atol=1e-9)


def test_reverse_chain_law():
    """E f*_T(X_T) = E X_1, and f*_T under-disperses in convex order: E |f - c| <= E |X_1 - c| for
    every c.
    """
    target = load("sharp")
    schedule = Schedule.li_huang_wei(64)
    start, end, weight = coupled_quantiles(target, schedule)
    f = images(target, schedule, start)
    a, _ = schedule.scales(1)
    assert weight @ f == pytest.approx(a * float(target.mean), abs=1e-7)
    for c in (-3.0, -1.0, 0.0, 0.7, 2.0):
        assert weight @ np.abs(f - c) <= weight @ np.abs(end - c) + 1e-9


def test_dataset_in_one_dimension():
    """A data set's population model equals that of its mixture."""
    points = [-1.0, -0.5, 0.2, 1.5]
    h = 0.3
    schedule = Schedule.li_huang_wei(20)
    x = torch.linspace(-3, 3, 25, dtype=torch.float64)[:, None]
    dataset = population_model(Dataset(points, h), schedule)
    mixture = Mixture([0.25] * 4, points, [h * h] * 4)
    expected = population_model(mixture, schedule)
    assert torch.allclose(dataset(x, 20), expected(x, 20), atol=1e-12)


def test_posterior_is_the_ddim_step():
    """The mean of X_{t-1} | X_t = x over the components is the DDIM step of the denoiser."""
    target = load("separated")
    schedule = Schedule.li_huang_wei(64)
    t = 35
    x = np.linspace(-3, 3, 31)
    weight, centre, _ = posterior(target.one_dimensional_form(), schedule, t, x)
    a, b = schedule.scales(t)
    a1, b1 = schedule.scales(t - 1)
    y = torch.from_numpy((x / a)[:, None])
    clean = target.denoise(y, b / a)[:, 0].numpy()
    noise = (x - a * clean) / b
    mean = (weight * centre).sum(1)
    assert mean == pytest.approx(a1 * clean + b1 * noise, abs=1e-12)


def test_monotone_interpolation_stays_monotone():
    """Steep steps are interpolated without overshoot; smooth values to fourth order."""
    grid = np.linspace(0, 1, 21)
    steps = np.where(grid < 0.5, 0.0, 1.0)
    fine = monotone(grid, steps)(np.linspace(-0.2, 1.2, 2001))
    assert (np.diff(fine) >= 0).all()
    assert fine.min() >= 0
    assert fine.max() <= 1
    x = np.linspace(0.2, 0.8, 99)
    errors = []
    for points in (21, 41):
        grid = np.linspace(0, 1, points)
        interpolated = monotone(grid, np.exp(grid))(x)
        errors.append(np.abs(interpolated - np.exp(x)).max())
    assert errors[0] / errors[1] > 12


def test_refusals():
    """No population model for mixtures in d > 1; t and x are checked."""
    schedule = Schedule.li_huang_wei(20)
    with pytest.raises(InputError, match="needs a Gaussian, a product, or a target in d = 1"):
        population_model(load("mixture-2d"), schedule)
    f = population_model(load("gaussian-2d"), schedule)
    with pytest.raises(InputError, match=r"t must lie in 1\.\.20, got 21"):
        f(torch.zeros(1, 2), 21)
    with pytest.raises(InputError, match="x must have shape"):
        f(torch.zeros(1, 3), 2)
