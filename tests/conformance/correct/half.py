"""Bodies, samplers and times in few digits."""

import math

import torch
from torch import nn

from ctverify import Convention
from ctverify.conformance import Metric


class Precond(nn.Module):
    """A preconditioner around a body that runs in `half`; x and its scalings stay in x's dtype."""

    def __init__(self, half, sigma_data=0.5, sigma_min=0.002):
        super().__init__()
        self.half = half
        self.register_buffer("sd", torch.tensor(sigma_data, dtype=torch.float64))
        self.register_buffer("lo", torch.tensor(sigma_min, dtype=torch.float64))

    def forward(self, model, x, sigma):
        """D(x; sigma)."""
        sigma = sigma.to(x.dtype).reshape(-1, 1)
        sd, lo = self.sd.to(x.dtype), self.lo.to(x.dtype)
        total = sigma.square() + sd.square()
        c_in = total.rsqrt()
        c_skip = sd.square() / ((sigma - lo).square() + sd.square())
        c_out = (sigma - lo) * sd * c_in
        c_noise = sigma.log().flatten() / 4
        body = model((c_in * x).to(self.half), c_noise)
        return c_skip * x + c_out * body.to(x.dtype)


class HalfBody:
    """EDM's wrapper; consistency training on Karras's levels, squared distance."""

    levels = 18

    def __init__(self, half):
        self.name = f"EDM, body in {half}"
        self.net = Precond(half)
        self.convention = Convention.ve(0.002, t_max=80.0, sigma_data=0.5)
        self.loss_law = Metric(lambda r: r.square().mean(1), lambda t, s: torch.ones_like(t))

    def sigmas(self, n):
        """n levels from 80 to 0.002, float64."""
        ramp = torch.linspace(0, 1, n, dtype=torch.float64)
        top, low = 80.0 ** (1 / 7), 0.002 ** (1 / 7)
        steps = (top + ramp * (low - top)) ** 7
        steps[0] = 80.0
        return steps

    def times(self, n):
        """As a tensor, without the last."""
        return self.sigmas(n + 1)[:-1]

    def add_noise(self, x0, t, seed):
        """x_0 + t z."""
        return x0 + t * self.z(x0, torch.Generator().manual_seed(seed))

    def consistency(self, x, t, network):
        """One sigma for all."""
        return self.net(network, x, torch.full((len(x),), t, dtype=torch.float64))

    def sample(self, z, n, network, seed):
        """Denoise, noise, denoise."""
        g = torch.Generator().manual_seed(seed)
        x = z * 80.0
        out = None
        for i, sigma in enumerate(self.times(n)):
            if i:
                x = out + (sigma**2 - 0.002**2).sqrt().to(z.dtype) * self.z(z, g)
            out = self.net(network, x, sigma.expand(len(x)))
        return out

    def pick(self, x0, seed):
        """Noise, and the levels above and below."""
        g = torch.Generator().manual_seed(seed)
        grid = self.sigmas(self.levels)
        i = torch.randint(self.levels - 1, (len(x0),), generator=g)
        return self.z(x0, g), grid[i], grid[i + 1]

    def training_pair(self, x0, network, seed):
        """t and s (n,)."""
        z, t, s = self.pick(x0, seed)
        at = [x0 + u[:, None].to(x0.dtype) * z for u in (t, s)]
        return at[0], t, at[1], s

    def loss(self, x0, network, seed):
        """A mean."""
        x_t, t, x_s, s = self.training_pair(x0, network, seed)
        target = self.net(network, x_s, s).detach()
        return (self.net(network, x_t, t) - target).square().mean()

    def time_law(self):
        """Uniform over all but the last."""
        return self.sigmas(self.levels)[:-1], torch.full((self.levels - 1,), 1 / (self.levels - 1))

    @staticmethod
    def z(like, g):
        """Standard normal."""
        return torch.randn(like.shape, generator=g, dtype=like.dtype)


class HalfThroughout:
    """A sampler of float16 alone: x, scalings and noise; times are Python's."""

    name = "float16 sampler"
    dtypes = (torch.float16,)
    convention = Convention.trigflow(0.5)

    def times(self, n):
        """Angles."""
        return [0.5 * math.pi * (n - i) / n for i in range(n)]

    def add_noise(self, x0, t, seed):
        """In float16."""
        g = torch.Generator().manual_seed(seed)
        return math.cos(t) * x0 + math.sin(t) * 0.5 * torch.randn(x0.shape, generator=g).half()

    def consistency(self, x, t, network):
        """In float16."""
        velocity = 0.5 * network(x / 0.5, torch.full((len(x),), t))
        return math.cos(t) * x - math.sin(t) * velocity

    def sample(self, z, n, network, seed):
        """In float16."""
        g = torch.Generator().manual_seed(seed)
        x = 0.5 * z
        for i, t in enumerate(self.times(n)):
            if i:
                fresh = 0.5 * torch.randn(z.shape, generator=g).half()
                x = math.cos(t) * x + math.sin(t) * fresh
            x = self.consistency(x, t, network)
        return x


class SinglePrecision:
    """float32 alone, times too; the boundary is 0 and the embedding crosses log t = 0."""

    name = "float32 alone"
    dtypes = (torch.float32,)
    convention = Convention.ve(0.0, t_max=50.0, sigma_data=1.0)

    def times(self, n):
        """A float32 tensor, geometric."""
        return 50.0 * torch.logspace(0, -2, n + 1, dtype=torch.float32)[:-1]

    def denoise(self, x, t, network):
        """t (n,) float32."""
        t = t[:, None]
        inverse = 1 / torch.sqrt(1 + t * t)
        embedding = torch.log(t.clamp_min(1e-20)).flatten()
        return inverse**2 * x + t * inverse * network(inverse * x, embedding)

    def consistency(self, x, t, network):
        """t becomes float32."""
        return self.denoise(x, torch.tensor([t], dtype=torch.float32).repeat(len(x)), network)

    def add_noise(self, x0, t, seed):
        """x_0 + t z."""
        return x0 + t * torch.randn(x0.shape, generator=torch.Generator().manual_seed(seed))

    def sample(self, z, n, network, seed):
        """e = 0: fresh noise of deviation t."""
        g = torch.Generator().manual_seed(seed)
        times = self.times(n)
        x = self.denoise(times[0] * z, times[:1].expand(len(z)), network)
        for t in times[1:]:
            noise = torch.randn(z.shape, generator=g)
            x = self.denoise(x + t * noise, t.expand(len(z)), network)
        return x


def _half_bodies():
    return HalfBody(torch.bfloat16)


def _float16_body():
    return HalfBody(torch.float16)


FACTORIES = (_half_bodies, _float16_body, HalfThroughout, SinglePrecision)
