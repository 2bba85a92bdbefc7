"""Scales, ticks and labels."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctverify.report.lettering import width
from ctverify.report.numerals import full, label, minus, short
from ctverify.report.scales import Span, span

SUPERSCRIPTS = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
PLAIN = str.maketrans(SUPERSCRIPTS + "−", "-0123456789-")
FACTORS = {"": "1", "-": "-1"}  # what stands before a power of ten alone
finite = st.floats(-1e12, 1e12)


def value_of(text):
    """What a reader takes a label for."""
    if not any(digit in text for digit in SUPERSCRIPTS):
        return float(text.translate(PLAIN).replace(",", ""))
    mantissa, _, power = text.rpartition("10")
    factor = mantissa.rstrip("·").translate(PLAIN)
    return float(f"{FACTORS.get(factor, factor)}e{power.translate(PLAIN)}")


@given(finite, st.floats(0.01, 1e6), st.floats(60, 800))
def test_linear_ticks(low, factor, room):
    """Ticks rise, lie inside, are far enough apart to be read, and are labelled by their value."""
    length = max(abs(low) * 1e-6, 1e-9) * factor
    scale = Span(low, low + length).scale(0, room)
    ticks = scale.ticks(46.0)
    values = [value for value, _ in ticks]
    assert 1 <= len(ticks) <= max(2, room / 46)
    assert values == sorted(values)
    assert values[0] >= low - 1e-6 * length
    assert values[-1] <= low + length * (1 + 1e-6)
    if abs(low) < 1e3 * length:  # beyond it a label of three digits cannot tell them apart
        assert len({name for _, name in ticks}) == len(ticks)
        for value, name in ticks:
            assert abs(value_of(name) - value) <= 0.02 * length + 1e-12


@given(st.floats(-280, 280), st.floats(0.01, 20), st.floats(60, 800))
def test_log_ticks(exponent, decades, room):
    """The same on a logarithmic axis."""
    low = 10.0**exponent
    high = 10.0 ** min(exponent + decades, 300)
    if low >= high:
        return
    ticks = Span(low, high, log=True).scale(0, room).ticks(46.0)
    values = [value for value, _ in ticks]
    assert 1 <= len(ticks) <= max(2, room / 46)
    assert values == sorted(values)
    assert values[0] >= low * 0.99
    assert values[-1] <= high * 1.01


@pytest.mark.parametrize("ends", [(1e-3, 1e3), (0.02, 0.9), (1.0, 2e7), (0.7, 0.9), (3e-9, 2e-8)])
@pytest.mark.parametrize("log", [False, True])
def test_labels_do_not_touch(ends, log):
    """On an axis as wide as the figures', each label ends before the next begins."""
    scale = Span(*ends, log).scale(46, 390)
    ticks = scale.ticks(46.0)
    assert len(ticks) >= 2
    for (value, name), (next_value, next_name) in pairwise(ticks):
        end = scale.at(value) + width(name) / 2
        assert end < scale.at(next_value) - width(next_name) / 2


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (0.05, "0.05"),
        (-2.0, "−2"),
        (1e-5, "10⁻⁵"),
        (3e7, "3·10⁷"),
        (-1e6, "−10⁶"),
        (1e4, "10000"),
    ],
)
def test_label(value, words):
    """Numbers as people write them."""
    assert label(value) == words


@pytest.mark.parametrize(
    ("value", "step", "words"),
    [
        (2.0, 0.5, "2.0"),
        (20.0, 10.0, "20"),
        (1.0, 1e-12, "1"),
        (1234567.0, 1000.0, "1.235·10⁶"),
        (1234567.0, 1e7, "10⁶"),
    ],
)
def test_label_of_a_multiple(value, step, words):
    """To the step's last digit, as far as a label may be long."""
    assert label(value, step) == words


@given(st.floats(1e-250, 1e250), st.booleans())
def test_short_is_the_value(value, negative):
    """Three digits, whatever the size."""
    if negative:
        value = -value
    assert value_of(short(value)) == pytest.approx(value, rel=6e-3)


@pytest.mark.parametrize(
    ("value", "words"), [(12345678, "12,345,678"), (0.0123456789, "0.012346"), (-2.5, "−2.5")]
)
def test_full(value, words):
    """Whole numbers with all of their digits, others with five."""
    assert full(value) == words


def test_the_minus_sign():
    """As wide as a plus."""
    assert minus("-1e-3") == "−1e−3"


def test_scales_carry_the_ends():
    """Ends to ends, halves to halves."""
    linear = Span(2, 4).scale(10, 20)
    assert [linear.at(value) for value in (2, 3, 4)] == [10, 15, 20]
    logarithmic = Span(1, 100, log=True).scale(0, 10)
    assert [logarithmic.at(value) for value in (1, 10, 100)] == [0, 5, 10]


def test_scales_carry_what_is_far_off():
    """What has no logarithm far to the side, and anything to a finite coordinate."""
    scale = Span(1, 100, log=True).scale(0, 10)
    assert math.isfinite(scale.at(0.0))
    assert scale.at(0.0) < -50
    assert math.isfinite(scale.at(1e308))


def test_span_of_anything():
    """No values, one value and infinities make a span."""
    assert span([]).low < span([]).high
    assert span([3.0]).low < 3 < span([3.0]).high
    assert span([1.0, np.inf, np.nan, 2.0]).high < 3
    assert span([0.0, -1.0, 5.0], log=True).low > 0


@pytest.mark.parametrize(("low", "high", "log"), [(1, 1, False), (0, 1, True), (0, np.inf, False)])
def test_no_span(low, high, log):
    """Ends that are equal, not above 0 under a logarithm, or not finite."""
    with pytest.raises(ValueError, match="low < high"):
        Span(low, high, log)
