"""Maps in all conventions, from their formulas alone: F, u, g, and TrigFlow's angle."""

import math
from itertools import pairwise

import torch
from scipy import stats

from ctverify import Convention
from ctverify.conformance import Squared, TimesBelow

from .straight import seeded


def alpha_bar(t):
    """exp(-B(t))."""
    return math.exp(-0.1 * t - 9.95 * t * t)


class Path:
    """A network for the map itself; the loss is that of dF/dt = 0, by torch.func.jvp."""

    name = "VE, the map itself"
    convention = Convention.ve(0.002, t_max=80.0, scaled_input=False)
    wraps = "map"
    network_times = ("s", "t")
    identity = "eulerian"
    loss_law = None
    low, high = 0.002, 80.0

    def scales(self, t):
        """(a, b)."""
        return torch.ones_like(t), t

    def rates(self, t):
        """(a', b')."""
        return torch.zeros_like(t), torch.ones_like(t)

    def flow_map(self, x, t, s, network):
        """The network."""
        return network(x, s, t)

    def flow_pair(self, x0, network, seed):
        """Log-uniform t, s below."""
        g = seeded(seed)
        one, other = torch.rand(2, len(x0), generator=g, dtype=torch.float64)
        t = self.low * (self.high / self.low) ** one
        s = self.low + other * (t - self.low)
        z = torch.randn(x0.shape, generator=g, dtype=x0.dtype)
        (a, b), (da, db) = (
            [part[:, None].to(x0.dtype) for part in pair]
            for pair in (self.scales(t), self.rates(t))
        )
        t, s = t.to(x0.dtype), s.to(x0.dtype)
        return a * x0 + b * z, t, s, da * x0 + db * z

    def time_law(self):
        """Log-uniform."""
        return TimesBelow(stats.loguniform(self.low, self.high))

    def loss(self, x0, network, seed):
        """A product whose gradient in F is that of the residual."""
        x, t, s, v = self.flow_pair(x0, network, seed)
        place, along = (x, t, s), (v, torch.ones_like(t), torch.zeros_like(s))
        f, slope = torch.func.jvp(lambda *at: self.flow_map(*at, network), place, along)
        return (f * slope.detach()).sum(1).mean()


class VE(Path):
    """u in noise levels; its own times."""

    name = "VE, average velocity"
    wraps = "velocity"
    network_times = ("t - s", "s")
    gamma = 0.0

    def flow_map(self, x, t, s, network):
        """x - (t - s) u."""
        return x - (t - s)[:, None] * network(x, t - s, s)

    def times(self, n):
        """Log-even."""
        return [self.high * (self.low / self.high) ** (i / n) for i in range(n)]

    def sample(self, z, n, network, seed):
        """From t_max z."""
        x, stops = self.high * z, [*self.times(n), self.low]
        for t, s in pairwise(stops):
            x = self.flow_map(x, x.new_full((len(x),), t), x.new_full((len(x),), s), network)
        return x

    def loss(self, x0, network, seed):
        """The square of u against its target, weighted by 1/t."""
        x, t, s, v = self.flow_pair(x0, network, seed)
        place, along = (x, t, s), (v, torch.ones_like(t), torch.zeros_like(s))
        u, slope = torch.func.jvp(lambda x, t, s: network(x, t - s, s), place, along)
        goal = (v - (t - s)[:, None] * slope).detach()
        return ((u - goal).square().mean(1) / t).mean()


class Angle(Path):
    """TrigFlow: rotations by t - s."""

    name = "TrigFlow, the angle"
    convention = Convention.trigflow(0.7)
    wraps = "angle"
    network_times = ("t", "s")
    gamma = 0.0
    low, high = 0.0, math.pi / 2
    loss_law = Squared()

    def scales(self, t):
        """(cos, 0.7 sin)."""
        return t.cos(), 0.7 * t.sin()

    def rates(self, t):
        """Their derivatives."""
        return -t.sin(), 0.7 * t.cos()

    def flow_map(self, x, t, s, network):
        """cos x - sin F."""
        angle = (t - s)[:, None]
        return angle.cos() * x - angle.sin() * network(x, t, s)

    def velocity(self, x, t, network):
        """F at equal times."""
        return network(x, t, t)

    def flow_pair(self, x0, network, seed):
        """Even angles."""
        g = seeded(seed)
        t, share = torch.rand(2, len(x0), generator=g, dtype=torch.float64)
        t = t * math.pi / 2
        s = share * t
        z = torch.randn(x0.shape, generator=g, dtype=x0.dtype)
        (a, b), (da, db) = (
            [part[:, None].to(x0.dtype) for part in pair]
            for pair in (self.scales(t), self.rates(t))
        )
        return a * x0 + b * z, t.to(x0.dtype), s.to(x0.dtype), da * x0 + db * z

    def time_law(self):
        """Even."""
        return TimesBelow(stats.uniform(0, math.pi / 2))

    def times(self, n):
        """Even."""
        return [math.pi / 2 * (1 - i / n) for i in range(n)]

    def sample(self, z, n, network, seed):
        """From 0.7 z."""
        x, stops = 0.7 * z, [*self.times(n), 0.0]
        for t, s in pairwise(stops):
            x = self.flow_map(x, x.new_full((len(x),), t), x.new_full((len(x),), s), network)
        return x

    def target(self, x, t, s, velocity, network):
        """F less tangent."""
        place, along = (x, t, s), (velocity, torch.ones_like(t), torch.zeros_like(s))
        now, slope = torch.func.jvp(network, place, along)
        angle = (t - s)[:, None]
        residual = angle.sin() * (x + slope) - angle.cos() * (velocity - now)
        return (now - residual).detach()

    def loss(self, x0, network, seed):
        """|F - stop(F) + tangent|^2."""
        x, t, s, v = self.flow_pair(x0, network, seed)
        return (network(x, t, s) - self.target(x, t, s, v, network)).square().sum(1)


class VP(Path):
    """VP in continuous time: g, by b_s/b_t and what is left."""

    name = "VP, CTM's form"
    convention = Convention.vp(alpha_bar, boundary=0.002, t_max=1.0)
    wraps = "ctm"
    network_times = ("t", "s")
    identity = None
    loss = None
    flow_pair = None
    time_law = None

    def scales(self, t):
        """By expm1."""
        log = -0.1 * t - 9.95 * t * t
        return (log / 2).exp(), (-torch.expm1(log)).sqrt()

    def flow_map(self, x, t, s, network):
        """DDIM's step with g for x_0."""
        (a_t, b_t), (a_s, b_s) = ([part[:, None] for part in self.scales(time)] for time in (t, s))
        clean = network(x, t, s)
        return a_s * clean + b_s * (x - a_t * clean) / b_t


class VPVelocity(VP):
    """The same by u, the step shown."""

    name = "VP, average velocity"
    wraps = "velocity"
    network_times = ("t", "t - s")

    def flow_map(self, x, t, s, network):
        """x - (t - s) u."""
        step = t - s
        return x - step[:, None] * network(x, t, step)


class ToTheEnd(Path):
    """A map of which training uses s = e alone: a consistency model."""

    name = "VE, always to the boundary"
    time_law = None

    def flow_pair(self, x0, network, seed):
        """s is a number."""
        x, t, _, v = super().flow_pair(x0, network, seed)
        return x, t, self.low, v

    def loss(self, x0, network, seed):
        """As above."""
        x, t, s, v = self.flow_pair(x0, network, seed)
        s = torch.full_like(t, s)
        place, along = (x, t, s), (v, torch.ones_like(t), torch.zeros_like(s))
        f, slope = torch.func.jvp(lambda *at: self.flow_map(*at, network), place, along)
        return (f * slope.detach()).sum(1).mean()


FACTORIES = (Path, VE, Angle, VP, VPVelocity, ToTheEnd)
