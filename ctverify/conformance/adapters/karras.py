"""The "Karras protocol" that a family of research code shares, descended from
openai/consistency_models's KarrasDenoiser:

    c_skip, c_out, c_in = d.get_scalings_for_boundary_condition(sigma)
        or d.c_skip(sigma), d.c_out(sigma), d.c_in(sigma)
    d.sigma_data, d.sigma_min, d.sigma_max, d.rho                           the ramp of times
    d.denoise(model, x, sigma) -> (model output, f)                         where present, f itself

sigma is a tensor (n,); the network is called as model(c_in x, embedding).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ...core.signatures import checked
from ...model.convention import Convention


@checked
@dataclass(frozen=True)
class Karras:
    """An object of that family. Its noise embedding is 250 log(sigma) unless it has
    c_noise(sigma).
    """

    denoiser: Any
    dtypes: tuple[torch.dtype, ...] = (torch.float32, torch.float64)

    @property
    def convention(self) -> Convention:
        """VE from sigma_max to sigma_min."""
        d = self.denoiser
        return Convention.ve(
            float(d.sigma_min), t_max=float(d.sigma_max), sigma_data=float(d.sigma_data)
        )

    def times(self, n: int) -> list[float]:
        """Karras's ramp, both ends included; sigmas(n), in whichever direction, where there is
        that.
        """
        if callable(getattr(self.denoiser, "sigmas", None)):
            return sorted((float(t) for t in self.denoiser.sigmas(n)), reverse=True)
        d, shares = self.denoiser, [i / max(n - 1, 1) for i in range(n)]
        high, low = float(d.sigma_max) ** (1 / d.rho), float(d.sigma_min) ** (1 / d.rho)
        return [float((high + share * (low - high)) ** d.rho) for share in shares]

    def scalings(self, t: float) -> tuple[float, float, float, float]:
        """The denoiser's own."""
        c_skip, c_out, c_in = self._scalings(torch.tensor([t], dtype=torch.float64))
        return (
            float(c_skip),
            float(c_out),
            float(c_in),
            float(self._embedding(torch.tensor([t], dtype=torch.float64))),
        )

    def consistency(self, x: torch.Tensor, t: float, network: Any) -> torch.Tensor:
        """denoise where there is one, else c_skip x + c_out F(c_in x, embedding)."""
        sigma = torch.full((len(x),), t, dtype=x.dtype)
        if hasattr(self.denoiser, "denoise"):
            return self.denoiser.denoise(lambda x_in, time, **_: network(x_in, time), x, sigma)[1]
        c_skip, c_out, c_in = (torch.as_tensor(c).reshape(-1, 1) for c in self._scalings(sigma))
        return c_skip * x + c_out * network(c_in * x, self._embedding(sigma))

    def _scalings(self, sigma: torch.Tensor) -> Any:
        d = self.denoiser
        if hasattr(d, "get_scalings_for_boundary_condition"):
            return d.get_scalings_for_boundary_condition(sigma)
        return d.c_skip(sigma), d.c_out(sigma), d.c_in(sigma)

    def _embedding(self, sigma: torch.Tensor) -> torch.Tensor:
        return (
            self.denoiser.c_noise(sigma) if hasattr(self.denoiser, "c_noise") else 250 * sigma.log()
        )
