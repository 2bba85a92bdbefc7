"""ctverify tells whether a consistency model is right. Public names are imported on first use (PEP 562)."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Certificate": "certificate",
    "ConsistencyModel": "training",
    "Convention": "convention",
    "Dataset": "targets",
    "Gaussian": "targets",
    "InputError": "arguments",
    "Mixture": "targets",
    "Product": "targets",
    "Schedule": "schedule",
    "certify": "certificate",
    "flow_map": "flow",
    "optimal_schedule": "optimal",
    "population_model": "population",
    "train": "training",
    "train_many": "training",
}
__all__ = [*sorted(_HOME), "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ctverify' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
