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

from ..core import arguments
from ..core.streams import stream
from .base import Target
from .catalogue import NAMED
from .mixture import Gaussian, Mixture
from .product import Product

MIXTURES = ("mild", "separated", "sharp")
CONDITION = 10.0  # of the anisotropic covariance
FAMILIES = (
    *(f"gaussian-{kind}" for kind in ("isotropic", "anisotropic", "rotated")),
    *(f"{mixture}-{kind}" for mixture in MIXTURES for kind in ("product", "rotated", "cross")),
)


def family(name: str, dim: int, contrast: float = 1.0) -> Target:
    """The family's law in `dim` dimensions; contrast > 0."""
    arguments.choice("family", name, FAMILIES)
    dim, contrast = arguments.whole("dim", dim), arguments.real("contrast", contrast, 0)
    base, kind = name.split("-")
    if base == "gaussian":
        return _gaussian(name, kind, dim, contrast)
    line = NAMED[base]()
    assert isinstance(line, Mixture)
    if kind == "cross":
        return _cross(name, line, dim, contrast)
    factor = Mixture(line.weights, line.means, line.covariances / contrast, name=name)
    if dim == 1:
        return factor
    return Product([factor] * dim, rotation(dim) if kind == "rotated" else None, name=name)


def rotation(dim: int) -> torch.Tensor:
    """Q: one draw from Haar measure on the orthogonal matrices for each dimension; [[1]] for 1."""
    q, r = torch.linalg.qr(
        torch.randn(dim, dim, generator=stream("targets/rotation", 0, dim), dtype=torch.float64)
    )
    return torch.ones(1, 1, dtype=torch.float64) if dim == 1 else q * r.diagonal().sign()


def _gaussian(name: str, kind: str, dim: int, contrast: float) -> Gaussian:
    ratio = 1.0 if kind == "isotropic" else CONDITION
    eigenvalues = torch.from_numpy(
        np.geomspace(contrast, contrast / ratio, dim)
    )  # in d = 1 the first
    q = rotation(dim) if kind == "rotated" else torch.eye(dim, dtype=torch.float64)
    covariance = (q * eigenvalues) @ q.T
    return Gaussian(torch.zeros(dim), (covariance + covariance.T) / 2, name=name)


def _cross(name: str, line: Mixture, dim: int, contrast: float) -> Mixture:
    unit = torch.eye(dim, dtype=torch.float64)
    means = (line.means[:, 0, None, None] * unit).reshape(-1, dim)
    variances = (line.covariances[:, 0, 0] / contrast).repeat_interleave(dim)
    return Mixture(
        line.weights.repeat_interleave(dim) / dim, means, variances[:, None, None] * unit, name=name
    )
