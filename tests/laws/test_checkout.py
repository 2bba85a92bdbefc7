"""ctverify.properties is there however ctverify is installed."""

from __future__ import annotations

import sys
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


def test_the_finder_knows_the_suite_only():
    """No other folder of the checkout becomes a part of the package, and it is asked last, once."""
    assert SuiteFinder.find_spec("properties") is None
    assert SuiteFinder.find_spec("ctverify.tests") is None
    register()
    assert sys.meta_path.count(SuiteFinder) == 1
    spec = SuiteFinder.find_spec("ctverify.properties")
    beside = CHECKOUT / "properties" / "__init__.py"
    assert (spec is not None) == beside.is_file()
