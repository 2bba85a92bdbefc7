"""What users bring."""

from __future__ import annotations

from typing import Any, Protocol

import torch


class Model(Protocol):
    """What is certified: f(x, t) for x (n, d), t in 1..T; (n, d)."""

    def __call__(self, x: torch.Tensor, t: Any, /) -> torch.Tensor: ...
