"""What a plan is asked and what it answers: the problem with its arguments checked, and the least T
that is enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..core import arguments
from ..core.arguments import InputError
from ..model.schedule import Array, Schedule
from ..targets import Target, handed_in

LONGEST = 2**20  # of a schedule that is built
LONGEST_FORMULA = 2**60  # where only a formula is evaluated
EIGENVALUES = 65  # between LO and HI, in equal ratios


@dataclass(frozen=True)
class Ask:
    """One answer. steps: the least T, or None where there is none; note: why, or what was found
    instead.
    """

    method: str
    steps: int | None
    note: str
    hypotheses: str
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """W <= error in d dimensions: eigenvalues of the Gaussian law, its mean's norm per direction,
    and a target to certify.

    own_directions: eigenvalues and means are a Gaussian target's, one a direction.
    """

    dim: int
    error: float
    eigenvalues: Array
    means: Array
    schedule: Callable[[int], Schedule]
    own_directions: bool = False
    target: Target | None = None
    lipschitz: float | None = None
    seed: int = 0

    @cached_property
    def spec(self) -> dict[str, Any]:
        """What the schedule is, whatever its T."""
        return self.schedule(LONGEST).spec

    @property
    def isotropic(self) -> bool:
        """Whether there is one eigenvalue."""
        return bool(self.eigenvalues.max() <= self.eigenvalues.min() * (1 + 1e-12))


def problem(
    dim: int,
    error: float,
    schedule: Callable[[int], Schedule],
    *,
    eigenvalues: tuple[float, float] | None = None,
    target: Target | None = None,
    lipschitz: float | None = None,
    seed: int = 0,
) -> Problem:
    """A problem with its arguments checked.

    Arguments:
        dim: d, at least 1; the target's where there is one.
        error: the distance to reach, above 0, in the data's unit.
        schedule: the schedule with T steps, for any T that it can have.
        eigenvalues: the least and the largest of a Gaussian law's covariance, above 0. Without them
            and without a Gaussian target the Gaussian law is asked at lam = 1.
        target: what to certify; a Gaussian has its own eigenvalues.
        lipschitz: L_f >= 1; measured on the target where None.
        seed: of the paths.

    Raises:
        InputError: an argument outside its range; eigenvalues and a target.
    """
    dim = arguments.whole("dim", dim)
    error = arguments.real("error", error, 0)
    if target is not None:
        if eigenvalues is not None:
            raise InputError("eigenvalues cannot be given with a target, which has its own")
        if handed_in(target).dim != dim:
            raise InputError(f"dim must be the target's, {target.dim} for {target.name}, got {dim}")
    if lipschitz is not None:
        lipschitz = arguments.real("lipschitz", lipschitz, 0)
        if lipschitz < 1:
            raise InputError(
                f"lipschitz must be at least 1 (Phi_(t->t) is the identity), got {lipschitz:g}"
            )
    normal = None if target is None else target.normal_form()
    values = np.ones(1)
    means = np.zeros(1)
    if target is not None and normal is not None:
        values = normal.eigenvalues.cpu().numpy()
        means = np.abs((target.mean @ normal.basis).cpu().numpy())
    elif eigenvalues is not None:
        low, high = (arguments.real("eigenvalues", value, 0) for value in eigenvalues)
        if low > high:
            raise InputError(f"eigenvalues must be LO,HI with LO <= HI, got {low:g},{high:g}")
        values = np.geomspace(low, high, EIGENVALUES if high > low else 1)
    return Problem(
        dim=dim,
        error=error,
        eigenvalues=values,
        means=means,
        schedule=schedule,
        own_directions=normal is not None,
        target=target,
        lipschitz=lipschitz,
        seed=seed,
    )


def least(enough: Callable[[int], bool], most: int, low: int = 2) -> int | None:
    """The least T with `enough`, by doubling and halving; None up to `most`. `enough` must stay
    true once it is.
    """
    high = low
    while not enough(high):
        if high >= most:
            return None
        low = high + 1
        high = min(2 * high, most)
    while low < high:
        middle = (low + high) // 2
        if enough(middle):
            high = middle
        else:
            low = middle + 1
    return high


def built(p: Problem, T: int) -> Schedule | None:
    """The schedule with T steps, where it can have that many."""
    try:
        return p.schedule(T)
    except InputError:
        return None


def answer(
    method: str, steps: int | None, words: str, claims: tuple[str, ...], most: int = LONGEST
) -> Ask:
    """An answer whose note says how far was looked where there is none."""
    note = "" if steps is not None else f"more than {most:,}"
    return Ask(method=method, steps=steps, note=note, hypotheses=words, claims=claims)
