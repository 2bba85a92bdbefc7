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


def test_golden_population_slopes(golden):
    """The population slope to 1e-12 relative at every row, and the golden relative error 1 - R."""
    one = torch.ones(1, 1, dtype=torch.float64)
    for row in golden["gaussian"]:
        schedule, target = (
            Schedule.li_huang_wei(row["T"], row["c0"], row["c1"]),
            Gaussian(0.0, row["variance"]),
        )
        slope = float(population_model(target, schedule)(one, row["T"]))
        assert slope == pytest.approx(float(row["population_slope"]), rel=1e-12)
        error = 1 - slope / float(flow_map(target, schedule, one, row["T"], 1))
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
    q = torch.linalg.qr(torch.tensor([[1.0, 2.0], [3.0, -1.0]], dtype=torch.float64)).Q
    lam = torch.tensor([0.05, 4.0], dtype=torch.float64)
    target = Gaussian([1.0, -3.0], q @ torch.diag(lam) @ q.T)
    centre = schedule.scales(schedule.T)[0] * target.mean
    x = centre + q.T
    model = population_model(target, schedule)(x, schedule.T) - schedule.scales(1)[0] * target.mean
    flow = flow_map(target, schedule, x, schedule.T, 1) - schedule.scales(1)[0] * target.mean
    for i in range(2):
        psi = np.arctan(schedule.sigma[1:] / np.sqrt(float(lam[i])))
        assert float(model[i] @ q[:, i] / (flow[i] @ q[:, i])) == pytest.approx(
            np.prod(np.cos(np.diff(psi))), rel=1e-11
        )


@pytest.mark.parametrize(
    ("name", "expected"), [("mild", 0.0200), ("separated", 0.0934), ("sharp", 0.1120)]
)
def test_population_error_table(name, expected):
    """Population W_1 at T = 256 under (23) within 1 % (to the table's rounding)."""
    target, schedule = load(name), Schedule.li_huang_wei(256)
    form = target.one_dimensional_form()
    z, end, weight = form.noised(*schedule.scales(1)).nodes(4001)
    f = population_model(target, schedule)
    last = schedule.scales(256)[0] * float(target.mean)
    start = form.noised(*schedule.scales(256)).at_scores(z) + last
    end = end + schedule.scales(1)[0] * float(target.mean)
    values = f(torch.from_numpy(start[:, None]), 256)[:, 0].numpy()
    assert (np.diff(values) >= 0).all()
    assert weight @ np.abs(values - end) == pytest.approx(expected, rel=0.01)


def test_one_step_against_quad():
    """f*_2 and E[exp(X_2) | X_3 = x] by SciPy's adaptive quadrature over X_0: the posterior without
    our formulas.
    """
    target, schedule = load("sharp"), Schedule.li_huang_wei(32)
    form = target.one_dimensional_form()
    w, m, v = (getattr(target, k).ravel().numpy() for k in ("weights", "means", "covariances"))
    m = m - float(target.mean)
    for t, h in ((2, np.asarray), (20, np.exp)):
        (a, b), (a1, b1) = schedule.scales(t), schedule.scales(t - 1)
        for x in (-1.0, 0.2, 0.9):

            def weight(x0, x=x, a=a, b=b):
                prior = (w / np.sqrt(v) * np.exp(-((x0 - m) ** 2) / (2 * v))).sum()
                return prior * np.exp(-((x - a * x0) ** 2) / (2 * b * b))

            def value(x0, x=x, a=a, b=b, a1=a1, b1=b1, h=h):
                return h(a1 * x0 + b1 * (x - a * x0) / b)

            edges = np.sort(np.concatenate([m, [x / a]]))
            numerator = quad(
                lambda x0: weight(x0) * value(x0),
                -8,
                8,
                points=edges,
                epsabs=0,
                epsrel=1e-11,
                limit=500,
            )[0]
            mass = quad(weight, -8, 8, points=edges, epsabs=0, epsrel=1e-11, limit=500)[0]
            assert expect(form, schedule, t, np.array([x]), h)[0] == pytest.approx(
                numerator / mass, rel=1e-8
            )


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
    target, schedule = load("sharp"), Schedule.li_huang_wei(64)
    form = target.one_dimensional_form()
    z, end, weight = form.noised(*schedule.scales(1)).nodes(4001)
    last = schedule.scales(64)[0] * float(target.mean)
    start = form.noised(*schedule.scales(64)).at_scores(z) + last
    f = population_model(target, schedule)(torch.from_numpy(start[:, None]), 64)[:, 0].numpy()
    end = end + schedule.scales(1)[0] * float(target.mean)
    assert weight @ f == pytest.approx(schedule.scales(1)[0] * float(target.mean), abs=1e-7)
    for c in (-3.0, -1.0, 0.0, 0.7, 2.0):
        assert weight @ np.abs(f - c) <= weight @ np.abs(end - c) + 1e-9


def test_dataset_in_one_dimension():
    """A data set's population model equals that of its mixture."""
    points, h = [-1.0, -0.5, 0.2, 1.5], 0.3
    schedule = Schedule.li_huang_wei(20)
    x = torch.linspace(-3, 3, 25, dtype=torch.float64)[:, None]
    a = population_model(Dataset(points, h), schedule)(x, 20)
    b = population_model(Mixture([0.25] * 4, points, [h * h] * 4), schedule)(x, 20)
    assert torch.allclose(a, b, atol=1e-12)


def test_posterior_is_the_ddim_step():
    """The mean of X_{t-1} | X_t = x over the components is the DDIM step of the denoiser."""
    target, schedule, t = load("separated"), Schedule.li_huang_wei(64), 35
    x = np.linspace(-3, 3, 31)
    weight, centre, _ = posterior(target.one_dimensional_form(), schedule, t, x)
    (a, b), (a1, b1) = schedule.scales(t), schedule.scales(t - 1)
    clean = target.denoise(torch.from_numpy((x / a)[:, None]), b / a)[:, 0].numpy()
    assert (weight * centre).sum(1) == pytest.approx(
        a1 * clean + b1 * (x - a * clean) / b, abs=1e-12
    )


def test_monotone_interpolation_stays_monotone():
    """Steep steps are interpolated without overshoot; smooth values to fourth order."""
    grid = np.linspace(0, 1, 21)
    steps = np.where(grid < 0.5, 0.0, 1.0)
    fine = monotone(grid, steps)(np.linspace(-0.2, 1.2, 2001))
    assert (np.diff(fine) >= 0).all() and fine.min() >= 0 and fine.max() <= 1
    x = np.linspace(0.2, 0.8, 99)
    errors = []
    for points in (21, 41):
        grid = np.linspace(0, 1, points)
        errors.append(np.abs(monotone(grid, np.exp(grid))(x) - np.exp(x)).max())
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
