"""Scales from data to a figure's units, linear or logarithmic, and their ticks: 1, 2 or 5 times a
power of ten.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..model.schedule import Array

LEAST = 1e-300  # on a logarithmic scale
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Span:
    """An interval low < high of data; a logarithmic one lies above 0."""

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not (
            math.isfinite(self.low)
            and math.isfinite(self.high)
            and self.low < self.high
            and (self.low > 0 or not self.log)
        ):
            raise ValueError(
                f"a span needs low < high, both finite, and above 0 where logarithmic, got {self}"
            )

    def scale(self, start: float, stop: float) -> Scale:
        """The scale that carries low to start and high to stop."""
        return Scale(self, start, stop)


def span(
    *values: ArrayLike, log: bool = False, margin: float = 0.05, least: float | None = None
) -> Span:
    """The span of all finite values (where logarithmic above LEAST), widened by a margin at both
    ends, or from `least` on.
    """
    flat = np.concatenate([np.asarray(part, dtype=float).ravel() for part in values])
    flat = flat[np.isfinite(flat) & (((flat > LEAST) & (flat < 1 / LEAST)) | (not log))]
    low, high = (float(flat.min()), float(flat.max())) if len(flat) else (1.0, 1.0)
    if log:
        pad = margin * math.log(high / low) or math.log(2)
        return Span(max(low * math.exp(-pad), LEAST), min(high * math.exp(pad), 1 / LEAST), True)
    low = low if least is None else least
    pad = margin * (high - low) or 0.5 * abs(high) or 1.0
    return Span(low - pad if least is None else low, high + pad)


@dataclass(frozen=True)
class Scale:
    """span.low -> start, span.high -> stop; values outside are carried on, those without a
    logarithm far below.
    """

    span: Span
    start: float
    stop: float

    def __call__(self, values: ArrayLike) -> Array:
        """Data as coordinates, cut off at ten times the figure."""
        low, high, given = self.span.low, self.span.high, np.asarray(values, dtype=float)
        if self.span.log:
            low, high, given = math.log(low), math.log(high), np.log(np.maximum(given, 1e-320))
        share = (given - low) / (high - low)
        return self.start + (self.stop - self.start) * np.clip(share, -10.0, 11.0)

    def at(self, value: float) -> float:
        """One coordinate."""
        return float(self(value))

    def ticks(self, room: float) -> list[tuple[float, str]]:
        """(value, label), each label at least `room` units from the next."""
        most = max(2, int(abs(self.stop - self.start) / room))
        return log_ticks(self.span, most) if self.span.log else linear_ticks(self.span, most)


def linear_ticks(span: Span, most: int) -> list[tuple[float, str]]:
    """At most `most` multiples of 1, 2 or 5 times a power of ten."""
    power = math.floor(math.log10((span.high - span.low) / most))
    for step in (factor * 10.0**p for p in (power, power + 1, power + 2) for factor in (1, 2, 5)):
        first, last = math.ceil(span.low / step - 1e-9), math.floor(span.high / step + 1e-9)
        if 1 <= last - first + 1 <= most:
            return [(k * step, label(k * step, step)) for k in range(first, last + 1)]
    return [(span.low, label(span.low)), (span.high, label(span.high))]


def log_ticks(span: Span, most: int) -> list[tuple[float, str]]:
    """Powers of ten, every second, fifth or so where they are many; with 2 and 5, or linear ticks,
    where they are few.
    """
    low, high = math.log10(span.low), math.log10(span.high)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [f * 10.0**k for k in range(math.floor(low), math.ceil(high) + 1) for f in factors]
        inside = [v for v in found if span.low * (1 - 1e-9) <= v <= span.high * (1 + 1e-9)]
        if 2 <= len(inside) <= most and high - low < 60:
            return [(v, label(v)) for v in inside]
    if high - low < 1:
        return linear_ticks(Span(span.low, span.high), max(2, most // 2))
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    stride = next(
        s
        for n in range(4)
        for s in (10**n, 2 * 10**n, 5 * 10**n)
        if (last - first) // s + 1 <= most
    )
    round_ones = [k for k in range(first, last + 1) if k % stride == 0]
    return [
        (10.0**k, label(10.0**k))
        for k in (round_ones if len(round_ones) > 1 else range(first, last + 1, stride))
    ]


def label(value: float, step: float | None = None) -> str:
    """A tick's number: 0.002, 25, 10⁻⁵ or 3·10⁷; multiples of `step` to its last digit."""
    if value == 0:
        return "0"
    size = abs(value)
    if 1e-3 * (1 - 1e-9) <= size < 1e5:
        digits = 6 if step is None else max(0, -math.floor(math.log10(step) + 1e-9))
        plain = f"{value:.{digits}f}" if step is not None and digits <= 9 else f"{value:.6g}"
        return minus(plain.rstrip("0").rstrip(".") if step is None and "." in plain else plain)
    return power(
        value,
        3
        if step is None
        else max(1, math.floor(math.log10(size) + 1e-9) - math.floor(math.log10(step) + 1e-9) + 1),
    )


def power(value: float, digits: int = 3) -> str:
    """m·10ⁿ, the mantissa m left out where it is 1."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    tens = "10" + str(int(exponent)).translate(SUPERSCRIPT)
    return minus({"1": tens, "-1": f"-{tens}"}.get(mantissa, f"{mantissa}·{tens}"))


def short(value: float, digits: int = 3) -> str:
    """A number in running text: plain between 0.001 and 100,000, else with its power of ten."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        plain = f"{value:.{digits}g}"
        return minus(plain if "e" not in plain else f"{float(plain):,.0f}")
    return power(value, digits)


def minus(plain: str) -> str:
    """With the sign that is as wide as a plus."""
    return plain.replace("-", "−")
