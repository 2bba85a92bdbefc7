"""The gradient of a flow map's loss in its network's output, row by row.

Rows of a mean count whole: G_i = n dL/dN_i, so that G does not depend on the size of the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from .map_network import MapCall, MapRecorder
from .probe import NotApplicable
from .two_times import TwoTimes


@dataclass(frozen=True, eq=False)
class Reached:
    """A call of the network that the gradient reaches: x, the convention's times, the gradient."""

    x: torch.Tensor
    t: torch.Tensor
    s: torch.Tensor
    gradient: torch.Tensor


@dataclass(frozen=True, eq=False)
class MapGradients:
    """What a loss's backward pass left: the calls that it reached, of how many, and the loss."""

    reached: tuple[Reached, ...]
    calls: int
    loss: torch.Tensor

    @property
    def total(self) -> torch.Tensor:
        """The gradient of each row (n, d), over all calls of as many rows."""
        if not self.reached:
            raise NotApplicable("no gradient reaches the network (see loss.student)")
        n = max(len(one.x) for one in self.reached)
        parts = [one.gradient for one in self.reached if len(one.x) == n]
        return torch.stack(parts).sum(0)


def map_gradients(
    two: TwoTimes, x0: torch.Tensor, network: Callable[..., torch.Tensor], seed: int
) -> MapGradients:
    """Of the loss of x0 for a seed; NotApplicable where it is no tensor."""
    seen = MapRecorder(network, leaves=True)
    loss = two.probe.loss(x0, seen, seed)
    if not two.probe.gradients:
        raise NotApplicable("the loss is no tensor: there are no gradients to follow")
    if loss.requires_grad:
        with torch.enable_grad():
            (loss.mean() * len(x0)).backward()
    reached = tuple(_reached(two, call) for call in seen.calls if _has_gradient(call))
    return MapGradients(reached, len(seen.calls), loss.detach().double())


def _has_gradient(call: object) -> bool:
    leaf = call.leaf if isinstance(call, MapCall) else None
    return leaf is not None and leaf.grad is not None and bool((leaf.grad != 0).any())


def _reached(two: TwoTimes, call: object) -> Reached:
    assert isinstance(call, MapCall)
    assert call.second is not None
    assert call.leaf is not None
    assert call.leaf.grad is not None
    t, s = two.unembed(call.embedding, call.second)
    return Reached(call.x_in.double(), t, s, call.leaf.grad.double())
