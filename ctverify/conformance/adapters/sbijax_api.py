"""What both versions of sbijax are asked by: f, with a network in the place of the layers, and the
gradient of a loss by what the network answers. Scripts are made of this source.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import haiku
import jax
import numpy
import torch

jax.tree_map = jax.tree_util.tree_map  # 0.3.4 asks for it
from jax import numpy as jnp  # noqa: E402
from sbijax.nn import make_cm  # noqa: E402

LAST = "_cm_resnet/linear_3"  # the last layer of a network without hidden blocks


def tensor(array: Any) -> torch.Tensor:
    """JAX's array in torch."""
    return torch.from_numpy(numpy.array(array))


def made(model: dict[str, float], d: int, **more: Any) -> Any:
    """A consistency model of dimension d."""
    return make_cm(d, n_layers=0, hidden_size=1, **model, **more)


@contextlib.contextmanager
def injected(network: Any, raws: list[torch.Tensor]) -> Iterator[None]:
    """`network` in the place of the layers; `raws` is filled with what it answers."""
    shown: dict[str, Any] = {}

    def layer(call: Any, arguments: Any, options: Any, context: Any) -> Any:
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
def started(z: torch.Tensor) -> Iterator[None]:
    """The first normal draw is z."""
    normal, first = jax.random.normal, [jnp.asarray(z.numpy())]

    def draw(*given: Any, **named: Any) -> Any:
        return first.pop() if first else normal(*given, **named)

    jax.random.normal = draw
    try:
        yield
    finally:
        jax.random.normal = normal


def biases(x0: torch.Tensor) -> dict[str, Any]:
    """Parameters: the last layer's bias, one for each call and row."""
    return {LAST: {"b": jnp.zeros((2, *x0.shape))}}


def differentiable(value: Any, gradient: Any, raws: list[torch.Tensor]) -> torch.Tensor:
    """The loss as a tensor whose gradient by each answer of the network is JAX's."""
    loss = tensor(value)
    for raw, slope in zip(raws, tensor(gradient), strict=True):
        loss = loss + (slope * (raw - raw.detach())).sum()
    return loss


def batch(x0: torch.Tensor) -> dict[str, Any]:
    """Parameters to be inferred, of data that say nothing."""
    return {"theta": jnp.asarray(x0.numpy()), "y": jnp.zeros((len(x0), 1))}


def consistency(model: dict[str, float], x: torch.Tensor, t: float, network: Any) -> torch.Tensor:
    """f at one time: the consistency model's vector_field."""
    f, given = made(model, x.shape[1]), batch(x)
    call = {"theta": given["theta"], "time": t, "context": given["y"], "is_training": False}
    with injected(network, []):
        return tensor(f.apply({}, None, method="vector_field", **call))


def drawn(f: Any, z: torch.Tensor, network: Any, seed: int) -> torch.Tensor:
    """What the model `f` samples from z."""
    call = {"context": jnp.zeros((len(z), 1)), "is_training": False}
    with injected(network, []), started(z):
        return tensor(f.apply({}, jax.random.key(seed), method="sample", **call))


def pair(loss: Any) -> tuple[torch.Tensor, Any, torch.Tensor, Any]:
    """What the network is shown by loss(network) at the two times, the noisier first."""
    calls: list[tuple[torch.Tensor, torch.Tensor]] = []

    def network(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        calls.append((x, t))
        return torch.zeros_like(x)

    loss(network)
    (x, t), (y, s) = sorted(calls, key=lambda call: -float(call[1].sum()))[:2]
    return x, t, y, s
