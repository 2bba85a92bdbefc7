"""Flow matching's path, reversed time, other predictions and embeddings."""

import math

import numpy as np
import torch
from scipy import stats

from ctverify import Convention
from ctverify.conformance import Metric


def unit(like, seed_or_generator):
    """Standard normal."""
    g = seed_or_generator
    if not isinstance(g, torch.Generator):
        g = torch.Generator().manual_seed(g)
    return torch.randn(like.shape, generator=g, dtype=like.dtype)


class Reversed:
    """A flow whose own time u runs from noise, 0, to data, 1; the network predicts dx/du and sees
    u. Its adapter counts t = 1 - u.
    """

    name = "data at time 1"
    convention = Convention.linear(scaled_input=False)
    loss_law = Metric(lambda r: r.square().mean(1), lambda t, s: 1 / (t - s))

    def endpoint(self, x, u, network):
        """Where x at time u (n,) arrives at 1."""
        return x + (1 - u)[:, None] * network(x, u)

    def times(self, n):
        """A NumPy array of t."""
        return 1 - np.linspace(0, 1, n, endpoint=False)

    def consistency(self, x, t, network):
        """At u = 1 - t."""
        return self.endpoint(x, x.new_full((len(x),), 1 - t), network)

    def add_noise(self, x0, t, seed):
        """u x_0 + (1 - u) z."""
        u = 1 - t
        return u * x0 + (1 - u) * unit(x0, seed)

    def sample(self, z, n, network, seed):
        """Lands on data, goes back up."""
        g, x = torch.Generator().manual_seed(seed), z
        for i, u in enumerate(np.linspace(0, 1, n, endpoint=False)):
            if i:
                x = u * x + (1 - u) * unit(z, g)
            x = self.endpoint(x, x.new_full((len(x),), u), network)
        return x

    def training_pair(self, x0, network, seed):
        """s three quarters of t."""
        g = torch.Generator().manual_seed(seed)
        t = 0.05 + 0.95 * torch.rand(len(x0), generator=g, dtype=x0.dtype)
        s, z = 0.75 * t, unit(x0, g)
        at = [(1 - v[:, None]) * x0 + v[:, None] * z for v in (t, s)]
        return at[0], t, at[1], s

    def loss(self, x0, network, seed):
        """(n,)."""
        x_t, t, x_s, s = self.training_pair(x0, network, seed)
        gap = self.endpoint(x_t, 1 - t, network) - self.endpoint(x_s, 1 - s, network).detach()
        return gap.pow(2).mean(1) / (t - s)

    def time_law(self):
        """Uniform."""
        return stats.uniform(0.05, 0.95)


class Thousand(Reversed):
    """Data at 0, the embedding is 1000 t, as float32 whatever x is; (n, 1) throughout."""

    name = "1000 t"

    def endpoint(self, x, u, network):
        """x - t F."""
        t = (1 - u)[:, None].float()
        return x - t.to(x.dtype) * network(x, 1000 * t)


class Clean:
    """F is x_0 itself: f = F, but for the boundary, where it is x. The angle is the embedding, a
    plain number; f is clipped.
    """

    name = "x_0 predicted, clipped"
    convention = Convention.ve(0.05, t_max=20.0, sigma_data=0.5, clipping=4.0)

    def times(self, n):
        """Cosine ramp in arctan."""
        low, high = math.atan(0.05), math.atan(20.0)
        return [20.0, *(math.tan(high + (low - high) * i / n) for i in range(1, n))]

    def consistency(self, x, t, network):
        """A number is an embedding."""
        if t <= 0.05:
            return x.clamp(-4, 4)
        return network(x / math.sqrt(0.25 + t * t), math.atan(t)).clamp(min=-4.0, max=4.0)

    def add_noise(self, x0, t, seed):
        """x_0 + t z."""
        return x0 + t * unit(x0, seed)

    def sample(self, z, n, network, seed):
        """Algorithm 1."""
        g, x = torch.Generator().manual_seed(seed), 20.0 * z
        for i, t in enumerate(self.times(n)):
            if i:
                x = x + (t**2 - 0.0025) ** 0.5 * unit(z, g)
            x = self.consistency(x, t, network)
        return x


class CosinePath:
    """Variance preserving, alpha_bar = cos^2, in continuous time; F predicts v; uniform times cut
    into 40; (n, 1, 1) embeddings of log-SNR.
    """

    name = "cosine path, v predicted, log-SNR embedded"
    low, high = 0.004, 0.996
    levels = 40

    def __init__(self):
        self.convention = Convention.vp(
            lambda t: math.cos(math.pi / 2 * t) ** 2, boundary=self.low, t_max=self.high
        )
        self.loss_law = Metric(self.huber, lambda t, s: torch.full_like(t, 2.0))

    @staticmethod
    def huber(r):
        """Pseudo-Huber, coordinate by coordinate."""
        return ((r.square() + 0.03**2).sqrt() - 0.03).mean(1)

    def f(self, x, t, network):
        """A rotation by the angle to the boundary; t (n, 1)."""
        angle = math.pi / 2 * (t - self.low)
        snr = 2 * torch.log(1 / torch.tan(math.pi / 2 * t))
        return angle.cos() * x - angle.sin() * network(x, snr[..., None])

    def times(self, n):
        """A list of 0-d tensors."""
        return list(torch.linspace(self.high, self.low, n + 1, dtype=torch.float64)[:-1])

    def consistency(self, x, t, network):
        """Times in float32."""
        return self.f(x, torch.full((len(x), 1), t, dtype=torch.float32).to(x), network)

    def mix(self, x0, t, z):
        """cos x_0 + sin z."""
        phase = t * math.pi / 2
        return phase.cos() * x0 + phase.sin() * z

    def add_noise(self, x0, t, seed):
        """In float64 tables."""
        return self.mix(x0, torch.tensor(t, dtype=x0.dtype), unit(x0, seed))

    def sample(self, z, n, network, seed):
        """x_e has its own noise: what is missing is added."""
        g, x = torch.Generator().manual_seed(seed), z * math.sin(math.pi / 2 * self.high)
        a_e, b_e = (
            float(v(torch.tensor(math.pi / 2 * self.low).double())) for v in (torch.cos, torch.sin)
        )
        for i, t in enumerate(self.times(n)):
            phase = float(t) * math.pi / 2
            if i:
                ratio = math.cos(phase) / a_e
                x = ratio * x + math.sqrt(math.sin(phase) ** 2 - (ratio * b_e) ** 2) * unit(z, g)
            x = self.consistency(x, float(t), network)
        return x

    def training_pair(self, x0, network, seed):
        """Neighbours of an even grid."""
        g = torch.Generator().manual_seed(seed)
        i = torch.randint(1, self.levels + 1, (len(x0), 1), generator=g)
        t, s = (self.low + (self.high - self.low) * k.to(x0) / self.levels for k in (i, i - 1))
        z = unit(x0, g)
        return self.mix(x0, t, z), t, self.mix(x0, s, z), s

    def loss(self, x0, network, seed):
        """A mean, doubled."""
        x_t, t, x_s, s = self.training_pair(x0, network, seed)
        goal = self.f(x_s, s, network).detach()
        return 2 * self.huber(self.f(x_t, t, network) - goal).mean()

    def time_law(self):
        """Uniform over grid points."""
        share = np.arange(1, self.levels + 1) / self.levels
        return self.low + (self.high - self.low) * share, np.full(self.levels, 1 / self.levels)


FACTORIES = (Reversed, Thousand, Clean, CosinePath)
