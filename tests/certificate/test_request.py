"""The arguments of `certify`: what is wrong, of whatever type, is one sentence."""

import functools

import numpy as np
import pytest
import torch

from ctverify import Dataset, InputError, Schedule, certify
from ctverify.certificate.counts import counts
from ctverify.certificate.request import checked_arguments
from ctverify.targets import load

from .conftest import FEW

MILD = load("mild")
DEFAULTS = {
    "samples": None,
    "pairs": None,
    "confidence": 0.9,
    "device": "cpu",
    "seed": 0,
    "max_w1": None,
    "keep_samples": 0,
}


def identity(x, t):
    return x


def asked(f=identity, target=MILD, schedule=FEW, **options):
    """The checked arguments."""
    return checked_arguments(f, target, schedule, **DEFAULTS | options)


def test_defaults():
    """Counts by the target's cost as the command line has them, one step, float64."""
    request = asked()
    assert {"samples": request.samples, "pairs": request.pairs} == counts(MILD, None)
    assert request.levels == (FEW.T,) and not request.several
    assert request.repair_batch == 500
    assert request.f.dtype == torch.float64 and request.f.start_std == 1.0
    expensive = Dataset(np.random.default_rng(0).normal(size=(2000, 8)))
    few = asked(target=expensive)
    assert {"samples": few.samples, "pairs": few.pairs} == counts(expensive, None)
    assert few.samples < request.samples
    assert asked(pairs=64).repair_batch == 2
    assert asked(pairs=900, repair_batch=30).repair_batch == 30
    assert asked(f=torch.nn.Linear(1, 1)).f.dtype == torch.float32


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"f": "x"}, r"f must be callable as f\(x, t\), got 'x'"),
        ({"f": None}, "f must be callable"),
        ({"f": torch.nn.Linear}, "got the class Linear: pass an instance of it"),
        ({"target": "mild"}, "target must be a ctverify.targets.Target, got str"),
        ({"target": np.zeros((3, 2))}, "target must be a ctverify.targets.Target, got ndarray"),
        ({"schedule": 64}, "schedule must be a ctverify.Schedule, got int"),
        ({"schedule": "karras"}, "schedule must be a ctverify.Schedule, got str"),
        ({"schedule": Schedule}, "schedule must be a ctverify.Schedule, got type"),
        ({"samples": "many"}, "samples must be a whole number of at least 16"),
        ({"pairs": 64.0}, "pairs must be a whole number of at least 32"),
        ({"confidence": "sure"}, "confidence must be a number between 0 and 1"),
        ({"confidence": None}, "confidence must be a number"),
        ({"device": 3}, "device must be auto, cpu, cuda or cuda:N, got 3"),
        ({"device": None}, "device must be auto"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"max_w1": "small"}, "max_w1 must be a number above 0"),
        ({"keep_samples": None}, "keep_samples must be a whole number"),
        ({"dtype": 32}, "dtype must be auto, float64"),
        ({"repair_batch": 0}, "repair_batch must be a whole number of at least 1"),
        ({"repair_batch": "all"}, "repair_batch must be a whole number"),
        (
            {"pairs": 100, "repair_batch": 4},
            "repair_batch must leave at least 30 batches of 100 pairs",
        ),
        ({"sampler_steps": 0}, "sampler_steps must be a whole number of at least 1, got 0"),
        ({"sampler_steps": 16}, "sampler_steps must be at most T - 1 = 15"),
        ({"sampler_steps": "2"}, "sampler_steps must be a whole number"),
        ({"sampler_steps": []}, "sampler_steps must begin with T = 16"),
        ({"sampler_steps": [15, 3]}, "sampler_steps must begin with T = 16"),
        ({"sampler_steps": [16, 16]}, "sampler_steps must decrease"),
        ({"sampler_steps": [16, 3.5]}, "a level of sampler_steps must be a whole number"),
    ],
)
def test_whatever_is_wrong_is_one_sentence(options, words):
    """Named, with what was given and what is allowed."""
    with pytest.raises(InputError, match=words) as caught:
        asked(**options)
    assert "\n" not in str(caught.value)


def test_certify_checks():
    """The public function says the same."""
    with pytest.raises(InputError, match="f must be callable"):
        certify("x", MILD, FEW)
    with pytest.raises(InputError, match=r"schedule must be a ctverify\.Schedule"):
        certify(identity, MILD, None)
    with pytest.raises(InputError, match="f must be callable"):
        certify(functools, MILD, FEW)
