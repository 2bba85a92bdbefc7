"""NumPy in and out: no tensors, no gradients."""

import dataclasses
import math

import numpy as np
import torch
from hypothesis import strategies as st
from scipy import stats

from ctverify import Convention
from ctverify.conformance import Metric


@dataclasses.dataclass
class Arrays:
    """Consistency training in NumPy, VE; settings are a dataclass, noise is a Generator's."""

    sigma_data: float = 0.5
    low: float = 0.01
    high: float = 40.0

    name = "NumPy"

    def configurations(self):
        """All its settings."""
        return st.builds(
            Arrays,
            sigma_data=st.sampled_from([0.5, 0.2, 2.0]),
            low=st.sampled_from([0.01, 0.1]),
            high=st.sampled_from([40.0, 10.0]),
        )

    @property
    def convention(self):
        """VE."""
        return Convention.ve(self.low, t_max=self.high, sigma_data=self.sigma_data)

    @property
    def loss_law(self):
        """The squared distance over the gap of times."""
        return Metric(lambda r: r.square().sum(1), lambda t, s: 1 / (t - s))

    def times(self, n):
        """An array, geometric."""
        return np.geomspace(self.high, self.low, n + 1)[:-1]

    def scalings(self, t):
        """Of NumPy's floats."""
        total = np.float64(t) ** 2 + self.sigma_data**2
        c_skip = self.sigma_data**2 / ((t - self.low) ** 2 + self.sigma_data**2)
        c_out = self.sigma_data * (t - self.low) / np.sqrt(total)
        return c_skip, c_out, 1 / np.sqrt(total), np.log(t) / 4

    def f(self, x, t, network):
        """t (n,)."""
        c_skip, c_out, c_in, embedding = self.scalings(t[:, None])
        raw = network((c_in * x).astype(x.dtype), embedding[:, 0])
        return (c_skip * x + c_out * raw).astype(x.dtype)

    def consistency(self, x, t, network):
        """A tensor comes, an array goes."""
        x = np.asarray(x)
        return self.f(x, np.full(len(x), t), network)

    def add_noise(self, x0, t, seed):
        """x_0 + t z."""
        x0 = np.asarray(x0)
        return (x0 + t * np.random.default_rng(seed).standard_normal(x0.shape)).astype(x0.dtype)

    def sample(self, z, n, network, seed):
        """Algorithm 1."""
        rng, z = np.random.default_rng(seed), np.asarray(z)
        x = self.f((self.high * z).astype(z.dtype), np.full(len(z), self.high), network)
        for t in self.times(n)[1:]:
            noise = np.sqrt(t**2 - self.low**2) * rng.standard_normal(z.shape)
            x = self.f((x + noise).astype(z.dtype), np.full(len(z), t), network)
        return x

    def training_pair(self, x0, network, seed):
        """t, s (n,)."""
        x0, rng = np.asarray(x0), np.random.default_rng(seed)
        grid = np.geomspace(self.low, self.high, 21)
        i = rng.integers(20, size=len(x0))
        t, s, z = grid[i + 1], grid[i], rng.standard_normal(x0.shape)
        x_t, x_s = (x0 + u[:, None] * z for u in (t, s))
        return x_t.astype(x0.dtype), t, x_s.astype(x0.dtype), s

    def weight(self, t, s):
        """1/(t - s)."""
        return 1 / (np.asarray(t) - np.asarray(s))

    def loss(self, x0, network, seed):
        """NumPy's float64."""
        x_t, t, x_s, s = self.training_pair(x0, network, seed)
        gap = self.f(x_t, t, network) - self.f(x_s, s, network)
        return np.mean(np.sum(gap**2, axis=1) / (t - s))

    def time_law(self):
        """Uniform over the grid's upper ends."""
        return np.geomspace(self.low, self.high, 21)[1:], np.full(20, 0.05)

    def ema(self, average, value, decay):
        """Of arrays."""
        return decay * np.asarray(average) + (1 - decay) * np.asarray(value)


class FloatArrays:
    """NumPy in float32, a variance-preserving path whose alpha_bar is a sigmoid of time."""

    name = "NumPy float32, sigmoid schedule"
    dtypes = (torch.float32,)
    start, end = -4.0, 4.0

    def __init__(self):
        self.convention = Convention.vp(self.alpha_bar, boundary=0.001, t_max=1.0)

    def alpha_bar(self, t):
        """Falls from 1 - 2e-9 to 2e-9 as a logistic curve, cut to [0, 1]."""
        u = self.start + t * (self.end - self.start)
        low, high = (1 / (1 + math.exp(-v)) for v in (self.start, self.end))
        share = (high - 1 / (1 + math.exp(-u))) / (high - low)
        return 1e-9 + (1 - 2e-9) * share

    def times(self, n):
        """Even."""
        return [1 - (1 - 0.001) * i / n for i in range(n)]

    def consistency(self, x, t, network):
        """What moves x_t to x_e, with the noise that the network predicts."""
        x = np.asarray(x)
        a, b = (np.float32(v) for v in self.levels(t))
        a_e, b_e = (np.float32(v) for v in self.levels(0.001))
        if t == 0.001:
            return x
        noise = network(x, np.float32(t))
        return a_e * (x - b * noise) / a + b_e * noise

    def levels(self, t):
        """(a, b)."""
        alpha_bar = self.alpha_bar(t)
        return math.sqrt(alpha_bar), math.sqrt(1 - alpha_bar)

    def add_noise(self, x0, t, seed):
        """a x_0 + b z."""
        a, b = (np.float32(v) for v in self.levels(t))
        z = np.random.default_rng(seed).standard_normal(x0.shape, dtype=np.float32)
        return a * x0.numpy() + b * z

    def time_law(self):
        """Uniform."""
        return stats.uniform(0.001, 0.999)

    def training_pair(self, x0, network, seed):
        """A step of 1/50 down."""
        rng = np.random.default_rng(seed)
        t = 0.001 + 0.999 * rng.random(len(x0))
        s = np.maximum(t - 0.02, 0.001)
        z = rng.standard_normal(x0.shape, dtype=np.float32)
        at = []
        for u in (t, s):
            a, b = np.array([self.levels(v) for v in u], dtype=np.float32).T[:, :, None]
            at.append(a * x0.numpy() + b * z)
        return at[0], t, at[1], s


FACTORIES = (Arrays, FloatArrays)
