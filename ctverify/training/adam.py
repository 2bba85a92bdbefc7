"""Adam (Kingma and Ba, arXiv 1412.6980, Algorithm 1) as a pure function, with the rate falling
along a half cosine.

m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2,   x <- x - rate (m/(1 - b1^k)) / (sqrt(v/(1 -
b2^k)) + eps)
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

BETA_1, BETA_2, EPSILON = 0.9, 0.99, 1e-8

Arrays = list[torch.Tensor]
Moments = tuple[Arrays, Arrays]


def zeros(parameters: Sequence[torch.Tensor]) -> Moments:
    """The moments before the first step."""
    return [torch.zeros_like(p) for p in parameters], [torch.zeros_like(p) for p in parameters]


def cosine_rate(rate: float, count: int, steps: int) -> float:
    """The rate of step `count` = 1..steps: from `rate` towards 0 (Loshchilov and Hutter, arXiv
    1608.03983, Eq. (5)).
    """
    return rate * 0.5 * (1 + math.cos(math.pi * (count - 1) / steps))


def step(
    parameters: Sequence[torch.Tensor],
    gradients: Sequence[torch.Tensor],
    moments: Moments,
    rate: float,
    count: int,
) -> tuple[Arrays, Moments]:
    """Step number `count` = 1, 2, ...: the moved parameters and moments."""
    first = [torch.lerp(g, m, BETA_1) for g, m in zip(gradients, moments[0], strict=True)]
    second = [torch.lerp(g * g, v, BETA_2) for g, v in zip(gradients, moments[1], strict=True)]
    size = [(v / (1 - BETA_2**count)).sqrt_().add_(EPSILON) for v in second]
    pace = -rate / (1 - BETA_1**count)
    moved = [
        torch.addcdiv(p.detach(), m, s, value=pace)
        for p, m, s in zip(parameters, first, size, strict=True)
    ]
    return moved, (first, second)
