"""X_{t-1} given X_t under the shared-noise coupling: its mean, draws of it, and how wide it is.

X_{t-1} = (b_{t-1}/b_t) X_t + c_t X_0,   c_t = a_{t-1} - a_t b_{t-1}/b_t.
"""

from __future__ import annotations

import torch
from jaxtyping import Float

from ..model.schedule import Schedule
from ..targets import Target

FRACTION = 0.1  # of the posterior's width, over which a derivative is taken


def posterior_draws(
    target: Target,
    schedule: Schedule,
    t: int,
    x: Float[torch.Tensor, "n d"],
    generator: torch.Generator,
) -> tuple[Float[torch.Tensor, "n d"], Float[torch.Tensor, "m d"]]:
    """E[X_{t-1} | X_t = x] (n, d), the DDIM step, and two draws of X_{t-1} | X_t = x, (2n, d)."""
    a, b = schedule.scales(t)
    a1, b1 = schedule.scales(t - 1)
    twice = x.repeat(2, 1)
    x0 = target.conditional_draw(twice, a, b, generator)
    return target.conditional_mean(x, a, b, a1, b1), b1 / b * twice + (a1 - b1 * a / b) * x0


def difference_width(target: Target, schedule: Schedule, t: int) -> float:
    """Over how much of f_{t-1}'s argument a derivative is taken: a tenth of the width of X_{t-1} |
    X_t.
    """
    a, b = schedule.scales(t)
    a1, b1 = schedule.scales(t - 1)
    s0 = target.spread
    width = min(s0, b / a) if a > 0 else s0
    return FRACTION * abs(a1 - b1 * a / b) * width
