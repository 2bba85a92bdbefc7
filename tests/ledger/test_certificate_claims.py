"""The claims about the certificate at random points: what is proved in letters holds in figures,
and the variants that are known to be wrong do not.
"""

import itertools
import math

import numpy as np
import pytest
import sympy as sp
import torch

from ctverify import Gaussian, Schedule
from ctverify.core.normal import norm_mean
from ctverify.theory.gaussian_law import angles, variance
from ctverify.training.population import population_model

from .proofs import BY_ID

LEVELS = 7
DIM = 3


@pytest.fixture
def draws():
    """Values of f_t on a path, X_1, draws f_{t-1}(Y_t) and f_T(Z); shape (levels, DIM)."""
    random = np.random.default_rng(5)
    values = random.normal(size=(LEVELS, DIM))
    apart = random.normal(size=(LEVELS, DIM))
    end, start = random.normal(size=(2, DIM))
    return values, apart, end, start


def test_telescoping_and_its_bound(draws):
    """trajectory.telescope and .sum: points off the flow cost their last distance once."""
    values, _, end, _ = draws
    near = end + 0.1
    steps = np.diff(values, axis=0)
    parts = (values[0] - near) + (near - end) + steps.sum(0)
    assert np.allclose(values[-1] - end, parts, rtol=0, atol=1e-14)
    total = np.linalg.norm(values[0] - end) + np.linalg.norm(steps, axis=1).sum()
    assert np.linalg.norm(values[-1] - end) <= total


def test_one_root_lies_between(draws):
    """trajectory.W2.root: W_2's own norm <= the root of one mean <= the sum of the norms."""
    random = np.random.default_rng(6)
    d = random.normal(size=(1000, LEVELS)) * random.exponential(size=(1000, LEVELS))
    true = np.sqrt((d.sum(1) ** 2).mean())
    one_root = np.sqrt((np.abs(d).sum(1) ** 2).mean())
    norms = np.sqrt((d**2).mean(0)).sum()
    squares = np.sqrt((d**2).mean(0).sum())
    assert true <= one_root <= norms
    assert squares < one_root


def test_shares_sum_with_any_control_variate(draws):
    """shares.identity, shares.sum: whatever one term takes and the other gives."""
    values, apart, end, start = draws
    xi = start - end
    u = xi / np.linalg.norm(xi)
    control = np.linspace(-3, 3, LEVELS - 1)
    model = (values[1:] - apart[1:]) @ u + control
    schedule = (apart[1:] - values[:-1]) @ u - control
    ends = (start - values[-1]) @ u + (values[0] - end) @ u
    assert math.isclose(np.linalg.norm(xi), ends + model.sum() + schedule.sum(), rel_tol=1e-13)


def test_mean_of_a_model_term_by_enumeration():
    """shares.model on a path of two states: Y drawn apart, not Y of the shared noise."""
    chance = sp.Rational(1, 3)  # X_{t-1} is +1 with it, else -1, given X_t; u is the sign of xi
    f = sp.Rational(1, 5)
    g = 2 * chance - 1
    outcomes = ((1, chance), (-1, 1 - chance))
    apart = shared = 0
    for (x, p), (y, q) in itertools.product(outcomes, outcomes):
        u = sp.sign(f - x)  # the path's end, a function of the path alone
        apart += p * q * (f - y) * u
        shared += p * q * (f - x) * u
    direction = sum(p * sp.sign(f - x) for x, p in outcomes)
    assert apart == (f - g) * direction
    assert shared != apart


def test_repairing_by_enumeration():
    """repairing.bound: the batch mean's expectation over all batches, for every rule that is a
    bijection; control.nearest, control.cheaper_twin and control.fixed_slot are below W_1.
    """
    chance = sp.Rational(3, 5)  # of a 1, in the target and the model
    own = sp.Rational(1, 10)
    rows = 3
    truth = chance - own
    expected = nearest = fixed = 0
    for batch in itertools.product((0, 1), repeat=2 * rows):
        model = batch[:rows]
        exact = batch[rows:]
        weight = own ** sum(model) * (1 - own) ** (rows - sum(model))
        weight *= chance ** sum(exact) * (1 - chance) ** (rows - sum(exact))
        distance = [[abs(y - x) for x in exact] for y in model]
        costs = [
            [distance[i][s[i]] for i in range(rows)] for s in itertools.permutations(range(rows))
        ]
        best = min(costs, key=sum)
        expected += weight * sp.Rational(sum(best), rows)
        nearest += weight * sp.Rational(sum(map(min, distance)), rows)
        fixed += weight * min(cost[0] for cost in costs)
    assert expected >= truth
    assert nearest < truth
    assert fixed < truth


def test_resolution_at_points():
    """resolution.excluded, resolution.best and resolution.strata."""
    random = np.random.default_rng(7)
    for n, alpha in ((2, 0.5), (20_000, 2.5e-7), (300, 0.1)):
        p_star = -math.expm1(math.log(alpha) / n)
        assert math.isclose((1 - p_star) ** n, alpha, rel_tol=1e-9)
        assert (1 - 1.01 * p_star) ** n < alpha
        strata = random.uniform(size=n)
        strata *= 1.01 * p_star / strata.mean()
        assert strata.max() > 1 or np.log1p(-strata).sum() < math.log(alpha)


def test_strata_are_never_too_small():
    """strata.plain and strata.neighbours, from means and variances of the strata."""
    random = np.random.default_rng(8)
    m = random.normal(size=10)
    v = random.exponential(size=10)
    of_the_mean = v.sum() / 100
    plain = ((v + m**2).sum() - 10 * (of_the_mean + m.mean() ** 2)) / 9 / 10
    pairs = (v.reshape(5, 2).sum(1) + np.diff(m.reshape(5, 2), axis=1)[:, 0] ** 2).sum() / 100
    assert plain >= of_the_mean
    assert pairs >= of_the_mean


def test_norm_mean_is_the_code_s():
    """data.norm beside core.normal.norm_mean, and data.moments by quadrature."""
    formula = BY_ID["data.norm"].statement[0].rhs
    t = sp.Symbol("t", integer=True, positive=True)
    for d in (1, 2, 3, 8, 64):
        assert math.isclose(float(formula.subs(t, d)), norm_mean(d), rel_tol=1e-12)
    step = 1e-3
    r = step * (np.arange(40_000) + 0.5)
    for k in (1, 2, 5):
        integrand = (r ** (k + 1) - k * r ** (k - 1)) * np.exp(-(r**2) / 2)
        assert abs(integrand.sum() * step) < 1e-6


def test_few_steps_on_a_gaussian():
    """gaussian.few_steps, .start and .W2 beside the population model's own slopes, N(0, I) on."""
    schedule = Schedule.li_huang_wei(64)
    lam = 0.3
    mu = 2.0
    levels = (64, 40, 17)
    target = Gaussian([mu], [[lam]])
    model = population_model(target, schedule)
    points = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    abar = schedule.alpha_bar
    first = variance(schedule, lam, 1)
    mean = 0.0
    spread = 1.0
    r_squared = 1.0
    for t in levels:
        at_0, at_1 = model(points, t)[:, 0].tolist()
        mean = at_0 + (at_1 - at_0) * mean
        spread = (at_1 - at_0) ** 2 * spread
        R = float(np.cos(np.diff(angles(schedule, lam)[:t])).prod())
        own = variance(schedule, lam, t)
        if t == schedule.T:
            u = 1 - R**2 / own
            b = -R * math.sqrt(first / own * abar[t]) * mu
        else:
            rho_squared = r_squared * first / own
            u = 1 - R**2 + R**2 * rho_squared * u
            b = R * math.sqrt(rho_squared) * b
        assert math.isclose(u, 1 - spread / first, rel_tol=1e-9)
        assert math.isclose(b, mean - math.sqrt(abar[1]) * mu, rel_tol=1e-9)
        below = levels[levels.index(t) + 1 :]
        if below:
            r_squared = abar[below[0]] / abar[1]
            mean *= math.sqrt(r_squared)
            spread = r_squared * spread + 1 - r_squared
