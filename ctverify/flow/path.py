"""The path of the flow at every level: Phi_{T->t}(x) for t = T..1 in one walk.

The flow is followed from node to node, levels that lie evenly in the angle theta of flow_map.py.
Between nodes w(theta) is the Hermite polynomial through the values and the velocities dw/dtheta at
the four nearest nodes, of order 8 in their distance (Davis, Interpolation and Approximation, 2.5):

    w(theta) = sum_k [1 - 2 l_k'(theta_k) (theta - theta_k)] l_k(theta)^2 w_k
             + sum_k (theta - theta_k) l_k(theta)^2 w'_k,      l_k Lagrange's polynomials.

The last point is a node: its error is the flow's alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray

from .flow_map import angle
from .laws import Clock, Law

GAP = 0.07  # in theta, between nodes: the mean error is then below 1e-9 on smooth mixtures
# components narrower than the target turn at small angles: the largest gap there, over theta
TURN = 0.35
NEAREST = 4  # nodes of a polynomial

Array = NDArray[np.float64]


def flow_path(
    law: Law, clock: Clock, x: Float[torch.Tensor, "n d"], start: int, tolerance: float
) -> Float[torch.Tensor, "L n d"]:
    """Phi_{start->t}(x) for t = 1..start.

    Arguments:
        law: of X_0.
        clock: the noise levels.
        x: CENTRED points at level `start`, (n, d).
        start: a level, at least 1.
        tolerance: of the flow, a step and row.

    Returns:
        CENTRED points, (start, n, d), the level t in row t - 1.

    Example:
        >>> from ctverify import Gaussian, Schedule
        >>> x = torch.ones(1, 1, dtype=torch.float64)
        >>> flow_path(Gaussian(0.0, 1.0), Schedule.li_huang_wei(32), x, 3, 1e-8).flatten().tolist()
        [1.0, 1.0, 1.0]
    """
    if start == 1:
        return x[None]
    s0 = law.spread
    nodes = spread_nodes(clock, start, s0, GAP)
    points = [x]
    for high, low in pairwise(reversed(nodes)):
        after = law.centred_flow(clock, points[-1][None], [high], low, tolerance)
        points.append(after[0])
    points.reverse()
    theta, rho = angles_to(clock, start, s0)
    values = []
    velocities = []
    for t, point in zip(nodes, points, strict=True):
        sine = math.sin(theta[t - 1])
        cosine = math.cos(theta[t - 1])
        w = point / rho[t - 1]
        velocity = law.conditional_mean(w, cosine, s0 * sine, -sine, s0 * cosine)
        values.append(w)
        velocities.append(velocity)
    known = torch.stack(values + velocities)
    mix = _hermite([theta[t - 1] for t in nodes], theta)
    scaled = torch.from_numpy(mix * np.array(rho)[:, None])
    path = (scaled.to(x) @ known.flatten(1)).unflatten(1, x.shape)
    for t, point in zip(nodes, points, strict=True):
        path[t - 1] = point  # free of the rounding of its scale
    return path


def spread_nodes(clock: Clock, last: int, s0: float, gap: float) -> list[int]:
    """Levels of 1..last in increasing order, ends included, at most `gap` apart in the angle theta
    and TURN theta, unless they are neighbours.
    """
    theta, _ = angles_to(clock, last, s0)
    nodes = [last]
    while nodes[-1] > 1:
        highest = theta[nodes[-1] - 1]
        lowest = highest - min(gap, TURN * highest)
        within = int(np.searchsorted(theta, lowest)) + 1
        nodes.append(min(within, nodes[-1] - 1))
    return nodes[::-1]


def angles_to(clock: Clock, last: int, s0: float) -> tuple[list[float], list[float]]:
    """theta_t and rho_t of flow_map.py for t = 1..last."""
    pairs = [angle(clock, t, s0) for t in range(1, last + 1)]
    theta, rho = zip(*pairs, strict=True)
    return list(theta), list(rho)


def lagrange(nodes: Sequence[float], at: float) -> tuple[int, Array, Array]:
    """Interpolation at `at` from the NEAREST of increasing nodes, or all where there are fewer.

    Arguments:
        nodes: increasing positions, at least one.
        at: a position between the first and the last.

    Returns:
        The number of the first node used, and l_k(at) and l_k'(node k) of the nodes used.

    Example:
        >>> first, weights, _ = lagrange([0.0, 1.0], 0.25)
        >>> weights.tolist()
        [0.75, 0.25]
    """
    count = min(NEAREST, len(nodes))
    below = int(np.searchsorted(nodes, at, side="right")) - 1
    centred = below - (NEAREST // 2 - 1)
    first = min(max(centred, 0), len(nodes) - count)
    used = np.array(nodes[first : first + count])
    weights = []
    slopes = []
    for k, node in enumerate(used):
        others = np.delete(used, k)
        apart = node - others
        weights.append(np.prod((at - others) / apart))
        slopes.append(np.sum(1 / apart))
    return first, np.array(weights), np.array(slopes)


def _hermite(nodes: Sequence[float], at: Sequence[float]) -> Array:
    """The matrix (len(at), 2 len(nodes)) from values and then slopes at increasing `nodes` to
    values at `at`, which lie between them.
    """
    count = len(nodes)
    mix = np.zeros((len(at), 2 * count))
    for row, position in enumerate(at):
        first, weights, slopes = lagrange(nodes, position)
        last = first + len(weights)
        offset = position - np.array(nodes[first:last])
        squares = weights**2
        mix[row, first:last] = (1 - 2 * slopes * offset) * squares
        mix[row, count + first : count + last] = offset * squares
    return mix
