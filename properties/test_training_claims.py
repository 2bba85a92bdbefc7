"""What a trainer claims of motions and of samples is so.

Equivariance holds in law: for a motion M (X_0 turned by Q, or moved by m), models of the moved
target, moved back, and models of the target itself are draws of one law over the seeds. At a point
and in a coordinate, K of each have Student's two-sample t with 2K - 2 degrees of freedom, exactly
where they are normal.
"""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import fdtri, stdtrit

from ctverify import Gaussian, Schedule
from ctverify.laws.strategies import gaussians, schedules

from .compare import spread_at
from .law import RATE, law
from .test_oracle_draws import noised
from .test_training import on_device
from .trainers import SAMPLES

SEEDS = 6  # models of each target behind Student's t
RUNS = 8  # models behind a variance
MORE = 64  # times the samples


@law(
    "training.equivariant",
    "a trainer that claims it moves along with translations, rotations of the target: moved back, "
    "models of the moved target have the law of models of the target",
    "LHW (14) is equivariant: sqrt(alpha_bar_t) m is added to X_t, sqrt(alpha_bar_1) m to f_t",
    tolerance="this file's head: Student's t with 10 degrees of freedom at RATE shared over "
    "points, coordinates and motions; 1e-9 of the spread for rounding",
    examples=2,
    statistical=True,
    owed_by=lambda subject: bool(subject.claims.equivariant),
)
@given(
    target=gaussians(dims=(2, 3), variances=(0.3, 3), condition=30, offset=1),
    schedule=schedules(steps=(2, 4), families=("cosine", "karras")),
    length=st.floats(30, 100),
    seed=st.integers(0, 2**31),
)
def test_equivariant(subject, target, schedule, length, seed):
    """Six points of X_T; m of `length` spreads, Q uniform."""
    d = target.dim
    T = schedule.T
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(d, d, generator=generator, dtype=torch.float64)
    turn = torch.linalg.qr(drawn)[0]
    move = length * target.spread * torch.nn.functional.normalize(drawn[0], dim=0)
    x = noised(target, schedule, T, 6, seed)
    a, _ = schedule.scales(T)
    a1, _ = schedule.scales(1)
    own = np.array([_values(subject, target, schedule, seed + i, x) for i in range(SEEDS)])
    alpha = RATE / (2 * x.numel() * len(subject.claims.equivariant))
    quantile = -stdtrit(2 * SEEDS - 2, alpha)
    for motion in subject.claims.equivariant:
        others = range(seed + SEEDS, seed + 2 * SEEDS)
        if motion == "translation":
            moved = Gaussian(target.mean + move, target.covariance)
            images = [_values(subject, moved, schedule, i, x + a * move) for i in others]
            back = np.array(images) - (a1 * move).numpy()
        else:
            turned = turn @ target.covariance @ turn.T
            moved = Gaussian(turn @ target.mean, (turned + turned.T) / 2)
            images = [_values(subject, moved, schedule, i, x @ turn.T) for i in others]
            back = np.array(images) @ turn.numpy()
        pooled = (own.var(0, ddof=1) + back.var(0, ddof=1)) / SEEDS
        gap = np.abs(own.mean(0) - back.mean(0))
        allowed = quantile * np.sqrt(pooled) + 1e-9 * spread_at(target, schedule, 1)
        worst = (gap / allowed).max()
        assert worst <= 1, (
            f"under a {motion} f_{T} is off by {gap.max():.3g}, {worst:.2g} times what its seeds "
            "explain"
        )


def _values(subject, target, schedule, seed, x):
    """f_T(x) of one training, an array (n, d)."""
    f = subject(target, schedule, seed)
    return f(on_device(subject, x), schedule.T).to("cpu", torch.float64).numpy()


@law(
    "training.samples",
    "64 times the samples make the variance of f_T over seeds 64^(2 rate) times smaller, or more; "
    "rate 1/2 unless declared",
    "what a finite sample leaves; what is wrong at any size fails the normal equations",
    tolerance="the quantile of F at RATE, 21 degrees of freedom on both sides: 3 coordinates of 8 "
    "trainings; 1e-6 of the spread for rounding",
    examples=1,
    statistical=True,
    # of ctverify's own, fourier takes seconds for what affine shows
    owed_by=lambda subject: subject.sized is not None and subject.kind != "fourier",
)
@given(
    target=gaussians(dims=(3, 3), variances=(0.3, 3), condition=10, offset=1),
    seed=st.integers(0, 2**31),
)
def test_samples(subject, target, seed):
    """Three levels, of trainers that take a keyword `samples`."""
    schedule = Schedule.karras(3, 0.3, 3.0)
    x = noised(target, schedule, schedule.T, 500, seed)
    variances = []
    for samples in (SAMPLES // 2, MORE * SAMPLES // 2):
        trainer = subject.at(samples)
        runs = [_values(trainer, target, schedule, seed + i, x) for i in range(RUNS)]
        variances.append(float(np.var(runs, 0, ddof=1).mean()))
    few, many = variances
    freedom = target.dim * (RUNS - 1)
    share = fdtri(freedom, freedom, 1 - RATE) / MORE ** (2 * subject.claims.rate)
    floor = (1e-6 * target.spread) ** 2
    assert many <= share * few + floor, (
        f"level {schedule.T}: {MORE} times the samples leave {many / few:.3g} of the variance over "
        f"seeds, rate {subject.claims.rate:g} allows {share:.3g}"
    )
