"""The worst cases of the bound that searches have found, kept as explicit examples of
bound.inequality.

The largest C_1 needed: in d = 1 over N(0, lam) in closed form, T = 2..256 under (23), with and
without the lemma's r <= 1/2. The loosest budget, among those whose start is at most a tenth of it:
over sharp mixtures with components up to 20 spreads apart. One more has most of its error at the
start, which few drawn targets have. They are built when they are run: where
a schedule or a target is broken, the laws of those say so.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ctverify.laws import strategies

LEVELS = partial(strategies.schedule, kind="li_huang_wei")

WORST: dict[str, dict[str, Any]] = {
    "largest C_1": {
        "target": partial(strategies.gaussian),
        "schedule": partial(LEVELS, T=2, near=0.6075, far=1.0),
        "seed": 0,
    },
    "largest C_1 with r <= 1/2": {
        "target": partial(strategies.gaussian),
        "schedule": partial(LEVELS, T=14, near=2 / 15, far=0.5),
        "seed": 0,
    },
    "largest C_1 of a mixture": {
        "target": partial(strategies.mixture, components=2, separation=0.5, seed=53),
        "schedule": partial(LEVELS, T=3, near=0.351, far=1.0),
        "seed": 0,
    },
    "loosest budget": {
        "target": partial(strategies.mixture, components=3, separation=6.0, log_condition=2.0),
        "schedule": partial(LEVELS, T=64, near=0.9, far=1.0),
        "seed": 0,
    },
    # the start's term carries the bound: from N(0, I), not from p_T
    "mean far from 0": {
        "target": partial(strategies.gaussian, dim=2, offset=3.0),
        "schedule": partial(LEVELS, T=8, near=0.5, far=0.5),
        "seed": 0,
    },
}
