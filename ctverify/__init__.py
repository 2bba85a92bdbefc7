"""ctverify tells whether a consistency model is right.

Public names are imported on first use (PEP 562), so that `import ctverify` costs nothing; type
checkers see them all.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .core import drawing as _drawing
from .core.version import __version__ as __version__
from .laws.checkout import register as _find_properties

if TYPE_CHECKING:
    from .certificate.certificate import Certificate as Certificate
    from .certificate.certify import certify as certify
    from .certificate.certify import certify_sampler as certify_sampler
    from .core.arguments import InputError as InputError
    from .core.drawing import Figures
    from .flow.exact_maps import exact_average_velocity as exact_average_velocity
    from .flow.exact_maps import exact_flow_map as exact_flow_map
    from .flow.flow_map import flow_map as flow_map
    from .model.convention import Convention as Convention
    from .model.schedule import Schedule as Schedule
    from .targets.dataset import Dataset as Dataset
    from .targets.mixture import Gaussian as Gaussian
    from .targets.mixture import Mixture as Mixture
    from .targets.oracle_catalogue import oracles as oracles
    from .targets.product import Product as Product
    from .theory.optimal_schedule import optimal_schedule as optimal_schedule
    from .training import train as train
    from .training import train_many as train_many
    from .training.flow_map_model import FlowMapModel as FlowMapModel
    from .training.model import ConsistencyModel as ConsistencyModel
    from .training.population import population_model as population_model

_HOME = {
    "Certificate": "certificate.certificate",
    "ConsistencyModel": "training.model",
    "Convention": "model.convention",
    "Dataset": "targets.dataset",
    "FlowMapModel": "training.flow_map_model",
    "Gaussian": "targets.mixture",
    "InputError": "core.arguments",
    "Mixture": "targets.mixture",
    "Product": "targets.product",
    "Schedule": "model.schedule",
    "certify": "certificate.certify",
    "certify_sampler": "certificate.certify",
    "exact_average_velocity": "flow.exact_maps",
    "exact_flow_map": "flow.exact_maps",
    "flow_map": "flow.flow_map",
    "oracles": "targets.oracle_catalogue",
    "optimal_schedule": "theory.optimal_schedule",
    "population_model": "training.population",
    "train": "training",
    "train_many": "training",
}
__all__ = [
    "Certificate",
    "ConsistencyModel",
    "Convention",
    "Dataset",
    "FlowMapModel",
    "Gaussian",
    "InputError",
    "Mixture",
    "Product",
    "Schedule",
    "__version__",
    "certify",
    "certify_sampler",
    "exact_average_velocity",
    "exact_flow_map",
    "flow_map",
    "optimal_schedule",
    "oracles",
    "population_model",
    "train",
    "train_many",
]

_find_properties()  # in a checkout ctverify.properties lies beside the package


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ctverify' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def _figures(certificate: "Certificate") -> "Figures":
    """A certificate's figures: the package report lies above the certificate, which asks here."""
    from .report.notebook import figures

    return figures(certificate)


def __dir__() -> list[str]:
    return sorted(__all__)


_drawing.register(_figures)
