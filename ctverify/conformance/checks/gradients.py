"""The gradient of a loss in the network's output, row by row, as the checks of the loss ask for it.

Rows of a mean count whole: G_i = n dL/dF_i, so that G does not depend on the size of the batch.
"""

from __future__ import annotations

from typing import Any

import torch

from ..oracle.network import Call, Recorder
from ..oracle.probe import NotApplicable, Probe


def gradients(
    probe: Probe, x0: torch.Tensor, network: Any, seed: int
) -> tuple[Recorder, torch.Tensor]:
    """The calls of a loss, its leaves' gradients set, and the loss."""
    seen = Recorder(network, leaves=True)
    loss = probe.loss(x0, seen, seed)
    if not probe.gradients:
        raise NotApplicable("the loss is no tensor: there are no gradients to follow")
    if loss.requires_grad:
        with torch.enable_grad():
            (loss.mean() * len(x0)).backward()
    return seen, loss.detach().double()


def student(seen: Recorder) -> Call | None:
    """The first call that the gradient reaches."""
    return next((call for call in seen.calls if has_gradient(call)), None)


def has_gradient(call: Call) -> bool:
    """Whether the gradient reaches this call of the network."""
    return (
        call.leaf is not None and call.leaf.grad is not None and bool((call.leaf.grad != 0).any())
    )


def of_student(seen: Recorder) -> torch.Tensor:
    """The student's gradient, (n, d) float64."""
    call = student(seen)
    if call is None or call.leaf is None or call.leaf.grad is None:
        raise NotApplicable("no gradient reaches the network (see loss.gradient)")
    return call.leaf.grad.double()
