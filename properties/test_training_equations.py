"""The normal equations of LHW (14), which a trained model owes at every level:

    E[(f_t(X_t) - f_{t-1}(X_{t-1})) (1, X_t)] = 0,   t = 2..T, fresh shared-noise draws.

The statistics are in trainer_residuals.py. Necessary, not sufficient, and blind where a mistake
happens not to move the slope: a teacher at its own X_t at variance 1, noise of another scale at
large variances. Hence variances on both sides of 1 and few levels, far apart.

Exact sampling law of the affine class on N(m, S): level t regresses f_{t-1}(X_{t-1}), affine, on
X_t over n fresh pairs, so that A_t = A_{t-1} B_t, with B_t the least squares of X_{t-1} on X_t.
Jointly Gaussian pairs give, in S's eigenbasis, with d predictors and an intercept,

    (B_t - diag(beta))_{ij} = (s_i/sqrt(v_j)) tau/sqrt(n - d),
    tau ~ Student's t with n - d degrees of freedom,
    beta_i = Cov(X_{t-1}, X_t)_i/v_i,   s_i^2 = Var(X_{t-1})_i - beta_i^2 v_i,   v = Var X_t.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import torch
from hypothesis import example, given
from scipy.special import stdtrit

from ctverify.laws.strategies import (
    datasets,
    gaussian,
    gaussians,
    mixture,
    mixtures,
    schedule,
    schedules,
    seeds,
)

from .law import RATE, law
from .reference import variance
from .test_training import NORMALS, on_device
from .trainer_causes import Level, likely_cause
from .trainer_residuals import (
    DRAWS,
    ETA,
    QUALITY,
    Draws,
    level_residuals,
    rho,
    sampling,
    scores,
    tolerance,
)
from .trainers import SAMPLES

TARGETS = (
    gaussians(dims=(1, 3), variances=(0.1, 10), condition=100, offset=2)
    | mixtures(
        dims=(1, 3),
        components=(2, 3),
        variances=(0.1, 10),
        condition=30,
        separation=3,
        smallest_weight=0.1,
        offset=2,
    )
    | datasets(dims=(1, 3), points=(2, 16), spreads=(0.5, 3), bandwidths=(0.2, 1), offset=2)
)
FEW = schedules(steps=(2, 8), families=("cosine", "karras", "li_huang_wei"))
# explicit examples are printed as calls: they are built when they run
WIDE = partial(gaussian, dim=2, log_variance=1.0, log_condition=2.0, offset=1.0)
LOPSIDED = partial(
    mixture, components=3, log_variance=0.5, separation=2.0, tilt=0.5, offset=1.0, seed=2
)
FOUR = partial(schedule, kind="karras", T=4, near=0.3, far=0.3)
NINE = partial(schedule, kind="karras", T=9, near=0.3, far=0.3)
OWN_SAMPLES = {"affine": 16_384, "fourier": 2048, "mlp": 8192}
OWN_DRAWS = {"fourier": 4096}  # its waves cost more than they tell


def exact(subject):
    """Whether least squares makes the normal equations hold up to an exact null law."""
    claims = subject.claims
    squares = claims.solver == "least-squares" and claims.loss == "square"
    return squares and claims.function_class in ("affine", "constant")


def within_tolerance(subject):
    """Whether they hold up to a stated tolerance."""
    claims = subject.claims
    stationary = claims.loss != "other" and claims.function_class != "other"
    return stationary and not exact(subject)


def judged_levels(subject, target, schedule, seed):
    """A trained model's levels with fresh draws, and their residuals.

    Arguments:
        subject: the trainer; ctverify's own take OWN_SAMPLES pairs a level here, judged on DRAWS.
        target, schedule, seed: what it is trained on.

    Returns:
        Levels and residuals at t = 2..T, and the pairs a level.
    """
    model = subject.at(OWN_SAMPLES.get(subject.kind))(target, schedule, seed)
    levels = []
    parts = []
    for t in range(2, schedule.T + 1):
        draws = Draws.of(target, seed, t, OWN_DRAWS.get(subject.kind, DRAWS))
        levels.append(Level(_on_cpu(model, subject.device), schedule, t, draws))
        parts.append(
            level_residuals(model, target, schedule, t, draws, subject.claims, subject.device)
        )
    return levels, parts, model.samples


def _built(target, schedule):
    """Both as they are, or by the calls that build them."""
    if callable(target):
        return target(), schedule()
    return target, schedule


def _on_cpu(model, device):
    """The model between float64 points on the CPU."""

    def f(x, t):
        return model(x.to(device), t).to("cpu", torch.float64)

    return f


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


@law(
    "training.normal_equations",
    "E[(f_t(X_t) - f_{t-1}(X_{t-1})) (1, X_t)] = 0 at every level; pseudo-Huber losses weight the "
    "residual, one network for all levels owes the sum, a class without a linear part the constant",
    "stationarity of LHW (14) under the shared noise",
    tolerance=f"correlation {QUALITY:g}/sqrt(pairs a level), at most 0.6, or --ctverify-quality; "
    f"levels whose residual is below {ETA:g} f's own spread are judged beside that; and the "
    "sampling error of 16,384 draws, beyond which RATE remains",
    examples=6,
    statistical=True,
    owed_by=within_tolerance,
)
@example(target=WIDE, schedule=FOUR, seed=0)
@example(target=LOPSIDED, schedule=NINE, seed=0)
@given(target=TARGETS, schedule=FEW, seed=seeds)
def test_normal_equations(subject, target, schedule, seed):
    """Level by level, or pooled over levels for a shared network."""
    target, schedule = _built(target, schedule)
    levels, parts, samples = judged_levels(subject, target, schedule, seed)
    allowed = tolerance(samples) if subject.quality is None else subject.quality
    pooled = subject.claims.function_class == "shared"
    groups = [parts] if pooled else [[part] for part in parts]
    seen = [rho(group) for group in groups]
    failed = [i for i, group in enumerate(groups) if not seen[i] <= allowed + sampling(group)]
    if not failed:
        return
    where = [2 + i for i in failed]
    worst = max(seen[i] for i in failed)
    place = f"over all levels 2..{schedule.T}"
    if pooled:
        where = [at.t for at in levels]
    else:
        place = (
            f"level{'s' if len(where) > 1 else ''} {', '.join(map(str, where))} of 2..{schedule.T}"
        )
    cause = likely_cause(target, levels, where, subject.claims, allowed)
    raise AssertionError(
        f"{place}: corr(r, (1, X_t)) = {worst:.3f}, allowed {allowed:.3f} for {samples:,} pairs a "
        f"level; {cause}"
    )


@law(
    "training.least_squares",
    "at every level mean(r (1, u)) of least squares is off 0 by its exact sampling error: "
    "z = mean/(sd sqrt(1/n + 1/N)) is N(0, 1)",
    "normal equations of LHW (14), solved on N pairs and judged on n others",
    tolerance="Bernstein's inequality with the largest product seen, RATE shared over all levels "
    "and entries",
    examples=10,
    statistical=True,
    owed_by=exact,
)
@example(target=WIDE, schedule=FOUR, seed=0)
@example(target=LOPSIDED, schedule=NINE, seed=0)
@given(target=TARGETS, schedule=FEW, seed=seeds)
def test_least_squares(subject, target, schedule, seed):
    """Level by level; f_{t-1} is fixed and of other draws."""
    target, schedule = _built(target, schedule)
    levels, parts, samples = judged_levels(subject, target, schedule, seed)
    failed = []
    worst = 0.0
    for at, part in zip(levels, parts, strict=True):
        z, limit = scores(part, samples)
        ratio = float((z.abs() / limit).max())
        if not ratio <= 1:
            failed.append(at.t)
            worst = max(worst, float(z.abs().max()))
    if not failed:
        return
    claims = replace(subject.claims, solver="sgd")
    cause = likely_cause(target, levels, failed, claims, tolerance(samples))
    raise AssertionError(
        f"level{'s' if len(failed) > 1 else ''} {', '.join(map(str, failed))} of 2..{schedule.T}: "
        f"mean(r (1, u)) is {worst:.1f} standard errors from 0; {cause}"
    )
