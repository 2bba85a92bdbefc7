"""A trained consistency model; how it is kept: model_files.py."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float

from ..core import arguments
from ..core.schemas import builtins
from ..core.signatures import checked
from ..model.schedule import Schedule
from ..targets import Target, from_spec
from . import model_files
from .model_files import LEVEL, SHARED
from .pairs import Whitening
from .recursion import Levels


@checked
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

    @property
    def sha256(self) -> str:
        """The SHA-256 of the manifest.json that `save` writes, which names that of the numbers:
        certificates say of which model they are by it.
        """
        return hashlib.sha256(self._content().manifest).hexdigest()

    def save(self, directory: str | Path) -> None:
        """Write model.HASH.safetensors and then manifest.json, which names it, each atomically.

        Arguments:
            directory: where to; made where missing. A model that is in it is replaced, and stands
                until the new one is whole.

        Raises:
            InputError: a file cannot be written.
        """
        self._content().write(Path(directory))

    def _content(self) -> model_files.Content:
        """What `save` writes."""
        whitening = self.levels.whitening
        tensors = {
            "mean": whitening.mean,
            "eigenvalues": whitening.eigenvalues,
            "basis": whitening.basis,
        }
        tensors |= {SHARED + key: value for key, value in self.levels.shared.items()}
        tensors |= {LEVEL + key: value for key, value in self.levels.parameters.items()}
        return model_files.content(tensors, self.spec, self.target.spec, self.schedule.spec)

    @classmethod
    def load(cls, directory: str | Path, device: str = "cpu") -> ConsistencyModel:
        """The model that `save` wrote.

        Arguments:
            directory: where it is.
            device: auto, cpu, cuda or cuda:N.

        Returns:
            A model that returns the same bits.

        Raises:
            InputError: the directory is incomplete, damaged or of another schema; its numbers are
                not those that the manifest names, or not of its kind and shape.
        """
        path = Path(directory)
        name = f"the model directory {str(path)!r}"
        manifest, spec = model_files.read_manifest(path)
        if manifest.model.times == 2:
            raise arguments.InputError(
                f"{name} must hold a model of one time, got a map of two: FlowMapModel.load"
            )
        tensors = model_files.read_tensors(path, manifest)
        torch_device = arguments.device(device)
        target = from_spec(manifest.target)
        schedule = Schedule.from_spec(builtins(manifest.schedule))
        try:
            model_files.check_shapes(tensors, manifest.model.kind, target.dim, schedule.T)
        except ValueError as error:
            raise arguments.InputError(f"{name} is incomplete or damaged: {error}") from None
        parts = {key: value.to(torch_device) for key, value in tensors.items()}
        levels = Levels(
            kind=manifest.model.kind,
            schedule=schedule,
            whitening=Whitening(parts["mean"], parts["eigenvalues"], parts["basis"]),
            shared=_named(parts, SHARED),
            parameters=_named(parts, LEVEL),
        )
        return cls(levels, target.to(torch_device), spec)


def _named(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """The tensors whose name begins with `prefix`, by the rest of it."""
    return {
        key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)
    }
