"""Losses that an adapter can declare whose gradient is not that of their value, since a factor of
them is detached; and a weight for them.

    AdaptiveSquared      stop(1/(|r|^2 + c)^p) |r|^2,   r = f_t - f_s
    NormalizedTangent    |F - stop(F) + sign(c_out) g/(|g| + c)|^2,   g = a(t) df/dt

Like those of metrics.py they are computed here, never by the code under test.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from ...core.arguments import InputError, real
from ...core.signatures import checked
from .metrics import ConstantWeight, InverseGap, Weight


@checked
@dataclass(frozen=True)
class InverseTime:
    """The weight 1/(t + shift), whatever s.

    Attributes:
        shift: at least 0; above 0 where t may be 0.

    Example:
        >>> InverseTime(shift=1.0)(torch.tensor([3.0]), torch.tensor([1.0])).tolist()
        [0.25]
    """

    shift: float = 0.0

    def __post_init__(self) -> None:
        if not real("shift", self.shift) >= 0:
            raise InputError(f"shift must be at least 0, got {self.shift!r}")

    def __call__(self, t: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        """The weights.

        Arguments:
            t, s: times (n,).

        Returns:
            1/(t + shift), (n,).
        """
        return 1 / (t + self.shift)


@checked
@dataclass(frozen=True)
class AdaptiveSquared:
    """The squared distance with a weight that depends on it and has no gradient.

        stop(1/(|r|^2 + c)^power) |r|^2,   r = f_t - f_s

    (Geng et al., arXiv 2505.13447, Section 4.3.) Its gradient is 2 r/(|r|^2 + c)^power; the
    derivative of its value would be smaller, at power = 1 by the factor c/(|r|^2 + c).

    Attributes:
        power: above 0; 1 in the paper, 1/2 is akin to pseudo-Huber.
        c: above 0.
        weight: of t and s, each (n,), to (n,).

    Example:
        >>> law = AdaptiveSquared(power=1.0, c=1.0)
        >>> law.distance(torch.tensor([[1.0]])).tolist()
        [0.5]
        >>> law.gradient(torch.tensor([[1.0]])).tolist()
        [[1.0]]
    """

    power: float = 1.0
    c: float = 1e-3
    weight: Weight = field(default_factory=InverseGap)

    def __post_init__(self) -> None:
        real("power", self.power, 0)
        real("c", self.c, 0)

    def distance(self, difference: torch.Tensor) -> torch.Tensor:
        """The loss of each row.

        Arguments:
            difference: f(x_t, t) - f(x_s, s), (n, d).

        Returns:
            (n,), at least 0.
        """
        square = difference.square().sum(1)
        return square / (square + self.c) ** self.power

    def gradient(self, difference: torch.Tensor) -> torch.Tensor:
        """The gradient that training sees.

        Arguments:
            difference: f(x_t, t) - f(x_s, s), (n, d).

        Returns:
            (n, d).
        """
        square = difference.square().sum(1, keepdim=True)
        return 2 * difference / (square + self.c) ** self.power


@checked
@dataclass(frozen=True)
class NormalizedTangent:
    """The continuous-time loss of Lu and Song, whose tangent is normalised.

        weight/d |F - stop(F) + sign(c_out) g/(|g| + c)|^2,   g = a(t) df(x_t, t)/dt

    (arXiv 2410.11081, Eq. (8) and Section 4.1, where c_out = -sigma_data sin t is negative.) Its
    gradient in the network's output is 2 sign(c_out) weight/d g/(|g| + c).

    Attributes:
        c: at least 0; 0.1 in the paper.
        weight: of t and s = t, each (n,), to (n,); e^w where w is learned.
        learned: whether w = log weight is subtracted, as it is where w is learned.

    Example:
        >>> law = NormalizedTangent(c=1.0)
        >>> law.normalized(torch.tensor([[3.0]])).tolist()
        [[0.75]]
    """

    c: float = 0.1
    weight: Weight = field(default_factory=ConstantWeight)
    learned: bool = False

    def __post_init__(self) -> None:
        if not real("c", self.c) >= 0:
            raise InputError(f"c must be at least 0, got {self.c!r}")

    def normalized(self, tangent: torch.Tensor) -> torch.Tensor:
        """The normalised tangent.

        Arguments:
            tangent: g, (n, d).

        Returns:
            g/(|g| + c), (n, d).
        """
        if not tangent.is_floating_point():
            raise InputError(f"tangent must be of a floating dtype, got {tangent.dtype}")
        return tangent / (tangent.norm(dim=1, keepdim=True) + self.c)


def gradient_of(law: Any, difference: torch.Tensor) -> torch.Tensor:
    """The gradient of a discrete law's distance: its own, or the derivative of its value.

    Arguments:
        law: a Metric, or what has its methods.
        difference: f(x_t, t) - f(x_s, s), (n, d) float64.

    Returns:
        (n, d) float64.
    """
    if hasattr(law, "gradient"):
        return torch.as_tensor(law.gradient(difference)).double()
    with torch.enable_grad():
        at = difference.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(law.distance(at).sum(), at)
    return slope.double()
