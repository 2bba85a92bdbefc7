"""The checks, in the order of causes."""

# each registers its own checks
from . import (  # noqa: F401
    continuous,
    interface,
    loss,
    one_f,
    pair,
    pair_in_use,
    sampler,
    scalings,
    tangent,
    times,
    training_times,
    weights,
)
from .check import CHECKS, GROUPS, Check

ALL: tuple[Check, ...] = tuple(sorted(CHECKS.values(), key=lambda check: GROUPS.index(check.group)))
