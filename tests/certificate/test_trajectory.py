"""The trajectory budget and the shares: few-step starts, blocks, refusals, the solver's error."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy.stats import norm

from ctverify import Gaussian, Mixture, Product, Schedule, flow_map, population_model
from ctverify.certificate import trajectory
from ctverify.certificate.checked_model import Centred, NotFinite
from ctverify.certificate.starts import Starts, noise_starts
from ctverify.certificate.trajectory import TOLERANCE, measure_trajectory, solver_error
from ctverify.flow.path import flow_path
from ctverify.targets import load
from tests.conftest import RATE

LHW = Schedule.li_huang_wei(64)
FEW = Schedule.li_huang_wei(16, 1, 2)
EYE = torch.eye(2, dtype=torch.float64)
NARROW = Mixture(
    [0.5, 0.3, 0.2],
    [[-2.0, 0.0], [1.0, 1.0], [3.0, -1.0]],
    torch.stack([1e-3 * EYE, 3e-3 * EYE, 5e-4 * EYE]),
)


def bent(target, schedule):
    """The flow of the target's Gaussian, bent and shifted more at higher levels."""
    gaussian = Gaussian(target.mean, target.covariance)

    def f(x, t):
        height = 0.1 * (t - 1) / schedule.T
        y = flow_map(gaussian, schedule, x, t, 1)
        return y + height * (torch.sin(2 * y) + 0.2)

    return f


def measured(f, samples=256, seed=0, draw_starts=None):
    """The budget and the shares, from N(0, I) unless told otherwise."""
    return measure_trajectory(f, draw_starts or partial(noise_starts, f), samples, RATE, seed)[:2]


def exact_starts(f, n, generator):
    """The model too starts at X_T ~ p_T."""
    drawn = noise_starts(f, n, generator)
    return Starts(level=drawn.level, z=drawn.z, model=drawn.exact, exact=drawn.exact)


def test_starts_below_the_last_level():
    """A last step at tau: nothing above it, the carry as start, and the parts sum to the distance
    there.
    """
    target = load("mixture-2d")
    f = Centred(bent(target, FEW), target, FEW)
    tau = 6
    a, b = FEW.scales(tau)
    kept = []

    def draw_starts(n, generator):
        drawn = noise_starts(f, n, generator)
        clean = target.sample(n, generator) - target.mean
        exact = a * clean + b * drawn.z
        starts = Starts(level=tau, z=drawn.z, model=exact + 0.1, exact=exact)
        kept.append(starts)
        return starts

    budget, shares = measured(f, draw_starts=draw_starts)
    above = slice(tau - 1, None)
    lists = [budget.step, budget.step_l2, budget.model_defect, shares.model, shares.schedule]
    for values in lists:
        assert len(values) == FEW.T - 1
        assert not any(values[above])
        assert all(values[: tau - 1])
    (starts,) = kept
    carried = f(starts.model, tau) - f(starts.exact, tau)
    assert budget.start == pytest.approx(float(carried.norm(dim=1).mean()), rel=1e-12)
    end = target.centred_flow(FEW, starts.exact[None], [tau], 1, 1e-10)[0]
    apart = (f(starts.model, tau) - end).norm(dim=1).mean()
    assert shares.total == pytest.approx(float(apart), rel=1e-6)
    parts = shares.start + shares.initial + sum(shares.model) + sum(shares.schedule)
    assert parts == pytest.approx(shares.total, rel=1e-12)


def test_a_last_step_at_level_1():
    """Nothing is left but the carry."""
    target = load("mixture-2d")
    f = Centred(bent(target, FEW), target, FEW)

    def draw_starts(n, generator):
        drawn = noise_starts(f, n, generator)
        return Starts(level=1, z=drawn.z, model=drawn.exact + 0.1, exact=drawn.exact)

    budget, shares = measured(f, draw_starts=draw_starts)
    assert budget.total == pytest.approx(0.1 * 2**0.5)
    assert shares.start == pytest.approx(shares.total, rel=1e-12)
    assert not any(budget.step)


def test_total_is_the_sum_of_its_means():
    """One mean over paths: the total is start, initial and the profile, the limits lie above."""
    target = load("mixture-8d")
    f = Centred(bent(target, FEW), target, FEW)
    budget, shares = measured(f)
    parts = budget.start + budget.initial + sum(budget.step)
    assert budget.total == pytest.approx(parts, rel=1e-12)
    assert shares.total <= budget.total < budget.total_upper < budget.w2_total_upper
    assert all(l1 <= l2 for l1, l2 in zip(budget.step, budget.step_l2, strict=True))


def test_exact_training_in_two_dimensions():
    """The population model of a rotated product, which is not affine: the model's shares are 0
    within their errors, and from X_T ~ p_T all of the distance is the schedule's.
    """
    turn = torch.tensor([[0.6, -0.8], [0.8, 0.6]], dtype=torch.float64)
    target = Product([load("mild"), load("mild")], turn)
    f = Centred(population_model(target, FEW), target, FEW)
    budget, shares = measured(f, 1000, draw_starts=partial(exact_starts, f))
    far = norm.isf(RATE / (4 * FEW.T))
    model = np.array([*shares.model, shares.model_total])
    errors = np.array([*shares.model_error, shares.model_total_error])
    assert (np.abs(model) <= far * errors + 1e-5).all()
    squares = np.array(budget.model_defect_squared)
    assert (np.abs(squares) <= far * np.array(budget.model_defect_squared_error) + 1e-9).all()
    assert shares.start == 0
    gap = abs(shares.schedule_total - shares.total)
    assert gap <= far * shares.model_total_error + 1e-5


def test_no_shares_of_a_perfect_model():
    """The flow map itself: what is left is the solver's error, whose direction means nothing."""
    target = load("gaussian-2d")
    f = Centred(lambda x, t: flow_map(target, FEW, x, t, 1), target, FEW)
    budget, shares = measured(f, 64, draw_starts=partial(exact_starts, f))
    assert shares is None
    assert budget.total_upper < 1e-5


def test_blocks_of_rows(monkeypatch):
    """Rows that do not fit at once are measured in blocks of their own streams."""
    target = load("mixture-2d")
    f = Centred(bent(target, FEW), target, FEW)
    whole, _ = measured(f, 350)
    counts = []

    def draw_starts(n, generator):
        counts.append(n)
        return noise_starts(f, n, generator)

    numbers = trajectory._numbers(f)
    monkeypatch.setattr(trajectory, "MEMORY", 150 * numbers)
    blocks, shares = measured(f, 350, draw_starts=draw_starts)
    assert counts == [150, 150, 50]
    assert blocks.total == pytest.approx(whole.total, rel=0.2)
    parts = shares.start + shares.initial + shares.model_total + shares.schedule_total
    assert parts == pytest.approx(shares.total, rel=1e-12)


def test_same_seed_same_numbers():
    """And another seed other ones."""
    target = load("mixture-2d")
    f = Centred(bent(target, FEW), target, FEW)
    assert measured(f, 64, seed=3) == measured(f, 64, seed=3)
    assert measured(f, 64, seed=3) != measured(f, 64, seed=4)


def test_each_value_is_asked_for_once():
    """f_t(X_t) is used in d_t and in d_{t+1}: a model that is random on each call still has a sum
    that telescopes.
    """
    target = load("mixture-2d")
    noise = torch.Generator().manual_seed(0)
    smooth = bent(target, FEW)

    def f(x, t):
        jitter = torch.randn(x.shape, generator=noise, dtype=x.dtype)
        return smooth(x, t) + 0.05 * jitter

    _, shares = measured(Centred(f, target, FEW))
    parts = shares.start + shares.initial + shares.model_total + shares.schedule_total
    assert parts == pytest.approx(shares.total, rel=1e-12)


def test_a_model_that_is_not_finite():
    """It is refused where it is seen."""
    target = load("mixture-2d")
    f = Centred(lambda x, t: x / (x > 0), target, FEW)
    with pytest.raises(NotFinite):
        measured(f)


@pytest.mark.parametrize("target", [load("mixture-2d"), load("mixture-8d"), NARROW])
def test_solver_error(target):
    """The end of the path against a flow 10,000 times as accurate."""
    f = Centred(lambda x, t: x, target, LHW)
    generator = torch.Generator().manual_seed(0)
    starts = noise_starts(f, 200, generator)
    path = flow_path(target, LHW, starts.exact, LHW.T, TOLERANCE)
    exact = target.centred_flow(LHW, starts.exact[None], [LHW.T], 1, 1e-12)[0]
    error = float((path[0] - exact).norm(dim=1).mean())
    assert error <= solver_error(f) / 100
