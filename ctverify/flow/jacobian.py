"""The derivative of the flow along its own paths: M_t = D Phi_{T->t}, and from it any D Phi_{t->k}
= M_k M_t^{-1}.

M is a finite difference of neighbouring paths, which share every solver step and therefore its
error. It serves as a control variate (any function of X_t leaves the estimate unbiased) and for the
measured L_f; no certificate rests on its accuracy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from ..model.schedule import Schedule
from .flow_map import angle
from .laws import Law

DELTA = 1e-3  # of the finite difference, in units of the points' root mean square
TOLERANCE = 1e-7
STOPS = 12  # levels at which M is kept; between them the derivative is interpolated in the angle
MEMORY = 2**24  # numbers held of paths and their derivatives at once: 128 MiB
# cut of a control variate's derivative: root-mean-square singular value over the isotropic
# Gaussian's slope
STEEPEST = 5.0


@dataclass(frozen=True, eq=False)
class Tangents:
    """M_t, (n, d, d), at a few levels in increasing order, with their angles and scales (theta_t,
    rho_t) of flow_map.py.
    """

    levels: tuple[int, ...]
    angles: tuple[float, ...]
    scales: tuple[float, ...]
    derivative: Float[torch.Tensor, "L n d d"]

    def between(self, start: int, stop: int) -> Float[torch.Tensor, "n d d"]:
        """D Phi_{levels[start]->levels[stop]} at the paths' points, (n, d, d)."""
        solved, info = torch.linalg.solve_ex(self.derivative[start].mT, self.derivative[stop].mT)
        return torch.where((info == 0)[:, None, None], solved.mT, 0.0).nan_to_num(0.0, 0.0, 0.0)

    def to_first(self) -> Float[torch.Tensor, "L n d d"]:
        """D Phi_{t->1} at every kept level, (L, n, d, d), cut to STEEPEST times the isotropic
        Gaussian's slope rho_1/rho_t.
        """
        most = STEEPEST * self.derivative.shape[-1] ** 0.5
        bounds = [most * self.scales[0] / rho for rho in self.scales]
        return torch.stack(
            [clip(self.between(start, 0), bound) for start, bound in enumerate(bounds)]
        )

    def weights(self, schedule: Schedule, t: int, s0: float) -> tuple[int, float]:
        """(i, u): the derivative at level t is (1 - u) times that at levels[i] plus u times that at
        levels[i + 1].
        """
        below = int(np.searchsorted(self.levels, t, side="right")) - 1
        i = min(below, len(self.levels) - 2)
        theta = angle(schedule, t, s0)[0]
        gap = self.angles[i + 1] - self.angles[i]
        return i, (theta - self.angles[i]) / gap if gap > 0 else 0.0


def clip(derivative: Float[torch.Tensor, "*n d d"], most: float) -> Float[torch.Tensor, "*n d d"]:
    """Matrices (..., d, d) scaled down to a Frobenius norm of at most `most`; what is not finite
    becomes 0.
    """
    norm = torch.linalg.matrix_norm(derivative, keepdim=True)
    return torch.where(norm.isfinite(), derivative * (most / norm.clamp_min(most)), 0.0)


def neighbours(x: Float[torch.Tensor, "n d"], delta: float) -> Float[torch.Tensor, "n d+1 d"]:
    """x and its shifts by `delta` along each axis, (n, d + 1, d)."""
    step = delta * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    return x[:, None] + torch.cat([torch.zeros_like(x[:1]), step])


def forward_difference(
    values: Float[torch.Tensor, "n points d"], delta: float
) -> Float[torch.Tensor, "n d d"]:
    """The derivative (n, d, d) of a map from its values (n, d + 1, d) at `neighbours`."""
    return ((values[:, 1:] - values[:, :1]) / delta).mT


def tangents(law: Law, schedule: Schedule, x: Float[torch.Tensor, "n d"]) -> Tangents:
    """M_t along the paths that start at CENTRED x (n, d) at level T."""
    n, d = x.shape
    delta = DELTA * float(x.square().mean().sqrt())
    state = neighbours(x, delta).reshape(1, -1, d)  # a path and its neighbours side by side
    kept: list[torch.Tensor] = []
    levels = spread_levels(schedule, law.spread)
    at = schedule.T
    for level in reversed(levels):
        if level < at:
            state = law.centred_flow(schedule, state, [at], level, TOLERANCE)
        at = level
        kept.append(forward_difference(state.reshape(n, d + 1, d), delta))
    theta, rho = zip(*(angle(schedule, t, law.spread) for t in levels), strict=True)
    return Tangents(
        levels=tuple(levels), angles=theta, scales=rho, derivative=torch.stack(kept[::-1])
    )


def spread_levels(schedule: Schedule, s0: float) -> Sequence[int]:
    """At most STOPS levels of 1..T in increasing order, ends included, as even in the angle as the
    schedule allows.
    """
    angles = np.array([angle(schedule, t, s0)[0] for t in range(1, schedule.T + 1)])
    wanted = np.linspace(angles[0], angles[-1], STOPS)[1:-1]
    nearest = np.searchsorted(angles, wanted) + 1
    return [int(t) for t in np.unique([1, *nearest, schedule.T])]
