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

MOST = 1000  # samples of each: exact transport costs n^2.2
UNUSED = ("JAX", "CUPY", "TENSORFLOW")


@dataclass(frozen=True)
class PlugIn:
    """The value, what the same estimator reads between two samples of the target, and n."""

    value: float
    null: float
    n: int
    method: str


def plug_in(model: Array, exact: Array) -> PlugIn | str:
    """From kept pairs (n, d); a sentence where it cannot be had."""
    n = min(len(exact) // 2, MOST)
    first, second, other = model[:n], exact[n : 2 * n], exact[:n]
    if exact.shape[1] == 1:
        value, null = (float(distance(sample, second)[0]) for sample in (first, other))
        return PlugIn(value, null, n, "sorted samples")
    try:
        return PlugIn(_transport(first, second), _transport(other, second), n, "POT's ot.emd2")
    except ImportError:
        return "no plug-in value: it needs POT (pip install POT)"
    except (ArithmeticError, MemoryError, RuntimeError, Warning) as error:
        return f"no plug-in value: POT did not finish ({error})"


def _transport(x: Array, y: Array) -> float:
    for name in UNUSED:  # backends that POT would import and we do not need
        os.environ.setdefault(f"POT_BACKEND_DISABLE_{name}", "1")
    import ot
    from scipy.spatial.distance import cdist

    weight = np.full(len(x), 1 / len(x))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return float(ot.emd2(weight, weight, cdist(x, y), numItermax=10_000_000))
