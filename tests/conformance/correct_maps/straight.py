"""Average velocities on straight lines, their derivative taken and their times drawn in every
way.
"""

import math
from itertools import pairwise

import numpy as np
import torch
from scipy import stats
from torch.autograd import forward_ad

from ctverify import Convention
from ctverify.conformance import LinearRamp, LogNormalTimes, SortedTimes, Squared, TimesBelow


def seeded(seed):
    """A generator."""
    return torch.Generator().manual_seed(seed)


class Primal:
    """torch.func.jvp's primal output is the student; the network sees (x, t, s); times are uniform,
    the loss is a mean of means.
    """

    name = "primal of torch.func.jvp"
    convention = Convention.linear(scaled_input=False)
    wraps = "velocity"
    network_times = ("t", "s")
    identity = "eulerian"
    gamma = 0.0
    ramp_law = LinearRamp()
    loss_law = Squared(elementwise=True)

    def shown(self, network, x, t, s):
        """What the network is called with."""
        return network(x, t, s)

    def flow_map(self, x, t, s, network):
        """One step."""
        return x - (t - s).unsqueeze(-1) * self.shown(network, x, t, s)

    def velocity(self, x, t, network):
        """At equal times."""
        return self.shown(network, x, t, t)

    def times(self, n):
        """A tensor."""
        return torch.linspace(1, 0, n + 1, dtype=torch.float64)[:-1]

    def sample(self, z, n, network, seed):
        """A loop over indices."""
        grid = torch.linspace(1, 0, n + 1, dtype=z.dtype)
        for i in range(n):
            t, s = (grid[j].expand(len(z)) for j in (i, i + 1))
            z = self.flow_map(z, t, s, network)
        return z

    def draws(self, n, generator, dtype):
        """Two uniform times, sorted; a quarter of them equal."""
        pair = torch.rand(n, 2, generator=generator, dtype=dtype).sort(1, descending=True).values
        same = torch.rand(n, generator=generator, dtype=dtype) < 0.25
        return pair[:, 0], torch.where(same, pair[:, 0], pair[:, 1])

    def time_law(self):
        """The same."""
        return SortedTimes(stats.uniform(), 0.25)

    def flow_pair(self, x0, network, seed):
        """By lerp."""
        g = seeded(seed)
        t, s = self.draws(len(x0), g, x0.dtype)
        z = torch.randn(x0.shape, generator=g, dtype=x0.dtype)
        return torch.lerp(x0, z, t[:, None]), t, s, z - x0

    def both(self, x, t, s, velocity, network):
        """The network's output and its derivative along the path."""
        tangents = (velocity, torch.ones_like(t), torch.zeros_like(s))
        return torch.func.jvp(lambda *at: self.shown(network, *at), (x, t, s), tangents)

    def derivative(self, x, t, s, velocity, network):
        """The second of both."""
        return self.both(x, t, s, velocity, network)[1]

    def target(self, x, t, s, velocity, network):
        """MeanFlow's."""
        return velocity - (t - s)[:, None] * self.derivative(x, t, s, velocity, network).detach()

    def loss(self, x0, network, seed):
        """A scalar."""
        x, t, s, velocity = self.flow_pair(x0, network, seed)
        u, slope = self.both(x, t, s, velocity, network)
        return (u - velocity + (t - s)[:, None] * slope.detach()).pow(2).mean()


class RowByRow(Primal):
    """The derivative under vmap; what the network sees is t and the step."""

    name = "jvp of each row under vmap"
    network_times = ("t", "t - s")

    def shown(self, network, x, t, s):
        """The step second."""
        return network(x, t, t - s)

    def both(self, x, t, s, velocity, network):
        """A row at a time."""

        def one(x, t, s, v):
            return torch.func.jvp(
                lambda *at: self.shown(network, *at), (x, t, s), (v, t * 0 + 1, s * 0)
            )

        return torch.func.vmap(one)(x, t, s, velocity)


class Dual(Primal):
    """Dual numbers; a quarter of the rows of a batch, the first, have s = t."""

    name = "dual numbers, the first rows equal"

    def both(self, x, t, s, velocity, network):
        """At one dual level."""
        with forward_ad.dual_level():
            place = forward_ad.make_dual(x, velocity), forward_ad.make_dual(t, t * 0 + 1), s
            value = forward_ad.unpack_dual(self.shown(network, *place))
            return value.primal, value.tangent

    def draws(self, n, generator, dtype):
        """Not at random how many."""
        pair = torch.rand(2, n, generator=generator, dtype=dtype)
        t, s = pair.amax(0), pair.amin(0)
        return t, torch.where(torch.arange(n) < n // 4, t, s)


class DataAtOne(Primal):
    """Time runs from noise, 0, to data, 1; s is named first."""

    name = "data at time 1"
    convention = Convention.linear(data_at=1, scaled_input=False)
    network_times = ("s", "t")

    def shown(self, network, x, t, s):
        """The landing time first."""
        return network(x, s, t)

    def flow_map(self, x, t, s, network):
        """Upwards."""
        return x + (s - t)[:, None] * self.shown(network, x, t, s)

    def times(self, n):
        """Rising."""
        return [i / n for i in range(n)]

    def sample(self, z, n, network, seed):
        """Upwards."""
        for i in range(n):
            t, s = (z.new_full((len(z),), j / n) for j in (i, i + 1))
            z = self.flow_map(z, t, s, network)
        return z

    def flow_pair(self, x0, network, seed):
        """The velocity is towards the data."""
        g = seeded(seed)
        t, s = self.draws(len(x0), g, x0.dtype)
        z = torch.randn(x0.shape, generator=g, dtype=x0.dtype)
        return torch.lerp(x0, z, t[:, None]), 1 - t, 1 - s, x0 - z


class Arrays(Primal):
    """NumPy throughout: no gradients; derivatives by differences."""

    name = "NumPy"
    network_times = ("t", "t - s")

    def shown(self, network, x, t, s):
        """Arrays."""
        return network(x, t, t - s)

    def flow_map(self, x, t, s, network):
        """Arrays in, arrays out."""
        x, t, s = (np.asarray(part) for part in (x, t, s))
        return x - (t - s)[:, None] * self.shown(network, x, t, s)

    def velocity(self, x, t, network):
        """At no step."""
        x, t = np.asarray(x), np.asarray(t)
        return network(x, t, np.zeros_like(t))

    def sample(self, z, n, network, seed):
        """A step at a time."""
        x, grid = np.asarray(z), np.linspace(1, 0, n + 1).astype(np.asarray(z).dtype)
        for t, s in pairwise(grid):
            x = self.flow_map(x, np.full(len(x), t), np.full(len(x), s), network)
        return x

    def both(self, x, t, s, velocity, network):
        """Five points in float64."""
        x, t, s, v = (np.asarray(part, dtype=np.float64) for part in (x, t, s, velocity))
        h, slope = 2.0**-9, 0
        for k, c in ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12)):
            slope = slope + c / h * self.shown(network, x + k * h * v, t + k * h, s)
        return self.shown(network, x, t, s), slope

    def derivative(self, x, t, s, velocity, network):
        """In the dtype of x."""
        return self.both(x, t, s, velocity, network)[1].astype(np.asarray(x).dtype)

    def target(self, x, t, s, velocity, network):
        """MeanFlow's."""
        slope = self.both(x, t, s, velocity, network)[1]
        gap = np.asarray(t - s, dtype=np.float64)[:, None]
        return (np.asarray(velocity) - gap * slope).astype(np.asarray(x).dtype)

    def loss(self, x0, network, seed):
        """A number."""
        x, t, s, velocity = self.flow_pair(x0, network, seed)
        u, slope = self.both(x, t, s, velocity, network)
        gap = u - np.asarray(velocity) + np.asarray(t - s)[:, None] * slope
        return np.asarray((gap**2).mean())


class ByBatch(Primal):
    """A coin for the whole batch says whether s = t; logit-normal times; float32 alone."""

    name = "s = t by the batch, float32"
    dtypes = (torch.float32,)

    def draws(self, n, generator, dtype):
        """Sigmoids."""
        coin = float(torch.rand((), generator=generator))
        one, other = (torch.randn(2, n, generator=generator, dtype=dtype) - 0.4).sigmoid()
        if coin < 0.5:
            return one, one
        return torch.maximum(one, other), torch.minimum(one, other)

    def time_law(self):
        """One draw where s = t."""
        return SortedTimes(LogNormalTimes(-0.4, 1.0), 0.5, by_batch=True, keeps="first")


class Below(Primal):
    """s is a share of t; (n, 1) times; data with two more axes."""

    name = "s below t, images, (n, 1) times"

    def shown(self, network, x, t, s):
        """Columns."""
        image = network(x[:, None, :, None], t[:, None], s[:, None])
        return image[:, 0, :, 0]

    def draws(self, n, generator, dtype):
        """A product."""
        t, share = torch.rand(2, n, generator=generator, dtype=dtype)
        return t, share * t

    def time_law(self):
        """Never equal."""
        return TimesBelow(stats.uniform())


class Scaled(Primal):
    """Its own network is shown 1000 t; the adapter translates; times in float32."""

    name = "1000 t"

    def shown(self, network, x, t, s):
        """To thousands and back."""
        thousands = [(1000 * time).float() for time in (t, s)]
        return network(x, *(time.to(x.dtype) / 1000 for time in thousands))


class HalfBody(Primal):
    """A network in bfloat16, accumulated in float32."""

    name = "body in bfloat16"
    dtypes = (torch.float32,)
    body_dtype = torch.bfloat16
    loss_law = None

    def shown(self, network, x, t, s):
        """Rounded in and out."""
        return network(x.bfloat16(), t, s).to(x.dtype)


class Mixed(Primal):
    """The velocity in the derivative is the network's own at equal times, not the path's: then
    what the gradient follows is another vector of the same mean.
    """

    name = "the network's velocity in the derivative"
    identity = None
    loss_law = None
    target = None

    def loss(self, x0, network, seed):
        """(n,)."""
        x, t, s, velocity = self.flow_pair(x0, network, seed)
        with torch.no_grad():
            marginal = self.shown(network, x, t, t)
        u, slope = self.both(x, t, s, marginal, network)
        return (u - velocity + (t - s)[:, None] * slope.detach()).pow(2).sum(1)


class Huber(Primal):
    """Pseudo-Huber, whose weight is part of the loss, and three quarters equal."""

    name = "pseudo-Huber"
    loss_law = None

    def draws(self, n, generator, dtype):
        """Three quarters."""
        pair = torch.rand(2, n, generator=generator, dtype=dtype).sort(0).values
        same = torch.rand(n, generator=generator, dtype=dtype) < 0.75
        return pair[1], torch.where(same, pair[1], pair[0])

    def time_law(self):
        """The same."""
        return SortedTimes(stats.uniform(), 0.75)

    def loss(self, x0, network, seed):
        """(n,)."""
        x, t, s, velocity = self.flow_pair(x0, network, seed)
        u, slope = self.both(x, t, s, velocity, network)
        gap = u - velocity + (t - s)[:, None] * slope.detach()
        return (gap.square().sum(1) + math.pi**2 / 100).sqrt()


FACTORIES = (
    Primal,
    RowByRow,
    Dual,
    DataAtOne,
    Arrays,
    ByBatch,
    Below,
    Scaled,
    HalfBody,
    Mixed,
    Huber,
)
