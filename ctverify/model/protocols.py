"""What users bring."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from jaxtyping import Float


class Model(Protocol):
    """What is certified: f(x, t), the consistency function that a model stands for.

    Any deterministic callable will do: a trained `ConsistencyModel`, a function, or what
    `Convention.wrap` makes of a model in other coordinates.

    Example:
        >>> def identity(x: torch.Tensor, t: int) -> torch.Tensor:
        ...     return x
        >>> model: Model = identity
    """

    def __call__(self, x: Float[torch.Tensor, "n d"], t: Any, /) -> Float[torch.Tensor, "n d"]:
        """Where the model carries points of level t.

        Arguments:
            x: points (n, d), float64, on any device.
            t: the level, 1..T on the schedule that the model is certified on.

        Returns:
            f(x, t), (n, d), of the dtype and on the device of x. f(x, 1) = x.
        """
        ...
