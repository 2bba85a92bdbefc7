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

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr

from ...core.arguments import InputError
from ...core.streams import normal, stream
from ...flow.flow_map import TOLERANCE
from ...model.convention import Convention
from ...targets import Target


@dataclass(frozen=True)
class Levels:
    """A convention's times in the place of a schedule's indices: scales(t) = (a_t, b_t z_std)."""

    convention: Convention

    def scales(self, t: float) -> tuple[float, float]:
        """(a_t, b_t z_std): x_t = a_t X_0 + b_t z_std Z."""
        return self.convention.a(t), self.convention.b(t) * self.convention.z_std


@dataclass(frozen=True)
class Rows:
    """The flow's clock where each row has a time of its own: a row's number in the place of a
    level, and the last for where all stop.
    """

    pairs: Sequence[tuple[float, float]]

    def scales(self, row: int) -> tuple[float, float]:
        """(a, b z_std) of that row."""
        return self.pairs[row]


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
        end = Levels(self.convention).scales(stop)
        clock = Rows([*zip(a[:, 0].tolist(), b[:, 0].tolist(), strict=True), end])
        centred = x.double() - a * self.target.mean
        rows = centred[None] if len(t) == 1 else centred[:, None]
        moved = self.target.centred_flow(clock, rows, range(len(t)), len(t), TOLERANCE)
        return end[0] * self.target.mean + moved.reshape(x.shape)

    def draw(self, n: int, t: float, seed: int) -> torch.Tensor:
        """n draws of x_t."""
        a, b = Levels(self.convention).scales(t)
        generator = stream("conformance/draws", seed)
        x0 = self.target.sample(n, generator)
        return a * x0 + b * normal(tuple(x0.shape), generator, x0)

    def ranks(self, x: torch.Tensor, direction: torch.Tensor) -> NDArray[np.float64]:
        """P(v . x_e <= v . x) for each row x and the unit vector v: uniform where x has the law of
        x_e.
        """
        a, b = Levels(self.convention).scales(self.convention.boundary)
        form = self.target.mixture_form()
        if form is None:
            raise InputError(f"ranks need a mixture of normals, got {self.target.name}")
        variance = torch.einsum("d,kde,e->k", direction, form.covariances, direction)
        scale = (a * a * variance + b * b).sqrt()
        centre = a * form.means @ direction
        score = ((x.double() @ direction)[:, None] - centre) / scale
        shares = form.weights * torch.from_numpy(ndtr(score.numpy()))
        ranks: NDArray[np.float64] = shares.sum(1).numpy()
        return ranks

    def size(self, x: torch.Tensor) -> float:
        """The largest of |x|, |E X_0| and the spread, to which roundings are relative."""
        return float(x.abs().max()) + float(self.target.mean.abs().max()) + self.target.spread


def factors(convention: Convention, t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(a, b z_std) at times t (n,), each (n, 1) float64."""
    levels = Levels(convention)
    distinct, index = t.unique(return_inverse=True)
    scales = [levels.scales(time) for time in distinct.tolist()]
    pairs = torch.tensor(scales, dtype=torch.float64)[index]
    return pairs[:, :1], pairs[:, 1:]
