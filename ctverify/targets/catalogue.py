"""Targets by name and by file.

The three 1-D mixtures (mild, separated, sharp) are those of the table of optimal schedules;
mixture-2d is the one whose W_1 bracket is known. The digits are scikit-learn's.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..core import limits
from ..core.arguments import InputError
from ..core.schemas import load as load_json
from ..core.signatures import checked
from .base import Target
from .dataset import Dataset, digits
from .mixture import Gaussian, Mixture
from .mixtures_1d import MIXTURES_1D
from .oracle_catalogue import CATALOGUE


def _mixture_8d() -> Mixture:
    """Three anisotropic components in d = 8; every number is a closed formula, so that no seed is
    needed.
    """
    i = torch.arange(8, dtype=torch.float64)
    means = torch.stack([0.8 * torch.cos(i * k + k) for k in (1.0, 2.0, 3.0)])
    waves = torch.stack([torch.sin(i * k) for k in (0.7, 1.3, 2.1)])
    eye = torch.eye(8, dtype=torch.float64)
    covariances = 0.3 * eye + 0.2 * waves[:, :, None] * waves[:, None, :]
    return Mixture([0.5, 0.3, 0.2], means, covariances, name="mixture-8d")


NAMED: dict[str, Callable[[], Target]] = {
    "gaussian-2d": lambda: Gaussian([1.0, -0.5], [[1.0, 0.4], [0.4, 0.3]], name="gaussian-2d"),
    "mixture-2d": lambda: Mixture(
        [0.4, 0.6],
        [[-1.0, 0.0], [1.0, 0.5]],
        [[[0.4, 0.0], [0.0, 0.4]], [[0.3, 0.0], [0.0, 0.3]]],
        name="mixture-2d",
    ),
    "mixture-8d": _mixture_8d,
    "digits": digits,
    **MIXTURES_1D,
}
DEMONSTRATION = ("gaussian-2d", "mixture-2d", "mixture-8d", "digits")


@checked
def load(name_or_file: str, bandwidth: float | None = None) -> Target:
    """A named target, a mixture from a .json file, or points from .npy or .csv.

    Arguments:
        name_or_file: one of NAMED, or of the oracles (oracle_catalogue.py); a .json file with
            weights, means and covariances; a .npy or .csv file of points, a row a point.
        bandwidth: what smooths points, above 0: default 0.5 for the digits and Scott's rule, spread
            * N^(-1/(d + 4)), for a file.

    Returns:
        The target, float64 on the CPU.

    Raises:
        InputError: a name that is not known, a file that cannot be read, a bandwidth for what is no
            data set.

    Example:
        >>> from ctverify.targets import load
        >>> load("mixture-2d")
        <Mixture mixture-2d, d = 2>
    """
    if name_or_file in NAMED:
        if bandwidth is None:
            return NAMED[name_or_file]()
        if name_or_file != "digits":
            raise InputError(f"bandwidth is for data sets, got it for the target {name_or_file}")
        return digits(bandwidth)
    if name_or_file in CATALOGUE and bandwidth is None:
        return CATALOGUE[name_or_file].make()
    path = Path(name_or_file)
    if path.suffix not in READERS:
        raise InputError(
            f"target must be one of {', '.join(NAMED)}, a name that `ctverify targets` lists, or a "
            f".json, .npy or .csv file, "
            f"got {name_or_file!r}"
        )
    return READERS[path.suffix](path, bandwidth)


@checked
def is_dataset(name_or_file: str) -> bool:
    """Whether `load` makes a Dataset of it, to which a bandwidth applies."""
    return name_or_file == "digits" or Path(name_or_file).suffix in (".npy", ".csv")


def _read_mixture(path: Path, bandwidth: float | None) -> Target:
    if bandwidth is not None:
        raise InputError(f"bandwidth is for data sets, got it for the mixture {path.name}")
    spec = load_json(path, f"target {str(path)!r}")
    keys = ("weights", "means", "covariances")
    if not isinstance(spec, dict) or not all(key in spec for key in keys):
        raise InputError(f"target {str(path)!r} must be a JSON object with {', '.join(keys)}")
    return Mixture(spec["weights"], spec["means"], spec["covariances"], name=path.stem)


def _read_npy(path: Path, bandwidth: float | None) -> Target:
    name = f"target {str(path)!r}"
    limits.regular(path, name)
    try:
        # nothing is read, nor made room for, that the file does not hold
        mapped = np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror or error}") from None
    except Exception as error:  # a header is Python, and raises whatever it likes
        raise InputError(f"{name} must be a .npy file of numbers (no pickles): {error}") from None
    limits.memory(name, mapped.size * (mapped.itemsize + limits.FLOAT))
    return _smoothed(np.array(mapped), path, bandwidth)


def _read_csv(path: Path, bandwidth: float | None) -> Target:
    name = f"target {str(path)!r}"
    lines = limits.read_text(path, name, limits.CSV).splitlines()
    try:
        points = [[float(cell) for cell in line.split(",")] for line in lines if line.strip()]
    except ValueError as error:
        raise InputError(
            f"{name} must be comma-separated numbers without a header: {error}"
        ) from None
    return _smoothed(points, path, bandwidth)


def _smoothed(points: Any, path: Path, bandwidth: float | None) -> Dataset:
    return Dataset(points, bandwidth, name=path.stem)


READERS: dict[str, Callable[[Path, float | None], Target]] = {
    ".json": _read_mixture,
    ".npy": _read_npy,
    ".csv": _read_csv,
}
