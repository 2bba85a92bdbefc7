"""Derivatives of a flow map around a network, and how far roundings may move them.

dF = dA x + A dx + dB N + B dN
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import torch

from .map_network import derivative
from .rounding import ROUNDINGS
from .two_times import TwoTimes

OWN = 2.0**-36  # of the exact network's own derivatives in float64, relative to x/t
STEP = 2.0**-20  # of central differences of A and B, relative to t: 1e-10 is left of them


class Network(Protocol):
    """A network by the convention's times, with its derivative."""

    def at(self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        """N, (n, d)."""

    def rate(
        self,
        x: torch.Tensor,
        t: torch.Tensor,
        s: torch.Tensor,
        dx: torch.Tensor,
        dt: torch.Tensor,
        ds: torch.Tensor,
    ) -> torch.Tensor:
        """Its derivative along a direction, (n, d)."""


@dataclass(frozen=True, eq=False)
class Plain:
    """A network that is known as a function of what it is shown."""

    two: TwoTimes
    network: Callable[..., torch.Tensor]

    def at(self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        """N, (n, d)."""
        return self.network(x, *self.two.embed(t, s))

    def rate(
        self,
        x: torch.Tensor,
        t: torch.Tensor,
        s: torch.Tensor,
        dx: torch.Tensor,
        dt: torch.Tensor,
        ds: torch.Tensor,
    ) -> torch.Tensor:
        """Its derivative along a direction, (n, d)."""
        shown = self.two.embed(t, s)
        none = self.two.embed(torch.zeros_like(t), torch.zeros_like(s))
        ahead = self.two.embed(dt, ds)
        first, second = (one - other for one, other in zip(ahead, none, strict=True))
        return derivative(self.network, x, *shown, dx, first, second)


@dataclass(frozen=True, eq=False)
class Direction:
    """How x (n, d) and the convention's times (n,) move."""

    dx: torch.Tensor
    dt: torch.Tensor
    ds: torch.Tensor


@dataclass(frozen=True, eq=False)
class Rates:
    """The derivative of F, its four parts, and how far roundings may move their sum."""

    parts: torch.Tensor  # (4, n, d)
    allowed: torch.Tensor

    @property
    def value(self) -> torch.Tensor:
        """dF, (n, d)."""
        return self.parts.sum(0)


def rates(
    two: TwoTimes,
    network: Network,
    x: torch.Tensor,
    t: torch.Tensor,
    s: torch.Tensor,
    along: Direction,
    size: float,
) -> Rates:
    """Of F around a network at (x, t, s), whose times may be rounded; `size` that of the data."""
    parts = _parts(two, network, x, t, s, along)
    share = ROUNDINGS * torch.tensor([two.probe.eps] * 2 + [two.probe.body_eps] * 2)
    allowed = (share[:, None, None].double() * parts.abs()).sum(0)
    allowed = allowed + OWN * (x.abs() + size) / t[:, None]
    for late, early in moved(two, t, s):
        allowed = allowed + (_parts(two, network, x, late, early, along) - parts).abs().sum(0)
    if two.probe.short:  # what the network is shown of x is rounded too
        shown = x * (1 + ROUNDINGS * two.probe.body_eps / 2)
        off = (_parts(two, network, shown, t, s, along) - parts)[2:].abs().sum(0)
        allowed = allowed + off.sum(1, keepdim=True)
    return Rates(parts, allowed)


def moved(
    two: TwoTimes, t: torch.Tensor, s: torch.Tensor
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Pairs of times that roundings may make of t and s."""
    by_t, by_s = two.late(t, s)
    yield t - by_t, s
    yield t, s + by_s


def coefficient_rates(
    two: TwoTimes, t: torch.Tensor, s: torch.Tensor, dt: torch.Tensor, ds: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """dA and dB, (n, 1) each, by central differences."""
    h = STEP * t
    up, down = (two.factors(t + sign * h * dt, s + sign * h * ds) for sign in (1, -1))
    skip, out = ((one - other) / (2 * h[:, None]) for one, other in zip(up, down, strict=True))
    return skip, out


def _parts(
    two: TwoTimes,
    network: Network,
    x: torch.Tensor,
    t: torch.Tensor,
    s: torch.Tensor,
    along: Direction,
) -> torch.Tensor:
    skip, out = two.factors(t, s)
    dskip, dout = coefficient_rates(two, t, s, along.dt, along.ds)
    raw = network.at(x, t, s)
    rate = network.rate(x, t, s, along.dx, along.dt, along.ds)
    return torch.stack([dskip * x, skip * along.dx, dout * raw, out * rate])
