"""Adam (Kingma and Ba, arXiv 1412.6980, Algorithm 1) as a pure function, with the rate falling
along a half cosine.

    m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2,
    x <- x - rate (m/(1 - b1^k)) / (sqrt(v/(1 - b2^k)) + eps)
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

BETA_1 = 0.9
BETA_2 = 0.99
EPSILON = 1e-8

Arrays = list[torch.Tensor]
Moments = tuple[Arrays, Arrays]


def zeros(parameters: Sequence[torch.Tensor]) -> Moments:
    """The moments before the first step."""
    first = [torch.zeros_like(p) for p in parameters]
    second = [torch.zeros_like(p) for p in parameters]
    return first, second


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
    old_first, old_second = moments
    first = [torch.lerp(g, m, BETA_1) for g, m in zip(gradients, old_first, strict=True)]
    second = [torch.lerp(g * g, v, BETA_2) for g, v in zip(gradients, old_second, strict=True)]
    unbiased = 1 - BETA_2**count
    size = [(v / unbiased).sqrt_().add_(EPSILON) for v in second]
    pace = -rate / (1 - BETA_1**count)
    moved = [
        torch.addcdiv(p.detach(), m, s, value=pace)
        for p, m, s in zip(parameters, first, size, strict=True)
    ]
    return moved, (first, second)
