"""Networks of two times, put in the network's place of a flow map.

A network is a function of x_in (n, d) and of what it is shown of the two times, (n,) each, all
float64; `label` follows where it is shown one. Where it has a method `derivative(x, first, second,
dx, dfirst, dsecond)` that is asked for, else central differences in float64, of steps that leave
1e-9 of a smooth function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from .network import Call, Leaf, Recorder, Tap, as_array, as_tensor

STEP = 2.0**-9  # of five points, whose error is STEP^4/30 of the fifth derivative
STENCIL = {-2: 1 / 12, -1: -8 / 12, 1: 8 / 12, 2: -1 / 12}

Function = Callable[..., torch.Tensor]


@dataclass
class MapCall(Call):
    """One call of a network of two times; `embedding` is what it is shown first."""

    second: torch.Tensor | None = None
    label: Any = None


@dataclass(frozen=True, eq=False)
class Direct(Recorder):
    """A network of plain torch operations, through which torch differentiates by itself."""

    def __call__(self, x_in: Any, first: Any, second: Any = None, label: Any = None) -> Any:
        """Its output, for rows of any shape."""
        times = [time.reshape(-1) for time in (first, second)]
        single = x_in.ndim < 2 and all(time.numel() == 1 for time in times)  # as vmap shows it
        rows = x_in[None] if single else x_in
        rows = rows.reshape(len(rows), -1)
        raw = self.network(rows, *(time.expand(len(rows)) for time in times))
        return raw.reshape(x_in.shape)


@dataclass(frozen=True, eq=False)
class MapRecorder(Recorder):
    """A network of two times that remembers its calls; as Recorder in all else."""

    def __call__(self, x_in: Any, first: Any, second: Any = None, label: Any = None) -> Any:
        """The network's output for x_in, rows first, in its dtype and kind of array."""
        if second is None:
            raise TypeError("the network of a flow map takes x and two times, got x and one")
        if not isinstance(x_in, torch.Tensor):
            answer = self(as_tensor(x_in), first, second, label)
            return as_array(answer, like=np.asarray(x_in).dtype)
        times = [as_tensor(time) for time in (first, second)]
        single = x_in.ndim < 2 and all(time.numel() == 1 for time in times)  # as vmap shows it
        rows = x_in[None] if single else x_in
        rows = rows.reshape(len(rows), -1)
        for time in times:
            if time.numel() not in (1, len(rows)):
                raise ValueError(
                    "the network's times must be one number a row, got shape"
                    f" {tuple(time.shape)} for {len(rows)} rows"
                )
        leaf = Leaf() if self.leaves else None
        zero = None if leaf is None else Tap.apply(self.anchor, rows.shape, rows.dtype, leaf)
        first, second = (time.reshape(-1).expand(len(rows)) for time in times)
        raw: torch.Tensor = Asked.apply(rows, first, second, zero, self, (leaf, label))
        return raw.reshape(x_in.shape)

    def asked(
        self, x: torch.Tensor, first: torch.Tensor, second: torch.Tensor, more: Any
    ) -> torch.Tensor:
        """The network's output for plain tensors, remembered."""
        leaf, label = more
        raw = _value(self.network, x, first, second, label).to(x.dtype)
        shown = (first.detach().double(), second.detach().double())
        self.calls.append(MapCall(x.detach(), shown[0], raw, leaf, shown[1], label))
        return raw


class Asked(torch.autograd.Function):
    """A recorder's answer to x (n, d) and two times (n,), plus `zero`; differentiable."""

    @staticmethod
    def forward(x: Any, first: Any, second: Any, zero: Any, recorder: Any, more: Any) -> Any:
        return recorder.asked(x, first, second, more)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        x, first, second, _, recorder, more = inputs
        ctx.network, ctx.label = recorder.network, more[1]
        ctx.save_for_backward(x, first, second)
        ctx.save_for_forward(x, first, second)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        (g,), place = gradients, ctx.saved_tensors
        x = place[0]
        found: list[Any] = [None, None, None]
        if ctx.needs_input_grad[0]:
            axes = torch.eye(x.shape[1], dtype=torch.float64)
            slopes = [(g * _along(ctx, place, axis.expand_as(x), 0.0, 0.0)).sum(1) for axis in axes]
            found[0] = torch.stack(slopes, 1)
        for i, by in ((1, (1.0, 0.0)), (2, (0.0, 1.0))):
            if ctx.needs_input_grad[i]:
                slope = _along(ctx, place, torch.zeros_like(x), *by)
                found[i] = (g * slope).sum(1).to(place[i].dtype)
        return (*found, g if ctx.needs_input_grad[3] else None, None, None)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        place, (dx, dfirst, dsecond) = ctx.saved_tensors, tangents[:3]
        dx = torch.zeros_like(place[0]) if dx is None else dx
        return _along(ctx, place, dx, dfirst, dsecond)

    @staticmethod
    def vmap(
        info: Any,
        in_dims: Any,
        x: Any,
        first: Any,
        second: Any,
        zero: Any,
        recorder: Any,
        more: Any,
    ) -> Any:
        """Rows of all the batch at once, with a leaf of their own."""
        x, first, second = (
            value.movedim(axis, 0)
            if axis is not None
            else value.expand(info.batch_size, *value.shape)
            for value, axis in zip((x, first, second), in_dims[:3], strict=True)
        )
        raw = recorder(
            x.reshape(-1, x.shape[-1]), first.reshape(-1), second.reshape(-1), label=more[1]
        )
        return raw.reshape(x.shape), 0


def _along(ctx: Any, place: Any, dx: Any, dfirst: Any, dsecond: Any) -> torch.Tensor:
    """The network's derivative at a place along a direction, in the dtype of x."""
    x, first, second = place
    by_first, by_second = (
        torch.zeros_like(first) if by is None else torch.as_tensor(by).to(first).expand_as(first)
        for by in (dfirst, dsecond)
    )
    slope: torch.Tensor = Slope.apply(
        x, first, second, dx, by_first, by_second, ctx.network, ctx.label
    )
    return slope


class Slope(torch.autograd.Function):
    """The derivative as a function of its own, that gets plain tensors under any transform."""

    @staticmethod
    def forward(
        x: Any,
        first: Any,
        second: Any,
        dx: Any,
        dfirst: Any,
        dsecond: Any,
        network: Any,
        label: Any,
    ) -> Any:
        at = [part.detach().double() for part in (x, first, second)]
        along = [part.detach().double() for part in (dx, dfirst, dsecond)]
        slope = derivative(network, at[0], at[1], at[2], along[0], along[1], along[2], label)
        return slope.to(x.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return (None,) * 8  # second derivatives of the network are not followed

    @staticmethod
    def vmap(info: Any, in_dims: Any, *given: Any) -> Any:
        """Rows of all the batch at once."""
        parts = [
            value.movedim(axis, 0)
            if axis is not None
            else value.expand(info.batch_size, *value.shape)
            for value, axis in zip(given[:6], in_dims[:6], strict=True)
        ]
        rows = [part.reshape(-1, *part.shape[2:]) for part in parts]
        return Slope.apply(*rows, *given[6:]).reshape(parts[0].shape), 0


def derivative(
    network: Function,
    x: torch.Tensor,
    first: torch.Tensor,
    second: torch.Tensor,
    dx: torch.Tensor,
    dfirst: torch.Tensor,
    dsecond: torch.Tensor,
    label: Any = None,
) -> torch.Tensor:
    """d/de of network(x + e dx, first + e dfirst, second + e dsecond) at e = 0, (n, d) float64."""
    own = getattr(network, "derivative", None)
    if own is not None:
        more = {} if label is None else {"label": label}
        slope: torch.Tensor = own(x, first, second, dx, dfirst, dsecond, **more)
        return slope
    size = torch.maximum(dx.abs().amax(1), torch.maximum(dfirst.abs(), dsecond.abs()))
    size = torch.where(size > 0, size, 1.0)
    total = torch.zeros_like(x)
    for place, share in STENCIL.items():
        h = place * STEP / size
        at = (x + h[:, None] * dx, first + h * dfirst, second + h * dsecond)
        total = total + share * _value(network, *at, label)
    return total * (size / STEP)[:, None]


def _value(
    network: Function, x: torch.Tensor, first: torch.Tensor, second: torch.Tensor, label: Any
) -> torch.Tensor:
    """The network's output in float64, never x itself."""
    shown = (x.detach().double(), first.detach().double(), second.detach().double())
    raw = network(*shown) if label is None else network(*shown, label)
    return raw.detach().double().clone()
