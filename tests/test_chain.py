"""The population model by reverse chains, against its closed forms, and its bracket, against W_1 where that is known."""

import math

import pytest
import torch
from conftest import RATE
from scipy import stats

from ctverify import Gaussian, InputError, Mixture, Schedule, chain, gaussian_law, population_model
from ctverify.chain import chain_bracket, chain_mean, coupled_chains
from ctverify.targets import load

SCHEDULE = Schedule.li_huang_wei(48)
STARTS, CHAINS = 64, 256


def errors(target, schedule=SCHEDULE):
    """Chain means less the population model, in standard errors, at points of X_T: (STARTS, d)."""
    generator = torch.Generator().manual_seed(1)
    a, b = schedule.scales(schedule.T)
    x0 = target.sample(STARTS, generator) - target.mean
    x = a * x0 + b * torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    draws = chain_mean(target, schedule, x.repeat(CHAINS // 2, 1), 2, generator).unflatten(1, (-1, STARTS)).flatten(0, 1)
    first = schedule.scales(1)[0] * target.mean
    exact = population_model(target, schedule)(x + a * target.mean, schedule.T) - first
    return (draws.mean(0) - exact) / (draws.std(0) / math.sqrt(CHAINS)).clamp_min(1e-12)


def agree(z):
    """All coordinates within Student's limit at the false-alarm rate."""
    limit = stats.t.isf(RATE / (2 * z.numel()), CHAINS - 1)
    return bool((z.abs() < limit).all())


@pytest.mark.parametrize(
    "target",
    [load("mild"), load("sharp"), Gaussian([3.0, -1.0], [[1.0, 0.7], [0.7, 0.6]])],
    ids=["mild", "sharp", "gaussian"],
)
def test_chains_are_unbiased(target):
    """Their mean is the population model, start by start."""
    assert agree(errors(target))


def test_unbiased_whatever_the_slopes(monkeypatch):
    """The control variate is a martingale for any J of the start: twice the right ones leave the mean alone."""
    right = chain.tangents

    def doubled(target, schedule, x):
        found = right(target, schedule, x)
        first = 2 * found.derivative[:1]
        return type(found)(found.levels, found.angles, found.scales, torch.cat([first, found.derivative[1:]]))

    monkeypatch.setattr(chain, "tangents", doubled)
    assert agree(errors(load("mild")))


def test_independent_noise_is_seen(monkeypatch):
    """A mutant: X_{t-1} = a' X_0 + b' Z with fresh noise, not that of X_t, is not the population model."""
    target = load("mild")

    def fresh(self, x, a, b, generator):
        """X_0 such that the chain's formula gives a' X_0 + b' fresh."""
        t = next(t for t in range(2, SCHEDULE.T + 1) if math.isclose(SCHEDULE.scales(t)[0], a))
        a1, b1 = SCHEDULE.scales(t - 1)
        drawn = a1 * draw(self, x, a, b, generator) + b1 * torch.randn(x.shape, generator=generator, dtype=x.dtype)
        return (drawn - b1 / b * x) / (a1 - b1 * a / b)

    draw = Mixture.conditional_draw
    monkeypatch.setattr(Mixture, "conditional_draw", fresh)
    assert not agree(errors(target))


def test_control_variate_removes_noise(monkeypatch):
    """On a Gaussian, whose flow is linear, nothing is left but the tangents' interpolation: 30 times less than plain chains."""
    target = Gaussian([0.0, 0.0], [[1.0, 0.3], [0.3, 0.5]])
    halves, _ = coupled_chains(target, SCHEDULE, 256, 2, 0)
    right = chain.tangents
    zero = lambda *given: type(found := right(*given))(found.levels, found.angles, found.scales, 0 * found.derivative)  # noqa: E731
    monkeypatch.setattr(chain, "tangents", zero)
    plain, _ = coupled_chains(target, SCHEDULE, 256, 2, 0)
    assert 30 * float((halves[0] - halves[1]).std()) < float((plain[0] - plain[1]).std())


def test_bracket_of_a_gaussian():
    """An isotropic Gaussian's W_1 from N(0, I) is |sqrt(v_1) - A| E|Z|: inside, and the lower limit is close."""
    target = Gaussian([0.0] * 3, 2.0 * torch.eye(3))
    found = chain_bracket(target, SCHEDULE, pairs=512)
    exact = gaussian_law.start_distance(SCHEDULE, 2.0) * gaussian_law.norm_mean(3)
    assert 0.8 * exact < found.lower <= exact <= found.upper < 1.2 * exact
    assert gaussian_law.start_distance(SCHEDULE, 2.0) * math.sqrt(3) <= found.w2_upper < 1.3 * exact


@pytest.mark.parametrize("name", ["mild", "sharp"])
def test_bracket_on_the_line(name):
    """W_1 by quadrature of the population model lies inside the chains' bracket."""
    from ctverify import certify

    target = load(name)
    exact = certify(population_model(target, SCHEDULE), target, SCHEDULE, samples=16, pairs=2000, device="cpu").w1
    found = chain_bracket(target, SCHEDULE, pairs=512, seed=1)
    assert found.lower <= exact.upper and exact.lower <= found.upper < 1.6 * exact.upper


def test_bracket_of_a_mixture_in_the_plane():
    """No closed form: the limits are in order, and within a factor of 3 of each other; the same seed gives the same bits."""
    found = chain_bracket(load("mixture-2d"), SCHEDULE, pairs=256, seed=3)
    assert 0 < found.lower <= found.lower_estimate <= found.upper_estimate <= found.upper < 3 * found.lower
    assert found == chain_bracket(load("mixture-2d"), SCHEDULE, pairs=256, seed=3)


def test_refusals():
    """Too few pairs, an odd number of chains."""
    target = load("mild")
    for given, words in (({"pairs": 3}, "pairs"), ({"chains": 3}, "chains must be even"), ({"chains": 0}, "chains")):
        with pytest.raises(InputError, match=words):
            chain_bracket(target, SCHEDULE, **given)
