"""sbijax 0.3.4's way to sample and to train: the class CMPE, whose sampler takes two steps."""

from typing import Any

import jax
import torch
from sbijax._src.cmpe import _consistency_loss, _discretization_schedule

from .sbijax_api import LAST, batch, biases, differentiable, drawn, injected, made, pair
from .sbijax_api import consistency as consistency


def sample(
    model: dict[str, float], z: torch.Tensor, n: int, network: Any, seed: int
) -> torch.Tensor:
    """The two steps that there are."""
    return drawn(made(model, z.shape[1]), z, network, seed)


def times(model: dict[str, float], n: int) -> list[float]:
    """The two times that the network is shown."""
    shown: list[float] = []

    def network(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        shown.append(float(t[0]))
        return x

    sample(model, torch.zeros(1, 1), n, network, 0)
    return shown


def loss(
    model: dict[str, float], x0: torch.Tensor, network: Any, seed: int, step: int = 0
) -> torch.Tensor:
    """The loss of CMPE's training step, and its gradient by the student's parameters."""
    params, raws = biases(x0), list[torch.Tensor]()
    ends = {"t_min": model["t_min"], "t_max": model["t_max"]}
    with injected(network, raws):
        value, slopes = jax.value_and_grad(_consistency_loss)(
            params,
            params,
            jax.random.key(seed),
            made(model, x0.shape[1]).apply,
            step,
            is_training=True,
            **ends,
            **batch(x0),
        )
    return differentiable(value, slopes[LAST]["b"], raws)


def training_pair(
    model: dict[str, float], x0: torch.Tensor, network: Any, seed: int, **training: int
) -> tuple[torch.Tensor, Any, torch.Tensor, Any]:
    """What the network is shown at the two times."""
    return pair(lambda network: loss(model, x0, network, seed, **training))


def curriculum(model: dict[str, float], k: int, K: int) -> int:
    """The number of levels at step k of K."""
    return int(_discretization_schedule(k, K))
