"""The checks, in the order of causes."""

from . import interface, loss, pair, sampler, scalings, times  # noqa: F401  # each registers its own
from .check import CHECKS, GROUPS, Check

ALL: tuple[Check, ...] = tuple(sorted(CHECKS.values(), key=lambda check: GROUPS.index(check.group)))
