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
from importlib.metadata import version
from typing import Any, ClassVar

import torch
from hypothesis import strategies as st

from ...core.arguments import InputError
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
from ..protocol import Adapter

HEAD = '''import contextlib

import haiku
import jax
import numpy
import torch

jax.tree_map = jax.tree_util.tree_map  # 0.3.4 asks for it
from jax import numpy as jnp
from sbijax.nn import make_cm

LAST = "_cm_resnet/linear_3"  # the last layer of a network without hidden blocks


def tensor(array):
    return torch.from_numpy(numpy.array(array))


@contextlib.contextmanager
def injected(network, raws):
    """`network` in the place of the layers; `raws` is filled with what it answers."""
    shown = {}

    def layer(call, arguments, options, context):
        if context.method_name != "__call__":
            return call(*arguments, **options)
        if not isinstance(context.module, haiku.Linear):
            shown.update(options)
            return call(*arguments, **options)
        x, t = shown["theta"], shown["time"]
        if context.module.module_name != LAST:
            return jnp.zeros((len(x), context.module.output_size))
        key = haiku.maybe_next_rng_key()
        with torch.random.fork_rng(devices=[]):  # dropout, if any, is of Haiku's random numbers
            torch.manual_seed(0 if key is None else int(jax.random.bits(key)))
            raw = network(tensor(x), tensor(t)[:, 0])
        raws.append(raw)
        bias = context.module.params_dict().get(LAST + "/b")
        answer = jnp.asarray(raw.detach().numpy())
        return answer if bias is None else answer + bias[len(raws) - 1]

    with haiku.intercept_methods(layer):
        yield


@contextlib.contextmanager
def started(z):
    """The first normal draw is z."""
    normal, first = jax.random.normal, [jnp.asarray(z.numpy())]
    jax.random.normal = lambda *given, **named: (
        first.pop() if first else normal(*given, **named)
    )
    try:
        yield
    finally:
        jax.random.normal = normal


def made(model, d, **more):
    return make_cm(d, n_layers=0, hidden_size=1, **model, **more)


def bias(x0):
    return {LAST: {"b": jnp.zeros((2, *x0.shape))}}


def differentiable(value, gradient, raws):
    """The loss as a tensor whose gradient by each answer of the network is JAX's."""
    loss = tensor(value)
    for raw, slope in zip(raws, tensor(gradient)):
        loss = loss + (slope * (raw - raw.detach())).sum()
    return loss
'''


@functools.cache
def library() -> dict[str, Any]:
    """What HEAD defines; InputError where sbijax is not installed."""
    names: dict[str, Any] = {}
    try:
        exec(HEAD, names)  # the text that scripts begin with, so that both are one
    except ImportError as error:
        raise InputError(
            f"the subject needs sbijax: pip install 'ctverify[sbijax]' ({error})"
        ) from None
    names["jnp"].zeros(1)  # JAX's threads are started before the process is asked for forks
    return names


def consistency(model: Any, x: Any, t: Any, network: Any) -> Any:
    """f at one time: the consistency model's vector_field."""
    context, f = jnp.zeros((len(x), 1)), made(model, x.shape[1])
    with injected(network, []):
        call = {"theta": jnp.asarray(x.numpy()), "time": t, "context": context}
        return tensor(f.apply({}, None, method="vector_field", is_training=False, **call))


def sample(model: Any, z: Any, n: Any, network: Any, seed: Any) -> Any:
    """n steps; the model scales z."""
    f, context = made(model, z.shape[1], n_sampling_steps=n), jnp.zeros((len(z), 1))
    with injected(network, []), started(z):
        key = jax.random.key(seed)
        return tensor(f.apply({}, key, method="sample", context=context, is_training=False))


def sample_twice(model: Any, z: Any, n: Any, network: Any, seed: Any) -> Any:
    """The two steps that there are."""
    f, context = made(model, z.shape[1]), jnp.zeros((len(z), 1))
    with injected(network, []), started(z):
        key = jax.random.key(seed)
        return tensor(f.apply({}, key, method="sample", context=context, is_training=False))


def loss(model: Any, x0: Any, network: Any, seed: Any, step: Any = 0, **objective: Any) -> Any:
    """The loss of cmpe's training step, and its gradient, which an optimiser of rate 1 takes."""
    optimiser, params, raws = optax.sgd(1.0), bias(x0), []
    state = TrainingState(params, CMPEOptState(optimiser.init(params), jnp.asarray(step)))
    batch = {"theta": jnp.asarray(x0.numpy()), "y": jnp.zeros((len(x0), 1))}
    train = cmpe(made(model, x0.shape[1]), **objective).train
    with injected(network, raws):
        info, state = train.step_fn(optimiser, jax.random.key(seed), state, batch)
    return differentiable(info["loss"], -state.params[LAST]["b"], raws)


def class_loss(model: Any, x0: Any, network: Any, seed: Any, step: Any = 0) -> Any:
    """The loss of CMPE's training step, and its gradient by the student's parameters."""
    params, raws = bias(x0), []
    given = {"t_min": model["t_min"], "t_max": model["t_max"], "n_iter": step}
    batch = {"theta": jnp.asarray(x0.numpy()), "y": jnp.zeros((len(x0), 1))}
    with injected(network, raws):
        value, slopes = jax.value_and_grad(_consistency_loss)(
            params,
            params,
            jax.random.key(seed),
            made(model, x0.shape[1]).apply,
            is_training=True,
            **given,
            **batch,
        )
    return differentiable(value, slopes[LAST]["b"], raws)


def grid_times(model: Any, n: Any) -> Any:
    """The model's own grid from the noise end, but for its last point, which is not visited."""
    grid = {"index": jnp.arange(n + 1), "n_intervals": n}
    return tensor(made(model, 1).apply({}, None, method="_time_grid", **grid)).flip(0)[:-1].tolist()


def shown_times(model: Any, n: Any) -> Any:
    """The two times that the network is shown."""
    shown = []
    sample_twice(model, torch.zeros(1, 1), n, lambda x, t: shown.append(float(t[0])) or x, 0)
    return shown


@dataclass(frozen=True)
class Sbijax(Adapter):
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
    heading: ClassVar[str]
    functions: ClassVar[dict[str, Any]]
    needed: ClassVar[dict[str, tuple[str, ...]]] = {}

    @property
    def version(self) -> str:
        """That of sbijax, which is imported by then."""
        library()
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
        calls: list[tuple[torch.Tensor, torch.Tensor]] = []

        def seen(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
            calls.append((x, t))
            return torch.zeros_like(x)

        self.loss(x0, seen, seed)
        (x, t), (y, s) = sorted(calls, key=lambda call: -float(call[1].sum()))[:2]
        return x, t, y, s

    def called(self, method: str, *given: Any, **named: Any) -> Any:
        """The function of this method, run among the names that its script has."""
        return self.defined()[self.functions[method].__name__](self.model, *given, **named)

    @classmethod
    @functools.cache
    def defined(cls) -> dict[str, Any]:
        """HEAD's names and the functions'."""
        names = dict(library())
        exec("\n".join([cls.heading, *map(_text, cls.functions.values())]), names)
        return names

    def source(self, method: str) -> str:
        """Lines that define `method`."""
        lines = [HEAD, self.heading, ""]
        for name in (*self.needed.get(method, ()), method):
            if name in self.functions:
                lines += [_text(self.functions[name]), ""]
        if method in self.functions:
            options = self.training if method == "loss" else {}
            given = "".join(f", {name}={value!r}" for name, value in options.items())
            own = self.functions[method].__name__
            lines += [
                "from functools import partial",
                "",
                f"{method} = partial({own}, {self.model!r}{given})",
            ]
        return "\n".join(lines)


def _text(function: Any) -> str:
    """The source without its annotations."""
    return inspect.getsource(function).replace(": Any", "").replace(" -> Any", "")


@dataclass(frozen=True)
class CMPE(Sbijax):
    """0.3.4: the class. It samples in two steps, always."""

    name = "sbijax-cmpe"
    min_steps = 2
    max_steps = 2
    heading = "from sbijax._src.cmpe import _consistency_loss, _discretization_schedule"
    functions: ClassVar[Any] = {
        "consistency": consistency,
        "sample": sample_twice,
        "times": shown_times,
        "loss": class_loss,
    }
    needed: ClassVar[Any] = {"times": ("sample",)}

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
        """_discretization_schedule."""
        return int(self.defined()["_discretization_schedule"](k, K))

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
    heading = """import optax
from sbijax._src.experimental.cmpe import CMPEOptState, discretization_schedule
from sbijax._src.train._types import TrainingState
from sbijax.experimental import cmpe
"""
    functions: ClassVar[Any] = {
        "consistency": consistency,
        "sample": sample,
        "times": grid_times,
        "loss": loss,
    }

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
        objective = {"n_train_steps": self.n_train_steps, "s0": self.s0, "s1": self.s1}
        return {"step": self.step, **objective}

    @property
    def curriculum_law(self) -> Curriculum:
        """The documented one, of intervals."""
        return Doubling(self.s0, self.s1, self.n_train_steps, intervals=True)

    def curriculum(self, k: int, K: int) -> int:
        """discretization_schedule."""
        schedule = self.defined()["discretization_schedule"]
        return int(schedule(k, self.n_train_steps, self.s0, self.s1))

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
    except ImportError as error:
        raise InputError(
            f"the subject needs sbijax: pip install 'ctverify[sbijax]' ({error})"
        ) from None
    return CMPE() if (major, minor) < (0, 4) else Functions()
