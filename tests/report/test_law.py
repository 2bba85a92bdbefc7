"""Exact densities, directions, plug-in values."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from ctverify import Dataset, Gaussian, Mixture
from ctverify.report import plugin
from ctverify.report.law import Law, distance, law_of, worst_directions
from ctverify.report.plugin import NoPlugIn, plug_in

from .conftest import certificate

EYE = torch.eye(3)
POINTS = np.random.default_rng(0).normal(size=(20, 3))
TARGETS = [
    Gaussian([1.0, 0.0, -2.0], [[1.0, 0.4, 0.0], [0.4, 0.5, 0.1], [0.0, 0.1, 2.0]]),
    Mixture([0.3, 0.7], [[0.0, 1.0, 2.0], [2.0, -1.0, 0.0]], torch.stack([0.2 * EYE, EYE])),
    Dataset(POINTS, 0.3),
]


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: type(t).__name__)
def test_projected_density(target):
    """Along a unit vector: of mass 1, with the mean and the variance of the projection, and as its
    samples fall.
    """
    u = np.array([0.6, 0.0, 0.8])
    law = Law(target, 0.9, 0.4)
    along = law.along(u)
    x = np.linspace(-15, 15, 6001)
    step = x[1] - x[0]
    mass = step * along.density(x[:, None])
    mean = float(law.mean @ u)
    assert mass.sum() == pytest.approx(1, abs=1e-6)
    assert x @ mass == pytest.approx(mean)
    assert float(along.mean[0]) == pytest.approx(mean)
    assert (x - mean) ** 2 @ mass == pytest.approx(float(u @ law.covariance @ u))
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(20_000, 3, generator=generator, dtype=torch.float64)
    samples = 0.9 * target.sample(20_000, generator) + 0.4 * noise
    projected = samples.numpy() @ u
    below = np.cumsum(mass)
    for point in np.quantile(projected, [0.1, 0.5, 0.9]):
        share = (projected < point).mean()
        assert abs(share - np.interp(point, x, below)) < 0.02


def test_worst_direction_is_the_shift():
    """A model that is off along one direction is looked at there first; no two directions are
    alike.
    """
    exact = np.random.default_rng(1).normal(size=(400, 5))
    u = np.array([3.0, 4.0, 0.0, 0.0, 0.0]) / 5
    shifted = exact + 0.5 * u
    (name, first), *others = worst_directions(shifted, exact)
    assert abs(first @ u) > 0.99
    assert "error" in name
    assert len(others) == 2
    for _, other in others:
        assert abs(first @ other) < 0.9
        assert np.linalg.norm(other) == pytest.approx(1)
    assert distance(shifted, exact) == pytest.approx(0.5 * u)


def test_law_of_a_certificate_that_contradicts_itself():
    """A target of another dimension, or a schedule of another length, is refused before use."""
    whole = certificate("mild", 12)
    with pytest.raises(ValueError, match="1 dimensions where the certificate has 2"):
        law_of(replace(whole, dim=2))
    endless = whole.schedule | {"T": 10**15}
    with pytest.raises(ValueError, match="steps where the certificate has 12"):
        law_of(replace(whole, schedule=endless))


@pytest.mark.parametrize("d", [1, 3])
def test_plug_in_of_a_shift(d):
    """Near the truth for a large shift, above 0 between two samples of one law."""
    if d > 1:
        pytest.importorskip("ot", reason="POT is not installed")
    exact = np.random.default_rng(2).normal(size=(600, 3))[:, :d]
    measured = plug_in(exact + 10 / d**0.5, exact)
    assert measured.n == 300
    assert measured.value == pytest.approx(10, abs=0.3)
    assert 0 < measured.null < 1


def test_plug_in_without_pot(monkeypatch):
    """A sentence, no failure, where POT is missing."""
    pairs = np.random.default_rng(3).normal(size=(40, 2))
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(NoPlugIn, match="needs POT"):
        plug_in(pairs, pairs)


def test_plug_in_where_pot_does_not_finish(monkeypatch):
    """A sentence with POT's words."""

    def unfinished(x, y):
        raise UserWarning("numItermax reached")

    pairs = np.random.default_rng(3).normal(size=(40, 2))
    monkeypatch.setattr(plugin, "_transport", unfinished)
    with pytest.raises(NoPlugIn, match=r"did not finish \(numItermax reached\)"):
        plug_in(pairs, pairs)
