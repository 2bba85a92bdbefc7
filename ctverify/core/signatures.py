"""Public functions that refuse an argument of a wrong kind in one sentence, by their annotations.

    @checked      of a function: each argument is held against its annotation
    @checked      of a class: its constructor and the public methods that it defines

What an annotation says of kinds is asked here, once and for all of them; ranges and shapes stay the
function's own. Nothing is converted. NumPy's and torch's numbers are numbers; text and bools are
none, since float("0.5") and int(True) would take them in silence.
"""

from __future__ import annotations

import functools
import inspect
import operator
import os
import sys
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar, get_args, get_origin

from .arguments import MOST, NUMBERS, InputError, brief

Thing = TypeVar("Thing", bound=Callable[..., Any])
Test = Callable[[Any], bool]
Kind = tuple[Test, str]
"""Whether a value is of the kind, and the kind in words."""

LONG = 1000  # numbers of a list that are all looked at
ITSELF = "<name>"  # in words about a kind: the argument's own name
ADVICE = "_advice"  # a class's attribute: how to come by an instance
CHECKED = "__checked__"


def checked(thing: Thing) -> Thing:
    """The function or class, which then refuses arguments of wrong kinds.

    Arguments:
        thing: a function with annotations, or a class.

    Returns:
        A function in its place; of a class, the class itself.

    Example:
        >>> @checked
        ... def mean(values: Sequence[float], *, digits: int = 2) -> float:
        ...     return round(sum(values) / len(values), digits)
        >>> mean([1, 2.0])
        1.5
        >>> mean([1, 2.0], digits="3")
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: digits must be a whole number, got '3'
        >>> mean([1, "2"])
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: values must be a sequence of numbers, got [1, '2']
    """
    if not isinstance(thing, type):
        return typing.cast(Thing, _guarded(thing))
    for name, value in list(vars(thing).items()):
        if name.startswith("_") and name != "__init__":
            continue
        if isinstance(value, classmethod | staticmethod):
            setattr(thing, name, type(value)(_guarded(value.__func__)))
        elif isinstance(value, types.FunctionType):
            setattr(thing, name, _guarded(value))
    setattr(thing, CHECKED, True)
    return thing


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` behind its checks, which are made when it is first called: annotations name what
    is defined later.
    """
    if hasattr(function, CHECKED):
        return function
    parameters = inspect.signature(function).parameters
    kinds: dict[str, Kind] = {}
    positions: tuple[str, ...] | None = None

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal positions
        if positions is None:
            kinds.update(_kinds(function))
            positions = tuple(parameters)
        for name, value in zip(positions, args, strict=False):
            if name in kinds and not kinds[name][0](value):
                raise _refusal(name, value, kinds[name])
        for name, value in kwargs.items():
            if name in kinds and not kinds[name][0](value):
                raise _refusal(name, value, kinds[name])
        return function(*args, **kwargs)

    setattr(call, CHECKED, True)
    return call


def _refusal(name: str, value: Any, kind: Kind) -> InputError:
    words = kind[1].replace(ITSELF, name)
    if isinstance(value, type):
        return InputError(f"{name} must be {words}, got the class {value.__name__}")
    if isinstance(value, int) and not -MOST <= value <= MOST:
        words += " of at most 2^63"
    return InputError(f"{name} must be {words}, got {brief(value)}")


def _kinds(function: Callable[..., Any]) -> dict[str, Kind]:
    """The kinds of a function's parameters, of those whose annotation says one."""
    namespace = vars(sys.modules[function.__module__])
    kinds = {}
    for name, parameter in inspect.signature(function).parameters.items():
        plain = parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        kind = _kind(_resolved(name, parameter.annotation, namespace)) if plain else None
        if kind is not None:
            kinds[name] = kind
    return kinds


def _resolved(name: str, annotation: Any, namespace: dict[str, Any]) -> Any:
    """An annotation as a type; Any where it names what is imported for type checkers alone."""
    holder = types.SimpleNamespace(__annotations__={name: annotation})
    if annotation is inspect.Parameter.empty:
        return Any
    try:
        return typing.get_type_hints(holder, namespace)[name]
    except NameError:
        return Any


def _kind(hint: Any) -> Kind | None:
    """What values of a type are; None where anything may be, or the function itself asks."""
    if _is_array_like(hint):
        return _is_array, "a rectangular array of real numbers"
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and not isinstance(hint, types.GenericAlias):
        return _class(hint)
    origin = get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _union([_kind(part) for part in get_args(hint)])
    if origin is Literal:
        allowed = get_args(hint)
        kinds = tuple({type(one) for one in allowed})
        words = f"one of {', '.join(map(repr, allowed))}"
        return (lambda value: isinstance(value, kinds) and value in allowed), words
    if origin is Callable:
        return _is_function, "callable"
    if origin is tuple:
        return _tuple(get_args(hint))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _is(Mapping), "a dict"
    if isinstance(origin, type) and origin.__module__ == "numpy":
        return _is(origin), "a numpy array"
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return _sequence(origin, _kind(next(iter(get_args(hint)), Any)))
    return None


def _is_array_like(hint: Any) -> bool:
    """Whether it is NumPy's ArrayLike, which is not imported where nobody has."""
    typing_of_numpy = sys.modules.get("numpy.typing")
    return typing_of_numpy is not None and hint == typing_of_numpy.ArrayLike


def _union(parts: Sequence[Kind | None]) -> Kind | None:
    kinds = [part for part in parts if part is not None]
    if len(kinds) < len(parts):
        return None
    tests = [test for test, _ in kinds]
    words = list(dict.fromkeys(words for _, words in kinds))
    return (lambda value: any(test(value) for test in tests)), " or ".join(words)


def _class(kind: type) -> Kind | None:
    array = getattr(kind, "array_type", None)
    if array is not None:  # a shape of jaxtyping's
        return _array(array, kind)
    if getattr(kind, "_is_protocol", False):
        return _protocol(kind)
    if typing.is_typeddict(kind):
        return _is(Mapping), "a dict"
    home = kind.__module__.partition(".")[0]
    name = kind.__name__ if home == "builtins" else f"{home}.{kind.__name__}"
    advice = getattr(kind, ADVICE, "")
    article = "an" if name[0] in "aeiouAEIOU" else "a"
    return _is(kind), f"{article} {name}" + (f" ({advice})" if advice else "")


def _array(array: Any, kind: Any) -> Kind | None:
    """An array of as many axes; their lengths and the numbers in it are the function's to judge."""
    if not isinstance(array, type):
        return None
    variadic = kind.index_variadic is not None
    axes = len(kind.dims) - variadic

    def right(value: Any) -> bool:
        if not isinstance(value, array):
            return False
        found: Any = value
        of_axes = found.ndim >= axes if variadic else found.ndim == axes
        return of_axes and "float" in str(found.dtype)

    home = array.__module__.partition(".")[0]
    many = f"at least {axes}" if variadic else str(axes)
    return right, f"a {home} array of floats with {many} axes"


def _protocol(kind: Any) -> Kind | None:
    """What has the names of a Protocol."""
    if "__call__" in vars(kind):
        _, *parameters = inspect.signature(kind.__call__).parameters
        return _is_function, f"callable as {ITSELF}({', '.join(parameters)})"
    classes = [one for one in kind.__mro__ if getattr(one, "_is_protocol", False)]
    names = {name for one in classes for name in (*vars(one), *inspect.get_annotations(one))}
    public = sorted(name for name in names if not name.startswith("_"))

    def right(value: Any) -> bool:
        return not isinstance(value, type) and all(hasattr(value, name) for name in public)

    return right, f"a {kind.__name__} with {', '.join(public)}"


def _sequence(origin: type, part: Kind | None) -> Kind:
    words = "a sequence"

    def right(value: Any) -> bool:
        if isinstance(value, str | bytes) or not isinstance(value, origin):
            return False
        # what can be gone through once alone is left whole
        return part is None or not isinstance(value, Collection) or all(map(part[0], value))

    if part is None:
        return right, words
    return right, f"{words} of {_plural(part[1])}"


def _tuple(parts: tuple[Any, ...]) -> Kind:
    if len(parts) == 2 and parts[1] is ...:
        return _sequence(Sequence, _kind(parts[0]))
    kinds = [_kind(part) for part in parts]

    def right(value: Any) -> bool:
        return (
            isinstance(value, tuple | list)
            and len(value) == len(kinds)
            and all(kind is None or kind[0](one) for kind, one in zip(kinds, value, strict=True))
        )

    words = [kind[1] if kind is not None else "anything" for kind in kinds]
    return right, f"a tuple of {', '.join(words)}"


def _plural(words: str) -> str:
    for one, many in (("a whole number", "whole numbers"), ("a number", "numbers")):
        if words == one:
            return many
    return words.removeprefix("a ") if words != "text" else words


def _is(kind: Any) -> Test:
    return lambda value: isinstance(value, kind)


def _is_array(value: Any) -> bool:
    """Of a long list the first row alone is looked at: the rest is the function's to refuse."""
    if isinstance(value, list | tuple):
        return _is_array(value[0]) if len(value) > LONG else not value or _converts(value)
    return _is_number(value) or (hasattr(value, "ndim") and _converts(value))


def _converts(value: Any) -> bool:
    import numpy as np

    try:
        if "torch" in sys.modules and isinstance(value, sys.modules["torch"].Tensor):
            value = value.detach().cpu().numpy()
        return np.asarray(value).dtype.kind in NUMBERS
    except Exception:  # ragged, or with an __array__ of its own
        return False


def _is_function(value: Any) -> bool:
    return callable(value) and not isinstance(value, type)


def _is_whole(value: Any) -> bool:
    if type(value) is int:
        return -MOST <= value <= MOST
    if isinstance(value, bool):
        return False
    try:
        return -MOST <= operator.index(value) <= MOST
    except Exception:  # a tensor of many numbers raises what it likes
        return False


def _is_number(value: Any) -> bool:
    if type(value) is float:
        return True
    if type(value) is int:
        return -MOST <= value <= MOST
    if isinstance(value, bool | str | bytes | type) or getattr(value, "ndim", 0) > 0:
        return False
    return hasattr(value, "__float__") or hasattr(value, "__index__")


_PLAIN: dict[Any, Kind | None] = {
    Any: None,
    object: None,
    int: (_is_whole, "a whole number"),
    float: (_is_number, "a number"),
    bool: (_is(bool), "True or False"),
    str: (_is(str), "text"),
    types.NoneType: (lambda value: value is None, "None"),
    os.PathLike: (_is(os.PathLike), "a path"),
}
