"""Scales, ticks and labels."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctverify.report.numerals import label, minus, short
from ctverify.report.scales import Span, span
from ctverify.report.lettering import width

TRANSLATION = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")


def value_of(text):
    """What a reader takes a label for."""
    mantissa, _, tens = (
        text.rpartition("10") if any(c in text for c in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹") else (text, "", "")
    )
    if not tens:
        return float(minus(text).replace("−", "-").replace(",", ""))
    factor = mantissa.rstrip("·").translate(TRANSLATION)
    return float(f"{ {'': '1', '-': '-1'}.get(factor, factor) }e{tens.translate(TRANSLATION)}")


finite = st.floats(-1e12, 1e12)


@given(finite, st.floats(0.01, 1e6), st.floats(60, 800))
def test_linear_ticks(low, factor, room):
    """Ticks rise, lie inside, are far enough apart to be read, and are labelled by their value."""
    step = max(abs(low) * 1e-6, 1e-9) * factor
    scale = Span(low, low + step).scale(0, room)
    ticks = scale.ticks(46.0)
    values = [value for value, _ in ticks]
    assert (
        ticks
        and values == sorted(values)
        and low - 1e-6 * step <= values[0]
        and values[-1] <= low + step * (1 + 1e-6)
    )
    assert len(ticks) <= max(2, room / 46)
    if abs(low) < 1e3 * step:  # beyond it a label of three digits cannot tell them apart
        assert len({name for _, name in ticks}) == len(ticks)
        assert all(abs(value_of(name) - value) <= 0.02 * step + 1e-12 for value, name in ticks)


@given(st.floats(-280, 280), st.floats(0.01, 20), st.floats(60, 800))
def test_log_ticks(exponent, decades, room):
    """The same on a logarithmic axis."""
    low, high = 10.0**exponent, 10.0 ** min(exponent + decades, 300)
    if low >= high:
        return
    ticks = Span(low, high, log=True).scale(0, room).ticks(46.0)
    values = [value for value, _ in ticks]
    assert (
        len(ticks) >= 1
        and values == sorted(values)
        and values[0] >= low * 0.99
        and values[-1] <= high * 1.01
    )
    assert len(ticks) <= max(2, room / 46)


@pytest.mark.parametrize("ends", [(1e-3, 1e3), (0.02, 0.9), (1.0, 2e7), (0.7, 0.9), (3e-9, 2e-8)])
@pytest.mark.parametrize("log", [False, True])
def test_labels_do_not_touch(ends, log):
    """On an axis as wide as the figures', each label ends before the next begins."""
    scale = Span(*ends, log).scale(46, 390)
    ticks = scale.ticks(46.0)
    edges = [(scale.at(v) - width(name) / 2, scale.at(v) + width(name) / 2) for v, name in ticks]
    assert len(ticks) >= 2 and all(a[1] < b[0] for a, b in pairwise(edges))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (0.05, "0.05"),
        (-2.0, "−2"),
        (1e-5, "10⁻⁵"),
        (3e7, "3·10⁷"),
        (-1e6, "-10⁶".replace("-", "−")),
        (1e4, "10000"),
    ],
)
def test_label(value, words):
    """Numbers as people write them."""
    assert label(value) == words


@given(st.floats(1e-250, 1e250), st.booleans())
def test_short_is_the_value(value, negative):
    """Three digits, whatever the size."""
    value = -value if negative else value
    assert value_of(short(value)) == pytest.approx(value, rel=6e-3)


def test_scales_carry_the_ends():
    """Ends to ends, halves to halves, and what has no logarithm far to the side, finite."""
    assert [Span(2, 4).scale(10, 20).at(v) for v in (2, 3, 4)] == [10, 15, 20]
    log = Span(1, 100, log=True).scale(0, 10)
    assert [log.at(v) for v in (1, 10, 100)] == [0, 5, 10]
    assert math.isfinite(log.at(0.0)) and log.at(0.0) < -50 and math.isfinite(log.at(1e308))


def test_span_of_anything():
    """No values, one value and infinities make a span."""
    assert span([]).low < span([]).high and span([3.0]).low < 3 < span([3.0]).high
    assert span([1.0, np.inf, np.nan, 2.0]).high < 3 and span([0.0, -1.0, 5.0], log=True).low > 0
    with pytest.raises(ValueError, match="low < high"):
        Span(1, 1)
    with pytest.raises(ValueError, match="low < high"):
        Span(0, 1, log=True)
