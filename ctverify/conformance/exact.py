"""The exact consistency function of a known law, in any convention, down to the implementation's
own boundary time e.

    f(x, t) = Phi_{t->e}(x);
        for N(mu, s^2), per eigen-direction and with v_t = a_t^2 s^2 + b_t^2 z_std^2,
    f(x, t) = a_e mu + sqrt(v_e/v_t) (x - a_t mu).

It lands on x_e = a_e X_0 + b_e z, not on X_0. All is float64 on the CPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr

from ..core.streams import normal, stream
from ..flow.flow_map import TOLERANCE, centred_flow
from ..model.convention import Convention
from ..targets import Gaussian, Mixture, Target


@dataclass(frozen=True)
class Levels:
    """A convention's times in the place of a schedule's indices: scales(t) = (a_t, b_t z_std)."""

    convention: Convention

    def scales(self, t: float) -> tuple[float, float]:
        """(a_t, b_t z_std): x_t = a_t X_0 + b_t z_std Z."""
        return self.convention.a(t), self.convention.b(t) * self.convention.z_std


@dataclass(frozen=True, eq=False)
class Exact:
    """A target, seen by an implementation."""

    target: Target
    convention: Convention

    def f(self, x: torch.Tensor, t: Sequence[float]) -> torch.Tensor:
        """f(x, t), (n, d) float64, each row at its own time or all at the single one given."""
        return self.flow(x, t, self.convention.boundary)

    def flow(self, x: torch.Tensor, t: Sequence[float], stop: float) -> torch.Tensor:
        """Phi_{t->stop}(x), (n, d) float64."""
        a, b = factors(self.convention, torch.tensor(t, dtype=torch.float64))
        a_stop, b_stop = factors(self.convention, torch.tensor([stop], dtype=torch.float64))
        centred = x.double() - a * self.target.mean
        if isinstance(self.target, Gaussian):
            basis, eigenvalues = self.target.components.basis, self.target.components.eigenvalues
            v, v_stop = ((p * p * eigenvalues + q * q) for p, q in ((a, b), (a_stop, b_stop)))
            moved = (centred @ basis * (v_stop / v).sqrt()) @ basis.T
        else:
            levels: Any = Levels(self.convention)  # the flow asks a schedule for scales(t) alone
            times, end = cast(Any, (t, stop))
            rows = centred[None] if len(t) == 1 else centred[:, None]
            moved = centred_flow(self.target, levels, rows, times, end, TOLERANCE).reshape(x.shape)
        return a_stop * self.target.mean + moved

    def draw(self, n: int, t: float, seed: int) -> torch.Tensor:
        """n draws of x_t."""
        (a, b), generator = Levels(self.convention).scales(t), stream("conformance/draws", seed)
        x0 = self.target.sample(n, generator)
        return a * x0 + b * normal(tuple(x0.shape), generator, x0)

    def ranks(self, x: torch.Tensor, direction: torch.Tensor) -> NDArray[np.float64]:
        """P(v . x_e <= v . x) for each row x and the unit vector v: uniform where x has the law of
        x_e.
        """
        a, b = Levels(self.convention).scales(self.convention.boundary)
        weights, means, covariances = _parts(self.target)
        variance = torch.einsum("d,kde,e->k", direction, covariances, direction)
        scale = (a * a * variance + b * b).sqrt()
        score = ((x.double() @ direction)[:, None] - a * means @ direction) / scale
        ranks: NDArray[np.float64] = (
            (weights * torch.from_numpy(ndtr(score.numpy()))).sum(1).numpy()
        )
        return ranks

    def size(self, x: torch.Tensor) -> float:
        """The largest of |x|, |E X_0| and the spread, to which roundings are relative."""
        return float(x.abs().max()) + float(self.target.mean.abs().max()) + self.target.spread


def factors(convention: Convention, t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(a, b z_std) at times t (n,), each (n, 1) float64."""
    levels = Levels(convention)
    distinct, index = t.unique(return_inverse=True)
    pairs = torch.tensor([levels.scales(time) for time in distinct.tolist()], dtype=torch.float64)[
        index
    ]
    return pairs[:, :1], pairs[:, 1:]


def _parts(target: Target) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    if isinstance(target, Gaussian):
        return torch.ones(1, dtype=torch.float64), target.mean[None], target.covariance[None]
    assert isinstance(target, Mixture)
    return target.weights, target.means, target.covariances
