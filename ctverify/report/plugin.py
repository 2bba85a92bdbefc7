"""POT's plug-in value: the exact W_1 between n samples of the model and n of the target, which are
independent of each other.

It is biased high, in d > 2 by far: E W_1(mu_n, nu_n) >= W_1(mu, nu). What it reads between two
samples of the target itself, where 0 is right, shows by how much. Kept samples are coupled pairs,
so that the model's are from one half and the target's from the other.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass

import numpy as np

from ..model.schedule import Array
from .law import distance

MAX_SAMPLES = 1000  # of each: exact transport costs n^2.2
MAX_ITERATIONS = 10_000_000  # of the network simplex; POT's default is 100,000
UNUSED = ("JAX", "CUPY", "TENSORFLOW")


@dataclass(frozen=True)
class PlugIn:
    """The value, what the same estimator reads between two samples of the target, and n."""

    value: float
    null: float
    n: int
    method: str


class NoPlugIn(Exception):
    """Why there is no plug-in value, in a sentence."""


def plug_in(model: Array, exact: Array) -> PlugIn:
    """The plug-in value from kept pairs.

    Arguments:
        model, exact: Coupled samples of the model and of the exact law, (n, d) each.

    Returns:
        The value from at most MAX_SAMPLES of each.

    Raises:
        NoPlugIn: Where d > 1 and POT is not installed or does not finish.
    """
    n = min(len(exact) // 2, MAX_SAMPLES)
    samples = model[:n]
    against = exact[n : 2 * n]
    itself = exact[:n]
    if exact.shape[1] == 1:
        value = float(distance(samples, against)[0])
        null = float(distance(itself, against)[0])
        return PlugIn(value, null, n, method="sorted samples")
    try:
        value = _transport(samples, against)
        null = _transport(itself, against)
    except ImportError:
        raise NoPlugIn("no plug-in value: it needs POT (pip install POT)") from None
    except (ArithmeticError, MemoryError, RuntimeError, Warning) as error:
        raise NoPlugIn(f"no plug-in value: POT did not finish ({error})") from error
    return PlugIn(value, null, n, method="POT's ot.emd2")


def _transport(x: Array, y: Array) -> float:
    """The exact W_1 between equally many points."""
    for name in UNUSED:  # backends that POT would import and we do not need
        os.environ.setdefault(f"POT_BACKEND_DISABLE_{name}", "1")
    import ot
    from scipy.spatial.distance import cdist

    weight = np.full(len(x), 1 / len(x))
    cost = cdist(x, y)
    with warnings.catch_warnings():
        # POT warns, and returns a value, where it has not reached the optimum.
        warnings.simplefilter("error")
        return float(ot.emd2(weight, weight, cost, numItermax=MAX_ITERATIONS))
