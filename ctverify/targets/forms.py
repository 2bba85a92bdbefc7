"""Closed forms that a target may have, as it hands them to whoever asks."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, eq=False)
class NormalForm:
    """N(mean, S) by S = basis diag(eigenvalues) basis^T: eigenvalues (d,), basis (d, d)."""

    eigenvalues: torch.Tensor
    basis: torch.Tensor


@dataclass(frozen=True, eq=False)
class MixtureForm:
    """sum_j weights_j N(means_j, covariances_j), not centred: (K,), (K, d), (K, d, d)."""

    weights: torch.Tensor
    means: torch.Tensor
    covariances: torch.Tensor
