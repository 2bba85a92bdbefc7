"""A trained consistency model and how it is kept: safetensors for the numbers, a manifest (JSON)
for what they mean.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float
from msgspec import UNSET, Struct, UnsetType

from ..core import arguments
from ..core.files import write_atomically
from ..core.schemas import Count, Natural, builtins, load, read_schema
from ..model.schedule import Schedule
from ..model.schedule_spec import ScheduleSpec
from ..targets import Target, from_spec
from .pairs import Whitening
from .recursion import Levels

SCHEMA = "ctverify/model/1"
MANIFEST = "manifest.json"
TENSORS = "model.safetensors"
SHARED = "shared."  # begins the names of tensors that all levels share
LEVEL = "level."  # begins the names of tensors with a row a level


class ModelSpec(Struct, frozen=True, kw_only=True):
    """How a model was trained."""

    kind: Literal["affine", "fourier", "mlp"]
    samples: Count | UnsetType = UNSET
    seed: Natural | UnsetType = UNSET


class Manifest(Struct, frozen=True, kw_only=True):
    """What the numbers of a saved model mean."""

    model: ModelSpec
    target: dict[str, Any]
    schedule: ScheduleSpec


@dataclass(frozen=True, eq=False)
class ConsistencyModel:
    """A trained model f(x, t), x (n, d) float64 and t in 1..T.

    Attributes:
        levels: the maps f_1..f_T.
        target: the law that it was trained on.
        spec: JSON that says how it was trained: kind, samples a level, seed.
    """

    levels: Levels
    target: Target
    spec: dict[str, Any]

    def __call__(self, x: Float[torch.Tensor, "n d"], t: int) -> Float[torch.Tensor, "n d"]:
        """f_t(x), (n, d) float64; f_1 is exactly the identity."""
        return self.levels(x, t)

    @property
    def schedule(self) -> Schedule:
        """The schedule it was trained on."""
        return self.levels.schedule

    @property
    def computes_in(self) -> torch.dtype:
        """The coarsest dtype of its maps: float32 in the MLP, though x and f(x, t) are float64."""
        dtypes = [value.dtype for value in self.levels.parameters.values()]
        return max(dtypes, key=lambda dtype: torch.finfo(dtype).eps)

    def save(self, directory: str | Path) -> None:
        """Write model.safetensors and then manifest.json, each atomically.

        Arguments:
            directory: where to; made where missing.

        Raises:
            InputError: a file cannot be written.
        """
        from safetensors.torch import save

        whitening = self.levels.whitening
        tensors = {
            "mean": whitening.mean,
            "eigenvalues": whitening.eigenvalues,
            "basis": whitening.basis,
        }
        tensors |= {SHARED + key: value for key, value in self.levels.shared.items()}
        tensors |= {LEVEL + key: value for key, value in self.levels.parameters.items()}
        content = save({key: value.contiguous() for key, value in tensors.items()})
        manifest = {
            "schema": SCHEMA,
            "model": self.spec,
            "target": self.target.spec,
            "schedule": self.schedule.spec,
        }
        text = json.dumps(builtins(manifest), indent=1, allow_nan=False)
        write_atomically(Path(directory) / TENSORS, content)
        write_atomically(Path(directory) / MANIFEST, text.encode())

    @classmethod
    def load(cls, directory: str | Path, device: str = "cpu") -> ConsistencyModel:
        """The model that `save` wrote.

        Arguments:
            directory: where it is.
            device: auto, cpu, cuda or cuda:N.

        Returns:
            A model that returns the same bits.

        Raises:
            InputError: the directory is incomplete, damaged or of another schema.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load as load_tensors

        path = Path(directory)
        name = f"the model directory {str(path)!r}"
        content = load(path / MANIFEST, f"{name} must hold a readable {MANIFEST}, which")
        manifest = read_schema(Manifest, content, f"{MANIFEST} of {name}", SCHEMA)
        try:
            tensors = load_tensors((path / TENSORS).read_bytes())
        except (OSError, SafetensorError) as error:
            raise arguments.InputError(f"{name} must hold a readable {TENSORS}: {error}") from None
        torch_device = arguments.device(device)
        parts = {key: value.to(torch_device) for key, value in tensors.items()}
        try:
            target = from_spec(manifest.target)
            schedule = Schedule.from_spec(builtins(manifest.schedule))
            whitening = Whitening(parts["mean"], parts["eigenvalues"], parts["basis"])
            levels = Levels(
                kind=manifest.model.kind,
                schedule=schedule,
                whitening=whitening,
                shared=_named(parts, SHARED),
                parameters=_named(parts, LEVEL),
            )
            levels(torch.zeros(1, target.dim), schedule.T)  # tries the shapes
        except (KeyError, TypeError, IndexError, RuntimeError) as error:
            raise arguments.InputError(f"{name} is incomplete or damaged: {error}") from None
        return cls(levels, target.to(torch_device), content["model"])


def _named(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """The tensors whose name begins with `prefix`, by the rest of it."""
    return {
        key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)
    }
