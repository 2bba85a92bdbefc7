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
    dim: int,
    generator: torch.Generator,
    like: torch.Tensor,
    targets: int = 1,
    width: int = WIDTH,
) -> Parameters:
    """Parameters for M targets: weights by fan-in, the last layer 0, so that N = 0."""
    sizes = [(dim, width), (width, width), (width, dim)]
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


def slopes(
    parameters: Parameters, u: Float[torch.Tensor, "M n d"], y: Float[torch.Tensor, "M n d"]
) -> list[torch.Tensor]:
    """The gradient of the mean square of u + N(u) - y, summed over the M targets, whose parameters
    are separate; in the order of `parameters`.

    By the chain rule, because autograd's bookkeeping would take as long as these small products.
    """
    inputs = [u]  # of each layer
    sums = []  # what the units of each hidden layer are applied to
    for layer in range(2):
        bias = parameters[f"bias_{layer}"]
        weight = parameters[f"weight_{layer}"]
        sums.append(torch.baddbmm(bias, inputs[layer], weight))
        inputs.append(silu(sums[layer]))
    output = torch.baddbmm(parameters["bias_2"], inputs[2], parameters["weight_2"])
    residual = u + output - y
    slope = residual * (2.0 / residual[0].numel())  # by the output, then by each sum
    of_parameters = {}
    for layer in (2, 1, 0):
        of_parameters[f"weight_{layer}"] = inputs[layer].mT @ slope
        of_parameters[f"bias_{layer}"] = slope.sum(1, keepdim=True)
        if layer > 0:
            slope = slope @ parameters[f"weight_{layer}"].mT
            slope = torch.ops.aten.silu_backward(slope, sums[layer - 1])
    return [of_parameters[key] for key in parameters]


def step(
    parameters: Parameters,
    moments: adam.Moments,
    u: Float[torch.Tensor, "M n d"],
    y: Float[torch.Tensor, "M n d"],
    rate: float,
    count: int,
) -> tuple[Parameters, adam.Moments]:
    """One Adam step, number `count` = 1, 2, ..., on a batch (u, y); the moments are those of all
    parameters in one row, on which Adam's few operations cost least.
    """
    start = _in_one_row(parameters.values())
    slope = _in_one_row(slopes(parameters, u, y))
    (moved,), moments = adam.step([start], [slope], moments, rate, count)
    parts = moved.split([value.numel() for value in parameters.values()])
    shaped = [
        part.view(value.shape) for part, value in zip(parts, parameters.values(), strict=True)
    ]
    return dict(zip(parameters, shaped, strict=True)), moments


def fit(
    parameters: Parameters,
    batches: Iterable[tuple[Float[torch.Tensor, "M n d"], Float[torch.Tensor, "M n d"]]],
    steps: int,
) -> Parameters:
    """One level: `steps` steps over fresh batches (u, y), from the previous level's parameters."""
    moments = adam.zeros([_in_one_row(parameters.values())])
    for count, (u, y) in enumerate(batches, 1):
        rate = adam.cosine_rate(RATE, count, steps)
        parameters, moments = step(parameters, moments, u, y, rate, count)
    return parameters


def _in_one_row(arrays: Iterable[torch.Tensor]) -> torch.Tensor:
    """All their numbers, one array after the other."""
    return torch.cat([array.flatten() for array in arrays])
