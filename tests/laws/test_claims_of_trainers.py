"""The law bound.claim: a claim that is too bold is convicted, by name; one that holds is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ctverify.laws.strategies import dataset, gaussian, schedule
from properties import test_claim as suite
from properties.trainer_claims import Claims
from properties.trainers import subjects

LEVELS = schedule(kind="cosine", T=4, near=0.5, far=0.9)
ONCE = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=1,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)


def judged(subject, target):
    """One example of the law on that target."""
    law = suite.test_claim.hypothesis.inner_test

    class Fixed:
        """What draws that target alone."""

        @staticmethod
        def draw(_, label):
            return target

    @given(st.none())
    @ONCE
    def example(_):
        law(subject=subject, data=Fixed, schedule=LEVELS, seed=0)

    example()


def claimed(kind, accuracy):
    """One of ctverify's own trainers with that claim."""
    subject = next(s for s in subjects(None, "cpu") if s.kind == kind)
    return replace(subject, claims=Claims(samples=1024, accuracy=accuracy))


@pytest.mark.parametrize("kind", ["affine", "mlp"])
def test_a_bold_claim_is_convicted(kind):
    """1,024 pairs a level give no accuracy of 1e-3; the message says what was claimed, and how."""
    with pytest.raises(AssertionError, match=r"E >= .* by .*, above the claim of .* \(declared\)"):
        judged(claimed(kind, 1e-3), gaussian(dim=2))


@pytest.mark.parametrize("target", [gaussian(dim=2), dataset(dim=2, points=4)], ids=repr)
def test_a_modest_claim_stands(target):
    """A declared accuracy is judged on data sets too, where f*_T's spread is sampled."""
    judged(claimed("fourier", 0.9), target)


def test_a_declared_accuracy_is_judged_where_the_class_has_no_exact_map():
    """An affine class cannot follow four points far apart, whatever it is trained on."""
    apart = dataset(dim=1, points=4, bandwidth=0.05, seed=1)
    with pytest.raises(AssertionError, match="above the claim"):
        judged(claimed("affine", 0.05), apart)


def test_the_default_falls_with_samples():
    """As N^-1/2; an affine class is held to less than a network."""
    few = suite.default_accuracy("affine", 1024, 0.5, 1.0, 2, 8)
    many = suite.default_accuracy("affine", 16 * 1024, 0.5, 1.0, 2, 8)
    assert few == pytest.approx(4 * many)
    assert suite.default_accuracy("foreign", 1024, 0.5, 1.0, 2, 8) > 4 * few
    # without noise to average an exact class is held to 0, an optimiser to its own steps
    assert suite.default_accuracy("affine", 1024, 0.0, 1.0, 2, 2) == 0
    assert 0.1 < suite.default_accuracy("foreign", 1024, 0.0, 1.0, 2, 2) < 0.2


def test_spread_of_the_population_model():
    """tr Cov f*_T in closed form, and by chains from below."""
    target = gaussian(dim=2, log_variance=0.5)
    total, kept = suite.spread_of(target, LEVELS)
    assert 0 < kept < total
    with torch.no_grad():
        sampled = suite.sampled_spread(target, LEVELS, seed=0)
    assert 0.6 * kept < sampled <= kept
