"""Expected values along the flow in d = 1 by quadrature: X_t at fixed scores, X_{t-1} | X_t by
Gauss-Hermite nodes.

    E h(X_t) = sum_i w_i h(Q_t(N(z_i))),   scores z_i and weights w_i from the law of X_1,
    D_t = | E[Phi_{t-1}(X_{t-1}) | X_t] - Phi_t(X_t) |     the discretisation's defect, in L2.

Errors are the change when every other node is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64

from ..core.confidence import root_bias
from ..model.schedule import Schedule
from .defects import Defects
from .one_dim import Array, NormalMixture1D, monotone
from .reverse_1d import NODES, expect

OUTER = 1025  # nodes over X_t: far fewer cannot tell how far off they are
MAX_COMPONENTS = 64  # beyond which sampling is cheaper than quadrature


@dataclass(frozen=True, eq=False)
class Step1D:
    """Level t: X_t at the outer scores, and D_t^2 with its quadrature error."""

    t: int
    x: Float64[Array, "n"]
    defect: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Quadrature1D:
    """The outer nodes: scores z, points of X_1 and weights that sum to 1, each (OUTER,), for X_0 -
    mean of law `form`.
    """

    form: NormalMixture1D
    schedule: Schedule
    score: Float64[Array, "n"]
    end: Float64[Array, "n"]
    weight: Float64[Array, "n"]

    @classmethod
    def of(cls, form: NormalMixture1D, schedule: Schedule) -> Quadrature1D:
        """The nodes of X_1's law."""
        score, end, weight = form.noised(*schedule.scales(1)).nodes(OUTER)
        return cls(form=form, schedule=schedule, score=score, end=end, weight=weight)

    def mean(self, values: Float64[Array, "n"]) -> tuple[float, float]:
        """The mean of values at the nodes, and its change when every other node is left out."""
        full = float(values @ self.weight)
        sparse = self.weight[::2]
        half = float(values[::2] @ sparse / sparse.sum())
        return full, abs(full - half)

    def steps(self) -> Iterator[Step1D]:
        """Levels t = 2..T in order: the flow Phi_{t-1->1} is tabulated at NODES points."""
        score, ends, _ = self.form.noised(*self.schedule.scales(1)).nodes(NODES)
        flow = monotone(ends, ends)
        for t in range(2, self.schedule.T + 1):
            level = self.form.noised(*self.schedule.scales(t))
            at = level.at_scores(np.concatenate([self.score, score]))
            x = at[:OUTER]
            carried = expect(self.form, self.schedule, t, x, flow)
            yield Step1D(t, x, self.mean((carried - self.end) ** 2))
            flow = monotone(at[OUTER:], ends)

    def defects(self) -> Defects:
        """D_t; its error is the quadrature's."""
        pairs = [step.defect for step in self.steps()]
        squares, errors = torch.tensor(pairs, dtype=torch.float64).T
        root = squares.clamp_min(0.0).sqrt()
        return Defects(root=root.numpy(), square=squares.numpy(), error=root_bias(squares, errors))
