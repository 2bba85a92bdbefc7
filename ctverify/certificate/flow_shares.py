"""Whose step the error of a two-time map's sampler is.

With G_k the remaining steps k, k + 1, .., n of the sampler (their noises given), G_{n+1} = id, and
X_k the exact twin where step k starts, X_{n+1} where it ends (flow_walk.py), draw by draw

    xi = G_1(s Z) - X_{n+1} = [G_1(s Z) - G_1(X_1)] + sum_k [G_k(X_k) - G_{k+1}(X_{k+1})],

and with u = xi/|xi| (0 where xi = 0) the mean of <., u> of each bracket is a signed share of
E|xi|: what step k adds, carried to the end by the steps that follow. Shares sum to the coupled
distance exactly. A flow map's own training has no posterior mean in it, so that there is no split
into model and schedule as of one-time models (shares.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import torch
from jaxtyping import Float
from msgspec import Meta

from ..core.confidence import standard_error
from ..core.schemas import Count, NonNegative, Number
from ..core.streams import stream
from .coupling import PAIR_TOLERANCE, pair_error
from .flow_walk import FlowWalk
from .precision import rounding
from .sampler import EARLIER
from .starts import DrawStarts
from .trajectory import RESOLVED


@dataclass(frozen=True, kw_only=True)
class StepShares:
    """Signed parts of the coupled distance, in the data's unit.

    Attributes:
        start: of starting at noise in place of X_T.
        step: of each step.
        step_error: standard errors of those.
        total: the coupled distance, which all parts sum to.
    """

    start: Number
    step: list[Number]
    step_error: list[NonNegative]
    total: NonNegative


@dataclass(frozen=True, kw_only=True)
class FlowMapPart:
    """The sampler of a two-time map.

    Attributes:
        levels: where its steps start, T first, falling.
        landings: where they land before noise is added.
        gamma: the share of noise that is added anew.
        shares: of each step in the coupled distance; None where that is of the solver's size.
    """

    levels: Annotated[list[Count], Meta(min_length=1)]
    landings: Annotated[list[Count], Meta(min_length=1)]
    gamma: NonNegative
    shares: StepShares | None

    def __post_init__(self) -> None:
        """ValueError where its lists do not belong together."""
        if any(after >= before for before, after in pairwise(self.levels)):
            raise ValueError("its flow map's levels must fall")
        if len(self.landings) != len(self.levels):
            raise ValueError("its flow map must land once a level")
        if self.shares is not None and len(self.shares.step) != len(self.levels):
            raise ValueError("its flow map's shares must have an entry a level")

    @property
    def top(self) -> int:
        """The level from which no step adds noise any more: what the budget begins at."""
        top = self.levels[0]
        for landing, after in zip(self.landings, self.levels[1:], strict=False):
            if landing < after:
                top = after
        return top


def flow_map_part(
    walk: FlowWalk, first: DrawStarts, samples: int, gamma: float, seed: int
) -> FlowMapPart:
    """The sampler and the shares of its steps.

    Arguments:
        walk: the sampler.
        first: coupled starts at level T.
        samples: how many draws, at least 2.
        gamma: as it was asked for.
        seed: of all draws.

    Returns:
        The part.

    Raises:
        NotFinite: F returned NaN or infinity.
    """
    generator = stream("certificate/flow-shares", seed)
    ends = _ends(walk, first, samples, generator)
    xi = ends[0] - ends[-1]
    apart = torch.linalg.vector_norm(xi, dim=1)
    u = xi / apart.clamp_min(torch.finfo(xi.dtype).tiny)[:, None]
    shares = ((ends[:-1] - ends[1:]) * u).sum(-1)
    mean = walk.f.schedule.scales(1)[0] * float(walk.f.target.mean.norm())
    size = mean + walk.f.target.spread * walk.f.target.dim**0.5
    numerical = pair_error(walk.f.target) + rounding(walk.f.f, walk.f.dtype) * size
    found = None
    if float(apart.mean()) >= RESOLVED * numerical:
        found = StepShares(
            start=float(shares[0].mean()),
            step=shares[1:].mean(1).tolist(),
            step_error=standard_error(shares[1:]).tolist(),
            total=float(apart.mean()),
        )
    return FlowMapPart(
        levels=[step.level for step in walk.steps],
        landings=[step.landing for step in walk.steps],
        gamma=gamma,
        shares=found,
    )


def _ends(
    walk: FlowWalk, first: DrawStarts, samples: int, generator: torch.Generator
) -> Float[torch.Tensor, "ends n d"]:
    """G_1(s Z), G_1(X_1), G_2(X_2), .., X_{n+1}, from the same noises."""
    starts = first(samples, generator)
    shape = tuple(starts.exact.shape)
    count = len(walk.steps)
    noises = [walk.noise(k, shape, generator) for k in range(count)]

    def rest(x: torch.Tensor, k: int) -> torch.Tensor:
        for later in range(k, count):
            x = walk.noised(walk.step(x, walk.steps[later]), later, noises[later])
        return x

    ends = [rest(starts.model, 0)]
    exact = starts.exact
    for k, step in enumerate(walk.steps):
        ends.append(rest(exact, k))
        exact = walk.exact(exact, step, EARLIER * PAIR_TOLERANCE)
        exact = walk.noised(exact, k, noises[k])
    return torch.stack([*ends, exact])
