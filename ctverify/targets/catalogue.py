"""Targets by name, by file and by spec.

The three 1-D mixtures (mild, separated, sharp) are those of the table of optimal schedules;
mixture-2d is the one whose W_1 bracket is known. The digits are scikit-learn's (UCI, 1,797 images
of 8 x 8), pixels/16.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..core.arguments import InputError, choice
from .base import Target
from .dataset import Dataset
from .mixture import Gaussian, Mixture
from .product import Product

DIGITS_BANDWIDTH = 0.5


def digits(bandwidth: float = DIGITS_BANDWIDTH) -> Dataset:
    """scikit-learn's digits, 64-dimensional, pixels/16 in [0, 1]."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise InputError(
            "the target digits needs scikit-learn, which is not installed: pip install 'ctverify[data]'"
        ) from None
    return Dataset(load_digits().data / 16, bandwidth, name="digits", source="digits")


def _mixture_8d() -> Mixture:
    """Three anisotropic components in d = 8; every number is a closed formula, so that no seed is
    needed.
    """
    i = torch.arange(8, dtype=torch.float64)
    means = torch.stack([0.8 * torch.cos(i * k + k) for k in (1.0, 2.0, 3.0)])
    waves = torch.stack([torch.sin(i * k) for k in (0.7, 1.3, 2.1)])
    covariances = (
        0.3 * torch.eye(8, dtype=torch.float64) + 0.2 * waves[:, :, None] * waves[:, None, :]
    )
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
    "mild": lambda: Mixture([0.5, 0.5], [-1.0, 1.0], [0.5, 0.5], name="mild"),
    "separated": lambda: Mixture([0.5, 0.5], [-2.0, 2.0], [0.5, 0.5], name="separated"),
    "sharp": lambda: Mixture([0.5, 0.3, 0.2], [-2.0, 1.0, 3.0], [0.1, 0.3, 0.05], name="sharp"),
}
DEMONSTRATION = ("gaussian-2d", "mixture-2d", "mixture-8d", "digits")


def load(name_or_file: str, bandwidth: float | None = None) -> Target:
    """A named target, a mixture from a .json file, or points from .npy or .csv.

    `bandwidth` smooths points: default 0.5 for the digits and Scott's rule, spread * N^(-1/(d +
    4)), for a file.
    """
    if name_or_file in NAMED:
        if bandwidth is None:
            return NAMED[name_or_file]()
        if name_or_file != "digits":
            raise InputError(f"bandwidth is for data sets, got it for the target {name_or_file}")
        return digits(bandwidth)
    path = Path(name_or_file)
    if path.suffix not in READERS:
        raise InputError(
            f"target must be one of {', '.join(NAMED)} or a .json, .npy or .csv file, got {name_or_file!r}"
        )
    try:
        return READERS[path.suffix](path, bandwidth)
    except OSError as error:
        raise InputError(
            f"target {name_or_file!r} must be a readable file: {error.strerror or error}"
        ) from None


def is_dataset(name_or_file: str) -> bool:
    """Whether `load` makes a Dataset of it, to which a bandwidth applies."""
    return name_or_file == "digits" or Path(name_or_file).suffix in (".npy", ".csv")


def from_spec(spec: Any) -> Target:
    """The target whose `spec` this is."""
    if not isinstance(spec, dict):
        raise InputError(f"a target's spec must be a JSON object with a kind, got {spec!r}")
    arguments = dict(spec)
    kind = choice(
        "the target's kind",
        arguments.pop("kind", None),
        ("gaussian", "mixture", "dataset", "product"),
    )
    if kind == "dataset" and "source" in arguments:
        choice("the data set's source", arguments["source"], ("digits",))
        return digits(arguments.get("bandwidth", DIGITS_BANDWIDTH))
    try:
        if kind == "product":
            arguments["factors"] = [from_spec(part) for part in arguments["factors"]]
        return {"gaussian": Gaussian, "mixture": Mixture, "dataset": Dataset, "product": Product}[
            kind
        ](**arguments)
    except (KeyError, TypeError) as error:
        raise InputError(f"a {kind} target's spec must name its arguments: {error}") from None


def _read_mixture(path: Path, bandwidth: float | None) -> Target:
    if bandwidth is not None:
        raise InputError(f"bandwidth is for data sets, got it for the mixture {path.name}")
    try:
        spec = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"target {str(path)!r} must hold JSON: {error}") from None
    keys = ("weights", "means", "covariances")
    if not isinstance(spec, dict) or not all(key in spec for key in keys):
        raise InputError(f"target {str(path)!r} must be a JSON object with {', '.join(keys)}")
    return Mixture(*(spec[key] for key in keys), name=path.stem)


def _read_npy(path: Path, bandwidth: float | None) -> Target:
    try:
        with path.open("rb") as file:
            points = np.lib.format.read_array(file, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise InputError(
            f"target {str(path)!r} must be a .npy file of numbers (no pickles): {error}"
        ) from None
    return _smoothed(points, path, bandwidth)


def _read_csv(path: Path, bandwidth: float | None) -> Target:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        points = [[float(cell) for cell in line.split(",")] for line in lines if line.strip()]
    except (UnicodeDecodeError, ValueError) as error:
        raise InputError(
            f"target {str(path)!r} must be comma-separated numbers without a header: {error}"
        ) from None
    return _smoothed(points, path, bandwidth)


def _smoothed(points: Any, path: Path, bandwidth: float | None) -> Dataset:
    if bandwidth is None:
        unsmoothed = Dataset(points, 1.0)
        n, d = unsmoothed.points.shape
        rms = float((unsmoothed.points - unsmoothed.mean).pow(2).mean().sqrt())
        bandwidth = (rms or 1.0) * n ** (-1 / (d + 4))
    return Dataset(points, bandwidth, name=path.stem)


READERS: dict[str, Callable[[Path, float | None], Target]] = {
    ".json": _read_mixture,
    ".npy": _read_npy,
    ".csv": _read_csv,
}
