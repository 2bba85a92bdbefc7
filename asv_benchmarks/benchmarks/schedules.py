"""Schedules: expected order T."""

from ctverify import Schedule
from ctverify.theory import gaussian_law

from .compare import exponent


class Build:
    """A schedule and what the theory says of it."""

    params = [64, 1024, 65_536]
    param_names = ["T"]

    def setup(self, T: int) -> None:
        self.schedule = Schedule.li_huang_wei(T)

    def time_li_huang_wei(self, T: int) -> None:
        Schedule.li_huang_wei(T)

    def time_shrinkage(self, T: int) -> None:
        gaussian_law.shrinkage(self.schedule, 1.0)

    def track_excess_over_r(self, T: int) -> float:
        """(1 - R)/r at lam = 1: tends to K(1) = 0.1545."""
        return gaussian_law.shrinkage(self.schedule, 1.0) / self.schedule.beta[-1]


def track_order_in_T() -> float:
    """The fitted exponent of the time in T (expected 1)."""
    return exponent(lambda T: lambda: Schedule.li_huang_wei(T), [2**14, 2**16, 2**18, 2**20])
