"""ctverify.properties is there however ctverify is installed."""

from __future__ import annotations

import json
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

from ctverify.laws.checkout import CHECKOUT, SuiteFinder, register


def test_the_suite_is_found_in_every_kind_of_install():
    """pytest --pyargs collects from the folder of this origin."""
    spec = find_spec("ctverify.properties")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(str(spec.origin)).parent
    assert [folder] == [Path(entry) for entry in spec.submodule_search_locations]
    assert (folder / "conftest.py").is_file()
    assert (folder / "zoo" / "manifest.json").is_file()


def test_a_wheel_leaves_most_of_the_zoo_out():
    """Every 16th model lies outside the folder that pyproject.toml excludes; nothing else does."""
    root = Path(__file__).parents[2]
    wheel = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    (excluded,) = wheel["targets"]["wheel"]["exclude"]
    models = json.loads((root / "properties/zoo/manifest.json").read_text())["models"]
    folders = [root / "properties/zoo" / model["folder"] for model in models]
    assert len(models) == 256 and all(folder.is_dir() for folder in folders)
    kept = [folder for folder in folders if root / excluded not in folder.parents]
    assert kept == folders[::16]
    assert len(list((root / excluded).iterdir())) == 240


def test_the_finder_knows_the_suite_only():
    """No other folder of the checkout becomes a part of the package, and it is asked last, once."""
    assert SuiteFinder.find_spec("properties") is None
    assert SuiteFinder.find_spec("ctverify.tests") is None
    register()
    assert sys.meta_path.count(SuiteFinder) == 1
    spec = SuiteFinder.find_spec("ctverify.properties")
    beside = CHECKOUT / "properties" / "__init__.py"
    assert (spec is not None) == beside.is_file()
