"""Models whose values are not finite, or so large that nothing can be measured: a failed verdict
that is printed, saved, read and drawn.
"""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from ctverify import Certificate, Dataset, Schedule, certify, certify_sampler, population_model
from ctverify.certificate.checked_model import DIGITS
from ctverify.cli.main import main
from ctverify.report.collect import Certified, Collection
from ctverify.report.page import html, report
from ctverify.targets import load

STEPS = 8
SCHEDULE = Schedule.li_huang_wei(STEPS, 1, 2)
POINTS = np.random.default_rng(0).normal(size=(20, 2))
TARGETS = {
    "mild": load("mild"),  # by quadrature
    "mixture-2d": load("mixture-2d"),
    "points": Dataset(POINTS, 0.4),
}
FORMS = {
    "times": lambda f, c: lambda x, t: x if t == 1 else c * f(x, t),
    "constant": lambda f, c: lambda x, t: x if t == 1 else torch.full_like(x, c),
    "last level": lambda f, c: lambda x, t: f(x, t) + (c if t == STEPS else 0.0),
    "everywhere": lambda f, c: lambda x, t: c * x,
}
HUGE = (1e17, 1e100, 1e155, 1e200, -1e308, math.inf, -math.inf, math.nan)
LARGE = (1e3, 1e9, 1e15)  # what can be measured


def exact(target):
    """f*, or the identity where it is no function."""
    return population_model(target, SCHEDULE) if target.dim == 1 else lambda x, t: x


def kept(f, target, folder, **options):
    """A certificate, printed, saved, read and drawn."""
    sizes = {"samples": 16, "pairs": 64, "keep_samples": 16}
    certificate = certify(f, target, SCHEDULE, **sizes, **options)
    assert str(certificate) and repr(certificate) and certificate.plot()._repr_html_()
    file = folder / "certificate-x.json"
    certificate.save(file)
    json.loads(file.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert Certificate.load(file) == certificate
    assert html(Collection((Certified(certificate, certificate.samples),)))
    assert report([folder], folder / "page.html").notes == ()
    return certificate


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("form", FORMS)
def test_huge(tmp_path, name, form):
    """It fails, and says where f was what."""
    target = TARGETS[name]
    rest = {"mild": (1e17, 1e200, -1e308, math.nan)}.get(name, HUGE[:: 3 + len(form) % 2])
    for number, size in enumerate(rest):
        f = FORMS[form](exact(target), size)
        certificate = kept(f, target, tmp_path, sampler_steps=2 if number % 2 else None)
        (verdict,) = certificate.verdicts
        assert verdict.law == "f is finite" and verdict.status == "fail"
        words = "has diverged: it is" if math.isfinite(size) else "is not finite"
        assert words in verdict.detail
        assert certificate.failed and certificate.w1 is None


@pytest.mark.parametrize("size", LARGE)
def test_large(tmp_path, size):
    """Numbers are measured of it, all of them finite; the verdict is that of a bad model."""
    target = TARGETS["mixture-2d"]
    certificate = kept(FORMS["times"](exact(target), size), target, tmp_path)
    assert certificate.failed
    assert size / 10 < certificate.w1.lower <= certificate.w1.upper < size * 10


def test_the_law_is_the_measure():
    """A law that is as large itself, or far from 0, is no reason; the limit is DIGITS times it."""
    for scale, shift in ((1e30, 0.0), (1e-30, 0.0), (1.0, 1e14)):
        target = Dataset(scale * POINTS + shift, 0.4 * scale)
        first = SCHEDULE.scales(1)[0] * target.mean

        def f(x, t, first=first):
            return x if t == 1 else first.expand_as(x)

        found = certify_sampler(lambda z, seed, f=f: f(z, 8), target, SCHEDULE, pairs=600)
        assert found.w1 is not None
        for factor, diverged in ((0.2, False), (2.0, True)):
            # the largest of normal draws, in a call of at least 30 of them, is within 1.2..6
            far = factor * DIGITS * max(target.spread, 6.0)

            def wild(z, seed, f=f, far=far):
                return f(z, 8) + far

            found = certify_sampler(wild, target, SCHEDULE, pairs=600)
            assert (found.w1 is None) == diverged
            assert found.failed


def test_the_other_targets_go_on(tmp_path):
    """A target that cannot be trained on is told with its reason; the exit code is that of bad
    input, after the others are done.
    """
    np.save(tmp_path / "far.npy", 1e18 + POINTS)  # its spread is lost beside its mean
    words = f"run --target {tmp_path}/far.npy --target mild --model affine --steps 8 --c0 1 --c1 2"
    words += f" --samples 16 --train-samples 100 --json --out {tmp_path}/o"
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("ctverify.core.processes.cores", lambda: 1)
        result = CliRunner().invoke(main, words.split())
    assert result.exit_code == 2
    far, mild = result.stderr.splitlines()
    assert far.startswith("far: no certificate, samples must determine 3 coefficients a level")
    assert mild.startswith("mild: W_1 at least ")
    (certificate,) = json.loads(result.stdout)
    assert certificate["target"]["name"] == "mild"
