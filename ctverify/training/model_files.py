"""The directory of a saved model.

    manifest.json               what the numbers mean, and their SHA-256
    model.HASH.safetensors      the numbers; HASH is how their SHA-256 begins

The numbers are written first and under a name of their own, so that a process that is killed leaves
the old model or the new one. Directories of 0.1.0 have a model.safetensors without a hash.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from msgspec import UNSET, Struct, UnsetType

from ..core.arguments import InputError
from ..core.files import write_atomically
from ..core.limits import read_bytes
from ..core.schemas import Count, Natural, Sha256, builtins, load, read_schema
from ..model.schedule_spec import ScheduleSpec

SCHEMA = "ctverify/model/1"
MANIFEST = "manifest.json"
UNBOUND = "model.safetensors"  # what 0.1.0 called the numbers
OURS = re.compile(r"model\.[0-9a-f]{16}\.safetensors")
SHARED = "shared."  # begins the names of tensors that all levels share
COPIES = 2  # of the numbers: as read, and as tensors
LEVEL = "level."  # begins the names of tensors with a row a level

Tensors = dict[str, torch.Tensor]
Shape = tuple[int, ...]


class ModelSpec(Struct, frozen=True, kw_only=True):
    """How a model was trained; times is 2 for a map of two times, absent for a one-time model."""

    kind: Literal["affine", "fourier", "mlp"]
    samples: Count | UnsetType = UNSET
    seed: Natural | UnsetType = UNSET
    times: Literal[2] | UnsetType = UNSET


class Manifest(Struct, frozen=True, kw_only=True):
    """What the numbers of a saved model mean. sha256 is that of their file; 0.1.0 wrote none."""

    model: ModelSpec
    target: dict[str, Any]
    schedule: ScheduleSpec
    sha256: Sha256 | UnsetType = UNSET


@dataclass(frozen=True)
class Content:
    """What a model's directory holds, as bytes."""

    manifest: bytes
    tensors: bytes
    sha256: str  # of the tensors

    def write(self, directory: Path) -> None:
        """Write the numbers, then what names them, and remove those that nothing names any more.

        Arguments:
            directory: where to; made where missing.

        Raises:
            InputError: a file cannot be written.
        """
        kept = file_of(self.sha256)
        before = _named(directory)
        write_atomically(directory / kept, self.tensors)
        write_atomically(directory / MANIFEST, self.manifest)
        for path in list(directory.iterdir()):
            if path.name != kept and (path.name == before or OURS.fullmatch(path.name)):
                with suppress(OSError):  # nothing names it, so that it may as well stay
                    path.unlink()


def content(
    tensors: Tensors, model: dict[str, Any], target: dict[str, Any], schedule: dict[str, Any]
) -> Content:
    """What is written of a model.

    Arguments:
        tensors: the numbers by name.
        model, target, schedule: the JSON that says how it was trained.

    Returns:
        The two files' content; the same model gives the same bytes.
    """
    from safetensors.torch import save

    data = save({name: value.contiguous() for name, value in tensors.items()})
    digest = hashlib.sha256(data).hexdigest()
    manifest = {
        "schema": SCHEMA,
        "model": model,
        "target": target,
        "schedule": schedule,
        "sha256": digest,
    }
    text = json.dumps(builtins(manifest), indent=1, allow_nan=False)
    return Content(manifest=text.encode(), tensors=data, sha256=digest)


def file_of(sha256: str) -> str:
    """The name of the file of numbers with that hash."""
    return f"model.{sha256[:16]}.safetensors"


def read_manifest(directory: Path) -> tuple[Manifest, dict[str, Any]]:
    """The manifest of a model's directory.

    Arguments:
        directory: where it is.

    Returns:
        The manifest, and the JSON of its model with what this version does not know.

    Raises:
        InputError: it cannot be read, or is of another schema.
    """
    name = f"the model directory {str(directory)!r}"
    data = load(directory / MANIFEST, f"{name} must hold a readable {MANIFEST}, which")
    manifest = read_schema(Manifest, data, f"{MANIFEST} of {name}", SCHEMA)
    return manifest, data["model"]


def read_tensors(directory: Path, manifest: Manifest) -> Tensors:
    """The numbers that a manifest names.

    Arguments:
        directory: where both are.
        manifest: what it says.

    Returns:
        The tensors by name, on the CPU.

    Raises:
        InputError: they cannot be read, or are not those that the manifest names.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load as load_tensors

    file = UNBOUND if manifest.sha256 is UNSET else file_of(manifest.sha256)
    name = f"the model directory {str(directory)!r}"
    try:
        if not (directory / file).is_file():
            raise OSError("there is no such file")
        data = read_bytes(directory / file, f"{file} of {name}", COPIES)
        if manifest.sha256 is not UNSET and hashlib.sha256(data).hexdigest() != manifest.sha256:
            raise OSError("its SHA-256 is not the manifest's")
        return dict(load_tensors(data))
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{name} must hold a readable {file}: {reason}") from None


def check_shapes(tensors: Tensors, kind: str, dim: int, steps: int) -> None:
    """Refuse numbers that are no model of this kind.

    Arguments:
        tensors: by name.
        kind: affine, fourier or mlp.
        dim: d, the target's dimension.
        steps: T.

    Raises:
        ValueError: a tensor is missing, of another shape, not of floats, or one too many.
    """
    wanted = _shapes(tensors, kind, dim, steps)
    _check(tensors, wanted, kind)


def check_flow_map_shapes(tensors: Tensors, dim: int, times: int) -> None:
    """Refuse numbers that are no map of two times.

    Arguments:
        tensors: by name.
        dim: d, the target's dimension.
        times: how many numbers the network sees of its two times.

    Raises:
        ValueError: a tensor is missing, of another shape, not of floats, or one too many.
    """
    units = _last(tensors, SHARED + "weight_0")
    wanted = _coordinates(dim)
    for layer, (fan_in, fan_out) in enumerate([(dim + times, units), (units, units), (units, dim)]):
        wanted[f"{SHARED}weight_{layer}"] = (fan_in, fan_out)
        wanted[f"{SHARED}bias_{layer}"] = (1, fan_out)
    _check(tensors, wanted, "mlp of two times")


def _check(tensors: Tensors, wanted: dict[str, Shape], kind: str) -> None:
    """ValueError where tensors are not those wanted, of floats."""
    lacking = sorted(wanted.keys() - tensors.keys())
    if lacking:
        raise ValueError(f"the tensor {lacking[0]} is missing")
    excess = sorted(tensors.keys() - wanted.keys())
    if excess:
        raise ValueError(f"a model of the kind {kind} has no tensor {excess[0][:60]!r}")
    for name, shape in wanted.items():
        tensor = tensors[name]
        if tuple(tensor.shape) != shape:
            given = tuple(tensor.shape)
            raise ValueError(f"{name} must have shape {shape} for {kind}, got {given}")
        if tensor.dtype not in (torch.float32, torch.float64):
            raise ValueError(f"{name} must hold float32 or float64, got {tensor.dtype}")


def _shapes(tensors: Tensors, kind: str, dim: int, steps: int) -> dict[str, Shape]:
    """By name; how many waves or units there are, the numbers themselves say."""
    row = (steps - 1, 1)
    shapes = _coordinates(dim)
    if kind == "mlp":
        units = _last(tensors, LEVEL + "weight_0")
        sizes = [(dim, units), (units, units), (units, dim)]
        for layer, (fan_in, fan_out) in enumerate(sizes):
            shapes[f"{LEVEL}weight_{layer}"] = (*row, fan_in, fan_out)
            shapes[f"{LEVEL}bias_{layer}"] = (*row, 1, fan_out)
        return shapes
    waves = 0 if kind == "affine" else max(1, _last(tensors, SHARED + "omega"))
    shapes[SHARED + "omega"] = (dim, waves)
    shapes[SHARED + "phase"] = (1, waves)
    shapes[LEVEL + "theta"] = (*row, 1 + dim + waves, dim)
    return shapes


def _coordinates(dim: int) -> dict[str, Shape]:
    """Of the whitening."""
    return {"mean": (1, dim), "eigenvalues": (1, dim), "basis": (1, dim, dim)}


def _last(tensors: Tensors, name: str) -> int:
    """The last length of a tensor's shape, 0 where there is none."""
    tensor = tensors.get(name)
    return 0 if tensor is None or tensor.ndim == 0 else tensor.shape[-1]


def _named(directory: Path) -> str | None:
    """The file of numbers that the manifest of a directory names, None where there is no model."""
    try:
        manifest, _ = read_manifest(directory)
    except InputError:
        return None
    return UNBOUND if manifest.sha256 is UNSET else file_of(manifest.sha256)
