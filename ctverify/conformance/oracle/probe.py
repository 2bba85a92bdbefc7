"""An implementation under test, asked as its adapter offers; the network that makes its f exact.

Its scalings are read off from its own f (reading.py). ORACLE INJECTION then returns

    F(x_in, embedding) = (f*(x, t) - c_skip(t) x)/c_out(t),   x = x_in/c_in(t),
        t the time of the embedding,

so that the subject's own f is the exact consistency function f* (exact.py), whatever its scalings
are. Where that needs scalings that have not been read yet, the call is left, they are read, and the
call is made again: a subject is never asked for f while it is running.

Adapters may answer with tensors, NumPy arrays or what NumPy makes arrays of; checks see tensors.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch

from ...model.convention import Convention
from ..processes.watch import running
from ..protocol import offers
from .clock import asked_at, from_data, told_at
from .exact import Exact
from .network import Recorder
from .reading import Reading, Scales, Unforeseen
from .refusals import NotApplicable as NotApplicable
from .refusals import NotFinite as NotFinite
from .refusals import Refusal, asked
from .refusals import SubjectError as SubjectError
from .refusals import Uncounted as Uncounted
from .returns import returned
from .rounding import ROUNDINGS, SHORT, rounding

AGAIN = 100  # times that a call is made, each knowing more of the subject


class Probe:
    """A configured subject; every exception of its own becomes SubjectError."""

    def __init__(self, subject: Any) -> None:
        self.subject = subject
        self.convention: Convention
        self.convention, self.mirrored = from_data(subject.convention)
        self.dtypes: tuple[torch.dtype, ...] = getattr(
            subject, "dtypes", (torch.float32, torch.float64)
        )
        self.dtype = torch.float64 if torch.float64 in self.dtypes else self.dtypes[0]
        self.gradients = True  # False once a loss was no tensor
        self._running = 0
        self._wanting: list[Callable[[], Any]] = []  # answers that need f

    @property
    def eps(self) -> float:
        """One rounding, relative, of what the subject computes itself: float32's, in which times
        and scalings may be computed whatever the dtype of x, or that of x where it is coarser.
        Tolerances are ROUNDINGS of them.
        """
        return rounding(self.dtype)

    @cached_property
    def body_dtype(self) -> torch.dtype:
        """The dtype of the network's body: as declared, else that in which it is asked for f."""
        declared = getattr(self.subject, "body_dtype", None)
        if declared is not None:
            return declared
        if not self.offers("network"):
            return self.dtype
        self.scales(self.pick(0.5))
        return self.reading.body or self.dtype

    @property
    def body_eps(self) -> float:
        """One rounding, relative, of what passes through the network (its input, embedding and
        output, and c_out times that): `eps`, or more where the network's body runs in a coarser
        dtype. Tolerances are ROUNDINGS of them, on those terms alone.
        """
        return max(self.eps, rounding(self.body_dtype))

    @property
    def short(self) -> bool:
        """Whether the network's body runs in few digits."""
        return self.body_dtype in SHORT

    def call(self, name: str, *arguments: Any) -> Any:
        """What the subject's method returns, in plain types (returns.py); whatever it raises and
        whatever has another type or shape is a refusal. It may do what it likes with its arguments.
        """
        arguments = asked_at(name, arguments) if self.mirrored else arguments
        given = tuple(
            Recorder(one) if callable(one) and not isinstance(one, Recorder) else one
            for one in arguments
        )
        value = self._asked(name, given)
        if name == "loss":
            self.gradients = isinstance(value, torch.Tensor)
        plain = returned(name, arguments, value)
        return told_at(name, plain) if self.mirrored else plain

    def _asked(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """What the method returns, asked again as long as its network lacks something."""
        recorders = [given for given in arguments if isinstance(given, Recorder)]
        before = [len(recorder.calls) for recorder in recorders]
        for _ in range(AGAIN):
            failure, result = None, None
            self._wanting.clear()
            self._running += 1
            try:
                with running(name):
                    given = [self._handed(argument) for argument in arguments]
                    result = asked(name, partial(_method, self.subject, name, given))
            except (Refusal, NotApplicable) as refusal:
                failure = refusal
            finally:
                self._running -= 1
            if self._wanting:
                for answer in (*self._wanting, self._foresee):
                    answer()
                for recorder, count in zip(recorders, before, strict=True):
                    del recorder.calls[count:]
            elif failure is not None:
                raise failure
            else:
                return result
        raise SubjectError(f"{name} asks its network at other times whenever it is called")

    def _handed(self, argument: Any) -> Any:
        """What a method gets: tensors of its own; networks of one time, where its network has two,
        see the first.
        """
        if isinstance(argument, torch.Tensor):
            return argument.clone()
        if type(argument) is Recorder and self.offers("flow_map"):
            return lambda x, first, *others: argument(x, first)
        return argument

    def _foresee(self) -> None:
        """Read the scalings at the times that are to come, if they are few."""
        for t in self.reading.expected[: 2 * AGAIN]:
            self.scales(t)

    def offers(self, name: str) -> bool:
        """Whether the subject has it."""
        return offers(self.subject, name)

    def times(self, n: int) -> list[float]:
        """The times that the sampler visits, from the noise end, all finite."""
        times: list[float] = self.call("times", n)
        if not np.isfinite(times).all():
            raise NotFinite(f"times({n}) are {times}")
        if self.offers("network"):
            self.reading.expected = times
        return times[::-1] if self.convention.ascending else times

    def consistency(self, x: torch.Tensor, t: float, network: Any) -> torch.Tensor:
        """f(x, t), which must be finite."""
        if self.offers("network"):
            self.reading.expected = [t]
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
        if self.offers("network"):
            self.reading.expected = torch.cat([t, s]).unique().tolist()
        x_t, x_s = (finite("training_pair", x.double()) for x in (x_t, x_s))
        return x_t, t, x_s, s

    @cached_property
    def _aside(self) -> Probe:
        """A copy to be read, so that reading does not disturb the subject's state."""
        try:
            return Probe(copy.deepcopy(self.subject))
        except Exception:
            return self

    @cached_property
    def reading(self) -> Reading:
        """What the subject's f shows of its scalings."""
        return Reading(
            f=self._aside.consistency,
            convention=self.convention,
            dtype=self.dtype,
            grid=self.grid,
            pick=self.pick,
            running=lambda: self._running > 0,
        )

    def scales(self, t: float) -> Scales:
        """The scalings at time t, as f shows them."""
        return self.reading.scales(t)

    def sizes(self, t: float) -> Scales:
        """What roundings of each scaling at t are relative to."""
        return self.reading.sizes(t)

    def scales_at(self, times: torch.Tensor) -> torch.Tensor:
        """(c_skip, c_out, c_in) at times (n,), as (3, n)."""
        return self.reading.scales_at(times)

    def time_of(self, embedding: torch.Tensor) -> torch.Tensor:
        """The times (n,) float64 whose embeddings these are."""
        return self.reading.time_of(embedding)

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
        least = getattr(self.subject, "t_min", None)
        floor = max(low, 1e-4 * high if least is None else float(least))
        start = self.convention.clock(floor)
        clock = start + share * (self.convention.clock(high) - start)
        if share == 0:
            return low
        if share == 1:
            return high
        return float(self.convention.time_at(clock))

    def oracle(self, exact: Exact) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
        """The network that makes the subject's own f exact."""

        def network(x_in: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
            def answer() -> torch.Tensor:
                t = self.time_of(embedding.detach().double())
                return self.injected(exact, x_in.detach().double(), t).to(x_in)

            try:
                return answer()
            except Unforeseen:
                self._wanting.append(answer)
                raise

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

    def through(self, exact: Exact, x: torch.Tensor, t: float) -> torch.Tensor:
        """How far f(x, t) around the oracle may be moved by the roundings of its network's body,
        (n, d) float64: those allowed of its output, half of them of its input, and those of an
        embedding that is in a short dtype too. Zero where the body rounds as float32 does.
        """
        if not self.short:
            return torch.zeros(x.shape, dtype=torch.float64)
        s, allowed = self.scales(t), ROUNDINGS * self.body_eps
        x_in, times = s.scale_in * x.double(), torch.full((len(x),), t, dtype=torch.float64)
        raw = self.injected(exact, x_in, times)
        shown = [(x_in * (1 + sign * allowed / 2), times) for sign in (-1, 1)]
        if self.reading.coarse:
            late = self.reading.time_rounding(times, torch.full_like(times, s.embedding))
            low, high = self.convention.boundary, self.convention.t_max
            shown += [(x_in, (times + sign * late).clamp(low, high)) for sign in (-1, 1)]
        moved = torch.stack([(self.injected(exact, *given) - raw).abs() for given in shown])
        return abs(s.out) * (moved.amax(0) + allowed * raw.abs())

    def tangent_oracle(self, exact: Exact) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
        """The oracle for losses that differentiate the network, which Recorder sees to."""
        return self.oracle(exact)


def _method(subject: Any, name: str, arguments: list[Any]) -> Any:
    """The method called."""
    return getattr(subject, name)(*arguments)


def finite(name: str, value: torch.Tensor) -> torch.Tensor:
    """`value`, or NotFinite where it holds NaN or infinity."""
    if not bool(value.detach().isfinite().all()):
        raise NotFinite(f"{name} returned NaN or infinity")
    return value
