"""Subjects in the styles of their users: stateful, terse, broken, of the Karras family."""

import math
from dataclasses import dataclass, field

import torch

from ctverify import Convention
from ctverify.conformance import Implementation


class Denoiser:
    """The Karras protocol, as its family of research code writes it."""

    sigma_data = 0.5
    sigma_min = 0.002
    sigma_max = 80.0
    rho = 7.0

    def get_scalings_for_boundary_condition(self, sigma):
        """(c_skip, c_out, c_in) at noise levels (n,)."""
        above = sigma - self.sigma_min
        root = (sigma**2 + self.sigma_data**2) ** 0.5
        c_skip = self.sigma_data**2 / (above**2 + self.sigma_data**2)
        c_out = above * self.sigma_data / root
        return c_skip, c_out, 1 / root


class Plain(Denoiser):
    """get_scalings without a boundary: f(x, e) is not x."""

    def get_scalings_for_boundary_condition(self, sigma):
        """EDM's, for a denoiser."""
        variance = sigma**2 + self.sigma_data**2
        root = variance**0.5
        c_skip = self.sigma_data**2 / variance
        c_out = sigma * self.sigma_data / root
        return c_skip, c_out, 1 / root


@dataclass(frozen=True)
class Broken:
    """A subject whose sampler raises: told once, by interface.calls, and inconclusive elsewhere."""

    convention: Convention = field(default_factory=Convention.ve)

    def times(self, n):
        """Even."""
        return [80.0 * (1 - i / n) for i in range(n)]

    def sample(self, z, n, network, seed):
        """Raises."""
        raise RuntimeError("not today")


@dataclass(frozen=True)
class Startled(Broken):
    """A subject that starts at 3 z."""

    def consistency(self, x, t, network):
        """EDM's scalings."""
        variance = t * t + 0.25
        root = math.sqrt(variance)
        c_skip = 0.25 / variance
        c_out = 0.5 * t / root
        raw = network(x / root, torch.full((len(x),), t))
        return c_skip * x + c_out * raw

    def sample(self, z, n, network, seed):
        """One step."""
        return self.consistency(3 * z, 80.0, network)


class Terse(Implementation):
    """Inherits the protocol's placeholders; its time embedding is a plain float. VE, clipped,
    boundary 0.
    """

    convention = Convention.ve(0.0, t_max=10.0, sigma_data=0.3, clipping=2.0)

    def times(self, n):
        """Even in the root."""
        return [10.0 * (1 - i / n) ** 2 for i in range(n)]

    def consistency(self, x, t, network):
        """EDM's scalings, e = 0."""
        root = math.hypot(t, 0.3)
        embedding = -100.0
        if t > 0:
            embedding = math.log(t)
        c_skip = 0.09 / root**2
        c_out = 0.3 * t / root
        raw = network(x / root, embedding)
        return (c_skip * x + c_out * raw).clamp(-2, 2)

    def add_noise(self, x0, t, seed):
        """x_0 + t z."""
        generator = torch.Generator().manual_seed(seed)
        z = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
        return x0 + t * z


class Stepping:
    """A stateful sampler over a table of alpha_bar, as schedulers are: f is known at whole times,
    `grid` names some of them.
    """

    max_steps = 50

    def __init__(self):
        beta = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
        self.alpha_bar = torch.cumprod(1 - beta, 0)

    @property
    def convention(self):
        """Lands on X_0."""
        return Convention.vp(self._alpha_bar_at, boundary=0.0, t_max=999.0)

    def grid(self):
        """Every twentieth."""
        return list(range(999, 0, -20))

    def times(self, n):
        """Sets the state."""
        self.set = [999 - i * (1000 // n) for i in range(n)]
        self.i = 0
        return self.set

    def consistency(self, x, t, network):
        """Sets the state too."""
        self.set = [round(t)]
        self.i = 0
        return self.step(x, network)

    def step(self, x, network):
        """Noise prediction at the present time."""
        t = self.set[self.i]
        self.i += 1
        if t == 0:
            return x
        a, b = self._scales(t, x.dtype)
        noise = network(x, torch.tensor(t))
        return (x - b * noise) / a

    def sample(self, z, n, network, seed):
        """Starts at N(0, I)."""
        generator = torch.Generator().manual_seed(seed)
        x = z
        for t in self.times(n):
            if self.i > 0:
                a, b = self._scales(t, z.dtype)
                noise = torch.randn(z.shape, generator=generator, dtype=z.dtype)
                x = a * x + b * noise
            x = self.step(x, network)
        return x

    def _alpha_bar_at(self, t):
        """alpha_bar at a whole time, 1 at the data end."""
        if t > 0:
            return float(self.alpha_bar[round(t)])
        return 1.0

    def _scales(self, t, dtype):
        """(a, b) at a whole time."""
        alpha_bar = self.alpha_bar[t]
        return alpha_bar.sqrt().to(dtype), (1 - alpha_bar).sqrt().to(dtype)
