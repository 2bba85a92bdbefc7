"""Checks of times and of the training pair: what each can see, and that right ones pass."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from ctverify import Convention
from ctverify.conformance import (
    CosineRamp,
    KarrasRamp,
    LinearRamp,
    LogNormalTimes,
    LogUniformRamp,
    SquareRoot,
)
from ctverify.conformance.checks.check import RATE
from ctverify.conformance.checks.drawn import Grid
from ctverify.conformance.search import judge

from .judging import BY_ID

slow = pytest.mark.slow
EDM = Convention.ve(0.002, t_max=80.0)
RAMPS = (KarrasRamp(), KarrasRamp(3.0), LogUniformRamp(), LinearRamp(), CosineRamp())


def verdict(id, subject, seed=0):
    """The result of one check, of few examples: each has thousands of draws."""
    return judge(BY_ID[id], subject, seed, 5)


@dataclass(frozen=True)
class Ramped:
    """A sampler's times in float32, by another order of the same operations."""

    ramp_law: Any
    shown: Any = None
    convention: Convention = EDM

    def times(self, n):
        """Of `shown`, or of the declared ramp in float32."""
        if self.shown is not None:
            return self.shown.times(n, self.convention)
        f, ramp = np.float32, self.ramp_law
        share = np.arange(n, dtype=f) / f(max(n - 1, 1) if ramp.to_boundary else n)
        low, high = f(self.convention.boundary), f(self.convention.t_max)
        if isinstance(ramp, KarrasRamp):
            root = (1 - share) * high ** f(1 / ramp.rho) + share * low ** f(1 / ramp.rho)
            return np.exp(f(ramp.rho) * np.log(root))
        if isinstance(ramp, LogUniformRamp):
            return high * (low / high) ** share
        if isinstance(ramp, LinearRamp):
            return (1 - share) * high + share * low
        return low + (high - low) * np.sin(f(math.pi / 2) * (1 - share))


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("ramp", RAMPS, ids=repr)
def test_float32_ramps_pass(ramp, closed):
    """Times in float32, in another order of operations, are on the ramp and within its ends."""
    rho = {"rho": ramp.rho} if isinstance(ramp, KarrasRamp) else {}
    subject = Ramped(type(ramp)(**rho, to_boundary=closed))
    for id in ("times.ends", "times.monotone", "times.ramp"):
        assert verdict(id, subject).status == "pass", id


@pytest.mark.parametrize("other", RAMPS, ids=repr)
@pytest.mark.parametrize("ramp", RAMPS, ids=repr)
def test_ramps_are_told_apart(ramp, other):
    """One ramp declared, another shown: a failure that names the other."""
    result = verdict("times.ramp", Ramped(ramp, shown=other))
    assert result.status == ("pass" if ramp == other else "fail")
    assert ramp == other or repr(other) in result.detail


@dataclass(frozen=True)
class Levels:
    """Training pairs of neighbours on a grid, with frequencies that need not be as declared."""

    drawn: Any
    declared: Any
    grid: Any = tuple(np.linspace(0.0, 1.0, 53))
    convention: Convention = field(default_factory=Convention.linear)

    def consistency(self, x, t, network):
        """Asks its network."""
        return x - t * network(x, torch.full((len(x),), t))

    def training_pair(self, x0, network, seed):
        """Independent rows."""
        generator = torch.Generator().manual_seed(seed)
        weights = torch.tensor(self.drawn, dtype=torch.float64)
        i = torch.multinomial(weights, len(x0), replacement=True, generator=generator)
        z = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
        grid = torch.tensor(self.grid, dtype=x0.dtype)
        t, s = grid[i + 1][:, None], grid[i][:, None]
        return (1 - t) * x0 + t * z, t, (1 - s) * x0 + s * z, s

    def time_law(self):
        """As it is declared."""
        return self.grid[1:], self.declared


EVEN = (1.0,) * 52


@pytest.mark.parametrize("level", [0, 1, 26, 50, 51])
def test_one_level_in_52_that_never_comes(level):
    """It is found, wherever it is; Kolmogorov's test does not see it."""
    drawn = tuple(float(i != level) for i in range(52))
    result = verdict("times.grid" if level in (0, 51) else "times.atoms", Levels(drawn, EVEN))
    assert result.status == "fail"
    assert verdict("times.law", Levels(drawn, EVEN)).status == "pass"


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(s, marks=slow) for s in range(2, 40))])
def test_even_levels_pass(seed):
    """No alarm on a right law, with rare levels too."""
    rare = tuple(10.0 ** -(i % 7) for i in range(52))
    for weights in (EVEN, rare):
        for id in ("times.grid", "times.atoms", "times.law", "times.tails", "pair.adjacent"):
            assert verdict(id, Levels(weights, weights), seed).status == "pass", id


def test_one_level_too_often():
    """A level that comes 1.5 times as often as it should."""
    drawn = tuple(1.5 if i == 20 else 1.0 for i in range(52))
    result = verdict("times.atoms", Levels(drawn, EVEN))
    assert result.status == "fail"
    assert "number 21 of 52" in result.detail


def test_grids_that_stop_short():
    """A declared grid that ends below t_max, one that begins above the boundary."""
    short = tuple(0.9 * v for v in np.linspace(0.0, 1.0, 53))
    result = verdict("times.grid", Levels(EVEN, EVEN, short))
    assert result.status == "fail"
    assert "end at 0.9 where t_max = 1" in result.detail
    late = tuple(0.1 + 0.9 * v for v in np.linspace(0.0, 1.0, 53))
    result = verdict("times.grid", Levels(EVEN, EVEN, late))
    assert result.status == "fail"
    assert "smallest s" in result.detail


def test_grid_index():
    """The nearest level, against all distances."""
    levels = np.array([0.1, 0.2, 0.5, 4.0])
    grid = Grid(levels, np.full(4, 0.25))
    t = np.array([0.0, 0.1, 0.149, 0.151, 0.34, 0.36, 3.0, 4.0, 9.0])
    assert grid.index(t).tolist() == abs(t[:, None] - levels).argmin(1).tolist()
    assert Grid(levels[:1], np.ones(1)).index(t).tolist() == [0] * len(t)


@dataclass(frozen=True)
class Continuous:
    """Continuous-time training; `low` and `high` cut the ranks of the times, `clip` clips them."""

    declared: Any
    low: float = 0.0
    high: float = 1.0
    clip: bool = False
    convention: Convention = EDM

    def consistency(self, x, t, network):
        """Asks its network."""
        return x - t * network(x, torch.full((len(x),), math.log(t) / 4))

    def training_pair(self, x0, network, seed):
        """Of the log-normal law with mean -1.1 and deviation 2, in float32."""
        generator = torch.Generator().manual_seed(seed)
        ranks = torch.rand(len(x0), generator=generator, dtype=torch.float64).numpy()
        if self.clip:
            ranks = ranks.clip(self.low, self.high)
        else:
            ranks = self.low + (self.high - self.low) * ranks
        log_t = torch.from_numpy(stats.norm(-1.1, 2.0).ppf(ranks)).float()
        t = log_t.exp()[:, None]
        x_t = x0 + t * torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
        return x_t, t, x_t, t

    def time_law(self):
        """As it is declared."""
        return self.declared


LAWS = (LogNormalTimes(-1.1, 2.0), stats.lognorm(s=2.0, scale=math.exp(-1.1)))


@pytest.mark.parametrize("law", LAWS, ids=["ours", "scipy"])
def test_continuous_times_in_float32_pass(law):
    """No alarm, whoever computes the law."""
    for id in ("times.atoms", "times.law", "times.tails"):
        assert verdict(id, Continuous(law)).status == "pass", id


@pytest.mark.parametrize(
    ("cut", "id"),
    [
        ({"low": 0.004}, "times.tails"),
        ({"high": 0.996}, "times.tails"),
        ({"low": 0.002, "clip": True}, "times.atoms"),
        ({"high": 0.998, "clip": True}, "times.atoms"),
        ({"low": 0.1}, "times.law"),
    ],
)
def test_continuous_times_that_are_cut(cut, id):
    """A law cut or clipped at a wrong end is found, which Kolmogorov's test alone does not."""
    assert verdict(id, Continuous(LAWS[0], **cut)).status == "fail"
    if id != "times.law":
        assert verdict("times.law", Continuous(LAWS[0], **cut)).status == "pass"


def test_draws_that_a_level_needs():
    """A level of 30 expected draws that never comes is below the rate of false alarms."""
    assert stats.binom.cdf(0, 2**14, 30 / 2**14) < RATE / (2 * 52)


@dataclass(frozen=True)
class Counted:
    """N(k) in single precision, factors in another order; off by `shift`."""

    curriculum_law: Any
    shift: float = 0.0
    convention: Convention = EDM

    def curriculum(self, k, K):
        """A float, as NumPy's ceil gives it."""
        law, f = self.curriculum_law, np.float32
        growth = f((law.s1 + 1) ** 2 - law.s0**2) / f(K)
        levels = np.ceil(np.sqrt(f(k) * growth + f(law.s0**2)) - f(1)) + f(1)
        return levels - law.intervals + self.shift


@pytest.mark.parametrize("intervals", [False, True])
@pytest.mark.parametrize("K", [1000, 800_000])
def test_square_root_curriculum(K, intervals):
    """Right in float32; one off, or half a level off, is found."""
    law = SquareRoot(2, 150, K, intervals)
    assert verdict("times.curriculum", Counted(law)).status == "pass"
    result = verdict("times.curriculum", Counted(law, 1.0))
    assert result.status == "fail"
    assert ("levels for intervals?" in result.detail) == intervals
    assert verdict("times.curriculum", Counted(law, 0.5)).status == "fail"


def test_pairs_without_a_law():
    """Where no law is declared, s is still below t."""

    class Backwards(Levels):
        time_law = None

        def training_pair(self, x0, network, seed):
            x_t, t, x_s, s = super().training_pair(x0, network, seed)
            return x_s, s, x_t, t

    result = verdict("pair.adjacent", Backwards(EVEN, EVEN))
    assert result.status == "fail"
    assert "is not below t" in result.detail
