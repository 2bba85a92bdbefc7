"""`reference-flowmap`: a map between any two noise levels in CTM's form; every check of flow maps
passes on it.

    x_t = x_0 + t z,   F(x, t, s) = s/t x + (1 - s/t) g(x, t, s)
    loss = |g - stop((1 - s/t) g + s/t x_0 - (t - s) dg/dt)|^2,   dg/dt = d_t g + (z . grad) g

The target is that of dF/dt = 0 along the path (Boffi et al., arXiv 2505.18825, Section 3), and x_0
where s = t. Steps that are to end at t' land at sqrt(1 - gamma^2) t', and noise gamma t' z is added
(Kim et al., arXiv 2310.02279, Algorithm 3).
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from hypothesis import strategies as st
from scipy import stats

from ...model.convention import Convention
from ..laws import ConstantWeight, KarrasRamp, Squared, TimesBelow


@dataclass(frozen=True)
class FlowMap:
    """The settings."""

    sigma_min: float = 0.002
    sigma_max: float = 80.0
    rho: float = 7.0
    equal: float = 0.25
    gamma: float = 0.0

    name = "reference-flowmap"
    wraps = "ctm"
    network_times = ("t", "s")
    identity = "eulerian"
    one_time = True

    @property
    def convention(self) -> Convention:
        """EDM's; g is the network itself."""
        return Convention.ve(self.sigma_min, t_max=self.sigma_max, scaled_input=False)

    def configurations(self) -> Any:
        """Ends, shares of equal times, gammas."""
        return st.builds(
            FlowMap,
            st.sampled_from([0.002, 0.02]),
            st.sampled_from([80.0, 20.0]),
            st.just(7.0),
            st.sampled_from([0.25, 0.0]),
            st.sampled_from([0.0, 1.0, 0.5]),
        )

    @property
    def loss_law(self) -> Squared:
        """The squared distance."""
        return Squared(elementwise=False, weight=ConstantWeight(1.0))

    @property
    def ramp_law(self) -> KarrasRamp:
        """EDM's."""
        return KarrasRamp(self.rho)

    def time_law(self) -> TimesBelow:
        """The law of (t, s)."""
        return TimesBelow(stats.loguniform(self.sigma_min, self.sigma_max), self.equal)

    def times(self, n: int) -> list[float]:
        """Karras's ramp without its last time."""
        high, low = self.sigma_max ** (1 / self.rho), self.sigma_min ** (1 / self.rho)
        return [(high + i / n * (low - high)) ** self.rho for i in range(n)]

    def visited(self, times: Any) -> list[float]:
        """A list of one's own as it stands."""
        return list(times)

    def flow_map(
        self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor, network: Any
    ) -> torch.Tensor:
        """s/t x + (1 - s/t) g."""
        share = (s / t)[:, None]
        return share * x + (1 - share) * network(x, t, s)

    def velocity(self, x: torch.Tensor, t: torch.Tensor, network: Any) -> torch.Tensor:
        """(x - g)/t: at equal times g is the denoiser."""
        return (x - network(x, t, t)) / t[:, None]

    def embedding(self, t: torch.Tensor) -> torch.Tensor:
        """Waves of log t/4."""
        frequencies = 2.0 ** torch.arange(4, dtype=t.dtype)
        phase = t.log()[:, None] / 4 * frequencies
        return torch.cat([phase.cos(), phase.sin()], 1)

    def derivative(
        self,
        x: torch.Tensor,
        t: torch.Tensor,
        s: torch.Tensor,
        velocity: torch.Tensor,
        network: Any,
    ) -> torch.Tensor:
        """dg/dt along the path, s fixed."""
        tangents = (velocity, torch.ones_like(t), torch.zeros_like(s))
        slope: torch.Tensor = torch.autograd.functional.jvp(network, (x, t, s), tangents)[1]
        return slope

    def target(
        self,
        x: torch.Tensor,
        t: torch.Tensor,
        s: torch.Tensor,
        velocity: torch.Tensor,
        network: Any,
    ) -> torch.Tensor:
        """Without gradients; x_0 = x - t v."""
        share, gap = (s / t)[:, None], (t - s)[:, None]
        with torch.no_grad():
            now = network(x, t, s)
        slope = self.derivative(x, t, s, velocity, network)
        clean = x - t[:, None] * velocity
        return ((1 - share) * now + share * clean - gap * slope).detach()

    def flow_pair(
        self, x0: torch.Tensor, network: Any, seed: int
    ) -> tuple[torch.Tensor, Any, Any, torch.Tensor]:
        """x_0 + t z, both times, z."""
        generator = _generator(seed)
        share = torch.rand(3, len(x0), generator=generator, dtype=torch.float64)
        t = self.sigma_min * (self.sigma_max / self.sigma_min) ** share[0]
        s = self.sigma_min + share[1] * (t - self.sigma_min)
        s = torch.where(share[2] < self.equal, t, s)
        z = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
        t, s = t.to(x0.dtype), s.to(x0.dtype)
        return x0 + t[:, None] * z, t, s, z

    def loss(self, x0: torch.Tensor, network: Any, seed: int) -> torch.Tensor:
        """The mean."""
        x_t, t, s, velocity = self.flow_pair(x0, network, seed)
        goal = self.target(x_t, t, s, velocity, network)
        return (network(x_t, t, s) - goal).square().sum(1).mean()

    def sample(self, z: torch.Tensor, n: int, network: Any, seed: int) -> torch.Tensor:
        """n steps of Karras's ramp."""
        return self.sample_at(z, self.times(n), network, seed)

    def sample_at(self, z: torch.Tensor, times: Any, network: Any, seed: int) -> torch.Tensor:
        """Each step lands below its end, and noise is added."""
        generator, x = _generator(seed), times[0] * z
        for t, end in pairwise([*times, self.sigma_min]):
            s = max(math.sqrt(1 - self.gamma**2) * end, self.sigma_min)
            x = self.flow_map(x, x.new_full((len(x),), t), x.new_full((len(x),), s), network)
            if end > s:
                noise = torch.randn(z.shape, generator=generator, dtype=z.dtype)
                x = x + math.sqrt(end**2 - s**2) * noise
        return x

    def guided_velocity(
        self, x: torch.Tensor, t: torch.Tensor, velocity: torch.Tensor, network: Any, scale: float
    ) -> torch.Tensor:
        """scale v + (1 - scale) that without the class."""
        free = (x - network(x, t, t, 0)) / t[:, None]
        return scale * velocity + (1 - scale) * free

    def guided_map(
        self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor, network: Any, scale: float
    ) -> torch.Tensor:
        """Both g mixed."""
        share = (s / t)[:, None]
        mixed = scale * network(x, t, s, 1) + (1 - scale) * network(x, t, s, 0)
        return share * x + (1 - share) * mixed

    def restored(self) -> FlowMap:
        """Through JSON."""
        return FlowMap(**json.loads(json.dumps(dataclasses.asdict(self))))


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
