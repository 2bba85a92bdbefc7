"""Exact densities, directions, plug-in values."""

import sys

import numpy as np
import pytest
import torch

from ctverify import Dataset, Gaussian, Mixture
from ctverify.report import plugin
from ctverify.report.law import Law, distance, law_of, worst_directions
from ctverify.report.plugin import PlugIn, plug_in

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
    along, x = law.along(u), np.linspace(-15, 15, 6001)
    density = along.density(x[:, None])
    step = x[1] - x[0]
    assert density.sum() * step == pytest.approx(1, abs=1e-6)
    assert (
        x @ density * step
        == pytest.approx(float(law.mean @ u))
        == pytest.approx(float(along.mean[0]))
    )
    assert (x - law.mean @ u) ** 2 @ density * step == pytest.approx(float(u @ law.covariance @ u))
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(20_000, 3, generator=generator, dtype=torch.float64)
    samples = (0.9 * target.sample(20_000, generator) + 0.4 * noise).numpy() @ u
    below = np.cumsum(density) * step
    assert all(
        abs((samples < point).mean() - np.interp(point, x, below)) < 0.02
        for point in np.quantile(samples, [0.1, 0.5, 0.9])
    )


def test_worst_direction_is_the_shift():
    """A model that is off along one direction is looked at there first; no two directions are
    alike.
    """
    generator = np.random.default_rng(1)
    exact, u = generator.normal(size=(400, 5)), np.array([3.0, 4.0, 0.0, 0.0, 0.0]) / 5
    (name, first), *rest = worst_directions(exact + 0.5 * u, exact)
    assert abs(first @ u) > 0.99 and "error" in name and len(rest) == 2
    assert all(
        abs(first @ other) < 0.9 and np.linalg.norm(other) == pytest.approx(1) for _, other in rest
    )
    assert distance(exact + 0.5 * u, exact) == pytest.approx(0.5 * u)


def test_law_of_a_certificate_that_contradicts_itself():
    """A target of another dimension, or a schedule of another length, is refused before it is used."""
    found = certificate("mild", 12)
    object.__setattr__(found, "dim", 2)
    with pytest.raises(ValueError, match="1 dimensions where the certificate has 2"):
        law_of(found)
    found.schedule["T"] = 10**15
    with pytest.raises(ValueError, match="steps where the certificate has 12"):
        law_of(found)


def test_plug_in_of_a_shift():
    """In d = 1 and d = 3: near the truth for a large shift, above 0 between two samples of one law."""
    exact = np.random.default_rng(2).normal(size=(600, 3))
    for d in (1, 3):
        if d > 1:
            pytest.importorskip("ot", reason="POT is not installed")
        found = plug_in(exact[:, :d] + 10 / d**0.5, exact[:, :d])
        assert isinstance(found, PlugIn) and found.n == 300
        assert found.value == pytest.approx(10, abs=0.3) and 0 < found.null < 1


def test_plug_in_without_pot(monkeypatch):
    """A sentence, no failure, where POT is missing, or does not finish."""
    pairs = np.random.default_rng(3).normal(size=(40, 2))
    monkeypatch.setitem(sys.modules, "ot", None)
    assert "needs POT" in plug_in(pairs, pairs)
    monkeypatch.setattr(
        plugin, "_transport", lambda *_: (_ for _ in ()).throw(UserWarning("numItermax reached"))
    )
    assert "did not finish" in plug_in(pairs, pairs)
