"""Laws of X_0 with an exact denoiser: Gaussian, Mixture, Dataset, Product; families of them in any
dimension.
"""

from .base import KINDS, Target
from .catalogue import DEMONSTRATION, NAMED, is_dataset, load
from .dataset import Dataset
from .families import FAMILIES, family
from .images import mnist, patches
from .mixture import Gaussian, Mixture
from .oracle_catalogue import oracles
from .product import Product
from .registry import from_spec, handed_in

__all__ = [
    "DEMONSTRATION",
    "FAMILIES",
    "KINDS",
    "NAMED",
    "Dataset",
    "Gaussian",
    "Mixture",
    "Product",
    "Target",
    "family",
    "from_spec",
    "handed_in",
    "is_dataset",
    "load",
    "mnist",
    "oracles",
    "patches",
]
