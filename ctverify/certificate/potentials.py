"""Lower bounds on W_1 by Kantorovich duality: W_1(P, Q) >= E_P g - E_Q g for every 1-Lipschitz g.

The potentials are unions of cones, g(x) = s min_k (|x - c_k| + h_k), s = +-1: 1-Lipschitz for any
centres and heights, a c-transform with few points when s = 1. With one cone they hold -|x - c|,
which is exact for a centred isotropic Gaussian; a cone far away is a projection. Centres and
heights are fitted on coupled pairs (x_i, y_i) by ascent of the mean of g(x_i) - g(y_i).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float

from ..training import adam

CONES = 64
STEPS = 300
BATCH = 2048
RATE = 0.03  # of Adam, in units of the points' root mean square


@dataclass(frozen=True, eq=False)
class Potential:
    """g(x) = sign * min_k (|x - centre_k| + height_k): centre (K, d), height (K,)."""

    sign: float
    centre: Float[torch.Tensor, "K d"]
    height: Float[torch.Tensor, "K"]

    def __call__(self, x: Float[torch.Tensor, "n d"]) -> Float[torch.Tensor, "n"]:
        """g at x (n, d); (n,)."""
        parts = [_lowest(part, self.centre, self.height) for part in x.split(2**13)]
        return self.sign * torch.cat(parts)

    def gain(
        self, x: Float[torch.Tensor, "n d"], y: Float[torch.Tensor, "n d"]
    ) -> Float[torch.Tensor, "n"]:
        """g(x_i) - g(y_i) for coupled rows; (n,). Its second moment is at most that of |x_i -
        y_i|.
        """
        return self(x) - self(y)


def _lowest(x: torch.Tensor, centre: torch.Tensor, height: torch.Tensor) -> torch.Tensor:
    """min_k (|x - centre_k| + height_k), (n,)."""
    distance = torch.cdist(x, centre, compute_mode="donot_use_mm_for_euclid_dist")
    return (distance + height).amin(1)


def fit(
    x: Float[torch.Tensor, "n d"], y: Float[torch.Tensor, "n d"], generator: torch.Generator
) -> Potential:
    """The best potential found for the coupled rows x, y (n, d): a projection, one cone or a union
    of 64, either sign.
    """
    shift = (x - y).mean(0)
    centre = y.mean(0)
    far = 1e4 * float((y - centre).norm(dim=1).mean())
    away = centre - far * shift / shift.norm().clamp_min(1e-300)
    flat = torch.zeros(1).to(y)
    candidates = [Potential(1.0, away[None], flat)]
    for sign in (1.0, -1.0):
        candidates.append(Potential(sign, centre[None], flat))
        candidates.append(_ascend(x, y, sign, generator))
    return max(candidates, key=lambda g: float(g.gain(x, y).mean()))


def _ascend(x: torch.Tensor, y: torch.Tensor, sign: float, generator: torch.Generator) -> Potential:
    """Adam on centres and heights, started at drawn points of y."""
    unit = float((y - y.mean(0)).square().mean().sqrt()) or 1.0
    pick = torch.randint(len(y), (min(CONES, len(y)),), generator=generator).to(y.device)
    parameters = [y[pick].clone(), torch.zeros(len(pick)).to(y)]
    moments = adam.zeros(parameters)
    for count in range(1, STEPS + 1):
        rows = torch.randint(len(x), (min(BATCH, len(x)),), generator=generator).to(x.device)
        centre, height = parameters
        slopes = _slopes(centre, height, x[rows], y[rows], sign)
        rate = adam.cosine_rate(RATE * unit, count, STEPS)
        parameters, moments = adam.step(parameters, slopes, moments, rate, count)
    centre, height = parameters
    return Potential(sign, centre, height)


def _slopes(
    centre: torch.Tensor, height: torch.Tensor, x: torch.Tensor, y: torch.Tensor, sign: float
) -> list[torch.Tensor]:
    """The gradient of -mean(g(x) - g(y)) in centres and heights: by the envelope theorem only each
    point's lowest cone moves.
    """
    points = torch.cat([x, y])
    k = torch.cdist(points, centre).add_(height).argmin(1)
    of_x = torch.full_like(x[:, 0], -sign / len(x))
    of_y = torch.full_like(y[:, 0], sign / len(y))
    weight = torch.cat([of_x, of_y])
    pull = torch.nn.functional.normalize(centre[k] - points) * weight[:, None]
    by_centre = torch.zeros_like(centre).index_add_(0, k, pull)
    by_height = torch.zeros_like(height).index_add_(0, k, weight)
    return [by_centre, by_height]
