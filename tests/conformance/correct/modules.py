"""Modules and classes that hold a network: train and eval, dropout, state of a class, wrappers."""

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from scipy.stats import norm
from torch import nn
from torch.utils.checkpoint import checkpoint

from ctverify import Convention
from ctverify.conformance import Metric


def noise(like, g):
    """Standard normal."""
    return torch.randn(like.shape, generator=g, dtype=like.dtype)


class Body(nn.Module):
    """A place for the network in a module; its dropout sits within the network."""

    def __init__(self):
        super().__init__()
        self.inner = None

    def forward(self, x, c):
        """The network's."""
        return self.inner(x, c)


class Model(nn.Module):
    """f as a module, VE with e = 0.1; refuses to sample while it is in training mode."""

    sd, low = 1.0, 0.1

    def __init__(self):
        super().__init__()
        self.body = Body()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x, t):
        """t (n,)."""
        t = t.to(x.dtype).view(-1, *[1] * (x.ndim - 1))
        gap = t - self.low
        c_out = self.sd * gap / (t * t + self.sd**2).sqrt()
        x_in = x / (t * t + self.sd**2).sqrt()
        return self.sd**2 / (gap**2 + self.sd**2) * x + c_out * self.body(x_in, t.flatten())

    @torch.inference_mode()
    def generate(self, z, times, g):
        """Algorithm 1."""
        if self.training:
            raise RuntimeError("call eval() first")
        x = self(times[0] * z, torch.full((len(z),), times[0]))
        for t in times[1:]:
            x = x + (t * t - self.low**2) ** 0.5 * noise(z, g)
            x = self(x, torch.full((len(z),), t, dtype=torch.float64))
        return x


class Trained:
    """The module's adapter: eval() for f and samples, train() for the loss; log-normal times cut to
    [0.2, 30] continuously, s = t/1.2.
    """

    name = "module with train and eval"
    shares_dropout = True
    convention = Convention.ve(0.1, t_max=30.0, sigma_data=1.0)
    loss_law = Metric(lambda r: r.square().sum(1).sqrt(), lambda t, s: 1 / t)

    def __init__(self):
        self.model = Model()

    def ready(self, network, training):
        """The module around this network."""
        self.model.body.inner = network
        return self.model.train(training)

    def times(self, n):
        """Geometric."""
        return [30.0 * (0.1 / 30.0) ** (i / n) for i in range(n)]

    def consistency(self, x, t, network):
        """In eval mode."""
        with torch.no_grad():
            return self.ready(network, False)(x, torch.full((len(x),), t, dtype=torch.float64))

    def add_noise(self, x0, t, seed):
        """x_0 + t z."""
        return x0 + t * noise(x0, torch.Generator().manual_seed(seed))

    def sample(self, z, n, network, seed):
        """Ordinary tensors again."""
        g = torch.Generator().manual_seed(seed)
        return self.ready(network, False).generate(z, self.times(n), g).clone()

    def training_pair(self, x0, network, seed):
        """By the quantiles of a uniform number."""
        g = torch.Generator().manual_seed(seed)
        u = torch.rand(len(x0), generator=g, dtype=torch.float64)
        t = torch.from_numpy(self.time_law().ppf(u.numpy())).to(x0)
        s, z = t / 1.2, noise(x0, g)
        return x0 + t[:, None] * z, t, x0 + s[:, None] * z, s

    def loss(self, x0, network, seed):
        """Dropout's masks are shared by giving the state back."""
        x_t, t, x_s, s = self.training_pair(x0, network, seed)
        model = self.ready(network, True)
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            goal = model(x_s, s)
        return ((model(x_t, t) - goal).norm(dim=1) / t).mean()

    def time_law(self):
        """Cut at both ends."""
        return Cut()


class Cut:
    """log t ~ N(0, 1) given 0.2 <= t <= 30."""

    low, high = norm.cdf(math.log(0.2)), norm.cdf(math.log(30.0))

    def cdf(self, t):
        """Of t."""
        return (norm.cdf(np.log(t)) - self.low) / (self.high - self.low)

    def ppf(self, u):
        """Its inverse."""
        return np.exp(norm.ppf(self.low + u * (self.high - self.low)))


class Checkpointed(Trained):
    """The student's body is recomputed in the backward pass."""

    name = "checkpointed student"
    shares_dropout = False

    def loss(self, x0, network, seed):
        """(n,)."""
        x_t, t, x_s, s = self.training_pair(x0, network, seed)
        model = self.ready(network, True)
        with torch.no_grad():
            goal = model(x_s, s)
        student = checkpoint(model, x_t, t, use_reentrant=False)
        return (student - goal).norm(dim=1) / t


class Shared:
    """Everything is kept on the class: the network, the level, the generator; EMA in place."""

    name = "class-level state"
    convention = Convention.ve(0.5, t_max=8.0, sigma_data=0.5)
    network, t, g = None, None, None

    @classmethod
    def denoise(cls, x):
        """At the class's level, by the class's network."""
        gap = cls.t - 0.5
        total = 0.25 + cls.t**2
        raw = cls.network(x / total**0.5, torch.full((len(x), 1), math.log(cls.t)))
        return 0.25 / (0.25 + gap**2) * x + 0.5 * gap / total**0.5 * raw

    @classmethod
    def consistency(cls, x, t, network):
        """Sets it."""
        cls.network, cls.t = network, t
        return cls.denoise(x)

    @classmethod
    def times(cls, n):
        """Sets the level too."""
        cls.t = 8.0
        return [0.5 + 7.5 * (1 - i / n) ** 2 for i in range(n)]

    @classmethod
    def add_noise(cls, x0, t, seed):
        """x_0 + t z."""
        cls.g = torch.Generator().manual_seed(seed)
        return x0 + t * noise(x0, cls.g)

    @classmethod
    def sample(cls, z, n, network, seed):
        """The network is set once, at the start."""
        cls.network, times = network, cls.times(n)
        cls.g = torch.Generator().manual_seed(seed)
        x = 8.0 * z
        for i, cls.t in enumerate(times):
            if i:
                x = x + math.sqrt(cls.t**2 - 0.25) * noise(z, cls.g)
            x = cls.denoise(x)
        return x

    @staticmethod
    def ema(average, value, decay):
        """In place."""
        return average.lerp_(value, 1 - decay)


@dataclass
class Guided:
    """A wrapper that passes a guidance weight and a class on to a network of four arguments; images
    (n, 1, h, w), flattened for us.
    """

    weight_of_guidance: float = 3.0
    label: int = 7
    settings: dict = field(default_factory=lambda: {"sd": 0.5, "low": 0.002, "high": 80.0})

    name = "guidance and images"

    @property
    def convention(self):
        """EDM's."""
        s = self.settings
        return Convention.ve(s["low"], t_max=s["high"], sigma_data=s["sd"])

    def images(self, x):
        """(n, 1, 1, d)."""
        return x.reshape(len(x), 1, 1, -1)

    def f(self, model, x, t):
        """Of images; t (n, 1, 1, 1)."""
        sd, low = self.settings["sd"], self.settings["low"]
        c_in = (t**2 + sd**2) ** -0.5
        raw = model(c_in * x, t.flatten(1).log() * 250, self.label, w=self.weight_of_guidance)
        return sd**2 / ((t - low) ** 2 + sd**2) * x + sd * (t - low) * c_in * raw

    def consistency(self, x, t, network):
        """The network has no use for label and guidance."""
        images = self.images(x)
        out = self.f(
            lambda x, c, label, w: network(x, c), images, images.new_full((len(x), 1, 1, 1), t)
        )
        return out.flatten(1)

    def times(self, n):
        """Karras's."""
        high, low = self.settings["high"] ** (1 / 7), self.settings["low"] ** (1 / 7)
        later = [(high + i / n * (low - high)) ** 7 for i in range(1, n)]
        return [self.settings["high"], *later]

    def add_noise(self, x0, t, seed):
        """x_0 + t z."""
        return x0 + t * noise(x0, torch.Generator().manual_seed(seed))

    def sample(self, z, n, network, seed):
        """Images within."""
        g, low = torch.Generator().manual_seed(seed), self.settings["low"]
        x = self.settings["high"] * z
        for i, t in enumerate(self.times(n)):
            if i:
                x = x + math.sqrt(t**2 - low**2) * noise(z, g)
            x = self.consistency(x, t, network)
        return x


FACTORIES = (Trained, Checkpointed, Shared, Guided)
