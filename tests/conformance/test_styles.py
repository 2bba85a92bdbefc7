"""No false alarm: correct adapters in styles that are not ours, conform; wrong ones in few digits
do not.
"""

import pytest
import torch

from ctverify.conformance import check, search
from ctverify.conformance.checks import ALL

from .correct import FACTORIES, half

SLOW = ("loss.rows", "pair.residual")  # half of the time; the slow tests have them
QUICK = [one.id for one in ALL if one.id not in SLOW]
each = pytest.mark.parametrize("make", FACTORIES, ids=lambda make: make.__name__)

# torch.func.jvp compiles its decompositions with torch.jit, which is deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")


def assert_conforms(report):
    """Nothing fails, nothing is inconclusive, no example was refused."""
    bad = [result for result in report.results if result.status not in ("pass", "not_applicable")]
    assert not bad
    assert not any(result.refused for result in report.results)
    assert report.conforms
    assert report.exit_code == 0


@each
def test_conforms(make):
    """One example, of the checks in turn: each judges every other adapter; test_forty_seeds has all
    of them.
    """
    turn = FACTORIES.index(make) % 2
    report = check(make(), checks=QUICK[turn::2], max_examples=1)
    assert_conforms(report)
    assert sum(result.status == "pass" for result in report.results) >= 8


def test_there_are_enough():
    """Of names of their own; JAX's is one more."""
    assert len({make().name for make in FACTORIES}) == len(FACTORIES) >= 25


def test_together_they_use_every_kind():
    """A body of each dtype; NumPy's losses have no gradients, and what needs them says so."""
    report = check(FACTORIES[4](), checks=["loss"], max_examples=1)
    gradient = next(result for result in report.results if result.id == "loss.gradient")
    assert gradient.status == "not_applicable"
    assert "no gradients" in gradient.detail
    law = next(result for result in report.results if result.id == "loss.law")
    assert law.status == "pass"


class Wrong(half.HalfBody):
    """A right one in bfloat16, to be made wrong."""

    def __init__(self):
        super().__init__(torch.bfloat16)


class Skipping(Wrong):
    """c_skip, which does not pass through the body, is off by 1e-3."""

    def consistency(self, x, t, network):
        """A little more of x."""
        return super().consistency(x, t, network) + 1e-3 * x


class Trailing(Wrong):
    """Noise is left in the samples."""

    def sample(self, z, n, network, seed):
        """Of a tenth."""
        out = super().sample(z, n, network, seed)
        return out + 0.1 * self.z(z, torch.Generator().manual_seed(seed))


class Earlier(Wrong):
    """Noise of the level before."""

    def times(self, n):
        """Remembers it."""
        self.n = n
        return super().times(n)

    def sample(self, z, n, network, seed):
        """As HalfBody's, with the wrong level."""
        g = torch.Generator().manual_seed(seed)
        x, times = z * 80.0, self.times(n)
        for i, sigma in enumerate(times):
            if i:
                x = x + (times[i - 1] ** 2 - 0.002**2).sqrt() * self.z(z, g)
            x = self.net(network, x, sigma.expand(len(x)))
        return x


class Clean(Wrong):
    """The student is fed clean data."""

    def training_pair(self, x0, network, seed):
        """Right when it is asked for."""
        return super().training_pair(x0, network, seed)

    def loss(self, x0, network, seed):
        """Not here."""
        _, t, x_s, s = self.training_pair(x0, network, seed)
        target = self.net(network, x_s, s).detach()
        return (self.net(network, x0, t) - target).square().mean()


@pytest.mark.parametrize(
    ("kind", "killer"),
    [
        (Skipping, "scalings.boundary"),
        (Trailing, "sampler.last"),
        (Earlier, "sampler.renoise"),
        (Clean, "pair.inputs"),
    ],
)
def test_few_digits_hide_no_bug(kind, killer, monkeypatch):
    """The body's roundings are allowed to what passes through it, no more."""
    monkeypatch.setattr(search, "SHRINKS", 5)
    report = check(kind(), checks=[killer], max_examples=5)
    assert [result.id for result in report.failed] == [killer]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
@each
def test_forty_seeds(make, seed):
    """All checks, two examples each."""
    assert_conforms(check(make(), max_examples=2, seed=seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_jax(seed):
    """Where jax is installed: in the nightly job. It compiles for each shape."""
    pytest.importorskip("jax", reason="jax is installed in the nightly job alone")
    from .correct import jax_style

    assert_conforms(check(jax_style.Jax(), max_examples=1, seed=seed))
