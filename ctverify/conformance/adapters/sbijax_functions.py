"""sbijax 0.4's way to sample and to train: the functions make_cm and cmpe."""

from typing import Any

import jax
import optax
import torch
from jax import numpy as jnp
from sbijax._src.experimental.cmpe import CMPEOptState, discretization_schedule
from sbijax._src.train._types import TrainingState
from sbijax.experimental import cmpe

from .sbijax_api import LAST, batch, biases, differentiable, drawn, injected, made, pair, tensor
from .sbijax_api import consistency as consistency


def sample(
    model: dict[str, float], z: torch.Tensor, n: int, network: Any, seed: int
) -> torch.Tensor:
    """n steps; the model scales z."""
    return drawn(made(model, z.shape[1], n_sampling_steps=n), z, network, seed)


def times(model: dict[str, float], n: int) -> list[float]:
    """The model's own grid from the noise end, but for its last point, which is not visited."""
    grid = {"index": jnp.arange(n + 1), "n_intervals": n}
    points = made(model, 1).apply({}, None, method="_time_grid", **grid)
    return [float(t) for t in tensor(points).flip(0)[:-1]]


def loss(
    model: dict[str, float],
    x0: torch.Tensor,
    network: Any,
    seed: int,
    step: int = 0,
    **objective: int,
) -> torch.Tensor:
    """The loss of cmpe's training step, and its gradient, which an optimiser of rate 1 takes."""
    optimiser, params, raws = optax.sgd(1.0), biases(x0), list[torch.Tensor]()
    state = TrainingState(params, CMPEOptState(optimiser.init(params), jnp.asarray(step)))
    train = cmpe(made(model, x0.shape[1]), **objective).train
    with injected(network, raws):
        info, state = train.step_fn(optimiser, jax.random.key(seed), state, batch(x0))
    return differentiable(info["loss"], -state.params[LAST]["b"], raws)


def training_pair(
    model: dict[str, float], x0: torch.Tensor, network: Any, seed: int, **training: int
) -> tuple[torch.Tensor, Any, torch.Tensor, Any]:
    """What the network is shown at the two times."""
    return pair(lambda network: loss(model, x0, network, seed, **training))


def curriculum(
    model: dict[str, float], k: int, K: int, n_train_steps: int, s0: int, s1: int
) -> int:
    """The number of intervals at step k."""
    return int(discretization_schedule(k, n_train_steps, s0, s1))
