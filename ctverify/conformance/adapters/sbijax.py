"""sbijax's consistency models for posterior estimation, on JAX, in float32: VE, c_in = 1, the
network is shown t itself.

0.3.4 has the class CMPE, 0.4 the functions nn.make_cm and experimental.cmpe. Haiku's interceptor
puts the network in the place of the layers between the scalings; the gradient is taken, as their
trainers do, by the parameters: of the last layer's bias, which here has a value for each call and
row. Samplers draw their start themselves: their first normal draw is z.
"""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar

import torch
from hypothesis import strategies as st

from ...core.arguments import missing
from ...model.convention import Convention
from ..laws import (
    Curriculum,
    Doubling,
    InverseGap,
    KarrasRamp,
    LogNormalTimes,
    Metric,
    PseudoHuber,
    SquareRoot,
)


@functools.cache
def library(name: str) -> Any:
    """This package's module `name`, which imports sbijax; InputError where that is not there."""
    try:
        import_module(".sbijax_api", __package__)  # first, since it mends what sbijax asks of JAX
        module = import_module(f".{name}", __package__)
    except ImportError as error:
        raise missing("SUBJECT", "sbijax", "ctverify[sbijax]", error) from None
    # JAX's threads are there before the process is asked to fork, which they would not survive
    module.jax.numpy.zeros(1)
    return module


@dataclass(frozen=True)
class Sbijax:
    """make_cm's arguments (t_min is `low`, t_max `high`), and those of training: `step` is the
    training step of the pair.
    """

    low: float = 0.001
    high: float = 50.0
    sigma_data: float = 1.0
    step: int = 0

    name = "sbijax-cmpe"
    dtypes = (torch.float32,)
    shares_dropout = True
    module: ClassVar[str]  # where what differs between the versions is

    @property
    def version(self) -> str:
        """That of sbijax, which is imported by then."""
        library(self.module)
        return version("sbijax")

    @property
    def convention(self) -> Convention:
        """VE; the network is shown x itself."""
        return Convention.ve(
            self.low, t_max=self.high, sigma_data=self.sigma_data, scaled_input=False
        )

    @property
    def model(self) -> dict[str, float]:
        """make_cm's arguments."""
        return {"t_min": self.low, "t_max": self.high, "sigma_data": self.sigma_data}

    @property
    def training(self) -> dict[str, Any]:
        """The loss's arguments."""
        return {"step": self.step}

    @property
    def objective(self) -> dict[str, int]:
        """The curriculum's arguments but for its step."""
        return {}

    def times(self, n: int) -> list[float]:
        """Those of the sampler."""
        return self.called("times", n)

    def consistency(self, x: torch.Tensor, t: float, network: Any) -> torch.Tensor:
        """vector_field."""
        return self.called("consistency", x, t, network)

    def sample(self, z: torch.Tensor, n: int, network: Any, seed: int) -> torch.Tensor:
        """The method `sample`."""
        return self.called("sample", z, n, network, seed)

    def loss(self, x0: torch.Tensor, network: Any, seed: int) -> torch.Tensor:
        """The training step's."""
        return self.called("loss", x0, network, seed, **self.training)

    def training_pair(
        self, x0: torch.Tensor, network: Any, seed: int
    ) -> tuple[torch.Tensor, Any, torch.Tensor, Any]:
        """What the network is shown at the two times, the noisier first."""
        return self.called("training_pair", x0, network, seed, **self.training)

    def called(self, method: str, *given: Any, **named: Any) -> Any:
        """The function of this name."""
        return getattr(library(self.module), method)(self.model, *given, **named)

    def source(self, method: str) -> str:
        """Lines that define `method`."""
        training = dict.fromkeys(("loss", "training_pair"), self.training)
        options = {**training, "curriculum": self.objective}.get(method, {})
        given = "".join(f", {name}={value!r}" for name, value in options.items())
        return "\n".join(
            [
                *_lines("sbijax_api"),
                *_lines(self.module),
                "from functools import partial",
                "",
                f"{method} = partial({method}, {self.model!r}{given})",
            ]
        )


def _lines(name: str) -> list[str]:
    """A module's source, but for what it has from the other."""
    lines = inspect.getsource(library(name)).splitlines()
    return [line for line in lines if not line.startswith("from .")]


@dataclass(frozen=True)
class CMPE(Sbijax):
    """0.3.4: the class. It samples in two steps, always."""

    name = "sbijax-cmpe"
    min_steps = 2
    max_steps = 2
    module = "sbijax_class"

    def configurations(self) -> Any:
        """Ends, scales of data, training steps of the 1,000 that its curriculum assumes."""
        return st.builds(
            type(self),
            low=st.sampled_from([0.001, 0.01, 0.1]),
            high=st.sampled_from([50.0, 20.0, 80.0]),
            sigma_data=st.sampled_from([1.0, 0.5, 2.0]),
            step=st.sampled_from([0, 500, 999]),
        )

    @property
    def curriculum_law(self) -> Curriculum:
        """Song et al.'s, from 10 to 50."""
        return SquareRoot(10, 50, 1000)

    def curriculum(self, k: int, K: int) -> int:
        """The module's."""
        return int(self.called("curriculum", k, K))

    @property
    def loss_law(self) -> Metric:
        """The root of the mean square, by 1/(t - s) as the documentation's paper has it."""
        return Metric(lambda difference: difference.square().mean(1).sqrt(), InverseGap())

    def time_law(self) -> tuple[Any, Any]:
        """Uniform on the pairs of Karras's levels, of which there are as many as the curriculum
        says.
        """
        levels = KarrasRamp(7.0).levels(self.curriculum(self.step, 1000), self.convention)
        return levels[1:], [1 / (len(levels) - 1)] * (len(levels) - 1)


@dataclass(frozen=True)
class Functions(Sbijax):
    """0.4: make_cm and cmpe, whose further arguments these are."""

    high: float = 200.0
    n_train_steps: int = 10_000
    s0: int = 10
    s1: int = 50

    name = "sbijax-cmpe"
    ramp_law = KarrasRamp(7.0)
    loss_law = PseudoHuber(weight=InverseGap())
    module = "sbijax_functions"

    def configurations(self) -> Any:
        """Ends, scales of data, curricula and their steps."""
        return st.builds(
            type(self),
            low=st.sampled_from([0.001, 0.01, 0.1]),
            high=st.sampled_from([200.0, 50.0, 80.0]),
            sigma_data=st.sampled_from([1.0, 0.5, 2.0]),
            step=st.sampled_from([0, 5000, 9999]),
            s1=st.sampled_from([50, 10, 1280]),
        )

    @property
    def training(self) -> dict[str, Any]:
        """The loss's arguments: cmpe's among them."""
        return {"step": self.step, **self.objective}

    @property
    def objective(self) -> dict[str, int]:
        """cmpe's arguments."""
        return {"n_train_steps": self.n_train_steps, "s0": self.s0, "s1": self.s1}

    @property
    def curriculum_law(self) -> Curriculum:
        """The documented one, of intervals."""
        return Doubling(self.s0, self.s1, self.n_train_steps, intervals=True)

    def curriculum(self, k: int, K: int) -> int:
        """discretization_schedule."""
        return int(self.called("curriculum", k, K, **self.objective))

    def time_law(self) -> tuple[Any, Any]:
        """A log-normal law with the documented paper's mean -1.1 and deviation 2, cut up by
        Karras's levels.
        """
        points = self.curriculum_law.levels(self.step) + 1
        return LogNormalTimes(-1.1, 2.0).cut(KarrasRamp(7.0).levels(points, self.convention))


def cmpe() -> Sbijax:
    """The adapter of the version that is installed."""
    try:
        major, minor = map(int, version("sbijax").split(".")[:2])
    except PackageNotFoundError as error:
        raise missing("SUBJECT", "sbijax", "ctverify[sbijax]", error) from None
    return CMPE() if (major, minor) < (0, 4) else Functions()
