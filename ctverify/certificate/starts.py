"""Coupled starts of a sampler's last step: where the model starts, beside exact points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float

from ..core.streams import normal
from .checked_model import Centred


@dataclass(frozen=True, eq=False, kw_only=True)
class Starts:
    """Coupled rows at the level where the last step starts, in centred coordinates; (n, d).

    Attributes:
        level: tau, T for one step.
        z: the noises that the sampler begins with, N(0, I), not centred.
        model: what f_tau is called on; for one step s z, s the model's `start_std`: s z - a_T mean
            when centred.
        exact: points whose law is exactly p_tau.
    """

    level: int
    z: Float[torch.Tensor, "n d"]
    model: Float[torch.Tensor, "n d"]
    exact: Float[torch.Tensor, "n d"]


# n rows, drawn from the generator
DrawStarts = Callable[[int, torch.Generator], Starts]


def noise_starts(f: Centred, n: int, generator: torch.Generator) -> Starts:
    """n starts at s Z, Z ~ N(0, I), each beside X_T = a_T X_0 + b_T Z with X_0 independent of Z.

    Arguments:
        f: the model, whose target and schedule count.
        n: how many.
        generator: of all draws.

    Returns:
        Starts at level T.
    """
    T = f.schedule.T
    a, b = f.schedule.scales(T)
    x0 = f.target.sample(n, generator) - f.target.mean
    z = normal((n, f.target.dim), generator, x0)
    return Starts(level=T, z=z, model=f.start_std * z - a * f.target.mean, exact=a * x0 + b * z)
