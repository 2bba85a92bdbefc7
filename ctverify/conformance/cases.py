"""Cases for the checks: targets, steps, times and seeds, each of which shrinks to the simplest.

Targets are drawn in a unit of their own and scaled to the subject: spreads from a tenth to ten
times sigma_data, means to twenty spreads from 0, anisotropic, and mixtures. N(0, sigma_data^2)
alone hides real bugs. Where f is clipped, targets stay inside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hypothesis import strategies as st

from ..laws.strategies import gaussian, mixture
from ..model.convention import Convention
from ..targets import Target
from .oracle.exact import Exact


@dataclass(frozen=True)
class Case:
    """A target: `spread` in units of sigma_data (of clipping/50 where f is clipped), `offset` of
    its mean in spreads.
    """

    spread: float = 1.0
    offset: float = 0.0
    dim: int = 1
    condition: float = 1.0
    components: int = 1
    separation: float = 0.0
    seed: int = 0

    def target(self, convention: Convention) -> Target:
        """The law that it stands for."""
        clip = convention.clipping
        unit = (
            self.spread * convention.sigma_data
            if clip is None
            else min(self.spread, 1.0) * clip / 50
        )
        offset, log_condition = (
            (self.offset if clip is None else min(self.offset, 10.0)),
            math.log10(self.condition),
        )
        common = {
            "dim": self.dim,
            "log_variance": 2 * math.log10(unit),
            "offset": offset,
            "seed": self.seed,
        }
        if self.components == 1:
            return gaussian(log_condition=log_condition, **common)  # type: ignore[arg-type]
        return mixture(
            components=self.components,
            separation=self.separation,
            log_condition=log_condition,
            tilt=0.5,
            **common,  # type: ignore[arg-type]
        )

    def exact(self, convention: Convention) -> Exact:
        """Its exact consistency function."""
        return Exact(self.target(convention), convention)


seeds = st.integers(0, 2**31 - 1)
shares = st.floats(0, 1)
steps = st.sampled_from([1, 2, 3, 4, 5, 8, 17, 40])  # of a sampler
several = st.sampled_from([2, 3, 5, 17])
dims = st.integers(1, 3)

_spreads = st.sampled_from([1.0, 2.0, 0.5, 4.0, 0.25, 10.0, 0.1])
_offsets = st.sampled_from([0.0, 1.0, 3.0, 20.0])
line_gaussians = st.builds(Case, spread=_spreads, offset=_offsets, seed=seeds)
plane_gaussians = st.builds(
    Case,
    spread=_spreads,
    offset=_offsets,
    dim=st.integers(2, 3),
    condition=st.sampled_from([1.0, 10.0, 1e3]),
    seed=seeds,
)
line_mixtures = st.builds(
    Case,
    spread=_spreads,
    offset=st.just(0.0),
    components=st.integers(2, 3),
    separation=st.floats(0, 5),
    seed=seeds,
)
lines = line_gaussians | line_mixtures
laws = line_gaussians | plane_gaussians | line_mixtures
