"""Subjects that do what no adapter should: each is a small right one with a piece replaced.

WRONG maps a name to (subject, the check that fails, words of its row), REFUSED to (subject, the
sentence); ODD ones are right, and nothing fails.
"""

from __future__ import annotations

import itertools
import math
import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from ctverify import Convention
from ctverify.conformance import Doubling
from ctverify.conformance.oracle.refusals import NotApplicable


class Right:
    """VE with EDM's scalings for a boundary at 0.1."""

    convention = Convention.ve(0.1, t_max=10.0, sigma_data=0.5)

    def times(self, n):
        """Even in the logarithm, short of the boundary."""
        return [10.0 * 0.01 ** (i / n) for i in range(n)]

    def consistency(self, x, t, network):
        """c_skip x + c_out F(c_in x, log t)."""
        root = math.hypot(t, 0.5)
        c_skip, c_out = 0.25 / ((t - 0.1) ** 2 + 0.25), 0.5 * (t - 0.1) / root
        return c_skip * x + c_out * network(x / root, torch.full((len(x),), math.log(t)))


class Sampling(Right):
    """The same with its sampler."""

    def sample(self, z, n, network, seed):
        """Algorithm 1."""
        generator, times = torch.Generator().manual_seed(seed), self.times(n)
        x = self.consistency(times[0] * z, times[0], network)
        for t in times[1:]:
            noise = torch.randn(z.shape, generator=generator, dtype=z.dtype)
            x = self.consistency(x + math.sqrt(t * t - 0.01) * noise, t, network)
        return x


class Pairing(Right):
    """The same with training pairs, at two times."""

    def training_pair(self, x0, network, seed):
        """t = 2, s = 1."""
        z = torch.randn(x0.shape, generator=torch.Generator().manual_seed(seed), dtype=x0.dtype)
        return x0 + 2 * z, 2.0, x0 + z, 1.0


class Training(Pairing):
    """The same with its loss."""

    def loss(self, x0, network, seed):
        """Squared."""
        x_t, t, x_s, s = self.training_pair(x0, network, seed)
        with torch.no_grad():
            teacher = self.consistency(x_s, s, network)
        return (self.consistency(x_t, t, network) - teacher).square().sum(1)


def made(base: type = Right, **parts: Any) -> Any:
    """An instance of a subclass with these parts."""
    return type("Hostile", (base,), parts)()


def f(answer: Any) -> Any:
    """A subject whose f returns answer(x)."""
    return made(consistency=lambda self, x, t, network: answer(x))


def raising(error: BaseException, name: str = "consistency", base: type = Right) -> Any:
    """A subject one of whose methods raises."""

    def method(self, *arguments):
        raise error

    return made(base, **{name: method})


def times(answer: Any) -> Any:
    """A subject whose times(n) are answer(n)."""
    return made(times=lambda self, n: answer(n))


def pair(answer: Any) -> Any:
    """A subject whose training pair is answer(x0)."""
    return made(Pairing, training_pair=lambda self, x0, network, seed: answer(x0))


def loss(answer: Any) -> Any:
    """A subject whose loss is answer(x0)."""
    return made(Training, loss=lambda self, x0, network, seed: answer(x0))


def configured(strategy: Any) -> Any:
    """A subject with these configurations."""
    return made(configurations=lambda self: strategy)


class Wordless(Exception):
    """Its text raises."""

    def __str__(self):
        raise self


class Poisoned(torch.Tensor):
    """Every function of it raises."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        raise RuntimeError(f"no {func}")


class Anything:
    """Has every attribute."""

    convention = Right.convention
    name, version, injectable, shares_dropout = "anything", "1", True, False
    min_steps, max_steps, network_times = 1, None, ("t", "s")
    dtypes, body_dtype, t_min, source = (torch.float64,), None, None, None
    configurations = grid = curriculum_law = ramp_law = scalings_law = loss_law = None
    detached, one_call, flow_map, wraps, identity, gamma = True, True, None, None, None, None
    one_time = False

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments: self


class Unread(Right):
    """Reading what it does not have raises."""

    def __getattr__(self, name):
        raise RuntimeError(f"who wants {name}?")


class Hidden(Right):
    """Its convention raises."""

    @property
    def convention(self):
        """Raises."""
        raise OSError("no disk")


class Settled(Right):
    """Sets torch's defaults, and takes gradients away, whenever it is asked."""

    def consistency(self, x, t, network):
        """Right, on the way."""
        right = super().consistency(x, t, network)
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        torch.set_grad_enabled(False)
        return right


@dataclass(frozen=True)
class Base(Right):
    """Configurations of its own class, whatever the class of the subject."""

    scale: float = 1.0

    def configurations(self):
        """Base's."""
        return st.builds(Base, st.sampled_from([1.0, 2.0]))


@dataclass(frozen=True)
class Derived(Base):
    """A base that is right, and a wrong sampler."""

    def sample(self, z, n, network, seed):
        """Nothing."""
        return torch.zeros_like(z)


class Unprintable(Right):
    """Its repr raises."""

    def __repr__(self):
        raise ValueError("nameless")


class Different(Right):
    """Comparing, hashing and copying it raise."""

    __hash__ = None

    def __eq__(self, other):
        raise ValueError("incomparable")

    def __deepcopy__(self, memo):
        raise ValueError("unique")


@dataclass
class Shared(Sampling):
    """Keeps its network in its class while it runs: to ask for f meanwhile takes it away."""

    networks: list[Any] = field(default_factory=list)
    now = None

    def sample(self, z, n, network, seed):
        """With the network of the class."""
        Shared.now = network
        return super().sample(z, n, None, seed)

    def consistency(self, x, t, network):
        """With the network of the class in the midst of sampling."""
        if network is not None:
            Shared.now = network
        return super().consistency(x, t, Shared.now)


def swallowing(self, z, n, network, seed):
    """A sampler that goes on whatever its network raises."""
    x = z
    for t in self.times(n):
        try:
            x = self.consistency(x, t, lambda x_in, _: network(x_in, torch.zeros(99)))
        except Exception:
            x = torch.zeros_like(z)
    return x


def halting(n):
    """Times that raise half way."""
    yield 10.0
    raise StopAsyncIteration("enough")


def mutating(self, x, t, network):
    """f that overwrites x, wrongly."""
    return x.mul_(0.5)


def refusing(n):
    """A strategy that draws nothing."""
    return st.just(Right()).filter(lambda _: False)


def noisy(x):
    """Not a function of its arguments."""
    return x + torch.randn_like(x)


RETURNS, CALLS = "interface.returns", "interface.calls"
WRONG: dict[str, tuple[Any, str, str]] = {
    "f is None": (f(lambda x: None), RETURNS, "consistency returns is None"),
    "f is a number": (f(lambda x: 0.5), RETURNS, r"shape \(\), \(\d, \d\) is right"),
    "f is 0-d": (f(lambda x: x.sum()), RETURNS, r"has shape \(\)"),
    "f is empty": (f(lambda x: x[:0]), RETURNS, r"has shape \(0, "),
    "f is a row": (f(lambda x: x[0]), RETURNS, "has shape"),
    "f is flat": (f(lambda x: x.flatten()), RETURNS, "has shape"),
    "f is a list": (f(lambda x: x.tolist()), RETURNS, "a list, a tensor of shape"),
    "f is a string": (f(lambda x: "x"), RETURNS, "a str, a tensor"),
    "f is a generator": (f(lambda x: iter(x)), RETURNS, "a tensor of shape"),
    "f is whole": (f(lambda x: x.long()), RETURNS, "torch.int64, floating numbers"),
    "f is complex": (f(lambda x: x + 0j), RETURNS, "complex"),
    "f is sparse": (f(lambda x: x.to_sparse()), RETURNS, "layout torch.sparse_coo"),
    "f is meta": (f(lambda x: x.to("meta")), RETURNS, "device meta, cpu is right"),
    "f is poisoned": (f(lambda x: torch.zeros(1, 9).as_subclass(Poisoned)), RETURNS, "shape"),
    "f is an array of None": (f(lambda x: np.array([None])), RETURNS, "ndarray of no numbers"),
    "f is its own type": (f(type), RETURNS, "of no numbers"),
    "f is constant": (f(torch.ones_like), "scalings.affine", ""),
    "f is NaN": (f(lambda x: x * math.nan), "scalings.finite", ""),
    "f is infinite": (f(lambda x: x / 0), "scalings.finite", ""),
    "f is noise": (f(noisy), "scalings.affine", ""),
    "f is short": (f(lambda x: x.half()), "interface.kept", "torch.float16"),
    "f overwrites x": (made(consistency=mutating), "scalings.boundary", ""),
    "f exits": (raising(SystemExit(0)), CALLS, "consistency raised SystemExit: 0"),
    "f is interrupted": (raising(KeyboardInterrupt()), CALLS, "raised KeyboardInterrupt"),
    "f recurs": (made(consistency=lambda self, x, t, network: self.consistency(x, t, network)),
                 CALLS, "RecursionError"),
    "f raises without words": (raising(Wordless()), CALLS, r"\(its own text raises\)"),
    "f raises \ud800": (raising(ValueError("\ud800\x00\n\x1b[31m" * 400)), CALLS, r"\\ud800"),
    "f asks for None": (made(consistency=lambda self, x, t, network: network(None, None)),
                        CALLS, "consistency raised"),
    "f asks with many times": (
        made(consistency=lambda self, x, t, network: network(x, torch.ones(7))),
        CALLS, "one number a row"),
    "f asks with a string": (
        made(consistency=lambda self, x, t, network: network(x, "late")), CALLS, "raised"),
    "f returns the network": (
        made(consistency=lambda self, x, t, network: network), RETURNS, "a Recorder"),
    "times are None": (times(lambda n: None), RETURNS, "is None, a sequence of numbers"),
    "times are one": (times(lambda n: 1.0), RETURNS, "a float, a sequence"),
    "times do not end": (times(lambda n: itertools.count()), RETURNS, "does not end"),
    "times are strings": (times(lambda n: ["1.0"] * n), RETURNS, "holds a str, a number is right"),
    "times are a string": (times(lambda n: "123"), RETURNS, "a str, a sequence"),
    "times are truths": (times(lambda n: [True] * n), RETURNS, "holds a bool"),
    "times are pairs": (times(lambda n: [(1.0, 2.0)] * n), RETURNS, "holds a tuple"),
    "times are complex": (times(lambda n: [1j] * n), RETURNS, "holds a complex"),
    "times are a dict": (times(lambda n: dict.fromkeys(range(n))), RETURNS, "a dict"),
    "times are beyond floats": (times(lambda n: [10**400] * n), RETURNS, "beyond float64"),
    "times are meta": (times(lambda n: torch.ones(n, device="meta")), RETURNS, "on meta"),
    "times halt": (times(halting), CALLS, "raised StopAsyncIteration: enough"),
    "times are none": (times(lambda n: []), "times.count", ""),
    "times are NaN": (times(lambda n: [math.nan] * n), "times.finite", "nan"),
    "times exit": (raising(SystemExit("bye"), "times"), CALLS, "times raised SystemExit: bye"),
    "samples are None": (made(Sampling, sample=lambda self, z, n, network, seed: None),
                         RETURNS, "sample returns is None"),
    "samples are fewer": (made(Sampling, sample=lambda self, z, n, network, seed: z[1:]),
                          RETURNS, "sample returns has shape"),
    "samples are NaN": (made(Sampling, sample=lambda self, z, n, network, seed: z * math.nan),
                        "sampler.finite", ""),
    "the sampler swallows": (made(Sampling, sample=swallowing), "sampler.calls", ""),
    "a pair of three": (pair(lambda x0: (x0, 1.0, x0)), RETURNS, "a tuple of 3"),
    "a pair of many times": (pair(lambda x0: (x0, torch.ones(99), x0, 1.0)),
                             RETURNS, "t of training_pair holds 99 numbers"),
    "a pair of strings": (pair(lambda x0: ("x", 2.0, "x", 1.0)), RETURNS, "x_t of training_pair"),
    "a pair at no time": (pair(lambda x0: (x0, None, x0, None)), RETURNS, "t of training_pair"),
    "a loss of pairs": (loss(lambda x0: x0 @ x0.T), RETURNS, r"\(\) or \(\d,\) is right"),
    "a loss of None": (loss(lambda x0: None), RETURNS, "loss returns is None"),
    "a whole loss": (loss(lambda x0: 0), RETURNS, "torch.int64"),
    "a law of words": (made(Pairing, time_law=lambda self: "normal"), RETURNS, "time_law"),
    "a law below 0": (made(Pairing, time_law=lambda self: ([1.0, 2.0], [-1.0, 2.0])),
                      RETURNS, "probabilities of time_law"),
    "a curriculum of None": (
        made(curriculum=lambda self, k, K: None, curriculum_law=Doubling(10, 1280, 1000)),
        RETURNS, "what curriculum.* is right"),
    "scalings of three": (made(scalings=lambda self, t: (1.0, 2.0, 3.0)),
                          RETURNS, "holds 3 numbers, 4 is right"),
    "a start of words": (made(Sampling, initial_std="wide"), RETURNS, "initial_std"),
    "a call exits": (made(calls=lambda self: [("set up", lambda: sys.exit(0))]),
                     CALLS, "set up raised SystemExit: 0"),
    "calls are none": (made(calls=lambda self: [1, 2]), RETURNS, "calls returns"),
    "restored to None": (made(restored=lambda self: None), "interface.state", "no adapter|None"),
    "restoring raises": (raising(OSError("full"), "restored"), "interface.state", "OSError: full"),
    "anything": (Anything(), RETURNS, "a tensor"),
    "no grid": (made(grid=lambda self: None), RETURNS, "grid returns is None"),
    "an empty grid": (made(grid=lambda self: []), RETURNS, "grid returns are not finite times"),
    "a rising grid": (made(grid=lambda self: [0.1, 1.0, 10.0]), RETURNS, "fall from the noise end"),
    "f is not applicable": (raising(NotApplicable("me")), CALLS, "consistency raised NotApplic"),
    "f is wrong and nameless": (made(Unprintable, consistency=lambda self, x, t, network: x / 2),
                                "scalings.boundary", ""),
    "hardly any data": (made(convention=Convention.ve(0.1, t_max=10.0, sigma_data=1e-300)),
                        "scalings.input", ""),
    "no source": (made(type(f(torch.ones_like)), source=lambda self, method: 1 / 0),
                  "scalings.affine", ""),
}  # fmt: skip

REFUSED: dict[str, tuple[Any, str]] = {
    "nothing is read": (Unread(), "SUBJECT's .* raised RuntimeError: who wants"),
    "no convention is read": (Hidden(), "SUBJECT's convention raised OSError: no disk"),
    "dtypes of words": (made(dtypes="float32"), "SUBJECT's dtypes must be floating dtypes"),
    "no dtypes": (made(dtypes=()), "SUBJECT's dtypes must be floating dtypes"),
    "whole dtypes": (made(dtypes=(torch.int64,)), "SUBJECT's dtypes must be floating dtypes"),
    "a law of numbers": (made(curriculum_law=10), "SUBJECT's curriculum_law must be a Doubling"),
    "a loss of words": (made(loss_law="huber"), "SUBJECT's loss_law must be a PseudoHuber"),
    "many steps": (made(max_steps="many"), "SUBJECT's max_steps must be a whole number"),
    "times that are no method": (made(times=[1.0]), "SUBJECT's times must be a method"),
    "a name of numbers": (made(name=3), "SUBJECT's name must be a string"),
    "configurations raise": (raising(OSError("no"), "configurations"),
                             r"SUBJECT's configurations\(\) raised OSError: no"),
    "configurations are a list": (configured([Right()]), "must return a Hypothesis strategy"),
    "configurations are nothing": (configured(st.nothing()), "it yields none"),
    "configurations are filtered out": (configured(refusing(1)), "it yields none"),
    "drawing raises": (configured(st.builds(lambda: 1 / 0)), r"raised ZeroDivisionError"),
    "drawing exits": (configured(st.builds(sys.exit)), "raised SystemExit"),
    "of the base class": (Derived(), r"must yield adapters of its own class .*Derived, got Base\("),
    "configurations of None": (configured(st.none()), "its own class .*Hostile, got None"),
    "no adapter at all": (None, "must be an adapter"),
}  # fmt: skip

ODD: dict[str, Any] = {
    "f keeps gradients": made(
        consistency=lambda self, x, t, network: (
            Right.consistency(self, x, t, network)
            * torch.ones(1, dtype=x.dtype, requires_grad=True)
        )
    ),
    "f is a parameter": made(
        consistency=lambda self, x, t, network: torch.nn.Parameter(
            Right.consistency(self, x, t, network)
        )
    ),
    "f is an array": made(
        consistency=lambda self, x, t, network: Right.consistency(self, x, t, network).numpy()
    ),
    "f is a subclass": made(
        consistency=lambda self, x, t, network: Right.consistency(self, x, t, network).as_subclass(
            Poisoned
        )
    ),
    "times are a generator": times(lambda n: (t for t in Right().times(n))),
    "times are an array": times(lambda n: np.array(Right().times(n))[:, None]),
    "times are tensors": times(lambda n: [torch.tensor(t) for t in Right().times(n)]),
    "its repr raises": Unprintable(),
    "it cannot be compared": Different(),
    "it sets torch's defaults": Settled(),
    "its network lies in its class": Shared(),
}
