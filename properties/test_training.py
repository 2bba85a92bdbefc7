"""Trained models f_1..f_T, LHW (14): identity at t = 1, finite, row by row, reproducible, and the
slopes that theory gives.

Exact sampling law of the affine class on N(m, S): level t regresses f_{t-1}(X_{t-1}), affine, on
X_t over n fresh pairs, so that A_t = A_{t-1} B_t, with B_t the least squares of X_{t-1} on X_t.
Jointly Gaussian pairs give, in S's eigenbasis, with d predictors and an intercept,

    (B_t - diag(beta))_{ij} = (s_i/sqrt(v_j)) tau/sqrt(n - d),
    tau ~ Student's t with n - d degrees of freedom,
    beta_i = Cov(X_{t-1}, X_t)_i/v_i,   s_i^2 = Var(X_{t-1})_i - beta_i^2 v_i,   v = Var X_t.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import numpy as np
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import stdtrit

from ctverify import ConsistencyModel, train
from ctverify.laws.strategies import gaussians, mixtures, schedules, seeds
from ctverify.training import CLASSES

from .compare import scales_of, spread_at
from .law import RATE, law
from .reference import variance
from .test_oracle_draws import noised
from .trainers import SAMPLES

NORMALS = gaussians(dims=(1, 3), variances=(0.1, 10), condition=100, offset=5)
TARGETS = NORMALS | mixtures(
    dims=(1, 3),
    components=(2, 3),
    variances=(0.1, 10),
    condition=100,
    separation=4,
    smallest_weight=0.1,
    offset=5,
)
FEW = schedules(steps=(2, 10))


def on_device(subject, x):
    """x where the subject's models are called."""
    return x.to(subject.device)


@law(
    "training.identity",
    "f_1(x) = x",
    "LHW (14)",
    tolerance="ctverify's own classes: none, bit for bit; others: 8 roundings of the dtype they "
    "return, of the largest |x|",
    examples=12,
)
@given(target=TARGETS, schedule=FEW, seed=seeds)
def test_identity(subject, target, schedule, seed):
    """A foreign model may compute the identity as c_skip x + c_out F in its own dtype."""
    f = subject(target, schedule, seed)
    x = on_device(subject, noised(target, schedule, 1, 50, seed))
    y = f(x, 1)
    limit = 0.0
    if subject.kind not in CLASSES:
        largest = float(x.abs().max())
        limit = 8 * torch.finfo(y.dtype).eps * largest
    assert float((y.to(x) - x).abs().max()) <= limit


@law(
    "training.finite",
    "f_t(x) is finite at the mean and on the tails, out to 1e6 standard deviations, t = 1..T",
    "a model is a function on all of R^d",
    tolerance="none",
    examples=12,
)
@given(target=TARGETS, schedule=FEW, seed=seeds)
def test_finite(subject, target, schedule, seed):
    """Along both directions of every axis."""
    f = subject(target, schedule, seed)
    axes = torch.eye(target.dim, dtype=torch.float64)
    scores = torch.cat([score * axes for score in (0, 1, 30, -1e3, 1e6)])
    for t in range(1, schedule.T + 1):
        a, _ = schedule.scales(t)
        x = a * target.mean + spread_at(target, schedule, t) * scores
        y = f(on_device(subject, x), t)
        infinite = (~y.isfinite()).any(1).cpu()
        assert not bool(infinite.any()), f"f_{t} is not finite at x = {x[infinite][0].tolist()}"


@law(
    "training.rows",
    "f_t of a batch is f_t of its rows",
    "a model maps points, not batches",
    tolerance="sums of at most 256 products, each at most 100 times the output's scale: 25,600 eps "
    "of the narrowest dtype used, float32 (bitwise only at one thread)",
    examples=12,
)
@given(target=TARGETS, schedule=FEW, seed=seeds)
def test_rows(subject, target, schedule, seed):
    """The output's scale: its deviations from the mean, the spread and the noise.

    ctverify's own classes add the mean last, in float64, so that it enters with float64's eps only.
    """
    f = subject(target, schedule, seed)
    t = schedule.T
    x = on_device(subject, noised(target, schedule, t, 33, seed))
    whole = f(x, t)
    rows = torch.cat([f(row[None], t) for row in x])
    narrow = torch.float64 if subject.kind in ("affine", "fourier") else torch.float32
    share_of_mean = torch.finfo(torch.float64).eps
    if subject.kind == "foreign":
        share_of_mean = 1.0
    _, noise = schedule.scales(t)
    deviations = (whole - whole.mean(0)).abs()
    size = float(deviations.max()) + target.spread + noise
    size += float(target.mean.norm()) * share_of_mean
    gap = float((whole - rows).abs().max())
    assert gap <= 25_600 * torch.finfo(narrow).eps * size


@law(
    "training.reproducible",
    "the same seed gives the same bits, and in ctverify's own classes another seed another model",
    "everything random takes a seed",
    tolerance="ctverify's own classes: none; others: sqrt(eps) of the dtype they return, as BLAS "
    "may depend on memory alignment",
    examples=8,
)
@given(target=TARGETS, schedule=FEW, seed=st.integers(0, 2**31))
def test_reproducible(subject, target, schedule, seed):
    """Three trainings, compared at 20 points of the last level."""
    T = schedule.T
    x = on_device(subject, noised(target, schedule, T, 20, seed))
    one = subject(target, schedule, seed)(x, T)
    same = subject(target, schedule, seed)(x, T)
    other = subject(target, schedule, seed + 1)(x, T)
    limit = 0.0
    if subject.kind not in CLASSES:
        largest = float(one.abs().max())
        limit = math.sqrt(torch.finfo(one.dtype).eps) * largest
    assert float((one - same).abs().max()) <= limit, "the same seed gave another model"
    assert subject.kind not in CLASSES or not torch.equal(one, other), "the seed changes nothing"


@law(
    "training.saved",
    "a saved and loaded model returns the same bits at every level, and knows its target and "
    "schedule",
    "round trip",
    tolerance="none",
    examples=8,
    kinds=CLASSES,
)
@given(target=TARGETS, schedule=FEW, seed=seeds)
def test_saved(subject, target, schedule, seed):
    """Through a folder of its own; the specs rebuild target, schedule and training."""
    device = str(subject.device)
    model = train(target, schedule, subject.kind, samples=SAMPLES, device=device, seed=seed)
    with tempfile.TemporaryDirectory() as directory:
        model.save(Path(directory))
        again = ConsistencyModel.load(directory, device)
    x = on_device(subject, noised(target, schedule, schedule.T, 20, seed))
    for t in range(1, schedule.T + 1):
        assert torch.equal(again(x, t), model(x, t))
    assert again.target.spec == target.spec
    assert again.schedule.spec == schedule.spec
    assert again.spec == model.spec


@law(
    "training.shared_noise",
    "on N(m, lam) the slope of f_T on X_T is nearer to the shared-noise population slope than to "
    "that of independent noise",
    "LHW (14); slopes prod Cov(X_{t-1}, X_t)/Var X_t with and without the noise's part of the "
    "covariance",
    tolerance="half the gap between the slopes, 3/8 of the larger where the other is at most its "
    "quarter; with R >= 0.7 sampling errors are 0.03 of it, sqrt(sum tan^2 dpsi/(n - 257)), and "
    "those of the regression on 4,000 draws 0.02",
    examples=12,
    statistical=True,
)
@given(
    target=gaussians(dims=(1, 1), variances=(0.1, 10), offset=3),
    schedule=schedules(steps=(4, 12)),
    seed=seeds,
)
def test_shared_noise(subject, target, schedule, seed):
    """3/8 of the slope is 7 of the two errors' sum: far beyond RATE."""
    lam = float(target.covariance)
    T = schedule.T
    a, b = scales_of(schedule)
    v = a**2 * lam + b**2
    of_clean = a[1:] * a[:-1] * lam
    of_noise = b[1:] * b[:-1]
    shared = np.prod((of_clean + of_noise) / v[1:])
    independent = np.prod(of_clean / v[1:])
    least = 0.7 * math.sqrt(v[0] / v[-1])  # R >= 0.7
    assume(independent < shared / 4 and shared > least)
    x = noised(target, schedule, T, 4000, seed)
    f = subject(target, schedule, seed)
    y = f(on_device(subject, x), T).to(x)
    covariance = torch.cov(torch.cat([x, y], 1).T)
    slope = float(covariance[0, 1] / x.var())
    assert abs(slope - shared) < abs(slope - independent), (
        f"slope {slope:.4g}: shared noise {shared:.4g}, independent {independent:.4g}"
    )


@law(
    "training.affine_slope",
    "on N(m, S) each level's least squares is off the population's by its exact sampling error",
    "this file's head; LHW (14)",
    tolerance="Student's t with n - d degrees of freedom at RATE shared over all levels and "
    "entries, and 1e-9 for rounding",
    examples=15,
    statistical=True,
    kinds=("affine",),
)
@given(target=NORMALS, schedule=FEW, seed=seeds)
def test_affine_slope(subject, target, schedule, seed):
    """A_t by differences from the mean; B_t = A_{t-1}^-1 A_t, entry by entry, two-sided."""
    f = subject(target, schedule, seed)
    d = target.dim
    lam, basis = np.linalg.eigh(target.covariance.numpy())
    entries = d * d * (schedule.T - 1)
    alpha = RATE / (2 * entries)
    quantile = -stdtrit(SAMPLES - d, alpha)
    before = np.eye(d)
    for t in range(2, schedule.T + 1):
        a, b = schedule.scales(t)
        a1, b1 = schedule.scales(t - 1)
        v = variance(lam, a, b)
        covariance = a * a1 * lam + b * b1
        beta = covariance / v
        residual = variance(lam, a1, b1) - beta * covariance
        noise = np.sqrt(residual.clip(0))
        at = (a * target.mean)[None]
        moved = at + torch.from_numpy(basis.T.copy())
        image = f(on_device(subject, at), t)
        images = f(on_device(subject, moved), t) - image
        slope = basis.T @ images.cpu().numpy().T
        regression = np.linalg.solve(before, slope)
        of_predictors = np.sqrt(v * (SAMPLES - d))
        allowed = quantile * noise[:, None] / of_predictors
        gap = np.abs(regression - np.diag(beta))
        assert (gap <= allowed + 1e-9 * (1 + beta.max())).all(), (
            f"level {t}: off by {gap.max():.4g}, allowed {allowed.max():.4g}"
        )
        before = slope
