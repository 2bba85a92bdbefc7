"""What every public function asks of its arguments, and the one sentence said when it does not get
it.

A refusal names the argument, what was given and what is allowed; the command line prints it and
exits with 2.
"""

from __future__ import annotations

import importlib
import math
import operator
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

SHOWN = 60  # characters of a refused value
NUMBERS = "biuf"  # kinds of NumPy arrays that hold real numbers


class InputError(ValueError):
    """An argument outside what is allowed.

    Its text is one sentence that names the argument, what was given and what is allowed.
    """


def whole(name: str, value: Any, least: int = 1) -> int:
    """A whole number.

    Arguments:
        name: what a refusal calls it.
        value: an int, or what has __index__ as NumPy's integers have; no bool, no float.
        least: the smallest number that is allowed.

    Returns:
        `value` as an int.

    Raises:
        InputError: it is no whole number, or too small.

    Example:
        >>> whole("T", 64, 2)
        64
        >>> whole("T", 1, 2)
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: T must be a whole number of at least 2, got 1
    """
    refusal = f"{name} must be a whole number of at least {least}, got {value!r}"
    try:
        number = operator.index(value)
    except TypeError:
        raise InputError(refusal) from None
    if isinstance(value, bool) or number < least:
        raise InputError(refusal)
    return number


def real(name: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number in an open interval.

    Arguments:
        name: what a refusal calls it.
        value: anything that float() takes.
        low: a bound that is excluded.
        high: a bound that is excluded.

    Returns:
        `value` as a float, low < value < high.

    Raises:
        InputError: it is no number, infinite, NaN or outside.

    Example:
        >>> real("bandwidth", 1, 0)
        1.0
        >>> real("bandwidth", 0, 0)
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: bandwidth must be a finite number above 0, got 0
    """
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} must be a number{_between(low, high)}, got {value!r}") from None
    if not (math.isfinite(number) and low < number < high):
        raise InputError(f"{name} must be a finite number{_between(low, high)}, got {value!r}")
    return number


def choice(name: str, value: Any, known: Collection[str]) -> str:
    """One of some names.

    Arguments:
        name: what a refusal calls it.
        value: the name that was given.
        known: the names that are allowed.

    Returns:
        `value`.

    Raises:
        InputError: it is none of them.

    Example:
        >>> choice("model", "mlp", ("affine", "mlp"))
        'mlp'
    """
    if value not in known:
        raise InputError(f"{name} must be one of {', '.join(sorted(known))}, got {value!r}")
    return value


def function(name: str, value: Any) -> Any:
    """What can be called.

    Arguments:
        name: what a refusal calls it.
        value: a function, a method, or an object with __call__; no class.

    Returns:
        `value`.

    Raises:
        InputError: it cannot be called, or is a class, of which an instance may be meant.

    Example:
        >>> function("f", "x")
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: f must be callable as f(x, t), got 'x'
    """
    if isinstance(value, type):
        raise InputError(
            f"{name} must be callable as {name}(x, t), got the class {value.__name__}: "
            "pass an instance of it"
        )
    if not callable(value):
        raise InputError(f"{name} must be callable as {name}(x, t), got {_brief(value)}")
    return value


def tensor(name: str, value: Any) -> torch.Tensor:
    """An array of real numbers as a tensor of ctverify's own.

    Arguments:
        name: what a refusal calls it.
        value: nested lists, a NumPy array or a tensor on any device, of one shape and not empty.

    Returns:
        A detached float64 tensor on the CPU, of the same shape.

    Raises:
        InputError: it is ragged, empty, not real or not finite.

    Example:
        >>> tensor("means", [[1, 2]])
        tensor([[1., 2.]], dtype=torch.float64)
    """
    import numpy as np
    import torch

    try:
        if isinstance(value, torch.Tensor):
            array = value.detach().cpu().numpy()
        else:
            array = np.asarray(value)
        if array.dtype.kind not in NUMBERS:  # complex, text, records and None are no numbers here
            raise TypeError
        array = np.array(array, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            f"{name} must be a rectangular array of real numbers, got {_brief(value)}"
        ) from None
    if array.size == 0:
        raise InputError(f"{name} must not be empty, got an array of shape {array.shape}")
    finite = np.isfinite(array)
    if not finite.all():
        culprit = array[~finite][0]
        raise InputError(f"{name} must hold finite numbers only, got {culprit} among them")
    return torch.from_numpy(array)


def batch(name: str, x: Any, dim: int) -> torch.Tensor:
    """Points, one a row.

    Arguments:
        name: what a refusal calls them.
        x: an array or a tensor of shape (n, dim) of finite numbers.
        dim: d, the dimension.

    Returns:
        x as a tensor (n, dim); a tensor keeps its device and its dtype.

    Raises:
        InputError: x has another shape, or a number in it is not finite.

    Example:
        >>> batch("x", [[1.0, 2.0]], 2).shape
        torch.Size([1, 2])
    """
    import torch

    points = x if isinstance(x, torch.Tensor) else tensor(name, x)
    if points.ndim != 2 or points.shape[1] != dim:
        raise InputError(f"{name} must have shape (n, {dim}), got {tuple(points.shape)}")
    if not bool(torch.isfinite(points).all()):
        raise InputError(f"{name} must hold finite numbers only, got NaN or infinity among them")
    return points


def level(name: str, t: Any, steps: int) -> int:
    """A noise level's index.

    Arguments:
        name: what a refusal calls it.
        t: a whole number in 1..T.
        steps: T, the number of noise levels.

    Returns:
        t as an int.

    Raises:
        InputError: t is no level.

    Example:
        >>> level("t", 3, 64)
        3
    """
    number = whole(name, t)
    if number > steps:
        raise InputError(f"{name} must lie in 1..{steps}, got {t!r}")
    return number


def device(name: str) -> torch.device:
    """A torch device that this machine has.

    Arguments:
        name: "auto" (CUDA where present, else the CPU), "cpu", "cuda" or "cuda:N".

    Returns:
        The device.

    Raises:
        InputError: it is another name, or a device that this machine lacks.

    Example:
        >>> device("cpu")
        device(type='cpu')
    """
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    refusal = f"device must be auto, cpu, cuda or cuda:N, got {name!r}"
    try:
        known = torch.device(name)
    except (RuntimeError, TypeError):
        raise InputError(refusal) from None
    if known.type not in ("cpu", "cuda"):
        raise InputError(refusal)
    if known.type == "cuda" and (known.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise InputError(
            f"device {name!r} was asked for, but this machine has {count} CUDA devices"
        )
    return known


def imported(name: str, spec: str) -> Any:
    """A callable of the user's, by name.

    Arguments:
        name: what a refusal calls it.
        spec: package.module:function, or :Class.method. The current directory is searched for this
            package first, and last for what it imports itself: nothing there takes the place of a
            module that is installed.

    Returns:
        The callable.

    Raises:
        InputError: it cannot be imported, for whatever reason, or cannot be called.

    Example:
        >>> imported("MODEL", "math:sqrt")(4.0)
        2.0
    """
    module, _, path = spec.partition(":")
    try:
        with _current_directory(module.partition(".")[0]):
            value: Any = importlib.import_module(module)
            for part in path.split("."):
                value = getattr(value, part)
    except Exception as error:  # whatever the user's module raises while it is imported
        kind = type(error).__name__
        words = " ".join(str(error).split())
        raise InputError(
            f"{name} must name an importable callable, got {spec!r}: {kind}: {words}"
        ) from error
    if not callable(value):
        raise InputError(f"{name} must name a callable, got {spec!r}, a {type(value).__name__}")
    return value


class _InCurrentDirectory:
    """Finds one package in the current directory."""

    def __init__(self, package: str) -> None:
        self.package = package

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """As importlib asks; None where it is not there."""
        if name != self.package or path is not None:
            return None
        spec = PathFinder.find_spec(name, [os.getcwd()])
        # a mere directory of that name is no reason to pass over what is installed
        return None if spec is None or spec.loader is None else spec


@contextmanager
def _current_directory(package: str) -> Iterator[None]:
    """A package is looked for in the current directory first, everything else last."""
    finder = _InCurrentDirectory(package)
    sys.meta_path.insert(0, finder)
    sys.path.append("")
    try:
        yield
    finally:
        for places, own in ((sys.meta_path, finder), (sys.path, "")):
            with suppress(ValueError):  # what was imported may have changed them
                places.remove(own)


def _between(low: float, high: float) -> str:
    """What a refusal says of the bounds, where there are any."""
    if math.isfinite(low) and math.isfinite(high):
        return f" between {low:g} and {high:g} (both excluded)"
    if math.isfinite(low):
        return f" above {low:g}"
    if math.isfinite(high):
        return f" below {high:g}"
    return ""


def _brief(value: Any) -> str:
    """The value on one line, cut where it is long."""
    text = repr(value).replace("\n", " ")
    if len(text) <= SHOWN:
        return text
    return text[: SHOWN - 3] + "..."
