"""Stratified starts: one a cell, exact in both tails; curves that lower a limit, not a mean."""

import numpy as np
import pytest
import torch
from scipy.special import ndtr, ndtri
from scipy.stats import binom, kstest

from ctverify import Schedule
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.strata import (
    StepCurve,
    crossed_upper_limit,
    exact_scores,
    stratified_scores,
    stratified_starts,
)
from ctverify.core.streams import stream
from ctverify.targets import load
from tests.conftest import RATE

FLOAT = torch.float64
LHW = Schedule.li_huang_wei(64)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1001])
def test_one_score_a_stratum(n, generator):
    """floor(n N(z_i)) = i."""
    z = stratified_scores(n, generator)
    assert np.floor(n * ndtr(z)).tolist() == list(range(n))


def test_scores_are_uniform_within_their_strata(generator):
    """Of every stratum, the two end ones among them, by Kolmogorov's exact law at RATE/2."""
    n = 7
    rows = np.stack([stratified_scores(n, generator) for _ in range(2000)])
    within = n * ndtr(rows) - np.arange(n)
    assert kstest(within.ravel(), "uniform").pvalue > RATE / 2
    n = 20_000
    ends = np.array([stratified_scores(n, generator)[[0, -1]] for _ in range(60)])
    # N(-z) for 1 - N(z), of which N(z) keeps few digits
    tails = n * ndtr(ends * [1, -1])
    assert kstest(tails.ravel(), "uniform").pvalue > RATE / 2


def test_tails_are_exact_and_finite(monkeypatch):
    """The extreme uniform numbers, 0 and 1 - 2^-53, at n = 1,000: no infinity, full accuracy."""
    largest = 1 - 2**-53
    for drawn in (0.0, largest):
        monkeypatch.setattr(
            torch, "rand", lambda n, drawn=drawn, **words: torch.full((n,), drawn, dtype=FLOAT)
        )
        z = stratified_scores(1000, torch.Generator())
        tail = (1 - drawn) / 1000
        assert z[0] == pytest.approx(ndtri(tail), rel=1e-12)
        assert z[-1] == pytest.approx(-ndtri(tail), rel=1e-12)
        assert np.isfinite(stratified_scores(1, torch.Generator())).all()


@pytest.mark.parametrize("name", ["mild", "sharp"])
def test_starts_share_their_scores(name):
    """model = z - a_T mean, and the exact points, of p_T, have z for their score."""
    target = load(name)
    f = Centred(lambda x, t: x, target, LHW)
    form = target.one_dimensional_form()
    starts = stratified_starts(f, form, 50, stream("test", 0))
    a, _ = LHW.scales(64)
    assert starts.level == 64
    assert starts.z.shape == starts.model.shape == starts.exact.shape == (50, 1)
    assert torch.equal(starts.model, starts.z - a * target.mean)
    scores = exact_scores(f, form, 64, starts.exact)
    np.testing.assert_allclose(scores, starts.z[:, 0].numpy(), rtol=1e-11, atol=1e-13)


def test_a_curve_keeps_the_mean_and_lowers_the_spread():
    """Where each cell has as many rows the mean is the same number; h = z^2 varies 5 times less."""
    fitted = stratified_scores(800, stream("test", 1))
    score = stratified_scores(4000, stream("test", 2))
    curve = StepCurve.fitted(fitted**2, fitted, 100)
    draws = curve.flattened(score**2, score)
    assert draws.mean() == pytest.approx((score**2).mean(), rel=1e-12)
    assert draws.std() < 0.2 * (score**2).std()


def test_a_curve_with_empty_cells():
    """Cells that no row fell into get the mean of all."""
    curve = StepCurve.fitted(np.array([2.0, 4.0]), np.array([-2.0, -2.0]), 4)
    assert curve.height.tolist() == [3.0, 3.0, 3.0, 3.0]


@pytest.mark.parametrize("stratified", [True, False])
def test_limits_about_curves_cover(stratified):
    """E|Z| by 400 seeds at alpha = 0.05: misses fit Binomial(400, 0.05) from above at RATE."""
    truth = np.sqrt(2 / np.pi)
    misses = 0
    for seed in range(400):
        generator = stream("test", seed)
        parts = [stratified_scores(16, generator) for _ in range(16)]
        score = np.concatenate(parts)
        if not stratified:
            score = torch.randn(256, generator=generator, dtype=torch.float64).numpy()
        misses += crossed_upper_limit(np.abs(score), score, 16, 0.05) < truth
    assert misses <= binom.isf(RATE, 400, 0.05)
