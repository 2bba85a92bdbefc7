"""JSON described once: what ctverify reads and writes has a type, and msgspec validates it by that
type.

    writing   builtins(record)          records, tuples and NumPy scalars as plain JSON values
    reading   read_schema(kind, ...)    the record, or one sentence with the path of what is wrong

The types stand beside what they describe (a certificate's in certificate/certificate.py) and are
dataclasses or msgspec structs; docs/schemas/generate.py publishes them as JSON Schema. An unknown
field is ignored, so that a newer file of the same schema can be read.

JSON has no infinity and no NaN. A field of the types `Number` and `NonNegative` below may be either
and then holds one of the strings "Infinity", "-Infinity" and "NaN", written by `builtins` and read
by `read`. In every other field a number is finite.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from .arguments import InputError
from .limits import JSON, read_bytes

Kind = TypeVar("Kind")

SPELLED = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}
LARGEST = sys.float_info.max
EXACT = 2**53  # beyond it a whole number is no float

Natural = Annotated[int, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]
# no float without a limit: msgspec below 0.22 dies of a whole number beyond float64 in one
Positive = Annotated[float, Meta(gt=0, le=LARGEST)]
Share = Annotated[float, Meta(gt=0, lt=1)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]

if TYPE_CHECKING:
    Number = float
    NonNegative = float
else:

    class _Numeric(type):
        """Of classes that stand for plain numbers: no number is made by them.

        msgspec hands a value of a type that it does not know to the hook below, and takes what
        comes back if it is an instance.
        """

        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, float | int)

    class Number(metaclass=_Numeric):
        """A float that may be infinite or NaN, as a string in JSON."""

        low = -math.inf

    class NonNegative(metaclass=_Numeric):
        """A float of at least 0 that may be infinite or NaN, as a string in JSON."""

        low = 0.0


def builtins(value: Any) -> Any:
    """A record as JSON values: dicts, lists, str, int, float, bool and None.

    Arguments:
        value: dataclasses, structs, mappings, sequences and numbers, NumPy scalars among them.

    Returns:
        The same in JSON values, fields in their order; floats that are not finite are spelled.

    Raises:
        TypeError: something else is among them.

    Example:
        >>> builtins({"upper": math.inf, "points": (1, 2)})
        {'upper': 'Infinity', 'points': [1, 2]}
    """
    return _spelled(msgspec.to_builtins(value, enc_hook=_scalar))


def load(path: Path, name: str) -> Any:
    """The JSON of a file.

    Arguments:
        path: the file, in UTF-8 with or without a byte order mark.
        name: what a refusal calls it.

    Returns:
        Its content as JSON values.

    Raises:
        InputError: the file cannot be read, is too large, or does not hold JSON.
    """
    return parse(read_bytes(path, name, JSON), name)


def parse(content: bytes, name: str) -> Any:
    """Text as JSON values.

    Arguments:
        content: JSON in UTF-8, with or without a byte order mark.
        name: what a refusal calls it.

    Returns:
        dicts, lists, str, int, float, bool and None.

    Raises:
        InputError: it is no JSON; NaN and Infinity outside a string are none.

    Example:
        >>> parse(b"[1, NaN]", "levels.json")
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: levels.json must hold JSON: NaN is no JSON number
    """
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_refuse)
    except RecursionError:
        raise InputError(f"{name} must hold JSON: it is nested too deeply") from None
    except ValueError as error:  # UnicodeDecodeError is one
        raise InputError(f"{name} must hold JSON: {error}") from None


def read_schema(
    kind: type[Kind], data: Any, name: str, schema: str, *, finite: bool = False
) -> Kind:
    """The record that JSON values of a named schema hold.

    Arguments:
        kind: the type of the record.
        data: JSON values, the schema's name in their field "schema".
        name: what a refusal calls them.
        schema: the schema's name, as in "ctverify/certificate/1".
        finite: whether numbers that are not finite are refused where they are allowed otherwise.

    Returns:
        An instance of `kind`.

    Raises:
        InputError: another schema, or something in it that does not fit `kind`; says where.
    """
    sentence = f"{name} is not of the schema {schema}"
    read(_head(schema), data, sentence)
    return read(kind, data, sentence, finite=finite)


def read(kind: Any, data: Any, sentence: str, *, finite: bool = False) -> Any:
    """The record that JSON values without a schema's name hold.

    Arguments:
        kind: the type of the record.
        data: JSON values.
        sentence: how a refusal begins.
        finite: whether numbers that are not finite are refused where they are allowed otherwise.

    Returns:
        An instance of `kind`.

    Raises:
        InputError: `sentence`, then what does not fit `kind` and its path.

    Example:
        >>> read(list[Count], [64, 0], "steps must be counts")
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: steps must be counts: Expected `int` >= 1 - at `$[1]`
    """
    try:
        return msgspec.convert(data, kind, dec_hook=_finite if finite else _number)
    except msgspec.ValidationError as error:
        raise InputError(f"{sentence}: {error}") from None
    except RecursionError:
        raise InputError(f"{sentence}: it is nested too deeply") from None
    except UnicodeEncodeError:  # msgspec compares names in UTF-8, which lone surrogates have not
        raise InputError(f"{sentence}: a name in it is no Unicode text") from None


def json_schema(kind: Any, schema: str | None, title: str) -> dict[str, Any]:
    """The JSON Schema of a type.

    Arguments:
        kind: the type of a file's record.
        schema: the name that stands in the file's field "schema", None where it has none.
        title: what the file is, in words.

    Returns:
        A JSON Schema (2020-12) as JSON values.
    """
    schema_of_kind = msgspec.json.schema(kind, schema_hook=_published)
    definitions = schema_of_kind.pop("$defs", {})
    for definition in definitions.values():
        definition.pop("description", None)  # a docstring is not part of the format
    head: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    head["title"] = title
    if schema is not None:
        head["type"] = "object"
        head["properties"] = {"schema": {"const": schema}}
        head["required"] = ["schema"]
    return {**head, **schema_of_kind, "$defs": definitions}


@cache
def _head(schema: str) -> type:
    """The part of a file that names its schema."""
    name: Any = Literal[schema]
    return msgspec.defstruct("Head", [("schema", name)])


def _number(kind: type, value: Any) -> float:
    """msgspec's hook for `Number` and `NonNegative`."""
    if type(value) is float and value >= kind.low:  # type: ignore[attr-defined]
        return value  # nearly always: a certificate has hundreds
    if isinstance(value, str) and value in SPELLED:
        value = SPELLED[value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"Expected `number`, got `{_called(value)}`")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError("Number out of range") from None
    low = kind.low  # type: ignore[attr-defined]
    if number < low:
        raise ValueError(f"Expected `number` >= {low:g}")
    return number


def _finite(kind: type, value: Any) -> float:
    """The same for readers that count with every number."""
    number = _number(kind, value)
    if not math.isfinite(number):
        raise ValueError(f"Expected a finite `number`, got {number}")
    return number


def _called(value: Any) -> str:
    names = {str: "str", bool: "bool", dict: "object", list: "array", type(None): "null"}
    return names.get(type(value), type(value).__name__)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")


def _scalar(value: Any) -> Any:
    """msgspec's hook for what it does not write: subclasses (of torch's version, say) and NumPy's
    scalars, which are converted here alone.
    """
    import numpy as np

    if isinstance(value, np.generic):
        return value.item()
    for plain in (str, int, float):
        if isinstance(value, plain):
            return plain(value)
    raise TypeError(f"JSON cannot hold a {type(value).__name__}, got {value!r}")


def _spelled(value: Any) -> Any:
    """The same JSON values, floats that are not finite spelled."""
    if isinstance(value, Mapping):
        return {key: _spelled(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return _spelling(value)
    return value


def _spelling(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _published(kind: type) -> dict[str, Any]:
    """msgspec's hook for the JSON Schema of `Number` and `NonNegative`."""
    low = kind.low  # type: ignore[attr-defined]
    finite: dict[str, Any] = {"type": "number"}
    words = ["Infinity", "-Infinity", "NaN"]
    if low == 0.0:
        finite["minimum"] = 0
        words.remove("-Infinity")
    return {"anyOf": [finite, {"enum": words}]}
