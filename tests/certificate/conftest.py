"""What the tests of certificates share: a correct model and its certificate."""

from dataclasses import replace

import pytest

from ctverify import Schedule, certify, population_model
from ctverify.certificate.certificate import SamplerPart, StepLimits, ToData
from ctverify.certificate.shares import Shares
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


@pytest.fixture(scope="module")
def full(certificate):
    """The same with every part that a certificate can have; numbers that nothing measured."""
    count = certificate.steps - 1
    shares = Shares(
        t=certificate.budget.t,
        model=[-0.01] * count,
        schedule=[0.02] * count,
        model_error=[0.001] * count,
        schedule_error=[0.001] * count,
        initial=0.0,
        start=0.001,
        model_total=-0.01 * count,
        schedule_total=0.02 * count,
        model_total_error=0.004,
        schedule_total_error=0.004,
        total=0.01 * count + 0.001,
    )
    w1 = certificate.w1
    data = ToData(lower=0.0, upper=w1.upper + 0.1, extra=0.1)
    step = StepLimits(lower=0.01, upper=0.2, lower_estimate=0.02, upper_estimate=0.1)
    return replace(
        certificate,
        shares=shares,
        w1=replace(w1, scale=2.0, draws=400),
        resolution=0.04,
        to_data=data,
        sampler=SamplerPart(levels=[16, 8], w1=(step, step)),
    )
