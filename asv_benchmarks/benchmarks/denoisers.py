"""The denoiser E[X_0 | X_0 + sigma Z = y]: mixtures by components; data sets against a plain
softmax, KeOps and two products.
"""

from collections.abc import Callable

import torch

from ctverify import Dataset, Mixture
from ctverify.targets import Target

from .compare import exponent, ratio

SIGMA = 0.7


def dataset(points: int, dim: int) -> Dataset:
    generator = torch.Generator().manual_seed(0)
    return Dataset(torch.randn(points, dim, generator=generator, dtype=torch.float64), 0.5)


def batch(rows: int, dim: int) -> torch.Tensor:
    return torch.randn(rows, dim, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


class DataSet:
    """Expected order: rows x points x dimension."""

    params = [[1797], [2, 16, 64]]
    param_names = ["points", "dim"]

    def setup(self, points: int, dim: int) -> None:
        self.target, self.y = dataset(points, dim), batch(2000, dim)

    def time_denoise(self, points: int, dim: int) -> None:
        self.target.denoise(self.y, SIGMA)

    def track_over_two_products(self, points: int, dim: int) -> float:
        """Our time over that of two matrix products of the same shapes (goal 1.2)."""
        keys = self.target.points
        return ratio(lambda: self.target.denoise(self.y, SIGMA), lambda: (self.y @ keys.T) @ keys)

    def track_over_plain_softmax(self, points: int, dim: int) -> float:
        """Our time over the distance-matrix softmax's."""
        keys, h = self.target.points, self.target.bandwidth
        v = h * h + SIGMA**2

        def plain() -> torch.Tensor:
            attended = torch.softmax(-(torch.cdist(self.y, keys) ** 2) / (2 * v), -1) @ keys
            return (h * h * self.y + SIGMA**2 * attended) / v

        return ratio(lambda: self.target.denoise(self.y, SIGMA), plain)


class KeOps:
    """The same against KeOps's online softmax, where it is installed (it compiles its kernel in the
    warm-up).
    """

    params, param_names, timeout = DataSet.params, DataSet.param_names, 300

    def setup(self, points: int, dim: int) -> None:
        try:
            from pykeops.torch import LazyTensor
        except ImportError:
            raise NotImplementedError("needs pykeops") from None
        self.lazy, self.target, self.y = LazyTensor, dataset(points, dim), batch(2000, dim)

    def track_over_keops(self, points: int, dim: int) -> float:
        """Our time over KeOps's."""
        keys, h = self.target.points, self.target.bandwidth
        v = h * h + SIGMA**2

        def keops() -> torch.Tensor:
            far = ((self.lazy(self.y[:, None]) - self.lazy(keys[None])) ** 2).sum(-1)
            attended = (-far / (2 * v)).sumsoftmaxweight(self.lazy(keys[None]), dim=1)
            return (h * h * self.y + SIGMA**2 * attended) / v

        assert torch.allclose(keops(), self.target.denoise(self.y, SIGMA))
        return ratio(lambda: self.target.denoise(self.y, SIGMA), keops, 3)


class Memory:
    """A process that denoises 4,000 rows of 20,000 points, whose array of distances alone would be
    640 MB.
    """

    def peakmem_denoise(self) -> None:
        dataset(20_000, 16).denoise(batch(4000, 16), SIGMA)

    def peakmem_nothing(self) -> None:
        """The same without denoising: what torch takes."""
        dataset(20_000, 16), batch(4000, 16)


def mixture(components: int, dim: int) -> Mixture:
    return Mixture(
        [1 / components] * components,
        batch(components, dim),
        torch.eye(dim).expand(components, dim, dim),
    )


class Components:
    """Mixtures: expected order components x dimension^2."""

    params = [[2, 8, 32], [2, 16]]
    param_names = ["components", "dim"]

    def setup(self, components: int, dim: int) -> None:
        self.target, self.y = mixture(components, dim), batch(2000, dim)

    def time_denoise(self, components: int, dim: int) -> None:
        self.target.denoise(self.y, SIGMA)


def track_order_in_points() -> float:
    """The fitted exponent of a data set's time in its number of points (expected 1)."""
    return exponent(lambda points: denoising(dataset(points, 16), 500), [1000, 4000, 16_000])


def track_order_in_rows() -> float:
    """The same in the number of rows (expected 1)."""
    target = dataset(1000, 16)
    return exponent(lambda rows: denoising(target, rows), [500, 2000, 8000])


def track_order_in_components() -> float:
    """A mixture's, in its number of components (expected 1)."""
    return exponent(lambda components: denoising(mixture(components, 8), 2000), [4, 16, 64])


def track_order_in_dim() -> float:
    """A mixture's, in its dimension (between 1, the element-wise work, and 2, the rotations)."""
    return exponent(lambda dim: denoising(mixture(8, dim), 1000), [8, 32, 128])


def denoising(target: Target, rows: int) -> Callable[[], torch.Tensor]:
    """A call that denoises that many rows."""
    y = batch(rows, target.dim)
    return lambda: target.denoise(y, SIGMA)
