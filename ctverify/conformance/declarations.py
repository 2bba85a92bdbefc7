"""Whether what a subject declares of itself is computed by the code under test: then a mistake is
right by its own measure.

Told from the code, not from its results: the functions that a declaration names, and those that
these name in turn, are compared with those of the methods that it judges. Reading a setting is no
harm, and neither is a function of the declaration's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import CodeType, FunctionType, MethodType
from typing import Any

from .oracle.refusals import SubjectError, asked

JUDGED = {
    "curriculum_law": ("curriculum",),
    "ramp_law": ("times",),
    "scalings_law": ("consistency", "scalings"),
    "time_law": ("training_pair", "loss"),
    "loss_law": ("loss", "weight"),
}
DECLARED = {*JUDGED, "convention"}


def by_subject(subject: Any) -> tuple[str, ...]:
    """Sentences on declarations that call what they judge.

    Arguments:
        subject: an adapter.

    Returns:
        A sentence for each such declaration.

    Example:
        >>> from ctverify.conformance.laws import InverseGap, Metric
        >>> class Mine:
        ...     def distance(self, difference):
        ...         return difference.abs().sum(1)
        ...     def loss(self, x0, network, seed):
        ...         return self.distance(network(x0, 0)).mean()
        ...     @property
        ...     def loss_law(self):
        ...         return Metric(self.distance, InverseGap())
        >>> by_subject(Mine())
        ('loss_law calls Mine.distance, which loss uses too: a mistake there passes; declare a \
law of ctverify.conformance, or write it out again',)
    """
    found = []
    for name, methods in JUDGED.items():
        shared = _declaration(subject, name)
        for method in methods:
            both = shared & _reached(subject, [getattr(type(subject), method, None)])
            if both:
                first = min(function.__qualname__ for function in both).split("<locals>.")[-1]
                found.append(
                    f"{name} calls {first}, which {method} uses too: a mistake there passes;"
                    " declare a law of ctverify.conformance, or write it out again"
                )
                break
    return tuple(found)


def _declaration(subject: Any, name: str) -> set[FunctionType]:
    """The functions of the subject that a declaration calls."""
    kept = getattr(type(subject), name, None)
    parts = [kept]
    if not isinstance(kept, FunctionType):  # a law, whose own callables are called
        try:
            parts += _callables(asked(name, lambda: getattr(subject, name, None)))
        except SubjectError:
            return set()
    return _reached(subject, parts)


def _callables(law: Any) -> list[Any]:
    """A law's fields and attributes that can be called, and itself."""
    if is_dataclass(law):
        return [getattr(law, field.name) for field in fields(law)]
    return [law, *getattr(law, "__dict__", {}).values()]


def _reached(subject: Any, parts: list[Any]) -> set[FunctionType]:
    """The functions of the subject's class and module that these name, and so on; declarations
    apart.
    """
    reached: set[FunctionType] = set()
    left = [function for part in parts for function in _functions(part)]
    while left:
        function = left.pop()
        if function in reached:
            continue
        reached.add(function)
        for name in _names(function.__code__):
            if name not in DECLARED:
                left += _functions(getattr(type(subject), name, None))
                left += _of_module(subject, function.__globals__.get(name))
        for cell in function.__closure__ or ():
            left += _of_module(subject, cell.cell_contents)
    declarations = [f for name in DECLARED for f in _functions(getattr(type(subject), name, None))]
    return reached - set(declarations)


def _of_module(subject: Any, value: Any) -> Iterator[FunctionType]:
    """The functions that `value` is made of, where they stand beside the subject's class."""
    for function in _functions(value):
        if function.__module__ == type(subject).__module__:
            yield function


def _functions(value: Any) -> Iterator[FunctionType]:
    """A function, method or property as plain functions."""
    if isinstance(value, FunctionType):
        yield value
    elif isinstance(value, MethodType | staticmethod | classmethod):
        yield from _functions(value.__func__)
    elif isinstance(value, property):
        yield from _functions(value.fget)


def _names(code: CodeType) -> Iterator[str]:
    """The names that code and the functions within it look up."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
