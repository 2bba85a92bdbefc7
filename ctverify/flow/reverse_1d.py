"""The reverse chain in d = 1 by quadrature: X_{t-1} given X_t = x under the shared noise, expected
values over it, and the population model that they make.

    X_{t-1} = (b'/b) X_t + (a' - b' a/b) X_0,   (a, b) the scales at t and (a', b') those at t - 1,
    f*_1 = id,   f*_t(x) = E[f*_{t-1}(X_{t-1}) | X_t = x]        (LHW, arXiv 2402.07802, Eq. (14)).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from ..model.schedule import Schedule
from .laws import Clock
from .one_dim import Array, Map1D, NormalMixture1D, monotone

NODES = 2000  # points of a level's table
ORDER = 16  # Gauss-Hermite points a component
NEGLIGIBLE = 1e-18  # weight of a component below which it is left out
BLOCK = 2**20  # values of h at once


def gauss_hermite() -> tuple[Float64[Array, "n"], Float64[Array, "n"]]:
    """Nodes of N(0, 1) and their weights, which sum to sqrt(2 pi); both (ORDER,)."""
    node, mass = np.polynomial.hermite_e.hermegauss(ORDER)
    return node, mass


def posterior(
    start: NormalMixture1D, clock: Clock, t: int, x: Float64[Array, "n"]
) -> tuple[Float64[Array, "n K"], Float64[Array, "n K"], Float64[Array, "K"]]:
    """X_{t-1} | X_t = x as a mixture: weights (n, K), centres (n, K), scales (K,), all centred.

    Arguments:
        start: the law of X_0 - mean.
        clock: the noise levels.
        t: the level, t >= 2.
        x: centred points of X_t, (n,).
    """
    a, b = clock.scales(t)
    a1, b1 = clock.scales(t - 1)
    variance = (a * start.scale) ** 2 + b * b
    residual = x[:, None] - a * start.centre
    logits = np.log(start.weight) - 0.5 * (residual**2 / variance + np.log(variance))
    weight = np.exp(logits - logits.max(1, keepdims=True))
    factor = a1 - b1 * a / b
    clean = start.centre + a * start.scale**2 / variance * residual
    centre = b1 / b * x[:, None] + factor * clean
    scale = np.abs(factor) * start.scale * b / np.sqrt(variance)
    return weight / weight.sum(1, keepdims=True), centre, scale


def expect(
    start: NormalMixture1D, clock: Clock, t: int, x: Float64[Array, "n"], h: Map1D
) -> Float64[Array, "n"]:
    """E[h(X_{t-1}) | X_t = x] for centred x (n,), h vectorised: Gauss-Hermite over each component
    that matters; (n,).
    """
    weight, centre, spread = posterior(start, clock, t, x)
    node, mass = gauss_hermite()
    share = mass / mass.sum()
    result = np.zeros(len(x))
    row, j = np.nonzero(weight > NEGLIGIBLE)
    pieces = max(1, len(row) * ORDER // BLOCK)
    for part in np.array_split(np.arange(len(row)), pieces):
        r = row[part]
        k = j[part]
        points = centre[r, k, None] + spread[k, None] * node
        values = h(points.ravel()).reshape(-1, ORDER) @ share
        result += np.bincount(r, weight[r, k] * values, len(x))
    return result


def population_tables(start: NormalMixture1D, schedule: Schedule) -> dict[int, Map1D]:
    """f*_t for t = 2..T between centred coordinates: a table of NODES points a level, carried by
    quadrature.
    """
    tables: dict[int, Map1D] = {}
    previous: Map1D = np.asarray
    for t in range(2, schedule.T + 1):
        grid = start.noised(*schedule.scales(t)).grid(NODES)
        values = expect(start, schedule, t, grid, previous)
        previous = monotone(grid, values)
        tables[t] = previous
    return tables
