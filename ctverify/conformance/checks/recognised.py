"""Which built-in law a discrete loss follows, told from the gradient of every row.

A law is recognised where the gradient in the student's output is a constant times that of the law
in all rows and coordinates.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..laws import ConstantWeight, InverseGap, PseudoHuber, Squared
from ..laws.loss_laws import AdaptiveSquared, InverseTime, gradient_of
from ..oracle.probe import NotApplicable, NotFinite, Probe
from .gradients import gradients, of_student
from .pair import data, zero

ROWS, COORDINATES = 32, 2
CLOSE = 1e-3  # of the largest gradient


def recognised(probe: Probe, seed: int) -> str:
    """A sentence's end: "it follows 2 times Squared(...)", or that no built-in law is followed."""
    x0 = data(probe, ROWS, COORDINATES, seed)
    x_t, t, x_s, s = probe.pair(x0, zero, seed)
    if not bool((t > s).all()):
        return "built-in laws are recognised where t > s alone"
    (skip_t, out, _), (skip_s, _, _) = (probe.scales_at(v)[:, :, None] for v in (t, s))
    try:
        seen = of_student(gradients(probe, x0, zero, seed)[0])
    except (NotApplicable, NotFinite):
        return "it follows no built-in law"
    for law in _built_in():
        weight = law.weight(t, s)[:, None]
        right = out * weight * gradient_of(law, skip_t * x_t - skip_s * x_s)
        factor = float((seen * right).sum() / right.square().sum())
        if float((seen - factor * right).abs().max()) <= CLOSE * float(seen.abs().max()):
            summed = ", summed over the rows" if abs(factor / ROWS - 1) <= CLOSE else ""
            times = "" if abs(factor - 1) <= CLOSE or summed else f"{factor:.4g} times "
            return f"it follows {times}{_named(law)}{summed}"
    return "it follows no built-in law"


def _built_in() -> Iterator[Any]:
    """With each weight: squares, pseudo-Hubers, adaptive weights; vectors before coordinates."""
    for weight in (InverseGap(), ConstantWeight(), InverseTime()):
        yield Squared(weight=weight)
        for c in (None, 0.00054, 0.03):
            yield PseudoHuber(c, weight=weight)
            yield PseudoHuber(c, elementwise=True, weight=weight)
        yield AdaptiveSquared(1.0, weight=weight)
        yield AdaptiveSquared(0.5, weight=weight)


def _named(law: Any) -> str:
    """The law as it is declared, without what is the default."""
    return repr(law).replace("elementwise=False, ", "").replace("c=None, ", "")
