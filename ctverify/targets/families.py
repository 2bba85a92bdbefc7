"""Families: laws by name in any dimension d, for sweeps. With the weights w_j, means m_j and
variances v_j of a mixture of the catalogue (mild, separated, sharp) and kappa = contrast:

    gaussian-isotropic      N(0, kappa I)
    gaussian-anisotropic    N(0, diag(lam)), lam in equal ratios from kappa down to kappa/10
    gaussian-rotated        N(0, Q diag(lam) Q^T)
    {mixture}-product       X_i independent, each sum_j w_j N(m_j, v_j/kappa)
    {mixture}-rotated       Q X of that product
    {mixture}-cross         sum_ij (w_j/d) N(m_j e_i, (v_j/kappa) I): no product in any basis

L_f grows with kappa: sqrt(kappa) for a Gaussian with kappa >= 1, and faster the narrower the modes.
Q is one matrix for each d.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from ..core import arguments
from ..core.streams import stream
from .base import Target
from .mixture import Gaussian, Mixture
from .mixtures_1d import MIXTURES_1D
from .product import Product

CONDITION = 10.0  # of the anisotropic covariance
FAMILIES = (
    *(f"gaussian-{kind}" for kind in ("isotropic", "anisotropic", "rotated")),
    *(f"{mixture}-{kind}" for mixture in MIXTURES_1D for kind in ("product", "rotated", "cross")),
)


def family(name: str, dim: int, contrast: float = 1.0) -> Target:
    """A law of a family in any dimension (this file's head).

    Arguments:
        name: one of FAMILIES.
        dim: d, at least 1.
        contrast: kappa > 0.

    Returns:
        A Gaussian; for mixtures a Mixture or, in d > 1 and but for cross, a Product.

    Raises:
        InputError: a name that is not known, dim < 1, a contrast that is not above 0.

    Example:
        >>> from ctverify.targets import family
        >>> family("mild-rotated", 3)
        <Product mild-rotated, d = 3>
    """
    arguments.choice("family", name, FAMILIES)
    dim = arguments.whole("dim", dim)
    contrast = arguments.real("contrast", contrast, 0)
    base, kind = name.split("-")
    if base == "gaussian":
        return _gaussian(name, kind, dim, contrast)
    mixture = MIXTURES_1D[base]()
    if kind == "cross":
        return _cross(name, mixture, dim, contrast)
    factor = Mixture(mixture.weights, mixture.means, mixture.covariances / contrast, name=name)
    if dim == 1:
        return factor
    return Product([factor] * dim, rotation(dim) if kind == "rotated" else None, name=name)


def rotation(dim: int) -> Float[torch.Tensor, "d d"]:
    """Q: one draw from Haar measure on the orthogonal matrices for each dimension; [[1]] for 1."""
    if dim == 1:
        return torch.ones(1, 1, dtype=torch.float64)
    generator = stream("targets/rotation", 0, dim)
    q, r = torch.linalg.qr(torch.randn(dim, dim, generator=generator, dtype=torch.float64))
    return q * r.diagonal().sign()


def _gaussian(name: str, kind: str, dim: int, contrast: float) -> Gaussian:
    ratio = 1.0 if kind == "isotropic" else CONDITION
    # in d = 1 the first
    eigenvalues = torch.from_numpy(np.geomspace(contrast, contrast / ratio, dim))
    q = rotation(dim) if kind == "rotated" else torch.eye(dim, dtype=torch.float64)
    covariance = (q * eigenvalues) @ q.T
    return Gaussian(torch.zeros(dim), (covariance + covariance.T) / 2, name=name)


def _cross(name: str, mixture: Mixture, dim: int, contrast: float) -> Mixture:
    unit = torch.eye(dim, dtype=torch.float64)
    weights = mixture.weights.repeat_interleave(dim) / dim
    means = (mixture.means[:, 0, None, None] * unit).reshape(-1, dim)
    variances = (mixture.covariances[:, 0, 0] / contrast).repeat_interleave(dim)
    return Mixture(weights, means, variances[:, None, None] * unit, name=name)
