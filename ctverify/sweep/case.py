"""A case of a sweep: everything that its result depends on, and nothing else.

    name = the first 64 bits of SHA-256 of the definition's canonical JSON (sorted keys, no spaces), in hexadecimal

The definition holds ctverify's version, so that a newer one computes anew, and the SHA-256 of each
file that it names. Settings that a case does not use (c1 of another schedule, training pairs of the
population model) are null.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..core.version import __version__

if TYPE_CHECKING:
    from ..model.schedule import Schedule
    from ..targets import Target

SCHEMA = "ctverify/sweep/1"
POPULATION = "population"  # exact training; the other models are the function classes of training/


@dataclass(frozen=True)
class Case:
    """One point of the grid. `contents` carries the specs of a target or a schedule that came from
    a file.
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
    def definition(self) -> dict[str, Any]:
        """What the hash is of, as JSON."""
        own = {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if f.name not in ("sha256", "contents")
        }
        return own | {"sha256": dict(self.sha256), "ctverify": __version__}

    @cached_property
    def hash(self) -> str:
        """The case's name."""
        return digest(self.definition | {"schema": SCHEMA})[:16]

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
        shown = {
            key: value
            for key, value in asdict(replace(self, contents={})).items()
            if value not in (None, (), {})
        }
        return ", ".join(
            f"{key}={value}" for key, value in shown.items() if key not in ("sha256", "device")
        )


def digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(
        json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    ).hexdigest()
