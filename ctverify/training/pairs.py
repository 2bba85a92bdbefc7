"""What a trainer sees: shared-noise pairs, whitened. LHW (arXiv 2402.07802) Eq. (14):

    X_t = a_t X_0 + b_t Z,   X_{t-1} = a_{t-1} X_0 + b_{t-1} Z   with the SAME X_0 and Z in both.

Function classes work in whitened coordinates u = V_t^{-1/2} (x - a_t m), V_t = a_t^2 C + b_t^2 I,
with m and C the mean and covariance of a pilot sample: a choice of parametrisation only. In them
the flow of N(m, C) is the identity, so a level's solution is a good start for the next. All arrays
carry a leading axis of M targets that train as one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float

from ..model.schedule import Schedule

Sampler = Callable[[int, int], Float[torch.Tensor, "n d"]]
"""sample(n, seed) -> (n, d): n fresh draws of X_0; all that a trainer may know of the target."""


@dataclass(frozen=True, eq=False)
class Whitening:
    """m (M, d) and the eigendecomposition of C: eigenvalues (M, d), basis (M, d, d)."""

    mean: Float[torch.Tensor, "M d"]
    eigenvalues: Float[torch.Tensor, "M d"]
    basis: Float[torch.Tensor, "M d d"]

    @classmethod
    def of(cls, pilot: Float[torch.Tensor, "M n d"]) -> Whitening:
        """From a pilot sample (M, n, d)."""
        mean = pilot.mean(1)
        offset = pilot - mean[:, None]
        covariance = offset.mT @ offset / pilot.shape[1]
        eigenvalues, basis = torch.linalg.eigh(covariance)
        return cls(mean, eigenvalues.clamp_min(0.0), basis)

    def one(self, i: int) -> Whitening:
        """That of target i alone, M = 1."""
        only = slice(i, i + 1)
        return Whitening(self.mean[only], self.eigenvalues[only], self.basis[only])

    def encode(
        self, x: Float[torch.Tensor, "M n d"], scales: tuple[float, float]
    ) -> Float[torch.Tensor, "M n d"]:
        """u of x (M, n, d) at the level with these scales."""
        turned = (x - scales[0] * self.mean[:, None]) @ self.basis
        return turned / self._deviation(scales)

    def decode(
        self, u: Float[torch.Tensor, "M n d"], scales: tuple[float, float]
    ) -> Float[torch.Tensor, "M n d"]:
        """x of u (M, n, d): the inverse of encode."""
        stretched = u * self._deviation(scales)
        return scales[0] * self.mean[:, None] + stretched @ self.basis.mT

    def _deviation(self, scales: tuple[float, float]) -> torch.Tensor:
        """The standard deviation of X_t along each direction, (M, 1, d)."""
        a, b = scales
        return (a * a * self.eigenvalues + b * b).sqrt()[:, None]


def shared_noise(
    x0: Float[torch.Tensor, "*n d"], z: Float[torch.Tensor, "*n d"], schedule: Schedule, t: int
) -> tuple[Float[torch.Tensor, "*n d"], Float[torch.Tensor, "*n d"]]:
    """(X_t, X_{t-1}) from one X_0 and one Z."""
    a, b = schedule.scales(t)
    a1, b1 = schedule.scales(t - 1)
    x = a * x0 + b * z
    previous = a1 * x0 + b1 * z
    return x, previous
