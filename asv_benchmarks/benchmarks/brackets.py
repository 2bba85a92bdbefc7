"""The W_1 bracket against POT's exact solver on samples, at equal true error.

N(0, I) and f_T(x) = 1.05 Phi_T(x), started at N(0, I): both laws are isotropic about 0, and W_1 =
|kappa| E|Z| exactly, kappa the difference of their scales. The bracket's error is the farther end's
distance from it, limits included; POT's is that of the distance of n drawn points to n others, its
duals checked against its value.
"""

import math
import warnings
from functools import partial

import ot
import torch

from ctverify import Gaussian, Schedule
from ctverify.certificate.bracket import Bracket, bracket
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.starts import noise_starts
from ctverify.theory import gaussian_law

from .compare import exponent, seconds

SCHEDULE, GAIN, LEVEL, POINTS = Schedule.karras(64), 1.05, 0.25e-6, 2000
SIZES = tuple(2**k for k in range(6, 18))


def empirical_w1(x: torch.Tensor, y: torch.Tensor) -> float:
    """POT's W_1 of two samples of one size, its duals checked: feasible, and of the same value."""
    cost = torch.cdist(x, y).numpy()
    weight = ot.unif(len(x))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, log = ot.emd2(weight, weight, cost, numItermax=10**7, return_matrix=True, log=True)
    u = log["u"]
    v = log["v"]
    assert (u[:, None] + v[None] <= cost + 1e-9).all()
    assert abs(u.mean() + v.mean() - value) <= 1e-9
    return float(value)


class W1:
    """The bracket at `pairs` coupled pairs and POT at 2,000 points."""

    params = [2, 8, 32]
    param_names = ["dim"]
    timeout = 300

    def setup(self, dim: int) -> None:
        (a, b), (a1, b1) = SCHEDULE.scales(SCHEDULE.T), SCHEDULE.scales(1)
        self.after, self.slope = math.hypot(a1, b1), GAIN * math.hypot(a1, b1) / math.hypot(a, b)
        self.truth = abs(self.slope - self.after) * gaussian_law.norm_mean(dim)
        target = Gaussian(torch.zeros(dim), torch.eye(dim))
        self.f = Centred(lambda x, t: x if t == 1 else self.slope * x, target, SCHEDULE)

    def bracket(self, pairs: int) -> Bracket:
        with torch.no_grad():
            return bracket(self.f, partial(noise_starts, self.f), pairs, LEVEL, 0)

    def error(self, found: Bracket) -> float:
        assert found.lower <= self.truth <= found.upper
        return max(found.upper - self.truth, self.truth - found.lower)

    def pot(self, points: int) -> float:
        """POT's value on so many points of each law."""
        generator = torch.Generator().manual_seed(0)
        shape = (points, self.f.target.dim)
        x = self.slope * torch.randn(shape, generator=generator, dtype=torch.float64)
        y = self.after * torch.randn(shape, generator=generator, dtype=torch.float64)
        return empirical_w1(x, y)

    def time_bracket(self, dim: int) -> None:
        self.bracket(20_000)

    def track_width(self, dim: int) -> float:
        """(upper - lower)/W_1 at 20,000 pairs."""
        found = self.bracket(20_000)
        return (found.upper - found.lower) / self.truth

    def track_error(self, dim: int) -> float:
        """The bracket's error over W_1 at 20,000 pairs."""
        return self.error(self.bracket(20_000)) / self.truth

    def track_error_of_pot(self, dim: int) -> float:
        """POT's error over W_1 at 2,000 points."""
        return abs(self.pot(POINTS) - self.truth) / self.truth

    def track_over_pot(self, dim: int) -> float:
        """The time of the smallest bracket that is no farther off than POT at 2,000 points, over
        POT's.
        """
        peer = seconds(lambda: self.pot(POINTS))
        allowed = abs(self.pot(POINTS) - self.truth)
        pairs = next(n for n in SIZES if self.error(self.bracket(n)) <= allowed)
        return seconds(lambda: self.bracket(pairs)) / peer

    def track_order_in_pairs(self, dim: int) -> float:
        """The fitted exponent of the bracket's time (expected 1 at most: the potential's fit has a
        fixed size).
        """
        return exponent(lambda n: lambda: self.bracket(n), [2**14, 2**16, 2**18], 1)

    def track_order_of_pot(self, dim: int) -> float:
        """The same of POT in its points."""
        return exponent(lambda n: lambda: self.pot(n), [500, 1000, 2000], 1)
