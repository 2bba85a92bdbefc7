"""The multilayer perceptron: f_t(x) = decode(u + N_t(u)), N_t two hidden layers of SiLU units, fitted by Adam.

N_t starts from N_{t-1} (warm start) and sees each of its pairs once; the learning rate falls to 0 along each level's half cosine
(Kingma and Ba, arXiv 1412.6980; Loshchilov and Hutter, arXiv 1608.03983). A step is a pure function of parameters, moments and
batch, over the leading axis of M targets.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch.nn.functional import silu

from .linear import Parameters

WIDTH, BATCH, RATE = 64, 256, 2e-3
BETA_1, BETA_2, EPSILON = 0.9, 0.99, 1e-8


def initial(dim: int, generator: torch.Generator, like: torch.Tensor, targets: int = 1) -> Parameters:
    """Parameters for M targets: weights by fan-in, the last layer 0, so that N = 0."""
    sizes = [(dim, WIDTH), (WIDTH, WIDTH), (WIDTH, dim)]
    parameters: Parameters = {}
    for layer, (fan_in, fan_out) in enumerate(sizes):
        scale = math.sqrt(2.0 / fan_in) if layer < 2 else 0.0
        weight = scale * torch.randn((targets, fan_in, fan_out), generator=generator, dtype=torch.float64)
        parameters |= {f"weight_{layer}": weight.to(like), f"bias_{layer}": torch.zeros(targets, 1, fan_out).to(like)}
    return parameters


def network(parameters: Parameters, u: torch.Tensor) -> torch.Tensor:
    """N(u), (M, n, d)."""
    hidden = u
    for layer in range(2):
        hidden = silu(torch.baddbmm(parameters[f"bias_{layer}"], hidden, parameters[f"weight_{layer}"]))
    return torch.baddbmm(parameters["bias_2"], hidden, parameters["weight_2"])


def step(
    parameters: Parameters, moments: tuple[Parameters, Parameters], u: torch.Tensor, y: torch.Tensor, rate: float, count: int
) -> tuple[Parameters, tuple[Parameters, Parameters]]:
    """One Adam step, number `count` = 1, 2, ..., on the mean square of u + N(u) - y for each of the M targets."""
    leaves = {key: value.detach().requires_grad_() for key, value in parameters.items()}
    with torch.enable_grad():
        loss = (u + network(leaves, u) - y).square().mean((1, 2)).sum()
        gradients = torch.autograd.grad(loss, list(leaves.values()))
    first, second, moved = {}, {}, {}
    for (key, value), g in zip(parameters.items(), gradients, strict=True):
        first[key] = torch.lerp(g, moments[0][key], BETA_1)
        second[key] = torch.lerp(g * g, moments[1][key], BETA_2)
        size = (second[key] / (1 - BETA_2**count)).sqrt_().add_(EPSILON)
        moved[key] = torch.addcdiv(value, first[key], size, value=-rate / (1 - BETA_1**count))
    return moved, (first, second)


def fit(parameters: Parameters, batches: Iterable[tuple[torch.Tensor, torch.Tensor]], steps: int) -> Parameters:
    """One level: `steps` steps over fresh batches (u, y), from the previous level's parameters."""
    zero = {key: torch.zeros_like(value) for key, value in parameters.items()}
    moments = (zero, dict(zero))
    for count, (u, y) in enumerate(batches, 1):
        rate = RATE * 0.5 * (1 + math.cos(math.pi * (count - 1) / steps))
        parameters, moments = step(parameters, moments, u, y, rate, count)
    return parameters
