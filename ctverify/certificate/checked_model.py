"""The model under certification: a user's f(x, t) in centred coordinates, checked at every call.

A value that is 2^52 times as large as the law, and as where f was asked, has a last digit in
float64 that is as large as they are: no limit could be computed from it, and squares of it may
overflow. It is judged as one that is not finite: f has diverged.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import torch
from jaxtyping import Float

from ..core.arguments import InputError
from ..flow.one_dim import Map1D
from ..model.protocols import Model
from ..model.schedule import Schedule
from ..targets import Target

CALL = 2**12  # rows handed to f at once
DIGITS = 2.0**52  # float64's: 1 + 1/DIGITS is the number after 1

# what torch says where t should be a tensor, and where f's numbers are on another device than x, or
# of another dtype
NUMBER = re.compile(r"'(int|float)' object|must be Tensor, not (int|float)|got (int|float)$")
OTHER_DEVICE = re.compile(r"same device|expected device|device type")
OTHER_DTYPE = re.compile(r"dtype|datatype|scalar type|bias type")


class NotFinite(ArithmeticError):
    """f returned NaN, infinity, or numbers so large that nothing can be measured."""


class CallFailed(InputError):
    """f raised; its own error is the cause of this one."""


@dataclass(frozen=True)
class Centred:
    """f in centred coordinates, checked: x - a_t mean -> f_t(x) - a_1 mean, float64, called in
    blocks of rows.

    Attributes:
        f: the user's model, in the paper's coordinates.
        target: the law of X_0.
        schedule: the noise levels.
        dtype: of the x that f gets; what it returns becomes float64.
    """

    f: Model
    target: Target
    schedule: Schedule
    dtype: torch.dtype = torch.float64

    def __call__(self, x: Float[torch.Tensor, "*n d"], t: int) -> Float[torch.Tensor, "*n d"]:
        """f at level t for centred x (..., d)."""
        shift = self.schedule.scales(t)[0] * self.target.mean
        first = self.schedule.scales(1)[0] * self.target.mean
        parts = []
        for part in x.reshape(-1, x.shape[-1]).split(CALL):
            values = self._checked(part + shift, t) - first
            refuse_diverged(values, part, self.target.spread, f"f(x, {t})", "x", part + shift)
            parts.append(values)
        return torch.cat(parts).reshape(x.shape)

    @property
    def start_std(self) -> float:
        """The standard deviation of the noise that users start f_T from, in the paper's
        coordinates: 1, unless f knows better (`Convention.wrap`).
        """
        return float(getattr(self.f, "start_std", 1.0))

    def in_one_dimension(self, t: int) -> Map1D:
        """f at level t in d = 1 as a function of NumPy arrays (n,), centred."""
        like = self.target.mean
        return lambda x: self(torch.from_numpy(x[:, None]).to(like), t)[:, 0].cpu().numpy()

    def raw(self, x: Float[torch.Tensor, "n d"], t: int) -> torch.Tensor:
        """What f itself returns for x in the paper's coordinates, in its own dtype."""
        if self.dtype == torch.float64:
            return self.f(x, t)
        # who changes coordinates does so in float64 and converts himself
        in_dtype = getattr(self.f, "in_dtype", None)
        if in_dtype is not None:
            return in_dtype(self.dtype)(x, t)
        return self.f(x.to(self.dtype), t)

    def _checked(self, x: torch.Tensor, t: int) -> torch.Tensor:
        try:
            y = self.raw(x, t)
        except (CallFailed, NotFinite):  # a map of two times has said it in its own words
            raise
        except Exception as error:  # a user's f may raise anything
            words = " ".join(str(error).split())
            raise CallFailed(
                f"f(x, t) must accept x of shape {tuple(x.shape)} and {self.dtype} at t = {t}, "
                f"got {type(error).__name__}: {words}{self._remedy(words)}"
            ) from error
        if not isinstance(y, torch.Tensor) or y.shape != x.shape or not y.is_floating_point():
            raise InputError(
                f"f must return a float tensor of shape {tuple(x.shape)} at t = {t}, "
                f"got {described(y)}"
            )
        return y.detach().to(x)

    def _remedy(self, message: str) -> str:
        """What to do about an error of f's, as far as its words tell."""
        if NUMBER.search(message):
            return ": t is a Python number, make the tensor that the model needs of it in f"
        if OTHER_DEVICE.search(message):
            return ": pass the device of the model, for example device='cpu' (--device cpu)"
        if OTHER_DTYPE.search(message):
            other = _named_dtype(message, self.dtype)
            return f": pass the dtype of the model, dtype='{other}' (--dtype {other})"
        return ""


def refuse_diverged(
    values: Float[torch.Tensor, "n d"],
    at: Float[torch.Tensor, "n d"],
    spread: float,
    call: str,
    argument: str,
    shown: Float[torch.Tensor, "n d"],
) -> None:
    """Refuse values from which nothing can be measured.

    Arguments:
        values: what was returned, centred.
        at: where, centred.
        spread: of the law.
        call: what was called, in words.
        argument: the name of its argument.
        shown: the arguments as they were handed in.

    Raises:
        NotFinite: NaN, infinity, or a number beyond DIGITS times both the spread and `at`.
    """
    if not values.numel():
        return
    largest = torch.finfo(values.dtype).max
    allowed = (DIGITS * at.abs().max().clamp_min(spread)).clamp_max(largest)
    size = values.abs().amax(1)
    bad = ~(size <= allowed)  # so is NaN
    if not bool(bad.any()):
        return
    where = f"at {argument} = {shown[bad][0].tolist()}"
    reached = float(size[bad][0])
    if math.isfinite(reached):
        raise NotFinite(
            f"{call} has diverged: it is {reached:.3g} {where}, for a law of spread {spread:.3g}"
        )
    raise NotFinite(f"{call} is not finite {where}")


def _named_dtype(message: str, called: torch.dtype) -> str:
    """The dtype that torch names beside the one that f was called with."""
    if "bfloat16" in message.lower():
        return "bfloat16"
    if "half" in message.lower() or "float16" in message:
        return "float16"
    return "float32" if called == torch.float64 else "float64"


def described(y: object) -> str:
    """What a model returned, in words."""
    return f"{tuple(y.shape)} of {y.dtype}" if isinstance(y, torch.Tensor) else type(y).__name__
