"""bayesflow's ConsistencyModel (VE, c_in = 1) and StableConsistencyModel (TrigFlow), on Keras's
torch backend, in float32.

The network is a Keras layer in the place of the subnet. What the models do in training is read off
from what this layer is shown during compute_metrics. Importing bayesflow switches autograd off for
the whole process: these adapters run in one of their own.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, ClassVar, cast

import torch
from hypothesis import strategies as st

from ...core.arguments import missing
from ...model.convention import Convention
from ..laws import Doubling, KarrasRamp, KarrasScalings, LogNormalTimes, PlainTime, PseudoHuber

HEAD = """import os
os.environ["KERAS_BACKEND"] = "torch"
import bayesflow, keras

class Subnet(keras.layers.Layer):
    def build(self, shape):
        self.built = True

    def compute_output_shape(self, shape):
        return shape[0]

    def call(self, inputs, training=False, **kwargs):
        return self.network(inputs[0], inputs[1])

def inject(model, d, network=None):
    if not model.built:
        model.build((None, d))
        projector = getattr(model, "output_projector", None) or model.subnet_projector
        if projector.get_weights():
            projector.set_weights([torch.eye(d).numpy(), torch.zeros(d).numpy()])
    object.__setattr__(model.subnet, "network", network)
    return model
"""


@functools.cache
def library() -> dict[str, Any]:
    """bayesflow, keras and what HEAD defines; InputError where they are not installed."""
    os.environ["KERAS_BACKEND"] = "torch"
    names: dict[str, Any] = {"torch": torch, "math": math}
    try:
        # the text that scripts begin with, so that both are one
        exec(HEAD, names)  # nosec B102: ours
    except ImportError as error:
        raise missing("SUBJECT", "bayesflow", "ctverify[bayesflow]", error) from None
    import logging

    logging.disable(logging.WARNING)
    return names


def consistency(model: Any, x: Any, t: Any, network: Any) -> Any:
    """f at one time."""
    return inject(model, x.shape[1], network).consistency_function(x, torch.full((len(x), 1), t))


def sample(model: Any, z: Any, n: Any, network: Any, seed: Any) -> Any:
    """n steps; the model scales z."""
    return inject(model, z.shape[1], network)(z, inverse=True, steps=n, seed=seed)


def loss(model: Any, x0: Any, network: Any, seed: Any) -> Any:
    """The training loss, its random numbers those of the seed."""
    inject(model, x0.shape[1], network).seed_generator.state.assign([seed, 0])
    with torch.enable_grad():
        return model.compute_metrics(x0, stage="validation")["loss"]


def inject(model: Any, d: int, network: Any) -> Any:
    """HEAD's."""
    return library()["inject"](model, d, network)


class Keras:
    """What both adapters share; a frozen dataclass of the model's arguments inherits it."""

    model_name: ClassVar[str]
    functions: ClassVar[dict[str, Callable[..., Any]]] = {
        "consistency": consistency,
        "sample": sample,
        "loss": loss,
    }
    dtypes = (torch.float32,)

    @property
    def version(self) -> str:
        """That of bayesflow, which is imported by then, once for all processes that judge it."""
        library()
        return version("bayesflow")

    def __deepcopy__(self, memo: Any) -> Keras:
        return dataclasses.replace(cast(Any, self))

    @property
    def arguments(self) -> str:
        """The model's arguments, as they are written."""
        raise NotImplementedError

    def model(self, d: int) -> Any:
        """A model of dimension d with the layer in its subnet's place."""
        models = vars(self).setdefault("_models", {})
        if d not in models:
            names = library()
            built = eval(f"bayesflow.networks.{self.model_name}({self.arguments})", names)  # nosec B307
            models[d] = self.prepared(inject(built, d, None))
        return models[d]

    def prepared(self, model: Any) -> Any:
        """The model in the state that is judged."""
        return model

    def times(self, n: int) -> list[float]:
        """What _discretize_time gives the sampler."""
        return [float(t) for t in torch.as_tensor(self.discretized(n)).flip(0)]

    def discretized(self, n: int) -> Any:
        """The model's own grid, rising."""
        return self.model(1)._discretize_time(n)

    def consistency(self, x: torch.Tensor, t: float, network: Any) -> torch.Tensor:
        """consistency_function."""
        return consistency(self.model(x.shape[1]), x, t, network)

    def sample(self, z: torch.Tensor, n: int, network: Any, seed: int) -> torch.Tensor:
        """model(z, inverse=True, steps=n, seed=seed)."""
        return sample(self.model(z.shape[1]), z, n, network, seed)

    def loss(self, x0: torch.Tensor, network: Any, seed: int) -> torch.Tensor:
        """compute_metrics's loss, the random numbers those of the seed."""
        return loss(self.model(x0.shape[1]), x0, network, seed)

    def shown(self, x0: torch.Tensor, seed: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """What the subnet is shown in compute_metrics: inputs and embeddings, call by call."""
        calls: list[tuple[torch.Tensor, torch.Tensor]] = []

        def network(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
            calls.append((x.detach(), t.detach().reshape(-1)))
            return torch.zeros_like(x) + 0 * x + 0 * t.reshape(-1, 1)

        self.loss(x0, network, seed)
        return calls

    def source(self, method: str) -> str:
        """Lines that build the model and define `method`."""
        lines = [
            HEAD,
            f"model = bayesflow.networks.{self.model_name}({self.arguments})",
            *self.preparation(method),
        ]
        if method in self.functions:
            text = (
                inspect.getsource(self.functions[method])
                .replace(": Any", "")
                .replace(" -> Any", "")
            )
            lines += [
                "",
                text,
                "from functools import partial",
                f"{method} = partial({method}, model)",
            ]
        elif method == "times":
            lines += ["inject(model, 1)", f"times = lambda n: {self.grid_source}"]
        return "\n".join(lines)

    grid_source = "model._discretize_time(n)"

    def preparation(self, method: str) -> list[str]:
        """Lines that bring the model into the state that is judged."""
        return []


@dataclass(frozen=True)
class CM(Keras):
    """ConsistencyModel's arguments."""

    total_steps: int = 100
    max_time: float = 80.0
    sigma2: float = 1.0
    eps: float = 0.001
    s0: int = 10
    s1: int = 150

    name = "bayesflow-cm"
    model_name = "ConsistencyModel"
    # the documentation's [2], Sections 2, 3.1 and 3.3, the loss coordinate by coordinate
    ramp_law = KarrasRamp(rho=7.0, to_boundary=True)
    loss_law = PseudoHuber(elementwise=True)

    @property
    def scalings_law(self) -> KarrasScalings:
        """The documentation's [2], Appendix C, with the time in units of max_time."""
        return KarrasScalings(PlainTime(1 / self.max_time))

    @property
    def convention(self) -> Convention:
        """VE; the network is shown x itself, and t/max_time."""
        return Convention.ve(
            self.eps, t_max=self.max_time, sigma_data=math.sqrt(self.sigma2), scaled_input=False
        )

    def configurations(self) -> Any:
        """Noise ends, scales of data, boundaries, discretisations."""
        return st.builds(
            CM,
            max_time=st.sampled_from([80.0, 20.0]),
            sigma2=st.sampled_from([1.0, 0.25, 4.0]),
            eps=st.sampled_from([0.001, 0.002, 0.01, 0.03, 0.1]),
            s1=st.sampled_from([150, 40]),
        )

    @property
    def arguments(self) -> str:
        """Those of the constructor."""
        return (
            f"total_steps={self.total_steps}, subnet=Subnet(), max_time={self.max_time},"
            f" sigma2={self.sigma2}, eps={self.eps}, s0={self.s0}, s1={self.s1}"
        )

    @property
    def curriculum_law(self) -> Doubling:
        """The documentation's [2], Section 3.4."""
        return Doubling(self.s0, self.s1, self.total_steps)

    def curriculum(self, k: int, K: int) -> int:
        """_schedule_discretization."""
        return int(self.model(1)._schedule_discretization(k))

    def training_pair(
        self, x0: torch.Tensor, network: Any, seed: int
    ) -> tuple[torch.Tensor, Any, torch.Tensor, Any]:
        """What the network is shown at the two times, the noisier first."""
        (x, t), (y, s) = sorted(self.shown(x0, seed), key=lambda call: -float(call[1].sum()))[:2]
        return x, t * self.max_time, y, s * self.max_time

    def time_law(self) -> tuple[Any, Any]:
        """The documentation's [2], Section 3.5: a log-normal law with mean -1.1 and deviation 2,
        cut up by s0 + 1 levels.
        """
        levels = self.ramp_law.levels(self.s0 + 1, self.convention)
        return LogNormalTimes(-1.1, 2.0).cut(levels)


@dataclass(frozen=True)
class Stable(Keras):
    """StableConsistencyModel's sigma; `weights` seeds its weight network, whose last layer starts
    at 0 and is trained.
    """

    sigma: float = 1.0
    weights: int = 0

    name = "bayesflow-scm"
    model_name = "StableConsistencyModel"
    grid_source = "model._discretize_time(n, rho=3.5)"

    @property
    def convention(self) -> Convention:
        """TrigFlow with sigma_data = sigma, boundary 0."""
        return Convention.trigflow(self.sigma)

    def configurations(self) -> Any:
        """Scales of data and states of the weight network."""
        return st.builds(Stable, st.sampled_from([1.0, 0.5, 2.0, 0.25]), st.integers(0, 2))

    @property
    def arguments(self) -> str:
        """Those of the constructor."""
        return f"subnet=Subnet(), sigma={self.sigma}"

    def prepared(self, model: Any) -> Any:
        """With a weight network that has learned something."""
        exec("\n".join(self.preparation("loss")), library() | {"model": model})  # nosec B102
        return model

    def preparation(self, method: str) -> list[str]:
        """The state of the weight network; only the loss depends on it."""
        if method != "loss":
            return []
        return [
            "inject(model, 1)",
            f"generator = torch.Generator().manual_seed({self.weights})",
            "for w in [*model.weight_fn.trainable_variables, model.weight_fn_projector.kernel]:",
            (
                "    w.assign(2 * torch.randn(tuple(w.shape), generator=generator).numpy() /"
                " w.shape[0] ** 0.5)"
            ),
        ]

    def discretized(self, n: int) -> Any:
        """With the documented default of rho."""
        return self.model(1)._discretize_time(n, rho=3.5)

    def training_pair(
        self, x0: torch.Tensor, network: Any, seed: int
    ) -> tuple[torch.Tensor, Any, torch.Tensor, Any]:
        """(x_t, t) twice."""
        x, t = self.shown(x0, seed)[-1]
        return x * self.sigma, t, x * self.sigma, t

    def time_law(self) -> LogNormalTimes:
        """t = arctan(exp(tau)/sigma), tau normal with the model's own parameters."""
        model = self.model(1)
        mean, std = (
            getattr(model, new, None) or getattr(model, old)
            for new, old in (("noise_dist_mean", "p_mean"), ("noise_dist_std", "p_std"))
        )
        return LogNormalTimes(float(mean), float(std))
