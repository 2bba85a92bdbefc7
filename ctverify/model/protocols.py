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


class FlowMap(Protocol):
    """What is certified with times=2: F(x, t, s), which carries points of level t to level s <= t.

    Any deterministic callable will do: a trained `FlowMapModel`, a function, or what
    `Convention.wrap_flow_map` makes of a map in other coordinates.

    Example:
        >>> def still(x: torch.Tensor, t: int, s: int) -> torch.Tensor:
        ...     return x
        >>> F: FlowMap = still
    """

    def __call__(
        self, x: Float[torch.Tensor, "n d"], t: Any, s: Any, /
    ) -> Float[torch.Tensor, "n d"]:
        """Where the map carries points of level t, on level s.

        Arguments:
            x: points (n, d), float64, on any device.
            t, s: levels, 1 <= s <= t <= T, on the schedule that the map is certified on.

        Returns:
            F(x, t, s), (n, d), of the dtype and on the device of x. F(x, t, t) = x.
        """
        ...
