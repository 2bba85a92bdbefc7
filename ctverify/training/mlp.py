"""The multilayer perceptron: f_t(x) = decode(u + N_t(u)), N_t two hidden layers of SiLU units,
fitted by Adam.

N_t starts from N_{t-1} (warm start) and sees each of its pairs once; the learning rate falls to 0
along each level. A step is a pure function of parameters, moments and batch, over the leading axis
of M targets.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch.nn.functional import silu

from . import adam
from .linear import Parameters

WIDTH = 64  # units of a hidden layer
BATCH = 256
RATE = 2e-3


def initial(
    dim: int, generator: torch.Generator, like: torch.Tensor, targets: int = 1
) -> Parameters:
    """Parameters for M targets: weights by fan-in, the last layer 0, so that N = 0."""
    sizes = [(dim, WIDTH), (WIDTH, WIDTH), (WIDTH, dim)]
    parameters: Parameters = {}
    for layer, (fan_in, fan_out) in enumerate(sizes):
        scale = math.sqrt(2.0 / fan_in) if layer < 2 else 0.0
        weight = torch.randn((targets, fan_in, fan_out), generator=generator, dtype=torch.float64)
        parameters[f"weight_{layer}"] = (scale * weight).to(like)
        parameters[f"bias_{layer}"] = torch.zeros(targets, 1, fan_out).to(like)
    return parameters


def network(
    parameters: Parameters, u: Float[torch.Tensor, "M n d"]
) -> Float[torch.Tensor, "M n d"]:
    """N(u), (M, n, d)."""
    hidden = u
    for layer in range(2):
        bias = parameters[f"bias_{layer}"]
        weight = parameters[f"weight_{layer}"]
        hidden = silu(torch.baddbmm(bias, hidden, weight))
    return torch.baddbmm(parameters["bias_2"], hidden, parameters["weight_2"])


def loss(
    parameters: Parameters, u: Float[torch.Tensor, "M n d"], y: Float[torch.Tensor, "M n d"]
) -> Float[torch.Tensor, ""]:
    """The mean square of u + N(u) - y, summed over the M targets, whose parameters are separate."""
    return (u + network(parameters, u) - y).square().mean((1, 2)).sum()


def step(
    parameters: Parameters,
    moments: adam.Moments,
    u: Float[torch.Tensor, "M n d"],
    y: Float[torch.Tensor, "M n d"],
    rate: float,
    count: int,
) -> tuple[Parameters, adam.Moments]:
    """One Adam step, number `count` = 1, 2, ..., on a batch (u, y)."""
    leaves = {key: value.detach().requires_grad_() for key, value in parameters.items()}
    with torch.enable_grad():
        gradients = torch.autograd.grad(loss(leaves, u, y), list(leaves.values()))
    moved, moments = adam.step(list(parameters.values()), gradients, moments, rate, count)
    return dict(zip(parameters, moved, strict=True)), moments


def fit(
    parameters: Parameters,
    batches: Iterable[tuple[Float[torch.Tensor, "M n d"], Float[torch.Tensor, "M n d"]]],
    steps: int,
) -> Parameters:
    """One level: `steps` steps over fresh batches (u, y), from the previous level's parameters."""
    moments = adam.zeros(list(parameters.values()))
    for count, (u, y) in enumerate(batches, 1):
        rate = adam.cosine_rate(RATE, count, steps)
        parameters, moments = step(parameters, moments, u, y, rate, count)
    return parameters
