"""Closed forms that a target may have, as it hands them to whoever asks."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class NormalForm:
    """N(mean, S) by S = basis diag(eigenvalues) basis^T: eigenvalues (d,), basis (d, d)."""

    eigenvalues: Float[torch.Tensor, "d"]
    basis: Float[torch.Tensor, "d d"]


@dataclass(frozen=True, eq=False)
class MixtureForm:
    """sum_j weights_j N(means_j, covariances_j), not centred: (K,), (K, d), (K, d, d)."""

    weights: Float[torch.Tensor, "K"]
    means: Float[torch.Tensor, "K d"]
    covariances: Float[torch.Tensor, "K d d"]
