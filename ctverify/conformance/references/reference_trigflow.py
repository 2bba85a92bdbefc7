"""`reference-trigflow`: continuous-time consistency training in the TrigFlow convention; every
check passes on it.

    f(x, t) = cos(t) x - sin(t) sd F(x/sd, t),   x_t = cos(t) x_0 + sin(t) z,   z ~ N(0, sd^2 I),
        t = arctan(e^tau/sd)
    g = -cos^2(t) (sd F - dx/dt) - (cos(t) sin(t) x_t + sd cos(t) sin(t) dF/dt),
        dx/dt = cos(t) z - sin(t) x_0
    loss = e^w/d |F - stop(F) - g/(|g| + c)|^2 - w

Lu and Song (arXiv 2410.11081), Sections 3 and 4. The weight w(t) may be any function; here w =
-log(1 + t).
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st

from ...model.convention import Convention
from ..laws import LinearRamp, LogNormalTimes, TrigFlowScalings
from ..laws.loss_laws import InverseTime, NormalizedTangent


@dataclass(frozen=True)
class TrigFlow:
    """The settings."""

    sigma_data: float = 0.5
    p_mean: float = -1.0
    p_std: float = 1.4

    name = "reference-trigflow"

    @property
    def convention(self) -> Convention:
        """TrigFlow, boundary 0."""
        return Convention.trigflow(self.sigma_data)

    def configurations(self) -> Any:
        """Scales of data and laws of the angle."""
        scales, means, stds = (
            st.sampled_from([0.5, 1.0, 2.0, 0.1]),
            st.sampled_from([-1.0, 0.0]),
            st.sampled_from([1.4, 1.0]),
        )
        return st.builds(TrigFlow, scales, means, stds)

    @property
    def loss_law(self) -> NormalizedTangent:
        """Lu and Song's, e^w = 1/(1 + t)."""
        return NormalizedTangent(0.1, InverseTime(1.0), learned=True)

    @property
    def scalings_law(self) -> TrigFlowScalings:
        """Lu and Song's."""
        return TrigFlowScalings()

    @property
    def ramp_law(self) -> LinearRamp:
        """Even steps of the angle."""
        return LinearRamp()

    def times(self, n: int) -> list[float]:
        """Equal angles from pi/2."""
        return [math.pi / 2 * (1 - i / n) for i in range(n)]

    def scalings(self, t: float) -> tuple[float, float, float, float]:
        """(cos t, -sd sin t, 1/sd, t)."""
        return math.cos(t), -self.sigma_data * math.sin(t), 1 / self.sigma_data, t

    def add_noise(self, x0: torch.Tensor, t: float, seed: int) -> torch.Tensor:
        """cos(t) x_0 + sin(t) z."""
        z = self.sigma_data * torch.randn(x0.shape, generator=_generator(seed), dtype=x0.dtype)
        return math.cos(t) * x0 + math.sin(t) * z

    def consistency(self, x: torch.Tensor, t: float, network: Any) -> torch.Tensor:
        """cos(t) x - sin(t) sd F(x/sd, t)."""
        raw = network(x / self.sigma_data, torch.full((len(x),), t, dtype=x.dtype))
        return math.cos(t) * x - math.sin(t) * self.sigma_data * raw

    def sample(self, z: torch.Tensor, n: int, network: Any, seed: int) -> torch.Tensor:
        """f lands on X_0, which is noised afresh."""
        generator, times = _generator(seed), self.times(n)
        x = self.consistency(self.sigma_data * z, times[0], network)
        for t in times[1:]:
            noise = self.sigma_data * torch.randn(z.shape, generator=generator, dtype=z.dtype)
            x = self.consistency(math.cos(t) * x + math.sin(t) * noise, t, network)
        return x

    def training_pair(
        self, x0: torch.Tensor, network: Any, seed: int
    ) -> tuple[torch.Tensor, Any, torch.Tensor, Any]:
        """(x_t, t) twice: time is continuous."""
        x_t, t, _ = self._noised(x0, seed)
        return x_t, t, x_t, t

    def loss(self, x0: torch.Tensor, network: Any, seed: int) -> torch.Tensor:
        """(n,): one loss a row."""
        (x_t, t, velocity), sd = self._noised(x0, seed), self.sigma_data
        cosine, sine = t.cos(), t.sin()
        inputs, tangents = (x_t / sd, t), (cosine * sine * velocity / sd, cosine * sine)
        # both without gradients, since create_graph is not asked for
        frozen, slope = torch.autograd.functional.jvp(
            lambda x, t: network(x, t[:, 0]), inputs, tangents
        )
        g = -(cosine**2) * (sd * frozen - velocity) - (cosine * sine * x_t + sd * slope)
        g = g / (g.norm(dim=1, keepdim=True) + 0.1)
        w = -torch.log1p(t[:, 0])
        return w.exp() / x0.shape[1] * (network(x_t / sd, t[:, 0]) - frozen - g).square().sum(1) - w

    def time_law(self) -> LogNormalTimes:
        """The law of t."""
        return LogNormalTimes(self.p_mean, self.p_std)

    def restored(self) -> TrigFlow:
        """Through JSON."""
        return TrigFlow(**json.loads(json.dumps(dataclasses.asdict(self))))

    def _noised(
        self, x0: torch.Tensor, seed: int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(x_t, t, dx_t/dt), t (n, 1)."""
        generator = _generator(seed)
        tau = self.p_mean + self.p_std * torch.randn(
            len(x0), 1, generator=generator, dtype=x0.dtype
        )
        t = (tau.exp() / self.sigma_data).arctan()
        z = self.sigma_data * torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
        return t.cos() * x0 + t.sin() * z, t, t.cos() * z - t.sin() * x0


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
