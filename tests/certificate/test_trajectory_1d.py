"""The trajectory budget and the shares in d = 1: near the true distance, exact sums, exact training
without a share of its own.
"""

import math
from functools import partial

import numpy as np
import pytest
import torch
from scipy.stats import binom

from ctverify import Gaussian, Schedule, population_model
from ctverify.certificate.chain_defects_1d import quadrature_defects
from ctverify.certificate.checked_model import Centred, NotFinite
from ctverify.certificate.starts import Starts, noise_starts
from ctverify.certificate.strata import stratified_starts
from ctverify.certificate.trajectory_1d import measure_trajectory_1d
from ctverify.targets import load
from tests.certificate.test_bracket_1d import scipy_distances
from tests.conftest import RATE

FEW = Schedule.from_alpha_bar([0.9, 0.5, 0.1])
STANDARD = Gaussian(0.0, 1.0)
ABSOLUTE = math.sqrt(2 / math.pi)  # E|Z|


def measured(model, target, schedule, samples, alpha=1e-6, seed=0, draw=None):
    """Budget and shares from stratified starts."""
    f = Centred(model, target, schedule)
    form = target.quadrature_form()
    if draw is None:
        draw = partial(stratified_starts, f, form)
    return measure_trajectory_1d(f, form, draw, samples, alpha, seed)[:2]


def shrinking(x, t):
    """0.9 x at t = 2 and 0.95 x at t = 3: on N(0, 1) d_t = -0.1 x, then 0.05 x."""
    return {1: 1.0, 2: 0.9, 3: 0.95}[t] * x


@pytest.mark.parametrize(
    ("steps", "samples"), [(64, 300), pytest.param(256, 4096, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(("name", "most"), [("mild", 1.02), ("separated", 1.05), ("sharp", 1.12)])
def test_total_is_near_the_distance(name, most, steps, samples):
    """Of the population model: total/W_1 at most 1.02, 1.05, 1.12, and 1.1 in W_2, at a limit that
    is 1 at least.
    """
    target = load(name)
    schedule = Schedule.li_huang_wei(steps)
    model = population_model(target, schedule)
    w1, w2 = scipy_distances(model, target, schedule)
    budget, shares = measured(model, target, schedule, samples)
    assert 0.99 < budget.total / w1 < most
    assert w1 <= budget.total_upper < 1.2 * w1
    assert w2 <= budget.w2_total_upper < 1.2 * w2
    if samples > 1000:
        assert budget.w2_total_upper < 1.1 * w2
    of_quadrature = 1e-6 * target.spread
    assert max(budget.model_defect) < of_quadrature
    assert np.abs(shares.model).max() < of_quadrature
    assert shares.total == pytest.approx(w1, rel=0.05)


def test_shares_sum_to_the_distance():
    """To 1e-12, level by level too, for a model that is nobody's optimum."""
    target = load("mild")
    schedule = Schedule.li_huang_wei(16, 1, 2)

    def model(x, t):
        return x + 0.01 * (t - 1) * torch.sin(3 * x)

    _, shares = measured(model, target, schedule, 300)
    parts = [shares.start, shares.initial, *shares.model, *shares.schedule]
    assert sum(parts) == pytest.approx(shares.total, rel=1e-12)
    assert shares.model_total == pytest.approx(sum(shares.model), rel=1e-12)
    assert shares.schedule_total == pytest.approx(sum(shares.schedule), rel=1e-12)
    assert shares.initial == 0.0
    assert shares.t == list(range(2, 17))


def test_by_hand():
    """On N(0, 1): |d_2| = 0.1 |X|, |d_3| = 0.05 |X|, xi = -0.05 X, and conditional means in closed
    form.
    """
    budget, shares = measured(shrinking, STANDARD, FEW, 4096)
    assert budget.step == pytest.approx([0.1 * ABSOLUTE, 0.05 * ABSOLUTE], rel=2e-3)
    assert budget.step_l2 == pytest.approx([0.1, 0.05], rel=2e-3)
    assert budget.total == pytest.approx(0.15 * ABSOLUTE, rel=2e-3)
    assert 0.15 * ABSOLUTE <= budget.total_upper <= 0.153 * ABSOLUTE
    assert 0.15 <= budget.w2_total_upper <= 0.153
    assert budget.start < 1e-15
    assert budget.initial == 0.0
    angles = np.arctan(FEW.sigma[1:])
    kept = np.cos(np.diff(angles))  # E[X_{t-1} | X_t = x] = kept x
    defects = np.array([0.9 - kept[0], 0.95 - 0.9 * kept[1]])
    assert budget.model_defect == pytest.approx(np.abs(defects), rel=5e-3)
    # u = -sign(X)
    assert shares.model == pytest.approx(-defects * ABSOLUTE, rel=5e-3)
    expected = -np.array([kept[0] - 1.0, 0.9 * kept[1] - 0.9]) * ABSOLUTE
    assert shares.schedule == pytest.approx(expected, rel=5e-3)
    assert shares.total == pytest.approx(0.05 * ABSOLUTE, rel=2e-3)


def test_agrees_with_quadrature():
    """eps_t^2 of a wrong model against fixed nodes, within 4 standard errors."""
    target = load("separated")
    schedule = Schedule.li_huang_wei(16, 1, 2)

    def model(x, t):
        return x + 0.02 * (t - 1) * torch.cos(x)

    budget, _ = measured(model, target, schedule, 2000)
    nodes = quadrature_defects(Centred(model, target, schedule), target.quadrature_form())
    gap = np.abs(np.subtract(budget.model_defect_squared, nodes.model_defect_squared))
    errors = np.array(budget.model_defect_squared_error)
    assert (gap <= 4 * errors + 1e-9).all()


def test_starts_below_the_last_level():
    """From level 2 of 3: nothing at t = 3, the carry in `start`, limits of batches."""
    f = Centred(shrinking, STANDARD, FEW)

    def draw(n, generator):
        first = noise_starts(f, n, generator)
        return Starts(level=2, z=first.z, model=1.5 * first.exact, exact=first.exact)

    budget, shares = measured(shrinking, STANDARD, FEW, 2000, draw=draw)
    assert budget.step[1] == budget.model_defect[1] == budget.step_l2[1] == 0.0
    assert shares.model[1] == shares.schedule[1] == shares.model_error[1] == 0.0
    assert budget.start == pytest.approx(0.45 * ABSOLUTE, rel=0.1)
    assert budget.step[0] == pytest.approx(0.1 * ABSOLUTE, rel=0.1)
    assert budget.total_upper >= 0.55 * ABSOLUTE
    parts = shares.start + shares.initial + shares.model_total + shares.schedule_total
    assert parts == pytest.approx(shares.total, rel=1e-12)


def test_the_exact_map_has_no_shares():
    """The identity on N(0, 1): rounding has no direction."""
    budget, shares = measured(lambda x, t: x.clone(), STANDARD, FEW, 64)
    assert shares is None
    assert budget.total < 1e-13


def test_f_is_called_once_at_each_point():
    """On the paths: f_t at X_t, once a level, and at the starts; else parts would not telescope."""
    sizes = []

    def counting(x, t):
        sizes.append((t, len(x)))
        return shrinking(x, t)

    measured(counting, STANDARD, FEW, 64)
    assert sorted(size for size in sizes if size[1] == 64) == [(1, 64), (2, 64), (3, 64), (3, 64)]


def test_not_a_number_is_found():
    """At a level in the middle."""

    def model(x, t):
        return torch.where((t == 2) & (x > 2), torch.nan, x)

    with pytest.raises(NotFinite):
        measured(model, STANDARD, FEW, 200)


@pytest.mark.parametrize("seeds", [10, pytest.param(1000, marks=pytest.mark.slow)])
def test_coverage(seeds):
    """At alpha = 0.025 both limits miss at most as often as Binomial(seeds, 0.025) at RATE."""
    total = 0.15 * ABSOLUTE
    misses = np.zeros(2, dtype=int)
    for seed in range(seeds):
        budget, _ = measured(shrinking, STANDARD, FEW, 256, alpha=0.025, seed=seed)
        misses += np.array([budget.total_upper < total, budget.w2_total_upper < 0.15])
    assert misses.max() <= binom.isf(RATE, seeds, 0.025)
