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
import reprlib
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

SHOWN = 60  # characters of a refused value
DIGITS = 100  # of a whole number that are shown; Python refuses to write one of more than 4300
MOST = 2**63 - 1  # that fits an array's index, a file's size and a generator's seed
NUMBERS = "biuf"  # kinds of NumPy arrays that hold real numbers


class InputError(ValueError):
    """An argument outside what is allowed.

    Its text is one sentence that names the argument, what was given and what is allowed.
    """


class MissingPackage(InputError):
    """What is asked for needs a package that is not installed."""


def missing(what: str, package: str, install: str, error: ImportError) -> MissingPackage:
    """The refusal of what needs a package that is not installed, or that does not import.

    Arguments:
        what: what is asked for, as a refusal begins with it.
        package: the package's name.
        install: what pip is asked for.
        error: what its import raised.

    Returns:
        The refusal, to be raised `from None`.

    Example:
        >>> missing("output .parquet", "pyarrow", "ctverify[parquet]", ModuleNotFoundError())
        MissingPackage("output .parquet needs pyarrow, which is not installed: pip install \
'ctverify[parquet]'")
    """
    if isinstance(error, ModuleNotFoundError):
        words = "which is not installed"
    else:
        words = f"which does not import ({error})"
    return MissingPackage(f"{what} needs {package}, {words}: pip install {install!r}")


def whole(name: str, value: Any, least: int = 1, most: int = MOST) -> int:
    """A whole number.

    Arguments:
        name: what a refusal calls it.
        value: an int, or what has __index__ as NumPy's integers have; no bool, no float.
        least: the smallest number that is allowed.
        most: the largest.

    Returns:
        `value` as an int.

    Raises:
        InputError: it is no whole number, too small or too large.

    Example:
        >>> whole("T", 64, 2)
        64
        >>> whole("T", 1, 2)
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: T must be a whole number of at least 2, got 1
    """
    try:
        number = operator.index(value)
    except Exception:  # a tensor of many numbers raises what it likes
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise InputError(f"{name} must be a whole number of at least {least}, got {brief(value)}")
    if number > most:
        limit = "below 2^63" if most == MOST else f"of at most {most}"
        raise InputError(f"{name} must be a whole number {limit}, got {brief(value)}")
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
    except Exception:  # a tensor of many numbers raises what it likes
        words = f"{name} must be a number{_between(low, high)}, got {brief(value)}"
        raise InputError(words) from None
    if not (math.isfinite(number) and low < number < high):
        raise InputError(f"{name} must be a finite number{_between(low, high)}, got {brief(value)}")
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
    if not isinstance(value, str) or value not in known:
        raise InputError(f"{name} must be one of {', '.join(sorted(known))}, got {brief(value)}")
    return value


def function(name: str, value: Any, called: str = "x, t") -> Any:
    """What can be called.

    Arguments:
        name: what a refusal calls it.
        value: a function, a method, or an object with __call__; no class.
        called: what it is called with, as a refusal says it.

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
            f"{name} must be callable as {name}({called}), got the class {value.__name__}: "
            "pass an instance of it"
        )
    if not callable(value):
        raise InputError(f"{name} must be callable as {name}({called}), got {brief(value)}")
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
            f"{name} must be a rectangular array of real numbers, got {brief(value)}"
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
        raise InputError(f"{name} must lie in 1..{steps}, got {brief(t)}")
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

    refusal = f"device must be auto, cpu, cuda or cuda:N, got {brief(name)}"
    if not isinstance(name, str):
        raise InputError(refusal)
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    known = place("device", name)
    if known.type not in ("cpu", "cuda"):
        raise InputError(refusal)
    if known.type == "cuda" and (known.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise InputError(
            f"device {name!r} was asked for, but this machine has {count} CUDA devices"
        )
    return known


def place(name: str, value: str) -> torch.device:
    """Any device of torch, whether this machine has it or not.

    Arguments:
        name: what a refusal calls it.
        value: a name that torch knows.

    Returns:
        The device.

    Raises:
        InputError: torch knows no such device.

    Example:
        >>> place("device", "meta")
        device(type='meta')
    """
    import torch

    try:
        return torch.device(value)
    except (RuntimeError, ValueError):
        raise InputError(f"{name} must be auto, cpu, cuda or cuda:N, got {brief(value)}") from None


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
        with suppress(ValueError):  # what was imported may have changed them
            sys.meta_path.remove(finder)
        with suppress(ValueError):
            sys.path.remove("")


def _between(low: float, high: float) -> str:
    """What a refusal says of the bounds, where there are any."""
    if math.isfinite(low) and math.isfinite(high):
        return f" between {low:g} and {high:g} (both excluded)"
    if math.isfinite(low):
        return f" above {low:g}"
    if math.isfinite(high):
        return f" below {high:g}"
    return ""


def brief(value: Any) -> str:
    """A value on one line, cut where it is long, as refusals show it.

    Arguments:
        value: anything at all, also what has no repr.

    Returns:
        At most 60 characters.

    Example:
        >>> brief(list(range(10**6))), brief(10**5000)
        ('[0, 1, 2, 3, 4, 5, ...]', 'a whole number of about 5001 digits')
    """
    if isinstance(value, int) and value.bit_length() * LOG10_2 > DIGITS:
        return f"a whole number of about {math.ceil(value.bit_length() * LOG10_2)} digits"
    try:
        text = _abridged.repr(value).replace("\n", " ")
    except Exception:  # whatever a repr of the user's raises
        return f"a {type(value).__name__}"
    if len(text) <= SHOWN:
        return text
    return text[: SHOWN - 3] + "..."


LOG10_2 = math.log10(2)
_abridged = reprlib.Repr()  # it does not go through all of a long list
_abridged.maxstring = _abridged.maxother = _abridged.maxlong = 10 * SHOWN
