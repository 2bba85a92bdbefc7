"""The error budget (budget.py) in d = 1 by quadrature: X_t at fixed scores, X_{t-1} | X_t by
Gauss-Hermite nodes.

    E h(X_t) = sum_i w_i h(Q_t(N(z_i))),   scores z_i and weights w_i from the law of X_1 (line.LineMixture.nodes).

Errors are the change when every other node is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ..flow.one_dim import Array, clean, law, monotone
from ..targets import Target
from ..training.population import NODES, ORDER, expect
from .budget import Budget, Centred, assemble

OUTER = 1025  # nodes over X_t: far fewer cannot tell how far off they are
MOST_COMPONENTS = 64  # beyond which sampling is cheaper than quadrature


def integrate(values: Array, weight: Array) -> tuple[float, float]:
    """The weighted sum, and its change when every other node is left out."""
    full, half = float(values @ weight), float(values[::2] @ weight[::2] / weight[::2].sum())
    return full, abs(full - half)


def on_quadrature(target: Target) -> bool:
    """Whether line_budget serves this target: d = 1 and few components."""
    return target.dim == 1 and len(clean(target).weight) <= MOST_COMPONENTS


def line_budget(f: Centred, tick: Callable[..., Any] = lambda: None) -> Budget:
    """The budget by quadrature; total_upper adds the quadrature's errors to every square."""
    target, schedule = f.target, f.schedule
    first_law = law(target, schedule, 1)
    z, end, weight = first_law.nodes(OUTER)
    first = on_line(f, 1)
    results = {"initial": integrate((first(end) - end) ** 2, weight), "start": _start(f, z, weight)}
    model, discretisation = [], []
    score, ends, _ = first_law.nodes(NODES)
    flow, previous = monotone(ends, ends), first
    for t in range(2, schedule.T + 1):
        here = law(target, schedule, t)
        at, f_t = here.at_scores(np.concatenate([z, score])), on_line(f, t)
        x, starts = at[: len(z)], at[len(z) :]
        discretisation.append(integrate((expect(target, schedule, t, x, flow) - end) ** 2, weight))
        model.append(integrate((f_t(x) - expect(target, schedule, t, x, previous)) ** 2, weight))
        flow, previous = monotone(starts, ends), f_t
        tick()
    squares, errors = torch.tensor(
        [*results.values(), *model, *discretisation], dtype=torch.float64
    ).T
    return assemble(
        schedule, squares, errors, float((squares + errors).sqrt().sum()), 0.0, "quadrature"
    )


def on_line(f: Centred, t: int) -> Callable[[Array], Array]:
    """f at level t as a function of NumPy arrays."""
    place = f.target.mean
    return lambda x: f(torch.from_numpy(x[:, None]).to(place), t)[:, 0].cpu().numpy()


def _start(f: Centred, z: Array, weight: Array) -> tuple[float, float]:
    """E |f_T(Z) - f_T(a_T X_0 + b_T Z)|^2 over the scores z and Gauss-Hermite nodes of X_0's
    components.
    """
    (a, b), start = f.schedule.scales(f.schedule.T), clean(f.target)
    node, mass = np.polynomial.hermite_e.hermegauss(ORDER)
    x0 = (start.centre[:, None] + start.scale[:, None] * node).ravel()
    inner = (start.weight[:, None] * mass / mass.sum()).ravel()
    model, shift = on_line(f, f.schedule.T), a * float(f.target.mean)
    moved = model((a * x0 + b * z[:, None]).ravel()).reshape(len(z), -1)
    return integrate((moved - model(z - shift)[:, None]) ** 2 @ inner, weight)
