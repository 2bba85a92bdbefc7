"""`reference-meanflow`: average velocities on straight lines, as MeanFlow trains them; every check
of flow maps passes on it.

    x_t = (1 - t) x_0 + t z,   v = z - x_0,   F(x, t, s) = x - (t - s) u(x, t, s)
    loss = w |u - stop(v - (t - s) du/dt)|^2,   du/dt = d_t u + (v . grad) u
    w = stop(1/(|u - stop(..)|^2 + c)^p)

t and s are sorted draws of sigmoid(N(mean, std^2)), s = t for a share of all rows. Geng et al.
(arXiv 2505.13447), Algorithms 1 and 2, Sections 4.2 and 4.3; half steps: Frans et al. (arXiv
2410.12557), Eq. (4).
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from hypothesis import strategies as st

from ...model.convention import Convention
from ..laws import ConstantWeight, LinearRamp, LogNormalTimes, SortedTimes
from ..laws.loss_laws import AdaptiveSquared


@dataclass(frozen=True)
class MeanFlow:
    """The settings."""

    p_mean: float = -0.4
    p_std: float = 1.0
    equal: float = 0.25
    power: float = 1.0
    c: float = 1e-3

    name = "reference-meanflow"
    wraps = "velocity"
    network_times = ("t", "t - s")
    identity = "eulerian"
    gamma = 0.0

    @property
    def convention(self) -> Convention:
        """Straight lines; the network is shown x itself."""
        return Convention.linear(scaled_input=False)

    def configurations(self) -> Any:
        """Laws of times, shares of equal ones, adaptive weights."""
        return st.builds(
            MeanFlow,
            st.sampled_from([-0.4, 0.0]),
            st.sampled_from([1.0, 1.4]),
            st.sampled_from([0.25, 0.75, 0.0]),
            st.sampled_from([1.0, 0.5]),
        )

    @property
    def loss_law(self) -> AdaptiveSquared:
        """A weight that depends on the residual and has no gradient."""
        return AdaptiveSquared(self.power, self.c, ConstantWeight(1.0))

    @property
    def ramp_law(self) -> LinearRamp:
        """Even steps."""
        return LinearRamp()

    def time_law(self) -> SortedTimes:
        """The law of (t, s)."""
        return SortedTimes(LogNormalTimes(self.p_mean, self.p_std), self.equal)

    def times(self, n: int) -> list[float]:
        """Even times from 1."""
        return [1 - i / n for i in range(n)]

    def visited(self, times: Any) -> list[float]:
        """A list of one's own as it stands."""
        return list(times)

    def flow_map(
        self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor, network: Any
    ) -> torch.Tensor:
        """x - (t - s) u."""
        gap = t - s
        return x - gap[:, None] * network(x, t, gap)

    def velocity(self, x: torch.Tensor, t: torch.Tensor, network: Any) -> torch.Tensor:
        """u at equal times."""
        return network(x, t, torch.zeros_like(t))

    def half_steps(
        self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor, network: Any
    ) -> torch.Tensor:
        """The mean of the velocities of both halves."""
        half = (t - s) / 2
        first = network(x, t, half)
        middle = x - half[:, None] * first
        return (first + network(middle, t - half, half)) / 2

    def derivative(
        self,
        x: torch.Tensor,
        t: torch.Tensor,
        s: torch.Tensor,
        velocity: torch.Tensor,
        network: Any,
    ) -> torch.Tensor:
        """du/dt along the path, s fixed: t - s grows as t does."""
        gap = t - s
        inputs, tangents = (x, t, gap), (velocity, torch.ones_like(t), torch.ones_like(t))
        slope: torch.Tensor = torch.autograd.functional.jvp(network, inputs, tangents)[1]
        return slope

    def target(
        self,
        x: torch.Tensor,
        t: torch.Tensor,
        s: torch.Tensor,
        velocity: torch.Tensor,
        network: Any,
    ) -> torch.Tensor:
        """v - (t - s) du/dt, without gradients."""
        slope = self.derivative(x, t, s, velocity, network)
        return (velocity - (t - s)[:, None] * slope).detach()

    def flow_pair(
        self, x0: torch.Tensor, network: Any, seed: int
    ) -> tuple[torch.Tensor, Any, Any, torch.Tensor]:
        """A point on its line, both times, and the line's velocity."""
        generator = _generator(seed)
        t, s = self._drawn(x0, generator)
        z = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
        x_t = (1 - t)[:, None] * x0 + t[:, None] * z
        return x_t, t, s, z - x0

    def loss(self, x0: torch.Tensor, network: Any, seed: int) -> torch.Tensor:
        """(n,): one loss a row."""
        x_t, t, s, velocity = self.flow_pair(x0, network, seed)
        goal = self.target(x_t, t, s, velocity, network)
        square = (network(x_t, t, t - s) - goal).square().sum(1)
        weight = (square.detach() + self.c) ** -self.power
        return weight * square

    def sample(self, z: torch.Tensor, n: int, network: Any, seed: int) -> torch.Tensor:
        """n even steps."""
        return self.sample_at(z, self.times(n), network, seed)

    def sample_at(self, z: torch.Tensor, times: Any, network: Any, seed: int) -> torch.Tensor:
        """From each time to the next, the last to 0."""
        x = z
        for stops in pairwise([*times, 0.0]):
            t, s = (x.new_full((len(x),), stop) for stop in stops)
            x = self.flow_map(x, t, s, network)
        return x

    def guided_velocity(
        self, x: torch.Tensor, t: torch.Tensor, velocity: torch.Tensor, network: Any, scale: float
    ) -> torch.Tensor:
        """scale v + (1 - scale) u without the class, at equal times."""
        free = network(x, t, torch.zeros_like(t), 0)
        return scale * velocity + (1 - scale) * free

    def guided_map(
        self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor, network: Any, scale: float
    ) -> torch.Tensor:
        """Both velocities mixed."""
        gap = t - s
        mixed = scale * network(x, t, gap, 1) + (1 - scale) * network(x, t, gap, 0)
        return x - gap[:, None] * mixed

    def restored(self) -> MeanFlow:
        """Through JSON."""
        return MeanFlow(**json.loads(json.dumps(dataclasses.asdict(self))))

    def _drawn(
        self, x0: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """t and s, (n,) each."""
        n, dtype = len(x0), x0.dtype
        normal = torch.randn(2, n, generator=generator, dtype=dtype)
        s, t = (self.p_mean + self.p_std * normal).sigmoid().sort(0).values
        same = torch.rand(n, generator=generator, dtype=dtype) < self.equal
        return t, torch.where(same, t, s)


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
