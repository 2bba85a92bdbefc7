"""`reference`: discrete consistency training in the VE convention, written plainly; every check
passes on it.

    c_skip = sd^2/((t - e)^2 + sd^2),  c_out = sd (t - e)/sqrt(t^2 + sd^2),
        c_in = 1/sqrt(t^2 + sd^2),  embedding = log(t)/4
    t_i = (T^(1/rho) + i/n (e^(1/rho) - T^(1/rho)))^rho   times of the sampler, i = 0..n - 1
    N(k) = min(s0 2^floor(k/K'), s1) + 1,  K' = floor(K/(log2 floor(s1/s0) + 1)), or
        ceil(sqrt(k/K ((s1 + 1)^2 - s0^2) + s0^2) - 1) + 1
    P(t_i) ~ erf((log t_{i+1} - m)/(sqrt(2) s)) - erf((log t_i - m)/(sqrt(2) s))
    loss = 1/(t - s) (sqrt(|f_t - f_s|^2 + c^2) - c),  c = 0.00054 sqrt(d)

Song et al. (arXiv 2303.01469); Song and Dhariwal (arXiv 2310.14189); Karras et al. (arXiv
2206.00364).
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
from ..laws import (
    Curriculum,
    Doubling,
    KarrasRamp,
    KarrasScalings,
    LogNormalTimes,
    PseudoHuber,
    SquareRoot,
)


@dataclass(frozen=True)
class Reference:
    """The settings; `k` of `K` training steps are done. `square_root` is Song et al.'s first
    curriculum, else it doubles.
    """

    sigma_data: float = 0.5
    sigma_min: float = 0.002
    sigma_max: float = 80.0
    rho: float = 7.0
    s0: int = 10
    s1: int = 1280
    K: int = 1000
    k: int = 0
    square_root: bool = False

    name = "reference"
    shares_dropout = True
    p_mean, p_std = -1.1, 2.0

    @property
    def convention(self) -> Convention:
        """VE from sigma_min to sigma_max."""
        return Convention.ve(self.sigma_min, t_max=self.sigma_max, sigma_data=self.sigma_data)

    def configurations(self) -> Any:
        """Scales of data over a factor of 40, boundaries up to sigma_data, noise ends from 4
        sigma_data.
        """
        return st.builds(
            lambda sigma_data, low, high, **more: Reference(
                sigma_data, low * sigma_data, high * sigma_data, **more
            ),
            sigma_data=st.sampled_from([0.5, 1.0, 2.0, 0.1]),
            low=st.sampled_from([0.004, 0.02, 0.1, 0.5, 1.0]),
            high=st.sampled_from([160.0, 20.0, 4.0]),
            rho=st.sampled_from([7.0, 3.0, 1.0]),
            s1=st.sampled_from([1280, 150, 37, 10]),
            k=st.sampled_from([0, 300, 999]),
            square_root=st.booleans(),
        )

    @property
    def curriculum_law(self) -> Curriculum:
        """Song and Dhariwal's, or Song et al.'s."""
        law = SquareRoot if self.square_root else Doubling
        return law(self.s0, self.s1, self.K)

    @property
    def ramp_law(self) -> KarrasRamp:
        """Karras's."""
        return KarrasRamp(self.rho)

    @property
    def scalings_law(self) -> KarrasScalings:
        """Song et al.'s."""
        return KarrasScalings()

    @property
    def loss_law(self) -> PseudoHuber:
        """The vector form, c = 0.00054 sqrt(d), weight 1/(t - s)."""
        return PseudoHuber()

    def times(self, n: int) -> list[float]:
        """Karras's ramp from sigma_max, short of sigma_min."""
        return [self._ramp(i / n) for i in range(n)]

    def curriculum(self, k: int, K: int) -> int:
        """N(k)."""
        if self.square_root:
            growth = (self.s1 + 1) ** 2 - self.s0**2
            return math.ceil(math.sqrt(k / K * growth + self.s0**2) - 1) + 1
        period = math.floor(K / (math.log2(self.s1 // self.s0) + 1))
        return min(self.s0 * 2 ** (k // period), self.s1) + 1

    def scalings(self, t: float) -> tuple[float, float, float, float]:
        """(c_skip, c_out, c_in, log(t)/4)."""
        c_skip, c_out, c_in, embedding = self._scalings(torch.tensor([[t]], dtype=torch.float64))
        return float(c_skip), float(c_out), float(c_in), float(embedding)

    def add_noise(self, x0: torch.Tensor, t: float, seed: int) -> torch.Tensor:
        """x_0 + t z."""
        return x0 + t * torch.randn(x0.shape, generator=_generator(seed), dtype=x0.dtype)

    def consistency(self, x: torch.Tensor, t: float, network: Any) -> torch.Tensor:
        """c_skip x + c_out F(c_in x, embedding)."""
        return self._f(x, torch.full((len(x), 1), t, dtype=x.dtype), network)

    def sample(self, z: torch.Tensor, n: int, network: Any, seed: int) -> torch.Tensor:
        """Algorithm 1."""
        generator, times = _generator(seed), self.times(n)
        x = self.consistency(times[0] * z, times[0], network)
        for t in times[1:]:
            noise = torch.randn(z.shape, generator=generator, dtype=z.dtype)
            x = self.consistency(x + math.sqrt(t**2 - self.sigma_min**2) * noise, t, network)
        return x

    def training_pair(
        self, x0: torch.Tensor, network: Any, seed: int
    ) -> tuple[torch.Tensor, Any, torch.Tensor, Any]:
        """One noise for both levels."""
        generator, (levels, probabilities) = _generator(seed), self._law()
        i = torch.multinomial(probabilities, len(x0), replacement=True, generator=generator)
        t, s = (levels[j][:, None].to(x0.dtype) for j in (i + 1, i))
        z = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
        return x0 + t * z, t, x0 + s * z, s

    def loss(self, x0: torch.Tensor, network: Any, seed: int) -> torch.Tensor:
        """The mean over rows; the teacher has no gradient and the student's dropout."""
        x_t, t, x_s, s = self.training_pair(x0, network, seed)
        state = torch.random.get_rng_state()
        student = self._f(x_t, t, network)
        torch.random.set_rng_state(state)
        with torch.no_grad():
            teacher = self._f(x_s, s, network)
        return (self._huber(student - teacher) / (t - s)[:, 0]).mean()

    def weight(self, t: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        """1/(t - s)."""
        return 1 / (t - s)

    def time_law(self) -> tuple[Any, Any]:
        """The log-normal law, cut up by the N(k) levels."""
        levels = self.ramp_law.levels(self.curriculum_law.levels(self.k), self.convention)
        return LogNormalTimes(self.p_mean, self.p_std).cut(levels)

    def ema(self, average: torch.Tensor, value: torch.Tensor, decay: float) -> torch.Tensor:
        """Eq. (8)."""
        return decay * average + (1 - decay) * value

    def restored(self) -> Reference:
        """Through JSON."""
        return Reference(**json.loads(json.dumps(dataclasses.asdict(self))))

    def _ramp(self, share: float) -> float:
        low, high = self.sigma_min ** (1 / self.rho), self.sigma_max ** (1 / self.rho)
        return self.sigma_max if share == 0 else float((high + share * (low - high)) ** self.rho)

    def _scalings(
        self, t: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        sd, e = self.sigma_data, self.sigma_min
        c_skip = sd**2 / ((t - e) ** 2 + sd**2)
        c_out = sd * (t - e) / (t**2 + sd**2).sqrt()
        c_in = 1 / (t**2 + sd**2).sqrt()
        return c_skip, c_out, c_in, t.log() / 4

    def _f(self, x: torch.Tensor, t: torch.Tensor, network: Any) -> torch.Tensor:
        c_skip, c_out, c_in, embedding = self._scalings(t)
        return c_skip * x + c_out * network(c_in * x, embedding[:, 0])

    def _huber(self, difference: torch.Tensor) -> torch.Tensor:
        c = 0.00054 * math.sqrt(difference.shape[1])
        return (difference.square().sum(1) + c**2).sqrt() - c

    def _law(self) -> tuple[torch.Tensor, torch.Tensor]:
        """All N(k) levels, rising from sigma_min, and the probabilities of those above the
        first.
        """
        n = self.curriculum(self.k, self.K)
        levels = torch.tensor([self._ramp(1 - i / (n - 1)) for i in range(n)], dtype=torch.float64)
        z = (levels.log() - self.p_mean) / (math.sqrt(2) * self.p_std)
        return levels, (torch.erf(z[1:]) - torch.erf(z[:-1])).clamp_min(1e-12)


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
