"""Laws of X_0 with an exact denoiser: Gaussian, Mixture, Dataset."""

from .base import Target
from .catalogue import DEMONSTRATION, NAMED, from_spec, is_dataset, load
from .dataset import Dataset
from .mixture import Gaussian, Mixture

__all__ = ["DEMONSTRATION", "NAMED", "Dataset", "Gaussian", "Mixture", "Target", "from_spec", "is_dataset", "load"]
