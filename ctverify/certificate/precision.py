"""In which dtype a model computes: its network's parameters say so, where there is a network.

What is looked through: bound methods, closures, the networks and functions of its own module that a
function names, functools.partial, lists and dictionaries of networks, and callables that hold one
(`Convention.wrap` makes such a callable).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from itertools import islice
from types import FunctionType, MethodType
from typing import Any

import torch

from ..core.arguments import InputError

AUTO = "auto"
NAMES = ("float64", "float32", "bfloat16", "float16")
DTYPES = {name: getattr(torch, name) for name in NAMES}
DEEPEST = 4  # objects within objects that are looked through
LONGEST = 4096  # entries of a list that are
TF32 = 2.0**-10  # the rounding of an NVIDIA GPU's TF32, in which torch may compute float32


def call_dtype(f: Any, dtype: str | torch.dtype = AUTO) -> torch.dtype:
    """The dtype of the x with which a model is called.

    Arguments:
        f: the model.
        dtype: "auto", one of NAMES, or the torch dtype of such a name.

    Returns:
        That dtype; for auto the one of the first parameter of the network in f, float64 where
        there is none.

    Raises:
        InputError: dtype is none of these.

    Example:
        >>> call_dtype(torch.nn.Linear(2, 2)), call_dtype(lambda x, t: x)
        (torch.float32, torch.float64)
    """
    if isinstance(dtype, torch.dtype) and dtype in DTYPES.values():
        return dtype
    if isinstance(dtype, str) and dtype in DTYPES:
        return DTYPES[dtype]
    if dtype != AUTO:
        raise InputError(
            f"dtype must be {AUTO}, {', '.join(NAMES)} or such a torch dtype, got {dtype!r}"
        )
    own = _parameter_dtypes(f)
    return own[0] if own else torch.float64


def rounding(f: Any, *dtypes: torch.dtype) -> float:
    """The coarsest relative rounding of a model.

    Arguments:
        f: the model; the parameters of the networks in it count, and what it says of itself by
            `computes_in`, as a ConsistencyModel does.
        dtypes: what else counts, that of what it returns for example.

    Returns:
        The largest eps of them; TF32's where float32 may be computed so.
    """
    known = [*dtypes, *_parameter_dtypes(f)]
    inside = getattr(f, "computes_in", None)
    if isinstance(inside, torch.dtype):
        known.append(inside)
    eps = [torch.finfo(dtype).eps for dtype in known]
    tf32 = torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32
    on_gpu = any(parameter.is_cuda for net in networks(f) for parameter in net.parameters())
    if torch.float32 in known and tf32 and on_gpu:
        eps.append(TF32)
    return max(eps)


def networks(f: Any) -> list[torch.nn.Module]:
    """The networks that a model is made of, each once, the outermost ones alone."""
    seen: dict[int, torch.nn.Module] = {}
    for net in _networks(f, DEEPEST):
        seen.setdefault(id(net), net)
    return list(seen.values())


def _parameter_dtypes(f: Any) -> list[torch.dtype]:
    """The dtypes of f's parameters, in their order, each once; those alone that DTYPES has."""
    parameters = [parameter for net in networks(f) for parameter in net.parameters()]
    dtypes = dict.fromkeys(parameter.dtype for parameter in parameters)
    return [dtype for dtype in dtypes if dtype in DTYPES.values()]


def _networks(thing: Any, depth: int) -> Iterator[torch.nn.Module]:
    if isinstance(thing, torch.nn.Module):
        yield thing
    elif depth > 0:
        for part in _parts(thing):
            yield from _networks(part, depth - 1)


def _parts(thing: Any) -> Sequence[Any]:
    """What a callable, a list or a dictionary is made of."""
    if isinstance(thing, MethodType):
        return [thing.__self__]
    if isinstance(thing, functools.partial):
        return [thing.func, *thing.args, *thing.keywords.values()]
    if isinstance(thing, FunctionType):
        return [*_kept(thing), *_named(thing)]
    if isinstance(thing, dict):
        return _only_networks(thing.values())
    if isinstance(thing, list | tuple):
        return _only_networks(thing)
    if callable(thing) and not isinstance(thing, type):
        return list(getattr(thing, "__dict__", {}).values())
    return []


def _only_networks(things: Any) -> list[Any]:
    return [thing for thing in islice(things, LONGEST) if isinstance(thing, torch.nn.Module)]


def _kept(function: FunctionType) -> list[Any]:
    """What a closure holds, and defaults such as `net=net`."""
    contents = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    for cell in function.__closure__ or ():
        try:
            contents.append(cell.cell_contents)
        except ValueError:  # a name that has no value yet
            continue
    return contents


def _named(function: FunctionType) -> list[Any]:
    """The globals that a function names: networks, alone or in a list, and functions beside it."""
    named = [function.__globals__.get(name) for name in function.__code__.co_names]
    beside = [
        thing
        for thing in named
        if isinstance(thing, FunctionType) and thing.__globals__ is function.__globals__
    ]
    held = [thing for thing in named if isinstance(thing, torch.nn.Module | list | tuple | dict)]
    return [*held, *beside]
