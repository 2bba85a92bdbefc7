"""A trained consistency model and how it is kept: safetensors for the numbers, a manifest (JSON)
for what they mean.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..core import arguments
from ..core.files import write_atomically
from ..model.schedule import Schedule
from ..targets import Target, from_spec
from .pairs import Whitening
from .recursion import CLASSES, Levels

SCHEMA = "ctverify/model/1"
MANIFEST, TENSORS = "manifest.json", "model.safetensors"


@dataclass(frozen=True, eq=False)
class ConsistencyModel:
    """f(x, t), x (n, d) float64 and t in 1..T, trained on `target`; `spec` says how."""

    levels: Levels
    target: Target
    spec: dict[str, Any]

    def __call__(self, x: torch.Tensor, t: int) -> torch.Tensor:
        """f_t(x), (n, d) float64; f_1 is exactly the identity."""
        return self.levels(x, t)

    @property
    def schedule(self) -> Schedule:
        """The schedule it was trained on."""
        return self.levels.schedule

    def save(self, directory: str | Path) -> None:
        """Write model.safetensors and then manifest.json, each atomically, into `directory` (made
        where missing).
        """
        from safetensors.torch import save

        w = self.levels.whitening
        tensors = {"mean": w.mean, "eigenvalues": w.eigenvalues, "basis": w.basis}
        tensors |= {f"shared.{key}": value for key, value in self.levels.shared.items()}
        tensors |= {f"level.{key}": value for key, value in self.levels.parameters.items()}
        manifest = {
            "schema": SCHEMA,
            "model": self.spec,
            "target": self.target.spec,
            "schedule": self.schedule.spec,
        }
        write_atomically(
            Path(directory) / TENSORS, save({key: v.contiguous() for key, v in tensors.items()})
        )
        write_atomically(Path(directory) / MANIFEST, json.dumps(manifest, indent=1).encode())

    @classmethod
    def load(cls, directory: str | Path, device: str = "cpu") -> ConsistencyModel:
        """What `save` wrote. Raises InputError for a directory that is incomplete, damaged or of
        another schema.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load

        path = Path(directory)
        manifest = _manifest(path)
        try:
            tensors = load((path / TENSORS).read_bytes())
        except (OSError, SafetensorError) as error:
            raise arguments.InputError(
                f"model directory {str(path)!r} must hold a readable {TENSORS}: {error}"
            ) from None
        place = arguments.device(device)
        try:
            parts = {key: value.to(place) for key, value in tensors.items()}
            whitening = Whitening(parts["mean"], parts["eigenvalues"], parts["basis"])
            shared = {key[7:]: value for key, value in parts.items() if key.startswith("shared.")}
            rows = {key[6:]: value for key, value in parts.items() if key.startswith("level.")}
            target, schedule = (
                from_spec(manifest["target"]),
                Schedule.from_spec(manifest["schedule"]),
            )
            levels = Levels(
                arguments.choice("the model's kind", manifest["model"]["kind"], CLASSES),
                schedule,
                whitening,
                shared,
                rows,
            )
            levels(torch.zeros(1, target.dim), schedule.T)
        except (KeyError, TypeError, IndexError, RuntimeError) as error:
            raise arguments.InputError(
                f"model directory {str(path)!r} is incomplete or damaged: {error}"
            ) from None
        return cls(levels, target.to(place), manifest["model"])


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise arguments.InputError(
            f"model directory {str(path)!r} must hold a readable {MANIFEST}: {error}"
        ) from None
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise arguments.InputError(
            f"model directory {str(path)!r} must have the schema {SCHEMA!r} in its {MANIFEST}"
        )
    return manifest
