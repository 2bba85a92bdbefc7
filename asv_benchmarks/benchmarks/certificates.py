"""The certificate: its error budget against a plain per-level one at equal samples, its growth with
T, and how tight it is.

The plain one draws (X_t, X_{t-1}) anew at every level, carries both to t = 1 by 40 Runge-Kutta
steps in log sigma, and uses the same control variate (a central difference of f_{t-1} and Phi_{t-1}
at the DDIM step), as a user would write it from the formulas.
"""

import functools
from itertools import pairwise

import numpy as np
import torch

from ctverify import Mixture, Schedule, certify, train
from ctverify.certificate.chain_defects import sampled_defects
from ctverify.certificate.checked_model import Centred
from ctverify.training import ConsistencyModel

from .compare import ratio, seconds
from .flows import textbook

SAMPLES, STEPS = 2000, 40
LAW = Mixture([0.4, 0.6], [[-1.0, 0.0], [1.0, 0.5]], [0.4 * torch.eye(2), 0.3 * torch.eye(2)])


@functools.cache
def model(T: int) -> ConsistencyModel:
    """256 cosine features on the two-component mixture."""
    return train(LAW, Schedule.li_huang_wei(T), "fourier", samples=4096)


def budget(T: int) -> None:
    """Our error budget."""
    schedule = Schedule.li_huang_wei(T)
    with torch.no_grad():
        sampled_defects(Centred(model(T), LAW, schedule), SAMPLES, 1e-6, 0)


def plain_budget(T: int) -> float:
    """The sum of eps_t and D_t, level by level."""
    schedule, generator, f = Schedule.li_huang_wei(T), torch.Generator().manual_seed(0), model(T)
    denoise, total = textbook(LAW), 0.0

    def flow(x: torch.Tensor, t: int) -> torch.Tensor:
        levels, y = (
            np.linspace(schedule.log_sigma[t], schedule.log_sigma[1], STEPS + 1),
            x / schedule.scales(t)[0],
        )
        for start, stop in pairwise(levels if t > 1 else ()):
            h, slope = stop - start, lambda y, level: y - denoise(y, float(np.exp(level)))
            k1 = slope(y, start)
            k2 = slope(y + h / 2 * k1, start + h / 2)
            k3 = slope(y + h / 2 * k2, start + h / 2)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(y + h * k3, stop))
        return schedule.scales(1)[0] * y

    for t in range(2, T + 1):
        (a, b), (a1, b1) = schedule.scales(t), schedule.scales(t - 1)
        x = a * LAW.sample(SAMPLES, generator) + b * torch.randn(
            SAMPLES, 2, generator=generator, dtype=torch.float64
        )
        clean = denoise(x / a, b / a)
        ddim = a1 * clean + b1 * (x - a * clean) / b
        for now, before in (
            (f(x, t), lambda y, t=t: f(y, t - 1)),
            (flow(x, t), lambda y, t=t: flow(y, t - 1)),
        ):
            parts = []
            for _ in range(2):
                x0 = LAW.sample_posterior(x / a, b / a, generator)
                y = a1 * x0 + b1 * (x - a * x0) / b
                step = 1e-4 * (y - ddim)
                parts.append(now - before(y) + (before(ddim + step) - before(ddim - step)) / 2e-4)
            total += float((parts[0] * parts[1]).sum(1).mean().clamp_min(0).sqrt())
    return total


class Certificate:
    """d = 2, 2,000 samples."""

    timeout = 600

    def setup(self) -> None:
        model(64)

    def time_budget(self) -> None:
        budget(64)

    def peakmem_budget(self) -> None:
        budget(64)

    def track_over_plain(self) -> float:
        """Our time over the plain one's (goal 1/10)."""
        with torch.no_grad():
            return ratio(lambda: budget(64), lambda: plain_budget(64), 1)

    def track_growth_to_1024(self) -> float:
        """The time at T = 1,024 over that at T = 64 (goal at most 20)."""
        model(1024), budget(64)
        return seconds(lambda: budget(1024)) / min(seconds(lambda: budget(64)) for _ in range(3))

    def track_bracket_width(self) -> float:
        """(upper - lower)/upper of W_1."""
        found = certify(model(64), LAW, Schedule.li_huang_wei(64), samples=SAMPLES)
        return (found.w1.upper - found.w1.lower) / found.w1.upper

    def track_budget_over_upper(self) -> float:
        """The budget's limit over the bracket's."""
        found = certify(model(64), LAW, Schedule.li_huang_wei(64), samples=SAMPLES)
        return found.budget.total_upper / found.w1.upper
