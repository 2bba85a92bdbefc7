"""Correct maps of two times in styles that are not ours. No check may fail on them.

Each of FACTORIES makes an adapter.
"""

from . import conventions, losses, straight

FACTORIES = (*straight.FACTORIES, *losses.FACTORIES, *conventions.FACTORIES)
