"""Consistency training as a textbook has it, for the mutants of wrong.py: least squares on an
affine part and random waves, level by level.
"""

from __future__ import annotations

import torch

WAVES = 16


class Model:
    """f(x, t) from coefficients a level."""

    def __init__(self, mean, spread, frequencies, phases, schedule):
        self.mean = mean
        self.spread = spread
        self.frequencies = frequencies
        self.phases = phases
        self.schedule = schedule
        self.coefficients = {}

    def features(self, x, t):
        """1, u and waves of u, u = (x - a m) over a scale of X_t."""
        a, b = self.schedule.scales(t)
        u = (x - a * self.mean) / (a**2 * self.spread**2 + b**2).sqrt()
        waves = torch.cos(u @ self.frequencies + self.phases)
        return torch.cat([torch.ones_like(u[:, :1]), u, waves], 1)

    def __call__(self, x, t):
        """f_t(x); f_1 is the identity."""
        if t == 1:
            return x.clone()
        return self.features(x, t) @ self.coefficients[t]


def scales(schedule, t):
    """sqrt(alpha_bar_t) and sqrt(1 - alpha_bar_t)."""
    a, b = schedule.scales(t)
    return a, b


def noised(x0, z, schedule, t):
    """X_t."""
    a, b = scales(schedule, t)
    return a * x0 + b * z


def noise(like, generator):
    """Z."""
    return torch.randn(like.shape, generator=generator, dtype=like.dtype)


def solve(features, values):
    """The least squares solution; the waves, which may be collinear, carry a small ridge."""
    gram = features.T @ features
    ridge = 1e-3 * gram.diagonal()
    ridge[: features.shape[1] - WAVES] = 0
    return torch.linalg.solve(gram + ridge.diag(), features.T @ values)


def pairs(sample, schedule, t, samples, generator):
    """X_t and X_{t-1} from one X_0 and one Z."""
    key = int(torch.randint(2**31, (1,), generator=generator))
    x0 = sample(samples, key)
    z = noise(x0, generator)
    x = noised(x0, z, schedule, t)
    previous = noised(x0, z, schedule, t - 1)
    return x, previous


def train(sample, schedule, seed, samples=8192):
    """Levels 2..T, each against the one before."""
    generator = torch.Generator().manual_seed(seed)
    pilot = sample(4096, int(torch.randint(2**31, (1,), generator=generator)))
    mean = pilot.mean(0)
    spread = pilot.std(0)
    frequencies = torch.randn(len(mean), WAVES, generator=generator, dtype=torch.float64)
    phases = 6.3 * torch.rand(WAVES, generator=generator, dtype=torch.float64)
    model = Model(mean, spread, frequencies, phases, schedule)
    for t in range(2, schedule.T + 1):
        x, previous = pairs(sample, schedule, t, samples, generator)
        values = model(previous, t - 1)
        model.coefficients[t] = solve(model.features(x, t), values)
    return model


train.function_class = "affine"
train.solver = "least-squares"
train.samples = 8192
train.equivariant = ("translation",)
