"""Strategies: every stated region is reached, draws stay within it, shrinking ends at N(0, 1) and
the smallest T.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from ctverify import InputError
from ctverify.laws import strategies
from ctverify.laws.strategies import (
    datasets,
    gaussians,
    mixtures,
    points,
    products,
    schedules,
    targets,
)
from ctverify.model.schedule import KINDS

PHASES = (Phase.generate, Phase.shrink)
FIXED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=600,
    suppress_health_check=list(HealthCheck),
    phases=PHASES,
)


def reached(strategy, regions, examples=600):
    """How many of the draws lie in each named region."""
    counts = Counter()

    @given(strategy)
    @settings(FIXED, max_examples=examples)
    def draw(value):
        counts.update(name for name, inside in regions.items() if inside(value))

    draw()
    return {name: counts[name] for name in regions}


def spectrum(target):
    """All eigenvalues of a target's components."""
    covariances = getattr(target, "covariances", target.covariance)
    return np.linalg.eigvalsh(covariances.numpy()).ravel()


def separation(target):
    """The largest distance of two centres, in units of the largest component's deviation."""
    distance = float(torch.cdist(target.means, target.means).max())
    return distance / spectrum(target).max() ** 0.5


def condition(target):
    """The ratio of the largest to the smallest eigenvalue over all components."""
    return spectrum(target).max() / spectrum(target).min()


def within(target, low, high):
    """Whether all eigenvalues are in low..high."""
    eigenvalues = spectrum(target)
    return low < eigenvalues.min() and eigenvalues.max() < high


def check(counts):
    """No draw is beyond the region, and each part of it is reached three times."""
    assert counts.pop("beyond", 0) == 0, counts
    assert min(counts.values()) >= 3, counts


def test_gaussians_reach_their_region():
    """Dimensions 1 to 16, variances 1e-4 to 1e4, condition numbers to 1e6, means to 20 spreads; and
    nothing beyond.
    """
    regions = {
        "d = 1": lambda g: g.dim == 1,
        "d = 16": lambda g: g.dim == 16,
        "tiny": lambda g: spectrum(g).min() < 2e-4,
        "huge": lambda g: spectrum(g).max() > 5e3,
        "ill-conditioned": lambda g: condition(g) > 3e5,
        "far from 0": lambda g: float(g.mean.norm()) > 15 * spectrum(g).max() ** 0.5,
        "beyond": lambda g: not within(g, 0.9e-4, 1.1e4) or condition(g) >= 1.1e6,
    }
    check(reached(gaussians(), regions, 1500))


def test_mixtures_reach_their_region():
    """One to eight components, nearly coincident or 20 spreads apart, weights down to 1e-12."""
    regions = {
        "one": lambda m: len(m.weights) == 1,
        "eight": lambda m: len(m.weights) == 8,
        "coincident": lambda m: len(m.weights) > 1 and separation(m) < 1e-2,
        "far": lambda m: separation(m) > 30,
        "rare": lambda m: 0 < float(m.weights.min()) < 1e-10,
        "beyond": lambda m: not within(m, 0.9e-4, 1.1e4),
    }
    check(reached(mixtures(), regions))


def test_datasets_reach_their_region():
    """One point or 64; bandwidths 0.05 to 2."""
    regions = {
        "one": lambda s: len(s.points) == 1,
        "many": lambda s: len(s.points) > 50,
        "sharp": lambda s: len(s.points) > 1 and s.bandwidth < 0.08 * s.points.std(),
        "d = 16": lambda s: s.dim == 16,
    }
    check(reached(datasets(), regions))


def test_products_reach_their_region():
    """One factor or 16, of one component or three, turned or not; variances within their range."""
    regions = {
        "d = 1": lambda p: p.dim == 1,
        "d = 16": lambda p: p.dim == 16,
        "three": lambda p: len(p.factors[0].weights) == 3,
        "turned": lambda p: p.dim > 1 and p.rotation is not None,
        "not turned": lambda p: p.dim > 1 and p.rotation is None,
        "beyond": lambda p: not all(within(factor, 0.9e-4, 1.1e4) for factor in p.factors),
    }
    check(reached(products(), regions, 300))


def test_schedules_reach_their_region():
    """T from 2 to 4,096 in every family; both ends of the noise."""
    regions = {kind: lambda s, kind=kind: s.spec["kind"] == kind for kind in KINDS}
    regions |= {
        "T = 2": lambda s: s.T == 2,
        "T large": lambda s: s.T > 3000,
        "beyond": lambda s: s.T > 4096,
        "noise small": lambda s: s.log_sigma[1] < -6,
        "noise large": lambda s: s.log_sigma[-1] > 6,
    }
    check(reached(schedules(), regions))


def test_points_reach_the_mean_and_the_tails():
    """Levels 1 to T, one row or eight, the mean itself and 4 times the width."""
    target = strategies.mixture(dim=2, components=3, separation=2.0)
    schedule = strategies.schedule(kind="karras", T=9)
    regions = {
        "t = 1": lambda p: p.t == 1,
        "t = 9": lambda p: p.t == 9,
        "1 row": lambda p: len(p.x) == 1,
        "8 rows": lambda p: len(p.x) == 8,
        "mean": lambda p: p.stretch == 0,
        "tail": lambda p: p.stretch > 3.5,
    }
    check(reached(points(target, schedule), regions))


@pytest.mark.parametrize(
    "strategy",
    [gaussians(), mixtures(), datasets(), products(), targets()],
    ids=["g", "m", "d", "p", "t"],
)
def test_targets_shrink_to_the_standard_normal(strategy):
    """Whatever fails for every target is reported on N(0, 1) in d = 1, with one component and one
    point.
    """
    simplest = find(strategy, lambda _: True, settings=FIXED)
    assert simplest.dim == 1
    assert float(simplest.mean) == 0
    assert float(simplest.covariance) == 1
    assert len(getattr(simplest, "weights", [1])) == 1
    assert len(getattr(simplest, "points", [1])) == 1


def test_shrinking_keeps_only_what_matters():
    """A failure in d >= 3 shrinks to d = 3; one of two components to two; one at T >= 50 to T = 50;
    every family to T = 2.
    """
    assert find(gaussians(), lambda g: g.dim >= 3, settings=FIXED).dim == 3
    pair = find(mixtures(), lambda m: len(m.weights) >= 2, settings=FIXED)
    assert pair.dim == 1
    assert len(pair.weights) == 2
    assert float(pair.covariances.max()) == 1
    assert find(schedules(), lambda s: s.T >= 50, settings=FIXED).T == 50
    smallest = dict.fromkeys(KINDS, 2) | {"ddpm": 21}
    for kind in KINDS:
        simplest = find(schedules(families=(kind,)), lambda _: True, settings=FIXED)
        assert smallest[kind] == simplest.T


def test_a_failure_prints_the_call_that_rebuilds_it():
    """The report names factories with their parameters, never tensors."""

    @given(target=mixtures(), schedule=schedules(), data=st.data())
    @settings(FIXED)
    def fails(target, schedule, data):
        data.draw(points(target, schedule))
        assert target.dim < 2

    with pytest.raises(AssertionError) as failure:
        fails()
    notes = "\n".join(failure.value.__notes__)
    assert "target=mixture(" in notes
    assert "dim=2" in notes
    assert "Points(t=1, rows=1, stretch=0.0, seed=0)" in notes
    assert "tensor(" not in notes


def test_same_parameters_same_bits():
    """A printed call rebuilds the same target, schedule and points."""
    shape = {"dim": 3, "components": 2, "log_condition": 2.0, "separation": 3.0}
    one = strategies.mixture(**shape, seed=7)
    two = strategies.mixture(**shape, seed=7)
    assert torch.equal(one.means, two.means)
    assert torch.equal(one.covariances, two.covariances)
    ends = {"kind": "from_alpha_bar", "T": 30, "near": 0.3, "far": 0.6}
    levels = strategies.schedule(**ends, seed=5)
    again = strategies.schedule(**ends, seed=5)
    assert np.array_equal(levels.alpha_bar, again.alpha_bar)
    where = {"t": 4, "rows": 5, "stretch": 2.0}
    first = strategies.points_at(one, levels, **where, seed=9)
    second = strategies.points_at(two, again, **where, seed=9)
    assert torch.equal(first.x, second.x)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: gaussians(dims=(0, 3)), r"dims\[0\] must be a whole number of at least 1, got 0"),
        (lambda: gaussians(dims=(4, 3)), r"dims must be \(least, most\) in that order"),
        (
            lambda: gaussians(variances=(0.0, 1.0)),
            r"variances\[0\] must be a finite number above 0",
        ),
        (lambda: gaussians(condition=0.5), "condition must be a finite number above 1"),
        (lambda: mixtures(separation=-1.0), "separation must be a finite number"),
        (
            lambda: mixtures(smallest_weight=2.0),
            "smallest_weight must be a finite number between 0 and 1",
        ),
        (lambda: datasets(bandwidths=(2.0, 1.0)), r"bandwidths must be \(least, most\)"),
        (lambda: targets(families=()), "families must name at least one of"),
        (lambda: targets(families=("poisson",)), "family must be one of|families"),
        (lambda: schedules(steps=(1, 5)), r"steps\[0\] must be a whole number of at least 2"),
        (
            lambda: schedules(steps=(2, 20), families=("ddpm",)),
            "families must name one that exists for T in 2..20",
        ),
    ],
)
def test_bad_options_are_one_sentence(build, words):
    """Options are validated when the strategy is made, not when it draws."""
    with pytest.raises(InputError, match=words):
        build()
