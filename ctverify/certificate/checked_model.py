"""The model under certification: a user's f(x, t) in centred coordinates, checked at every call."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float

from ..core.arguments import InputError
from ..flow.one_dim import Map1D
from ..model.protocols import Model
from ..model.schedule import Schedule
from ..targets import Target

CALL = 2**12  # rows handed to f at once


class NotFinite(ArithmeticError):
    """f returned NaN or infinity."""


@dataclass(frozen=True)
class Centred:
    """f in centred coordinates, checked: x - a_t mean -> f_t(x) - a_1 mean, float64, called in
    blocks of rows.
    """

    f: Model
    target: Target
    schedule: Schedule

    def __call__(self, x: Float[torch.Tensor, "*n d"], t: int) -> Float[torch.Tensor, "*n d"]:
        """f at level t for centred x (..., d)."""
        shift = self.schedule.scales(t)[0] * self.target.mean
        first = self.schedule.scales(1)[0] * self.target.mean
        parts = [self._checked(part + shift, t) for part in x.reshape(-1, x.shape[-1]).split(CALL)]
        return (torch.cat(parts) - first).reshape(x.shape)

    def in_one_dimension(self, t: int) -> Map1D:
        """f at level t in d = 1 as a function of NumPy arrays (n,), centred."""
        like = self.target.mean
        return lambda x: self(torch.from_numpy(x[:, None]).to(like), t)[:, 0].cpu().numpy()

    def _checked(self, x: torch.Tensor, t: int) -> torch.Tensor:
        try:
            y = self.f(x, t)
        except Exception as error:  # a user's f may raise anything
            raise InputError(
                f"f(x, t) must accept x of shape {tuple(x.shape)} at t = {t}, "
                f"got {type(error).__name__}: {error}"
            ) from error
        if not isinstance(y, torch.Tensor) or y.shape != x.shape or not y.is_floating_point():
            raise InputError(
                f"f must return a float tensor of shape {tuple(x.shape)} at t = {t}, "
                f"got {_described(y)}"
            )
        y = y.detach().to(x)
        bad = ~y.isfinite().all(1)
        if bool(bad.any()):
            raise NotFinite(f"f(x, {t}) is not finite at x = {x[bad][0].tolist()}")
        return y


def _described(y: object) -> str:
    return f"{tuple(y.shape)} of {y.dtype}" if isinstance(y, torch.Tensor) else type(y).__name__
