"""Sequential decisions with an exact null law: grow the sample until PASS, FAIL or the budget (then
Inconclusive).

For numbers that are independent and uniform on (0, 1) if the code is right, D_n = sup |F_n(u) - u|
has Kolmogorov's exact law. Stage k of K draws n_k fresh numbers:

    FAIL   P(D >= D_n) < RATE/K
           false alarms at most RATE over all stages
    PASS   D_n + sqrt(log(2/RATE)/(2 n)) <= MARGIN
           the true distance is below MARGIN with probability 1 - RATE
           (Dvoretzky, Kiefer, Wolfowitz; Massart's constant)
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kstwo

from .law import RATE, Inconclusive

# the last always decides at this RATE and MARGIN; the second nearly always
STAGES = (2_000, 8_000, 32_000)
MARGIN = 0.05


def uniform(draw: Callable[[int, int], NDArray[np.float64]]) -> None:
    """Decide whether numbers are uniform on (0, 1), by this file's head.

    Arguments:
        draw: draw(n, stage) gives n numbers, (n,) float64, fresh at each stage 0, 1, ...

    Raises:
        AssertionError: they are not, or one is not finite.
        Inconclusive: the last stage neither passes nor fails.

    Example:
        >>> uniform(lambda n, stage: np.random.default_rng(stage).uniform(size=n))
    """
    for stage, n in enumerate(STAGES):
        u = np.sort(draw(n, stage))
        assert np.isfinite(u).all(), "a probability is not finite"
        # the empirical distribution function jumps from steps[i] to steps[i + 1] at u[i]
        steps = np.arange(n + 1) / n
        above = (steps[1:] - u).max()
        below = (u - steps[:-1]).max()
        distance = float(max(above, below))
        p = float(kstwo.sf(distance, n))
        assert p >= RATE / len(STAGES), (
            f"Kolmogorov distance {distance:.4f} from uniform at n = {n}: p = {p:.3g}"
        )
        log_confidence = math.log(2 / RATE)
        band = math.sqrt(log_confidence / (2 * n))
        if distance + band <= MARGIN:
            return
    raise Inconclusive(
        f"Kolmogorov distance {distance:.4f} at n = {n}: neither 0 nor certainly below {MARGIN}"
    )
