"""The bracket in d = 1: known distances of wrong models, what fixed nodes missed, right laws by
wrong maps, and few steps.
"""

import math
from functools import partial

import numpy as np
import pytest
import torch
from scipy.special import ndtr, ndtri
from scipy.stats import binom, norm

from ctverify import Dataset, Gaussian, Schedule, flow_map, population_model
from ctverify.certificate.bracket_1d import bracket_1d, constant_model_distance
from ctverify.certificate.checked_model import Centred, NotFinite
from ctverify.certificate.potentials import polyline
from ctverify.certificate.starts import Starts, noise_starts
from ctverify.certificate.strata import stratified_starts
from ctverify.core.confidence import resolution
from ctverify.targets import load
from tests.conftest import RATE

FEW = Schedule.from_alpha_bar([0.9, 0.5, 0.1])
STANDARD = Gaussian(0.0, 1.0)  # its flow is the identity, whatever the schedule
ABSOLUTE = math.sqrt(2 / math.pi)  # E|Z|
ALPHA = 0.025  # of each of four limits at a confidence of 0.9


def measured(g, pairs=2000, alpha=ALPHA, seed=0, repair_batch=None):
    """The bracket of f_t(x) = g(x), a function of arrays (n, 1), on N(0, 1)."""

    def model(x, t):
        return torch.from_numpy(g(x.numpy()))

    f = Centred(model, STANDARD, FEW)
    form = STANDARD.one_dimensional_form()
    draw = partial(stratified_starts, f, form)
    return bracket_1d(f, form, draw, pairs, alpha, seed, repair_batch)


def spike(first, p, height):
    """x, but `height` more on a set of probability p: W_1 = p height, whatever the height."""

    def g(z):
        u = ndtr(z)
        return z + height * ((u >= first) & (u < first + p))

    return g


def scipy_distances(f, target, schedule):
    """W_1 and W_2 of an increasing model of a mixture by SciPy, without quantiles: from points x of
    X_1 to the scores N^-1(F(x)), where the model starts.
    """
    a, b = schedule.scales(1)
    weight = target.weights.numpy()
    centre = a * target.means[:, 0].numpy()
    variance = target.covariances[:, 0, 0].numpy()
    scale = np.sqrt(a * a * variance + b * b)
    x = np.linspace(centre.min() - 7 * scale.max(), centre.max() + 7 * scale.max(), 40_001)
    apart = (x[:, None] - centre) / scale
    z = norm.ppf(ndtr(apart) @ weight)
    # the smaller tail keeps its digits
    z = np.where(z > 0, norm.isf(ndtr(-apart) @ weight), z)
    density = norm.pdf(apart) @ (weight / scale)
    model = f(torch.from_numpy(z[:, None]), schedule.T)[:, 0].numpy()
    assert (np.diff(model) >= 0).all()
    gap = np.abs(model - x)
    return np.trapezoid(density * gap, x), math.sqrt(np.trapezoid(density * gap**2, x))


@pytest.mark.parametrize("name", ["mild", "separated", "sharp"])
def test_population_models(name):
    """The limits hold W_1 and W_2 as SciPy has them, and are within 2 % of them."""
    target = load(name)
    schedule = Schedule.li_huang_wei(16, 1, 2)
    model = population_model(target, schedule)
    f = Centred(model, target, schedule)
    form = target.one_dimensional_form()
    draw = partial(stratified_starts, f, form)
    bracket = bracket_1d(f, form, draw, 4000, 1e-6, 0)
    w1, w2 = scipy_distances(model, target, schedule)
    assert bracket.lower <= w1 <= bracket.upper
    assert bracket.lower >= 0.98 * w1
    assert bracket.upper <= 1.02 * w1
    assert w2 <= bracket.w2_upper <= 1.02 * w2
    assert bracket.draws == 3990
    assert bracket.upper_estimate == pytest.approx(w1, rel=2e-3)


def test_in_closed_form():
    """1.05 z + 0.1 and its W_2 at the default confidence, 2 % at most apart."""
    bracket = measured(lambda z: 1.05 * z, pairs=20_000, alpha=2.5e-7)
    w1 = 0.05 * ABSOLUTE
    assert 0.99 * w1 <= bracket.lower <= w1 <= bracket.upper <= 1.01 * w1
    assert 0.05 <= bracket.w2_upper <= 1.01 * 0.05
    assert bracket.scale == pytest.approx(ABSOLUTE, rel=1e-12)
    assert bracket.relative.upper == pytest.approx(bracket.upper / ABSOLUTE)


def test_exact_maps_are_at_distance_zero():
    """Up to rounding: no floor from sorting or from nodes."""
    target = load("sharp")
    f = Centred(lambda x, t: flow_map(target, FEW, x, t, 1), target, FEW)
    form = target.one_dimensional_form()

    def draw(n, generator):
        starts = stratified_starts(f, form, n, generator)
        return Starts(level=3, z=starts.z, model=starts.exact, exact=starts.exact)

    bracket = bracket_1d(f, form, draw, 600, 1e-6, 0)
    assert bracket.lower == 0.0
    assert bracket.upper <= 1e-12
    assert measured(lambda z: z).upper <= 1e-13


def test_a_shift_is_its_own_distance():
    """0.3, between limits that rounding does not turn around."""
    bracket = measured(lambda z: z + 0.3)
    assert bracket.lower <= bracket.upper
    assert bracket.lower == pytest.approx(0.3, abs=1e-13)
    assert bracket.upper == pytest.approx(0.3, abs=1e-13)


def test_right_law_by_wrong_map():
    """-z has W_1 = 0: sorted batches see it, and no lower end comes of them."""
    bracket = measured(lambda z: -z, pairs=6000)
    assert "sorted in 30 batches of 200" in bracket.method
    assert bracket.lower <= 0.01
    assert bracket.upper <= 0.04
    wrong = measured(lambda z: -1.1 * z, pairs=6000)
    assert wrong.lower <= 0.1 * ABSOLUTE <= wrong.upper
    assert wrong.lower >= 0.8 * 0.1 * ABSOLUTE
    assert wrong.upper <= 1.3 * 0.1 * ABSOLUTE


def test_a_spike_between_nodes_is_seen():
    """W_1 = 1 on probability 3e-4, between the old nodes; an error in step with all strata too."""
    bracket = measured(spike(0.31, 3e-4, 1 / 3e-4), pairs=20_000)
    assert bracket.lower <= 1 <= bracket.upper
    assert bracket.upper_estimate == pytest.approx(1, abs=0.25)
    for phase in (0.0, 0.3, 0.7):  # of an error that repeats in every stratum

        def comb(z, phase=phase):
            within = (2000 * ndtr(z) + phase) % 1
            return z + 4.0 * (within < 0.25)

        bracket = measured(comb)
        assert bracket.lower <= 1 <= bracket.upper


@pytest.mark.parametrize("block", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_random_spikes(block):
    """Of probability p* to 0.03, any height: violations fit a binomial law at RATE from above."""
    count = 300 if block else 12
    pairs = 20_000 if block else 4000
    drawn = np.random.default_rng(block)
    rarest = resolution(pairs, ALPHA)
    too_low = 0
    too_high = 0
    for seed in range(count):
        p = np.exp(drawn.uniform(np.log(rarest), np.log(0.03)))
        height = np.exp(drawn.uniform(np.log(0.05), np.log(1000)))
        g = spike(drawn.uniform(0, 1 - p), p, height)
        bracket = measured(g, pairs=pairs, seed=seed)
        too_low += bracket.upper < p * height
        too_high += bracket.lower > p * height
    allowed = binom.isf(RATE, count, ALPHA)
    assert too_low <= allowed
    assert too_high <= allowed


def test_not_a_number_is_found_where_a_draw_falls():
    """A set of probability about p*: NotFinite if and only if it was met."""
    for seed in range(10):
        met = []

        def g(z, first=seed / 10, met=met):
            u = ndtr(z)
            inside = (u >= first) & (u < first + 1e-3)
            met.append(inside.any())
            return np.where(inside, np.nan, z)

        try:
            measured(g, seed=seed, pairs=600)
            stopped = False
        except NotFinite:
            stopped = True
        assert stopped == any(met)


@pytest.mark.parametrize(
    ("case", "seeds"),
    [
        ("wider", 20),
        pytest.param("wider", 1000, marks=pytest.mark.slow),
        pytest.param("waves", 300, marks=pytest.mark.slow),
    ],
)
def test_coverage(case, seeds):
    """At a confidence of 0.9 each limit's misses fit Binomial(seeds, 0.025) from above at RATE."""
    if case == "wider":
        w1 = 0.05 * ABSOLUTE
        w2 = 0.05

        def g(z):
            return 1.05 * z
    else:

        def g(z):
            return z + 0.3 * np.sin(5 * z)

        z = ndtri((np.arange(10**5) + 0.5) / 10**5)
        gap = np.abs(np.sort(g(z)) - z)
        w1 = gap.mean()
        w2 = math.sqrt((gap**2).mean())
    brackets = [measured(g, pairs=600, seed=seed) for seed in range(seeds)]
    allowed = binom.isf(RATE, seeds, ALPHA)
    assert sum(bracket.upper < w1 for bracket in brackets) <= allowed
    assert sum(bracket.lower > w1 for bracket in brackets) <= allowed
    assert sum(bracket.w2_upper < w2 for bracket in brackets) <= allowed


def test_two_steps_in_closed_form():
    """x to 0.8 x twice, re-noised in between: a normal law, in sorted batches."""
    f = Centred(lambda x, t: 0.8 * x, STANDARD, FEW)
    r = math.sqrt(FEW.alpha_bar[2] / FEW.alpha_bar[1])
    q = math.sqrt(1 - r**2)

    def draw(n, generator):
        first = noise_starts(f, n, generator)
        noise = torch.randn(n, 1, generator=generator, dtype=torch.float64)
        model = 0.8 * r * first.model + q * noise
        return Starts(level=2, z=first.z, model=model, exact=r * first.exact + q * noise)

    deviation = 0.8 * math.hypot(0.8 * r, q)
    w1 = (1 - deviation) * ABSOLUTE
    bracket = bracket_1d(f, STANDARD.one_dimensional_form(), draw, 12_000, 1e-6, 0)
    assert bracket.lower <= w1 <= bracket.upper
    assert bracket.w2_upper >= 1 - deviation
    assert bracket.upper_estimate <= 1.05 * w1
    assert bracket.lower_estimate >= 0.97 * w1
    assert bracket.draws == 12_000


def test_the_pilot_counts_for_nothing_else():
    """draws are the rows that move the upper estimate, however many were drawn: a row of the pilot
    moves none.
    """
    form = STANDARD.one_dimensional_form()
    far = 1e6
    f = Centred(lambda x, t: torch.where(x > far / 2, x - far + 1.0, x), STANDARD, FEW)
    sizes = []
    moved = []

    def draw(marked, n, generator):
        starts = stratified_starts(f, form, n, generator)
        sizes.append(n)
        if len(sizes) - 1 == marked:
            shifted = starts.model + far
            return Starts(level=3, z=starts.z, model=shifted, exact=starts.exact)
        return starts

    unmarked = bracket_1d(f, form, partial(draw, None), 600, ALPHA, 0)
    calls = sizes.copy()
    for marked, size in enumerate(calls):
        sizes.clear()
        bracket = bracket_1d(f, form, partial(draw, marked), 600, ALPHA, 0)
        if abs(bracket.upper_estimate - unmarked.upper_estimate) > 1e-9:
            moved.append(size)
    assert sum(moved) == unmarked.draws == 600
    assert sum(calls) > 600


def test_batches_may_be_chosen():
    """repair_batch rows are sorted together."""
    bracket = measured(lambda z: -1.1 * z, pairs=2000, repair_batch=50)
    assert "40 batches of 50" in bracket.method


def test_the_best_constant_of_a_mixture():
    """E|X - median| against a sum over quantiles, also of points."""
    points = torch.tensor([[0.0], [0.5], [3.0]], dtype=torch.float64)
    for target in (load("sharp"), load("separated"), Dataset(points, 0.2)):
        law = target.one_dimensional_form().noised(*FEW.scales(1))
        x = law.at_scores(ndtri((np.arange(4000) + 0.5) / 4000))
        expected = np.abs(x - np.median(x)).mean()
        assert constant_model_distance(law) == pytest.approx(expected, rel=1e-3)


def test_potentials_are_1_lipschitz():
    """Of any fit: equal laws, no rows that differ, slopes that turn."""
    drawn = np.random.default_rng(0)
    x = torch.linspace(-4, 4, 2001, dtype=torch.float64)[:, None]
    model = torch.from_numpy(drawn.normal(size=(50, 1)))
    other = torch.from_numpy(drawn.normal(size=(50, 1)))
    for exact in (model, model + 1, other, 2 * model):
        g = polyline(model, exact)
        slopes = g(x).diff() / x[:, 0].diff()
        assert float(slopes.abs().max()) <= 1 + 1e-9
    wider = polyline(2 * model, model)
    ends = torch.tensor([[-9.0], [-8.0], [8.0], [9.0]], dtype=torch.float64)  # beyond all knots
    np.testing.assert_allclose(wider(ends).diff()[::2], [-1, 1])
