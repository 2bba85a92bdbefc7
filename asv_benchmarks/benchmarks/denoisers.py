"""The denoiser E[X_0 | X_0 + sigma Z = y]: mixtures by components, data sets against a plain softmax and two matrix products."""

import torch

from ctverify import Dataset, Mixture

from .compare import exponent, ratio

SIGMA = 0.7


def dataset(points: int, dim: int) -> Dataset:
    generator = torch.Generator().manual_seed(0)
    return Dataset(torch.randn(points, dim, generator=generator, dtype=torch.float64), 0.5)


def batch(rows: int, dim: int) -> torch.Tensor:
    return torch.randn(rows, dim, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


class DataSet:
    """Expected order: rows x points x dimension."""

    params = [[1797], [2, 64]]
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


class Components:
    """Mixtures: expected order components x dimension^2."""

    params = [[2, 8, 32], [2, 16]]
    param_names = ["components", "dim"]

    def setup(self, components: int, dim: int) -> None:
        means = batch(components, dim)
        self.target = Mixture([1 / components] * components, means, torch.eye(dim).expand(components, dim, dim))
        self.y = batch(2000, dim)

    def time_denoise(self, components: int, dim: int) -> None:
        self.target.denoise(self.y, SIGMA)


def track_order_in_points() -> float:
    """The fitted exponent of a data set's time in its number of points (expected 1)."""
    y = batch(500, 16)

    def call(points: int):
        target = dataset(points, 16)
        return lambda: target.denoise(y, SIGMA)

    return exponent(call, [1000, 4000, 16_000])
