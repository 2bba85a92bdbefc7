"""Losses in the styles of others: right ones pass every check of the loss, wrong ones fail the one
of their cause.
"""

from dataclasses import dataclass

import pytest
import torch

from ctverify.conformance import search
from ctverify.conformance.admission import notes
from ctverify.conformance.laws import InverseGap, Metric, PseudoHuber, Squared
from ctverify.conformance.laws.loss_laws import AdaptiveSquared, InverseTime
from ctverify.conformance.references.reference import Reference
from ctverify.conformance.search import judge

from .judging import BY_ID

pytestmark = pytest.mark.filterwarnings(  # what the first torch.func.jvp of a process imports
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)
# without loss.rows, 1,500 losses that have little to do with what is wrong here
LOSS = [id for id in BY_ID if id.startswith("loss.") and id != "loss.rows"]


@pytest.fixture(autouse=True)
def _larger_failures(monkeypatch):
    """No failure is shrunk for long."""
    monkeypatch.setattr(search, "SHRINKS", 5)


@dataclass(frozen=True)
class Adaptive(Reference):
    """A squared loss whose weight 1/(r^2 + c)^power is detached, or leaks."""

    detached: bool = True
    power: float = 1.0

    @property
    def loss_law(self):
        """Geng et al.'s."""
        return AdaptiveSquared(self.power, 1e-3, InverseGap())

    def configurations(self):
        """This one."""
        return search.st.just(self)

    def _huber(self, difference):
        square = difference.square().sum(1)
        weight = 1 / (square + 1e-3) ** self.power
        return square * (weight.detach() if self.detached else weight)


@dataclass(frozen=True)
class Continuous(Reference):
    """Continuous time in VE: sign w(t) |df/dt|^2 by jvp, whose primal output is the student."""

    distance: str = "square"
    sign: float = 1.0
    factor: float = 1.0  # of the path's time derivative

    weight = None

    def configurations(self):
        """This one."""
        return search.st.just(self)

    @property
    def loss_law(self):
        """The square over t - s, whose limit is a tangent's; none for adaptive weights."""
        return Squared(weight=_over_gap) if self.distance == "square" else None

    def training_pair(self, x0, network, seed):
        """t log-normal."""
        x, t, _ = self._noised(x0, seed)
        return x, t, x, t

    def loss(self, x0, network, seed):
        """f - stop(f + r) squared, or with an adaptive weight."""
        x, t, z = self._noised(x0, seed)

        def f(x, t):
            return self._f(x, t, network)

        student, rate = torch.func.jvp(f, (x, t), (z, self.factor * torch.ones_like(t)))
        target = (student - self.sign * rate).detach()
        difference = student - target
        square = difference.square().sum(1)
        if self.distance == "adaptive":
            square = square / (square + 1e-3).detach()
        return square / (1 + t[:, 0])

    def time_law(self):
        """None that is declared."""
        raise NotImplementedError

    def _noised(self, x0, seed):
        generator = torch.Generator().manual_seed(seed)
        t = torch.randn(len(x0), 1, generator=generator, dtype=x0.dtype).exp()
        t = (t + self.sigma_min).clamp_max(self.sigma_max)
        z = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
        return x0 + t * z, t, z


def _over_gap(t, s):
    """1/((1 + t)(t - s)): in the limit |df/dt|^2/(1 + t)."""
    return InverseTime(1.0)(t, s) / (t - s)


def failing(subject, ids=LOSS, examples=2):
    """The first failure's check, in the order of causes; "" if there is none."""
    for id in ids:
        result = judge(BY_ID[id], subject, 0, examples)
        assert result.status != "inconclusive", result
        if result.status == "fail":
            return id
    return ""


RIGHT = (
    Adaptive(),
    Adaptive(power=0.5),
    Continuous(),
    Continuous(distance="adaptive"),
)


@pytest.mark.parametrize("subject", RIGHT, ids=repr)
def test_right_losses(subject):
    """No check of the loss fails."""
    assert failing(subject) == ""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("subject", RIGHT, ids=repr)
def test_right_losses_of_many_seeds(subject, seed):
    """No check of the loss fails, of all examples."""
    for id in LOSS:
        assert judge(BY_ID[id], subject, seed, None).status in ("pass", "not_applicable"), id


def test_a_weight_that_leaks():
    """Of the right value, and with the derivative of it for a gradient."""
    assert failing(Adaptive(detached=False)) == "loss.detached"


@pytest.mark.parametrize("distance", ["square", "adaptive"])
def test_a_reversed_tangent(distance):
    """Pushed away from the solution, at which it is stationary all the same."""
    assert failing(Continuous(distance=distance, sign=-1.0)) == "loss.restoring"


def test_a_tangent_without_its_time_derivative():
    """Not stationary at the exact solution."""
    assert failing(Continuous(factor=0.0)) == "loss.stationary"


def test_a_tangent_of_another_scale():
    """Twice the tangent is stationary and restoring, and not the declared law's."""
    assert failing(Continuous(sign=2.0)) == "loss.tangent"


def test_undeclared_laws_are_told():
    """The built-in law that an undeclared loss follows is named, or that there is none."""

    class Undeclared(Reference):
        loss_law = None

        def configurations(self):
            return search.st.just(self)

    result = judge(BY_ID["loss.law"], Undeclared(), 0, 1)
    assert result.status == "not_applicable"
    assert "it follows PseudoHuber(weight=InverseGap())" in result.detail

    class Other(Undeclared):
        def _huber(self, difference):
            return difference.square().sum(1).pow(1.5)

    assert "follows no built-in law" in judge(BY_ID["loss.law"], Other(), 0, 1).detail


def test_the_factor_that_differs_is_named():
    """Training with a c_out of its own: the check says which, by how much, and where."""

    class Twofold(Reference):
        def configurations(self):
            return search.st.just(self)

        def loss(self, x0, network, seed):
            def teachers(x, e):
                return network(x, e) if torch.is_grad_enabled() else 1.5 * network(x, e)

            return super().loss(x0, teachers, seed)

    result = judge(BY_ID["loss.one_f"], Twofold(), 0, 1)
    assert result.status == "fail"
    assert "the teacher's c_out is 1.5 times sampling's at t = " in result.detail


def test_declarations_that_call_the_subject_are_noted():
    """A law computed by the code that it judges is noted; one of its own is not."""

    class Shared(Reference):
        @property
        def loss_law(self):
            return Metric(self._huber, InverseGap())

    class Apart(Reference):
        @property
        def loss_law(self):
            return Metric(PseudoHuber().distance, lambda t, s: 1 / (t - s))

    (note,) = notes(Shared())
    assert "loss_law calls Reference._huber, which loss uses too" in note
    assert notes(Apart()) == ()
