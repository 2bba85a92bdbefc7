"""What files hold that nobody should: JSON by the published schemas, TOML, CSV, .npy, .npz,
safetensors and text, each a valid one with something wrong in it.
"""

from __future__ import annotations

import copy
import io
import json
import random
import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
ODD: tuple[Any, ...] = (
    None,
    True,
    "",
    "x" * 300,
    "../../x",
    "a\x00b",
    "\ud800",
    "NaN",
    "Infinity",
    -1,
    0,
    2**63,
    2**200,
    -0.5,
    1e308,
    1e-320,
    [],
    [[]],
    [1, "x"],
    {},
    {"kind": "gaussian"},
    {"": None},
)
TOKENS = (
    b"NaN",
    b"1e999",
    b"-Infinity",
    b"9" * 5000,
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"01",
    b"",
)


@cache
def schema(name: str) -> dict[str, Any]:
    """A published JSON Schema."""
    return json.loads((SCHEMAS / f"{name}.json").read_text())


def valid(part: dict[str, Any], whole: dict[str, Any], draw: random.Random) -> Any:
    """JSON values that fit a schema, as far as a schema says what fits."""
    if "$ref" in part:
        return valid(whole["$defs"][part["$ref"].rpartition("/")[2]], whole, draw)
    for key in ("anyOf", "oneOf"):
        if key in part:
            chosen = draw.choice(part[key])
            own = {name: value for name, value in part.items() if name == "properties"}
            return valid({**chosen, **own} if own else chosen, whole, draw)
    if "const" in part:
        return part["const"]
    if "enum" in part:
        return draw.choice(part["enum"])
    kind = part.get("type", "object" if "properties" in part else "string")
    if kind == "object":
        fields = part.get("properties", {})
        return {name: valid(field, whole, draw) for name, field in fields.items()}
    if kind == "array":
        if "prefixItems" in part:
            return [valid(item, whole, draw) for item in part["prefixItems"]]
        many = max(part.get("minItems", 0), 2)
        return [valid(part.get("items", {}), whole, draw) for _ in range(many)]
    if kind == "integer":
        return max(part.get("minimum", 1), 1)
    if kind == "number":
        return min(0.5, part.get("exclusiveMaximum", 1.0))
    return {"boolean": True, "null": None}.get(kind, "x")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in JSON values."""
    found = [path]
    parts = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        parts = enumerate(value)
    for key, part in parts:
        found += places(part, (*path, key))
    return found


def spoilt(value: Any, draw: random.Random) -> bytes:
    """JSON with one thing wrong in it: a value, a missing field, the text itself."""
    value = copy.deepcopy(value)
    path = draw.choice(places(value))
    how = draw.randrange(5)
    if path and how < 4:
        parent = value
        for key in path[:-1]:
            parent = parent[key]
        if how == 0:
            del parent[path[-1]]
        elif how == 1 and isinstance(parent, dict):
            parent[f"{path[-1]}s"] = parent.pop(path[-1])
        else:
            parent[path[-1]] = draw.choice(ODD)
    text = json.dumps(value).encode()
    if how < 4 and path:
        return text
    return _torn(text, draw)


def _torn(text: bytes, draw: random.Random) -> bytes:
    """Text that is cut, of another encoding, or with a token in it that is none."""
    at = draw.randrange(max(len(text), 1))
    return draw.choice(
        (
            lambda: text[:at],
            lambda: text[:at] + draw.choice(TOKENS) + text[at:],
            lambda: text.decode(errors="ignore").encode("utf-16"),
            lambda: text + text,
            lambda: b"\xef\xbb\xbf\xef\xbb\xbf" + text,
            lambda: bytes(draw.randrange(256) for _ in range(40)),
            lambda: draw.choice(TOKENS),
        )
    )()


def json_of(name: str) -> Callable[[random.Random], bytes]:
    """A maker of spoilt files of a schema."""

    def make(draw: random.Random) -> bytes:
        return spoilt(valid(schema(name), schema(name), draw), draw)

    return make


def mixture(draw: random.Random) -> bytes:
    """A target's JSON."""
    right = {
        "weights": [0.4, 0.6],
        "means": [[-1.0, 0.0], [1.0, 0.5]],
        "covariances": [[[0.4, 0.0], [0.0, 0.4]], [[0.3, 0.0], [0.0, 0.3]]],
    }
    return spoilt(right, draw)


def toml(draw: random.Random) -> bytes:
    """A SPEC.toml."""
    keys = "target dim contrast bandwidth schedule steps c0 c1 model train_samples paths pairs"
    values = (
        '"mild"',
        "[]",
        "[[1]]",
        "-1",
        "0",
        "1e999",
        "nan",
        "inf",
        "true",
        "1979-05-27",
        '"x.json"',
        '"../../etc/passwd"',
        '"\\u0000"',
        "9" * 5000,
        "{a = 1}",
        "[1, 2.5, 'x']",
        "[" + "1," * 3000 + "]",
    )
    lines = [f"{key} = {draw.choice(values)}" for key in draw.sample(keys.split(), 3)]
    lines.insert(0, 'target = "mild"' if draw.random() < 0.7 else "")
    lines.insert(
        draw.randrange(5), draw.choice(("[[grid]]", "[grid]", "grid = 3", "= 2", "seed = 1"))
    )
    text = "\n".join(lines).encode()
    if draw.random() < 0.2:
        return draw.choice(
            (b"a = " + b"[" * 100_000, b"a." * 50_000 + b"b = 1", b"\xff\xfe" + text)
        )
    if draw.random() < 0.1:
        axes = "".join(
            f"{key} = [{', '.join(map(str, range(21, 321)))}]\n" for key in ("steps", "seed")
        )
        return f'target = "mild"\nschedule = "ddpm"\n{axes}paths = [{"16, " * 300}]'.encode()
    return text


def csv(draw: random.Random) -> bytes:
    """Points as text."""
    cells = ("1", "-2.5", "x", "nan", "inf", "1e999", "", "9" * 5000, "1;2", "\x00", "1_0", "é")
    rows = [
        ",".join(draw.choice(cells) for _ in range(draw.choice((2, 2, 2, 3))))
        for _ in range(draw.randrange(1, 5))
    ]
    text = "\n".join(rows).encode()
    return _torn(text, draw) if draw.random() < 0.2 else text


def npy(draw: random.Random) -> bytes:
    """Points in NumPy's format."""
    stream = io.BytesIO()
    odd = (
        np.zeros((3, 2, 1)),
        np.zeros((0, 2)),
        np.array([[np.nan, 1.0]]),
        np.array([[1j, 2.0]]),
        np.array([["a", "b"]]),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        np.array(3.0),
        np.full((2, 2), 1e308),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
    )
    np.save(stream, draw.choice(odd))
    content = stream.getvalue()
    how = draw.randrange(4)
    if how == 0:
        return content
    if how == 1:
        shape = draw.choice(
            ("(1000000000000, 2)", "(-1, 2)", "(2,", "(10**5, 10**9)", "3", "(True, 2)", "('a',)")
        )
        kind = draw.choice(("<f8", "|O", "<f16", "V9", ">f4", "abc", "|S999999999"))
        header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + b"\x00" * 64
    at = draw.randrange(len(content))
    if how == 2:
        return content[:at]
    return content[:at] + bytes([draw.randrange(256)]) + content[at + 1 :]


def npz(draw: random.Random) -> bytes:
    """Samples beside a certificate."""
    stream = io.BytesIO()
    np.savez_compressed(stream, z=np.zeros((4, 1)), model=np.zeros((draw.randrange(6), 1)))
    content = bytearray(stream.getvalue())
    for _ in range(draw.randrange(4)):
        content[draw.randrange(len(content))] = draw.randrange(256)
    return bytes(content[: draw.randrange(len(content))] if draw.random() < 0.5 else content)


def safetensors(draw: random.Random) -> bytes:
    """A model's numbers."""
    header = {
        "mean": {"dtype": "F64", "shape": [1, 1], "data_offsets": [0, 8]},
        "eigenvalues": {"dtype": "F64", "shape": [1, 1], "data_offsets": [8, 16]},
        "basis": {"dtype": "F64", "shape": [1, 1, 1], "data_offsets": [16, 24]},
    }
    text = spoilt(header, draw) if draw.random() < 0.8 else json.dumps(header).encode()
    size = draw.choice((len(text), len(text), len(text), 2**60, 0, 7))
    return struct.pack("<Q", size) + text + b"\x00" * draw.choice((24, 0, 3))


def xfails(draw: random.Random) -> bytes:
    """A list of failures that are expected."""
    lines = (
        "times.finite",
        "times.finite why",
        "# note",
        "no.such why",
        "\x00",
        " " * 9,
        "é" * 900,
    )
    text = "\n".join(draw.choice(lines) for _ in range(3)).encode()
    return _torn(text, draw) if draw.random() < 0.3 else text
