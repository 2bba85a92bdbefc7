"""A trainer claims an accuracy E_0 of E = |f_1 - id| + sum_t eps_t: what convicts it, and that
lower limits of E are below it where it is known.

Declared (`accuracy`, trainer_claims.py), E_0 is that many times sqrt(tr Cov X_1), on any target.
The default is for Gaussian targets alone, where every class that holds the affine maps holds all
f*_t. Least squares of p coefficients an output on N pairs errs at level t by rho_t q/N in the
square, rho_t the mean square that g_t leaves of f_{t-1}(X_{t-1}), q a draw of chi^2_p an output,
and sum_t rho_t = tr Cov X_1 - tr Cov f*_T =: V*, so that by Cauchy and Schwarz

    E_0 = sqrt((T - 1) V* q/N),   q the quantile of chi^2_p that T - 1 levels of d outputs all stay
                                  below with probability 1 - RATE.

ctverify's affine class has p = d + 1 and its fourier class 257 + d. Any other trainer is given p =
1,024 and V* + tr Cov X_1/100 for V*: a tolerance, not a law. sqrt(q) is then 36, where networks
were seen at 30 and 7 on 1,024 and 8,192 pairs a level; and an optimiser moves a network by its rate
even where there is no noise to average, up to 0.03 of X_1's size a level on 1,024 pairs.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import chi2

from ctverify.certificate.accuracy import accuracy_floors, defects_floor
from ctverify.certificate.checked_model import Centred
from ctverify.core.confidence import lower_limit
from ctverify.core.streams import stream
from ctverify.laws.coverage import approached
from ctverify.laws.strategies import gaussian, schedule, schedules, seeds
from ctverify.training.linear import FEATURES
from ctverify.training.reverse_chain import chain_mean

from .compare import angles, scales_of
from .law import RATE, law
from .reference import variance
from .test_bound import ANY_NORMALS, ANY_SMALL, NORMALS, affine, eigenvalue
from .test_trajectory import measured

DRAWS = 4096
NETWORK = 1024  # coefficients that a trainer of no known class is taken to have
MOVED = 0.01  # of tr Cov X_1, what its optimiser is given where V* is small
ROUNDING = 1e-9  # of X_1's size
PATHS = 512  # with posterior draws
CHAINS = 4
STARTS = 1000  # of chains


def spread_of(target, schedule):
    """tr Cov X_1 and, for a Gaussian target, tr Cov f*_T.

    Arguments:
        target, schedule: as given.

    Returns:
        Two numbers; the second sum_i v_1 R_i^2, R_i = prod_t Cov(X_{t-1}, X_t)/sqrt(v_{t-1} v_t)
        along eigen-direction i.
    """
    lam = np.linalg.eigvalsh(target.covariance.numpy()).clip(0)
    a, b = (scale[:, None] for scale in scales_of(schedule))
    v = variance(lam, a, b)
    shared = a[1:] * a[:-1] * lam + b[1:] * b[:-1]
    R = (shared / np.sqrt(v[1:] * v[:-1])).prod(0)
    return float(v[0].sum()), float((v[0] * R**2).sum())


def sampled_spread(target, schedule, seed):
    """A lower limit of tr Cov f*_T for any target: two halves of chains from one start, <C, C'>."""
    a, b = schedule.scales(schedule.T)
    generator = stream("properties/claim", seed)
    x0 = target.sample(STARTS, generator) - target.mean
    z = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    one, other = chain_mean(target, schedule, a * x0 + b * z, CHAINS, generator)
    return max(0.0, lower_limit((one * other).sum(1), RATE))


def coefficients(kind, dim):
    """p of this file's head."""
    if kind == "affine":
        return dim + 1
    return FEATURES + 1 + dim if kind == "fourier" else NETWORK


def default_accuracy(kind, samples, lost, total, dim, T):
    """E_0 of this file's head, in the data's unit.

    Arguments:
        kind: a function class of ctverify's, or "foreign".
        samples: N, pairs a level.
        lost, total: V* and tr Cov X_1.
        dim, T: d, and the number of levels.

    Returns:
        E_0.

    Example:
        >>> round(default_accuracy("affine", 10_000, 1.0, 1.0, 1, 2), 3)
        0.064
    """
    each = RATE / ((T - 1) * dim)
    q = float(chi2.isf(each, coefficients(kind, dim)))
    if coefficients(kind, dim) == NETWORK:
        lost = lost + MOVED * total
    return math.sqrt((T - 1) * lost * q / samples)


def claim(subject, samples, target, schedule, seed):
    """E_0 in the data's unit, and V*.

    Arguments:
        subject: the trainer.
        samples: pairs a level of its model.
        target, schedule, seed: what it was trained on.
    """
    total, kept = spread_of(target, schedule)
    if target.normal_form() is None:
        kept = sampled_spread(target, schedule, seed)
    lost = total - kept
    if subject.claims.accuracy is not None:
        return subject.claims.accuracy * math.sqrt(total), lost
    E0 = default_accuracy(subject.kind, samples, lost, total, target.dim, schedule.T)
    return E0 + ROUNDING * math.sqrt(total), lost


def floors_of(f, target, schedule, lost, seed):
    """Every lower limit of E by its name, all with probability 1 - 2 RATE together."""
    with torch.no_grad():
        floors = accuracy_floors(Centred(f, target, schedule), DRAWS, RATE, seed, lost)
        budget, _, _ = measured(f, target, schedule, PATHS, seed, exact=True)
    named = {name: getattr(floors, name) for name in ("mean", "spread", "total", "steps")}
    return named | {"eps_t": defects_floor(budget, PATHS, RATE)}


@law(
    "bound.accuracy",
    "lower limits of E are below E, and the residuals' reaches it, for affine models of isotropic "
    "Gaussians, where E is known",
    "eps_t^2 = d (c/(T-1))^2 + d v_1 (k_t - k_{t-1} cos(psi_t - psi_{t-1}))^2 along the flow "
    "(test_trajectory.py)",
    tolerance="the limits hold with probability 1 - RATE (Student); 1e-9 of the size for rounding",
    examples=12,
    statistical=True,
)
@example(  # half of E is the mean's error, which is exact
    target=partial(gaussian, dim=3),
    schedule=partial(schedule, kind="cosine", T=4, near=0.5, far=0.9),
    gain=1.0,
    shift=-1.0,
    seed=0,
)
@example(  # the spread's error is nearly all of E
    target=partial(gaussian, dim=3),
    schedule=partial(schedule, kind="cosine", T=2, near=0.999, far=0.9),
    gain=1.5,
    shift=0.0,
    seed=0,
)
@given(
    target=NORMALS,
    schedule=schedules(steps=(2, 16)),
    gain=st.floats(0.5, 1.5),
    shift=st.floats(-1, 1),
    seed=seeds,
)
def test_accuracy(target, schedule, gain, shift, seed):
    """Of the steps' floor three quarters are asked for, where E is not far below the noise of
    4,096 draws of the residuals.
    """
    if callable(target):  # a kept case is built when it is run
        target = target()
        schedule = schedule()
    d = target.dim
    lam = eigenvalue(target)
    shift = shift * math.sqrt(lam)
    f = affine(target, schedule, gain, shift)
    share = np.linspace(0, 1, schedule.T)
    factor = 1 + share * (gain - 1)
    v1 = variance(lam, *schedule.scales(1))
    cosines = np.cos(np.diff(angles(schedule, lam)))
    own = factor[1:] - factor[:-1] * cosines
    moved = shift / (schedule.T - 1)
    E = float(np.sqrt(d * (moved**2 + own**2 * v1)).sum())
    total, kept = spread_of(target, schedule)
    floors = floors_of(f, target, schedule, total - kept, seed)
    size = math.sqrt(d * v1) + float(target.mean.norm())
    for name, floor in floors.items():
        assert floor <= E + 1e-9 * size, f"E = {E:.6g}, its floor by {name} is {floor:.6g}"
        if 1e-6 * size < E:
            approached(f"{name} / E", floor / E)
    if math.sqrt(d * v1 * (schedule.T - 1)) < 2 * E:
        steps = floors["steps"]
        assert steps >= 0.75 * E, f"E = {E:.6g}, the steps' floor is {steps:.6g}"


@law(
    "bound.claim",
    "a trainer's claim E <= E_0, declared or by default, stands against every lower limit of E: "
    "mean, spread in each direction, total spread from below, the residuals' linear functions, "
    "eps_t by posterior draws",
    "this file's head; |f_T - f*_T| <= E, and f*_T is a conditional mean of X_1",
    tolerance="the limits hold with probability 1 - 2 RATE together (Student)",
    examples=6,
    statistical=True,
)
@given(data=st.data(), schedule=schedules(steps=(2, 8)), seed=seeds)
def test_claim(subject, data, schedule, seed):
    """On the device where its models are called; any targets where an accuracy is declared."""
    declared = subject.claims.accuracy is not None
    target = data.draw(ANY_NORMALS | ANY_SMALL if declared else ANY_NORMALS, label="target")
    f = subject(target, schedule, seed)
    E0, lost = claim(subject, f.samples, target, schedule, seed)
    source = "declared" if declared else f"the default for {f.samples} pairs a level"
    floors = floors_of(f, target.to(subject.device), schedule, lost, seed)
    for name, floor in floors.items():
        approached(f"{name} / claim", floor / E0)
        assert floor <= E0, f"E >= {floor:.4g} by {name}, above the claim of {E0:.4g} ({source})"
