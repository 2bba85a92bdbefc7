"""Trained models f_1..f_T, LHW (14), as functions: the identity at t = 1, finite, row by row,
reproducible, without a memory, every level of its own.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from ctverify import ConsistencyModel, Gaussian, train
from ctverify.laws.strategies import gaussians, mixtures, schedules, seeds
from ctverify.training import CLASSES

from .compare import spread_at
from .law import law
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


def close(one, other, reseeded=None):
    """Within sqrt(eps) of the dtype, as BLAS may depend on memory alignment; of two trainings also
    within a hundredth of what another seed changes, as they may be ill-conditioned.
    """
    largest = float(one.abs().max())
    limit = math.sqrt(torch.finfo(one.dtype).eps) * largest
    if reseeded is not None:
        limit = max(limit, 0.01 * float((one - reseeded).abs().max()))
    return float((one - other).abs().max()) <= limit


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
    gap = float((y.to(x) - x).abs().max())
    assert gap <= limit, f"level 1: f_1 is not the identity, but off by {gap:.3g}"


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
    "training.function",
    "f_t(x) depends on x and t alone, not on calls before, and x is left as it is",
    "a model is a function",
    tolerance="sqrt(eps) of the dtype that is returned, as BLAS may depend on memory alignment; x: "
    "none",
    examples=6,
)
@given(target=TARGETS, schedule=FEW, seed=seeds)
def test_function(subject, target, schedule, seed):
    """Levels downwards, then upwards and at other points in between."""
    f = subject(target, schedule, seed)
    levels = range(1, schedule.T + 1)
    points = {t: on_device(subject, noised(target, schedule, t, 20, seed)) for t in levels}
    first = {}
    for t in reversed(levels):
        kept = points[t].clone()
        first[t] = f(points[t], t).clone()
        assert torch.equal(points[t], kept), f"f(x, {t}) changed x"
    for t in levels:
        f(points[t].flip(0) + 1, t)
        assert close(first[t], f(points[t], t)), f"f(x, {t}) depends on the calls before it"


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
    assert gap <= 25_600 * torch.finfo(narrow).eps * size, (
        f"level {t}: a row alone gives another value than in its batch, by {gap:.3g}"
    )


@law(
    "training.levels",
    "f_t is no copy of f_{t-1} where the population's slopes differ by a tenth or more",
    "slope f*_t / slope f*_{t-1} = Cov(X_{t-1}, X_t)/Var X_t on N(m, lam I)",
    tolerance="1e-6 of the values' spread, at every level",
    examples=4,
)
@given(
    target=gaussians(dims=(1, 2), variances=(0.1, 10), condition=1, offset=2),
    schedule=schedules(steps=(3, 10)),
    seed=seeds,
)
def test_levels(subject, target, schedule, seed):
    """At the same points, those of X_t."""
    lam = float(target.covariance.diagonal().mean())
    judged = []
    for t in range(2, schedule.T + 1):
        a, b = schedule.scales(t)
        a1, b1 = schedule.scales(t - 1)
        ratio = (a * a1 * lam + b * b1) / variance(lam, a, b)
        if abs(ratio - 1) >= 0.1:
            judged.append(t)
    assume(judged)
    f = subject(target, schedule, seed)
    copies = []
    for t in judged:
        x = on_device(subject, noised(target, schedule, t, 64, seed))
        y = f(x, t)
        gap = (y - f(x, t - 1)).abs().max()
        if float(gap) <= 1e-6 * float(y.std()):
            copies.append(t)
    assert not copies, (
        f"level{'s' if len(copies) > 1 else ''} {', '.join(map(str, copies))} of 2..{schedule.T}: "
        "f_t is a copy of f_{t-1}: the level is not trained, or its f is never used"
    )


@law(
    "training.reproducible",
    "the same seed gives the same bits, and in ctverify's own classes another seed another model",
    "everything random takes a seed",
    tolerance="ctverify's own classes: none; others: sqrt(eps) of the dtype they return, as BLAS "
    "may depend on memory alignment, or a hundredth of what another seed changes",
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
    if subject.kind in CLASSES:
        assert torch.equal(one, same), "the same seed gave another model"
    assert close(one, same, other), "the same seed gave another model"
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
    "training.memory",
    "a training leaves no trace: models trained before keep their values, and the same training "
    "afterwards gives the same model",
    "f depends on the sampler, the schedule and the seed alone",
    tolerance="sqrt(eps) of the dtype that is returned, as BLAS may depend on memory alignment, or "
    "a hundredth of what another seed changes",
    examples=4,
)
@given(target=TARGETS, schedule=FEW, seed=st.integers(0, 2**31))
def test_memory(subject, target, schedule, seed):
    """Another target of the same dimension, four times as wide, is trained in between."""
    T = schedule.T
    x = on_device(subject, noised(target, schedule, T, 20, seed))
    first = subject(target, schedule, seed)
    before = first(x, T).clone()
    eye = torch.eye(target.dim, dtype=torch.float64)
    other = Gaussian(-target.mean - 1, 4 * target.covariance + eye)
    subject(other, schedule, seed)
    after = first(x, T)
    again = subject(target, schedule, seed)(x, T)
    reseeded = subject(target, schedule, seed + 1)(x, T)
    assert close(before, after), "a later training changed a finished model"
    assert close(before, again, reseeded), (
        "after another target the same training gave another model: something is remembered"
    )
