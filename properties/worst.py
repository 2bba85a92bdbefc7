"""The worst cases of the bound that the search has found, kept as explicit examples of bound.inequality.

They are built when they are run: where a schedule or a target is broken, the laws of those say so.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ctverify import strategies

MOST_C1: dict[str, Any] = {
    "target": partial(strategies.gaussian),
    "schedule": partial(strategies.schedule, kind="li_huang_wei", T=2, near=0.5, far=1.0),
    "seed": 0,
}
LOOSEST: dict[str, Any] = {
    "target": partial(strategies.mixture, components=2, separation=4.0, seed=1),
    "schedule": partial(strategies.schedule, kind="li_huang_wei", T=64, near=0.5, far=1.0),
    "seed": 0,
}
