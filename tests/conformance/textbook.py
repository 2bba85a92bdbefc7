"""Correct implementations in all four conventions, written from the formulas alone. No check may
fail on them.

    VE       f = x - t F,            F predicts the noise            a = 1,      b = t
    VP  f = (x - b F)/a,  F predicts the noise  a^2 = exp(-B(t)), B(t) = 0.1 t + 9.95 t^2 on [0, 1]
    TrigFlow f = cos t x - sin t F,  F predicts the velocity         a = cos t,  b = sin t
    linear   f = x - t F,            F predicts the velocity         a = 1 - t,  b = t

All land on X_0; VE counts its times from the data end.
"""

import math
from dataclasses import dataclass

import torch

from ctverify import Convention
from ctverify.conformance import Metric

KINDS = ("ve", "vp", "trigflow", "linear")


def _alpha_bar(t):
    """alpha_bar = exp(-B(t))."""
    return math.exp(-0.1 * t - 9.95 * t * t)


@dataclass(frozen=True)
class Textbook:
    """One of the four; N intervals of training."""

    kind: str
    N: int = 32

    @property
    def convention(self):
        """Inputs are scaled to unit variance in all but linear, where that is declared."""
        return {
            "ve": Convention.ve(0.0, t_max=20.0, sigma_data=0.7, ascending=True),
            "vp": Convention.vp(_alpha_bar, boundary=0.0, t_max=1.0),
            "trigflow": Convention.trigflow(0.4),
            "linear": Convention.linear(scaled_input=False),
        }[self.kind]

    @property
    def loss_law(self):
        """The squared distance, weight 1."""
        return Metric(_mean_square, _one)

    def scales(self, t):
        """(a, b) as tensors."""
        if self.kind == "ve":
            return torch.ones_like(t), t
        if self.kind == "vp":
            log_alpha_bar = -0.1 * t - 9.95 * t**2
            one_minus_alpha_bar = -torch.expm1(log_alpha_bar)
            return (log_alpha_bar / 2).exp(), one_minus_alpha_bar.sqrt()
        if self.kind == "trigflow":
            return t.cos(), t.sin()
        return 1 - t, t

    def f(self, x, t, network):
        """t (n, 1)."""
        a, b = self.scales(t)
        c = self.convention
        scaled = x
        if c.scaled_input:
            variance = (a * c.sigma_data) ** 2 + (b * c.z_std) ** 2
            scaled = x / variance.sqrt()
        raw = network(scaled, t[:, 0])
        if self.kind == "vp":
            return (x - b * raw) / a
        if self.kind == "trigflow":
            velocity = raw * c.sigma_data
            return a * x - b * velocity
        return x - t * raw

    def times(self, n):
        """Even steps, without the boundary."""
        t_max = self.convention.t_max
        falling = [t_max * (1 - i / n) for i in range(n)]
        if self.convention.ascending:
            return falling[::-1]
        return falling

    def add_noise(self, x0, t, seed):
        """a x_0 + b z."""
        z = self._noise(x0, _generator(seed))
        return self._noised(x0, _column(t, x0), z)

    def consistency(self, x, t, network):
        """One time for all rows."""
        return self.f(x, _column(t, x), network)

    def sample(self, z, n, network, seed):
        """f lands on X_0, which is noised afresh."""
        generator = _generator(seed)
        times = sorted(self.times(n), reverse=True)
        top = _column(times[0], z)
        _, b = self.scales(top)
        x = self.f(b * self.convention.z_std * z, top, network)
        for time in times[1:]:
            t = _column(time, z)
            noised = self._noised(x, t, self._noise(z, generator))
            x = self.f(noised, t, network)
        return x

    def training_pair(self, x0, network, seed):
        """Neighbours on an even grid."""
        generator = _generator(seed)
        i = torch.randint(self.N, (len(x0), 1), generator=generator)
        t = self._time(i + 1, x0.dtype)
        s = self._time(i, x0.dtype)
        z = self._noise(x0, generator)
        x_t = self._noised(x0, t, z)
        x_s = self._noised(x0, s, z)
        return x_t, t, x_s, s

    def loss(self, x0, network, seed):
        """(n,)."""
        x_t, t, x_s, s = self.training_pair(x0, network, seed)
        with torch.no_grad():
            teacher = self.f(x_s, s, network)
        return (self.f(x_t, t, network) - teacher).square().mean(1)

    def time_law(self):
        """Every level but the boundary, alike."""
        times = [(i + 1) / self.N * self.convention.t_max for i in range(self.N)]
        return times, [1 / self.N] * self.N

    def _time(self, i, dtype):
        """The time of grid point i of N."""
        return i.to(dtype) / self.N * self.convention.t_max

    def _noise(self, like, generator):
        """Fresh noise of the convention's scale."""
        z = torch.randn(like.shape, generator=generator, dtype=like.dtype)
        return self.convention.z_std * z

    def _noised(self, x0, t, z):
        """x_t = a x_0 + b z."""
        a, b = self.scales(t)
        return a * x0 + b * z


def _column(t, like):
    """The time t for each row."""
    return torch.full((len(like), 1), t, dtype=like.dtype)


def _mean_square(difference):
    """The squared distance over d, row by row."""
    return difference.square().mean(1)


def _one(t, s):
    """The weight 1."""
    return torch.ones_like(t)


def _generator(seed):
    return torch.Generator().manual_seed(seed)
