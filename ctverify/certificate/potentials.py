"""Potentials, 1-Lipschitz functions g, for Kantorovich's duality: W_1(P, Q) >= E_P g - E_Q g.

Every one is 1-Lipschitz by its form, whatever its parameters were fitted to:

cones         g(x) = s min_k (|x - c_k| + h_k), s = +-1, a minimum of 1-Lipschitz functions. One
              cone, -|x - c|, is exact for a centred isotropic Gaussian; a cone far away is a
              projection.
subspaces     g(x) = sum_i w_i g_i(P_i (x - c)), P_i projections onto orthogonal subspaces (the rows
              of each P_i are orthonormal), |w| <= 1, g_i 1-Lipschitz: by Cauchy and Schwarz
              |g(x) - g(y)| <= sum_i |w_i| |P_i (x - y)| <= |w| |x - y|.
              The best weights are the gains of the parts, over their norm: the gain of the sum is
              the root of the sum of their squares.
polyline      in d = 1, piecewise linear with slopes sign(G_n - F_n) between sample points, F_n and
              G_n the distribution functions of model and target on the sample: W_1 = int |F - G|
              is what the exact ones gain.
network       a composition of 1-Lipschitz layers, in networks.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float

from ..training import adam

BATCH = 2048
RATE = 0.05  # of Adam, in units of the points' root mean square
ROWS = 2**13  # at a time, which bounds the memory of distances to all cones


class Potential(ABC):
    """A 1-Lipschitz function of points (n, d)."""

    @property
    @abstractmethod
    def form(self) -> str:
        """What it is, in words that follow "potential: "."""

    @abstractmethod
    def __call__(self, x: Float[torch.Tensor, "n d"]) -> Float[torch.Tensor, "n"]:
        """g at x (n, d); (n,)."""

    def gain(
        self, x: Float[torch.Tensor, "n d"], y: Float[torch.Tensor, "n d"]
    ) -> Float[torch.Tensor, "n"]:
        """g(x_i) - g(y_i) for coupled rows; (n,). In size it is at most |x_i - y_i|."""
        return self(x) - self(y)


@dataclass(frozen=True, eq=False)
class Cones(Potential):
    """g(x) = sign * min_k (|x - centre_k| + height_k): centre (K, d), height (K,)."""

    sign: float
    centre: Float[torch.Tensor, "K d"]
    height: Float[torch.Tensor, "K"]

    @property
    def form(self) -> str:
        """How many cones."""
        count = len(self.height)
        return "one cone" if count == 1 else f"a union of {count} cones"

    def __call__(self, x: Float[torch.Tensor, "n d"]) -> Float[torch.Tensor, "n"]:
        """g at x (n, d); (n,)."""
        parts = [_lowest(part, self.centre, self.height) for part in x.split(ROWS)]
        return self.sign * torch.cat(parts)


def _lowest(x: torch.Tensor, centre: torch.Tensor, height: torch.Tensor) -> torch.Tensor:
    """min_k (|x - centre_k| + height_k), (n,)."""
    distance = torch.cdist(x, centre, compute_mode="donot_use_mm_for_euclid_dist")
    return (distance + height).amin(1)


@dataclass(frozen=True, eq=False)
class Polyline(Potential):
    """In d = 1, of slope `slopes` (k - 1,), each in [-1, 1], between increasing knots (k,), k >= 2;
    the first and the last one go on beyond them.
    """

    knots: Float[torch.Tensor, "k"]
    slopes: Float[torch.Tensor, "k-1"]

    @property
    def form(self) -> str:
        """How many pieces."""
        return f"a piecewise linear function of {len(self.slopes)} pieces"

    def __call__(self, x: Float[torch.Tensor, "n d"]) -> Float[torch.Tensor, "n"]:
        """g at x (n, 1), 0 at the first knot; (n,)."""
        rises = (self.slopes * self.knots.diff()).cumsum(0)
        heights = torch.cat([torch.zeros_like(rises[:1]), rises[:-1]])
        column = x[:, 0].contiguous()
        piece = (torch.searchsorted(self.knots, column) - 1).clamp(0, len(self.slopes) - 1)
        return heights[piece] + self.slopes[piece] * (column - self.knots[piece])


@dataclass(frozen=True, eq=False)
class Subspaces(Potential):
    """g(x) = sum_i weight_i part_i(basis_i^T (x - centre)), as in the module's head.

    The columns of all bases (d, k_i) together are orthonormal; the weights (m,) have a norm of at
    most 1.
    """

    centre: Float[torch.Tensor, "d"]
    bases: Sequence[torch.Tensor]
    parts: Sequence[Potential]
    weight: Float[torch.Tensor, "m"]

    @property
    def form(self) -> str:
        """Of each part, with its dimension."""
        parts = zip(self.parts, self.bases, strict=True)
        forms = [f"{part.form} in d = {basis.shape[1]}" for part, basis in parts]
        return f"orthogonal subspaces ({', '.join(forms)})"

    def __call__(self, x: Float[torch.Tensor, "n d"]) -> Float[torch.Tensor, "n"]:
        """g at x (n, d); (n,)."""
        moved = x - self.centre
        total = torch.zeros_like(x[:, 0])
        for basis, part, weight in zip(self.bases, self.parts, self.weight, strict=True):
            total += weight * part(moved @ basis)
        return total


def projection(x: Float[torch.Tensor, "n d"], y: Float[torch.Tensor, "n d"]) -> Cones:
    """The projection onto the mean of x - y, as a cone far away.

    Arguments:
        x, y: coupled rows, (n, d).

    Returns:
        The potential.
    """
    shift = (x - y).mean(0)
    centre = y.mean(0)
    far = 1e4 * float((y - centre).norm(dim=1).mean())
    away = centre - far * shift / shift.norm().clamp_min(1e-300)
    return Cones(1.0, away[None], torch.zeros(1).to(y))


def polyline(x: Float[torch.Tensor, "n d"], y: Float[torch.Tensor, "n d"]) -> Polyline:
    """The potential of largest mean gain on these rows, d = 1: slopes sign(G_n - F_n), where these
    agree the one before, so that other rows of the two laws gain there too.

    Arguments:
        x, y: coupled rows, (n, 1), n >= 1.

    Returns:
        The potential.

    Example:
        >>> x = torch.tensor([[0.0], [3.0]])
        >>> y = torch.tensor([[1.0], [2.0]])
        >>> polyline(x, y).gain(x, y).mean()
        tensor(1.)
    """
    points, order = torch.cat([x[:, 0], y[:, 0]]).sort(stable=True)
    # n (G_n - F_n) on the interval that begins at each point
    ahead = torch.where(order < len(x), -1, 1).cumsum(0)
    sign = ahead[:-1].sign()
    places = torch.arange(len(sign)).to(sign)
    before = torch.where(sign != 0, places, -1).cummax(0).values
    first = int(sign.ne(0).to(torch.int8).argmax())
    return Polyline(points, sign[before.clamp_min(first)].to(points))


def one_cone(sign: float, centre: Float[torch.Tensor, "d"]) -> Cones:
    """sign |x - centre|.

    Arguments:
        sign: 1 or -1.
        centre: (d,).

    Returns:
        The potential.
    """
    return Cones(sign, centre[None], torch.zeros(1).to(centre))


def opposite_cones(
    x: Float[torch.Tensor, "n d"], y: Float[torch.Tensor, "n d"], smallest: float
) -> Subspaces:
    """w_1 |P (x - c)| - w_2 |Q (x - c)|: P the directions in which x is wider than y, Q those in
    which it is narrower.

    Exact in the limit of many dimensions for a Gaussian widened in some coordinates and narrowed in
    others.

    Arguments:
        x, y: coupled rows, (n, d).
        smallest: directions are left out in which the variances differ by less than this share of
            the largest difference.

    Returns:
        The potential.
    """
    centre = y.mean(0)
    dim = x.shape[1]
    difference = (torch.cov(x.T) - torch.cov(y.T)).reshape(dim, dim)
    # a model that overflows gets no directions, where eigh would stop the whole certificate
    difference = torch.nan_to_num(difference, nan=0.0, posinf=0.0, neginf=0.0)
    wider, directions = torch.linalg.eigh(difference)
    limit = smallest * wider.abs().max()
    bases = []
    parts = []
    for sign in (1.0, -1.0):
        basis = directions[:, sign * wider > limit]
        if basis.shape[1]:
            bases.append(basis)
            parts.append(one_cone(sign, torch.zeros_like(basis[0])))
    return weighted(x, y, centre, bases, parts)


def weighted(
    x: Float[torch.Tensor, "n d"],
    y: Float[torch.Tensor, "n d"],
    centre: Float[torch.Tensor, "d"],
    bases: Sequence[torch.Tensor],
    parts: Sequence[Potential],
) -> Subspaces:
    """The sum of potentials of orthogonal subspaces whose weights have the largest gain.

    Arguments:
        x, y: coupled rows, (n, d).
        centre: the origin of all subspaces, (d,).
        bases: of each subspace, (d, k_i), with orthonormal columns, orthogonal to one another.
        parts: a potential of R^{k_i} for each.

    Returns:
        The potential; parts that gain nothing have weight 0.
    """
    gains = torch.zeros(len(parts)).to(x)
    for i, (basis, part) in enumerate(zip(bases, parts, strict=True)):
        gains[i] = part.gain((x - centre) @ basis, (y - centre) @ basis).mean()
    gains = gains.clamp_min(0.0)
    weight = gains / gains.norm().clamp_min(1e-300)
    return Subspaces(centre, bases, parts, weight)


def principal_directions(y: Float[torch.Tensor, "n d"]) -> Float[torch.Tensor, "d d"]:
    """An orthonormal basis, the direction of largest variance first.

    Arguments:
        y: points, (n, d).

    Returns:
        (d, d), a direction a column.
    """
    dim = y.shape[1]
    return torch.linalg.eigh(torch.cov(y.T).reshape(dim, dim))[1].flip(1)


def many_cones(
    x: Float[torch.Tensor, "n d"],
    y: Float[torch.Tensor, "n d"],
    sign: float,
    generator: torch.Generator,
    *,
    count: int,
    steps: int,
    rate: float = RATE,
    batch: int = BATCH,
) -> Cones:
    """A union of cones by ascent of the mean gain: Adam on centres and heights, started at drawn
    points of y.

    Arguments:
        x, y: coupled rows, (n, d).
        sign: 1 or -1.
        generator: of the drawn points and batches.
        count: of cones, at least 1; no more than points are used.
        steps: of Adam, at least 1.
        rate: of Adam at its first step, in units of the points' root mean square.
        batch: rows of a step.

    Returns:
        The potential.
    """
    origin = y.mean(0)
    unit = float((y - origin).square().mean().sqrt()) or 1.0
    # the ascent is in single precision: g is 1-Lipschitz wherever it ends
    model = ((x - origin) / unit).float()
    exact = ((y - origin) / unit).float()
    pick = torch.randint(len(y), (min(count, len(y)),), generator=generator).to(y.device)
    parameters = [exact[pick].clone(), torch.zeros(len(pick)).to(exact)]
    moments = adam.zeros(parameters)
    for number in range(1, steps + 1):
        rows = torch.randint(len(x), (min(batch, len(x)),), generator=generator).to(x.device)
        centre, height = parameters
        slopes = _slopes(centre, height, model[rows], exact[rows], sign)
        pace = adam.cosine_rate(rate, number, steps)
        parameters, moments = adam.step(parameters, slopes, moments, pace, number)
    # an ascent that overflowed ends in a valid potential that is not chosen
    centre, height = (torch.nan_to_num(parameter, nan=0.0).to(y) for parameter in parameters)
    return Cones(sign, origin + unit * centre, unit * height)


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
