"""Training times as they are drawn, and the law that is declared for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..laws import LogNormalTimes
from ..oracle.probe import Probe, SubjectError
from .check import EPS, Replay, randn

FEW, MANY = 2**14, 2**16  # draws of a continuous law; the most of a discrete one
WANTED = 30  # draws that the rarest level should have
NEAR = 1e3 * EPS  # relative: a time is a level, but for the rounding of a ramp and its inverse

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Grid:
    """A discrete law: levels that rise, and their probabilities."""

    levels: Floats
    probabilities: Floats

    @property
    def draws(self) -> int:
        """As many as give the rarest level WANTED draws, within reason."""
        rarest = float(self.probabilities[self.probabilities > 0].min())
        return int(np.clip(WANTED / rarest, FEW, MANY))

    def index(self, t: Floats) -> NDArray[np.intp]:
        """The nearest level of each time."""
        above = np.searchsorted(self.levels, t).clip(1, max(len(self.levels) - 1, 1))
        if len(self.levels) == 1:
            return np.zeros(len(t), dtype=np.intp)
        nearer = abs(self.levels[above - 1] - t) <= abs(self.levels[above] - t)
        return above - nearer

    def ranks(self, t: Floats, seed: int) -> Floats:
        """Uniform where t has the law: each level's share of (0, 1), split at random."""
        below = np.concatenate([[0.0], np.cumsum(self.probabilities)])
        at = self.index(t)
        return below[at] + np.random.default_rng(seed).uniform(size=len(t)) * self.probabilities[at]


@dataclass(frozen=True)
class Line:
    """A continuous law, by its distribution function."""

    cdf: Callable[[Any], Any]
    draws: int = FEW

    def ranks(self, t: Floats, seed: int) -> Floats:
        """Uniform where t has the law."""
        return np.asarray(self.cdf(t), dtype=float)


def declared(probe: Probe) -> Grid | Line:
    """The law that the subject declares; SubjectError where it is none."""
    law = probe.call("time_law")
    if isinstance(law, LogNormalTimes):
        return Line(partial(law.cdf, convention=probe.convention))
    if callable(getattr(law, "cdf", None)):
        return Line(law.cdf)
    try:
        levels, probabilities = (np.asarray(part, dtype=float).ravel() for part in law)
        order = np.argsort(levels)
        levels, probabilities = levels[order], probabilities[order]
    except (TypeError, ValueError, IndexError):
        levels = probabilities = np.empty(0)
    right = len(levels) > 0 and (np.diff(levels) > 0).all() and (probabilities >= 0).all()
    if not (right and np.isfinite(levels).all() and 0 < probabilities.sum() < math.inf):
        raise SubjectError(
            "time_law must return distinct levels and their probabilities, a LogNormalTimes or a"
            f" SciPy distribution, got {law!r:.60}"
        )
    return Grid(levels, probabilities / probabilities.sum())


@dataclass(frozen=True, eq=False)
class Drawn:
    """Training times t and s, their declared law, and what shows them again."""

    t: Floats
    s: Floats
    law: Grid | Line
    replay: Replay


def drawn(probe: Probe, seed: int) -> Drawn:
    """As many as the law wants."""
    law = declared(probe)
    x0 = probe.convention.sigma_data * randn(probe, law.draws, 1, seed)
    _, t, _, s = probe.pair(x0, lambda x, _: torch.zeros_like(x), seed)
    return Drawn(t.numpy(), s.numpy(), law, Replay("training_pair", {"x0": x0, "seed": seed}))
