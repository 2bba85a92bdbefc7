"""A case of a sweep: everything that its result depends on, and nothing else.

    name = the first 64 bits of SHA-256 of the definition's canonical JSON (sorted keys, no
           spaces), in hexadecimal

The definition holds ctverify's version, so that a newer one computes anew, and the SHA-256 of each
file that it names. Settings that a case does not use (c1 of another schedule, training pairs of the
population model) are null.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..core.signatures import checked
from ..core.version import __version__

if TYPE_CHECKING:
    from ..model.schedule import Schedule
    from ..targets import Target

SCHEMA = "ctverify/sweep/1"
POPULATION = "population"  # exact training; the other models are the function classes of training/
DIGITS = 16  # of a case's name
NOT_SETTINGS = ("sha256", "contents")


@checked
@dataclass(frozen=True, kw_only=True)
class Case:
    """One point of the grid.

    Attributes:
        target: a name, a family, or a file.
        dim, contrast: of a family.
        bandwidth: of a data set.
        schedule: a name, or a file.
        steps: T.
        c0, c1: of the schedule (23).
        model: a function class, or population.
        train_samples: training pairs a level.
        paths, pairs: draws of the certificate; None for its own defaults.
        seed: of all random streams.
        device: auto, cpu, cuda or cuda:N.
        sha256: of the target or the schedule that came from a file.
        contents: their specs.
    """

    target: str
    dim: int | None
    contrast: float | None
    bandwidth: float | None
    schedule: str
    steps: int
    c0: float | None
    c1: float | None
    model: str
    train_samples: int | None
    paths: int | None
    pairs: int | None
    seed: int
    device: str
    sha256: tuple[tuple[str, str], ...] = ()
    contents: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def settings(self) -> dict[str, Any]:
        """The axes of the grid, by name."""
        names = [name for name in self.__dataclass_fields__ if name not in NOT_SETTINGS]
        return {name: getattr(self, name) for name in names}

    @property
    def definition(self) -> dict[str, Any]:
        """What the hash is of, as JSON values (schema.Definition)."""
        return self.settings | {"sha256": dict(self.sha256), "ctverify": __version__}

    @cached_property
    def hash(self) -> str:
        """The case's name."""
        return digest(self.definition | {"schema": SCHEMA})[:DIGITS]

    def law(self) -> Target:
        """The target."""
        from ..targets import FAMILIES, family, from_spec, load

        if "target" in self.contents:
            return from_spec(self.contents["target"])
        if self.target in FAMILIES:
            assert self.dim is not None and self.contrast is not None
            return family(self.target, self.dim, self.contrast)
        return load(self.target, self.bandwidth)

    def levels(self) -> Schedule:
        """The schedule; InputError where T does not admit it."""
        from ..model.schedule import Schedule
        from ..model.schedule_file import named_schedule

        if "schedule" in self.contents:
            return Schedule.from_spec(self.contents["schedule"])
        return named_schedule(self.schedule, self.steps, self.c0, self.c1)

    def __str__(self) -> str:
        told = {key: value for key, value in self.settings.items() if value is not None}
        del told["device"]
        return ", ".join(f"{key}={value}" for key, value in told.items())


def digest(value: Any) -> str:
    """A name for JSON values by their content.

    Arguments:
        value: JSON values, numbers finite.

    Returns:
        SHA-256 of their canonical JSON, in hexadecimal.

    Example:
        >>> digest({"b": 1, "a": None}) == digest({"a": None, "b": 1})
        True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
