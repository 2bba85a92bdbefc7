"""The choice of a potential for the lower end of a bracket, from one half of its coupled pairs.

Candidates are fitted on 7/8 of that half and compared by their mean gain on the last 1/8: whichever
is chosen, the other half of the pairs has not been seen.

A 1-Lipschitz g gains at most the mean distance of the pairs. Costlier candidates are tried where
the cheap ones stay well below that, in more dimensions than a union of cones can fill.
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
    principal_directions,
    projection,
    weighted,
)

CHOOSING = 8  # one pair in so many chooses among the candidates
ENOUGH = 0.9  # of the mean distance: no potential gains much more
FEW_DIMENSIONS = 4  # up to which a longer fit was never seen to gain
LEADING = 20  # principal directions in which cones are fitted, of more dimensions
NETWORK_PAIRS = 4096  # fewer than these a network learns by heart
NEGLIGIBLE = (0.0, 0.1, 0.3)  # shares below which opposite cones leave out a direction

P = TypeVar("P", bound=Potential)


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
    count = len(x) - len(x) // CHOOSING
    fitting = (x[:count], y[:count])
    choosing = (x[count:], y[count:]) if count < len(x) else fitting
    unions = [_union(*fitting, sign, generator) for sign in (1.0, -1.0)]
    best = _best([*_cheap(*fitting), *unions], *choosing)
    ceiling = (choosing[0] - choosing[1]).norm(dim=1).mean()
    gain = best.gain(*choosing).mean()
    if x.shape[1] <= FEW_DIMENSIONS or gain >= ENOUGH * ceiling:
        return best
    sign = _best(unions, *choosing).sign
    return _best([best, *_costly(*fitting, sign, generator)], *choosing)


def _best(candidates: Sequence[P], x: torch.Tensor, y: torch.Tensor) -> P:
    """The largest mean gain, the first of equals."""
    return max(candidates, key=lambda g: float(g.gain(x, y).mean()))


def _union(x: torch.Tensor, y: torch.Tensor, sign: float, generator: torch.Generator) -> Cones:
    """A union of 64 cones in all dimensions."""
    return many_cones(x, y, sign, generator, count=64, steps=300)


def _cheap(x: torch.Tensor, y: torch.Tensor) -> Iterator[Potential]:
    """A projection, one cone of either sign, opposite cones: in closed form."""
    yield projection(x, y)
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
