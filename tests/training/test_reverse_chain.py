"""The population model by reverse chains, against its closed forms, and its bracket, against W_1
where that is known.
"""

import math
from dataclasses import replace
from functools import partial

import pytest
import torch
from scipy import stats

from ctverify import Dataset, Gaussian, InputError, Schedule, population_model
from ctverify.certificate import chain_bracket as bracket
from ctverify.certificate.bracket_1d import bracket_1d
from ctverify.certificate.chain_bracket import chain_bracket, coupled_chains
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.strata import stratified_starts
from ctverify.core.normal import norm_mean
from ctverify.core.streams import normal, stream
from ctverify.targets import load
from ctverify.theory import gaussian_law
from ctverify.training import reverse_chain as chain
from ctverify.training.reverse_chain import chain_mean
from tests.conftest import RATE

SCHEDULE = Schedule.li_huang_wei(48)
STARTS = 64
CHAINS = 256
BASIS = [[1.0, 2.0, 0.0], [3.0, -1.0, 1.0], [0.5, 0.0, 2.0]]
Q, _ = torch.linalg.qr(torch.tensor(BASIS, dtype=torch.float64))
EIGENVALUES = torch.tensor([0.05, 1.0, 4.0], dtype=torch.float64)
COVARIANCE = Q @ torch.diag(EIGENVALUES) @ Q.T
ANISOTROPIC = Gaussian([3.0, -1.0, 0.5], COVARIANCE)


def population(target, x, schedule=SCHEDULE):
    """f*_T between centred coordinates."""
    a_T, _ = schedule.scales(schedule.T)
    a_1, _ = schedule.scales(1)
    f = population_model(target, schedule)
    start = x + a_T * target.mean
    return f(start, schedule.T) - a_1 * target.mean


def errors(target, schedule=SCHEDULE):
    """Chain means less the population model, in standard errors, at points of X_T: (STARTS, d)."""
    generator = torch.Generator().manual_seed(1)
    a, b = schedule.scales(schedule.T)
    x0 = target.sample(STARTS, generator) - target.mean
    z = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    x = a * x0 + b * z
    starts = x.repeat(CHAINS // 2, 1)
    halves = chain_mean(target, schedule, starts, 2, generator)
    draws = halves.unflatten(1, (-1, STARTS)).flatten(0, 1)
    gap = draws.mean(0) - population(target, x, schedule)
    standard_error = draws.std(0) / math.sqrt(CHAINS)
    # the table of population_model in d = 1 is good to 1e-9 (test_population)
    return gap / standard_error.clamp_min(1e-8)


def agree(z, draws=CHAINS):
    """All entries within Student's two-sided limit; RATE is shared among them."""
    rate = RATE / (2 * z.numel())
    limit = stats.t.isf(rate, draws - 1)
    return bool((z.abs() < limit).all())


def without_control(target, schedule, x):
    """J_t = 0 for t > 2: plain chains."""
    right = TANGENTS(target, schedule, x)
    return replace(right, derivative=0 * right.derivative)


TANGENTS = chain.tangents


@pytest.mark.parametrize(
    "target",
    [load("mild"), load("sharp"), Dataset([-1.0, -0.5, 0.2, 1.5], 0.3), ANISOTROPIC],
    ids=["mild", "sharp", "dataset", "gaussian"],
)
def test_chains_are_unbiased(target):
    """Their mean is the population model, start by start: mixtures mild and sharp, a data set, an
    anisotropic Gaussian.
    """
    assert agree(errors(target))


def test_every_level_counts():
    """Four coarse levels, so that a step left out at either end is seen."""
    assert agree(errors(load("mild"), Schedule.from_alpha_bar([0.9, 0.7, 0.4, 0.2])))


def test_starts_keep_their_order_in_blocks(monkeypatch):
    """Blocks of a few starts, the last one shorter, change nothing but the draws."""
    monkeypatch.setattr(chain, "_starts", lambda target, chains: 1000)
    assert STARTS * CHAINS // 2 % 1000
    assert agree(errors(load("mild")))


def test_two_levels():
    """T = 2: no draw is made, and the chain is E[X_1 | X_2], which is f*_2, to a few roundings."""
    schedule = Schedule.from_alpha_bar([0.9, 0.2])
    axis = torch.linspace(-2, 2, 9, dtype=torch.float64)
    x = axis[:, None].expand(-1, 3).contiguous()
    halves = chain_mean(ANISOTROPIC, schedule, x, 2, torch.Generator())
    exact = population(ANISOTROPIC, x, schedule).expand(2, -1, -1)
    assert torch.allclose(halves, exact, rtol=1e-13, atol=1e-14)


def test_unbiased_whatever_the_slopes(monkeypatch):
    """The control variate is a martingale for any J of the start: twice the right ones leave the
    mean alone.
    """

    def doubled(target, schedule, x):
        right = TANGENTS(target, schedule, x)
        first = 2 * right.derivative[:1]
        derivative = torch.cat([first, right.derivative[1:]])
        return replace(right, derivative=derivative)

    monkeypatch.setattr(chain, "tangents", doubled)
    assert agree(errors(load("mild")))


@pytest.mark.parametrize("off", [-1, 1])
def test_wrong_level_of_the_control_is_seen(off, monkeypatch):
    """A mutant: the control's mean is that of the level beside, and no martingale is left.

    Seen on the Gaussian, where little noise is left: errors of neighbouring levels nearly cancel in
    the sum over t.
    """
    right = chain._mean

    def mean(target, schedule, t, x):
        if t > 2:
            t = min(t + off, schedule.T)
        return right(target, schedule, t, x)

    monkeypatch.setattr(chain, "_mean", mean)
    assert not agree(errors(ANISOTROPIC))


def test_independent_noise_is_seen(monkeypatch):
    """A mutant, right in itself: X_{t-1} = a' X_0 + b' Z with fresh noise, and its own mean, is not
    the population model.
    """

    def draw(target, schedule, t, x, generator):
        a, b = schedule.scales(t)
        a1, b1 = schedule.scales(t - 1)
        x0 = target.conditional_draw(x, a, b, generator)
        noise = normal(tuple(x.shape), generator, x)
        return a1 * x0 + b1 * noise

    def mean(target, schedule, t, x):
        a, b = schedule.scales(t)
        a1, _ = schedule.scales(t - 1)
        return target.conditional_mean(x, a, b, a1, 0.0)

    monkeypatch.setattr(chain, "_draw", draw)
    monkeypatch.setattr(chain, "_mean", mean)
    assert not agree(errors(load("mild")))


@pytest.mark.parametrize(
    ("target", "factor"),
    [(ANISOTROPIC, 25.0), (load("mixture-2d"), 3.0)],
    ids=["gaussian", "mixture-2d"],
)
def test_control_variate_removes_noise(target, factor, monkeypatch):
    """On a Gaussian, whose flow is linear, nothing is left but the tangents' interpolation; on a
    mixture the second order.

    Measured with other seeds: 34 to 37 and 3.8 to 4.4 times less than plain chains.
    """
    halves, _ = coupled_chains(target, SCHEDULE, 256, 2, 0)
    monkeypatch.setattr(chain, "tangents", without_control)
    plain, _ = coupled_chains(target, SCHEDULE, 256, 2, 0)
    noise = float((halves[0] - halves[1]).std())
    assert factor * noise < float((plain[0] - plain[1]).std())


def coupled(target, n, seed):
    """coupled_chains of two chains a start, and the population model at the same starts z - a_T
    mean; centred.
    """
    halves, exact = coupled_chains(target, SCHEDULE, n, 2, seed)
    generator = stream("chain/pairs", seed)
    target.sample(n, generator)
    z = normal((n, target.dim), generator, exact)
    a, _ = SCHEDULE.scales(SCHEDULE.T)
    truth = population(target, z - a * target.mean)
    return halves, exact, truth


def test_starts_are_those_of_the_model():
    """z ~ N(0, I) in the paper's coordinates: with a mean near 100 and a_T = 0.009 the centre of
    the starts is far from 0.
    """
    target = Gaussian(ANISOTROPIC.mean + 100.0, ANISOTROPIC.covariance)
    halves, _, truth = coupled(target, CHAINS, 4)
    gap = halves.mean(0) - truth
    standard_error = gap.std(0) / math.sqrt(CHAINS)
    assert agree(gap.mean(0) / standard_error)


def test_square_is_unbiased():
    """<f - Phi, f' - Phi> of two halves is |f*_T(z) - Phi|^2 on average, start by start; that of
    the noisy mean is larger.
    """
    n = 2048
    halves, exact, truth = coupled(load("sharp"), n, 5)
    of_halves = (halves[0] - exact) * (halves[1] - exact)
    of_mean = (halves.mean(0) - exact).square()
    squares = torch.stack([of_halves, of_mean])
    excess = (squares - (truth - exact).square())[:, :, 0]
    standard_error = excess.std(1) / math.sqrt(n)
    unbiased, biased = excess.mean(1) / standard_error
    assert agree(unbiased, n)
    assert not agree(biased, n)


def test_limits_are_taken_where_they_belong():
    """Halves that err by +e and -e have the mean 0 and the square -|e|^2; a gain on the fitting
    half alone is none at all.
    """
    generator = torch.Generator().manual_seed(6)
    exact, noise = torch.randn(2, 64, 2, dtype=torch.float64, generator=generator)
    halves = torch.stack([exact + noise, exact - noise])
    opposed = bracket._bracket(halves, exact, 1e-6, 0.0)
    assert opposed.w2_upper == 0.0
    assert 0 <= opposed.upper < 1e-14
    shrunk = exact.clone()
    shrunk[:32] *= 0.5
    fitted = bracket._bracket(shrunk.expand(2, -1, -1), exact, 1e-6, 0.0)
    assert fitted.lower_estimate == fitted.lower == 0.0
    assert fitted.upper_estimate > 0.1


def test_bracket_of_a_gaussian():
    """An isotropic Gaussian's W_1 from N(0, I) is |sqrt(v_1) - A| E|Z|: inside, and both limits are
    within a fifth.

    |Z| deviates by sqrt(3/E|Z|^2 - 1) = 0.42 of its mean in d = 3: 5.1 standard errors are 0.10 of
    W_1 on 512 pairs, 0.14 on the 256 held out; |Z|^2 by sqrt(2/3), and half of 0.18 is left in the
    root, on W_2 = 1.09 W_1. The rest is for chains and a_T.
    """
    target = Gaussian([0.0] * 3, 2.0 * torch.eye(3))
    limits = chain_bracket(target, SCHEDULE, pairs=512)
    distance = gaussian_law.start_distance(SCHEDULE, 2.0)
    exact = distance * norm_mean(3)
    assert 0.8 * exact < limits.lower <= exact
    assert exact <= limits.upper < 1.2 * exact
    assert distance * math.sqrt(3) <= limits.w2_upper < 1.3 * exact


@pytest.mark.parametrize("name", ["mild", "sharp"])
def test_bracket_in_one_dimension(name):
    """W_1 by strata of the population model lies inside the chains' bracket, which more chains
    do not leave.
    """
    target = load(name)
    model = Centred(population_model(target, SCHEDULE), target, SCHEDULE)
    form = target.one_dimensional_form()
    exact = bracket_1d(model, form, partial(stratified_starts, model, form), 2000, 1e-6, 0)
    for chains in (2, 8):
        limits = chain_bracket(target, SCHEDULE, pairs=512, chains=chains, seed=1)
        assert limits.lower <= exact.upper
        assert exact.lower <= limits.upper
    # informative: with other seeds sharp has 0.42 to 0.48 and 1.2 to 1.44, most of it Student's 5
    # standard errors on 512 pairs
    assert limits.upper < 1.6 * exact.upper
    assert limits.lower > 0.3 * exact.lower


def test_bracket_of_a_mixture_in_the_plane():
    """No closed form: the limits are in order, and within a factor of 3 of each other; the same
    seed gives the same bits.
    """
    target = load("mixture-2d")
    limits = chain_bracket(target, SCHEDULE, pairs=256, seed=3)
    assert 0 < limits.lower <= limits.lower_estimate
    assert limits.lower_estimate <= limits.upper_estimate
    assert limits.upper_estimate <= limits.upper < 3 * limits.lower
    assert limits == chain_bracket(target, SCHEDULE, pairs=256, seed=3)
    assert limits != chain_bracket(target, SCHEDULE, pairs=256, seed=4)


def test_computed_in_float64():
    """A target kept in float32 gives the same bracket but for the rounding of its parameters."""
    target = load("mixture-2d")
    single = chain_bracket(target.to(dtype=torch.float32), SCHEDULE, pairs=64)
    double = chain_bracket(target, SCHEDULE, pairs=64)
    assert single.upper == pytest.approx(double.upper, rel=1e-4)


def test_potentials_are_concave_and_1_lipschitz():
    """What the lower limit rests on: g((x + y)/2) >= (g(x) + g(y))/2 and |g(x) - g(y)| <= |x - y|,
    to a few roundings.
    """
    generator = torch.Generator().manual_seed(2)
    x, y = torch.randn(2, 500, 3, dtype=torch.float64, generator=generator)
    middle = (x + y) / 2
    distance = (x - y).norm(dim=1)
    for g in bracket._potentials(x[:100]):
        excess = g.gain(middle, x) + g.gain(middle, y)
        assert bool((excess >= -1e-13).all())
        assert bool((g.gain(x, y).abs() <= distance + 1e-13).all())


def test_refusals():
    """Too few pairs, an odd number of chains or none, a confidence of 1, a seed below 0."""
    target = load("mild")
    wrong = (
        ({"pairs": 31}, "pairs"),
        ({"chains": 3}, "chains must be even, got 3"),
        ({"chains": 0}, "chains"),
        ({"confidence": 1.0}, "confidence"),
        ({"seed": -1}, "seed"),
    )
    for options, words in wrong:
        with pytest.raises(InputError, match=words):
            chain_bracket(target, SCHEDULE, **options)
    x = torch.zeros(1, 1, dtype=torch.float64)
    with pytest.raises(InputError, match="chains must be even"):
        chain_mean(target, SCHEDULE, x, 5, torch.Generator())
