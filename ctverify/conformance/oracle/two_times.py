"""A flow map under test: its clock, its pairs of times, and what its network stands for.

    F(x, t, s) = A x + B N(x, t, s),   N = (Phi_{t->s}(x) - A x)/B

with A and B by what the subject says that its network is (protocol.py); N is put in its network's
place, so that F is the exact flow map if its formulas are right. Nothing is divided by t - s: with
the average velocity u and the divided differences a[t, s] and b[t, s]

    N = u,   (b[t, s] x - b_t u)/(a_t b[t, s] - b_t a[t, s]),   (d/sin d) u - tan(d/2) x, d = t - s.

Times here are the convention's; `own` makes them the subject's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ..protocol import setting
from .exact_maps import ExactMaps, scales
from .map_network import MapRecorder
from .network import Recorder
from .probe import Probe, finite
from .rounding import EPS, ROUNDINGS

BEYOND = 0.01  # the ends of the range, in times and relative in VE's
OWN = 2.0**-40  # of the exact network's own roundings in float64, relative to x


def smooth(x: torch.Tensor, first: Any, second: Any, label: Any = None) -> torch.Tensor:
    """A network that is not affine, and depends on both times."""
    first, second = (torch.as_tensor(time).reshape(-1, 1) for time in (first, second))
    turned = torch.tanh(x / 2 + 0.3 * torch.sin(first)) + 0.2 * torch.cos(0.7 * first + second)
    return turned + 0.1 * x.mean(1, keepdim=True)


@dataclass(frozen=True, eq=False)
class TwoTimes:
    """A subject with a flow map."""

    probe: Probe

    @property
    def direction(self) -> float:
        """1, or -1 where the subject's time runs to the data."""
        return -1.0 if self.probe.mirrored else 1.0

    @property
    def wraps(self) -> str:
        """What the network stands for."""
        return str(setting(self.probe.subject, "wraps"))

    @property
    def shown(self) -> tuple[str, str]:
        """What the network is shown of the times."""
        first, second = setting(self.probe.subject, "network_times")
        return str(first), str(second)

    def own(self, t: torch.Tensor) -> torch.Tensor:
        """The subject's own times of the convention's, or the other way round."""
        return t if self.direction > 0 else 1 - t

    def given(self, t: torch.Tensor) -> torch.Tensor:
        """The subject's own times in the dtype of x."""
        return self.own(t).to(self.probe.dtype)

    def times(self, shares: torch.Tensor) -> torch.Tensor:
        """The convention's times at shares (n,) of its range, from the boundary, 0, to the noise
        end, 1; above 0 none is the boundary itself.
        """
        return torch.tensor([self.probe.pick(share) for share in shares.tolist()]).double()

    def embed(self, t: torch.Tensor, s: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the network is to be shown at the convention's times t and s."""
        t, s = self.own(t), self.own(s)
        known = {"t": t, "s": s, "t - s": t - s}
        first, second = self.shown
        return known[first], known[second]

    def unembed(
        self, first: torch.Tensor, second: torch.Tensor, *, rate: bool = False
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The convention's t and s whose embeddings these are; `rate`: of their derivatives."""
        known = dict(zip(self.shown, (first, second), strict=True))
        t = known["t"] if "t" in known else known["s"] + known["t - s"]
        s = known["s"] if "s" in known else t - known["t - s"]
        if self.direction > 0:
            return t, s
        return (-t, -s) if rate else (1 - t, 1 - s)

    def ask(self, name: str, x: torch.Tensor, *rest: Any) -> torch.Tensor:
        """What a method makes of x and the rest, (n, d) float64; networks are recorded."""
        given = [
            MapRecorder(one) if callable(one) and not isinstance(one, Recorder) else one
            for one in rest
        ]
        with torch.enable_grad():
            value: torch.Tensor = self.probe.call(name, x.to(self.probe.dtype), *given)
        return value.detach().double()

    def map(self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor, network: Any) -> torch.Tensor:
        """F(x, t, s) as the subject computes it, (n, d) float64."""
        return self.ask("flow_map", x, self.given(t), self.given(s), network)

    def pair(
        self, x0: torch.Tensor, seed: int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """(x_t, t, s, dx_t/dt): the convention's times and direction, float64, finite."""
        network = MapRecorder(smooth)
        with torch.enable_grad():
            x_t, t, s, velocity = self.probe.call(
                "flow_pair", x0.to(self.probe.dtype), network, seed
            )
        for part in (x_t, t, s, velocity):
            if part is not None:
                finite("flow_pair", part)
        rate = None if velocity is None else self.direction * velocity.double()
        return x_t.double(), self.own(t), self.own(s), rate

    def factors(self, t: torch.Tensor, s: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(A, B), (n, 1) each."""
        gap = (t - s)[:, None]
        if self.wraps == "map":
            return torch.zeros_like(gap), torch.ones_like(gap)
        if self.wraps == "velocity":
            return torch.ones_like(gap), -self.direction * gap
        if self.wraps == "angle":
            return gap.cos(), -gap.sin()
        a_t, b_t, a_s, b_s, _, _ = scales(self.probe.convention, t, s).value
        skip = b_s / b_t
        return skip, a_s - a_t * skip

    def oracle(self, exact: ExactMaps) -> Oracle:
        """The network that makes the subject's map exact."""
        return Oracle(self, exact)

    def allowed(
        self, exact: ExactMaps, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor
    ) -> torch.Tensor:
        """How far F around the oracle may be moved by roundings (n, d): of x, of sums, of the
        network's answer, and of both times, in A, in B and as the network is shown them.
        """
        probe, oracle = self.probe, self.oracle(exact)
        skip, out = self.factors(t, s)
        raw = oracle.at(x, t, s)
        share = ROUNDINGS * probe.eps
        through = ROUNDINGS * probe.body_eps
        late, early = self.late(t, s)
        parts = share * ((skip * x).abs() + exact.map(x, t, s).abs())
        parts = parts + through * (out * raw).abs() + OWN * (x.abs() + exact.target.spread)
        if probe.short:  # what the network is shown of x is rounded too
            for axis in torch.eye(x.shape[1], dtype=torch.float64):
                moved = oracle.rate(x, t, s, through / 2 * x.abs() * axis, 0 * t, 0 * s)
                parts = parts + (out * moved).abs()
        for by_t, by_s in ((late, torch.zeros_like(s)), (torch.zeros_like(t), early)):
            rate = oracle.rate(x, t, s, torch.zeros_like(x), by_t, by_s)
            parts = parts + (out * rate).abs()
            up = self.factors(t + by_t, s + by_s)
            parts = parts + ((up[0] - skip) * x).abs() + ((up[1] - out) * raw).abs()
        return parts

    def late(self, t: torch.Tensor, s: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """How far roundings may move t and s."""
        share = ROUNDINGS * max(EPS, self.probe.eps)
        if self.direction < 0:
            return torch.full_like(t, share), torch.full_like(s, share)
        return share * t, share * (t if "t - s" in self.shown else s)


@dataclass(frozen=True, eq=False)
class Oracle:
    """N as a network: a function of x and of what the subject shows of the two times."""

    two: TwoTimes
    exact: ExactMaps

    def __call__(self, x: torch.Tensor, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        """N, (n, d) float64."""
        return self.at(x, *self.two.unembed(first, second))

    def derivative(
        self,
        x: torch.Tensor,
        first: torch.Tensor,
        second: torch.Tensor,
        dx: torch.Tensor,
        dfirst: torch.Tensor,
        dsecond: torch.Tensor,
    ) -> torch.Tensor:
        """Its derivative along a direction."""
        dt, ds = self.two.unembed(dfirst, dsecond, rate=True)
        return self.rate(x, *self.two.unembed(first, second), dx, dt, ds)

    def at(self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        """N at the convention's times."""
        if self.two.wraps == "map":
            return self.exact.map(x, t, s)
        t, s = self._within(t), self._within(s)
        u = self.exact.velocity(x, t, s)
        skip, swept = self._parts(t, s)
        return skip * x + swept * u

    def rate(
        self,
        x: torch.Tensor,
        t: torch.Tensor,
        s: torch.Tensor,
        dx: torch.Tensor,
        dt: torch.Tensor,
        ds: torch.Tensor,
    ) -> torch.Tensor:
        """d/de of N(x + e dx, t + e dt, s + e ds) at e = 0."""
        inner = (self._within(t), self._within(s))
        u, du = self.exact.velocity_and_rate(x, *inner, dx, dt, ds)
        if self.two.wraps == "map":
            gap, dgap = (t - s)[:, None], (dt - ds)[:, None]
            return dx - dgap * u - gap * du
        skip, swept = self._parts(*inner)
        dskip, dswept = self._rates(*inner, dt, ds)
        return dskip * x + skip * dx + dswept * u + swept * du

    def _within(self, t: torch.Tensor) -> torch.Tensor:
        """Times that the flow has, whatever the subject shows: the range, and, where its formulas
        go on, what differences about its ends need.
        """
        c = self.two.probe.convention
        if c.kind == "vp":
            return t.clamp(c.boundary, c.t_max)
        if c.kind == "ve":
            return t.clamp(0.0, c.t_max * (1 + BEYOND))
        return t.clamp(c.boundary - BEYOND, c.t_max + BEYOND)

    def _parts(self, t: torch.Tensor, s: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """N = skip x + swept u."""
        if self.two.wraps == "velocity":
            return torch.zeros_like(t)[:, None], torch.full_like(t, self.two.direction)[:, None]
        if self.two.wraps == "angle":
            gap = (t - s)[:, None]
            return -(gap / 2).tan(), 1 / torch.sinc(gap / torch.pi)
        pair = scales(self.two.probe.convention, t, s)
        a_t, b_t, _, _, a_slope, b_slope = pair.value
        turning = a_t * b_slope - b_t * a_slope
        return b_slope / turning, -b_t / turning

    def _rates(
        self, t: torch.Tensor, s: torch.Tensor, dt: torch.Tensor, ds: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The derivatives of both parts."""
        none = torch.zeros_like(t)[:, None]
        if self.two.wraps == "velocity":
            return none, none
        if self.two.wraps == "angle":
            gap, by = (t - s)[:, None], (dt - ds)[:, None]
            sine = torch.where(gap == 0, torch.ones_like(gap), gap.sin())
            swept = torch.where(gap == 0, none, (sine - gap * gap.cos()) / sine**2)
            return -by / (2 * (gap / 2).cos() ** 2), by * swept
        pair = scales(self.two.probe.convention, t, s)
        a_t, b_t, _, _, a_slope, b_slope = pair.value
        change = pair.by_t * dt[:, None] + pair.by_s * ds[:, None]
        da_t, db_t, _, _, da_slope, db_slope = change
        turning = a_t * b_slope - b_t * a_slope
        dturning = da_t * b_slope + a_t * db_slope - db_t * a_slope - b_t * da_slope
        return (
            (db_slope * turning - b_slope * dturning) / turning**2,
            (b_t * dturning - db_t * turning) / turning**2,
        )
