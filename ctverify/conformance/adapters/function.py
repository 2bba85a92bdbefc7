"""A callable f(x, t) in a declared convention, its network inside: what can be told without
injecting one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ...core.signatures import checked
from ...model.convention import Convention


@checked
@dataclass(frozen=True)
class Function:
    """f takes x (n, d) and its own time as a float; `dim` is its d. Boundary, finiteness, rows,
    shape and dtype are checked.
    """

    f: Callable[[torch.Tensor, float], torch.Tensor]
    convention: Convention
    dtypes: tuple[torch.dtype, ...] = (torch.float32, torch.float64)
    injectable = False

    def consistency(self, x: torch.Tensor, t: float, network: Any) -> torch.Tensor:
        """f, whatever the network."""
        return self.f(x, t)
