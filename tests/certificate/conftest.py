"""What the tests of certificates share: a correct model and its certificate."""

import pytest

from ctverify import Schedule, certify, population_model
from ctverify.targets import load

FEW = Schedule.li_huang_wei(16, 1, 2)
SMALL = {"samples": 64, "pairs": 400}


def gaussian_model():
    """A Gaussian and its population model."""
    target = load("gaussian-2d")
    population = population_model(target, FEW)

    def f(x, t):
        if t == 1:
            return x
        return population(x, t)

    return target, f


@pytest.fixture(scope="module")
def certificate():
    """A certificate of a population model with all options on."""
    target, f = gaussian_model()
    return certify(f, target, FEW, samples=64, pairs=400, max_w1=5.0, keep_samples=30, seed=9)
