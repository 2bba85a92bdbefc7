"""What the methods of a subject have to return: tensors of the shape of x, numbers, as many as are
needed. Anything else is Misshapen, and nothing is computed with it.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

import torch

from ...core.arguments import InputError
from ..admission import admitted
from ..laws.pair_laws import PairLaw
from .network import as_tensor
from .refusals import Misshapen, asked

MOST = 100_000  # numbers that are taken from what has no length


def returned(name: str, arguments: tuple[Any, ...], value: Any) -> Any:
    """What a method returned, in plain types.

    Arguments:
        name: the method.
        arguments: what it was given.
        value: what it returned.

    Returns:
        Tensors without gradients (a loss keeps them), numbers as floats; times and grids as lists.

    Raises:
        Misshapen: it is of another type or shape than the protocol asks for; says which.
    """
    if name not in _RULES:
        return value
    rule = _RULES[name]
    return asked(f"reading what {name} returns", lambda: rule(name, arguments, value), Misshapen)


def tensor(what: str, value: Any, like: torch.Tensor, shapes: tuple[tuple[int, ...], ...]) -> Any:
    """A strided tensor of real floating numbers, on the device of `like`, of one of the shapes."""
    right = " or ".join(str(shape) for shape in shapes)
    if isinstance(value, float | int) or hasattr(value, "__array__"):
        value = _of_array(what, value)
    if not isinstance(value, torch.Tensor):
        raise Misshapen(f"{what} is {_kind(value)}, a tensor of shape {right} is right")
    if type(value) is not torch.Tensor:
        value = _plain(what, value)
    if value.layout != torch.strided:
        raise Misshapen(f"{what} is a tensor of layout {value.layout}, a dense one is right")
    if value.device != like.device:
        raise Misshapen(f"{what} lies on the device {value.device}, {like.device} is right")
    if not value.dtype.is_floating_point:
        raise Misshapen(f"{what} is a tensor of {value.dtype}, floating numbers are right")
    if tuple(value.shape) not in shapes:
        raise Misshapen(f"{what} has shape {tuple(value.shape)}, {right} is right")
    return value


def number(what: str, value: Any) -> float:
    """One real number."""
    return listed(what, [value], 1)[0]


def listed(what: str, values: Any, *counts: int) -> list[float]:
    """Real numbers, as many as one of `counts`, or any number of them."""
    if isinstance(values, torch.Tensor) or hasattr(values, "__array__"):
        found = _array(what, values)
    elif isinstance(values, str | bytes | Mapping | set) or not isinstance(values, Iterable):
        raise Misshapen(f"{what} is {_kind(values)}, a sequence of numbers is right")
    else:
        taken = asked(what, lambda: list(islice(values, MOST + 1)))
        if len(taken) > MOST:
            raise Misshapen(f"{what} does not end after {MOST} numbers")
        found = [_number(what, value) for value in taken]
    if counts and len(found) not in counts:
        right = " or ".join(map(str, dict.fromkeys(counts)))
        raise Misshapen(f"{what} holds {len(found)} numbers, {right} is right")
    return found


def _number(what: str, value: Any) -> float:
    if isinstance(value, torch.Tensor) or hasattr(value, "__array__"):
        found = _array(what, value)
        if len(found) == 1:
            return found[0]
        raise Misshapen(f"{what} holds an array of {len(found)} numbers where one is right")
    if isinstance(value, bool | str | bytes) or not (
        isinstance(value, numbers.Real) or hasattr(value, "__float__")
    ):
        raise Misshapen(f"{what} holds {_kind(value)}, a number is right")
    try:
        return float(value)
    except OverflowError:
        raise Misshapen(f"{what} holds a whole number beyond float64") from None


def _array(what: str, value: Any) -> list[float]:
    """The numbers of a tensor or of what NumPy takes for an array."""
    value = _of_array(what, value)
    value = value if type(value) is torch.Tensor else _plain(what, value)
    real = not (value.dtype.is_complex or value.dtype == torch.bool or value.is_quantized)
    if value.layout != torch.strided or value.is_meta or not real:
        kind = f"{value.dtype}, {value.layout}, on {value.device}"
        raise Misshapen(f"{what} is a tensor of {kind}, one of dense real numbers is right")
    flat: list[float] = value.detach().double().reshape(-1).tolist()
    return flat


def _of_array(what: str, value: Any) -> torch.Tensor:
    """A tensor of the numbers of an array."""
    try:
        return as_tensor(value)
    except TypeError:
        raise Misshapen(f"{what} is {_kind(value)} of no numbers") from None


def _plain(what: str, value: torch.Tensor) -> torch.Tensor:
    """A subclass's tensor without the subclass's functions."""
    try:
        with torch._C.DisableTorchFunctionSubclass():
            plain = value.as_subclass(torch.Tensor)
    except Exception:
        plain = value
    if type(plain) is not torch.Tensor:
        raise Misshapen(f"{what} is {_kind(value)}, a plain tensor is right")
    return plain


def _kind(value: Any) -> str:
    """The type of a value in words."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _like_first(name: str, arguments: tuple[Any, ...], value: Any) -> torch.Tensor:
    x = arguments[0]
    found: torch.Tensor = tensor(f"what {name} returns", value, x, (tuple(x.shape),))
    return found.detach()


def _loss(name: str, arguments: tuple[Any, ...], value: Any) -> Any:
    x = arguments[0]
    return tensor("what loss returns", value, x, ((), (len(x),)))


def _pair(name: str, arguments: tuple[Any, ...], value: Any) -> Any:
    if not isinstance(value, tuple | list) or len(value) != 4:
        count = f" of {len(value)}" if isinstance(value, tuple | list) else ""
        raise Misshapen(
            f"what training_pair returns is {_kind(value)}{count}, (x_t, t, x_s, s) is right"
        )
    (x_t, t, x_s, s), x = value, arguments[0]
    found = []
    for what, point, time in (("t", x_t, t), ("s", x_s, s)):
        said = "of training_pair"
        found.append(tensor(f"x_{what} {said}", point, x, (tuple(x.shape),)).detach())
        found.append(_times(f"{what} {said}", time, len(x)))
    return tuple(found)


def _map(name: str, arguments: tuple[Any, ...], value: Any) -> Any:
    """With gradients, which some checks of maps need."""
    return tensor(f"what {name} returns", value, arguments[0], (tuple(arguments[0].shape),))


def _features(name: str, arguments: tuple[Any, ...], value: Any) -> Any:
    if isinstance(value, torch.Tensor) and value.ndim != 2:
        raise Misshapen(f"what {name} returns has shape {tuple(value.shape)}, (n, k) is right")
    n, k = len(arguments[0]), value.shape[-1] if isinstance(value, torch.Tensor) else 0
    return tensor(f"what {name} returns", value, arguments[0], ((n, k),))


def _flow_pair(name: str, arguments: tuple[Any, ...], value: Any) -> Any:
    if not isinstance(value, tuple | list) or len(value) != 4:
        count = f" of {len(value)}" if isinstance(value, tuple | list) else ""
        raise Misshapen(
            f"what flow_pair returns is {_kind(value)}{count}, (x_t, t, s, velocity) is right"
        )
    (x_t, t, s, velocity), x = value, arguments[0]
    x_t = tensor("x_t of flow_pair", x_t, x, (tuple(x.shape),)).detach()
    times = [_times(f"{what} of flow_pair", time, len(x)) for what, time in (("t", t), ("s", s))]
    if velocity is not None:
        velocity = tensor("the velocity of flow_pair", velocity, x, (tuple(x.shape),)).detach()
    return x_t, *times, velocity


def _times(what: str, time: Any, n: int) -> torch.Tensor:
    """A number or n of them as (n,) float64."""
    many = isinstance(time, Iterable) and getattr(time, "ndim", 1) > 0
    times = listed(what, time if many else [time], 1, n)
    return torch.tensor(times, dtype=torch.float64).expand(n)


def _law(name: str, arguments: tuple[Any, ...], value: Any) -> Any:
    if isinstance(value, PairLaw):
        return value
    if callable(getattr(value, "cdf", None)):
        return value
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise Misshapen(
            f"what time_law returns is {_kind(value)}, (support, probabilities) or a SciPy"
            " distribution is right"
        )
    support = listed("the support of time_law", value[0])
    shares = listed("the probabilities of time_law", value[1], len(support))
    if not support or not all(0 <= p < math.inf for p in shares) or not sum(shares) > 0:
        raise Misshapen("the probabilities of time_law are not at least 0 with a sum above 0")
    return torch.tensor(support, dtype=torch.float64), torch.tensor(shares, dtype=torch.float64)


def _calls(name: str, arguments: tuple[Any, ...], value: Any) -> Any:
    right = "(what, thunk) of documented calls are right"
    if not isinstance(value, Iterable):
        raise Misshapen(f"what calls returns is {_kind(value)}, {right}")
    pairs = asked("calls", lambda: list(islice(value, MOST)))
    for pair in pairs:
        if not (isinstance(pair, tuple | list) and len(pair) == 2 and callable(pair[1])):
            raise Misshapen(f"calls returns {_kind(pair)} among them, {right}")
    return [(str(what), thunk) for what, thunk in pairs]


def _adapter(name: str, arguments: tuple[Any, ...], value: Any) -> Any:
    try:
        return admitted(value, f"what {name} returns")
    except InputError as error:
        raise Misshapen(str(error)) from None


def _numbers(*counts: int) -> Callable[..., Any]:
    return lambda name, arguments, value: listed(
        f"what {name}{_of(arguments)} returns", value, *counts
    )


def _visited(name: str, arguments: tuple[Any, ...], value: Any) -> list[float]:
    return listed("what visited returns", value)


def _grid(name: str, arguments: tuple[Any, ...], value: Any) -> list[float]:
    levels = listed("what grid returns", value)
    if not levels or not all(map(math.isfinite, levels)) or sorted(levels)[::-1] != levels:
        raise Misshapen("what grid returns are not finite times that fall from the noise end")
    return levels


def _of(arguments: tuple[Any, ...]) -> str:
    return f"({', '.join(f'{a:.6g}' for a in arguments)})" if arguments else ""


def _one(name: str, arguments: tuple[Any, ...], value: Any) -> float:
    return number(f"what {name}{_of(arguments)} returns", value)


def _rows(name: str, arguments: tuple[Any, ...], value: Any) -> torch.Tensor:
    n = len(arguments[0])
    if isinstance(value, float | int):  # the same for all
        value = [value] * n
    return torch.tensor(listed(f"what {name} returns", value, n), dtype=torch.float64)


_RULES: dict[str, Callable[..., Any]] = {
    "times": _numbers(),
    "grid": _grid,
    "scalings": _numbers(4),
    "curriculum": _one,
    "weight": _rows,
    "add_noise": _like_first,
    "consistency": _like_first,
    "sample": _like_first,
    "ema": _like_first,
    "loss": _loss,
    "training_pair": _pair,
    "time_law": _law,
    "calls": _calls,
    "restored": _adapter,
    "flow_map": _map,
    "velocity": _map,
    "half_steps": _map,
    "target": _map,
    "derivative": _map,
    "embedding": _features,
    "flow_pair": _flow_pair,
    "sample_at": _like_first,
    "visited": _visited,
    "guided_velocity": _map,
    "guided_map": _map,
}
