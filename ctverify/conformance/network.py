"""Networks put in a subject's network's place: one that remembers its calls, and one that can be
differentiated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass
class Call:
    """One call of the network: what it was shown, and what it returned."""

    x_in: torch.Tensor
    embedding: torch.Tensor  # (n,) float64
    raw: torch.Tensor
    leaf: torch.Tensor | None = (
        None  # added to the raw output, so that its gradient can be asked for
    )


@dataclass(frozen=True, eq=False)
class Recorder:
    """A network that remembers its calls; with `leaves`, a zero that requires a gradient is added
    to each output.
    """

    network: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    leaves: bool = False
    calls: list[Call] = field(default_factory=list)

    def __call__(self, x_in: torch.Tensor, embedding: Any) -> torch.Tensor:
        """The network's output for x_in (n, d)."""
        times = torch.as_tensor(embedding)
        if times.numel() not in (1, len(x_in)):
            raise ValueError(
                "the network's time embedding must be one number a row, got shape"
                f" {tuple(times.shape)}"
            )
        times = times.reshape(-1).expand(len(x_in))
        raw = self.network(x_in, times)
        leaf = _leaf(raw) if self.leaves else None
        raw = raw if leaf is None else raw + leaf
        self.calls.append(Call(x_in.detach(), times.detach().double(), raw.detach(), leaf))
        return raw


def _leaf(raw: torch.Tensor) -> torch.Tensor | None:
    try:
        return torch.zeros_like(raw).requires_grad_()
    except RuntimeError:  # inside torch.func.jvp, where the student's call is not
        return None


class Differentiable(torch.autograd.Function):
    """network(x_in, embedding) whose derivatives are central differences, in forward and in reverse
    mode; d = 1.

    Steps of 1e-3 in x_in (affine for a Gaussian) and of 1e-4, relative, in the embedding leave 1e-6
    of the derivatives' size.
    """

    @staticmethod
    def forward(x_in: torch.Tensor, embedding: torch.Tensor, network: Any) -> Any:
        x, e = x_in.detach().double(), embedding.detach().double()
        h, k = 1e-3 * (1 + x.abs()), 1e-4 * e.abs().clamp_min(1e-6)
        by_x = (network(x + h, e) - network(x - h, e)) / (2 * h)
        by_e = (network(x, e + k) - network(x, e - k)) / (2 * k[:, None])
        return network(x, e).to(x_in.dtype), by_x.to(x_in.dtype), by_e.to(x_in.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.mark_non_differentiable(*output[1:])
        ctx.save_for_backward(*output[1:])
        ctx.save_for_forward(*output[1:])

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        by_x, by_e = ctx.saved_tensors
        return gradients[0] * by_x, (gradients[0] * by_e).sum(1), None

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        by_x, by_e = ctx.saved_tensors
        moved = torch.zeros_like(by_x) if tangents[0] is None else tangents[0] * by_x
        moved = moved if tangents[1] is None else moved + tangents[1][:, None] * by_e
        return moved, None, None
