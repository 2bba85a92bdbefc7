"""python -m ctverify: the command line."""

import sys
from pathlib import Path

HOME = Path(__file__).parents[1]

# Python puts the current directory first in the path: of it nothing is meant, unless ctverify is
# there, as in a checkout
if not sys.flags.safe_path and sys.path and Path(sys.path[0]).resolve() != HOME.resolve():
    del sys.path[0]

from .cli.program import run  # noqa: E402

run()
