"""The population model: consistency training (14) with exact minimisation, fully recursive (LHW,
arXiv 2402.07802, Eq. (14)):

    f*_1 = id,   f*_t(x) = E[f*_{t-1}(X_{t-1}) | X_t = x],

under the shared-noise coupling of X_{t-1} and X_t. For a Gaussian it is affine, with slope per
eigenvalue lam

    prod_{k=2..t} Cov(X_{k-1}, X_k)/Var(X_k),   Cov = sqrt(abar_{k-1} abar_k) lam + sqrt((1 - abar_{k-1})(1 - abar_k)).

In d = 1 each level is tabulated at 2,000 points and carried by quadrature over the components of
X_{t-1} | X_t. Products (also rotated ones) factorise: each coordinate is carried by its factor's
f*.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from ..core import arguments
from ..flow.one_dim import Array, LineMap, clean, law, monotone
from ..model.protocols import Model
from ..model.schedule import Schedule
from ..targets import Gaussian, Product, Target

NODES, ORDER = 2000, 16  # points of a level's table; Gauss-Hermite points a component


def population_model(target: Target, schedule: Schedule) -> Model:
    """f*, a callable f(x, t), x (n, d) and t in 1..T: Gaussians and products in any d, others in d
    = 1 (else InputError).
    """
    levels = _levels(target, schedule)
    first = schedule.scales(1)[0] * target.mean

    def model(x: torch.Tensor, t: int) -> torch.Tensor:
        t = arguments.level("t", t, schedule.T)
        x = arguments.batch("x", x, target.dim).to(target.mean)
        return x.clone() if t == 1 else first + levels[t](x - schedule.scales(t)[0] * target.mean)

    return model


Map = Callable[[torch.Tensor], torch.Tensor]


def _levels(target: Target, schedule: Schedule) -> dict[int, Map]:
    """f*_t for t = 2..T between centred coordinates."""
    if isinstance(target, Gaussian):
        return _gaussian_levels(target, schedule)
    if isinstance(target, Product):
        return _product_levels(target, schedule)
    if target.dim == 1:
        return _line_levels(target, schedule)
    raise arguments.InputError(
        f"population_model needs a Gaussian, a product, or a target in d = 1, got {target.name} in d = {target.dim}"
    )


def _gaussian_levels(target: Gaussian, schedule: Schedule) -> dict[int, Map]:
    basis, lam = target.components.basis, target.components.eigenvalues[0]
    a, b = (
        torch.tensor(v, dtype=lam.dtype, device=lam.device)
        for v in zip(*map(schedule.scales, range(1, schedule.T + 1)), strict=True)
    )
    a, b = a[:, None], b[:, None]
    factors = (a[:-1] * a[1:] * lam + b[:-1] * b[1:]) / (a[1:] ** 2 * lam + b[1:] ** 2)
    slopes = torch.cumprod(factors, 0)

    def affine(slope: torch.Tensor) -> Map:
        return lambda x: (x @ basis * slope) @ basis.T

    return {t: affine(slopes[t - 2]) for t in range(2, schedule.T + 1)}


def _product_levels(target: Product, schedule: Schedule) -> dict[int, Map]:
    factors = [(_levels(factor, schedule), at) for factor, at in target.groups]

    def together(t: int) -> Map:
        def f(x: torch.Tensor) -> torch.Tensor:
            y, carried = target.coordinates(x), torch.empty_like(x)
            for levels, at in factors:
                carried[:, at] = levels[t](y[:, at].reshape(-1, 1)).reshape(len(x), len(at))
            return target.rotated(carried)

        return f

    return {t: together(t) for t in range(2, schedule.T + 1)}


def _line_levels(target: Target, schedule: Schedule) -> dict[int, Map]:
    levels: dict[int, Map] = {}
    previous: LineMap = np.asarray
    for t in range(2, schedule.T + 1):
        grid = law(target, schedule, t).grid(NODES)
        values = expect(target, schedule, t, grid, previous)
        previous = monotone(grid, values)
        levels[t] = _on_tensors(previous)
    return levels


def _on_tensors(f: LineMap) -> Map:
    return lambda x: torch.from_numpy(f(x[:, 0].cpu().numpy())[:, None]).to(x)


def expect(target: Target, schedule: Schedule, t: int, x: Array, h: LineMap) -> Array:
    """E[h(X_{t-1}) | X_t = x] in d = 1 for centred x (n,), h vectorised: Gauss-Hermite over each
    component that matters.
    """
    weight, centre, spread = posterior(target, schedule, t, x)
    node, mass = np.polynomial.hermite_e.hermegauss(ORDER)
    result = np.zeros(len(x))
    row, j = np.nonzero(weight > 1e-18)
    for part in np.array_split(np.arange(len(row)), max(1, len(row) * ORDER // 2**20)):
        r, k = row[part], j[part]
        values = h((centre[r, k, None] + spread[k, None] * node).ravel()).reshape(-1, ORDER) @ (
            mass / mass.sum()
        )
        result += np.bincount(r, weight[r, k] * values, len(x))
    return result


def posterior(target: Target, schedule: Schedule, t: int, x: Array) -> tuple[Array, Array, Array]:
    """X_{t-1} | X_t = x as a mixture: weights (n, K), centres (n, K), scales (K,), all centred.

    X_{t-1} = (b'/b) X_t + (a' - b' a/b) X_0 under the shared noise, (a, b) the scales at t and (a',
    b') those at t - 1.
    """
    (a, b), (a1, b1), start = schedule.scales(t), schedule.scales(t - 1), clean(target)
    variance = (a * start.scale) ** 2 + b * b
    residual = x[:, None] - a * start.centre
    logits = np.log(start.weight) - 0.5 * (residual**2 / variance + np.log(variance))
    weight = np.exp(logits - logits.max(1, keepdims=True))
    factor = a1 - b1 * a / b
    centre = b1 / b * x[:, None] + factor * (
        start.centre + a * start.scale**2 / variance * residual
    )
    return (
        weight / weight.sum(1, keepdims=True),
        centre,
        np.abs(factor) * start.scale * b / np.sqrt(variance),
    )
