"""Losses that compare the map with itself: half steps, the semigroup, both derivatives."""

from itertools import pairwise

import torch

from ctverify import Convention
from ctverify.conformance import LinearRamp

from .straight import Primal, seeded


class Shortcut(Primal):
    """Steps of 1/8 to 1, a network that sees t and the step; rows without a step are flow
    matching's, the others are compared with two half steps.
    """

    name = "shortcut"
    network_times = ("t", "t - s")
    identity = None
    loss_law = None
    time_law = None
    derivative = None
    target = None

    def shown(self, network, x, t, s):
        """The step second."""
        return network(x, t, t - s)

    def half_steps(self, x, t, s, network):
        """The mean of both."""
        half = (t - s) / 2
        first = network(x, t, half)
        second = network(x - half[:, None] * first, t - half, half)
        return (first + second) / 2

    def draws(self, n, generator, dtype):
        """Dyadic."""
        step = 0.5 ** torch.randint(0, 4, (n,), generator=generator).to(dtype)
        place = torch.rand(n, generator=generator, dtype=dtype)
        t = step + (1 - step) * place
        return t, torch.where(torch.arange(n) % 2 == 0, t, (t - step).clamp_min(0))

    def loss(self, x0, network, seed):
        """One call for all rows."""
        x, t, s, velocity = self.flow_pair(x0, network, seed)
        with torch.no_grad():
            goal = torch.where((t == s)[:, None], velocity, self.half_steps(x, t, s, network))
        return (self.shown(network, x, t, s) - goal).square().mean(1)


class Semigroup(Shortcut):
    """Uneven parts, weighted; the sampler takes lists."""

    name = "uneven steps"
    half_steps = None

    def visited(self, times):
        """As they are."""
        return tuple(times)

    def sample_at(self, z, times, network, seed):
        """The last lands at 0."""
        stops = torch.tensor([*times, 0.0], dtype=z.dtype)
        for t, s in pairwise(stops):
            z = self.flow_map(z, t.expand(len(z)), s.expand(len(z)), network)
        return z

    def loss(self, x0, network, seed):
        """A third of the way first."""
        x, t, s, velocity = self.flow_pair(x0, network, seed)
        with torch.no_grad():
            m = (2 * t + s) / 3
            first = self.shown(network, x, t, m)
            second = self.shown(network, x - (t - m)[:, None] * first, m, s)
            goal = torch.where((t == s)[:, None], velocity, first / 3 + 2 / 3 * second)
        return (self.shown(network, x, t, s) - goal).square().sum(1).mean()


class Guided(Primal):
    """Training with guidance: the weight beyond 1 is named w."""

    name = "guidance by w + 1"

    def guided_velocity(self, x, t, velocity, network, scale):
        """v + w (v - v_u)."""
        free = network(x, t, t, 0)
        return velocity + (scale - 1) * (velocity - free)

    def guided_map(self, x, t, s, network, scale):
        """Two maps mixed, in one batch each."""
        one, free = (x - (t - s)[:, None] * network(x, t, s, label) for label in (1, 0))
        return torch.lerp(free, one, torch.tensor(scale, dtype=x.dtype))


class Denoiser:
    """CTM's form on straight lines; the sampler lands on data and noises again."""

    name = "CTM's form, noised again"
    convention = Convention.linear(0.001, scaled_input=False)
    wraps = "ctm"
    network_times = ("t", "s")
    gamma = 1.0
    ramp_law = LinearRamp()
    end = 0.001

    def flow_map(self, x, t, s, network):
        """A convex combination."""
        share = (s / t)[:, None]
        return torch.lerp(network(x, t, s), x, share)

    def times(self, n):
        """From 1."""
        return [1 + i / n * (self.end - 1) for i in range(n)]

    def sample(self, z, n, network, seed):
        """Each step to the end, then up."""
        g, times = seeded(seed), self.times(n)
        e = z.new_full((len(z),), self.end)
        x = self.flow_map(z, torch.ones_like(e), e, network)
        for t in times[1:]:
            ratio = (1 - t) / (1 - self.end)
            std = (t**2 - (ratio * self.end) ** 2) ** 0.5
            x = ratio * x + std * torch.randn(z.shape, generator=g, dtype=z.dtype)
            x = self.flow_map(x, torch.full_like(e, t), e, network)
        return x


FACTORIES = (Shortcut, Semigroup, Guided, Denoiser)
