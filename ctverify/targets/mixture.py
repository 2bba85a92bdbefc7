"""Laws made of Gaussians: N(m, S), and the mixture sum_j w_j N(m_j, C_j). Formulas: components.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from numpy.typing import ArrayLike

from ..core.arguments import InputError, tensor
from .base import Scale, Target, count, fill
from .components import Components, centred


@dataclass(frozen=True, eq=False, init=False)
class ComponentTarget(Target):
    """What Gaussian and Mixture share: centred components, on which every conditional law is
    written.
    """

    name: str
    mean: torch.Tensor
    covariance: torch.Tensor
    components: Components = field(repr=False)

    @property
    def singular(self) -> bool:
        """Whether X_0 has no density."""
        return bool((self.components.eigenvalues == 0).any())

    def sample(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """n independent draws of X_0, shape (n, d)."""
        return self.mean + self.components.draw(count(n), generator)

    def conditional_mean(
        self, x: torch.Tensor, a: Scale, b: Scale, alpha: Scale, beta: Scale
    ) -> torch.Tensor:
        """E[alpha X_0 + beta Z | a X_0 + b Z = x], all centred (Target.conditional_mean)."""
        return self.components.conditional_mean(x, a, b, alpha, beta)

    def conditional_draw(
        self, x: torch.Tensor, a: Scale, b: Scale, generator: torch.Generator
    ) -> torch.Tensor:
        """One draw of X_0 given a X_0 + b Z = x, all centred (Target.conditional_draw)."""
        return self.components.conditional_draw(x, a, b, generator)

    def log_marginal(self, x: torch.Tensor, a: Scale, b: Scale) -> torch.Tensor:
        """log density of a X_0 + b Z, centred (Target.log_marginal)."""
        return self.components.log_marginal(x, a, b)


@dataclass(frozen=True, eq=False, init=False)
class Gaussian(ComponentTarget):
    """N(mean, covariance): mean (d,), covariance (d, d) symmetric positive semidefinite; in d = 1
    both may be numbers.
    """

    def __init__(self, mean: ArrayLike, covariance: ArrayLike, *, name: str = "gaussian") -> None:
        m, c = tensor("mean", mean), tensor("covariance", covariance)
        m = m.reshape(1) if m.ndim == 0 else m
        if m.ndim != 1:
            raise InputError(f"mean must have shape (d,), got {tuple(m.shape)}")
        c = c.reshape(1, 1) if len(m) == c.numel() == 1 else c
        if c.shape != (len(m), len(m)):
            raise InputError(f"covariance must have shape {(len(m), len(m))}, got {tuple(c.shape)}")
        _, total, components = centred(torch.ones(1, dtype=m.dtype), m[None], c[None])
        fill(self, name=name, mean=m, covariance=total, components=components)

    @property
    def spec(self) -> dict[str, Any]:
        """JSON that rebuilds the target."""
        return {
            "kind": "gaussian",
            "name": self.name,
            "mean": self.mean.tolist(),
            "covariance": self.covariance.tolist(),
        }


@dataclass(frozen=True, eq=False, init=False)
class Mixture(ComponentTarget):
    """sum_j w_j N(m_j, C_j): weights (K,) >= 0 that sum to 1 (within 1e-6), means (K, d),
    covariances (K, d, d).

    Covariances are symmetric positive semidefinite. In d = 1 means may be (K,) and covariances
    (K,). Else InputError.
    """

    weights: torch.Tensor
    means: torch.Tensor
    covariances: torch.Tensor

    def __init__(
        self, weights: ArrayLike, means: ArrayLike, covariances: ArrayLike, *, name: str = "mixture"
    ) -> None:
        w, m, c = (
            tensor("weights", weights),
            tensor("means", means),
            tensor("covariances", covariances),
        )
        if w.ndim != 1 or bool((w < 0).any()) or abs(float(w.sum()) - 1) > 1e-6:
            raise InputError(
                f"weights must be numbers >= 0 that sum to 1, got {w.tolist()} with the sum {float(w.sum()):.6g}"
            )
        m = m[:, None] if m.ndim == 1 else m
        if m.ndim != 2 or len(m) != len(w):
            raise InputError(
                f"means must have shape ({len(w)}, d), one row a weight, got {tuple(m.shape)}"
            )
        c = c.reshape(-1, 1, 1) if m.shape[1] == 1 and c.numel() == len(w) else c
        if c.shape != (*m.shape, m.shape[1]):
            raise InputError(
                f"covariances must have shape {(*m.shape, m.shape[1])}, got {tuple(c.shape)}"
            )
        mean, covariance, components = centred(w, m, c)
        parts = {"weights": w, "means": m, "covariances": c}
        fill(self, name=name, mean=mean, covariance=covariance, components=components, **parts)

    @property
    def spec(self) -> dict[str, Any]:
        """JSON that rebuilds the target."""
        arrays = {key: getattr(self, key).tolist() for key in ("weights", "means", "covariances")}
        return {"kind": "mixture", "name": self.name, **arrays}
