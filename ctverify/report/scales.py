"""Scales from data to a figure's units, linear or logarithmic, and their ticks: 1, 2 or 5 times a
power of ten.

    coordinate = start + (stop - start) (g(x) - g(low)) / (g(high) - g(low)),    g = log or g = id
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..model.schedule import Array
from .numerals import label

SMALLEST = 1e-300  # on a logarithmic scale; the largest is its inverse
TINY = 1e-320  # what stands for 0 and below where logarithms are taken
STRIDES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # between powers of ten
SLACK = 1e-9  # relative, for ends that are multiples of a step but for rounding


@dataclass(frozen=True)
class Span:
    """An interval low < high of data; a logarithmic one lies above 0."""

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        finite = math.isfinite(self.low) and math.isfinite(self.high)
        positive = self.low > 0 or not self.log
        if not (finite and positive and self.low < self.high):
            raise ValueError(
                f"a span needs low < high, both finite, and above 0 where logarithmic, got {self}"
            )

    def scale(self, start: float, stop: float) -> Scale:
        """The scale that carries low to start and high to stop."""
        return Scale(self, start, stop)


def span(*values: ArrayLike, log: bool = False, margin: float = 0.05) -> Span:
    """The span of values and a margin.

    Arguments:
        values: Arrays of any shape. What is not finite is left out, and so is, on a logarithmic
            scale, what is not between SMALLEST and its inverse.
        log: Whether the scale is logarithmic.
        margin: By which share of its length the span is widened at both ends.

    Returns:
        A span with low < high, also where there is one value or none.

    Example:
        >>> span([0.0, 10.0])
        Span(low=-0.5, high=10.5, log=False)
    """
    parts = [np.asarray(part, dtype=float) for part in values]
    flat = np.concatenate([part.ravel() for part in parts])
    flat = flat[np.isfinite(flat)]
    if log:
        flat = flat[(flat > SMALLEST) & (flat < 1 / SMALLEST)]
    if len(flat) == 0:
        flat = np.ones(1)
    low = float(flat.min())
    high = float(flat.max())
    if log:
        return _log_span(low, high, margin)
    padding = margin * (high - low) or 0.5 * abs(high) or 1.0
    return Span(low - padding, high + padding)


def _log_span(low: float, high: float, margin: float) -> Span:
    padding = margin * math.log(high / low) or math.log(2)
    widened_low = low * math.exp(-padding)
    widened_high = high * math.exp(padding)
    return Span(max(widened_low, SMALLEST), min(widened_high, 1 / SMALLEST), log=True)


@dataclass(frozen=True)
class Scale:
    """span.low -> start, span.high -> stop; values outside are carried on, those without a
    logarithm far below.
    """

    span: Span
    start: float
    stop: float

    def __call__(self, values: ArrayLike) -> Array:
        """Data as coordinates, cut off at ten times the figure.

        Arguments:
            values: Data of any shape.

        Returns:
            Coordinates of the same shape.
        """
        data = np.asarray(values, dtype=float)
        low = self.span.low
        high = self.span.high
        if self.span.log:
            data = np.log(np.maximum(data, TINY))
            low = math.log(low)
            high = math.log(high)
        share = (data - low) / (high - low)
        near = np.clip(share, -10.0, 11.0)
        return self.start + (self.stop - self.start) * near

    def at(self, value: float) -> float:
        """One coordinate."""
        return float(self(value))

    def ticks(self, room: float) -> list[tuple[float, str]]:
        """Round values and their labels.

        Arguments:
            room: How far each is from the next at least, in the figure's units.

        Returns:
            (value, label), increasing.
        """
        length = abs(self.stop - self.start)
        count = max(2, int(length / room))
        if self.span.log:
            return log_ticks(self.span, count)
        return linear_ticks(self.span, count)


def linear_ticks(span: Span, count: int) -> list[tuple[float, str]]:
    """Multiples of 1, 2 or 5 times a power of ten.

    Arguments:
        span: Where they lie.
        count: How many there are at most.

    Returns:
        (value, label), increasing; the span's ends where nothing rounder fits.

    Example:
        >>> linear_ticks(Span(0.0, 1.0), 3)
        [(0.0, '0'), (0.5, '0.5'), (1.0, '1.0')]
    """
    finest = (span.high - span.low) / count
    power = math.floor(math.log10(finest))
    for step in _round_values((1, 2, 5), power, power + 2):
        first = math.ceil(span.low / step - SLACK)
        last = math.floor(span.high / step + SLACK)
        if 1 <= last - first + 1 <= count:
            values = [k * step for k in range(first, last + 1)]
            return [(value, label(value, step)) for value in values]
    return _labelled([span.low, span.high])


def log_ticks(span: Span, count: int) -> list[tuple[float, str]]:
    """Powers of ten, every second, fifth or so where they are many; with 2 and 5, or linear ticks,
    where they are few.

    Arguments:
        span: Where they lie, above 0.
        count: How many there are at most.

    Returns:
        (value, label), increasing.

    Example:
        >>> log_ticks(Span(1.0, 1000.0, log=True), 5)
        [(1.0, '1'), (10.0, '10'), (100.0, '100'), (1000.0, '1000')]
    """
    low = math.log10(span.low)
    high = math.log10(span.high)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        values = _multiples(span, factors)
        if 2 <= len(values) <= count and high - low < 60:
            return _labelled(values)
    if high - low < 1:
        linear = Span(span.low, span.high)
        return linear_ticks(linear, max(2, count // 2))
    return _labelled([10.0**k for k in _exponents(low, high, count)])


def _labelled(values: Sequence[float]) -> list[tuple[float, str]]:
    return [(value, label(value)) for value in values]


def _multiples(span: Span, factors: Sequence[int]) -> list[float]:
    """These multiples of powers of ten inside the span."""
    low = math.floor(math.log10(span.low))
    high = math.ceil(math.log10(span.high))
    first = span.low * (1 - SLACK)
    last = span.high * (1 + SLACK)
    return [value for value in _round_values(factors, low, high) if first <= value <= last]


def _round_values(factors: Sequence[int], low: int, high: int) -> list[float]:
    """These multiples of the powers of ten from 10^low to 10^high."""
    return [factor * 10.0**k for k in range(low, high + 1) for factor in factors]


def _exponents(low: float, high: float, count: int) -> Sequence[int]:
    """At most `count` whole numbers from low to high, an even step of 1, 2 or 5 times a power of
    ten apart.
    """
    first = math.ceil(low - SLACK)
    last = math.floor(high + SLACK)
    length = last - first
    stride = next(stride for stride in STRIDES if length // stride + 1 <= count)
    multiples = range(first + (-first) % stride, last + 1, stride)
    if len(multiples) > 1:
        return multiples
    return range(first, last + 1, stride)
