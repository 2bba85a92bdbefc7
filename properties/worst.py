"""The worst cases of the bound that the search has found, kept as explicit examples of bound.population."""

from __future__ import annotations

from typing import Any

from ctverify import strategies

MOST_C1: dict[str, Any] = {
    "target": strategies.gaussian(),
    "schedule": strategies.schedule(kind="li_huang_wei", T=2, near=0.5, far=1.0),
    "seed": 0,
}
LOOSEST: dict[str, Any] = {
    "target": strategies.mixture(components=2, separation=4.0, seed=1),
    "schedule": strategies.schedule(kind="li_huang_wei", T=64, near=0.5, far=1.0),
    "seed": 0,
}
