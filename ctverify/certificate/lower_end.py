"""The choice of a potential for the lower end of a bracket, from one half of its coupled pairs.

Candidates are fitted on 7/8 of that half and compared by their mean gain on the last 1/8: whichever
is chosen, the other half of the pairs has not been seen.

A 1-Lipschitz g gains at most the mean distance of the pairs. A longer ascent is tried where a short
one stays 2 % below that; costlier candidates where both stay well below it, in more dimensions than
a union of cones can fill.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import torch
from jaxtyping import Float

from .networks import fit_network
from .potentials import (
    Cones,
    Potential,
    many_cones,
    one_cone,
    opposite_cones,
    polyline,
    principal_directions,
    projection,
    weighted,
)

CLOSE = 0.98  # of the mean distance: a longer ascent could gain 2 % at most
CHOOSING = 8  # one pair in so many chooses among the candidates
ENOUGH = 0.9  # of the mean distance: no potential gains much more
FEW_DIMENSIONS = 4  # up to which a longer fit was never seen to gain
LEADING = 20  # principal directions in which cones are fitted, of more dimensions
NETWORK_PAIRS = 4096  # fewer than these a network learns by heart
NEGLIGIBLE = (0.0, 0.1, 0.3)  # shares below which opposite cones leave out a direction

P = TypeVar("P", bound=Potential)
Rows = tuple[torch.Tensor, torch.Tensor]


def fit(
    x: Float[torch.Tensor, "n d"], y: Float[torch.Tensor, "n d"], generator: torch.Generator
) -> Potential:
    """The best potential found for coupled rows.

    Arguments:
        x, y: coupled rows, (n, d), n >= 2, in double precision.
        generator: of all draws.

    Returns:
        A 1-Lipschitz function; a function of these rows only.
    """
    fitting, choosing = _divided(x, y)
    unions = _short_unions(*fitting, generator)
    best = _best([*_cheap(*fitting), *unions], *choosing)
    ceiling = float((choosing[0] - choosing[1]).norm(dim=1).mean())
    if not unions or _gain(best, *choosing) >= CLOSE * ceiling:
        return best
    sign = _best(unions, *choosing).sign
    longer = many_cones(*fitting, sign, generator, count=64, steps=200)
    best = _best([best, longer], *choosing)
    if x.shape[1] <= FEW_DIMENSIONS or _gain(best, *choosing) >= ENOUGH * ceiling:
        return best
    return _best([best, *_costly(*fitting, sign, generator)], *choosing)


def fit_quickly(
    x: Float[torch.Tensor, "n d"], y: Float[torch.Tensor, "n d"], generator: torch.Generator
) -> Potential:
    """As `fit`, without its longer ascents.

    Arguments:
        x, y, generator: as in `fit`.

    Returns:
        A 1-Lipschitz function; a function of these rows only.
    """
    fitting, choosing = _divided(x, y)
    return _best([*_cheap(*fitting), *_short_unions(*fitting, generator)], *choosing)


def _divided(x: torch.Tensor, y: torch.Tensor) -> tuple[Rows, Rows]:
    """The rows to fit on and those to choose on."""
    count = len(x) - len(x) // CHOOSING
    fitting = (x[:count], y[:count])
    choosing = (x[count:], y[count:]) if count < len(x) else fitting
    return fitting, choosing


def _gain(potential: Potential, x: torch.Tensor, y: torch.Tensor) -> float:
    """The mean gain."""
    return float(potential.gain(x, y).mean())


def _best(candidates: Sequence[P], x: torch.Tensor, y: torch.Tensor) -> P:
    """The largest mean gain, the first of equals."""
    return max(candidates, key=lambda g: _gain(g, x, y))


def _short_unions(x: torch.Tensor, y: torch.Tensor, generator: torch.Generator) -> list[Cones]:
    """A short ascent of 64 cones of either sign, whose gains tell which is worth a longer one; none
    in d = 1, where a polyline is best.
    """
    if x.shape[1] == 1:
        return []
    return [
        many_cones(x, y, sign, generator, count=64, steps=60, rate=0.1, batch=512)
        for sign in (1.0, -1.0)
    ]


def _cheap(x: torch.Tensor, y: torch.Tensor) -> Iterator[Potential]:
    """In closed form: a projection, one cone of either sign, opposite cones, a polyline (d = 1)."""
    yield projection(x, y)
    if x.shape[1] == 1:
        yield polyline(x, y)
    for sign in (1.0, -1.0):
        yield one_cone(sign, y.mean(0))
    for smallest in NEGLIGIBLE:
        yield opposite_cones(x, y, smallest)


def _costly(
    x: torch.Tensor, y: torch.Tensor, sign: float, generator: torch.Generator
) -> Iterator[Potential]:
    """More cones, in the leading principal directions, with opposite cones in the others; and a
    network.
    """
    if x.shape[1] > LEADING:
        yield from _split(x, y, sign, generator)
    if len(x) >= NETWORK_PAIRS:
        yield fit_network(x, y, generator)


def _split(
    x: torch.Tensor, y: torch.Tensor, sign: float, generator: torch.Generator
) -> Iterator[Potential]:
    """Cones in the leading directions, with each choice of opposite cones in the rest."""
    centre = y.mean(0)
    directions = principal_directions(y)
    bases = [directions[:, :LEADING], directions[:, LEADING:]]
    leading_x, other_x = [(x - centre) @ basis for basis in bases]
    leading_y, other_y = [(y - centre) @ basis for basis in bases]
    cones = many_cones(leading_x, leading_y, sign, generator, count=128, steps=1000, rate=0.1)
    for smallest in NEGLIGIBLE:
        others = opposite_cones(other_x, other_y, smallest)
        yield weighted(x, y, centre, bases, [cones, others])
