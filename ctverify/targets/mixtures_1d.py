"""The mixtures in d = 1 of the table of optimal schedules, of which others are made."""

from __future__ import annotations

from collections.abc import Callable

from .mixture import Mixture

MIXTURES_1D: dict[str, Callable[[], Mixture]] = {
    "mild": lambda: Mixture([0.5, 0.5], [-1.0, 1.0], [0.5, 0.5], name="mild"),
    "separated": lambda: Mixture([0.5, 0.5], [-2.0, 2.0], [0.5, 0.5], name="separated"),
    "sharp": lambda: Mixture([0.5, 0.3, 0.2], [-2.0, 1.0, 3.0], [0.1, 0.3, 0.05], name="sharp"),
}
