"""torch.func: tangents by jvp, rows by vmap; closures and partial."""

import functools
import math

import numpy as np
import torch
from scipy import stats

from ctverify import Convention
from ctverify.conformance import Metric

SD = 0.5


class AngleLaw:
    """t = arctan(e^tau/sd), tau ~ N(-0.8, 1.6^2)."""

    @staticmethod
    def cdf(t):
        """Of t."""
        return stats.norm(-0.8, 1.6).cdf(np.log(SD * np.tan(t)))


class Tangents:
    """sCM in TrigFlow's form; the student is the primal output of torch.func.jvp."""

    name = "jvp's primal output as student"
    convention = Convention.trigflow(SD)

    def time_law(self):
        """That of the angle."""
        return AngleLaw()

    def times(self, n):
        """From pi/2, evenly in log tan."""
        rest = [math.atan(80 / SD * (0.001 ** (i / n))) for i in range(1, n)]
        return [math.pi / 2, *rest]

    def consistency(self, x, t, network):
        """cos x - sin sd F."""
        return math.cos(t) * x - math.sin(t) * SD * network(x / SD, torch.tensor([t]))

    def sample(self, z, n, network, seed):
        """f lands on X_0."""
        g = torch.Generator().manual_seed(seed)
        x = self.consistency(SD * z, math.pi / 2, network)
        for t in self.times(n)[1:]:
            fresh = SD * torch.randn(z.shape, generator=g, dtype=z.dtype)
            x = self.consistency(math.cos(t) * x + math.sin(t) * fresh, t, network)
        return x

    def draw(self, x0, seed):
        """x_t, t (n,) and dx/dt."""
        g = torch.Generator().manual_seed(seed)
        tau = -0.8 + 1.6 * torch.randn(len(x0), generator=g, dtype=x0.dtype)
        t = torch.atan(tau.exp() / SD)
        z = SD * torch.randn(x0.shape, generator=g, dtype=x0.dtype)
        cos, sin = t.cos()[:, None], t.sin()[:, None]
        return cos * x0 + sin * z, t, cos * z - sin * x0

    def training_pair(self, x0, network, seed):
        """Continuous."""
        x_t, t, _ = self.draw(x0, seed)
        return x_t, t, x_t, t

    def tangent(self, x, t, dx, network):
        """F and cos sin sd dF/dt."""
        cs = t.cos() * t.sin()
        F, dF = torch.func.jvp(network, (x / SD, t), (cs[:, None] * dx / SD, cs))
        return F, SD * dF.detach()

    def loss(self, x0, network, seed):
        """A mean of squares over d."""
        x, t, dx = self.draw(x0, seed)
        F, dF = self.tangent(x, t, dx, network)
        cos, sin = t.cos()[:, None], t.sin()[:, None]
        g = -(cos**2) * (SD * F.detach() - dx) - (cos * sin * x + dF)
        g = g / (g.norm(dim=1, keepdim=True) + 0.1)
        return (F - F.detach() - g).square().mean()


class RowTangents(Tangents):
    """The same, one row at a time: vmap of jvp."""

    name = "vmap of jvp"

    def tangent(self, x, t, dx, network):
        """F and cos sin sd dF/dt, row by row."""

        def row(x, t, dx):
            cs = t.cos() * t.sin()
            return torch.func.jvp(network, (x / SD, t), (cs * dx / SD, cs))

        F, dF = torch.func.vmap(row)(x, t, dx)
        return F, SD * dF.detach()


class ReverseTangents(Tangents):
    """dF/dt by the double backward pass."""

    name = "tangents by two backward passes"

    def tangent(self, x, t, dx, network):
        """F afresh for the student."""
        cs = t.cos() * t.sin()
        _, dF = torch.autograd.functional.jvp(network, (x / SD, t), (cs[:, None] * dx / SD, cs))
        return network(x / SD, t), SD * dF


class Vmapped:
    """f is written for one row and vmapped; its loss too."""

    name = "vmapped f"
    convention = Convention.ve(0.01, t_max=10.0, sigma_data=1.0)
    loss_law = Metric(lambda r: r.abs().sum(1), lambda t, s: torch.ones_like(t))

    @staticmethod
    def row(network, x, t):
        """x (d,), t ()."""
        root = torch.sqrt(t * t + 1)
        c_skip = 1 / ((t - 0.01) ** 2 + 1)
        raw = network(x[None] / root, t.log()[None] / 4)[0]
        return c_skip * x + (t - 0.01) / root * raw

    def f(self, x, t, network):
        """All rows."""
        return torch.func.vmap(functools.partial(self.row, network))(x, t)

    def times(self, n):
        """Even."""
        return [10.0 - 9.99 * i / n for i in range(n)]

    def consistency(self, x, t, network):
        """t as a tensor."""
        return self.f(x, torch.full((len(x),), t, dtype=x.dtype), network)

    def add_noise(self, x0, t, seed):
        """x_0 + t z."""
        g = torch.Generator().manual_seed(seed)
        return torch.add(x0, torch.randn(x0.shape, generator=g, dtype=x0.dtype), alpha=t)

    def sample(self, z, n, network, seed):
        """Algorithm 1."""
        g = torch.Generator().manual_seed(seed)
        x = self.consistency(10.0 * z, 10.0, network)
        for t in self.times(n)[1:]:
            noise = torch.randn(z.shape, generator=g, dtype=z.dtype)
            x = self.consistency(x + math.sqrt((t - 0.01) * (t + 0.01)) * noise, t, network)
        return x

    def training_pair(self, x0, network, seed):
        """Times uniform on [0.02, 10], s at 0.9 of the way from 0.01."""
        g = torch.Generator().manual_seed(seed)
        t = 0.02 + 9.98 * torch.rand(len(x0), generator=g, dtype=x0.dtype)
        s = 0.01 + 0.9 * (t - 0.01)
        z = torch.randn(x0.shape, generator=g, dtype=x0.dtype)
        return x0 + t[:, None] * z, t, x0 + s[:, None] * z, s

    def loss(self, x0, network, seed):
        """(n,), the absolute difference."""
        x_t, t, x_s, s = self.training_pair(x0, network, seed)
        with torch.no_grad():
            goal = self.f(x_s, s, network)
        return (self.f(x_t, t, network) - goal).abs().sum(1)

    def time_law(self):
        """Uniform."""
        return stats.uniform(0.02, 9.98)


def parametrised(c_skip, c_out, c_in, noise_embedding):
    """f of four functions of time."""

    def f(network, x, t):
        return c_skip(t) * x + c_out(t) * network(c_in(t) * x, noise_embedding(t))

    return f


class Closures:
    """No class state but closures; one scalar time; the embedding crosses 0 at t = 1."""

    name = "closures"

    def __init__(self, sd=2.0, low=0.05, high=40.0):
        hypot = functools.partial(math.hypot, sd)
        self.convention = Convention.ve(low, t_max=high, sigma_data=sd)
        self.f = parametrised(
            lambda t: sd**2 / (sd**2 + (t - low) ** 2),
            lambda t: sd * (t - low) / hypot(t),
            lambda t: 1 / hypot(t),
            lambda t: torch.tensor(math.log(t), dtype=torch.float32),
        )
        self.times = functools.partial(self._ramp, high, low)
        self.consistency = lambda x, t, network: self.f(network, x, t)

    @staticmethod
    def _ramp(high, low, n):
        return [high * (low / high) ** (i / n) for i in range(n)]

    def add_noise(self, x0, t, seed):
        """x_0 + t z."""
        g = torch.Generator().manual_seed(seed)
        return x0 + t * torch.randn(x0.shape, generator=g, dtype=x0.dtype)

    def sample(self, z, n, network, seed):
        """Algorithm 1."""
        g = torch.Generator().manual_seed(seed)
        low, times = self.convention.boundary, self.times(n)
        x = self.f(network, times[0] * z, times[0])
        for t in times[1:]:
            noise = torch.randn(z.shape, generator=g, dtype=z.dtype)
            x = self.f(network, x + (t * t - low * low) ** 0.5 * noise, t)
        return x


FACTORIES = (Tangents, RowTangents, ReverseTangents, Vmapped, Closures)
