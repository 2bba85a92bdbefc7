"""Function classes that are linear in their parameters: f_t(x) = decode(theta_t phi(u)), fitted by
exact least squares.

    affine   phi(u) = (1, u)
    fourier  phi(u) = (1, u, cos(omega_k . u + b_k)),  omega_k ~ N(0, s^2 I), s^2 = min(1, 2/d),
             b_k uniform (random features: Rahimi and Recht, NIPS 2007)

theta_t minimises the sum of squares over fresh pairs of level t, by the normal equations. The waves
(not the affine part) carry a Tikhonov term of 1e-3 of their mean square: combinations that the
sample hardly determines stay near 0, and f_t tame on the tails.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float

from ..core.arguments import InputError

FEATURES = 256  # waves of the fourier class
RIDGE = 1e-3  # of the waves' mean square

Parameters = dict[str, torch.Tensor]


def features(
    u: Float[torch.Tensor, "M n d"], frequencies: Parameters
) -> Float[torch.Tensor, "M n p"]:
    """phi(u) (M, n, p) of u (M, n, d); frequencies holds omega (d, k) and b (1, k), or (M, ...) of
    them; k = 0: affine.
    """
    waves = u @ frequencies["omega"]
    waves = waves.add_(frequencies["phase"]).cos_()  # in place: fresh memory costs half as much
    return torch.cat([torch.ones_like(u[..., :1]), u, waves], -1)


def frequencies(dim: int, count: int, generator: torch.Generator, like: torch.Tensor) -> Parameters:
    """omega (d, count) and b (1, count)."""
    deviation = math.sqrt(min(1.0, 2.0 / dim))
    omega = torch.randn((dim, count), generator=generator, dtype=torch.float64) * deviation
    turn = torch.rand((1, count), generator=generator, dtype=torch.float64)
    phase = 2 * math.pi * turn
    return {"omega": omega.to(like), "phase": phase.to(like)}


def least_squares(
    phi: Float[torch.Tensor, "M n p"], y: Float[torch.Tensor, "M n d"]
) -> Float[torch.Tensor, "M p d"]:
    """theta (M, p, d) minimising |phi theta - y|^2 for phi (M, n, p), y (M, n, d)."""
    gram = phi.mT @ phi
    ridge = RIDGE * gram.diagonal(dim1=-2, dim2=-1)
    ridge[..., : y.shape[-1] + 1] = 0.0
    factor, failed = torch.linalg.cholesky_ex(gram + torch.diag_embed(ridge))
    if bool(failed.any()):
        raise InputError(
            f"samples must determine {phi.shape[-1]} coefficients a level, "
            f"got {phi.shape[1]} that do not: take more, "
            "or a target whose spread is not lost in rounding beside its mean"
        )
    return torch.cholesky_solve(phi.mT @ y, factor)
