"""Shapes in signatures are checked while the tests run (tests/shapes.py), and nowhere else."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import numpy as np
import pytest
import torch
from jaxtyping import TypeCheckError

import ctverify
from ctverify import Gaussian, InputError, Schedule, flow_map, population_model
from ctverify.targets import Target

from . import shapes

SCHEDULE = Schedule.li_huang_wei(16)
NORMAL = Gaussian([0.0, 0.0], [[1.0, 0.0], [0.0, 2.0]])
POINTS = torch.ones(3, 2, dtype=torch.float64)
FOLDER = Path(ctverify.__file__).parent
UNCHECKED = """\
import sys
import ctverify
from ctverify.targets import Target
for function in (ctverify.flow_map, Target.denoise):
    assert not hasattr(getattr(function, "__wrapped__", function), "__wrapped__")
assert "beartype" not in sys.modules
"""


class Flat(Target):
    """A user's mistake: conditional means are (n,) in d = 1."""

    def __init__(self) -> None:
        super().__init__(name="flat", mean=np.zeros(1), covariance=np.eye(1))

    def sample(self, n, generator):
        return torch.zeros(n, 1)

    def conditional_mean(self, x, a, b, alpha, beta):
        return torch.zeros_like(x)[:, 0]  # broadcasts to (n, n) against the points

    def conditional_draw(self, x, a, b, generator):
        return torch.zeros_like(x)


def modules() -> Iterator[ModuleType]:
    """What is hooked."""
    for package in shapes.PACKAGES:
        path = FOLDER.joinpath(*package.split(".")[1:])
        for file in path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]:
            parts = file.relative_to(FOLDER.parent).with_suffix("").parts
            yield importlib.import_module(".".join(parts).removesuffix(".__init__"))


def shaped_functions(module: ModuleType) -> Iterator[Callable[..., Any]]:
    """A module's functions and methods whose signatures carry shapes, as they are written."""
    classes = [value for value in vars(module).values() if inspect.isclass(value)]
    for owner in (module, *classes):
        for member in vars(owner).values():
            inner = getattr(member, "__func__", getattr(member, "fget", member))
            function = inspect.unwrap(inner)
            if inspect.isfunction(function) and shapes.carries_shapes(function):
                yield function


@pytest.mark.parametrize(
    "call",
    [
        lambda: flow_map(NORMAL, SCHEDULE, POINTS[0], 16, 1),
        lambda: NORMAL.denoise(POINTS[None], 1.0),
        lambda: NORMAL.conditional_mean(POINTS[0, 0], 0.6, 0.8, 1.0, 0.0),
        lambda: NORMAL.log_density(POINTS[0], 1.0),
    ],
)
def test_a_wrong_number_of_axes_is_refused(call):
    """By public functions and methods themselves, in production too (core/signatures.py)."""
    with pytest.raises(InputError, match="must be a torch array of floats with"):
        call()


def test_a_wrong_shape_is_refused():
    """Of a function that a function returns."""
    with pytest.raises(TypeCheckError, match="whilst checking the parameters"):
        population_model(NORMAL, SCHEDULE)(POINTS[0], 16)


def test_a_wrong_result_of_a_users_target_is_refused():
    """Where a method of the package hands it on."""
    with pytest.raises(TypeCheckError, match="whilst checking the return value"):
        Flat().denoise(POINTS[:, :1], 1.0)


def test_two_arrays_that_must_agree():
    """One letter is one size within a call."""
    with pytest.raises(TypeCheckError):
        Gaussian(0.0, 1.0).one_dimensional_form().quantile(np.zeros(3), np.ones(4))


def test_right_shapes_pass():
    """As they do everywhere else in the tests."""
    assert flow_map(NORMAL, SCHEDULE, POINTS, 16, 1).shape == (3, 2)
    assert NORMAL.log_density(POINTS, 1.0).shape == (3,)


def test_no_shape_is_skipped():
    """Annotations can be evaluated at run time: jaxtyping skips in silence what it cannot, such as
    a name imported for type checkers alone, or a shape that a formatter took the quotes from.
    """
    functions = {function for module in modules() for function in shaped_functions(module)}
    assert len(functions) > 80
    for function in functions:
        assert any(map(shapes.has_shape, get_type_hints(function).values())), function


def test_nothing_is_checked_in_production():
    """In a fresh process the functions are as written, behind no more than the checks of kinds, and
    beartype is not imported.
    """
    done = subprocess.run([sys.executable, "-c", UNCHECKED], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
