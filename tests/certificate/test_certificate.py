"""Certificates: verdicts and what kills them, reproducibility, bad input."""

import json

import numpy as np
import pytest
import torch

from ctverify import (
    Certificate,
    Dataset,
    Gaussian,
    InputError,
    Mixture,
    Schedule,
    certify,
    flow_map,
    population_model,
)
from ctverify.targets import load

from .conftest import FEW, SMALL, gaussian_model


def statuses(certificate):
    """Status by law."""
    return {verdict.law: verdict.status for verdict in certificate.verdicts}


def test_same_seed_same_certificate():
    """Equal seeds give equal certificates, another seed another one."""
    target, f = gaussian_model()
    one = certify(f, target, FEW, **SMALL, seed=1)
    same = certify(f, target, FEW, **SMALL, seed=1)
    other = certify(f, target, FEW, **SMALL, seed=2)
    assert one.to_dict() == same.to_dict()
    assert one.to_dict()["w1"] != other.to_dict()["w1"]


@pytest.mark.parametrize(
    ("level", "changed", "dtype", "law"),
    [
        (16, lambda y: y * torch.nan, torch.float64, "f is finite"),
        (1, lambda y: y + 1e-9, torch.float64, "f_1 is the identity"),
        (1, lambda y: y * (1 + 1e-13), torch.float64, "f_1 is the identity"),
        (1, lambda y: y * (1 + 1e-5), torch.float32, "f_1 is the identity"),
    ],
)
def test_mutants_are_named(level, changed, dtype, law):
    """Each wrong model, changed at one level, fails by the law that names its cause."""
    target, f = gaussian_model()

    def mutant(x, t):
        y = f(x, t)
        if t == level:
            y = changed(y)
        return y.to(dtype)

    certificate = certify(mutant, target, FEW, **SMALL)
    assert statuses(certificate)[law] == "fail"


def test_a_limit_that_hangs_on_one_pair_is_inconclusive():
    """Mutant: errors of a heavy-tailed (lognormal, sigma = 6) size cannot be judged by Student's
    limits: inconclusive.
    """
    target, f = gaussian_model()

    def rare(x, t):
        if t < 16:
            return f(x, t)
        return f(x, t) + torch.exp(6 * x[:, :1])

    certificate = certify(rare, target, FEW, samples=64, pairs=2000, seed=3)
    assert statuses(certificate)["limits rest on many draws"] == "inconclusive"
    assert not certificate.failed


def test_not_finite_gives_a_certificate():
    """A NaN is a finding with its input, in JSON too."""
    target, f = gaussian_model()

    def divided(x, t):
        if t < 9:
            return f(x, t)
        return f(x, t) / 0

    certificate = certify(divided, target, FEW, **SMALL)
    assert certificate.failed
    assert certificate.budget is None
    assert "not finite at x" in certificate.verdicts[0].detail
    text = json.dumps(certificate.to_dict(), allow_nan=False)
    assert Certificate.from_dict(json.loads(text)) == certificate
    assert "not finite" in str(certificate)


@pytest.mark.parametrize(
    ("factor", "status"), [(0.5, "fail"), (1.0, "inconclusive"), (2.0, "pass")]
)
def test_threshold(factor, status):
    """max_w1 below the bracket fails, above it passes, inside it is inconclusive."""
    target, f = gaussian_model()
    bracket = certify(f, target, FEW, **SMALL).w1
    limits = {
        0.5: 0.5 * bracket.lower,
        1.0: 0.5 * (bracket.lower + bracket.upper),
        2.0: 2 * bracket.upper,
    }
    certificate = certify(f, target, FEW, **SMALL, max_w1=limits[factor])
    assert statuses(certificate)["W_1 at most max_w1"] == status


@pytest.mark.parametrize(
    ("target", "pairs"),
    [
        (load("gaussian-2d"), 100),
        (Dataset(np.random.default_rng(0).normal(size=(40, 2)), 0.3), 100),
        # more points than quadrature takes: sampled in d = 1
        (Dataset(np.linspace(-1, 1, 100), 0.2), 64),
    ],
    ids=["gaussian", "dataset", "one-dimensional"],
)
@pytest.mark.parametrize("seeds", [(0, 1), pytest.param((1, 10), marks=pytest.mark.slow)], ids=str)
def test_many_seeds_no_alarm(target, pairs, seeds):
    """Correct models on a Gaussian and data sets: no verdict fails; 10 seeds each, one always."""

    def exact(x, t):
        return flow_map(target, FEW, x, t, 1)

    for seed in range(*seeds):
        assert not certify(exact, target, FEW, samples=16, pairs=pairs, seed=seed).failed


@pytest.mark.parametrize(
    "target",
    [Dataset([1.0, 1.0, 5.0], 0.01), Mixture([0.5, 0.5], [-1.0, 1.0], [0.0, 0.0])],
    ids=str,
)
def test_gaps_without_mass_in_one_dimension(target):
    """Modes so narrow that float64 sees no mass between them: the flow jumps, and its certificate
    stays finite and ordered.
    """
    for schedule in (Schedule.karras(5), FEW):
        certificate = certify(
            population_model(target, schedule), target, schedule, samples=128, pairs=2000
        )
        assert not certificate.failed
        assert np.isfinite(certificate.budget.total_upper)
        assert certificate.w1.upper <= certificate.budget.total_upper


def test_constant_dataset_in_one_dimension():
    """All points equal: N(p, h^2), certified without a special case."""
    target = Dataset([2.0, 2.0, 2.0], 0.5)
    certificate = certify(population_model(target, FEW), target, FEW, samples=128)
    assert not certificate.failed
    assert "Gauss-Hermite" in certificate.budget.method


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"samples": 0}, "samples must be a whole number of at least 16, got 0"),
        ({"pairs": 1}, "pairs must be a whole number of at least 32"),
        ({"confidence": 1.0}, "confidence must be a finite number between 0 and 1"),
        ({"max_w1": -1}, "max_w1 must be a finite number above 0"),
        ({"device": "cuda:7"}, "CUDA devices"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"keep_samples": 0.5}, "keep_samples must be a whole number"),
    ],
)
def test_bad_input_is_one_sentence(options, words):
    """Each refusal names the argument, what was given and what is allowed."""
    target, f = gaussian_model()
    with pytest.raises(InputError, match=words):
        certify(f, target, FEW, **options)


def test_schedule_beyond_float64_is_refused_first():
    """sigma_T over float64 is one sentence before any work, not a NaN after it."""
    target = Gaussian(0.0, 1.0)
    with pytest.raises(InputError, match="exceeds float64"):
        certify(lambda x, t: x, target, Schedule.li_huang_wei(65_536, 2.0, 200.0))


def test_enormous_sigma_still_certifies():
    """sigma_T about 1e108, alpha_bar_T about 1e-217: finite limits."""
    schedule = Schedule.li_huang_wei(2048, 2.0, 60.0)
    target = load("gaussian-2d")
    certificate = certify(
        population_model(target, schedule), target, schedule, samples=16, pairs=64
    )
    assert not certificate.failed
    assert np.isfinite(certificate.budget.total_upper)
