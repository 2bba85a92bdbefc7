"""What a subject's f shows of itself: its scalings and its time embedding, and the time that an
embedding stands for.

With a constant network F, f(x, t) = c_skip(t) x + c_out(t) F. So f(1, t) with F = 0 is c_skip, f(0,
t) with F = 1 is c_out, and what the network is shown is (c_in x, embedding). In a dtype of few
digits many probes are averaged by least squares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.interpolate import BarycentricInterpolator
from scipy.optimize import brentq

from ...model.convention import Convention
from .network import Recorder
from .refusals import NotFinite as NotFinite
from .rounding import EPS, SHORT

UNIT = (
    2.0**-20
)  # probes are this small a multiple of 1, a power of two, so that no clipping sees them
PROBES = 128  # of a short dtype, from 1 to 2: all that bfloat16 has there
NODES = 65  # Chebyshev nodes in time where scalings are interpolated
EXACTLY = 512  # distinct times up to which they are not
FITTED = (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)  # shares of the times that show the embedding
NEAR = 2.0**-12  # relative steps in time by which the scalings' slopes are told


class Unforeseen(Exception):
    """The oracle needs f at a time of which it knows nothing, while the subject is running."""


@dataclass(frozen=True)
class Scales:
    """c_skip, c_out, c_in and the embedding at one time."""

    skip: float
    out: float
    scale_in: float
    embedding: float


@dataclass
class Reading:
    """The scalings of a subject whose f is `f(x, t, network)`, at times that `pick` chooses."""

    f: Callable[[torch.Tensor, float, Any], torch.Tensor]
    convention: Convention
    dtype: torch.dtype
    grid: Sequence[float] | None
    pick: Callable[[float], float]
    running: Callable[[], bool]  # whether the subject is; then it is asked for nothing else
    body: torch.dtype | None = None  # that in which the network's input was last seen
    expected: Sequence[float] = ()  # the times at which f is being asked for
    _known: dict[float, Scales] = field(default_factory=dict)
    _times: dict[float, float] = field(default_factory=dict)

    def scales(self, t: float) -> Scales:
        """The scalings at time t, as f shows them."""
        if t not in self._known:
            if self.running():
                raise Unforeseen
            self._known[t] = self._read(t)
        return self._known[t]

    def _read(self, t: float) -> Scales:
        seen = Recorder(lambda x, _: torch.zeros_like(x))
        unit = self._unit(self.dtype)
        skip = self.f(unit, t, seen)
        body = seen.calls[0].x_in.dtype if seen.calls else self.dtype
        if body in SHORT and self.dtype not in SHORT:  # few digits of c_in: asked again, more
            unit = self._unit(body).to(self.dtype)
            skip = self.f(unit, t, seen)
        raw = self._unit(body)
        out = self.f(
            torch.zeros(raw.shape, dtype=self.dtype), t, lambda x, _: raw.to(x.dtype, copy=True)
        )
        values = [_ratio(skip, unit), _ratio(out, raw), 1.0, math.nan]
        if seen.calls:  # else f does not ask its network at t
            self.body = body
            last = seen.calls[-1]
            values[2:] = [_ratio(last.x_in, unit), float(last.embedding[0])]
            if not all(map(math.isfinite, values)):
                raise NotFinite(f"c_skip, c_out, c_in, embedding at t = {t:.6g} are {values}")
        return Scales(*values)

    def _unit(self, dtype: torch.dtype) -> torch.Tensor:
        """Probes (n, 1) in dtype."""
        if dtype not in SHORT:
            return torch.full((1, 1), UNIT, dtype=dtype)
        clip = self.convention.clipping
        unit = 1.0 if clip is None else 2.0 ** min(0, math.floor(math.log2(clip)) - 2)
        return (unit * (1 + torch.arange(PROBES)[:, None] / PROBES)).to(dtype)

    def sizes(self, t: float) -> Scales:
        """What roundings of each scaling at t are relative to: |c| + |t dc/dt|, since t itself, or
        the boundary, may be rounded.
        """
        at = self.scales(t)
        step = t * (1 - NEAR) if t * (1 - NEAR) > self.convention.boundary else t * (1 + NEAR)
        if self.grid is not None or step == t:
            return Scales(*map(abs, (at.skip, at.out, at.scale_in, at.embedding)))
        near = self.scales(step)
        pairs = (
            (at.skip, near.skip),
            (at.out, near.out),
            (at.scale_in, near.scale_in),
            (at.embedding, near.embedding),
        )
        return Scales(*(abs(one) + abs(one - other) / NEAR for one, other in pairs))

    def scales_at(self, times: torch.Tensor) -> torch.Tensor:
        """(c_skip, c_out, c_in) as (3, n), interpolated in time where there are more than EXACTLY
        distinct ones.
        """
        distinct, index = times.unique(return_inverse=True)
        if len(distinct) > EXACTLY:
            return torch.from_numpy(self._interpolant(self.convention.clock(times.numpy()))).T
        table = [self.scales(float(t)) for t in distinct]
        return torch.tensor([[s.skip, s.out, s.scale_in] for s in table], dtype=torch.float64)[
            index
        ].T

    @cached_property
    def _interpolant(self) -> Any:
        shares = (1 + np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)) / 2
        times = np.array([self.pick(share) for share in shares])
        table = [self.scales(float(t)) for t in times]
        return BarycentricInterpolator(
            self.convention.clock(times), np.array([[s.skip, s.out, s.scale_in] for s in table])
        )

    def time_of(self, embedding: torch.Tensor) -> torch.Tensor:
        """The times (n,) float64 whose embeddings these are."""
        kind, slope, shift = self._embedding
        if kind == "root":
            values, index = embedding.unique(return_inverse=True)
            roots = [
                self._root(float(v), near)
                for v, near in zip(values, self._near(values), strict=True)
            ]
            t = torch.tensor(roots, dtype=torch.float64)[index]
        else:
            t = (embedding - shift) / slope
            t = t.exp() if kind == "log" else t
        if self.grid is not None and kind != "root":
            t = _snapped(t, self.grid, 1e-4 * t.abs())  # the embedding's rounding
        return _snapped(t, self.expected, self.time_rounding(t, embedding))

    def time_rounding(self, t: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        """How far times t (n,) may be moved by roundings of their embedding: 4 of a coarse one, 16
        of float32's, divided by its slope in time.
        """
        kind, slope, _ = self._embedding
        unit = 4 * 2.0**-8 if self.coarse else 16 * 2.0**-24
        if kind == "linear":
            return unit * (embedding / slope).abs()
        if kind == "log":
            return unit * (embedding / slope).abs() * t.abs()
        return unit * t.abs()

    @cached_property
    def coarse(self) -> bool:
        """Whether the embedding, too, comes in a short dtype: whether all are numbers of one."""
        _, values = self._shown(FITTED)
        e = torch.from_numpy(values)
        return self.body in SHORT and any(bool((e.to(short) == e).all()) for short in SHORT)

    @cached_property
    def _embedding(self) -> tuple[str, float, float]:
        """("linear", slope, shift) or ("log", slope, shift) where slope t + shift or slope log t +
        shift fits to rounding.
        """
        shares = np.linspace(0.01, 1, NODES) if self.coarse else FITTED
        t, e = self._shown(shares)
        if not len(t):
            return "root", 0.0, 0.0
        rounding = 2.0**-7 if self.coarse else 1e-6
        if (abs(e - t * e[-1] / t[-1]) <= rounding * abs(e)).all():
            return "linear", float(e @ t / (t @ t) if self.coarse else e[-1] / t[-1]), 0.0
        for kind, basis in (("linear", t), ("log", np.log(np.maximum(t, 1e-300)))):
            slope, shift = np.polyfit(basis, e, 1)
            if abs(e - slope * basis - shift).max() <= 2 * rounding * abs(e).max():
                return kind, float(slope), float(shift)
        return "root", 0.0, 0.0

    def _shown(self, shares: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The times of these shares at which f asks its network, and their embeddings."""
        times = np.array([self.pick(float(share)) for share in shares], dtype=np.float64)
        embeddings = np.array([self.scales(float(t)).embedding for t in times])
        asked = np.isfinite(embeddings)
        return times[asked], embeddings[asked]

    def _near(self, values: torch.Tensor) -> list[float | None]:
        """About the times of embeddings, by the interpolant of a rising or falling one."""
        if self.grid is not None:
            return [None] * len(values)
        curve, clocks, table = self._curve
        steps = np.diff(table)
        if not ((steps > 0).all() or (steps < 0).all()):
            return [None] * len(values)
        order = np.argsort(table)
        wanted = values.numpy()
        clock, width = np.interp(wanted, table[order], clocks[order]), clocks[-1] - clocks[0]
        for _ in range(4):  # Newton's steps
            slope = (curve(clock + 1e-6 * width) - curve(clock - 1e-6 * width)) / (2e-6 * width)
            clock = np.clip(clock - (curve(clock) - wanted) / slope, clocks[0], clocks[-1])
        return [float(t) for t in self.convention.time_at(clock)]

    @cached_property
    def _curve(self) -> tuple[Any, NDArray[np.float64], NDArray[np.float64]]:
        """The embedding's interpolant over the clock; a table of it."""
        shares = (1 + np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)) / 2
        times, embeddings = self._shown(shares)
        curve = BarycentricInterpolator(self.convention.clock(times), embeddings)
        low, high = (float(self.convention.clock(self.pick(share))) for share in (1e-9, 1.0))
        clocks = np.linspace(low, high, 32 * NODES)
        return curve, clocks, curve(clocks)

    def _root(self, value: float, near: float | None) -> float:
        if value not in self._times:
            if self.running():
                raise Unforeseen
            if self.grid is not None:
                self._times[value] = self._nearest(value)
            elif near is not None and self._stands(near, value):
                self._times[value] = near
            else:
                self._times[value] = self._bracketed(value)
        return self._times[value]

    def _stands(self, t: float, value: float) -> bool:
        """Whether time t has this embedding, to float32's roundings."""
        gap = abs(self.scales(t).embedding - value)
        return gap <= 4 * EPS * abs(value) or gap <= 4 * EPS * self.sizes(t).embedding

    def _nearest(self, value: float) -> float:
        assert self.grid is not None
        gaps = {t: abs(self.scales(t).embedding - value) for t in (*self.grid, *self.expected)}
        return min(gaps, key=lambda t: math.inf if math.isnan(gaps[t]) else gaps[t])

    def _bracketed(self, value: float) -> float:
        low, high = self.pick(1e-9), self.pick(1.0)

        def gap(t: float) -> float:
            return self.scales(t).embedding - value

        below, above = gap(low), gap(high)
        if below * above > 0:
            return low if abs(below) < abs(above) else high
        return float(brentq(gap, low, high, xtol=1e-12 * high))


def _snapped(t: torch.Tensor, grid: Sequence[float], within: torch.Tensor) -> torch.Tensor:
    """The nearest of the grid where that is no further than `within`, else t."""
    if not len(grid):
        return t
    points = torch.tensor(grid, dtype=torch.float64).unique()
    right = torch.searchsorted(points, t.contiguous()).clamp(1, max(len(points) - 1, 1))
    left = points[right - 1]
    right = points[right.clamp_max(len(points) - 1)]
    nearest = torch.where((t - left).abs() <= (t - right).abs(), left, right)
    return torch.where((t - nearest).abs() <= within, nearest, t)


def _ratio(seen: torch.Tensor, given: torch.Tensor) -> float:
    """The factor c of seen = c given, by least squares."""
    one, other = given.double().flatten(), seen.double().flatten()
    return float(one @ other / (one @ one))
