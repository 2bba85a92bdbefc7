"""Networks that are 1-Lipschitz by construction, and their fit as potentials.

    g(x) = <v, S(W_L ... S(W_1 (x - c) + b_1) ... + b_L)>,   |W_l| <= 1, |v| <= 1 (spectral norms),

S sorts pairs of coordinates (MaxMin, GroupSort of size 2; Anil, Lucas and Grosse, arXiv
1811.05381): it permutes coordinates at each point, so it is 1-Lipschitz and keeps the gradient's
norm. Training keeps W nearly orthonormal by iterations of Bjorck and Bowie (1971),

    W <- W (3 I - W^T W)/2,   which moves each singular value s in (0, sqrt 3) to s (3 - s^2)/2,

in single precision. What makes g rigorous does not depend on it: at the end each matrix is divided
by its largest singular value where that exceeds 1, in double precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float

from ..training import adam
from .potentials import ROWS, Potential

WIDTH = 64
DEPTH = 5
STEPS = 700
BATCH = 256
RATE = 0.005  # of Adam
ITERATIONS = 3  # of Bjorck and Bowie
POWER_ITERATIONS = 3  # of the largest singular value, which moves little from step to step


@dataclass(frozen=True, eq=False)
class Network(Potential):
    """g of the module's head, times `unit`, of x / unit.

    `matrices` are W_1..W_L and v as a row, of any size: they are normalised when g is built.
    """

    centre: Float[torch.Tensor, "d"]
    unit: float
    matrices: Sequence[torch.Tensor]
    shifts: Sequence[torch.Tensor]

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrices", [contraction(matrix) for matrix in self.matrices])

    @property
    def form(self) -> str:
        """Its depth and width."""
        return f"a network of {len(self.shifts)} GroupSort layers of {len(self.shifts[0])}"

    def __call__(self, x: Float[torch.Tensor, "n d"]) -> Float[torch.Tensor, "n"]:
        """g at x (n, d); (n,)."""
        parts = [
            forward((part - self.centre) / self.unit, self.matrices, self.shifts)
            for part in x.split(ROWS)
        ]
        return self.unit * torch.cat(parts)


def contraction(matrix: Float[torch.Tensor, "m n"]) -> Float[torch.Tensor, "m n"]:
    """A matrix over its largest singular value, or as it is where that is at most 1.

    Arguments:
        matrix: (m, n), in double precision.

    Returns:
        A matrix of spectral norm at most 1, to rounding.

    Example:
        >>> contraction(torch.diag(torch.tensor([4.0, 2.0], dtype=torch.float64))).diagonal()
        tensor([1.0000, 0.5000], dtype=torch.float64)
    """
    largest = torch.linalg.matrix_norm(matrix, 2)
    return matrix / largest.clamp_min(1.0)


def forward(
    x: torch.Tensor, matrices: Sequence[torch.Tensor], shifts: Sequence[torch.Tensor]
) -> torch.Tensor:
    """The composition of layers.

    Arguments:
        x: (n, d).
        matrices: W_1..W_L, (width, .), then v, (1, width).
        shifts: b_1..b_L, (width,), an even width.

    Returns:
        (n,).
    """
    hidden = x
    for matrix, shift in zip(matrices[:-1], shifts, strict=True):
        hidden = sorted_pairs(torch.nn.functional.linear(hidden, matrix, shift))
    return hidden @ matrices[-1][0]


def sorted_pairs(hidden: Float[torch.Tensor, "n width"]) -> Float[torch.Tensor, "n width"]:
    """S: coordinate i of the first half and of the second become their maximum and minimum.

    Arguments:
        hidden: (n, width), an even width.

    Returns:
        The same shape.

    Example:
        >>> sorted_pairs(torch.tensor([[1.0, 5.0, 2.0, 3.0]]))
        tensor([[2., 5., 1., 3.]])
    """
    first, second = hidden.chunk(2, 1)
    return torch.cat([torch.maximum(first, second), torch.minimum(first, second)], 1)


def fit_network(
    x: Float[torch.Tensor, "n d"], y: Float[torch.Tensor, "n d"], generator: torch.Generator
) -> Network:
    """A network by ascent of the mean gain.

    Arguments:
        x, y: coupled rows, (n, d).
        generator: of the first matrices and of the batches.

    Returns:
        The potential, in double precision.
    """
    centre = y.mean(0)
    unit = float((y - centre).square().mean().sqrt()) or 1.0
    model = ((x - centre) / unit).float()
    exact = ((y - centre) / unit).float()
    matrices = _first_matrices(x.shape[1], generator, model)
    directions = [torch.ones_like(matrix[0]) for matrix in matrices]
    shifts = [torch.zeros_like(matrix[:, 0]) for matrix in matrices[:-1]]
    parameters = [*matrices, *shifts]
    moments = adam.zeros(parameters)
    layers = len(matrices)
    for number in range(1, STEPS + 1):
        rows = torch.randint(len(x), (min(BATCH, len(x)),), generator=generator).to(x.device)
        matrices = parameters[:layers]
        directions = [_largest(*pair) for pair in zip(matrices, directions, strict=True)]
        slopes = _slopes(parameters, directions, model[rows], exact[rows])
        pace = adam.cosine_rate(RATE, number, STEPS)
        parameters, moments = adam.step(parameters, slopes, moments, pace, number)
    matrices = parameters[:layers]
    directions = [_largest(*pair) for pair in zip(matrices, directions, strict=True)]
    fitted = [_orthonormal(*pair).to(x) for pair in zip(matrices, directions, strict=True)]
    shifts = [shift.to(x) for shift in parameters[layers:]]
    # an ascent that overflowed ends in g = 0, a valid potential that is not chosen
    return Network(
        centre=centre,
        unit=unit,
        matrices=[torch.nan_to_num(matrix, nan=0.0) for matrix in fitted],
        shifts=[torch.nan_to_num(shift, nan=0.0) for shift in shifts],
    )


def _first_matrices(dim: int, generator: torch.Generator, like: torch.Tensor) -> list[torch.Tensor]:
    """Orthonormal rows or columns, from normal draws, in a network's shapes."""
    sizes = [dim, *[WIDTH] * DEPTH, 1]
    matrices = []
    for size, following in pairwise(sizes):
        drawn = torch.randn((max(size, following), min(size, following)), generator=generator)
        tall = torch.linalg.qr(drawn)[0]
        matrix = tall if following >= size else tall.T
        matrices.append(matrix.contiguous().to(like))
    return matrices


def _largest(matrix: torch.Tensor, direction: torch.Tensor) -> torch.Tensor:
    """The direction that a matrix stretches most, by power iteration from the last one."""
    for _ in range(POWER_ITERATIONS):
        moved = matrix.T @ (matrix @ direction)
        direction = moved / moved.norm().clamp_min(1e-30)
    return direction


def _orthonormal(matrix: torch.Tensor, direction: torch.Tensor) -> torch.Tensor:
    """Bjorck and Bowie's iterations on a matrix over its stretch of `direction`."""
    stretch = (matrix.detach() @ direction).norm().clamp_min(1e-30)
    wide = matrix.shape[0] < matrix.shape[1]
    iterate = (matrix.T if wide else matrix) / stretch
    for _ in range(ITERATIONS):
        iterate = 1.5 * iterate - 0.5 * iterate @ (iterate.T @ iterate)
    return iterate.T if wide else iterate


def _slopes(
    parameters: Sequence[torch.Tensor],
    directions: Sequence[torch.Tensor],
    x: torch.Tensor,
    y: torch.Tensor,
) -> tuple[torch.Tensor, ...]:
    """The gradient of -mean(g(x) - g(y)) in matrices and shifts."""
    with torch.enable_grad():
        leaves = [parameter.detach().requires_grad_() for parameter in parameters]
        layers = len(directions)
        pairs = zip(leaves[:layers], directions, strict=True)
        matrices = [_orthonormal(*pair) for pair in pairs]
        value = forward(torch.cat([x, y]), matrices, leaves[layers:])
        of_x, of_y = value.chunk(2)
        return torch.autograd.grad((of_y - of_x).mean(), leaves)
