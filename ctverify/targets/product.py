"""Products, rotated or not: X_0 = Q (Y_1, ..., Y_d), Y_i independent laws in d = 1, Q orthogonal.

Q^T Z is standard normal where Z is, so that with y = Q^T x every conditional law is one of
coordinates:

    E[alpha X_0 + beta Z | a X_0 + b Z = x]_i
        = sum_j Q_ij E[alpha Y_j + beta Z_j | a Y_j + b Z_j = y_j],

and so are the flow and the population model. Coordinates of one law are evaluated as rows of one
batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike

from ..core.arguments import InputError, tensor
from ..core.signatures import checked
from ..flow.defects import Defects
from ..flow.laws import Scale
from ..flow.lipschitz import Lipschitz
from ..flow.one_dim import NormalMixture1D
from ..model.schedule import Schedule
from .base import KINDS, Map, Target, count, named_arguments
from .registry import from_spec

# |Q^T Q - I| entry by entry: a thousand roundings of float64 and more in any usual d
ORTHOGONAL = 1e-10


@checked
class Product(Target, kind="product"):
    """X_0 = Q (Y_1, ..., Y_d) with independent coordinates Y_i.

    Arguments:
        factors: the laws of the Y_i, d targets in d = 1 each.
        rotation: Q, (d, d) orthogonal to 1e-10; the identity where None.
        name: what reports call it.

    Raises:
        InputError: no factors, one that is not in d = 1, a matrix of another shape or not
            orthogonal.

    Example:
        >>> from ctverify import Gaussian, Product
        >>> Product([Gaussian(0.0, 1.0), Gaussian(2.0, 3.0)]).covariance.tolist()
        [[1.0, 0.0], [0.0, 3.0]]
    """

    factors: tuple[Target, ...]
    rotation: Float[torch.Tensor, "d d"] | None
    groups: tuple[tuple[Target, torch.Tensor], ...]  # each law once, with its coordinates

    def __init__(
        self, factors: Sequence[Target], rotation: ArrayLike | None = None, *, name: str = "product"
    ) -> None:
        factors = tuple(factors)
        if not factors or any(factor.dim != 1 for factor in factors):
            raise InputError(
                "factors must be at least one target, all in d = 1, "
                f"got d = {[factor.dim for factor in factors]}"
            )
        q = None if rotation is None else _orthogonal(rotation, len(factors))
        mean = torch.cat([f.mean for f in factors])
        variance = torch.cat([f.covariance[0] for f in factors])
        super().__init__(
            name=name,
            mean=mean if q is None else q @ mean,
            covariance=torch.diag(variance) if q is None else (q * variance) @ q.T,
        )
        self.factors = factors
        self.rotation = q
        self.groups = _groups(factors)

    def to(
        self, device: str | torch.device | None = None, dtype: torch.dtype | None = None
    ) -> Product:
        """The same law with its tensors on `device` in `dtype`."""
        moved = super().to(device, dtype)
        moved.factors = tuple(factor.to(device, dtype) for factor in self.factors)
        moved.groups = tuple(
            (factor.to(device, dtype), at.to(device)) for factor, at in self.groups
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

    @classmethod
    def from_spec(cls, spec: dict[str, Any]) -> Product:
        """From the factors' specs."""
        parts = spec.get("factors")
        if not isinstance(parts, list):
            raise InputError("a product target's spec must have a list of factors")
        return named_arguments(cls, spec | {"factors": [from_spec(part) for part in parts]})

    @property
    def singular(self) -> bool:
        """Whether X_0 has no density: some factor has none."""
        return any(factor.singular for factor, _ in self.groups)

    @property
    def gaussian_tails(self) -> bool:
        """Whether all factors have them."""
        return all(factor.gaussian_tails for factor, _ in self.groups)

    @property
    def cost(self) -> int:
        """The factors' together."""
        return sum(factor.cost for factor in self.factors)

    @property
    def block_rows(self) -> int:
        """As many as stay in cache."""
        least = min(factor.block_rows for factor in self.factors)
        return max(256, least // self.dim)

    def sample(self, n: int, generator: torch.Generator) -> Float[torch.Tensor, "n d"]:
        """n independent draws of X_0, shape (n, d)."""
        n = count(n, self.dim)
        parts = [
            factor.sample(n * len(at), generator).reshape(n, len(at)) for factor, at in self.groups
        ]
        return self.rotated(self._joined(parts))

    def conditional_mean(
        self, x: Float[torch.Tensor, "*n d"], a: Scale, b: Scale, alpha: Scale, beta: Scale
    ) -> Float[torch.Tensor, "*n d"]:
        """E[alpha X_0 + beta Z | a X_0 + b Z = x], all centred (Target.conditional_mean)."""
        y = self.coordinates(x)
        scales = [s[..., None] if isinstance(s, torch.Tensor) else s for s in (a, b, alpha, beta)]
        parts = [
            factor.conditional_mean(y[..., at, None], *scales)[..., 0] for factor, at in self.groups
        ]
        return self.rotated(self._joined(parts))

    def conditional_mean_slope(
        self,
        x: Float[torch.Tensor, "n d"],
        a: Float[torch.Tensor, "n"],
        b: Float[torch.Tensor, "n"],
        alpha: Float[torch.Tensor, "n"],
        beta: Float[torch.Tensor, "n"],
        dx: Float[torch.Tensor, "n d"],
        turn: Float[torch.Tensor, "n"],
    ) -> tuple[Float[torch.Tensor, "n d"], Float[torch.Tensor, "n d"]]:
        """The conditional mean and its derivative (Target.conditional_mean_slope)."""
        y = self.coordinates(x)
        dy = self.coordinates(dx)
        n = len(x)
        values = []
        slopes = []
        for factor, at in self.groups:
            k = len(at)
            value, slope = factor.conditional_mean_slope(
                x=y[:, at].reshape(-1, 1),
                a=a.repeat_interleave(k),
                b=b.repeat_interleave(k),
                alpha=alpha.repeat_interleave(k),
                beta=beta.repeat_interleave(k),
                dx=dy[:, at].reshape(-1, 1),
                turn=turn.repeat_interleave(k),
            )
            values.append(value.reshape(n, k))
            slopes.append(slope.reshape(n, k))
        return self.rotated(self._joined(values)), self.rotated(self._joined(slopes))

    def conditional_draw(
        self, x: Float[torch.Tensor, "n d"], a: Scale, b: Scale, generator: torch.Generator
    ) -> Float[torch.Tensor, "n d"]:
        """One draw of X_0 given a X_0 + b Z = x, all centred (Target.conditional_draw)."""
        y = self.coordinates(x)
        n = len(x)
        parts = []
        for factor, at in self.groups:
            k = len(at)
            rows = y[:, at].reshape(-1, 1)
            drawn = factor.conditional_draw(rows, _each(a, n, k), _each(b, n, k), generator)
            parts.append(drawn.reshape(n, k))
        return self.rotated(self._joined(parts))

    def log_marginal(
        self, x: Float[torch.Tensor, "n d"], a: Scale, b: Scale
    ) -> Float[torch.Tensor, "n"]:
        """log density of a X_0 + b Z, centred (Target.log_marginal): a sum over coordinates."""
        y = self.coordinates(x)
        n = len(x)
        total = torch.zeros_like(x[:, 0])
        for factor, at in self.groups:
            k = len(at)
            rows = y[:, at].reshape(-1, 1)
            each = factor.log_marginal(rows, _each(a, n, k), _each(b, n, k))
            total = total + each.reshape(n, k).sum(1)
        return total

    def one_dimensional_form(self) -> NormalMixture1D | None:
        """The factor's in d = 1, mirrored where Q = -1."""
        form = self.factors[0].one_dimensional_form() if self.dim == 1 else None
        if form is None or self.rotation is None:
            return form
        return NormalMixture1D(form.weight, float(self.rotation) * form.centre, form.scale)

    @property
    def has_exact_defects(self) -> bool:
        """Whether all factors have them."""
        return all(factor.has_exact_defects for factor, _ in self.groups)

    def defects(self, schedule: Schedule) -> Defects | None:
        """D_t^2 is the sum of the factors'; the quadratures' errors are not carried over."""
        if not self.has_exact_defects:
            return None
        squares = []
        for factor, at in self.groups:
            own = factor.defects(schedule)
            if own is None:
                return None
            squares.append(len(at) * own.square)
        total = np.sum(squares, axis=0)
        return Defects(root=np.sqrt(np.maximum(total, 0.0)), square=total, error=0.0)

    def lipschitz(self, schedule: Schedule, seed: int = 0) -> Lipschitz:
        """The largest factor's: the flow's derivative is diagonal in the factors' basis."""
        parts = [factor.lipschitz(schedule, seed) for factor, _ in self.groups]
        largest = max(part.value for part in parts)
        return Lipschitz(largest, exact=all(part.exact for part in parts))

    def population_levels(self, schedule: Schedule) -> dict[int, Map] | None:
        """Each coordinate is carried by its factor's f*."""
        carried = []
        for factor, at in self.groups:
            levels = factor.population_levels(schedule)
            if levels is None:
                return None
            carried.append((levels, at))

        def together(t: int) -> Map:
            def f(x: Float[torch.Tensor, "n d"]) -> Float[torch.Tensor, "n d"]:
                y = self.coordinates(x)
                moved = torch.empty_like(x)
                for levels, at in carried:
                    own = levels[t](y[:, at].reshape(-1, 1))
                    moved[:, at] = own.reshape(len(x), len(at))
                return self.rotated(moved)

            return f

        return {t: together(t) for t in range(2, schedule.T + 1)}

    def coordinates(self, x: Float[torch.Tensor, "*n d"]) -> Float[torch.Tensor, "*n d"]:
        """Q^T x for rows x (..., d)."""
        return x if self.rotation is None else x @ self.rotation

    def rotated(self, y: Float[torch.Tensor, "*n d"]) -> Float[torch.Tensor, "*n d"]:
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
            f"rotation must have shape {(dim, dim)}, a row and a column a factor, "
            f"got {tuple(q.shape)}"
        )
    worst = float((q.T @ q - torch.eye(dim, dtype=q.dtype)).abs().max())
    if worst > ORTHOGONAL:
        raise InputError(
            f"rotation must be orthogonal, got a matrix with |Q^T Q - I| up to {worst:.3g}"
        )
    return q


def _groups(factors: Sequence[Target]) -> tuple[tuple[Target, torch.Tensor], ...]:
    """Each law once, in the order of its first coordinate, with all of its coordinates."""
    groups: dict[Any, tuple[Target, list[int]]] = {}
    for i, factor in enumerate(factors):
        # a spec that rebuilds its law tells it apart from others; any other law is only itself
        rebuilds = factor.spec.get("kind") in KINDS
        key = repr(factor.spec) if rebuilds else id(factor)
        groups.setdefault(key, (factor, []))[1].append(i)
    return tuple((factor, torch.tensor(at)) for factor, at in groups.values())


def _each(scale: Scale, n: int, k: int) -> Scale:
    """A scale of n rows as one of n k rows, k in a row."""
    if not isinstance(scale, torch.Tensor) or scale.numel() == 1:
        return scale
    return scale.expand(n).repeat_interleave(k)
