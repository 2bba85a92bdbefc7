"""Training by Eq. (14): many targets at once against a loop over them, and the linear class against
its matrix products.
"""

from collections.abc import Callable

import torch

# train_many is looked up when it is timed: a commit without it keeps the other figures
import ctverify
from ctverify import Mixture, Schedule, train
from ctverify.training.linear import FEATURES

from .compare import exponent, ratio

TARGETS, SAMPLES, SCHEDULE = 64, 4096, Schedule.li_huang_wei(8, 1, 2)


def law(seed: int) -> Mixture:
    means = torch.randn(2, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return Mixture([0.4, 0.6], means, torch.stack([0.4 * torch.eye(2), 0.3 * torch.eye(2)]))


class Training:
    """T = 8, 4,096 pairs a level, in d = 2; the MLP has width 64 and batches of 256."""

    timeout = 600

    def setup(self) -> None:
        self.laws = [law(seed) for seed in range(TARGETS)]

    def time_mlp(self) -> None:
        train(self.laws[0], SCHEDULE, "mlp", samples=SAMPLES)

    def time_fourier(self) -> None:
        train(self.laws[0], SCHEDULE, "fourier", samples=SAMPLES)

    def track_mlp_over_products(self) -> float:
        """The time of 8 targets at once over that of their matrix products (three layers, forward,
        teacher and backward).
        """
        hidden, weight = torch.randn(8, 256, 64), torch.randn(8, 64, 64)
        u, outer = torch.randn(8, 256, 2), torch.randn(8, 64, 2)

        def step() -> None:
            for _ in range(2):  # the teacher and the student
                u @ outer.mT, hidden @ weight, hidden @ outer
            hidden.mT @ u, u @ outer.mT, hidden.mT @ hidden, hidden @ weight.mT, u.mT @ hidden

        def products() -> None:
            for _ in range((SCHEDULE.T - 1) * SAMPLES // 256):
                step()

        return ratio(
            lambda: ctverify.train_many(self.laws[:8], SCHEDULE, "mlp", samples=SAMPLES),
            products,
            3,
        )

    def track_fourier_over_products(self) -> float:
        """The time of one target over that of its matrix products: the Gram matrix, the right-hand
        side and the prediction.
        """
        phi, y = (
            torch.randn(SAMPLES, FEATURES + 3, dtype=torch.float64),
            torch.randn(SAMPLES, 2, dtype=torch.float64),
        )

        def products() -> None:
            for _ in range(SCHEDULE.T - 1):
                phi.T @ phi, phi @ (phi.T @ y)

        return ratio(lambda: train(self.laws[0], SCHEDULE, "fourier", samples=SAMPLES), products)


class Together:
    """64 targets at once against a loop, on one torch thread and on two."""

    params = [1, 2]
    param_names = ["threads"]
    timeout = 600

    def setup(self, threads: int) -> None:
        torch.set_num_threads(threads)
        self.laws = [law(seed) for seed in range(TARGETS)]

    def teardown(self, threads: int) -> None:
        torch.set_num_threads(1)

    def track_mlp_over_loop(self, threads: int) -> float:
        """Our time over the loop's (goal 1/2 on a CPU, 1/100 on a GPU)."""

        def loop() -> None:
            for seed, one in enumerate(self.laws):
                train(one, SCHEDULE, "mlp", samples=SAMPLES, seed=seed)

        return ratio(
            lambda: ctverify.train_many(self.laws, SCHEDULE, "mlp", samples=SAMPLES), loop, 3
        )


def training(samples: int, T: int) -> Callable[[], object]:
    return lambda: train(law(0), Schedule.li_huang_wei(T, 1, 2), "mlp", samples=samples)


def track_order_in_samples() -> float:
    """The fitted exponent of the time in the pairs a level (expected 1)."""
    return exponent(lambda samples: training(samples, 8), [2048, 8192, 32_768], 2)


def track_order_in_T() -> float:
    """The same in T (expected 1)."""
    return exponent(lambda T: training(1024, T), [8, 32, 128], 2)
