"""Schedulers over tables of alpha_bar, at whole times."""

import math

import numpy as np
import torch

from ctverify import Convention
from ctverify.conformance import Metric


def linear_betas(T=1000):
    """Ho et al.'s."""
    return np.linspace(1e-4, 0.02, T)


def cosine_betas(T=200):
    """Nichol and Dhariwal's, betas below 0.999."""
    angle = (np.arange(T + 1) / T + 0.008) / 1.008 * math.pi / 2
    alpha_bar = np.cos(angle) ** 2
    return np.minimum(1 - alpha_bar[1:] / alpha_bar[:-1], 0.999)


def sigmoid_betas(T=500):
    """A logistic curve between 1e-4 and 0.03."""
    return 1e-4 + (0.03 - 1e-4) / (1 + np.exp(-np.linspace(-6, 6, T)))


class Table:
    """f(x, k) = (x - b_k F)/a_k for the noise F, with k = 0..T - 1, and x itself at time -1."""

    def __init__(self, name, betas, dtype=torch.float64):
        self.name, self.T = name, len(betas)
        alpha_bar = np.cumprod(1 - betas)
        self.root = torch.from_numpy(np.sqrt(alpha_bar)).to(dtype)
        self.rest = torch.from_numpy(np.sqrt(1 - alpha_bar)).to(dtype)
        known = {k: float(v) for k, v in enumerate(alpha_bar)} | {-1: 1.0}
        self.convention = Convention.vp(lambda k: known[round(k)], boundary=-1, t_max=self.T - 1)
        self.max_steps = self.T // 5
        if dtype == torch.float32:
            self.dtypes = (torch.float32,)

    def grid(self):
        """Ints."""
        return [*range(self.T - 1, -1, -(self.T // 25)), -1]

    def times(self, n):
        """NumPy's whole numbers."""
        return np.round(np.linspace(self.T - 1, 0, n + 1))[:-1].astype(int)

    def raw_to_x0(self, x, raw, a, b):
        """From predicted noise."""
        return (x - b * raw) / a

    def f(self, x, k, network):
        """k an int tensor (n,)."""
        a, b = self.root[k].to(x)[:, None], self.rest[k].to(x)[:, None]
        landed = self.raw_to_x0(x, network(x, k), a, b)
        return torch.where(k[:, None] < 0, x, landed)

    def consistency(self, x, t, network):
        """One time for all."""
        if t == -1:
            return x.clone()
        return self.f(x, torch.full((len(x),), int(t)), network)

    def add_noise(self, x0, t, seed):
        """From the tables."""
        if t == -1:
            return x0
        g, k = torch.Generator().manual_seed(seed), int(t)
        z = torch.randn(x0.shape, generator=g, dtype=x0.dtype)
        return self.root[k].to(x0) * x0 + self.rest[k].to(x0) * z

    def sample(self, z, n, network, seed):
        """Starts at N(0, I)."""
        g, x = torch.Generator().manual_seed(seed), z
        for i, k in enumerate(self.times(n)):
            if i:
                fresh = torch.randn(z.shape, generator=g, dtype=z.dtype)
                x = self.root[k].to(z) * x + self.rest[k].to(z) * fresh
            x = self.f(x, torch.full((len(x),), k), network)
        return x


class Velocity(Table):
    """F is v = a z - b x_0: f = a x - b F; discrete consistency training between neighbours."""

    loss_law = Metric(lambda r: r.square().sum(1), lambda t, s: torch.full_like(t, 0.5))

    def raw_to_x0(self, x, raw, a, b):
        """From v."""
        return a * x - b * raw

    def training_pair(self, x0, network, seed):
        """Whole times."""
        g = torch.Generator().manual_seed(seed)
        k = torch.randint(self.T, (len(x0),), generator=g)
        z = torch.randn(x0.shape, generator=g, dtype=x0.dtype)
        root = torch.cat([self.root, torch.ones(1).to(self.root)])  # index -1: data
        rest = torch.cat([self.rest, torch.zeros(1).to(self.rest)])
        both = [root[j].to(x0)[:, None] * x0 + rest[j].to(x0)[:, None] * z for j in (k, k - 1)]
        return both[0], k, both[1], k - 1

    def loss(self, x0, network, seed):
        """Half the square."""
        x_t, k, x_s, j = self.training_pair(x0, network, seed)
        student = self.f(x_t, k, network)
        with torch.no_grad():
            teacher = self.f(x_s, j, network)
        return torch.nn.functional.mse_loss(student, teacher, reduction="none").sum(1).mean() / 2

    def time_law(self):
        """All alike."""
        return list(range(self.T)), np.full(self.T, 1 / self.T)


class Scheduler:
    """set_timesteps, step, add_noise and a counter inside; consistency functions with boundary
    scalings around predicted noise, as latent consistency models have them.
    """

    def __init__(self):
        self.alphas_cumprod = torch.cumprod(1 - torch.linspace(0.00085, 0.012, 1000), 0)
        self.timesteps = None
        self.step_index = 0

    def set_timesteps(self, n=None, timesteps=None):
        """Evenly, or as given."""
        if timesteps is None:
            timesteps = [999 - (i * 1000) // n for i in range(n)]
        self.timesteps, self.step_index = timesteps, 0

    def alpha_bar(self, t):
        """1 at 0 by definition."""
        return float(self.alphas_cumprod[int(t)]) if t > 0 else 1.0

    def step(self, model_output, sample, generator=None):
        """(prev_sample, denoised)."""
        t = self.timesteps[self.step_index]
        scaled = t * 10.0
        c_skip = 0.25 / (scaled**2 + 0.25)
        c_out = scaled / (scaled**2 + 0.25) ** 0.5
        a, b = self.alpha_bar(t) ** 0.5, (1 - self.alpha_bar(t)) ** 0.5
        denoised = c_skip * sample + c_out * (sample - b * model_output) / a
        self.step_index += 1
        if self.step_index == len(self.timesteps):
            return denoised, denoised
        later = self.alpha_bar(self.timesteps[self.step_index])
        noise = torch.randn(sample.shape, generator=generator, dtype=sample.dtype)
        return later**0.5 * denoised + (1 - later) ** 0.5 * noise, denoised


class Stepped:
    """The adapter of such a scheduler; one scheduler for all calls."""

    name = "stateful scheduler"
    max_steps = 50

    def __init__(self):
        self.scheduler = Scheduler()
        self.convention = Convention.vp(
            self.scheduler.alpha_bar, boundary=0.0, t_max=999.0, sigma_data=1.0
        )

    def grid(self):
        """Every fiftieth, and 0."""
        return [*range(999, 0, -50), 0]

    def times(self, n):
        """What is set."""
        self.scheduler.set_timesteps(n)
        return self.scheduler.timesteps

    def consistency(self, x, t, network):
        """A schedule of one time."""
        self.scheduler.set_timesteps(timesteps=[int(t)])
        return self.scheduler.step(network(x, int(t)), x)[1]

    def sample(self, z, n, network, seed):
        """The usual loop."""
        self.scheduler.set_timesteps(n)
        g, x = torch.Generator().manual_seed(seed), z
        for t in self.scheduler.timesteps:
            x, _ = self.scheduler.step(network(x, torch.tensor(t)), x, generator=g)
        return x


def _ddpm():
    return Table("DDPM table, noise predicted", linear_betas())


def _single():
    return Table("float32 table, sigmoid", sigmoid_betas(), torch.float32)


def _velocity():
    return Velocity("cosine table, v predicted", cosine_betas())


FACTORIES = (_ddpm, _single, _velocity, Stepped)
