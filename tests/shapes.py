"""How the tests check the shapes of arrays, in the package whose signatures carry them.

jaxtyping's import hook decorates every function with `jaxtyping.jaxtyped`, at 20 to 100
microseconds a call. `install` keeps that to the functions that carry shapes, and to the first
CALLS calls of each in a test. Of a signature beartype judges the shapes alone: all else is mypy's,
or what the function refuses in a sentence of its own.
"""

from __future__ import annotations

import functools
import inspect
from collections import Counter
from collections.abc import Callable
from types import CodeType
from typing import Any, get_args

import jaxtyping
from beartype import BeartypeConf, beartype

PACKAGES = (
    "ctverify.model",
    "ctverify.flow",
    "ctverify.targets",
    "ctverify.training",
    "ctverify.certificate",
    "ctverify.laws.builders",
    "ctverify.laws.strategies",
)
CALLS = 50
Function = Callable[..., Any]
calls: Counter[CodeType] = Counter()  # in this test, by what was called
_beartyped = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int will do for a float
_jaxtyped = jaxtyping.jaxtyped


def install() -> None:
    """Check shapes in what is imported of PACKAGES from now on."""
    jaxtyping.jaxtyped = _where_shaped  # by this name the hook's decorators call it
    jaxtyping.install_import_hook(PACKAGES, f"{__name__}.check")


def check(function: Function) -> Function:
    """`function`, which then raises where an array is not of the shape that its annotation says."""
    annotations = function.__annotations__
    for name, annotation in annotations.items():
        if not has_shape(annotation):
            annotations[name] = Any
    return _beartyped(function)


def has_shape(annotation: Any) -> bool:
    """Whether an annotation is an array of a shape, or holds one."""
    if inspect.isclass(annotation) and issubclass(annotation, jaxtyping.AbstractArray):
        return True
    return any(has_shape(part) for part in get_args(annotation))


def carries_shapes(thing: Function) -> bool:
    """Whether a function or a dataclass says of some array what shape it has."""
    written = getattr(thing, "__annotations__", {}).values()
    return any("Float" in str(annotation) for annotation in written)


def _where_shaped(*, typechecker: Any) -> Callable[[Function], Function]:
    """`jaxtyping.jaxtyped` for what carries shapes."""

    def decorate(thing: Function) -> Function:
        if not carries_shapes(thing):
            return thing
        judged = _jaxtyped(thing, typechecker=typechecker)
        return judged if inspect.isclass(thing) else _at_first(judged, thing)

    return decorate


def _at_first(judged: Function, function: Function) -> Function:
    """`judged` for the first CALLS calls in a test, then `function`."""
    code = function.__code__  # that of all closures of one definition

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        calls[code] += 1
        call = judged if calls[code] <= CALLS else function
        return call(*args, **kwargs)

    return wrapper
