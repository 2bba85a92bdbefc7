"""Targets: laws of X_0 with an exact denoiser.

Everything a target is asked follows from one conditional expectation, for x = a X_0 + b Z with Z ~
N(0, I), a^2 + b^2 > 0:

    E[alpha X_0 + beta Z | a X_0 + b Z = x].

denoise (VE: a = 1, b = sigma) is (alpha, beta) = (1, 0); the conditional mean of X_{t-1} given X_t,
which is the DDIM step, is (sqrt(alpha_bar_{t-1}), sqrt(1 - alpha_bar_{t-1})); the probability-flow
velocity is the derivative of (a, b). VE arguments are scaled by 1/sqrt(1 + sigma^2) first, so that
no sigma of float64 overflows.
"""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from typing import Any, Self

import torch

from ..core.arguments import InputError, batch, whole

Scale = float | torch.Tensor


class Target(ABC):
    """A law on R^d. Tensors are float64 on the CPU unless moved with `to`; x and y have shape (n,
    d).
    """

    name: str
    mean: torch.Tensor  # E X_0, (d,)
    covariance: torch.Tensor  # Cov X_0, (d, d)

    @property
    @abstractmethod
    def spec(self) -> dict[str, Any]:
        """JSON that rebuilds the target (ctverify.targets.from_spec)."""

    def to(
        self, device: str | torch.device | None = None, dtype: torch.dtype | None = None
    ) -> Self:
        """The same law with its tensors on `device` in `dtype`."""
        moved = copy.copy(self)
        for key, value in vars(self).items():
            if hasattr(value, "to"):
                object.__setattr__(moved, key, value.to(device=device, dtype=dtype))
        return moved

    @abstractmethod
    def sample(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """n independent draws of X_0, shape (n, d)."""

    @abstractmethod
    def conditional_mean(
        self, x: torch.Tensor, a: Scale, b: Scale, alpha: Scale, beta: Scale
    ) -> torch.Tensor:
        """E[alpha (X_0 - mean) + beta Z | a (X_0 - mean) + b Z = x], shape of x.

        x (..., d) is CENTRED; a, b, alpha, beta are floats or tensors that broadcast over x's
        leading axes.
        """

    @abstractmethod
    def conditional_draw(
        self, x: torch.Tensor, a: Scale, b: Scale, generator: torch.Generator
    ) -> torch.Tensor:
        """One draw of X_0 - mean given a (X_0 - mean) + b Z = x, for CENTRED x (n, d); b > 0."""

    @abstractmethod
    def log_marginal(self, x: torch.Tensor, a: Scale, b: Scale) -> torch.Tensor:
        """log density of a (X_0 - mean) + b Z at CENTRED x (n, d), shape (n,)."""

    @property
    def dim(self) -> int:
        """d."""
        return len(self.mean)

    @property
    @abstractmethod
    def singular(self) -> bool:
        """Whether X_0 has no density: some component has a zero eigenvalue."""

    @property
    def spread(self) -> float:
        """s_0 = sqrt(tr Cov X_0 / d), or 1 for a point mass: the unit of length in which the flow
        is integrated.
        """
        return math.sqrt(float(self.covariance.diagonal().mean())) or 1.0

    def denoise(self, y: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """D(y, sigma) = E[X_0 | X_0 + sigma Z = y], shape (n, d); sigma >= 0 a float or an (n,)
        tensor; D(y, 0) = y.
        """
        x, a, b = self._scaled(y, sigma)
        return torch.where(b[:, None] == 0, y, self.mean + self.conditional_mean(x, a, b, 1.0, 0.0))

    def log_density(self, y: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """log density of X_0 + sigma Z at y, shape (n,)."""
        x, a, b = self._scaled(y, sigma)
        if self.singular and bool((b == 0).any()):
            raise InputError(
                "log_density needs sigma > 0 where the target has no density, got sigma = 0"
            )
        return self.log_marginal(x, a, b) + self.dim * a.log()

    def sample_posterior(
        self, y: torch.Tensor, sigma: float | torch.Tensor, generator: torch.Generator
    ) -> torch.Tensor:
        """One draw of X_0 given X_0 + sigma Z = y for each row of y, shape (n, d)."""
        x, a, b = self._scaled(y, sigma)
        return torch.where(
            b[:, None] == 0,
            y,
            self.mean + self.conditional_draw(x, a, b.clamp_min(1e-300), generator),
        )

    def _scaled(
        self, y: torch.Tensor, sigma: float | torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(y - mean, 1, sigma) / sqrt(1 + sigma^2), the last two of shape (n,) or (1,)."""
        y = batch("y", y, self.dim)
        noise = torch.as_tensor(sigma, dtype=self.mean.dtype, device=self.mean.device)
        if noise.shape not in ((), (len(y),)) or not bool(
            (noise >= 0).all() & noise.isfinite().all()
        ):
            raise InputError(
                f"sigma must be a finite number >= 0 or a tensor of {len(y)} of them, got {sigma!r}"
            )
        noise = noise.reshape(-1)
        unit = torch.hypot(torch.ones_like(noise), noise)
        return (y.to(self.mean) - self.mean) / unit[:, None], 1 / unit, noise / unit


def count(n: Any) -> int:
    """The number of draws asked for."""
    return whole("n", n)


def fill(target: Target, **values: Any) -> None:
    """Set a frozen target's fields, once, from its __init__."""
    for key, value in values.items():
        object.__setattr__(target, key, value)
