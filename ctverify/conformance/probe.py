"""An implementation under test: its scalings read off from its own f, and the network that makes
this f exact.

With a constant network F, f(x, t) = c_skip(t) x + c_out(t) F. So f(1, t) with F = 0 is c_skip, f(0,
t) with F = 1 is c_out, and what the network is shown is (c_in x, embedding). ORACLE INJECTION then
returns

    F(x_in, embedding) = (f*(x, t) - c_skip(t) x)/c_out(t),   x = x_in/c_in(t),
        t the time of the embedding,

so that the subject's own f is the exact consistency function f* (exact.py), whatever its scalings
are.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from scipy.interpolate import BarycentricInterpolator
from scipy.optimize import brentq

from ..model.convention import Convention
from .exact import Exact
from .network import Differentiable, Recorder
from .protocol import offers
from .refusals import NotApplicable as NotApplicable
from .refusals import NotFinite as NotFinite
from .refusals import SubjectError as SubjectError
from .refusals import Uncounted as Uncounted
from .watch import running

UNIT = (
    2.0**-20
)  # probes are this small a multiple of 1, a power of two, so that no clipping sees them
SINGLE = 2.0**-23  # float32's spacing at 1
NODES = 65  # Chebyshev nodes in time where scalings are interpolated
TENSORS = ("add_noise", "consistency", "sample", "loss")
EXACTLY = 512  # distinct times up to which they are not


@dataclass(frozen=True)
class Scales:
    """c_skip, c_out, c_in and the embedding at one time."""

    skip: float
    out: float
    scale_in: float
    embedding: float


class Probe:
    """A configured subject; every exception of its own becomes SubjectError."""

    def __init__(self, subject: Any) -> None:
        self.subject = subject
        self.convention: Convention = subject.convention
        self.dtypes: tuple[torch.dtype, ...] = getattr(
            subject, "dtypes", (torch.float32, torch.float64)
        )
        self.dtype = torch.float64 if torch.float64 in self.dtypes else self.dtypes[0]
        self._scales: dict[float, Scales] = {}
        self._times: dict[float, float] = {}

    @property
    def eps(self) -> float:
        """One rounding, relative, of what the subject computes itself: float32's, in which times
        and scalings may be computed whatever the dtype of x. Tolerances are ROUNDINGS of them.
        """
        return SINGLE

    @property
    def body_eps(self) -> float:
        """One rounding, relative, of what passes through the network (its input, embedding and
        output, and c_out times that): `eps`, or more where the network's body runs in a shorter
        dtype. Tolerances are ROUNDINGS of them, on those terms alone.
        """
        return self.eps

    def call(self, name: str, *arguments: Any) -> Any:
        """The subject's method, whose exceptions and whose results of another type are
        SubjectError.
        """
        try:
            with running(name):
                result = getattr(self.subject, name)(*arguments)
        except Exception as error:
            raise SubjectError(f"{name} raised {type(error).__name__}: {error}") from error
        if name in TENSORS and not isinstance(result, torch.Tensor):
            raise SubjectError(f"{name} returned {type(result).__name__}, not a tensor")
        if name == "training_pair" and not (isinstance(result, tuple) and len(result) == 4):
            raise SubjectError(
                f"training_pair returned {type(result).__name__}, not (x_t, t, x_s, s)"
            )
        return result

    def offers(self, name: str) -> bool:
        """Whether the subject has it."""
        return offers(self.subject, name)

    def times(self, n: int) -> list[float]:
        """The times that the sampler visits, from the noise end, all finite."""
        times = [float(t) for t in self.call("times", n)]
        if not np.isfinite(times).all():
            raise NotFinite(f"times({n}) are {times}")
        return times[::-1] if self.convention.ascending else times

    def consistency(self, x: torch.Tensor, t: float, network: Any) -> torch.Tensor:
        """f(x, t), which must be finite."""
        with torch.no_grad():
            return finite(f"f at t = {t:.9g}", self.call("consistency", x, t, network))

    def sample(self, z: torch.Tensor, n: int, network: Any, seed: int) -> torch.Tensor:
        """n-step samples, which must be finite."""
        with torch.no_grad():
            return finite("sample", self.call("sample", z.to(self.dtype), n, network, seed))

    def loss(self, x0: torch.Tensor, network: Any, seed: int) -> torch.Tensor:
        """The loss with gradients on, whatever a library has switched off."""
        with torch.enable_grad():
            return finite("loss", self.call("loss", x0.to(self.dtype), network, seed))

    def pair(
        self, x0: torch.Tensor, network: Any, seed: int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """(x_t, t, x_s, s), t and s (n,) float64."""
        with torch.enable_grad():
            x_t, t, x_s, s = self.call("training_pair", x0.to(self.dtype), network, seed)
        rows = [
            torch.as_tensor(v, dtype=torch.float64).detach().reshape(-1).expand(len(x0))
            for v in (t, s)
        ]
        return (
            finite("training_pair", x_t.detach().double()),
            rows[0],
            finite("training_pair", x_s.detach().double()),
            rows[1],
        )

    @cached_property
    def _aside(self) -> Probe:
        """A copy to ask while the subject itself is in the middle of a call, as its network is."""
        try:
            return Probe(copy.deepcopy(self.subject))
        except Exception:
            return self

    def scales(self, t: float) -> Scales:
        """The scalings at time t, as f shows them."""
        if t not in self._scales:
            self._scales[t] = self._probed(t)
        return self._scales[t]

    def _probed(self, t: float) -> Scales:
        one, aside = torch.full((1, 1), UNIT, dtype=self.dtype), self._aside
        seen = Recorder(lambda x, _: torch.zeros_like(x))
        skip = aside.consistency(one, t, seen)
        out = aside.consistency(torch.zeros_like(one), t, lambda x, _: torch.full_like(x, UNIT))
        if not seen.calls:  # f that does not ask its network at t
            return Scales(float(skip / UNIT), float(out / UNIT), 1.0, math.nan)
        first = seen.calls[0]
        values = [
            float(skip / UNIT),
            float(out / UNIT),
            float(first.x_in / UNIT),
            float(first.embedding[0]),
        ]
        if not all(map(math.isfinite, values)):
            raise NotFinite(f"c_skip, c_out, c_in, embedding at t = {t:.6g} are {values}")
        return Scales(*values)

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
    def grid(self) -> list[float] | None:
        """The only times that f knows, from the noise end; None where it knows all."""
        return [float(t) for t in self._aside.call("grid")] if self.offers("grid") else None

    def pick(self, share: float) -> float:
        """A time that f knows: the boundary or the last of its grid at share 0, the noise end at
        share 1.
        """
        if self.grid is not None:
            return self.grid[round((1 - share) * (len(self.grid) - 1))]
        low, high = self.convention.boundary, self.convention.t_max
        floor = max(low, 1e-4 * high)
        start = self.convention.clock(floor)
        clock = start + share * (self.convention.clock(high) - start)
        if share == 0:
            return low
        if share == 1:
            return high
        return float(self.convention.time_at(clock))

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
            return torch.tensor(
                [self._root(float(value)) for value in embedding], dtype=torch.float64
            )
        t = (embedding - shift) / slope
        t = t.exp() if kind == "log" else t
        if self.grid is None:
            return t
        grid = torch.tensor(self.grid, dtype=torch.float64)
        nearest = grid[(t[:, None] - grid).abs().argmin(1)]
        return torch.where(
            (t - nearest).abs() <= 1e-4 * nearest.abs(), nearest, t
        )  # the embedding's rounding

    @cached_property
    def _embedding(self) -> tuple[str, float, float]:
        """("linear", slope, shift) or ("log", slope, shift) where slope t + shift or slope log t +
        shift fits to rounding.
        """
        t = np.array([self.pick(share) for share in (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)])
        e = np.array([self.scales(float(x)).embedding for x in t])
        if (abs(e - t * e[-1] / t[-1]) <= 1e-6 * abs(e)).all():
            return "linear", e[-1] / t[-1], 0.0
        for kind, basis in (("linear", t), ("log", np.log(np.maximum(t, 1e-300)))):
            slope, shift = np.polyfit(basis, e, 1)
            if abs(e - slope * basis - shift).max() <= 2e-6 * abs(e).max():
                return kind, float(slope), float(shift)
        return "root", 0.0, 0.0

    def _root(self, value: float) -> float:
        if value not in self._times:
            self._times[value] = (
                self._nearest(value) if self.grid is not None else self._bracketed(value)
            )
        return self._times[value]

    def _nearest(self, value: float) -> float:
        assert self.grid is not None
        return min(self.grid, key=lambda t: abs(self.scales(t).embedding - value))

    def _bracketed(self, value: float) -> float:
        low, high = self.pick(1e-9), self.pick(1.0)

        def gap(t: float) -> float:
            return self.scales(t).embedding - value

        below, above = gap(low), gap(high)
        if below * above > 0:
            return low if abs(below) < abs(above) else high
        return float(brentq(gap, low, high, xtol=1e-12 * high))

    def oracle(self, exact: Exact) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
        """The network that makes the subject's own f exact."""

        def network(x_in: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
            t = self.time_of(embedding.detach().double())
            return self.injected(exact, x_in.detach().double(), t).to(x_in)

        return network

    def injected(self, exact: Exact, x_in: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """(f*(x, t) - c_skip x)/c_out, and 0 where c_out is."""
        skip, out, scale_in = self.scales_at(t)
        x = x_in / scale_in[:, None]
        times = [float(t[0])] if bool((t == t[0]).all()) else t.tolist()
        gap = exact.f(x, times) - skip[:, None] * x
        return torch.where(
            out[:, None] == 0, torch.zeros_like(gap), gap / torch.where(out == 0, 1.0, out)[:, None]
        )

    def tangent_oracle(self, exact: Exact) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
        """The oracle with its first derivatives in x_in and the embedding, for losses that
        differentiate the network; d = 1.
        """
        plain = self.oracle(exact)
        return lambda x_in, embedding: Differentiable.apply(x_in, embedding, plain)[0]


def finite(name: str, value: torch.Tensor) -> torch.Tensor:
    """`value`, or NotFinite where it holds NaN or infinity."""
    if not bool(value.detach().isfinite().all()):
        raise NotFinite(f"{name} returned NaN or infinity")
    return value
