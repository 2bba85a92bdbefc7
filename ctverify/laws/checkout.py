"""Where ctverify.properties is: inside the package in a wheel, beside it in a checkout.

The property suite stays in the top-level folder properties/ of the repository, and the build moves
it to ctverify/properties in a wheel. An editable install puts the checkout itself on the path,
where `ctverify.properties` has no folder: the finder of this module says which one it is, so that
`pytest --pyargs ctverify.properties` and `python -m ctverify.properties` work there too.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

SUITE = "ctverify.properties"
CHECKOUT = Path(__file__).parents[2]


class SuiteFinder:
    """Finds the property suite beside the package.

    Python asks it last, hence not at all in a wheel, where the suite lies inside the package.
    """

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The suite's import specification, or None for every other name."""
        if name != SUITE:
            return None
        return PathFinder.find_spec(name, [str(CHECKOUT)])


def register() -> None:
    """Let Python ask the finder, once a process."""
    if SuiteFinder not in sys.meta_path:
        sys.meta_path.append(SuiteFinder)
