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

# after those of one time, whose order they leave as it is
from . import (  # noqa: F401  # isort: skip
    maps,
    map_identities,
    map_pair,
    map_times,
    map_tangent,
    map_loss,
    map_weights,
    map_sampler,
    guidance,
)


def _ordered() -> tuple[Check, ...]:
    """By group, each check after those of its group that it rests on."""
    placed: dict[str, Check] = {}

    def place(check: Check) -> None:
        for id in check.rests_on:
            if id in CHECKS and CHECKS[id].group == check.group and id not in placed:
                place(CHECKS[id])
        placed.setdefault(check.id, check)

    for check in sorted(CHECKS.values(), key=lambda check: GROUPS.index(check.group)):
        place(check)
    return tuple(placed.values())


ALL: tuple[Check, ...] = _ordered()
