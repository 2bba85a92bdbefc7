"""Subjects written down: an expression that builds them anew, and where from."""

import math
import sys
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import pytest
import torch

from ctverify import Convention
from ctverify.conformance.explaining.origin import Unwritable, Writer, folders
from ctverify.conformance.references.reference import Reference

ROOT = str(Path(__file__).parents[2])


class Kind(Enum):
    """A setting of names."""

    FAST = "fast"


@dataclass(frozen=True)
class Inner:
    """Settings within settings."""

    kind: Kind = Kind.FAST
    levels: tuple[float, ...] = (0.1,)


@dataclass(frozen=True)
class Outer:
    """A dataclass with what is no literal."""

    inner: Inner = field(default_factory=Inner)
    dtype: torch.dtype = torch.float64
    function: object = math.hypot
    top: float = math.inf
    table: dict = field(default_factory=dict)


class Plain:
    """A class whose attributes bear the names of its arguments."""

    def __init__(self, sigma, *, steps=3):
        self.sigma = sigma
        self.steps = steps

    def __eq__(self, other):
        return vars(self) == vars(other)


class Stateful(Plain):
    """A class whose arguments are not kept under their names."""

    def __init__(self, scale):
        super().__init__(2 * scale)


def build(value, writer):
    """What the expression is worth after its imports."""
    names = {"torch": torch}
    expression = writer.expression(value)
    exec("\n".join(writer.lines()), names)
    return eval(expression, names), expression


@pytest.mark.parametrize(
    "value",
    [
        Outer(),
        Outer(Inner(levels=(0.5, 1e-3)), torch.float16, math.sqrt, 2.0, {"a": [1, None]}),
        Plain(0.5),
        Plain(0.5, steps=Inner()),
        Stateful(0.25),
        Reference(0.1, rho=3.0),
        Kind.FAST,
        (1, "x", {2.5}, frozenset([3]), b"y"),
        torch.float32,
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("opaque", [False, True])
def test_comes_back(value, opaque):
    """Equal to what was written, as a call or pickled."""
    found, _ = build(value, Writer(opaque=opaque))
    assert type(found) is type(value)
    assert found == value


def test_is_written_as_its_user_would():
    """Calls with what differs from the defaults; numbers that are no literals."""
    assert build(Reference(rho=3.0), Writer())[1] == "Reference(rho=3.0)"
    assert build(Plain(0.5), Writer())[1] == "Plain(sigma=0.5)"
    assert math.isnan(build(math.nan, Writer())[0])
    assert torch.equal(build(torch.ones(2, 1), Writer())[0], torch.ones(2, 1))


def test_what_cannot_be_written():
    """A class within a function, a convention with a function within a function."""

    class Local:
        convention = Convention.ve()

    with pytest.raises(Unwritable, match="Local"):
        Writer().expression(Local())
    with pytest.raises(Unwritable, match="cannot be pickled"):
        Writer(opaque=True).expression(Convention.vp(lambda t: 0.5**t, boundary=0.0, t_max=1.0))


def test_folders_are_those_that_a_start_of_python_lacks(monkeypatch, tmp_path):
    """This checkout is named; folders of packages, or ones that hold nothing that is used, are
    not.
    """
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    found = folders({__name__, "torch", "ctverify.conformance.references.reference"})
    assert ROOT in found
    assert str(tmp_path) not in found
    assert not any("site-packages" in path for path in found)
