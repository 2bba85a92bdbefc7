"""MeanFlow training (Geng et al., arXiv 2505.13447, Eqs. (8) to (11)) of one network for all pairs
of times.

In whitened coordinates (pairs.py), at the angle theta, tan(theta) = sigma/s_0, along an eigenvector
of the pilot's covariance with the eigenvalue lam

    y = (cos(theta) x_0 + s_0 sin(theta) z)/r,     r^2 = lam cos(theta)^2 + s_0^2 sin(theta)^2,
    dy/dtheta = (-sin(theta) x_0 + s_0 cos(theta) z)/r - y (s_0^2 - lam) sin(theta) cos(theta)/r^2,

x_0 centred, both in the eigenbasis. y moves along straight into the same flow as x does, and the
flow of N(m, C) is y = const, which the network u = 0 begins with. The map is F(y, t, s) = y - (t -
s) u(y, t, s), and u is fitted by least squares to

    u_target = v - (t - s) (d/dt u + (v . grad) u),     v = dy/dt of the pair (x_0, z),

u's own derivatives held fixed: with v's mean given y in its place it is the identity that the
average velocity satisfies, and v enters linearly. The network sees y and cosine and sine of t, 2 t,
s and 2 s.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch.nn.functional import silu

from . import adam
from .linear import Parameters
from .pairs import Whitening

WIDTH = 64  # units of a hidden layer
BATCH = 512
RATE = 1e-2
EQUAL = 0.5  # of the pairs have s = t, where u is the velocity itself
TO_THE_END = 0.2  # of the others s at the data end, which one step needs
WAVES = (1.0, 2.0)  # multiples of an angle that the network sees the cosine and the sine of
LAYERS = 3


@dataclass(frozen=True, eq=False)
class Batch:
    """Draws of y, of its velocity, and of the angles t >= s; (n, d) and (n,), float32."""

    y: Float[torch.Tensor, "n d"]
    v: Float[torch.Tensor, "n d"]
    t: Float[torch.Tensor, "n"]
    s: Float[torch.Tensor, "n"]

    def split(self, rows: int) -> Iterable[Batch]:
        """In parts of so many rows."""
        parts = (array.split(rows) for array in (self.y, self.v, self.t, self.s))
        return [Batch(*part) for part in zip(*parts, strict=True)]


def unit(whitening: Whitening) -> float:
    """s_0, the root of the mean eigenvalue; 1 where all are 0."""
    return math.sqrt(float(whitening.eigenvalues.mean())) or 1.0


def draw_angles(
    n: int, low: float, high: float, generator: torch.Generator
) -> tuple[Float[torch.Tensor, "{n}"], Float[torch.Tensor, "{n}"]]:
    """t uniform on low..high; s = t with probability EQUAL, else uniform on low..t, or low."""
    uniform = torch.rand((4, n), generator=generator, dtype=torch.float64)
    t = low + (high - low) * uniform[0]
    s = low + (t - low) * uniform[1]
    s = torch.where(uniform[2] < TO_THE_END, torch.full_like(s, low), s)
    return t, torch.where(uniform[3] < EQUAL, t, s)


def moving_pairs(
    whitening: Whitening,
    x0: Float[torch.Tensor, "n d"],
    z: Float[torch.Tensor, "n d"],
    t: Float[torch.Tensor, "n"],
    s: Float[torch.Tensor, "n"],
) -> Batch:
    """y and dy/dt of draws x0, z at the angles t, for one target (M = 1)."""
    s0 = unit(whitening)
    lam = whitening.eigenvalues[0]
    basis = whitening.basis[0]
    cosine = t.cos()[:, None]
    sine = t.sin()[:, None]
    signal = (x0 - whitening.mean[0]) @ basis
    noise = s0 * (z @ basis)
    square = lam * cosine * cosine + s0 * s0 * sine * sine
    y = (cosine * signal + sine * noise) / square.sqrt()
    turned = (cosine * noise - sine * signal) / square.sqrt()
    v = turned - y * ((s0 * s0 - lam) * sine * cosine / square)
    return Batch(y.float(), v.float(), t.float(), s.float())


def initial(dim: int, generator: torch.Generator, like: torch.Tensor) -> Parameters:
    """Weights by fan-in, the last layer 0, so that u = 0."""
    sizes = [(dim + 4 * len(WAVES), WIDTH), (WIDTH, WIDTH), (WIDTH, dim)]
    parameters: Parameters = {}
    for layer, (fan_in, fan_out) in enumerate(sizes):
        scale = math.sqrt(2.0 / fan_in) if layer < LAYERS - 1 else 0.0
        weight = torch.randn((fan_in, fan_out), generator=generator, dtype=torch.float64)
        parameters[f"weight_{layer}"] = (scale * weight).to(like)
        parameters[f"bias_{layer}"] = torch.zeros(1, fan_out).to(like)
    return parameters


def network(
    parameters: Parameters,
    y: Float[torch.Tensor, "n d"],
    t: Float[torch.Tensor, "n"],
    s: Float[torch.Tensor, "n"],
) -> Float[torch.Tensor, "n d"]:
    """u(y, t, s), (n, d)."""
    hidden = torch.cat([y, _waves(t)[0], _waves(s)[0]], -1)
    for layer in range(LAYERS - 1):
        bias = parameters[f"bias_{layer}"]
        hidden = silu(torch.addmm(bias, hidden, parameters[f"weight_{layer}"]))
    last = LAYERS - 1
    return torch.addmm(parameters[f"bias_{last}"], hidden, parameters[f"weight_{last}"])


def slopes(parameters: Parameters, batch: Batch) -> list[torch.Tensor]:
    """The gradient of the mean square of u - u_target, u_target held fixed, in the order of
    `parameters`; u's derivative along (v, 1, 0) goes forward beside u.
    """
    waves_t, rates_t = _waves(batch.t)
    waves_s, _ = _waves(batch.s)
    value = torch.cat([batch.y, waves_t, waves_s], -1)
    moved = torch.cat([batch.v, rates_t, torch.zeros_like(waves_s)], -1)
    inputs = [value]  # of each layer
    sums = []  # what the units of each hidden layer are applied to
    for layer in range(LAYERS - 1):
        weight = parameters[f"weight_{layer}"]
        summed = torch.addmm(parameters[f"bias_{layer}"], value, weight)
        gate = summed.sigmoid()
        value = summed * gate
        moved = (moved @ weight) * (gate + value * (1 - gate))
        sums.append(summed)
        inputs.append(value)
    weight = parameters[f"weight_{LAYERS - 1}"]
    u = torch.addmm(parameters[f"bias_{LAYERS - 1}"], value, weight)
    aim = batch.v - (batch.t - batch.s)[:, None] * (moved @ weight)
    slope = (u - aim) * (2.0 / u.numel())  # by the output, then by each sum
    of_parameters = {}
    for layer in reversed(range(LAYERS)):
        of_parameters[f"weight_{layer}"] = inputs[layer].T @ slope
        of_parameters[f"bias_{layer}"] = slope.sum(0, keepdim=True)
        if layer > 0:
            slope = slope @ parameters[f"weight_{layer}"].T
            slope = torch.ops.aten.silu_backward(slope, sums[layer - 1])
    return [of_parameters[key] for key in parameters]


@dataclass(frozen=True, eq=False)
class Fit:
    """Parameters in the middle of a training of so many steps, with Adam's moments and the steps
    that were made.
    """

    parameters: Parameters
    moments: adam.Moments
    made: int
    steps: int

    @classmethod
    def begun(cls, parameters: Parameters, steps: int) -> Fit:
        """Before the first step."""
        return cls(parameters, adam.zeros([_in_one_row(parameters.values())]), 0, steps)

    def after(self, batch: Batch) -> Fit:
        """A step later; the rate falls to 0 along a half cosine."""
        row = _in_one_row(self.parameters.values())
        slope = _in_one_row(slopes(self.parameters, batch))
        rate = adam.cosine_rate(RATE, self.made + 1, self.steps)
        (moved,), moments = adam.step([row], [slope], self.moments, rate, self.made + 1)
        parts = moved.split([value.numel() for value in self.parameters.values()])
        shaped = zip(self.parameters.items(), parts, strict=True)
        parameters = {key: part.view(value.shape) for (key, value), part in shaped}
        return Fit(parameters, moments, self.made + 1, self.steps)


def _waves(angle: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """cos and sin of the multiples of angles (n,), and their derivatives, (n, 2 len(WAVES))."""
    multiples = torch.tensor(WAVES, dtype=angle.dtype, device=angle.device)
    turned = angle[:, None] * multiples
    cosine = turned.cos()
    sine = turned.sin()
    return torch.cat([cosine, sine], -1), torch.cat([-multiples * sine, multiples * cosine], -1)


def _in_one_row(arrays: Iterable[torch.Tensor]) -> torch.Tensor:
    """All their numbers, one array after the other."""
    return torch.cat([array.flatten() for array in arrays])
