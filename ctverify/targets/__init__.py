"""Laws of X_0 with an exact denoiser: Gaussian, Mixture, Dataset, Product; families of them in any
dimension.
"""

from .base import Target
from .catalogue import DEMONSTRATION, NAMED, from_spec, is_dataset, load
from .dataset import Dataset
from .families import FAMILIES, family
from .mixture import Gaussian, Mixture
from .product import Product

__all__ = [
    "DEMONSTRATION",
    "FAMILIES",
    "NAMED",
    "Dataset",
    "Gaussian",
    "Mixture",
    "Product",
    "Target",
    "family",
    "from_spec",
    "is_dataset",
    "load",
]
