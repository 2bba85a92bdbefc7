"""What every public function asks of its arguments, and the one sentence said when it does not get
it.

A refusal names the argument, what was given and what is allowed; the command line prints it and
exits with 2.
"""

from __future__ import annotations

import importlib
import math
import operator
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class InputError(ValueError):
    """An argument outside what is allowed: one sentence that names it, what was given and what is
    allowed.
    """


def whole(name: str, value: Any, least: int = 1) -> int:
    """`value` as an int of at least `least`."""
    try:
        number = operator.index(value)
    except TypeError:
        raise InputError(
            f"{name} must be a whole number of at least {least}, got {value!r}"
        ) from None
    if isinstance(value, bool) or number < least:
        raise InputError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return number


def real(name: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """`value` as a finite float strictly between `low` and `high`."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} must be a number{_between(low, high)}, got {value!r}") from None
    if not (math.isfinite(number) and low < number < high):
        raise InputError(f"{name} must be a finite number{_between(low, high)}, got {value!r}")
    return number


def choice(name: str, value: Any, known: Any) -> str:
    """`value` where it is one of the `known` names."""
    if value not in known:
        raise InputError(f"{name} must be one of {', '.join(sorted(known))}, got {value!r}")
    return value


def tensor(name: str, value: Any) -> torch.Tensor:
    """Lists, NumPy arrays or tensors as a detached float64 tensor of finite numbers on the CPU."""
    import numpy as np
    import torch

    try:
        array = (
            value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
        )
        if array.dtype.kind not in "biuf":  # complex, text, records and None are no numbers here
            raise TypeError
        array = np.array(array, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            f"{name} must be a rectangular array of real numbers, got {_brief(value)}"
        ) from None
    if array.size == 0:
        raise InputError(f"{name} must not be empty, got an array of shape {array.shape}")
    if not np.isfinite(array).all():
        raise InputError(
            f"{name} must hold finite numbers only, got {array[~np.isfinite(array)][0]} among them"
        )
    return torch.from_numpy(array)


def batch(name: str, x: Any, dim: int) -> torch.Tensor:
    """`x` as a tensor of shape (n, dim), its device and its dtype kept."""
    import torch

    x = x if isinstance(x, torch.Tensor) else tensor(name, x)
    if x.ndim != 2 or x.shape[1] != dim:
        raise InputError(f"{name} must have shape (n, {dim}), got {tuple(x.shape)}")
    if not bool(torch.isfinite(x).all()):
        raise InputError(f"{name} must hold finite numbers only, got NaN or infinity among them")
    return x


def level(name: str, t: Any, steps: int) -> int:
    """A noise level's index: a whole number in 1..T."""
    number = whole(name, t)
    if number > steps:
        raise InputError(f"{name} must lie in 1..{steps}, got {t!r}")
    return number


def device(name: str) -> torch.device:
    """The torch device of "auto" (CUDA where present, else the CPU), "cpu", "cuda" or "cuda:N"."""
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(name)
    except (RuntimeError, TypeError):
        raise InputError(f"device must be auto, cpu, cuda or cuda:N, got {name!r}") from None
    if found.type not in ("cpu", "cuda"):
        raise InputError(f"device must be auto, cpu, cuda or cuda:N, got {name!r}")
    if found.type == "cuda" and (found.index or 0) >= torch.cuda.device_count():
        raise InputError(
            f"device {name!r} was asked for, but this machine has {torch.cuda.device_count()} CUDA devices"
        )
    return found


def imported(name: str, spec: str) -> Any:
    """The callable that `spec`, package.module:function, names; the current directory is searched
    too.
    """
    module, _, path = spec.partition(":")
    sys.path.insert(0, "")
    try:
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except Exception as error:  # whatever the user's module raises while it is imported
        raise InputError(
            f"{name} must name an importable callable, got {spec!r}: {type(error).__name__}: {error}"
        ) from error
    finally:
        sys.path.remove("")
    if not callable(found):
        raise InputError(f"{name} must name a callable, got {spec!r}, a {type(found).__name__}")
    return found


def _between(low: float, high: float) -> str:
    if math.isfinite(low) and math.isfinite(high):
        return f" between {low:g} and {high:g} (both excluded)"
    return (
        f" above {low:g}"
        if math.isfinite(low)
        else f" below {high:g}"
        if math.isfinite(high)
        else ""
    )


def _brief(value: Any) -> str:
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 60 else text[:57] + "..."
