"""What a certificate says of the model that it is of, and the versions that its numbers rest on."""

from __future__ import annotations

import platform
from typing import Any

import numpy as np
import torch

from ..core.version import __version__
from ..model.protocols import FlowMap, Model
from ..training import ConsistencyModel, FlowMapModel


def description(f: Model | FlowMap) -> Any:
    """The model's own JSON, else the callable's name."""
    spec = getattr(f, "spec", None)
    if spec:
        return spec
    module = getattr(f, "__module__", "")
    name = getattr(f, "__qualname__", type(f).__name__)
    return f"{module}:{name}"


def digest(f: Model | FlowMap) -> str | None:
    """The SHA-256 by which a trained model is known, None for any other function."""
    return f.sha256 if isinstance(f, ConsistencyModel | FlowMapModel) else None


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    import scipy

    return {
        "ctverify": __version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }
