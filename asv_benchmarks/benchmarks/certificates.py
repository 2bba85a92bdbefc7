"""The certificate: its time against POT's on samples, its growth with T, and how tight it is; the
chain's defects D_t against a plain per-level estimate at equal samples.

The plain one draws (X_t, X_{t-1}) anew at every level, carries both to t = 1 by 40 Runge-Kutta
steps in log sigma, and uses the same control variate (a central difference of f_{t-1} and Phi_{t-1}
at the DDIM step), as a user would write it from the formulas.
"""

import functools
from itertools import pairwise

import numpy as np
import torch

import ctverify
from ctverify import Mixture, Schedule, certify, population_model, train
from ctverify.certificate.chain_defects import sampled_defects
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.starts import noise_starts
from ctverify.certificate.trajectory import measure_trajectory
from ctverify.targets import Target, load
from ctverify.training import ConsistencyModel

from .brackets import empirical_w1
from .compare import ratio, seconds
from .flows import textbook

SAMPLES = 2000
STEPS = 40
POINTS = 2000  # of POT
NODES = 2000  # of the quadrature behind the true W_1 in d = 1
LAW = Mixture([0.4, 0.6], [[-1.0, 0.0], [1.0, 0.5]], [0.4 * torch.eye(2), 0.3 * torch.eye(2)])
SCHEDULE = Schedule.li_huang_wei(64)


@functools.cache
def model(T: int) -> ConsistencyModel:
    """256 cosine features on the two-component mixture."""
    return train(LAW, Schedule.li_huang_wei(T), "fourier", samples=4096)


def budget(T: int) -> None:
    """Our budget and shares."""
    f = Centred(model(T), LAW, Schedule.li_huang_wei(T))
    with torch.no_grad():
        measure_trajectory(f, functools.partial(noise_starts, f), SAMPLES, 1e-6, 0)


def certified() -> ctverify.Certificate:
    """The certificate of model(64)."""
    return certify(model(64), LAW, SCHEDULE, samples=SAMPLES)


def exact_w1(f: Centred) -> float:
    """W_1(f_T(Z), X_1) in d = 1 by quadrature, for an f_T that increases as the population model's
    does: equal scores are then the best coupling.
    """
    form = f.target.one_dimensional_form()
    z, exact, weight = form.noised(*f.schedule.scales(1)).nodes(NODES)
    shift = f.schedule.scales(f.schedule.T)[0] * float(f.target.mean)
    moved = f.in_one_dimension(f.schedule.T)(z - shift)
    return float(weight @ np.abs(moved - exact))


class Certificate:
    """d = 2, T = 64, 2,000 paths, 20,000 pairs."""

    timeout = 600

    def setup(self) -> None:
        model(64)

    def time_certify(self) -> None:
        certified()

    def peakmem_certify(self) -> None:
        certified()

    def track_over_pot(self) -> float:
        """The time of a whole certificate over that of POT's W_1 of 2,000 samples of the model and
        2,000 of the target, which has no limits and says nothing of why.
        """
        generator = torch.Generator().manual_seed(0)
        z = torch.randn(POINTS, 2, generator=generator, dtype=torch.float64)
        samples = model(64)(z, SCHEDULE.T)
        data = LAW.sample(POINTS, generator)
        return ratio(certified, lambda: empirical_w1(samples, data), 3)

    def track_lower_over_upper(self) -> float:
        """Of W_1's limits: 1 where the bracket is a point."""
        w1 = certified().w1
        return w1.lower / w1.upper

    def track_total_over_coupled(self) -> float:
        """The budget's total over the coupled distance (goal at most 2)."""
        certificate = certified()
        return certificate.budget.total / certificate.shares.total

    def track_shares_off(self) -> float:
        """How far the shares' sum is from the coupled distance, over that distance (at most
        1e-12).
        """
        shares = certified().shares
        parts = shares.start + shares.initial + shares.model_total + shares.schedule_total
        return abs(parts - shares.total) / shares.total


class Budget:
    """The trajectory's budget and shares, d = 2, 2,000 paths."""

    timeout = 600

    def setup(self) -> None:
        model(64)

    def time_budget(self) -> None:
        budget(64)

    def peakmem_budget(self) -> None:
        budget(64)

    def track_growth_to_1024(self) -> float:
        """The time at T = 1,024 over that at T = 64 (goal at most 20)."""
        model(1024)
        budget(64)
        return seconds(lambda: budget(1024)) / min(seconds(lambda: budget(64)) for _ in range(3))


class PopulationModel:
    """The population model in d = 1, where W_1 is known."""

    params = [["mild", "separated", "sharp"], [64, 256]]
    param_names = ["target", "T"]
    timeout = 300

    def setup(self, target: str, T: int) -> None:
        law: Target = load(target)
        schedule = Schedule.li_huang_wei(T)
        f = population_model(law, schedule)
        self.certificate = certify(f, law, schedule)
        self.truth = exact_w1(Centred(f, law, schedule))

    def track_total_over_w1(self, target: str, T: int) -> float:
        """The budget's total over W_1 (goals 1.02, 1.05 and 1.12)."""
        return self.certificate.budget.total / self.truth

    def track_lower_over_w1(self, target: str, T: int) -> float:
        """The lower limit over W_1."""
        return self.certificate.w1.lower / self.truth

    def track_upper_over_w1(self, target: str, T: int) -> float:
        """The upper limit over W_1."""
        return self.certificate.w1.upper / self.truth


def defects() -> None:
    """The chain's defects, from which optimal schedules take D_t."""
    with torch.no_grad():
        sampled_defects(Centred(model(64), LAW, SCHEDULE), SAMPLES, 1e-6, 0)


def plain_defects() -> float:
    """The sum of eps_t and D_t, level by level."""
    generator = torch.Generator().manual_seed(0)
    f = model(64)
    denoise = textbook(LAW)
    total = 0.0

    def flow(x: torch.Tensor, t: int) -> torch.Tensor:
        levels = np.linspace(SCHEDULE.log_sigma[t], SCHEDULE.log_sigma[1], STEPS + 1)
        y = x / SCHEDULE.scales(t)[0]

        def slope(y: torch.Tensor, level: float) -> torch.Tensor:
            return y - denoise(y, float(np.exp(level)))

        for start, stop in pairwise(levels if t > 1 else ()):
            h = stop - start
            k1 = slope(y, start)
            k2 = slope(y + h / 2 * k1, start + h / 2)
            k3 = slope(y + h / 2 * k2, start + h / 2)
            k4 = slope(y + h * k3, stop)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return SCHEDULE.scales(1)[0] * y

    for t in range(2, SCHEDULE.T + 1):
        a, b = SCHEDULE.scales(t)
        a1, b1 = SCHEDULE.scales(t - 1)
        noise = torch.randn(SAMPLES, 2, generator=generator, dtype=torch.float64)
        x = a * LAW.sample(SAMPLES, generator) + b * noise
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
                control = (before(ddim + step) - before(ddim - step)) / 2e-4
                parts.append(now - before(y) + control)
            total += float((parts[0] * parts[1]).sum(1).mean().clamp_min(0).sqrt())
    return total


class ChainDefects:
    """d = 2, T = 64, 2,000 paths with two draws a level."""

    timeout = 600

    def setup(self) -> None:
        model(64)

    def time_defects(self) -> None:
        defects()

    def track_over_plain(self) -> float:
        """Our time over the plain one's (goal 1/10)."""
        with torch.no_grad():
            return ratio(defects, plain_defects, 1)
