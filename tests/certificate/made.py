"""Certificates with shares of one's own making: a real certificate's setting, other numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ctverify import Certificate
from ctverify.certificate.bracket import Bracket
from ctverify.certificate.certificate import SamplerPart, StepLimits
from ctverify.certificate.shares import Shares

FILES = Path(__file__).parent / "files"
TOTAL = 0.1  # the coupled distance


def shares(
    model: float, schedule: float, *, start: float = 0.0, error: float = 0.01, count: int = 5
) -> Shares:
    """Parts of a distance of TOTAL, each at the first level but one; all are shares of it."""
    at_one = [0.0, 1.0] + [0.0] * (count - 2)
    return Shares(
        t=list(range(2, count + 2)),
        model=[TOTAL * model * part for part in at_one],
        schedule=[TOTAL * schedule * part for part in at_one],
        model_error=[TOTAL * error / count] * count,
        schedule_error=[TOTAL * error / count] * count,
        initial=TOTAL * (1 - model - schedule - start),
        start=TOTAL * start,
        model_total=TOTAL * model,
        schedule_total=TOTAL * schedule,
        model_total_error=TOTAL * error,
        schedule_total_error=TOTAL * error,
        total=TOTAL,
    )


def bracket(lower: float = 0.095, upper: float = 0.105, scale: float | None = 2.0) -> Bracket:
    """Limits five per cent around their estimates."""
    return Bracket(
        lower=lower,
        upper=upper,
        lower_estimate=lower * 1.05,
        upper_estimate=upper / 1.05,
        w2_upper=1.2 * upper,
        concentration=0.01,
        method="made up",
        scale=scale,
        draws=1000,
    )


def made(parts: Shares | None, w1: Bracket | None = None) -> Certificate:
    """A certificate of T = 6 with those shares."""
    base = Certificate.load(FILES / "certificate-1.json")
    return replace(base, shares=parts, w1=w1 or bracket(), resolution=7.6e-4)


def sampler(first: float, second: float) -> SamplerPart:
    """Two steps, W_1 at most `first` and then `second`, at least nine tenths of that."""
    steps = []
    for upper in (first, second):
        step = StepLimits(
            lower=0.9 * upper, upper=upper, lower_estimate=0.92 * upper, upper_estimate=0.98 * upper
        )
        steps.append(step)
    return SamplerPart(levels=[6, 3], w1=tuple(steps))
