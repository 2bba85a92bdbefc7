"""Products, rotated or not: X_0 = Q (Y_1, ..., Y_d), Y_i independent laws in d = 1, Q orthogonal.

Q^T Z is standard normal where Z is, so that with y = Q^T x every conditional law is one of
coordinates:

    E[alpha X_0 + beta Z | a X_0 + b Z = x]_i = sum_j Q_ij E[alpha Y_j + beta Z_j | a Y_j + b Z_j = y_j],

and so are the flow and the population model. Coordinates of one law are evaluated as rows of one
batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import torch
from numpy.typing import ArrayLike

from ..core.arguments import InputError, tensor
from .base import Scale, Target, count, fill

ORTHOGONAL = (
    1e-10  # |Q^T Q - I| entry by entry: a thousand roundings of float64 and more in any usual d
)


@dataclass(frozen=True, eq=False, init=False)
class Product(Target):
    """factors: d targets in d = 1; rotation: Q, (d, d) orthogonal, the identity where None. Else
    InputError.
    """

    name: str
    factors: tuple[Target, ...]
    rotation: torch.Tensor | None
    mean: torch.Tensor = field(repr=False)
    covariance: torch.Tensor = field(repr=False)
    groups: tuple[tuple[Target, torch.Tensor], ...] = field(
        repr=False
    )  # each law once, with its coordinates

    def __init__(
        self, factors: Sequence[Target], rotation: ArrayLike | None = None, *, name: str = "product"
    ) -> None:
        factors = tuple(factors)
        if not factors or any(factor.dim != 1 for factor in factors):
            raise InputError(
                f"factors must be at least one target, all in d = 1, got d = {[factor.dim for factor in factors]}"
            )
        q = None if rotation is None else _orthogonal(rotation, len(factors))
        mean, variance = (
            torch.cat([f.mean for f in factors]),
            torch.cat([f.covariance[0] for f in factors]),
        )
        covariance = torch.diag(variance) if q is None else (q * variance) @ q.T
        groups = _groups(factors)
        fill(self, name=name, factors=factors, rotation=q, groups=groups)
        fill(self, mean=mean if q is None else q @ mean, covariance=covariance)

    def to(
        self, device: str | torch.device | None = None, dtype: torch.dtype | None = None
    ) -> Self:
        """The same law with its tensors on `device` in `dtype`."""
        moved = super().to(device, dtype)
        fill(moved, factors=tuple(factor.to(device, dtype) for factor in self.factors))
        fill(
            moved,
            groups=tuple((factor.to(device, dtype), at.to(device)) for factor, at in self.groups),
        )
        return moved

    @property
    def spec(self) -> dict[str, Any]:
        """JSON that rebuilds the target."""
        rotation = None if self.rotation is None else self.rotation.tolist()
        return {
            "kind": "product",
            "name": self.name,
            "factors": [f.spec for f in self.factors],
            "rotation": rotation,
        }

    @property
    def singular(self) -> bool:
        """Whether X_0 has no density: some factor has none."""
        return any(factor.singular for factor, _ in self.groups)

    def sample(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """n independent draws of X_0, shape (n, d)."""
        n = count(n)
        parts = [
            factor.sample(n * len(at), generator).reshape(n, len(at)) for factor, at in self.groups
        ]
        return self.rotated(self._joined(parts))

    def conditional_mean(
        self, x: torch.Tensor, a: Scale, b: Scale, alpha: Scale, beta: Scale
    ) -> torch.Tensor:
        """E[alpha X_0 + beta Z | a X_0 + b Z = x], all centred (Target.conditional_mean)."""
        y, scales = (
            self.coordinates(x),
            [s[..., None] if isinstance(s, torch.Tensor) else s for s in (a, b, alpha, beta)],
        )
        parts = [
            factor.conditional_mean(y[..., at, None], *scales)[..., 0] for factor, at in self.groups
        ]
        return self.rotated(self._joined(parts))

    def conditional_draw(
        self, x: torch.Tensor, a: Scale, b: Scale, generator: torch.Generator
    ) -> torch.Tensor:
        """One draw of X_0 given a X_0 + b Z = x, all centred (Target.conditional_draw)."""
        y, parts = self.coordinates(x), []
        for factor, at in self.groups:
            rows = y[:, at].reshape(-1, 1)
            drawn = factor.conditional_draw(
                rows, _each(a, len(x), len(at)), _each(b, len(x), len(at)), generator
            )
            parts.append(drawn.reshape(len(x), len(at)))
        return self.rotated(self._joined(parts))

    def log_marginal(self, x: torch.Tensor, a: Scale, b: Scale) -> torch.Tensor:
        """log density of a X_0 + b Z, centred (Target.log_marginal): a sum over coordinates."""
        y, n = self.coordinates(x), len(x)
        total = torch.zeros_like(x[:, 0])
        for factor, at in self.groups:
            each = factor.log_marginal(
                y[:, at].reshape(-1, 1), _each(a, n, len(at)), _each(b, n, len(at))
            )
            total = total + each.reshape(n, len(at)).sum(1)
        return total

    def coordinates(self, x: torch.Tensor) -> torch.Tensor:
        """Q^T x for rows x (..., d)."""
        return x if self.rotation is None else x @ self.rotation

    def rotated(self, y: torch.Tensor) -> torch.Tensor:
        """Q y for rows y (..., d)."""
        return y if self.rotation is None else y @ self.rotation.T

    def _joined(self, parts: Sequence[torch.Tensor]) -> torch.Tensor:
        """What the groups have, (..., k) each, in the order of the coordinates, (..., d)."""
        if len(parts) == 1:
            return parts[0]
        order = torch.cat([at for _, at in self.groups]).argsort()
        return torch.cat(list(parts), -1)[..., order]


def _orthogonal(rotation: ArrayLike, dim: int) -> torch.Tensor:
    q = tensor("rotation", rotation)
    if q.shape != (dim, dim):
        raise InputError(
            f"rotation must have shape {(dim, dim)}, a row and a column a factor, got {tuple(q.shape)}"
        )
    worst = float((q.T @ q - torch.eye(dim, dtype=q.dtype)).abs().max())
    if worst > ORTHOGONAL:
        raise InputError(
            f"rotation must be orthogonal, got a matrix with |Q^T Q - I| up to {worst:.3g}"
        )
    return q


def _groups(factors: Sequence[Target]) -> tuple[tuple[Target, torch.Tensor], ...]:
    """Each law once, in the order of its first coordinate, with all of its coordinates."""
    found: dict[str, tuple[Target, list[int]]] = {}
    for i, factor in enumerate(factors):
        found.setdefault(repr(factor.spec), (factor, []))[1].append(i)
    return tuple((factor, torch.tensor(at)) for factor, at in found.values())


def _each(scale: Scale, n: int, k: int) -> Scale:
    """A scale of n rows as one of n k rows, k in a row."""
    if not isinstance(scale, torch.Tensor) or scale.numel() == 1:
        return scale
    return scale.expand(n).repeat_interleave(k)
