"""Losses of a pair, a weight of its times and a distance of its two f, as an adapter can declare
them (laws.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from ...core.arguments import real
from ...core.signatures import checked

Distance = Callable[[torch.Tensor], torch.Tensor]
Weight = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@checked
@dataclass(frozen=True)
class InverseGap:
    """The weight 1/(t - s) (Song and Dhariwal, arXiv 2310.14189, Section 3.1).

    Example:
        >>> InverseGap()(torch.tensor([3.0]), torch.tensor([1.0])).tolist()
        [0.5]
    """

    def __call__(self, t: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        """The weights.

        Arguments:
            t, s: times (n,), s < t.

        Returns:
            1/(t - s), (n,).
        """
        return 1 / (t - s)


@checked
@dataclass(frozen=True)
class ConstantWeight:
    """The same weight at all times (Song et al., arXiv 2303.01469, Section 5: lambda = 1).

    Attributes:
        value: the weight, above 0.

    Example:
        >>> ConstantWeight()(torch.tensor([3.0]), torch.tensor([1.0])).tolist()
        [1.0]
    """

    value: float = 1.0

    def __post_init__(self) -> None:
        real("value", self.value, 0)

    def __call__(self, t: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        """The weights.

        Arguments:
            t, s: times (n,), s < t.

        Returns:
            The weight, (n,).
        """
        return torch.full_like(t, self.value)


@checked
@dataclass(frozen=True)
class Metric:
    """A discrete loss of one's own: weight times distance, averaged over rows.

        loss = mean(weight(t, s) distance(f(x_t, t) - f(x_s, s)))

    PseudoHuber, Squared and InverseGap are better where they apply: they do not call the code
    under test.

    Attributes:
        distance: of differences (n, d) to (n,), rising with each |coordinate|.
        weight: of t and s, each (n,), to (n,), above 0.

    Example:
        >>> l1 = Metric(distance=lambda difference: difference.abs().sum(1), weight=InverseGap())
        >>> l1.distance(torch.tensor([[3.0, -4.0]])).tolist()
        [7.0]
    """

    distance: Distance
    weight: Weight


@checked
@dataclass(frozen=True)
class PseudoHuber:
    """The pseudo-Huber loss (Song and Dhariwal, arXiv 2310.14189, Section 3.3).

        vector:        sqrt(|f_t - f_s|^2 + c^2) - c,   |.| over all d coordinates
        element-wise:  the mean over the coordinates of sqrt((f_t - f_s)_j^2 + c^2) - c

    Attributes:
        c: above 0; None for 0.00054 sqrt(d).
        elementwise: whether each coordinate has a loss of its own.
        weight: of t and s, each (n,), to (n,).

    Example:
        >>> PseudoHuber(c=4.0).distance(torch.tensor([[3.0]])).tolist()
        [1.0]
        >>> PseudoHuber(c=4.0, elementwise=True).distance(torch.tensor([[3.0, 0.0]])).tolist()
        [0.5]
    """

    c: float | None = None
    elementwise: bool = False
    weight: Weight = field(default_factory=InverseGap)

    def __post_init__(self) -> None:
        if self.c is not None:
            real("c", self.c, 0)

    def distance(self, difference: torch.Tensor) -> torch.Tensor:
        """The loss of each row.

        Arguments:
            difference: f(x_t, t) - f(x_s, s), (n, d).

        Returns:
            (n,), at least 0.
        """
        c = 0.00054 * math.sqrt(difference.shape[1]) if self.c is None else self.c
        square = difference.square() if self.elementwise else difference.square().sum(1)
        # sqrt(square + c^2) - c without its cancellation
        loss = square / ((square + c**2).sqrt() + c)
        return loss.mean(1) if self.elementwise else loss


@checked
@dataclass(frozen=True)
class Squared:
    """The squared distance |f_t - f_s|^2 (Song et al., arXiv 2303.01469, Section 5).

    Attributes:
        elementwise: whether it is averaged over the coordinates, not summed.
        weight: of t and s, each (n,), to (n,).

    Example:
        >>> Squared().distance(torch.tensor([[3.0, 4.0]])).tolist()
        [25.0]
        >>> Squared(elementwise=True).distance(torch.tensor([[3.0, 4.0]])).tolist()
        [12.5]
    """

    elementwise: bool = False
    weight: Weight = field(default_factory=ConstantWeight)

    def distance(self, difference: torch.Tensor) -> torch.Tensor:
        """The loss of each row.

        Arguments:
            difference: f(x_t, t) - f(x_s, s), (n, d).

        Returns:
            (n,), at least 0.
        """
        square = difference.square()
        return square.mean(1) if self.elementwise else square.sum(1)
