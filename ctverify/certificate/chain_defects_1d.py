"""The error budget (chain_defects.py) in d = 1 by quadrature: X_t at fixed scores, X_{t-1} | X_t by
Gauss-Hermite nodes (flow/quadrature_1d.py).

Errors are the change when every other node is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ..flow.one_dim import NormalMixture1D
from ..flow.quadrature_1d import Quadrature1D
from ..flow.reverse_1d import expect, gauss_hermite
from .chain_defects import ChainDefects, assemble
from .checked_model import Centred


def quadrature_defects(
    f: Centred, form: NormalMixture1D, progress: Callable[..., Any] = lambda: None
) -> ChainDefects:
    """The budget by quadrature; total_upper adds the quadrature's errors to every square.

    `form`: the law of X_0 - mean.
    """
    schedule = f.schedule
    nodes = Quadrature1D.of(form, schedule)
    previous = f.in_one_dimension(1)
    initial = nodes.mean((previous(nodes.end) - nodes.end) ** 2)
    start = _start(f, nodes)
    model = []
    discretisation = []
    for step in nodes.steps():
        t = step.t
        f_t = f.in_one_dimension(t)
        values = f_t(step.x)
        wanted = expect(form, schedule, t, step.x, previous)
        model.append(nodes.mean((values - wanted) ** 2))
        discretisation.append(step.defect)
        previous = f_t
        progress()
    terms = [initial, start, *model, *discretisation]
    squares, errors = torch.tensor(terms, dtype=torch.float64).T
    total_upper = float((squares + errors).sqrt().sum())
    return assemble(schedule, squares, errors, total_upper, 0.0, "quadrature")


def _start(f: Centred, nodes: Quadrature1D) -> tuple[float, float]:
    """E |f_T(Z) - f_T(a_T X_0 + b_T Z)|^2 over the scores z and Gauss-Hermite nodes of X_0's
    components.
    """
    T = f.schedule.T
    a, b = f.schedule.scales(T)
    z = nodes.score
    start = nodes.form
    node, mass = gauss_hermite()
    x0 = (start.centre[:, None] + start.scale[:, None] * node).ravel()
    inner = (start.weight[:, None] * mass / mass.sum()).ravel()
    model = f.in_one_dimension(T)
    shift = a * float(f.target.mean)
    moved = model((a * x0 + b * z[:, None]).ravel()).reshape(len(z), -1)
    return nodes.mean((moved - model(f.start_std * z - shift)[:, None]) ** 2 @ inner)
