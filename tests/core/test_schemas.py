"""JSON by types: what is written, what is read, and one sentence for what is not."""

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
from msgspec import Struct

from ctverify import InputError
from ctverify.core.schemas import (
    Count,
    NonNegative,
    Number,
    Positive,
    builtins,
    json_schema,
    load,
    parse,
    read,
    read_schema,
)


@dataclass(frozen=True)
class Part:
    """Numbers of every kind."""

    any: Number
    size: NonNegative
    scale: Positive
    points: tuple[Number, ...] = ()


class Whole(Struct):
    """A record with a part."""

    part: Part
    steps: Count


WHOLE = {"schema": "whole/1", "steps": 3, "part": {"any": -1, "size": 0.5, "scale": 2}}


def test_numbers_are_plain_floats():
    """Whole numbers become floats where floats are meant, and no class of their own is left."""
    whole = read_schema(Whole, WHOLE, "it", "whole/1")
    values = (whole.part.any, whole.part.size, whole.part.scale)
    assert values == (-1.0, 0.5, 2.0) and {type(value) for value in values} == {float}


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e-7, 1e300, -0.0])
def test_numbers_go_there_and_back(value):
    """Finite or not, in a field of its own and in a list."""
    part = Part(any=value, size=abs(value), scale=1.0, points=(value, 0.0))
    text = json.dumps(builtins(part), allow_nan=False)
    again = read(Part, parse(text.encode(), "it"), "it")
    assert repr(again) == repr(part)


def test_numpy_scalars_are_converted_and_arrays_are_not():
    """float64, float32, int64 and bool are plain in JSON; an array is a mistake."""
    found = builtins({"a": np.float64(0.5), "b": np.int64(3), "c": np.bool_(True), "d": [np.inf]})
    assert found == {"a": 0.5, "b": 3, "c": True, "d": ["Infinity"]}
    assert [type(value) for value in found.values()] == [float, int, bool, list]
    assert builtins(np.float64("nan")) == "NaN" and builtins(np.float32(0.5)) == 0.5
    with pytest.raises(TypeError, match="JSON cannot hold a ndarray"):
        builtins({"a": np.zeros(2)})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": 0}, "Expected `int` >= 1 - at `$.steps`"),
        ({"steps": 3.5}, "Expected `int`, got `float` - at `$.steps`"),
        ({"part": []}, "Expected `object`, got `array` - at `$.part`"),
        ({"part": None}, "Expected `object`, got `null` - at `$.part`"),
        ({"part": {"any": 0}}, "missing required field `size` - at `$.part`"),
        ({"part": {"any": "inf", "size": 0, "scale": 1}}, "Expected `number`, got `str`"),
        ({"part": {"any": True, "size": 0, "scale": 1}}, "Expected `number`, got `bool`"),
        ({"part": {"any": None, "size": 0, "scale": 1}}, "Expected `number`, got `null`"),
        ({"part": {"any": 10**400, "size": 0, "scale": 1}}, "Number out of range"),
        ({"part": {"any": 0, "size": "-Infinity", "scale": 1}}, "Expected `number` >= 0"),
        ({"part": {"any": 0, "size": -1e-9, "scale": 1}}, "`number` >= 0 - at `$.part.size`"),
        ({"part": {"any": 0, "size": 0, "scale": 0}}, "Expected `float` > 0.0"),
        ({"part": {"any": 0, "size": 0, "scale": math.inf}}, "Expected `float` <= 1.79"),
        ({"part": {"any": 0, "size": 0, "scale": math.nan}}, "Expected `float` > 0.0"),
        ({"part": {"any": 0, "size": 0, "scale": "NaN"}}, "Expected `float`, got `str`"),
        ({"schema": "whole/2"}, "'whole/2' - at `$.schema`"),
        ({"schema": None}, "Expected `str`, got `null` - at `$.schema`"),
    ],
)
def test_refusals_say_where(change, words):
    """The name that was given, the schema, and the path."""
    with pytest.raises(InputError) as refusal:
        read_schema(Whole, WHOLE | change, "the file 'x.json'", "whole/1")
    assert str(refusal.value).startswith("the file 'x.json' is not of the schema whole/1: ")
    assert words in str(refusal.value) and "\n" not in str(refusal.value)


def test_unknown_fields_are_ignored():
    """A newer file of the same schema is read."""
    assert read_schema(Whole, WHOLE | {"novelty": [1]}, "it", "whole/1").steps == 3


def test_readers_that_count_with_every_number():
    """finite refuses what is allowed otherwise."""
    data = WHOLE | {"part": {"any": "NaN", "size": 0, "scale": 1}}
    assert math.isnan(read_schema(Whole, data, "it", "whole/1").part.any)
    with pytest.raises(InputError, match=r"finite `number`, got nan - at `\$\.part\.any`"):
        read_schema(Whole, data, "it", "whole/1", finite=True)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"a": NaN}', b"[-Infinity]", b"[" * 100_000, b"\xff\xfe{", b"[1]]", b'"\xe9"'],
)
def test_what_is_no_json(content):
    """Cut off, nested without end, in another encoding, or with a number that JSON has not."""
    with pytest.raises(InputError, match=r"^x\.json must hold JSON: "):
        parse(content, "x.json")


def test_files(tmp_path):
    """A byte order mark is skipped; a file that is not there, and a folder, cannot be read."""
    (tmp_path / "x.json").write_bytes(b"\xef\xbb\xbf[1]")
    assert load(tmp_path / "x.json", "it") == [1]
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(InputError, match=r"^it (cannot be read: |must be a regular file)"):
            load(path, "it")


def test_published_schema():
    """A JSON Schema with the schema's name, and the strings of numbers that are not finite."""
    found = json_schema(Whole, "whole/1", "An example")
    assert (
        found["properties"] == {"schema": {"const": "whole/1"}} and found["title"] == "An example"
    )
    part = found["$defs"]["Part"]["properties"]
    words = ["Infinity", "-Infinity", "NaN"]
    assert part["any"] == {"anyOf": [{"type": "number"}, {"enum": words}]}
    size = [{"type": "number", "minimum": 0}, {"enum": ["Infinity", "NaN"]}]
    assert part["size"] == {"anyOf": size}
