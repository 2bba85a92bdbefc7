"""Samplers of several steps: levels, exact twins, and W_1 against densities propagated alone."""

import math
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.special import ndtri

from ctverify import Gaussian, Schedule, flow_map, population_model
from ctverify.certificate.checked_model import Centred, NotFinite
from ctverify.certificate.sampler import (
    few_step_bracket,
    renoising,
    sampler_bracket,
    sampler_levels,
    sampler_starts,
    step_brackets,
)
from ctverify.core.arguments import InputError
from ctverify.targets import load

LHW = Schedule.li_huang_wei(64)
ALPHA = 2.5e-7


def propagated_w1(target, f, levels, points=8001, cells=3000):
    """W_1(Y_n, X_1) in d = 1 by quadrature: the density of U_{k+1} is that of r f(U_k), gathered in
    cells, under a normal kernel; W_1 = int |y - Q_1(F_Y(y))| dF_Y.
    """
    start = LHW.scales(64)[0] * float(target.mean)
    u = np.linspace(-9, 9, points) - start
    mass = np.exp(-0.5 * (u + start) ** 2)
    mass /= mass.sum()
    for number, level in enumerate(levels):
        y = f.in_one_dimension(level)(u)
        if number + 1 == len(levels):
            break
        r = math.sqrt(LHW.alpha_bar[levels[number + 1]] / LHW.alpha_bar[1])
        q = math.sqrt(1 - r * r)
        centre, weight = gathered(r * y, mass, cells)
        u = np.linspace(centre.min() - 8 * q, centre.max() + 8 * q, points)
        mass = np.concatenate([normal_sum(part, centre, weight, q) for part in np.split(u, [4000])])
        mass /= mass.sum()
    order = np.argsort(y)
    share = np.cumsum(mass[order]) - 0.5 * mass[order]
    law = target.one_dimensional_form().noised(*LHW.scales(1))
    exact = law.at_scores(ndtri(np.clip(share, 1e-16, 1 - 1e-16)))
    return float(np.abs(y[order] - exact) @ mass[order])


def gathered(y, mass, cells):
    """The mass and the mean of each cell that has any."""
    edges = np.linspace(y.min() - 1e-9, y.max() + 1e-9, cells + 1)
    cell = np.searchsorted(edges, y) - 1
    weight = np.bincount(cell, mass, cells)
    moment = np.bincount(cell, mass * y, cells)
    some = weight > 1e-18
    return moment[some] / weight[some], weight[some]


def normal_sum(u, centre, weight, q):
    """The sum of normal kernels of width q, up to a factor."""
    out = np.zeros(len(u))
    for start in range(0, len(u), 500):
        part = u[start : start + 500, None]
        out[start : start + 500] = np.exp(-0.5 * ((part - centre) / q) ** 2) @ weight
    return out


@pytest.mark.parametrize(
    ("name", "levels", "pairs", "most"),
    [("mild", (64, 30), 3000, 1.15)]
    + [
        pytest.param(name, levels, 20_000, 1.05, marks=pytest.mark.slow)
        for name in ("mild", "separated", "sharp")
        for levels in ((64, 30), (64, 45, 30, 20))
    ],
)
def test_few_steps_against_propagated_densities(name, levels, pairs, most):
    """The population model in d = 1: the bracket holds the truth, and is near it."""
    target = load(name)
    f = Centred(population_model(target, LHW), target, LHW)
    truth = propagated_w1(target, f, levels)
    found = few_step_bracket(f, levels, pairs, ALPHA, 0)
    assert found.lower <= truth <= found.upper
    assert found.upper_estimate <= most * truth
    assert found.lower_estimate >= 0.9 * truth


@pytest.mark.parametrize("name", ["mild", "separated"])
def test_one_step_is_a_sampler_too(name):
    """Levels (T,): the same truth as by quantiles."""
    target = load(name)
    f = Centred(population_model(target, LHW), target, LHW)
    truth = propagated_w1(target, f, (64,))
    found = few_step_bracket(f, (64,), 6000, ALPHA, 0)
    assert found.lower <= truth <= found.upper
    assert found.upper_estimate <= 1.03 * truth


def test_exact_twins_of_a_perfect_model():
    """f = Phi: what is left of the coupled distance is the start's, shrunk by each re-noising."""
    target = load("mixture-2d")
    f = Centred(lambda x, t: flow_map(target, LHW, x, t, 1), target, LHW)
    with torch.no_grad():
        one = few_step_bracket(f, (64,), 600, 0.01, 0)
        two = few_step_bracket(f, (64, 20), 600, 0.01, 0)
    assert two.upper_estimate < one.upper_estimate < 0.02


@pytest.mark.parametrize("repair", [None, 25])
def test_starts_of_the_last_step(repair):
    """At its level; z is the first noise; exact rows have p_tau's covariance, re-paired or not."""
    target = Gaussian([3.0, -1.0], [[2.0, 0.5], [0.5, 1.0]])
    model = population_model(target, LHW)
    draw = sampler_starts(Centred(model, target, LHW), (64, 40, 30), repair)
    with torch.no_grad():
        starts = draw(5000, torch.Generator().manual_seed(0))
    assert starts.level == 30
    assert float(starts.z.mean()) == pytest.approx(0, abs=0.05)
    a, b = LHW.scales(30)
    expected = a * a * target.covariance + b * b * torch.eye(2, dtype=torch.float64)
    assert torch.allclose(torch.cov(starts.exact.T), expected, atol=0.15)


def test_renoising_carries_x1_to_each_level():
    """r^2 Var X_1 + q^2 = Var X_tau for any variance, and r a_1 = a_tau."""
    for level in (1, 2, 30, 64):
        r, q = renoising(LHW, level)
        assert r * LHW.scales(1)[0] == pytest.approx(LHW.scales(level)[0], rel=1e-12)
        noise = LHW.one_minus_alpha_bar
        assert r * r * noise[1] + q * q == pytest.approx(noise[level], rel=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 5, 63])
def test_levels_by_number(steps):
    """T first, decreasing, above 1, as many as asked for."""
    levels = sampler_levels(LHW, steps)
    assert len(levels) == steps
    assert levels[0] == 64
    assert levels[-1] > 1
    assert all(after < before for before, after in pairwise(levels))


def test_levels_even_in_the_angle():
    """Two steps: the middle of the angle; the spread moves it."""
    theta = [math.atan2(*reversed(LHW.scales(t))) for t in range(1, 65)]
    middle = (theta[0] + theta[-1]) / 2
    nearest = 1 + min(range(64), key=lambda i: abs(theta[i] - middle))
    assert sampler_levels(LHW, 2) == (64, nearest)
    assert sampler_levels(LHW, 2, spread=5.0)[1] > nearest


@pytest.mark.parametrize(
    "steps", [0, 64, -1, 2.5, True, "64,30", [], [30], [64, 64], [64, 70], [64, 30.5], [64, 0]]
)
def test_levels_that_are_refused(steps):
    """One sentence that names the argument."""
    with pytest.raises(InputError, match="sampler_steps") as refusal:
        sampler_levels(LHW, steps)
    assert "\n" not in str(refusal.value)


def test_limits_after_each_step():
    """One bracket a step; the first is that of one step."""
    target = load("mild")
    f = Centred(population_model(target, LHW), target, LHW)
    steps = step_brackets(f, (64, 30), 6000, ALPHA, 0)
    for levels, found in zip(((64,), (64, 30)), steps, strict=True):
        assert found.lower <= propagated_w1(target, f, levels) <= found.upper
    first, second = steps
    assert second.lower <= first.upper
    assert second.upper_estimate <= 1.02 * first.upper_estimate


def test_more_steps_that_make_it_worse():
    """A model that is exact at T and shifts below: the second step is certainly worse."""
    target = load("mild")

    def f(x, t):
        return flow_map(target, LHW, x, t, 1) + (0.5 if t < 64 else 0.0)

    first, second = step_brackets(Centred(f, target, LHW), (64, 30), 3000, ALPHA, 0)
    assert second.lower > first.upper


def gaussian_sampler(z, seed):
    """N(1, 4 I) by its flow."""
    return flow_map(Gaussian([1.0, 1.0], 4 * torch.eye(2).double()), LHW, z, 64, 1)


def test_any_sampler_is_certified():
    """A perfect one, one that ignores z, and one that draws from its seed."""
    target = Gaussian([1.0, 1.0], 4 * torch.eye(2).double())
    judge = partial(sampler_bracket, target=target, schedule=LHW, alpha=ALPHA, seed=0)
    assert judge(gaussian_sampler, pairs=3000).upper < 0.05

    def own_noise(z, seed):
        generator = torch.Generator().manual_seed(seed)
        return 1 + 2 * torch.randn(z.shape, generator=generator, dtype=z.dtype)

    found = judge(own_noise, pairs=6000)
    assert found.lower < 0.05  # of the right law, but for sigma_1
    assert found.upper < 1.0
    assert "re-paired" in found.method
    constant = judge(lambda z, seed: torch.ones_like(z), pairs=3000)
    assert constant.lower <= constant.scale * 1.05
    assert constant.upper >= constant.scale * 0.95


def test_seeds_of_a_sampler_differ():
    """Each call has its own, and the same ones again for the same seed."""
    target = Gaussian([0.0, 0.0], torch.eye(2).double())
    seen = []

    def sample(z, seed):
        seen.append(seed)
        return z

    sampler_bracket(sample, target, LHW, 10_000, ALPHA, 0)
    assert len(set(seen)) == len(seen) >= 4
    again = list(seen)
    seen.clear()
    sampler_bracket(sample, target, LHW, 10_000, ALPHA, 0)
    assert seen == again


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        (lambda z, seed: z[:-1], "shape"),
        (lambda z, seed: z.long(), "float tensor"),
        (lambda z, seed: z.numpy(), "float tensor"),
        (lambda z: z, "accept z of shape"),
    ],
)
def test_samplers_that_are_refused(sample, words):
    """Of another shape or type, or not callable so."""
    target = Gaussian([0.0, 0.0], torch.eye(2).double())
    with pytest.raises(InputError, match=words):
        sampler_bracket(sample, target, LHW, 100, ALPHA, 0)


def test_a_sampler_that_is_not_finite():
    """Named with its seed and z."""
    target = Gaussian([0.0, 0.0], torch.eye(2).double())
    with pytest.raises(NotFinite, match="not finite"):
        sampler_bracket(lambda z, seed: z * math.nan, target, LHW, 100, ALPHA, 0)
