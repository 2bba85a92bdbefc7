"""Coupled pairs of any sampler: where it ends beside points of X_1's own law, from the same noises.

A Coupling draws starts (starts.py), lets the sampler end from them and the flow carry their exact
twins to level 1. How the two are drawn is all that a bracket knows of a sampler.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from jaxtyping import Float

from ..targets import Target
from .checked_model import Centred
from .starts import DrawStarts, Starts

# of the flow: added to the limits as that fraction of the target's size, sqrt(d) s_0; that the
# errors of its steps do not add up to more is assumed (seen: a tenth of it at most)
PAIR_TOLERANCE = 1e-7
ROWS = 2**11  # rows that are drawn at once, in whole batches


@dataclass(frozen=True, eq=False)
class Pairs:
    """Coupled rows: z ~ N(0, I) that the sampler began with, model = where it ended, exact = a
    point of X_1's law, the last two centred at X_1's mean; (n, d).
    """

    z: Float[torch.Tensor, "n d"]
    model: Float[torch.Tensor, "n d"]
    exact: Float[torch.Tensor, "n d"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Coupling:
    """How coupled pairs are drawn, in centred coordinates.

    Attributes:
        dim: d.
        draw: the starts, row by row.
        between: where the sampler has several steps, the starts that are re-paired between them in
            batches of so many rows; None for one step.
        run: where the sampler ends from starts; the generator is of its own draws, if any.
        flow: the exact twins at level 1.
        turns_at: the level of starts whose noise z may be turned before the sampler sees it, T: at
            a later step U holds more than noise.
        start_std: of the noise that the sampler starts from (checked_model.py).
        solver: the error of the flow, in the data's unit.
    """

    dim: int
    draw: DrawStarts
    between: Callable[[int], DrawStarts] | None
    run: Callable[[Starts, torch.Generator], Float[torch.Tensor, "n d"]]
    flow: Callable[[Starts], Float[torch.Tensor, "n d"]]
    turns_at: int
    start_std: float
    solver: float

    def starts(self, count: int, batch: int, generator: torch.Generator, mended: bool) -> Starts:
        """`count` starts in whole batches.

        Arguments:
            count: how many, a multiple of `batch`.
            batch: rows of a batch; in d = 1 each batch is a draw of its own, which may be
                stratified.
            generator: of all draws.
            mended: whether they are re-paired between steps.
        """
        draw = self.draw
        if mended and self.between is not None:
            draw = self.between(batch)
        rows = batch if self.dim == 1 else batch * max(1, ROWS // batch)
        sizes = [rows] * (count // rows)
        if count % rows:
            sizes.append(count % rows)
        return joined([draw(size, generator) for size in sizes])


def joined(parts: list[Starts]) -> Starts:
    """Starts of one level, one part after the other."""
    return Starts(
        level=parts[0].level,
        z=torch.cat([part.z for part in parts]),
        model=torch.cat([part.model for part in parts]),
        exact=torch.cat([part.exact for part in parts]),
    )


def turned(starts: Starts, turn: Float[torch.Tensor, "d d"], start_std: float) -> Starts:
    """Starts whose noise is turned for the sampler alone: exact twins stay where they are.

    Arguments:
        starts: at level T, where the model starts at s z - a_T mean.
        start_std: s.
        turn: an orthogonal matrix h, (d, d); h z ~ N(0, I) exactly.

    Returns:
        Starts with h z for z.
    """
    z = starts.z @ turn.T
    return replace(starts, z=z, model=starts.model + start_std * (z - starts.z))


def model_coupling(
    f: Centred,
    draw_starts: DrawStarts,
    between: Callable[[int], DrawStarts] | None = None,
) -> Coupling:
    """Pairs (f_tau(U), Phi_tau(U*)) of coupled starts U, U* at a level tau.

    Arguments:
        f: the model.
        draw_starts: coupled starts.
        between: as in Coupling.

    Returns:
        The coupling.
    """
    target = f.target
    return Coupling(
        dim=target.dim,
        draw=draw_starts,
        between=between,
        run=lambda starts, _: f(starts.model, starts.level),
        flow=partial(exact_ends, f),
        turns_at=f.schedule.T,
        start_std=f.start_std,
        solver=pair_error(target),
    )


def exact_ends(
    f: Centred, starts: Starts, tolerance: float = PAIR_TOLERANCE
) -> Float[torch.Tensor, "n d"]:
    """Phi_{level->1} of the exact starts, whose law is that of X_1; centred, (n, d)."""
    rows = starts.exact[None]
    return f.target.centred_flow(f.schedule, rows, [starts.level], 1, tolerance)[0]


def pair_error(target: Target) -> float:
    """The flow's error in a mean over pairs, in the data's unit: PAIR_TOLERANCE sqrt(d) s_0.

    Arguments:
        target: the law of X_0.

    Returns:
        What limits from pairs allow for it, once.

    Example:
        >>> from ctverify import Gaussian
        >>> pair_error(Gaussian([0.0] * 4, torch.eye(4)))
        2e-07
    """
    return PAIR_TOLERANCE * target.spread * target.dim**0.5
