"""Dormand and Prince's order 8(5,3) method (Hairer, Norsett, Wanner, Solving ODEs I, II.10) for a
batch in lockstep.

All rows share each step, and a step is accepted when the WORST row meets the tolerance, so that the
error bound holds row by row (SciPy's solver bounds the root mean square over the whole state, which
hides rare rows). Coefficients: SciPy's DOP853.

The method's estimate E5^2/sqrt(E5^2 + E3^2/100) vanishes with E5, which crosses 0 by accident:
steps 1,000 times too far off were accepted so. It is therefore held above E3^2/size, which is of
the same order in the step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import torch
from jaxtyping import Float

from ..core.arguments import InputError

Velocity = Callable[[float, torch.Tensor], torch.Tensor]
MAX_STEPS = 100_000


@cache
def _tableau(
    device: torch.device, dtype: torch.dtype
) -> tuple[list[torch.Tensor], list[float], torch.Tensor, torch.Tensor, torch.Tensor]:
    from scipy.integrate import DOP853

    """Rows of A, nodes c, and the weights of the proposal and of the two error estimates."""
    stages = DOP853.n_stages
    rows = [torch.tensor(DOP853.A[s, :s].copy(), device=device, dtype=dtype) for s in range(stages)]
    weights = torch.tensor(DOP853.B.copy(), device=device, dtype=dtype)
    e3 = torch.tensor(DOP853.E3[:-1].copy(), device=device, dtype=dtype)
    e5 = torch.tensor(DOP853.E5[:-1].copy(), device=device, dtype=dtype)
    return rows, [float(c) for c in DOP853.C[:stages]], weights, e3, e5


def integrate(
    velocity: Velocity,
    state: Float[torch.Tensor, "*n d"],
    tolerance: float,
    scale: float,
    longest: float,
) -> Float[torch.Tensor, "*n d"]:
    """The state at tau = 1 of d state/d tau = velocity(tau, state), from `state` (..., d) at tau =
    0, by steps up to `longest`.

    A step's local error is at most tolerance * (scale + |row|) for every row. Raises InputError
    where float64 cannot meet it.
    """
    tau = 0.0
    step = longest
    slope = velocity(0.0, state)
    for _ in range(MAX_STEPS):
        step = min(step, longest, 1.0 - tau)
        if tau + step == tau:
            break
        size = scale + torch.linalg.vector_norm(state, dim=-1)
        proposal, error = _step(velocity, tau, step, state, slope, size)
        ratio = float((error / (tolerance * size)).max())
        if not math.isfinite(ratio):
            break
        if ratio <= 1.0:
            tau = tau + step
            state = proposal
            if tau >= 1.0:
                return state
            slope = velocity(tau, state)
        step *= _growth(ratio)
    raise InputError(
        f"x must lie where the flow can be followed in float64 to {tolerance:g}, "
        f"got points up to {state.abs().max():g}"
    )


def _growth(ratio: float) -> float:
    """The factor of the next step, from the last one's error in units of what is allowed."""
    if ratio == 0:
        return 10.0
    most = 10.0 if ratio <= 1.0 else 1.0
    return min(most, max(0.2, 0.9 * ratio**-0.125))


def _step(
    velocity: Velocity,
    tau: float,
    step: float,
    state: torch.Tensor,
    slope: torch.Tensor,
    size: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The order-8 proposal and, row by row, the norm of its estimated error."""
    rows, nodes, weights, e3, e5 = _tableau(state.device, state.dtype)
    shape = (len(rows), *_rows_last(state).shape)
    slopes = torch.empty(shape, device=state.device, dtype=state.dtype)
    slopes[0] = _rows_last(slope)
    flat = slopes.flatten(1)
    for s in range(1, len(rows)):
        mixed = (rows[s] @ flat[:s]).reshape(slopes.shape[1:])
        inner = _rows_last(state) + step * mixed
        slopes[s] = _rows_last(velocity(tau + nodes[s] * step, inner.movedim(0, -1)))
    combined = (torch.stack([weights, e3, e5]) @ flat).reshape(3, *slopes.shape[1:])
    proposal = _rows_last(state) + step * combined[0]
    # 20 times faster than vector_norm over an axis that is not the last
    third, fifth = combined[1:].square().sum(1).sqrt()
    smallest = torch.finfo(state.dtype).tiny
    error = step * fifth * fifth / torch.hypot(fifth, 0.1 * third).clamp_min(smallest)
    return proposal.movedim(0, -1), torch.maximum(error, (step * third) ** 2 / size)


def _rows_last(state: torch.Tensor) -> torch.Tensor:
    """The short axis d first, so that sums over it run over whole vectors."""
    return state.movedim(-1, 0)
