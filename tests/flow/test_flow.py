"""The flow map: golden values, closed forms, and the laws of a flow."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.stats import kstest

from ctverify import Dataset, Gaussian, InputError, Mixture, Schedule, flow_map
from ctverify.flow.flow_map import solved_flow
from ctverify.targets import load
from tests.conftest import RATE
from tests.random_targets import random_mixture

LHW = Schedule.li_huang_wei(64)
# ten steps of local error 1e-10, amplified by at most the Lipschitz constant (about 10) of these
# flows
SOLVER = 1e-8


def test_golden_gaussian_slopes(golden):
    """The Gaussian flow's slope to 1e-12 relative at every row."""
    one = torch.ones(1, 1, dtype=torch.float64)
    for row in golden["gaussian"]:
        schedule = Schedule.li_huang_wei(row["T"], row["c0"], row["c1"])
        target = Gaussian(0.0, row["variance"])
        slope = flow_map(target, schedule, one, row["T"], 1)
        assert float(slope) == pytest.approx(float(row["flow_slope"]), rel=1e-12)


def test_golden_mixture_flows(golden):
    """The mixture flow maps to 1e-8 at every row, d = 1 (quantiles), 2 and 5 (solver)."""
    for case in golden["mixture"]:
        target = Mixture(case["weights"], case["means"], case["covariances"])
        schedule = Schedule.li_huang_wei(case["T"], case["c0"], case["c1"])
        x = column(case, "x")
        for key, stop in (("flow_T_to_1", 1), ("flow_T_to_half", case["T"] // 2)):
            carried = flow_map(target, schedule, x, schedule.T, stop)
            error = (carried - column(case, key)).abs()
            assert float(error.max()) <= 1e-8


def column(case, key):
    """One entry of every row of a golden case, as a tensor."""
    values = [row[key] for row in case["rows"]]
    return torch.tensor(values, dtype=torch.float64)


def test_gaussian_closed_form_equals_the_solver(generator):
    """N(m, S) by eigenvalues against the ODE solver on the same law as a one-component mixture,
    both directions.
    """
    gaussian = load("gaussian-2d")
    mixture = Mixture([1.0], gaussian.mean[None], gaussian.covariance[None])
    x = torch.randn(20, 2, dtype=torch.float64, generator=generator)
    for start, stop in ((64, 1), (1, 64), (40, 20)):
        closed = flow_map(gaussian, LHW, x, start, stop)
        solved = flow_map(mixture, LHW, x, start, stop)
        assert torch.allclose(closed, solved, rtol=1e-8, atol=SOLVER)


@pytest.mark.parametrize("name", ["mild", "separated", "sharp"])
def test_quantiles_equal_the_solver(name, generator):
    """In d = 1, Q_k o F_t against the ODE: two independent routes to one map."""
    target = load(name)
    x = 1.5 * torch.randn(1, 50, 1, dtype=torch.float64, generator=generator)
    solved = solved_flow(target, LHW, x, [64], 1, 1e-12)
    assert torch.allclose(target.centred_flow(LHW, x, [64], 1, 1e-10), solved, atol=1e-8)


def test_against_scipy_in_ve_coordinates(generator):
    """dy/dsigma = (y - D)/sigma by SciPy's LSODA from sigma_T to sigma_1: another solver in other
    coordinates.
    """
    target = load("mixture-2d")
    x = torch.randn(3, 2, dtype=torch.float64, generator=generator)
    a = LHW.scales(64)[0]
    a1 = LHW.scales(1)[0]

    def slope(log_sigma, state):
        y = torch.from_numpy(state.reshape(-1, 2))
        sigma = float(np.exp(log_sigma))
        return (y - target.denoise(y, sigma)).numpy().ravel()

    start = (x / a).numpy().ravel()
    ends = LHW.log_sigma[[64, 1]]
    solution = solve_ivp(slope, ends, start, method="LSODA", rtol=1e-11, atol=1e-11)
    end = solution.y[:, -1]
    y = torch.from_numpy(end.reshape(-1, 2))
    assert torch.allclose(flow_map(target, LHW, x, 64, 1), a1 * y, atol=1e-7)


@pytest.mark.parametrize(
    "target",
    [load("mixture-2d"), load("sharp"), Dataset([[0.0, 1.0], [2.0, -1.0], [1.0, 1.0]], 0.5)],
    ids=str,
)
def test_semigroup_and_inverse(target, generator):
    """Phi_{s->k} o Phi_{t->s} = Phi_{t->k}, and Phi_{1->T} undoes Phi_{T->1}."""
    x = torch.randn(20, target.dim, dtype=torch.float64, generator=generator)
    whole = flow_map(target, LHW, x, 64, 1)
    halfway = flow_map(target, LHW, x, 64, 30)
    assert torch.allclose(flow_map(target, LHW, halfway, 30, 1), whole, atol=10 * SOLVER)
    assert torch.allclose(flow_map(target, LHW, whole, 1, 64), x, atol=10 * SOLVER)
    assert torch.equal(flow_map(target, LHW, x, 7, 7), x)


def test_change_of_variables(generator):
    """log p_T(x) = log p_1(Phi(x)) + log |det D Phi(x)|, D Phi by central differences (error 1e-8
    of third derivatives).
    """
    target = load("mixture-2d")
    h = 1e-4
    x = torch.randn(10, 2, dtype=torch.float64, generator=generator)
    shifts = h * torch.eye(2, dtype=torch.float64)
    columns = []
    for shift in shifts:
        above = flow_map(target, LHW, x + shift, 64, 1)
        below = flow_map(target, LHW, x - shift, 64, 1)
        columns.append((above - below) / (2 * h))
    log_det = torch.linalg.slogdet(torch.stack(columns, -1)).logabsdet

    def log_density(points, t):
        a, _ = LHW.scales(t)
        sigma = float(LHW.sigma[t])
        density = target.log_density(points / a, sigma)
        return density - 2 * np.log(a)

    carried = flow_map(target, LHW, x, 64, 1)
    pulled_back = log_density(carried, 1) + log_det
    assert torch.allclose(log_density(x, 64), pulled_back, atol=1e-5)


@pytest.mark.parametrize("name", ["mixture-2d", "sharp", "mixture-8d"])
def test_pushforward_is_exact(name, generator):
    """A projection of Phi_T(X_T) has exactly X_1's law: Kolmogorov and Smirnov at the stated
    false-alarm rate.
    """
    target = load(name)
    a, b = LHW.scales(64)
    z = torch.randn(20_000, target.dim, dtype=torch.float64, generator=generator)
    x = a * target.sample(20_000, generator) + b * z
    pushed = flow_map(target, LHW, x, 64, 1)
    ones = torch.ones(target.dim, dtype=torch.float64)
    u = ones / target.dim**0.5
    variances = target.covariances @ u @ u
    projected = Mixture(target.weights, target.means @ u, variances)
    a, b = LHW.scales(1)
    mixture = projected.one_dimensional_form().noised(a, b)
    centred = (pushed @ u - a * projected.mean).numpy()
    uniform = np.exp(mixture.log_tail(centred, 1.0))
    assert kstest(uniform, "uniform").pvalue > RATE


def test_equivariance(generator):
    """Shifting, rotating and scaling target and points moves the flow alike (a scaled target sees
    sigma scaled: angle kept).
    """
    target = random_mixture(11, 2, 3)
    x = torch.randn(20, 2, dtype=torch.float64, generator=generator)
    base = flow_map(target, LHW, x, 64, 1)
    basis = torch.randn(2, 2, dtype=torch.float64, generator=generator)
    q, _ = torch.linalg.qr(basis)
    shift = torch.tensor([5.0, -3.0], dtype=torch.float64)
    means = target.means @ q.T + shift
    covariances = q @ target.covariances @ q.T
    moved = Mixture(target.weights, means, covariances)
    a, _ = LHW.scales(64)
    a1, _ = LHW.scales(1)
    start = x @ q.T + a * shift
    carried = flow_map(moved, LHW, start, 64, 1)
    assert torch.allclose(carried, base @ q.T + a1 * shift, atol=10 * SOLVER)


def test_increasing_in_one_dimension():
    """Every flow map is strictly increasing in d = 1, deep into both tails."""
    x = torch.linspace(-25, 25, 2001, dtype=torch.float64)[:, None]
    for name in ("mild", "separated", "sharp"):
        steps = flow_map(load(name), LHW, x, 64, 1).diff(dim=0)
        assert bool((steps > 0).all())


def test_resolution_is_not_T(generator):
    """Two levels or a thousand between the same ends: the same map."""
    target = load("mixture-2d")
    coarse = Schedule.from_alpha_bar(LHW.alpha_bar[[1, 64]])
    x = torch.randn(20, 2, dtype=torch.float64, generator=generator)
    fine = flow_map(target, LHW, x, 64, 1)
    assert torch.allclose(flow_map(target, coarse, x, 2, 1), fine, atol=SOLVER)


def test_far_schedules():
    """The flow is finite where alpha_bar_T lies far below 1e-308."""
    far = Schedule.li_huang_wei(65_536, 2.0, 200.0)
    x = torch.tensor([[1.0, -1.0], [30.0, 0.0]], dtype=torch.float64)
    for target in (load("mixture-2d"), load("gaussian-2d")):
        assert bool(flow_map(target, far, x, 65_536, 1).isfinite().all())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((torch.zeros(3, 1), 64, 1), r"x must have shape \(n, 2\), got \(3, 1\)"),
        ((torch.full((1, 2), torch.inf), 64, 1), "x must hold finite numbers"),
        (
            (torch.full((1, 2), 1e200, dtype=torch.float64), 64, 1),
            "x must lie where the flow can be followed in float64",
        ),
        ((torch.zeros(1, 2), 65, 1), "start must lie in 1..64, got 65"),
        ((torch.zeros(1, 2), 64, 0), "stop must be a whole number of at least 1, got 0"),
        ((torch.zeros(1, 2), 1.5, 1), "start must be a whole number"),
    ],
)
def test_bad_input_is_one_sentence(arguments, words):
    """Each refusal names the argument, what was given and what is allowed."""
    with pytest.raises(InputError, match=words):
        flow_map(load("mixture-2d"), LHW, *arguments)
