"""Networks put in a subject's network's place.

A Recorder answers in the dtype and the kind of array in which it is asked, remembers its calls, and
can be asked under any transform of torch.func.

Derivatives of what it answers are central differences in float64, whatever the network, so that a
loss may differentiate it in forward or in reverse mode. Steps of 1e-3 in x_in (affine for a
Gaussian) and of 1e-4, relative, in the embedding leave 1e-6 of the derivatives' size.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from .rounding import SHORT

STEP_X, STEP_EMBEDDING = 1e-3, 1e-4


@dataclass
class Leaf:
    """Stands for a zero added to a raw output; `grad` is what a backward pass has left there."""

    grad: torch.Tensor | None = None


@dataclass
class Call:
    """One call of the network: what it was shown, and what it returned."""

    x_in: torch.Tensor
    embedding: torch.Tensor  # (n,) float64
    raw: torch.Tensor
    leaf: Leaf | None = None  # where the gradient of the raw output goes


@dataclass(frozen=True, eq=False)
class Recorder:
    """A network that remembers its calls; with `leaves`, also the gradient of each output.

    `network` itself is asked for plain tensors, float32 or float64, whatever arrives.
    """

    network: Callable[..., torch.Tensor]
    leaves: bool = False
    calls: list[Call] = field(default_factory=list)
    anchor: torch.Tensor = field(default_factory=lambda: torch.zeros((), requires_grad=True))

    def __call__(self, x_in: Any, embedding: Any) -> Any:
        """The network's output for x_in, rows first, as a tensor; as a NumPy array where x_in is
        no tensor.
        """
        if not isinstance(x_in, torch.Tensor):
            return as_array(self(as_tensor(x_in), embedding), like=np.asarray(x_in).dtype)
        times = as_tensor(embedding)
        single = x_in.ndim < 2 and times.numel() == 1  # a row by itself, as vmap shows it
        rows = x_in[None] if single else x_in
        rows = rows.reshape(len(rows), -1)
        if times.numel() not in (1, len(rows)):
            raise ValueError(
                "the network's time embedding must be one number a row, got shape"
                f" {tuple(times.shape)} for {len(rows)} rows"
            )
        leaf = Leaf() if self.leaves else None
        zero = None if leaf is None else Tap.apply(self.anchor, rows.shape, rows.dtype, leaf)
        times = times.reshape(-1).expand(len(rows))
        raw: torch.Tensor = Asked.apply(rows, times, zero, self, leaf)
        return raw.reshape(x_in.shape)

    def answer(
        self, x_in: torch.Tensor, embedding: torch.Tensor, leaf: Leaf | None
    ) -> torch.Tensor:
        """The network's output for plain tensors, remembered."""
        raw = _answer(self.network, x_in, embedding)
        self.calls.append(Call(x_in.detach(), embedding.detach().double(), raw.detach(), leaf))
        return raw


def _answer(network: Any, x_in: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
    """The network's output, rounded once where x_in's dtype is short; never x_in itself."""
    shown = x_in.detach()
    shown = shown.double() if shown.dtype in SHORT else shown
    raw: torch.Tensor = network(shown, embedding.detach())
    return raw.detach().to(x_in.dtype, copy=True)


class Tap(torch.autograd.Function):
    """Zeros, whose gradient is kept in `leaf`; a function of `anchor`, made outside of any
    transform, since a transform's own tensors are forgotten with it.
    """

    @staticmethod
    def forward(anchor: torch.Tensor, shape: Any, dtype: Any, leaf: Any) -> Any:
        return torch.zeros(shape, dtype=dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.leaf = inputs[3]

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        kept, (g,) = ctx.leaf.grad, gradients
        ctx.leaf.grad = g.detach() if kept is None else kept + g.detach()
        return None, None, None, None

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        return None

    @staticmethod
    def vmap(info: Any, in_dims: Any, anchor: Any, shape: Any, dtype: Any, leaf: Any) -> Any:
        return Tap.apply(anchor, shape, dtype, leaf), None


class Asked(torch.autograd.Function):
    """A recorder's answer to x_in (n, d) and embedding (n,), plus `zero`; differentiable."""

    @staticmethod
    def forward(x_in: Any, embedding: Any, zero: Any, recorder: Any, leaf: Any) -> Any:
        return recorder.answer(x_in, embedding, leaf)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        x_in, embedding, _, recorder, _ = inputs
        ctx.network = recorder.network
        ctx.save_for_backward(x_in, embedding)
        ctx.save_for_forward(x_in, embedding)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        (g,), (x, e) = gradients, ctx.saved_tensors
        by_x = by_e = None
        if ctx.needs_input_grad[0]:
            axes = torch.eye(x.shape[1], dtype=x.dtype)
            slopes = [(g * _along_x(ctx.network, x, e, axis.expand_as(x))).sum(1) for axis in axes]
            by_x = torch.stack(slopes, 1)
        if ctx.needs_input_grad[1]:
            by_e = (g * _by_embedding(ctx.network, x, e)).sum(1).to(e.dtype)
        return by_x, by_e, g if ctx.needs_input_grad[2] else None, None, None

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        (x, e), (along_x, along_e, _, _, _) = ctx.saved_tensors, tangents
        moved = torch.zeros_like(x)
        if along_x is not None:
            moved = moved + _along_x(ctx.network, x, e, along_x)
        if along_e is not None:
            moved = moved + _by_embedding(ctx.network, x, e) * along_e[:, None]
        return moved.to(x.dtype)

    @staticmethod
    def vmap(info: Any, in_dims: Any, x_in: Any, embedding: Any, *rest: Any) -> Any:
        """Rows of all the batch at once, with a leaf of their own."""
        x, e = (
            value.movedim(axis, 0)
            if axis is not None
            else value.expand(info.batch_size, *value.shape)
            for value, axis in zip((x_in, embedding), in_dims[:2], strict=True)
        )
        recorder = rest[1]
        raw = recorder(x.reshape(-1, x.shape[-1]), e.reshape(-1))
        return raw.reshape(x.shape), 0


# torch asks for the signature at every call, and making it takes longer than the call
for _function in (Tap, Asked):
    setattr(_function.forward, "__signature__", inspect.signature(_function.forward))  # noqa: B010


def _value(network: Any, x: torch.Tensor, e: torch.Tensor) -> torch.Tensor:
    """The network's output in float64, unremembered."""
    value: torch.Tensor = Asked.apply(x.double(), e.double(), None, Recorder(network), None)
    return value


def _along_x(network: Any, x: torch.Tensor, e: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """The derivative of the output along v in x_in, (n, d), in x's dtype."""
    x, v, dtype = x.detach().double(), v.detach().double(), x.dtype
    length = v.abs().amax(1, keepdim=True).clamp_min(1e-300)
    h = STEP_X * (1 + x.abs().amax(1, keepdim=True))
    step = h * (v / length)
    slope = (_value(network, x + step, e) - _value(network, x - step, e)) / (2 * h)
    return (slope * length).to(dtype)


def _by_embedding(network: Any, x: torch.Tensor, e: torch.Tensor) -> torch.Tensor:
    """The derivative of the output by the embedding, (n, d), in x's dtype."""
    e = e.detach().double()
    k = STEP_EMBEDDING * e.abs().clamp_min(1e-6)
    slope = (_value(network, x.detach(), e + k) - _value(network, x.detach(), e - k)) / (
        2 * k[:, None]
    )
    return slope.to(x.dtype)


def as_tensor(value: Any) -> torch.Tensor:
    """A tensor of the same numbers; of Python's, and of arrays of other libraries, in their own
    precision.
    """
    if isinstance(value, torch.Tensor):
        return value
    array = np.asarray(value)
    if array.dtype.name == "bfloat16":  # NumPy's by ml_dtypes, unknown to torch
        return torch.from_numpy(array.view(np.int16).copy()).view(torch.bfloat16)
    return torch.from_numpy(np.array(array))


def as_array(value: torch.Tensor, like: Any) -> Any:
    """A NumPy array of the same numbers and of dtype `like`."""
    if value.dtype == torch.bfloat16:
        return value.detach().view(torch.int16).numpy().view(like)
    return value.detach().numpy().astype(like, copy=False)
