"""SPEC.toml: the grid of a sweep. Every key is an axis, a value or a list of values; the cases are
all combinations.

    steps = [64, 128, 256]          # above the first [[grid]]: holds for every grid that does not say otherwise
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
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import arguments
from ..core.arguments import InputError
from ..core.confidence import FEWEST_DRAWS
from ..core.schemas import EXACT
from ..model.schedule_file import SCHEDULES, read_schedule
from ..targets import FAMILIES, is_dataset, load
from ..targets.catalogue import NAMED, READERS
from ..training import CLASSES
from .case import POPULATION, Case, digest

MODELS = (*CLASSES, POPULATION)
LHW = "li_huang_wei"


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise InputError(f"{name} must be text, got {value!r}")
    return value


def _device(name: str, value: Any) -> str:
    kind, _, index = _text(name, value).partition(":")
    if kind not in ("auto", "cpu", "cuda") or (index and not (kind == "cuda" and index.isdigit())):
        raise InputError(f"device must be auto, cpu, cuda or cuda:N, got {value!r}")
    return str(value)  # whether it is there is the worker's to say


def _at_least(least: int) -> Callable[[str, Any], int]:
    def check(name: str, value: Any) -> int:
        if arguments.whole(name, value, least) > EXACT:
            raise InputError(f"{name} must be at most 2^53, got {value}")
        return int(value)

    return check


def _positive(name: str, value: Any) -> float:
    return arguments.real(name, value, 0)


AXES: dict[str, Callable[[str, Any], Any]] = {
    "target": _text,
    "dim": _at_least(1),
    "contrast": _positive,
    "bandwidth": _positive,
    "schedule": _text,
    "steps": _at_least(2),
    "c0": _positive,
    "c1": _positive,
    "model": lambda name, value: arguments.choice(name, value, MODELS),
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
}
DEFAULTS |= {
    "model": "mlp",
    "train_samples": 16_384,
    "paths": None,
    "pairs": None,
    "seed": 0,
    "device": "auto",
}


@dataclass(frozen=True)
class Spec:
    """A grid: its cases in the order of their hashes, a random one, so that the time left can be
    told from the first ones.
    """

    content: dict[str, Any]
    cases: tuple[Case, ...]

    def shard(self, index: int, count: int) -> tuple[Case, ...]:
        """Every count-th case, from the index-th on; 1 <= index <= count."""
        if not 1 <= index <= count:
            raise InputError(f"shard must be I/N with 1 <= I <= N, got {index}/{count}")
        return self.cases[index - 1 :: count]


def read_spec(path: str | Path) -> Spec:
    """The sweep of a SPEC.toml; InputError where it cannot be read or holds what no case can have."""
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"SPEC {str(path)!r} cannot be read: {error.strerror or error}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"SPEC {str(path)!r} must hold TOML: {error}") from None
    return spec_of(content, path.parent)


def spec_of(content: dict[str, Any], folder: str | Path = ".") -> Spec:
    """The sweep of a SPEC's content; files are looked for in `folder`."""
    shared = {key: value for key, value in content.items() if key != "grid"}
    grids = content.get("grid", [{}])
    if (
        not isinstance(grids, list)
        or not all(isinstance(grid, dict) for grid in grids)
        or not grids
    ):
        raise InputError("grid must be tables, written [[grid]], got something else")
    reader = _Reader(Path(folder))
    cases = {
        case.hash: case for grid in grids for case in _cases(_axes(shared), _axes(grid), reader)
    }
    return Spec(content, tuple(cases[name] for name in sorted(cases)))


def _axes(table: dict[str, Any]) -> dict[str, list[Any]]:
    """Each axis as the list of its values, checked."""
    for key in table:
        if key not in AXES:
            raise InputError(f"SPEC knows the keys {', '.join(AXES)} and [[grid]], got {key!r}")
    lists = {key: value if isinstance(value, list) else [value] for key, value in table.items()}
    for key, values in lists.items():
        if not values:
            raise InputError(f"{key} must have at least one value, got an empty list")
    return {key: [AXES[key](key, value) for value in values] for key, values in lists.items()}


def _cases(shared: dict[str, list[Any]], own: dict[str, list[Any]], reader: _Reader) -> list[Case]:
    axes = {key: [value] for key, value in DEFAULTS.items()} | shared | own
    if "target" not in axes:
        raise InputError("target must be given in SPEC: a name, a family or a file")
    rows = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
    cases = [reader.case(row) for row in rows]
    unused = [key for key in own if all(getattr(case, key) is None for case in cases)]
    if unused:
        raise InputError(f"{unused[0]} is used by no case of its grid: {_uses(unused[0])}")
    return cases


def _uses(key: str) -> str:
    whose = {
        "c0": f"the schedule {LHW} does",
        "c1": f"the schedule {LHW} does",
        "bandwidth": "data sets do",
    }
    whose |= dict.fromkeys(("dim", "contrast"), "families do (others have their own)")
    return whose.get(
        key,
        f"the models {', '.join(CLASSES)} do" if key == "train_samples" else "schedules by name do",
    )


class _Reader:
    """Cases from rows of the grid; each file is read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: dict[tuple[str, str, Any], Any] = {}

    def case(self, row: dict[str, Any]) -> Case:
        """The row without what it does not use."""
        kept = dict(row)
        contents = {}
        is_family, trained, own = (
            row["target"] in FAMILIES,
            row["model"] != POPULATION,
            row["schedule"] == LHW,
        )
        if is_family and row["dim"] is None:
            raise InputError(f"dim must be given for the family {row['target']}")
        for keys, used in (
            (("dim", "contrast"), is_family),
            (("bandwidth",), is_dataset(row["target"])),
            (("c0", "c1"), own),
            (("train_samples",), trained),
        ):
            kept |= {} if used else dict.fromkeys(keys)
        if not is_family and row["target"] not in NAMED:
            contents["target"] = self._target(row["target"], kept["bandwidth"])
        if row["schedule"] not in SCHEDULES:
            contents["schedule"], kept["steps"] = self._schedule(row["schedule"])
        return Case(
            **kept,
            sha256=tuple((key, digest(value)) for key, value in contents.items()),
            contents=contents,
        )

    def _target(self, name: str, bandwidth: float | None) -> dict[str, Any]:
        key = ("target", name, bandwidth)
        if key not in self.seen:
            if Path(name).suffix not in READERS:
                known: Iterable[str] = (*NAMED, *FAMILIES)
                raise InputError(
                    f"target must be one of {', '.join(known)} or a .json, .npy or .csv file, got {name!r}"
                )
            self.seen[key] = load(str(self.folder / name), bandwidth).spec
        found: dict[str, Any] = self.seen[key]
        return found

    def _schedule(self, name: str) -> tuple[dict[str, Any], int]:
        key = ("schedule", name, None)
        if key not in self.seen:
            levels = read_schedule(
                str(self.folder / name) if name.endswith(".json") else name, None, None, None
            )
            self.seen[key] = levels.spec, levels.T
        found: tuple[dict[str, Any], int] = self.seen[key]
        return found
