"""The population recursion f*: closed for Gaussians, tabulated in d = 1. Expected order: T."""

import torch

from ctverify import Gaussian, Mixture, Schedule, population_model

from .compare import exponent

LINE = Mixture([0.5, 0.5], [-1.0, 1.0], [0.3, 0.3])
NORMAL = Gaussian(torch.zeros(16), torch.eye(16))


class Population:
    """The recursion up to T, and its last map at 1,000 points."""

    params = [["gaussian", "mixture"], [64, 1024]]
    param_names = ["target", "T"]
    timeout = 300

    def setup(self, target: str, T: int) -> None:
        self.law, self.schedule = (
            {"gaussian": NORMAL, "mixture": LINE}[target],
            Schedule.li_huang_wei(T),
        )
        self.x = torch.linspace(-3, 3, 1000 * self.law.dim, dtype=torch.float64).reshape(
            1000, self.law.dim
        )

    def time_recursion(self, target: str, T: int) -> None:
        population_model(self.law, self.schedule)(self.x, T)


def track_order_in_T() -> float:
    """The fitted exponent in d = 1 (expected 1)."""
    return exponent(
        lambda T: lambda: population_model(LINE, Schedule.li_huang_wei(T)), [64, 256, 1024], 2
    )
