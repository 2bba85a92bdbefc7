"""SPEC.toml: the grid of a sweep. Every key is an axis, a value or a list of values; the cases are
all combinations.

    steps = [64, 128, 256]          # above the first [[grid]]: for all that say nothing else
    [[grid]]
    target = ["mild-product", "mild-rotated"]
    dim = [1, 2, 4]
    [[grid]]                        # the sweep is the union of its grids, each case once
    target = "mixture.json"         # relative to SPEC.toml
    model = "fourier"

A setting that a case does not use is left out of it (c1 of another schedule, dim of a target that
has its own), and refused where no case of its grid uses it.
"""

from __future__ import annotations

import itertools
import math
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import arguments
from ..core.arguments import InputError
from ..core.confidence import FEWEST_DRAWS
from ..core.limits import read_text
from ..core.schemas import EXACT
from ..core.signatures import checked
from ..model.schedule_file import SCHEDULES, read_schedule
from ..targets import FAMILIES, is_dataset, load
from ..targets.catalogue import NAMED, READERS
from ..training import CLASSES
from .case import POPULATION, Case, digest

MODELS = (*CLASSES, POPULATION)
MOST_CASES = 10**6  # of a grid: each takes a kilobyte of memory before anything is computed
MOST_PARTS = 50  # of a dotted key; none of ours has two
LHW = "li_huang_wei"
DEVICES = ("auto", "cpu", "cuda")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise InputError(f"{name} must be text, got {value!r}")
    return value


def _device(name: str, value: Any) -> str:
    """Whether the device is there is the worker's to say."""
    text = _text(name, value)
    kind, _, index = text.partition(":")
    numbered = kind == "cuda" and index.isdigit()
    if kind not in DEVICES or (index and not numbered):
        raise InputError(f"device must be auto, cpu, cuda or cuda:N, got {value!r}")
    return text


def _at_least(least: int) -> Callable[[str, Any], int]:
    def check(name: str, value: Any) -> int:
        number = arguments.whole(name, value, least)
        if number > EXACT:
            raise InputError(f"{name} must be at most 2^53, got {value}")
        return number

    return check


def _positive(name: str, value: Any) -> float:
    return arguments.real(name, value, 0)


def _model(name: str, value: Any) -> str:
    return arguments.choice(name, value, MODELS)


AXES: dict[str, Callable[[str, Any], Any]] = {
    "target": _text,
    "dim": _at_least(1),
    "contrast": _positive,
    "bandwidth": _positive,
    "schedule": _text,
    "steps": _at_least(2),
    "c0": _positive,
    "c1": _positive,
    "model": _model,
    "train_samples": _at_least(1),
    "paths": _at_least(FEWEST_DRAWS),
    "pairs": _at_least(2 * FEWEST_DRAWS),
    "seed": _at_least(0),
    "device": _device,
}
DEFAULTS: dict[str, Any] = {
    "dim": None,
    "contrast": 1.0,
    "bandwidth": None,
    "schedule": LHW,
    "steps": 64,
    "c0": 2.0,
    "c1": 4.0,
    "model": "mlp",
    "train_samples": 16_384,
    "paths": None,
    "pairs": None,
    "seed": 0,
    "device": "auto",
}
USERS = {  # of settings that not every case uses
    "dim": "families do (others have their own)",
    "contrast": "families do (others have their own)",
    "bandwidth": "data sets do",
    "c0": f"the schedule {LHW} does",
    "c1": f"the schedule {LHW} does",
    "train_samples": f"the models {', '.join(CLASSES)} do",
    "steps": "schedules by name do",
}


@checked
@dataclass(frozen=True)
class Spec:
    """A grid.

    Attributes:
        content: what SPEC.toml holds.
        cases: in the order of their hashes, a random one, so that the time left can be told from
            the first ones.
    """

    content: dict[str, Any]
    cases: tuple[Case, ...]

    def shard(self, index: int, count: int) -> tuple[Case, ...]:
        """Every count-th case, from the index-th on; 1 <= index <= count."""
        if not 1 <= index <= count:
            raise InputError(f"shard must be I/N with 1 <= I <= N, got {index}/{count}")
        return self.cases[index - 1 :: count]


@checked
def read_spec(path: str | Path) -> Spec:
    """The sweep of a SPEC.toml.

    Arguments:
        path: the file; files that it names are relative to it.

    Returns:
        The sweep.

    Raises:
        InputError: the file cannot be read, or holds what no case can have.
    """
    path = Path(path)
    name = f"SPEC {str(path)!r}"
    text = read_text(path, name)
    # tomllib takes a minute for a key of 50,000 parts
    if max(part.count(".") for part in re.split("[=,\n]", text)) > MOST_PARTS:
        raise InputError(f"{name} must have no key of more than {MOST_PARTS} parts")
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise InputError(f"{name} must hold TOML: it is nested too deeply") from None
    except ValueError as error:  # of TOML, and of whole numbers with too many digits
        raise InputError(f"{name} must hold TOML: {error}") from None
    return spec_of(content, path.parent)


@checked
def spec_of(content: dict[str, Any], folder: str | Path = ".") -> Spec:
    """The sweep of a SPEC's content.

    Arguments:
        content: axes by name, and under grid a list of such.
        folder: where files are looked for.

    Returns:
        The sweep.

    Raises:
        InputError: something that no case can have.

    Example:
        >>> len(spec_of({"target": "mild", "steps": [64, 128], "seed": [0, 1, 2]}).cases)
        6
    """
    shared = {key: value for key, value in content.items() if key != "grid"}
    grids = content.get("grid", [{}])
    tables = isinstance(grids, list) and all(isinstance(grid, dict) for grid in grids)
    if not tables or not grids:
        raise InputError("grid must be tables, written [[grid]], got something else")
    reader = _Reader(Path(folder))
    cases = {}
    for grid in grids:
        for case in _cases(_axes(shared), _axes(grid), reader):
            cases[case.hash] = case
    return Spec(content, tuple(cases[name] for name in sorted(cases)))


def _axes(table: dict[str, Any]) -> dict[str, list[Any]]:
    """Each axis as the list of its values, checked."""
    for key in table:
        if key not in AXES:
            raise InputError(f"SPEC knows the keys {', '.join(AXES)} and [[grid]], got {key!r}")
    axes = {}
    for key, value in table.items():
        values = value if isinstance(value, list) else [value]
        if not values:
            raise InputError(f"{key} must have at least one value, got an empty list")
        axes[key] = [AXES[key](key, one) for one in values]
    return axes


def _cases(shared: dict[str, list[Any]], own: dict[str, list[Any]], reader: _Reader) -> list[Case]:
    """The cases of one grid."""
    defaults = {key: [value] for key, value in DEFAULTS.items()}
    axes = defaults | shared | own
    if "target" not in axes:
        raise InputError("target must be given in SPEC: a name, a family or a file")
    spanned = math.prod(map(len, axes.values()))
    if spanned > MOST_CASES:
        raise InputError(f"SPEC must span at most {MOST_CASES:,} cases a grid, got {spanned:,}")
    rows = itertools.product(*axes.values())
    cases = [reader.case(dict(zip(axes, row, strict=True))) for row in rows]
    for key in own:
        if all(getattr(case, key) is None for case in cases):
            raise InputError(f"{key} is used by no case of its grid: {USERS[key]}")
    return cases


class _Reader:
    """Cases from rows of the grid; each file is read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.targets: dict[tuple[str, float | None], dict[str, Any]] = {}
        self.schedules: dict[str, tuple[dict[str, Any], int]] = {}

    def case(self, row: dict[str, Any]) -> Case:
        """The row without what it does not use."""
        target = row["target"]
        is_family = target in FAMILIES
        if is_family and row["dim"] is None:
            raise InputError(f"dim must be given for the family {target}")
        used = {
            "dim": is_family,
            "contrast": is_family,
            "bandwidth": is_dataset(target),
            "c0": row["schedule"] == LHW,
            "c1": row["schedule"] == LHW,
            "train_samples": row["model"] != POPULATION,
        }
        kept: dict[str, Any] = {
            key: value if used.get(key, True) else None for key, value in row.items()
        }
        contents = {}
        if not is_family and target not in NAMED:
            contents["target"] = self._target(target, kept["bandwidth"])
        if row["schedule"] not in SCHEDULES:
            contents["schedule"], kept["steps"] = self._schedule(row["schedule"])
        return Case(
            **kept,
            sha256=tuple((key, digest(value)) for key, value in contents.items()),
            contents=contents,
        )

    def _target(self, name: str, bandwidth: float | None) -> dict[str, Any]:
        """The spec of a target from a file."""
        key = (name, bandwidth)
        if key not in self.targets:
            if Path(name).suffix not in READERS:
                raise InputError(
                    f"target must be one of {', '.join((*NAMED, *FAMILIES))} "
                    f"or a .json, .npy or .csv file, got {name!r}"
                )
            self.targets[key] = load(str(self.folder / name), bandwidth).spec
        return self.targets[key]

    def _schedule(self, name: str) -> tuple[dict[str, Any], int]:
        """The spec of a schedule from a file, and its T."""
        if name not in self.schedules:
            path = str(self.folder / name) if name.endswith(".json") else name
            levels = read_schedule(path, None, None, None)
            self.schedules[name] = (levels.spec, levels.T)
        return self.schedules[name]
