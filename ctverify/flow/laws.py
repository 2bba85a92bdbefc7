"""What the flow asks of a law of X_0 and of a clock: two protocols, so that it needs to know
neither targets nor schedules.

targets/base.py answers the first for every target; Schedule is the clock of the paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float

Scale = float | torch.Tensor


@runtime_checkable
class Normal(Protocol):
    """S = basis diag(eigenvalues) basis^T, the covariance of a normal law."""

    @property
    def eigenvalues(self) -> Float[torch.Tensor, "d"]:
        """At least 0, (d,)."""

    @property
    def basis(self) -> Float[torch.Tensor, "d d"]:
        """Orthogonal, (d, d)."""


@runtime_checkable
class Clock(Protocol):
    """Noise levels by number: a Schedule, or whatever else numbers its levels."""

    def scales(self, t: int, /) -> tuple[float, float]:
        """(a, b) at level t: X_t = a X_0 + b Z."""


@runtime_checkable
class Law(Protocol):
    """A law of X_0 on R^d with its denoiser. Points are CENTRED: X_0 stands for X_0 - mean."""

    @property
    def dim(self) -> int:
        """d."""

    @property
    def mean(self) -> Float[torch.Tensor, "d"]:
        """E X_0, (d,)."""

    @property
    def spread(self) -> float:
        """s_0 > 0: the unit of length in which the flow is integrated."""

    @property
    def block_rows(self) -> int:
        """How many rows to integrate at once."""

    def normal_form(self) -> Normal | None:
        """Eigenvalues and basis where the law is normal, else None."""

    def conditional_mean(
        self, x: Float[torch.Tensor, "*n d"], a: Scale, b: Scale, alpha: Scale, beta: Scale
    ) -> Float[torch.Tensor, "*n d"]:
        """E[alpha X_0 + beta Z | a X_0 + b Z = x], shape of x (..., d)."""

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
        """The conditional mean and its derivative along dx while (a, b) moves by turn (alpha, beta)
        and (alpha, beta) by -turn (a, b); the shape of x each.
        """

    def centred_flow(
        self,
        clock: Clock,
        x: Float[torch.Tensor, "L m d"],
        starts: Sequence[int],
        stop: int,
        tolerance: float,
    ) -> Float[torch.Tensor, "L m d"]:
        """Phi_{starts[l]->stop}(x[l]) for x (L, m, d), in lockstep; (L, m, d)."""
